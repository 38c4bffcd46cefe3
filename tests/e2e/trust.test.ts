/** A phone in the centre's own network: it learns to trust the node's authority, and from then on it has an app; without that it is told what works. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { makeLeaf } from '../../src/lib/server/tls/authority.ts';
import { createOnePort } from '../../src/server/one-port.ts';
import { findCertutil, trustAuthority } from './nss.ts';
import { beyondScreen, canGivePolicies, expect, test } from './perigee.ts';

/** Every name is this machine's: none of them is localhost, for which browsers make exceptions. */
const everyName = ['--host-resolver-rules=MAP * 127.0.0.1'];
/** What Chromium says of a header that means nothing to it over plain HTTP. */
const opener = /Cross-Origin-Opener-Policy header has been ignored/;
const lesson = '/courses/satellite-navigation/kepler-orbits';

const secureOrigin = (node: NodeProcess): string => /is at (https:\S+)/.exec(node.printed)?.[1] ?? '';
/** What somebody types who does not know better. */
const plainOrigin = (node: NodeProcess): string => secureOrigin(node).replace('https:', 'http:');

const authorityOf = (node: NodeProcess): { certificate: string; key: string } => ({
  certificate: readFileSync(join(node.data, 'authority', 'authority.pem'), 'utf8'),
  key: readFileSync(join(node.data, 'authority', 'authority-key.pem'), 'utf8'),
});

