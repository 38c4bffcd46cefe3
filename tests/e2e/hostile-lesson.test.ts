/**
 * What if a hostile lesson got through? The node and the device refuse such packages (their own tests say so); here one stands in the page
 * all the same, rendered by the server and put in by the application, and must not run.
 */
import { expect, test } from './perigee.ts';

const hostile = [
  '<script>window.pwned = "script"</script>',
  '<img src="/nowhere" alt="" onerror="window.pwned = \'handler\'">',
  '<svg viewBox="0 0 1 1" onload="window.pwned = \'svg\'"><script>window.pwned = "svg script"</script></svg>',
  '<a id="bait" href="javascript:void(window.pwned = \'link\')">bait</a>',
  '<iframe srcdoc="<script>parent.pwned = \'frame\'</script>"></iframe>',
  '<object data="data:text/html,<script>parent.pwned = 1</script>"></object>',
  '<base href="https://example.invalid/">',
  '<link rel="stylesheet" href="https://example.invalid/x.css"><style>body { display: none }</style>',
].join('');

const pwned = 'window.pwned ?? null';

test('a hostile lesson that the node rendered runs nothing, and calls nobody', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice();
  // What the browser says of everything that it refused is meant.
  device.expectConsole(/./);
  const { page } = device;
  const elsewhere: string[] = [];
  const isForeign = (url: string): boolean => !url.startsWith(node.origin) && !url.startsWith('data:');
  page.on('requestfinished', (request) => {
    if (isForeign(request.url())) elsewhere.push(request.url());
  });
  page.on('requestfailed', (request) => {
    // Refused by the page's own policy before it left the browser; anything else had left.
    const why = request.failure()?.errorText ?? '';
    if (isForeign(request.url()) && !/csp/i.test(why)) elsewhere.push(`${request.url()} ${why}`);
  });
  await page.route(/\/courses\/space-law\/five-treaties$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(<div class="prose" data-block=""[^>]*>)/, `$1${hostile}`);
    expect(body).toContain('window.pwned');
    await route.fulfill({ response, body });
  });
  await page.goto(`${node.origin}/courses/space-law/five-treaties`);
  await expect(page.locator('#bait')).toBeVisible();
  await page.waitForLoadState('networkidle');
  await page.locator('#bait').click();
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate(pwned)).toBeNull();
  expect(elsewhere).toEqual([]);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('a hostile lesson that the application put in runs nothing', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice();
  device.expectConsole(/./);
  const { page } = device;
  await page.goto(`${node.origin}/courses/space-law/where-space-begins`);
  await expect(page.locator('fieldset:enabled').first()).toBeVisible();
  let altered = 0;
  await page.route(/\/content\/pieces\//, async (route) => {
    const response = await route.fetch();
    const type = response.headers()['content-type'] ?? '';
    if (!type.startsWith('text/html')) return route.fulfill({ response });
    altered += 1;
    return route.fulfill({ response, body: `${hostile}${await response.text()}` });
  });
  await page.locator('nav a[rel=next]').click();
  await expect(page).toHaveURL(/five-treaties$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('five treaties', { ignoreCase: true });
  expect(altered).toBeGreaterThan(0);
  const bait = page.locator('#bait');
  if ((await bait.count()) > 0) await bait.click();
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate(pwned)).toBeNull();
});
