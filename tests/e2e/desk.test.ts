/** What staff write for the commons: a country's values before and after they are released, a solution from its author over a reviewer to the compendium. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { addSource, fill, join, pick } from './desk-verbs.ts';
import { beyondScreen, claim, expect, signIn, test } from './perigee.ts';

/** The node answers when all entries are compiled, signed and priced anew: on a busy machine that takes its time. */
const publishing = { timeout: 60_000 };

const law = (page: Page) => page.getByLabel('National space law', { exact: true });

test('values are kept at every change, without a network too; nobody sees them until they are released', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const fatu = await join(node.origin, admin.token, 'Fatu', 'focal-point', ['islemara']);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/profiles?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.getByRole('button', { name: /^Install \(/ }).click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  await signIn(page, node.origin, fatu);
  await page.goto(`${node.origin}/profiles/islemara/values`);
  await law(page).fill('2,5');
  await law(page).blur();
  await expect(page.locator('[data-where=centre]')).toBeVisible();
  await expect(page.getByText('Not released: only you see it.')).toBeVisible();
  await law(page).fill('two');
  await law(page).blur();
  await expect(page.getByText('This is no number')).toBeVisible();
  await law(page).fill('2');
  await law(page).blur();
  await expect(page.getByText('1 of 46 indicators have a value')).toBeVisible();
  await page.waitForLoadState('networkidle');

  // Somebody else, at the same centre.
  const other = await openDevice();
  await other.page.goto(`${node.origin}/profiles/islemara?lang=en`);
  await expect(other.page.getByRole('img').first()).toBeVisible();
  const year = String(new Date().getFullYear());
  await expect(other.page.getByRole('rowheader', { name: year })).toHaveCount(0);

  await device.offline(true);
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch/);
  await page.reload();
  await expect(law(page)).toHaveValue('2');
  const office = page.getByLabel('A body for space', { exact: true });
  await office.fill('3');
  await office.blur();
  await expect(page.locator('[data-where=device]')).toBeVisible();
  await page.reload();
  await expect(office).toHaveValue('3');
  await device.offline(false);
  await page.reload();
  await expect(page.locator('[data-where=centre]')).toBeVisible();

  await page.getByRole('button', { name: `Release ${year}` }).click();
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(page.getByText('Released: everybody can read it.')).toBeVisible(publishing);
  await other.page.reload();
  await other.page.getByText('As a table').click();
  await expect(other.page.getByRole('rowheader', { name: year })).toBeVisible();
});

test('a solution goes from its author over a reviewer, who returns it with reasons and then accepts it, into the compendium', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const pia = await join(node.origin, admin.token, 'Pia', 'provider');
  const rui = await join(node.origin, admin.token, 'Rui', 'reviewer');
  const author = await openDevice();
  const reviewer = await openDevice({ size: 'phone' });
  await author.page.goto(`${node.origin}/?lang=en`);
  await signIn(author.page, node.origin, pia);
  await author.page.goto(`${node.origin}/desk`);
  await author.page.getByRole('link', { name: 'Solution', exact: true }).click();
  const write = (label: string, text: string): Promise<void> => fill(author.page, label, text);
  await write('Title', 'Watching reefs from space');
  await write('In short', 'Bleaching is seen weeks before a diver would.');
  await write('The problem', 'Nobody dives at every reef.');
  await write('Who uses it', 'Fisheries offices and marine parks.');
  for (const [i, step] of ['Take images of one reef.', 'Compare them with last year’s.'].entries()) {
    await author.page.getByRole('button', { name: /^Add.*How to begin/ }).click();
    await write(`How to begin ${String(i + 1)}`, step);
  }
  await author.page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(author.page.getByText(/fields are missing or not right/)).toBeVisible();
  await write('Limits', 'Clouds.');
  await author.page.getByRole('checkbox', { name: 'Science' }).check();
  await pick(author.page, 'Theme', 'oceans', 'Oceans and fisheries');
  await pick(author.page, 'Targets that it serves', '14.2', /^14\.2/);
  await addSource(author.page, 'A source', 'https://example.org/reefs');
  await write('Your interest in it: you sell it, or are paid for it. Empty: none.', 'We sell the images.');
  await author.page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(author.page.locator('[data-stage=submitted] [data-where=centre]')).toBeVisible(publishing);

  await reviewer.page.goto(`${node.origin}/?lang=en`);
  await signIn(reviewer.page, node.origin, rui);
  await reviewer.page.goto(`${node.origin}/desk`);
  await expect(reviewer.page.getByText('The author declares an interest: We sell the images.')).toBeVisible();
  await expect(reviewer.page.getByRole('button', { name: 'Accept' })).toBeDisabled();
  await reviewer.page.getByRole('checkbox', { name: /^I have no interest/ }).check();
  await reviewer.page.getByRole('button', { name: 'Return with reasons' }).click();
  await expect(reviewer.page.getByText('Say why first')).toBeVisible();
  await reviewer.page.getByLabel('Your reasons, and what is to be done').fill('Say how deep one can see.');
  await reviewer.page.getByRole('button', { name: 'Return with reasons' }).click();
  await expect(reviewer.page.getByText('0 entries wait for a review')).toBeVisible();

  await author.page.reload();
  await expect(author.page.getByText('Say how deep one can see.')).toBeVisible();
  await author.page.getByRole('link', { name: /^Write on/ }).click();
  await write('Limits', 'Clouds, and water deeper than ten metres.');
  await author.page.getByRole('button', { name: 'Hand in for review' }).click();
  await expect(author.page.locator('[data-stage=submitted] [data-where=centre]')).toBeVisible(publishing);

  await reviewer.page.reload();
  await expect(reviewer.page.getByText('Clouds, and water deeper than ten metres.')).toBeVisible();
  await reviewer.page.getByRole('checkbox', { name: /^I have no interest/ }).check();
  await reviewer.page.getByRole('button', { name: 'Accept' }).click();
  await expect(reviewer.page.getByText('0 entries wait for a review')).toBeVisible();

  await reviewer.page.getByText('Decided: 1').click();
  await expect(reviewer.page.locator('details [data-where=centre]')).toBeVisible(publishing);

  await author.page.reload();
  await author.page.getByRole('link', { name: /^See it published/ }).click();
  await expect(author.page.getByRole('heading', { level: 1 })).toHaveText('Watching reefs from space');
  await expect(author.page.getByText(/^Reviewed on/)).toBeVisible();
});

test('axe finds nothing on the pages of the desk', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const admin = await claim(node);
  const people = [
    ['Fatu', 'focal-point', '/profiles/altavar/values', 'ar'],
    ['Faru', 'focal-point', '/desk/plan?entry=altavar-2023-2027', 'ar'],
    ['Pia', 'provider', '/desk', 'en'],
    ['Pier', 'provider', '/desk/solution', 'en'],
    ['Rui', 'reviewer', '/desk', 'zh'],
  ] as const;
  for (const [name, role, path, locale] of people) {
    const staff = await join(node.origin, admin.token, name, role, role === 'focal-point' ? ['altavar'] : []);
    const { page } = await openDevice({ size: 'phone' });
    await page.goto(`${node.origin}/?lang=en`);
    await signIn(page, node.origin, staff);
    await page.goto(`${node.origin}${path}?lang=${locale}`);
    await expect(page.locator(path.startsWith('/desk/') ? 'form' : 'main h2').first()).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
  }
});
