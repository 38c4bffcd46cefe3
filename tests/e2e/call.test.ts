/**
 * Triangular cooperation, whole: a call from a plan, an offer in answer to it, the choice, the agreement, and what became of it measured against the profile. Two persons write
 * all of it without a network, a third accepts, and everybody reads it.
 */
import type { Page } from '@playwright/test';
import { accept, atCentre, fill, getReady, join, offlineLines, onDevice, pick, publishing, releasePlanAndCall } from './desk-verbs.ts';
import { claim, expect, signIn, test, type OpenDevice } from './perigee.ts';

const call = 'somebody-to-begin-the-watch-of-our-reefs';
const offer = 'a-season-of-reef-watching';

/** What is new at the centre comes onto the device: its price is on the button, which goes while it comes; what was there may be removed again once all of it is here. */
async function update(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/compendium`);
  const button = page.getByRole('button', { name: /^Update \(/ });
  await button.click();
  await expect(button).toHaveCount(0, publishing);
  await expect(page.getByRole('button', { name: 'Take off this device' })).toBeVisible(publishing);
}

/** The network comes back, and everything that waited is handed over. */
async function online(device: OpenDevice, origin: string, titles: readonly string[]): Promise<void> {
  await device.offline(false);
  await device.page.goto(`${origin}/desk`);
  for (const title of titles) await expect(atCentre(device.page, title)).toBeVisible(publishing);
}

test('a call, an offer, the choice, the agreement and the outcome: written without a network by two persons, read by everybody', async ({
  startNode,
  openDevice,
}) => {
  test.setTimeout(300_000);
  const node = await startNode();
  const admin = await claim(node);
  const fatu = await join(node.origin, admin.token, 'Fatu', 'focal-point', ['islemara']);
  const pia = await join(node.origin, admin.token, 'Pia', 'provider');
  const rui = await join(node.origin, admin.token, 'Rui', 'reviewer');
  const focal = await openDevice();
  const { page } = focal;
  await getReady(focal, node.origin, fatu, ['/desk/plan', '/calls', '/profiles/islemara/values']);
  focal.expectConsole(offlineLines);

  // The focal point, without a network: a plan, and a call from it before anybody has seen either.
  await focal.offline(true);
  await page.goto(`${node.origin}/desk/plan`);
  await releasePlanAndCall(page, { years: ['2026', '2030'], reached: '5', opens: '2026-01-01', closes: '2099-06-30' });
  await online(focal, node.origin, ['Reefs and boats', 'Somebody to begin the watch']);

  const reader = await openDevice({ javaScript: false });
  await reader.page.goto(`${node.origin}/calls?lang=en`);
  await reader.page.getByRole('link', { name: 'Somebody to begin the watch of our reefs' }).click();
  await expect(reader.page.getByText('Reefs watched every month')).toBeVisible();
  await expect(reader.page.getByText('Open until')).toBeVisible();

  // A partner reads the call on their own device, and answers it without a network.
  const partner = await openDevice({ size: 'phone' });
  await getReady(partner, node.origin, pia, ['/desk/offer', '/calls', `/calls/${call}`]);
  partner.expectConsole(offlineLines);
  await partner.offline(true);
  await partner.page.goto(`${node.origin}/calls/${call}`);
  await partner.page.getByRole('link', { name: 'Offer help' }).click();
  await fill(partner.page, 'Title', 'A season of reef watching');
  await fill(partner.page, 'In short', 'Two people who have done it elsewhere.');
  await fill(partner.page, 'Who gives it', 'Institute of Warm Seas');
  await partner.page.getByRole('checkbox', { name: 'Workshop' }).check();
  await pick(partner.page, 'Indicators', 'sea watched', /Sea watched/);
  await partner.page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(onDevice(partner.page, 'A season of reef watching')).toBeVisible();
  await online(partner, node.origin, ['A season of reef watching']);
  const reviewer = await openDevice();
  await reviewer.page.goto(`${node.origin}/?lang=en`);
  await signIn(reviewer.page, node.origin, rui);
  await accept(reviewer.page, node.origin, 'A season of reef watching');

  // The offer has an address of its own, and says which call it answers.
  await reader.page.goto(`${node.origin}/calls/offers/${offer}?lang=en`);
  await expect(reader.page.getByRole('heading', { level: 1 })).toHaveText('A season of reef watching');
  await expect(reader.page.getByRole('heading', { name: 'Made in answer to' })).toBeVisible();
  await reader.page.getByRole('link', { name: 'Somebody to begin the watch of our reefs' }).first().click();
  await expect(reader.page.getByRole('link', { name: 'A season of reef watching' })).toBeVisible();

  // The country chooses, agrees, and after a season says what became of it: with the values of the year, which its profile takes.
  await update(page, node.origin);
  await focal.offline(true);
  await page.goto(`${node.origin}/desk/call?entry=${call}`);
  await page.getByRole('button', { name: /^Add.*Offers that were chosen/ }).click();
  const agreement = page.getByRole('group', { name: /^Offers that were chosen/ });
  await agreement.getByLabel('Offer', { exact: true }).selectOption({ label: 'A season of reef watching' });
  await fill(agreement, 'Day', '2026-02-15');
  await fill(agreement, 'Why this offer, and what both sides undertake', 'They come, we house them.');
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Somebody to begin the watch')).toBeVisible();
  await online(focal, node.origin, ['Somebody to begin the watch']);
  await reader.page.goto(`${node.origin}/calls/${call}?lang=en`);
  await expect(reader.page.getByText('They come, we house them.')).toBeVisible();
  await reader.page.goto(`${node.origin}/network/coordination?lang=en`);
  const row = reader.page.getByRole('row', { name: /Institute of Warm Seas/ });
  await expect(row).toContainText('Islemara');
  await expect(row).toContainText('going on');

  await focal.offline(true);
  await page.goto(`${node.origin}/profiles/islemara/values`);
  await page.getByLabel('Year', { exact: true }).selectOption('2026');
  const value = page.getByLabel('Sea watched from space', { exact: true });
  await value.fill('4');
  await value.blur();
  await page.getByRole('button', { name: 'Release 2026' }).click();
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(page.getByText('Released by you; the centre will publish it when it can be reached.')).toBeVisible();
  await page.goto(`${node.origin}/desk/call?entry=${call}`);
  await page.getByRole('button', { name: /^Add.*What became of it/ }).click();
  const outcome = page.getByRole('group', { name: /^What became of it/ });
  await fill(outcome, 'Day', '2026-11-20');
  await fill(outcome, 'Text', 'Two of ours do it alone now.');
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(onDevice(page, 'Somebody to begin the watch')).toBeVisible();
  await online(focal, node.origin, ['Somebody to begin the watch']);

  await reader.page.goto(`${node.origin}/calls/${call}?lang=en`);
  await expect(reader.page.getByText('Carried out')).toBeVisible();
  await expect(reader.page.getByText('They come, we house them.')).toBeVisible();
  await expect(reader.page.getByText('Two of ours do it alone now.')).toBeVisible();
  const measured = reader.page.getByRole('row', { name: /Sea watched from space/ });
  await expect(measured).toContainText(/3\s*2025/);
  await expect(measured).toContainText(/4\s*2026/);
  await expect(measured).toContainText('better than before');
  await reader.page.goto(`${node.origin}/calls/offers/${offer}?lang=en`);
  await expect(reader.page.getByRole('heading', { name: /^Chosen by Islemara/ })).toBeVisible();
});
