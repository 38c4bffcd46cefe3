/** The network: the directory with its map, opportunities, shared resources, and applications that are written without a network. */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { beyondScreen, expect, test } from './perigee.ts';

test('the directory, opportunities and resources read and narrow down without JavaScript', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ javaScript: false });
  await page.goto(`${node.origin}/compendium?lang=en`);
  await page.getByRole('link', { name: 'The network' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Network of capacity-building');
  await expect(page.locator('.members li')).toHaveCount(24);
  expect(await page.locator('main svg circle').count()).toBeGreaterThan(20);
  await page.getByText('Narrow down').click();
  await page.getByLabel('Part in the cooperation').selectOption('role-affiliated');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.locator('.members li')).toHaveCount(8);
  await expect(page.getByRole('heading', { name: '8 organisations' })).toBeVisible();
  await page.getByRole('link', { name: 'CSSTEAP', exact: true }).first().click();
  // What it provides, kind by kind, and as other programs read it.
  await expect(page.getByRole('heading', { name: 'Opportunities' })).toBeVisible();
  const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '{}') as Record<string, unknown>;
  expect(data['@type']).toBe('Organization');
  await page.getByRole('link', { name: /Nine months at CSSTEAP/ }).click();
  await expect(page.getByText('The source names no last day')).toBeVisible();

  await page.goto(`${node.origin}/network/opportunities?lang=en`);
  await expect(page.getByRole('heading', { name: '3 to apply for' })).toBeVisible();
  await expect(page.getByText('Closed on Nov 30, 2025')).toBeVisible();
  // What is closed asks for no application.
  await expect(page.getByRole('link', { name: 'Write an application' })).toHaveCount(3);
  await page.goto(`${node.origin}/network/resources?lang=en&type=resource-equipment`);
  await expect(page.getByRole('heading', { name: '2 shared resources' })).toBeVisible();
  await expect(page.getByText('None that its origin has published').first()).toBeVisible();
  await page.goto(`${node.origin}/network/coordination?lang=en`);
  await expect(page.getByRole('table').first().getByRole('row')).toHaveCount(18);
  await expect(page.getByRole('heading', { name: /^Taught by more than one: [1-9]/ })).toBeVisible();
  const csv = await (await fetch(`${node.origin}/content/compendium/coordination.csv?lang=en`)).text();
  expect(csv.split('\r\n')[0]).toBe('provider,country,id,course,languages,level,state,goal,target,address');
  await page.goto(`${node.origin}/network/applications?lang=en`);
  // Playwright does not look for words in it.
  await expect(page.locator('main noscript p')).toBeVisible();
});

test('without a network: found, written, kept over a reload, saved as a file, and taken back', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/compendium?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.getByRole('button', { name: /^Install \(/ }).click();
  await expect(page.locator('[data-kept=yes]')).toBeVisible();
  // What follows the worker may not be here yet; at its first use it is kept in any case.
  for (const path of ['/network', '/network/opportunities', '/network/resources', '/network/coordination', '/network/applications']) {
    await page.goto(`${node.origin}${path}?lang=en`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  await page.waitForLoadState('networkidle');

  await device.offline(true);
  await node.stop();
  device.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/);
  await page.goto(`${node.origin}/network`);
  await page.getByRole('searchbox').fill('dehradun');
  await expect(page.getByRole('heading', { name: '2 organisations' })).toBeVisible();
  await page.goto(`${node.origin}/network/resources`);
  await expect(page.getByRole('heading', { name: '6 shared resources' })).toBeVisible();
  await page.goto(`${node.origin}/network/coordination`);
  await expect(page.getByRole('table').first().getByRole('row')).toHaveCount(18);
  await page.goto(`${node.origin}/network/opportunities`);
  await page.getByRole('article').filter({ hasText: 'Nine months at CSSTEAP' }).getByRole('link', { name: 'Write an application' }).click();
  await page.getByRole('button', { name: 'Begin an application' }).click();
  const why = page.getByLabel('Why do you apply, and what do you want to learn or do?');
  await why.fill('To map the floods of the Tana.');
  await expect(page.getByText(/^Kept on this device/)).toBeVisible();
  await expect(page.getByText('1 of 3 answered')).toBeVisible();
  await page.reload();
  await expect(why).toHaveValue('To map the floods of the Tana.');
  // Whoever looks at their own list finds it there, closed up.
  await page.goto(`${node.origin}/network/applications`);
  await expect(page.locator('[data-application]')).toHaveCount(1);
  await page.locator('[data-application] summary').click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const file = readFileSync((await (await saving).path()) ?? '', 'utf8');
  expect(file).toContain('Why do you apply, and what do you want to learn or do?\n\nTo map the floods of the Tana.\n');
  await page.getByRole('button', { name: 'I have handed it in' }).click();
  await expect(page.locator('[data-application] summary')).toContainText('You handed it in on');
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByRole('alert').getByRole('button', { name: 'Take it back' }).click();
  await expect(page.getByText('You have not written any application.')).toBeVisible();
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
      '/network?role=role-affiliated',
      '/network/opportunities',
      '/network/resources',
      '/network/coordination',
      '/network/applications?to=cssteap-diplomas',
      '/compendium/cssteap',
      '/compendium/pnst-2026',
      '/compendium/bremen-drop-tower',
    ]) {
      await page.goto(`${node.origin}${path}${path.includes('?') ? '&' : '?'}lang=${locale}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await beyondScreen(page), path).toBeLessThanOrEqual(0);
    }
  });
