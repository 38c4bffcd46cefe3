/** Every form of the desk: readable by a screen reader and no wider than its screen, from the left and from the right; whom it asks for which country they write; and the address that it shows. */
import { AxeBuilder } from '@axe-core/playwright';
import { writtenKinds } from '../../src/lib/cooperation/fields.ts';
import { penOf } from '../../src/lib/domain/drafts.ts';
import { fill, join } from './desk-verbs.ts';
import { beyondScreen, claim, expect, signIn, test } from './perigee.ts';

const publishing = { timeout: 60_000 };

for (const [locale, size] of [
  ['en', 'phone'],
  ['ar', 'laptop'],
] as const)
  test(`axe finds nothing on any form in ${locale} on a ${size}, with a fault at each needed field`, async ({ startNode, openDevice }) => {
    test.setTimeout(240_000);
    const node = await startNode();
    const admin = await claim(node);
    for (const role of ['focal-point', 'provider'] as const) {
      const staff = await join(node.origin, admin.token, role, role, role === 'focal-point' ? ['islemara'] : []);
      const { page } = await openDevice({ size });
      await page.goto(`${node.origin}/?lang=en`);
      await signIn(page, node.origin, staff);
      for (const kind of writtenKinds.filter((one) => penOf(one) === role)) {
        await page.goto(`${node.origin}/desk/${kind}?lang=${locale}`);
        const form = page.locator('form[aria-label]');
        await expect(form).toBeVisible();
        // The parts of a form are drawn when they are added: one of each, so that their fields are looked at as well.
        for (const add of await form.locator('button[type=button]:not([disabled])').all()) await add.click();
        await form.locator('button:not([type=button])').last().click();
        await expect(form.getByRole('alert').first()).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${kind} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
        expect(await beyondScreen(page), kind).toBeLessThanOrEqual(0);
      }
    }
  });

test('who speaks for two countries says for which one they call, and then what they wrote goes to the centre at once', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const admin = await claim(node);
  const both = await join(node.origin, admin.token, 'Both', 'focal-point', ['islemara', 'oruvana']);
  const { page } = await openDevice();
  await page.goto(`${node.origin}/?lang=en`);
  await signIn(page, node.origin, both);
  await page.goto(`${node.origin}/desk/call`);
  await fill(page, 'Title', '水的征集 2027');
  await expect(page.locator('form [data-where=device]')).toBeVisible();
  await expect(page.getByText('Until it is chosen, what you write stays on this device.')).toBeVisible();
  // What no Latin letter can name is named by what it is and the day; the address is shown while it is written.
  await expect(page.getByText(/^\/calls\/call-20\d\d-\d\d-\d\d$/)).toBeVisible();
  await page.getByLabel('Country for which you write').selectOption({ label: 'Oruvana' });
  await expect(page.locator('form [data-where=centre]')).toBeVisible(publishing);
  // Now the plans are those of that country alone.
  const plans = page.getByLabel('Plan', { exact: true }).locator('option');
  expect((await plans.allTextContents()).join()).not.toMatch(/Warned in time/);
});

test('a title in Cyrillic gives an address that can be read, shown while one writes', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const admin = await claim(node);
  const pia = await join(node.origin, admin.token, 'Pia', 'provider');
  const { page } = await openDevice();
  await page.goto(`${node.origin}/?lang=en`);
  await signIn(page, node.origin, pia);
  await page.goto(`${node.origin}/desk/offer`);
  await fill(page, 'Title', 'Предложение помощи');
  await expect(page.getByText('/calls/offers/predlozhenie-pomoshchi', { exact: true })).toBeVisible();
  await expect(page.locator('form [data-where=centre]')).toBeVisible(publishing);
});
