/** The compendium: read without JavaScript, searched online and offline, installed for its price, the same in both directions of writing. */
import { AxeBuilder } from '@axe-core/playwright';
import { beyondScreen, expect, test } from './perigee.ts';

const titles = 'main .cards h3';

test('reads, searches and narrows down without JavaScript', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ javaScript: false });
  await page.goto(`${node.origin}/compendium?lang=en`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Space Solutions Compendium');
  await expect(page.locator(titles)).toHaveCount(18);
  await page.getByRole('searchbox').fill('flood radar');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.locator(titles).first()).toHaveText('Flood maps from radar images');
  await page.getByRole('link', { name: /^Solutions/ }).click();
  await page.getByText('Narrow down').click();
  await page.getByLabel('Theme').selectOption('theme-floods');
  await page.getByRole('button', { name: 'Show' }).click();
  expect(new URL(page.url()).searchParams.get('theme')).toBe('theme-floods');
  await page.getByRole('link', { name: 'Flood maps from radar images', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Taught by' })).toBeVisible();
  // As other programs read it.
  const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '{}') as Record<string, unknown>;
  expect(data['@type']).toBe('HowTo');
  await page.getByRole('link', { name: 'Space-based information for disaster risk', exact: true }).click();
  await page.getByRole('link', { name: 'Open the course' }).click();
  await expect(page).toHaveURL(/\/courses\/disaster-risk/);
  await page.goto(`${node.origin}/compendium/gaps`);
  await expect(page.getByRole('heading', { level: 2 })).toHaveCount(3);
  await page.goto(`${node.origin}/compendium/compare?entries=flood-mapping-radar,urban-growth`);
  await expect(page.locator('thead th')).toHaveCount(2);
  await page.goto(`${node.origin}/compendium/fao-sepal-2023`);
  await expect(page.getByText(/^Ended on/)).toBeVisible();
});

test('installed for the price that was shown, then searched without a network in another language', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/compendium?lang=en`);
  const install = page.getByRole('button', { name: /^Install \(/ });
  const price = Number(/(\d+)/.exec((await install.textContent()) ?? '')?.[1]);
  expect(price).toBeGreaterThan(20);
  expect(price).toBeLessThanOrEqual(400);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await install.click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  const said = (await page.locator('[data-kept=yes] p').first().textContent()) ?? '';
  // The true cost is the price, but for the manifest, which was fetched to tell the price and is not fetched again.
  const asked = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map((entry) => entry as PerformanceResourceTiming)
      .filter(({ name }) => new URL(name).pathname === '/content/commons')
      .map(({ encodedBodySize, transferSize }) => ({ whole: encodedBodySize, moved: transferSize })),
  );
  const manifest = asked[0]?.whole ?? 0;
  expect(Math.abs(Number(/(\d+)\D+$/.exec(said)?.[1]) - (price - manifest / 1000)), said).toBeLessThanOrEqual(2);
  // Nor is it after that, when a device that has all asks what is new.
  expect(
    asked.slice(1).every(({ moved }) => moved < 2000),
    JSON.stringify(asked),
  ).toBe(true);

  // The words of a second language are kept when it is first used.
  await page.goto(`${node.origin}/compendium/drought-vegetation-index?lang=fr`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('La sécheresse vue par la végétation');
  // What follows the worker may not be here yet; at its first use it is kept in any case.
  await page.goto(`${node.origin}/compendium/gaps?lang=en`);
  await expect(page.locator('.ranking li').first()).toBeVisible();
  await page.goto(`${node.origin}/compendium?lang=en`);
  await expect(page.locator(titles)).toHaveCount(18);
  await page.waitForLoadState('networkidle');

  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|Failed to fetch/);
  await page.goto(`${node.origin}/compendium`);
  await expect(page.locator(titles)).toHaveCount(18);
  await page.getByRole('searchbox').fill('drought');
  await expect(page.locator(titles).first()).toContainText(/drought/i);
  await page.getByRole('link', { name: 'Drought seen in the vegetation', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'How to begin' })).toBeVisible();
  await page.goto(`${node.origin}/compendium/gaps`);
  await expect(page.locator('.ranking li').first()).toBeVisible();
  // Entries are here in every language that they are written in.
  await page.goto(`${node.origin}/compendium/drought-vegetation-index?lang=fr`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('La sécheresse vue par la végétation');
  await page.goto(`${node.origin}/compendium/nowhere`);
  await expect(page.getByRole('main')).toBeVisible();
});

test('the choices stay unfolded while they are used, also when the last one is taken back', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/compendium?lang=en`);
  // The page's own scripts narrow down at once; before they run, the button does.
  await page.waitForLoadState('networkidle');
  const theme = page.getByLabel('Theme');
  await expect(theme).toBeHidden();
  await page.getByText('Narrow down').click();
  const found = async (): Promise<number> => Number(/\d+/.exec((await page.locator('#found').textContent()) ?? '')?.[0]);
  const all = await found();
  await theme.selectOption('theme-floods');
  await expect.poll(found).toBeLessThan(all);
  await expect(theme).toBeVisible();
  await theme.selectOption('');
  await expect.poll(found).toBe(all);
  await expect(theme).toBeVisible();
  // Nor does searching fold up what somebody left open.
  await page.getByRole('searchbox').fill('flood');
  await expect.poll(found).toBeLessThan(all);
  await expect(theme).toBeVisible();
  await page.goto(`${node.origin}/compendium?theme=theme-floods&lang=en`);
  await expect(theme).toBeVisible();
});