test('a browser that trusts the centre has a worker, an app to install, and lessons without a network', async ({
  startNode,
  openDevice,
}) => {
  test.skip(!findCertutil(), 'certutil (Debian: libnss3-tools) puts the authority where Chromium looks for it, and it is not here.');
  const node = await startNode({}, ['--lan']);
  const origin = secureOrigin(node);
  expect(origin).toMatch(/^https:\/\/[^/]+\.local:\d+$/);
  expect(node.printed).toMatch(/Phones learn to trust it at http:\/\/\S+\/trust/);
  const home = mkdtempSync(join(tmpdir(), 'perigee-home-'));
  // By the road that a person takes: from the page over plain HTTP.
  const pem = await (await fetch(`${node.origin}/api/trust/authority.pem`)).text();
  trustAuthority(home, pem);

  const device = await openDevice({ size: 'phone', args: everyName, home });
  const { page } = device;
  await page.goto(`${origin}/`);
  expect(await page.evaluate(() => isSecureContext)).toBe(true);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  await expect(page.locator('[data-elsewhere]')).toHaveCount(0);
  const talk = await page.context().newCDPSession(page);
  const { installabilityErrors } = await talk.send('Page.getInstallabilityErrors');
  expect(installabilityErrors).toEqual([]);
  const answer = await page.goto(`${origin}/trust`);
  expect(answer?.headers()['strict-transport-security']).toBeUndefined();
  await expect(page.getByText('This device trusts the centre.')).toBeVisible();

  await page.goto(`${origin}${lesson}`);
  const title = await page.getByRole('heading', { level: 1 }).textContent();
  await page.goto(`${origin}/courses/satellite-navigation`);
  const part = page.getByRole('region', { name: 'For offline use' });
  await part.getByRole('button', { name: 'Install' }).click();
  await expect(part.getByText('On this device:')).toBeVisible({ timeout: 60_000 });
  await node.stop();
  await page.goto(`${origin}${lesson}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title ?? '');

  // The same authority, for a name that is not the centre's: nobody believes it, whoever has its key.
  const bank = makeLeaf(authorityOf(node), { names: ['bank.example'], addresses: [] }, Date.now());
  const { door, servers } = createOnePort(
    { kind: 'own', current: () => bank, authority: null, onChange: () => undefined, look: () => undefined, close: () => undefined },
    {},
    (_request, response) => response.end('money'),
  );
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const address = door.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(page.goto(`https://bank.example:${String(port)}/`)).rejects.toThrow(/ERR_CERT/);
  for (const server of servers) server.closeAllConnections();
  door.close();
  rmSync(home, { recursive: true, force: true });
});

test('the centre’s own laptops trust it by a policy file, and have the app', async ({ startNode, openDevice }) => {
  const policies = mkdtempSync(join(tmpdir(), 'perigee-policies-'));
  test.skip(!canGivePolicies(policies), 'Only root can show a browser other policies, and only where a Chromium of Debian is.');
  const node = await startNode({}, ['--lan']);
  mkdirSync(join(policies, 'policies', 'managed'), { recursive: true });
  // As the page says: the file, as it comes.
  const file = await (await fetch(`${node.origin}/api/trust/chromium.json`)).text();
  writeFileSync(join(policies, 'policies', 'managed', 'perigee.json'), file);
  expect(JSON.parse(file)).toMatchObject({ WebAppInstallForceList: [{ url: `${secureOrigin(node)}/` }] });

  const { page } = await openDevice({ args: everyName, policies });
  await page.goto(`${secureOrigin(node)}/`);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  expect(await page.evaluate(() => isSecureContext)).toBe(true);
  await page.goto(`${secureOrigin(node)}/trust`);
  await expect(page.getByText('This device trusts the centre.')).toBeVisible();
  rmSync(policies, { recursive: true, force: true });
});

test('a browser that does not trust it reads, and is told what works and what does not', async ({ startNode, openDevice }) => {
  const node = await startNode({}, ['--lan']);
  const device = await openDevice({ size: 'phone', args: everyName });
  const { page } = device;
  device.expectConsole(/ERR_CERT_AUTHORITY_INVALID/);
  device.expectConsole(opener);
  await expect(page.goto(`${secureOrigin(node)}/`)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);

  const plain = plainOrigin(node);
  // The browser's own page about the failure is still coming into the old tab.
  const other = await page.context().newPage();
  await other.goto(`${plain}${lesson}`);
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible();
  const notice = other.locator('[data-elsewhere=plain]');
  await expect(notice).toContainText('This device does not trust the centre yet.');
  await notice.getByRole('link', { name: 'What to do' }).click();
  await expect(other.getByRole('heading', { name: 'Let this device trust the centre' })).toBeVisible();
  await expect(other.getByRole('img', { name: 'Code with the address of this page' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Where none of this works' })).toBeVisible();
});

test('the page about trust: for everyone, in both directions of writing, and without scripts', async ({ startNode, openDevice }) => {
  const node = await startNode({}, ['--lan']);
  const device = await openDevice({ size: 'phone', args: everyName });
  device.expectConsole(opener);
  const { page } = device;
  for (const language of ['en', 'ar']) {
    await page.goto(`${plainOrigin(node)}/trust?lang=${language}`);
    await expect(page.locator('details[open]')).toHaveCount(1);
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
  }
  const quiet = await openDevice({ javaScript: false, args: everyName });
  quiet.expectConsole(opener);
  await quiet.page.goto(`${plainOrigin(node)}/trust?lang=en`);
  await quiet.page.getByText('Android', { exact: true }).click();
  await expect(quiet.page.getByText('Android warns that the network may be monitored.')).toBeVisible();
  await expect(quiet.page.getByRole('img', { name: 'Code with the address of this page' })).toBeVisible();
});

test('at another address than the centre’s own the page says so', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ args: everyName });
  device.expectConsole(opener);
  device.expectConsole(/ERR_INTERNET_DISCONNECTED/);
  const { page } = device;
  const { port } = new URL(node.origin);
  await page.goto(`http://localhost:${port}/catalogue`);
  await expect(page.locator('[data-elsewhere=other]')).toContainText(node.origin);
  await expect(page.getByRole('link', { name: 'Open it there' })).toHaveAttribute('href', `${node.origin}/catalogue`);
  // Later pages are the worker's, which knows it from this one.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.goto(`http://localhost:${port}/people`);
  await expect(page.locator('[data-elsewhere=other]')).toContainText(node.origin);
  await expect(page.getByRole('link', { name: 'Open it there' })).toHaveAttribute('href', `${node.origin}/people`);
  await page.context().setOffline(true);
  await page.goto(`http://localhost:${port}/catalogue`);
  await expect(page.locator('[data-elsewhere=other]')).toHaveCount(1);
  await page.context().setOffline(false);
  await page.goto(`http://centre.lan:${port}/catalogue`);
  await expect(page.locator('[data-elsewhere=bare]')).toContainText('the browser cannot keep the app');
  await page.goto(`${node.origin}/catalogue`);
  await expect(page.locator('[data-elsewhere]')).toHaveCount(0);
});
