/** A lost phone, a sign-in that is ended, two ids of one person, and an erasure that was asked for: as learners and staff see them. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { beyondScreen, claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

const pictures = process.env['PERIGEE_TEST_PICTURES'];

/** Nothing that hinders anybody, nothing wider than the window; and a picture where one is asked for. */
async function look(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
  expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** Says that the browser's own complaint about a refused request is part of this test. */
const refused = /403|401/;

test('a lost phone: a code with a picture makes another one the same person, and the old one is told what to do', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Renée Diop']);
  const old = await openDevice({ size: 'phone' });
  old.expectConsole(refused);
  await makePerson(old.page, node.origin, 'Renée');
  await joinCentre(old.page, node.origin, codes[0] ?? '');
  await expect(old.page.getByText('All your work is at the centre too.')).toBeVisible();

  const laptop = await openDevice();
  const { page } = laptop;
  await signIn(page, node.origin, staff);
  const people = page.getByRole('region', { name: 'People' });
  await people.getByRole('searchbox').fill('nobody');
  await expect(people.getByText('Nobody here has this name.')).toBeVisible();
  await people.getByRole('searchbox').fill('renee');
  await look(page, 'people-laptop');
  await people.getByRole('link', { name: /Renée/ }).click();
  await expect(page.getByRole('heading', { name: 'Renée' })).toBeVisible();
  await expect(page.getByText('has a signed key')).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'End the sign-in of the present devices' })).toBeChecked();
  await page.getByRole('button', { name: 'Make a code' }).click();
  const code = await page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).innerText();
  await expect(page.getByRole('img', { name: 'The code as a square for a camera' })).toBeVisible();
  await expect(page.getByText(/sign-in ended .*: lost/)).toBeVisible();
  await look(page, 'person-laptop');

  // What the square says, as a camera hands it to the browser.
  const phone = await openDevice({ size: 'phone' });
  await phone.page.goto(`${node.origin}/settings#code=${code}`);
  await expect(phone.page.getByLabel('Code')).toHaveValue(code);
  await expect.poll(() => phone.page.evaluate(() => location.hash)).toBe('');
  await phone.page.getByRole('button', { name: 'Join' }).click();
  await expect(phone.page.getByText('You belong to the centre')).toBeVisible();
  await phone.page.goto(`${node.origin}/people`);
  await expect(phone.page.getByRole('heading', { name: 'Renée Diop' })).toBeVisible();

  await old.page.goto(`${node.origin}/settings`);
  await old.page.getByRole('button', { name: 'Sync now' }).click();
  await expect(old.page.getByText('This device may no longer speak for you at the centre.')).toBeVisible();
  await expect(old.page.getByText('Everything you did is still here. Ask your trainer for a code')).toBeVisible();
  await look(old.page, 'revoked-phone');

  // It is found again: a code of staff, typed on it, lets it in as before.
  await page.getByRole('checkbox', { name: 'End the sign-in of the present devices' }).uncheck();
  await page.getByRole('button', { name: 'Make a code' }).click();
  await expect(page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)).not.toHaveText(code);
  const again = await page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).innerText();
  await old.page.getByText('Enter a code on this device').click();
  await old.page.getByLabel('Code').fill(again);
  await old.page.getByRole('button', { name: 'Join' }).click();
  await expect(old.page.getByText('You belong to the centre')).toBeVisible();
  await expect(old.page.getByText('All your work is at the centre too.')).toBeVisible();
});