test('what is typed and chosen before the scripts run is kept, and answered when they do', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/\.js$/, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(`${node.origin}/compendium?lang=en`, { waitUntil: 'commit' });
  await page.getByText('Narrow down').click();
  await page.getByLabel('Theme').selectOption('theme-floods');
  await page.getByRole('searchbox').fill('radar');
  expect(new URL(page.url()).searchParams.get('theme')).toBeNull();
  release();
  await expect(page).toHaveURL(/theme=theme-floods/);
  await expect(page).toHaveURL(/q=radar/);
  await expect(page.locator(titles).first()).toHaveText('Flood maps from radar images');
  await expect(page.getByRole('searchbox')).toHaveValue('radar');
  await expect(page.getByLabel('Theme')).toHaveValue('theme-floods');
  await expect(page.getByLabel('Theme')).toBeVisible();
});

test("a comparison gives a phone's width to what is compared", async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/compendium/compare?entries=flood-mapping-radar,urban-growth&lang=en`);
  await expect(page.getByRole('rowheader').or(page.locator('th[scope=rowgroup]')).first()).toHaveText('Cost');
  const [first, second] = await page.locator('tbody tr:not(.about)').first().locator('td').all();
  const [one, two] = [await first?.boundingBox(), await second?.boundingBox()];
  // Both are wholly in sight, and together they have nearly all of it.
  expect((two?.x ?? 0) + (two?.width ?? 0)).toBeLessThanOrEqual(360);
  expect((one?.width ?? 0) + (two?.width ?? 0)).toBeGreaterThan(300);
});

test('a device without it says so where there is no network', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  // The pages' code is kept at its first use, if not before.
  await page.goto(`${node.origin}/?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.goto(`${node.origin}/compendium?lang=en`);
  await expect(page.locator(titles)).toHaveCount(18);
  await device.offline(true);
  // What a device would search with comes after the worker, and may not be here either.
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/);
  await page.goto(`${node.origin}/compendium`);
  await expect(page.getByText('the compendium is not on this device')).toBeVisible();
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
      '/compendium?theme=theme-floods&compare=flood-mapping-radar',
      '/compendium/flood-mapping-radar',
      '/compendium/disaster-maps',
      '/compendium/fao-sepal-2023',
      '/compendium/cssteap',
      '/compendium/goal-13',
      '/compendium/compare?entries=flood-mapping-radar,urban-growth',
      '/compendium/gaps',
    ]) {
      await page.goto(`${node.origin}${path}${path.includes('?') ? '&' : '?'}lang=${locale}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
    }
  });
