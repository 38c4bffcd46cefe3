/** A centre and the one above it: where a learner's work is said to be, and what the administrators of both see. */
import { AxeBuilder } from '@axe-core/playwright';
import { claim, expect, joinCentre, makeCohort, makePerson, signIn, test } from './perigee.ts';

const languages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'] as const;

test('a learner’s work shows at the centre, and then also at the centre above; the administrators see what waits and who comes', async ({
  startNode,
  openDevice,
}) => {
  test.slow();
  const parent = await startNode({ PERIGEE_NODE: 'sitc' });
  const above = await claim(parent, 'Director');
  const office = await openDevice({ size: 'laptop' });
  await signIn(office.page, parent.origin, above);
  await office.page.getByRole('link', { name: 'This centre, the one above it, and those below' }).click();
  await expect(office.page.getByText('No centre stands above this one')).toBeVisible();
  await office.page.getByLabel('Name of its node').fill('accra');
  await office.page.getByRole('button', { name: 'Make the credential' }).click();
  const credential = (await office.page.getByText(/^peer_accra_[0-9a-z]{52}$/).textContent()) ?? '';

  const centre = await startNode({
    PERIGEE_NODE: 'accra',
    PERIGEE_UPSTREAM: parent.origin,
    PERIGEE_UPSTREAM_TOKEN: credential,
    PERIGEE_LINK_KBPS: '4000',
  });
  const staff = await claim(centre);
  const cohort = await makeCohort(centre, staff, 'Accra, spring', ['satellite-navigation'], ['Binta']);

  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await makePerson(page, centre.origin, 'Binta');
  await joinCentre(page, centre.origin, cohort.codes[0] ?? '');
  await page.goto(`${centre.origin}/courses/satellite-navigation/what-gnss-does`);
  const exercise = page.locator('#item-why-passive');
  await exercise.getByText('No, the receivers only listen').click();
  await exercise.getByRole('button', { name: 'Check' }).click();
  await expect(exercise.getByText('On this device')).toBeVisible();
  const entry = page.locator('.entries > li').filter({ hasText: 'Exercise' });
  /** Syncs, as often as it takes: a page that is left before its pass is over has not ended it. */
  const syncUntil = (mark: string): Promise<void> =>
    expect(async () => {
      await page.goto(`${centre.origin}/settings`);
      const now = page.getByRole('button', { name: 'Sync now' });
      await now.click();
      await page.waitForTimeout(300);
      await expect(now).toBeEnabled();
      await page.goto(`${centre.origin}/record`);
      await expect(entry.getByText(mark)).toBeVisible({ timeout: 3000 });
    }).toPass({ timeout: 60_000 });
  await syncUntil('At the centre');

  const desk = await openDevice({ size: 'laptop' });
  await signIn(desk.page, centre.origin, staff);
  await desk.page.goto(`${centre.origin}/centre`);
  await expect(desk.page.getByText(/\d+ documents?/)).toBeVisible();
  await desk.page.getByRole('button', { name: 'Exchange now' }).click();
  await expect(desk.page.getByText('Everything was handed on.')).toBeVisible({ timeout: 30_000 });
  await expect(desk.page.getByRole('heading', { name: 'The centre above: sitc' })).toBeVisible();

  await syncUntil('Also at sitc');

  await office.page.goto(`${parent.origin}/centre`);
  await expect(office.page.getByText(/last contact/)).toBeVisible();
  // In every language nothing is wider than the page, on a phone too; and nothing that axe finds.
  for (const [where, at] of [
    [desk, centre],
    [office, parent],
  ] as const)
    for (const language of languages)
      for (const [name, width, height] of [
        ['phone', 360, 740],
        ['laptop', 1366, 768],
      ] as const) {
        await where.page.setViewportSize({ width, height });
        await where.page.goto(`${at.origin}/centre?lang=${language}`);
        await expect(where.page.locator('dl, form').first()).toBeVisible();
        if (process.env['PERIGEE_PICTURES'] !== undefined)
          await where.page.screenshot({
            path: `${process.env['PERIGEE_PICTURES']}/centre-${at === centre ? 'child' : 'parent'}-${language}-${name}.png`,
            fullPage: true,
          });
        if (name === 'phone' && (language === 'en' || language === 'ar')) {
          const { violations } = await new AxeBuilder({ page: where.page }).analyze();
          expect(violations.map(({ id, nodes }) => `${language} ${id} ${nodes[0]?.html ?? ''}`)).toEqual([]);
        }
        expect(await where.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }

  await office.page.goto(`${parent.origin}/centre?lang=en`);
  await office.page.getByRole('button', { name: 'Take back the credential of accra' }).click();
  await office.page.getByRole('button', { name: 'Yes, take it back' }).click();
  await expect(office.page.getByText(/taken back/)).toBeVisible();
  await desk.page.goto(`${centre.origin}/centre?lang=en`);
  // A visit that is under way already may end well.
  await expect(async () => {
    await desk.page.getByRole('button', { name: 'Exchange now' }).click();
    await expect(desk.page.getByText('The centre above took this node’s credential back.')).toBeVisible({ timeout: 5000 });
  }).toPass({ timeout: 60_000 });
});