test('a person sees their devices, signs another one out, and asks for erasure; the centre carries it out', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Fatou Ndiaye', 'Kwame Mensah']);
  const phone = await openDevice({ size: 'phone' });
  phone.expectConsole(refused);
  await makePerson(phone.page, node.origin, 'Fatou');
  await joinCentre(phone.page, node.origin, codes[0] ?? '');
  await phone.page.getByRole('button', { name: 'Make a code' }).click();
  const link = await phone.page.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).innerText();
  await expect(phone.page.getByRole('img', { name: 'The code as a square for a camera' })).toBeVisible();
  const second = await openDevice();
  second.expectConsole(refused);
  await joinCentre(second.page, node.origin, link);

  const devices = phone.page.getByRole('region', { name: 'Your devices at the centre' });
  await devices.getByRole('button', { name: 'Show my devices' }).click();
  await expect(devices.getByText('This device', { exact: true })).toBeVisible();
  await expect(devices.getByText('signs with a key of its own')).toHaveCount(2);
  await look(phone.page, 'devices-phone');
  await devices.getByRole('button', { name: 'Sign it out' }).click();
  await expect(devices.getByText('Only a code of your trainer lets it in again.')).toBeVisible();
  await devices.getByRole('button', { name: 'Sign it out' }).click();
  await expect(devices.getByText('signed out by the centre')).toBeVisible();
  await second.page.getByRole('button', { name: 'Sync now' }).click();
  await expect(second.page.getByText('This device may no longer speak for you at the centre.')).toBeVisible();

  await devices.getByRole('button', { name: 'Ask for it' }).click();
  await expect(devices.getByText('that cannot be taken back')).toBeVisible();
  await devices.getByRole('button', { name: 'Ask for it' }).click();
  await expect(devices.getByText('You asked for it on')).toBeVisible();

  const laptop = await openDevice();
  const { page } = laptop;
  await signIn(page, node.origin, staff);
  await page.getByRole('link', { name: /Fatou Ndiaye.*asks for erasure/ }).click();
  await expect(page.getByText('The person asked for this on')).toBeVisible();
  await page.getByLabel('To confirm, type: Fatou Ndiaye').fill('Fatou');
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await expect(page.getByRole('alert')).toContainText('Nothing was erased.');
  await page.getByLabel('To confirm, type: Fatou Ndiaye').fill('Fatou Ndiaye');
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await expect(page.getByText('Everything about this person was erased here.')).toBeVisible();
  await page.getByRole('link', { name: 'All people' }).click();
  await expect(page.getByText('Fatou')).toBeHidden();

  await phone.page.getByRole('button', { name: 'Sync now' }).click();
  await expect(phone.page.getByText('The centre erased everything about you, as was asked for.').first()).toBeVisible();
  // The device keeps what is its own.
  await phone.page.goto(`${node.origin}/people`);
  await expect(phone.page.getByText('Fatou').first()).toBeVisible();
});

test('two people of one device who are one: joined by themselves, seen as one by the trainer, taken apart again', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const staff = await claim(node);
  const { codes } = await makeCohort(node, staff, 'Dakar, spring', ['satellite-navigation'], ['Binta Sow', 'Binta S.']);
  const { page } = await openDevice({ size: 'phone' });
  await makePerson(page, node.origin, 'Binta');
  await joinCentre(page, node.origin, codes[0] ?? '');
  await makePerson(page, node.origin, 'Bintou');
  await joinCentre(page, node.origin, codes[1] ?? '');
  const devices = page.getByRole('region', { name: 'Your devices at the centre' });
  await devices.getByRole('button', { name: 'Show my devices' }).click();
  await devices.getByRole('button', { name: 'I am Binta too' }).click();
  await expect(devices.getByText('Read together with Binta')).toBeVisible();
  await look(page, 'ids-phone');

  const laptop = await openDevice();
  await signIn(laptop.page, node.origin, staff);
  await laptop.page.getByRole('link', { name: /Binta Sow.*has another id too/ }).click();
  await expect(laptop.page.getByText(/Read together with Binta S\./)).toBeVisible();
  await laptop.page.getByRole('button', { name: 'Take apart' }).click();
  await expect(laptop.page.getByText('Done.')).toBeVisible();
  await expect(laptop.page.getByText(/Read together with/)).toBeHidden();
});

for (const [locale, size] of [
  ['ar', 'phone'],
  ['zh', 'laptop'],
  ['ru', 'phone'],
  ['fr', 'laptop'],
] as const)
  test(`the people of a centre in ${locale} on a ${size}`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const staff = await claim(node);
    const { codes } = await makeCohort(node, staff, 'Dakar', ['satellite-navigation'], ['Renée Diop']);
    const learner = await openDevice({ size: 'phone' });
    await makePerson(learner.page, node.origin, 'Renée');
    await joinCentre(learner.page, node.origin, codes[0] ?? '');
    await expect(learner.page.getByText('All your work is at the centre too.')).toBeVisible();
    const { page } = await openDevice({ size, locale, ...(locale === 'ru' ? { colorScheme: 'dark' as const } : {}) });
    await page.goto(`${node.origin}/teach`);
    await page.locator('input[autocomplete="username"]').fill(staff.name);
    await page.locator('input[type="password"]').first().fill(staff.password);
    await page.locator('form button.button').first().click();
    await page.getByRole('link', { name: /Renée/ }).click();
    await page.locator('section.card button.button').click();
    await expect(page.getByRole('img').last()).toBeVisible();
    await look(page, `person-${locale}-${size}`);
  });
