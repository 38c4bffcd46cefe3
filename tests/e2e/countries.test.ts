/** Profiles of countries: read without JavaScript, kept with the compendium, read without a network, the same in both directions of writing. */
import { AxeBuilder } from '@axe-core/playwright';
import { beyondScreen, expect, test } from './perigee.ts';

test('a profile is read without JavaScript: what is weak, what answers it, who may stand beside it', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ javaScript: false });
  const { page } = device;
  await page.goto(`${node.origin}/compendium?lang=en`);
  await page.getByRole('link', { name: 'Profiles of countries' }).click();
  await expect(page.getByRole('heading', { level: 3 })).toHaveText(['Altavar', 'Islemara', 'Oruvana']);
  await page.getByRole('searchbox').fill('cyclones');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByRole('heading', { level: 3 })).toHaveText(['Islemara']);
  await page.getByRole('link', { name: 'Islemara' }).click();
  await expect(page.getByText('This country does not exist.', { exact: false })).toBeVisible();
  // The rule stands beside what it judged.
  await expect(page.getByText('at most 3 years older', { exact: false })).toBeVisible();
  const law = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'National space law', exact: true }) });
  await expect(law.getByText('Weak, as before')).toBeVisible();
  await expect(law.getByRole('img')).toHaveAccessibleName(/2022: 0; 2023: 0; 2024: 0; 2025: 0.*Weak at 1 or less/);
  await expect(law.getByRole('link', { name: 'A national space law' })).toBeVisible();
  // Behind each chart a table: year by year.
  await page.getByText('As a table').click();
  await expect(page.getByRole('rowheader', { name: '2025' })).toBeVisible();
  await page.getByText('Applications by sector').click();
  const maps = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /Maps in a disaster/ }) });
  await expect(maps.getByRole('cell').first()).toContainText('96');
  // Side by side, where both allow it.
  await expect(page.getByRole('checkbox')).toHaveCount(1);
  await page.getByRole('checkbox', { name: 'Altavar' }).check();
  await page.getByRole('button', { name: 'Lay side by side' }).click();
  await expect(page.getByRole('columnheader', { name: 'Altavar' })).toBeVisible();
  await page.goto(`${node.origin}/profiles/oruvana?beside=islemara`);
  await expect(page.getByText('does not let itself be compared')).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'Islemara' })).toHaveCount(0);
  device.expectConsole(/404/);
  expect((await page.goto(`${node.origin}/profiles/nowhere`))?.status()).toBe(404);
});

test('a plan and its call are read without JavaScript: how it stands, which offer suits, what became of it', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const { page } = await openDevice({ javaScript: false });
  await page.goto(`${node.origin}/profiles/islemara?lang=en`);
  await page.getByRole('link', { name: 'Warned in time: space for the islands, 2024 to 2028' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Warned in time/);
  const maps = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'A map within a day' }) });
  await expect(maps.getByText('On track')).toBeVisible();
  await expect(maps.getByText('40 in 2025')).toBeVisible();
  const course = page.getByRole('row', { name: /The course on disaster risk/ });
  await expect(course.getByRole('link')).toHaveAttribute('href', '/courses/disaster-risk');
  await expect(course.getByRole('cell', { name: 'in 2025' })).toBeVisible();
  // Nobody has learnt here yet, and the line says how much that means.
  await expect(page.getByText('0 people finished «Space-based information for disaster risk»')).toBeVisible();
  await expect(page.getByText('Heard from 0 of 0 devices')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Review of 2025' })).toBeVisible();
  await page.getByRole('link', { name: /^Help with a space law/ }).click();
  await expect(page.getByText('Open until')).toBeVisible();
  const first = page
    .getByRole('list')
    .filter({ has: page.getByRole('heading', { level: 3 }) })
    .getByRole('listitem')
    .first();
  await expect(first.getByRole('heading', { level: 3 })).toHaveText('A law clinic for small states');
  await expect(first.getByText('weak: National space law (also asked for)')).toBeVisible();
  // The other way: from an offer to countries.
  await page.getByRole('link', { name: 'Calls for support' }).click();
  await expect(page.getByRole('heading', { name: 'What partners offer' })).toBeVisible();
  await page.getByRole('link', { name: 'Drought bulletins, and people who can make them' }).click();
  await expect(page.getByRole('row', { name: /Herders whom pasture bulletins reach/ })).toContainText(/28\s*2024.*41\s*2025/);
});

test('profiles come with the compendium and are read without a network', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/profiles?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.getByRole('button', { name: /^Install \(/ }).click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  await page.goto(`${node.origin}/profiles/altavar?lang=en`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Altavar');
  for (const path of ['/plans/altavar-2023-2027', '/calls', '/calls/altavar-call-2026']) {
    await page.goto(`${node.origin}${path}?lang=en`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  await page.goto(`${node.origin}/profiles?lang=en`);
  await page.waitForLoadState('networkidle');

  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|Failed to fetch/);
  await page.goto(`${node.origin}/profiles?q=drought`);
  await expect(page.getByRole('heading', { level: 3 })).toHaveText(['Oruvana']);
  await page.getByRole('link', { name: 'Oruvana' }).click();
  await expect(page.getByRole('heading', { level: 2, name: /weaknesses, and what answers them/ })).toBeVisible();
  await page.goto(`${node.origin}/profiles/islemara?beside=altavar`);
  await expect(page.getByRole('columnheader', { name: 'Altavar' })).toBeVisible();
  await page.goto(`${node.origin}/plans/islemara-2024-2028`);
  await expect(page.getByRole('heading', { name: 'Review of 2025' })).toBeVisible();
  await page.goto(`${node.origin}/calls`);
  await page.getByRole('link', { name: 'Warnings for the valleys below the ice' }).click();
  await expect(page.getByRole('heading', { level: 3, name: 'From the gauge to the siren' })).toBeVisible();
});

for (const [locale, colorScheme, size] of [
  ['en', 'light', 'laptop'],
  ['ar', 'dark', 'phone'],
  ['zh', 'light', 'phone'],
] as const)
  test(`axe finds nothing in ${locale}, ${colorScheme}, on a ${size}`, async ({ startNode, openDevice }) => {
    const node = await startNode();
    const { page } = await openDevice({ size, colorScheme });
    for (const path of [
      '/profiles',
      '/profiles/islemara?beside=altavar',
      '/plans/altavar-2023-2027',
      '/calls',
      '/calls/oruvana-call-2025',
      '/calls/islemara-call-2026',
    ]) {
      await page.goto(`${node.origin}${path}${path.includes('?') ? '&' : '?'}lang=${locale}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.evaluate(() => {
        for (const one of document.querySelectorAll('details')) one.open = true;
      });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
    }
  });
