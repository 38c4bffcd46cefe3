/** The version of the node, as an administrator changes it by the page: from a file, back again, from the centre above; and what the page says where something is wrong, with the node, a version or the disk. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { signerOf } from '../../src/lib/server/accounts/node-key.ts';
import { makeUpdate } from '../../src/lib/server/update/update-file.ts';
import { claim, expect, signIn, test } from './perigee.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-update-page-'));
const keyFile = join(scratch, 'release.pem');
const release = join(scratch, 'perigee-update-0.2.0.perigee');
const broken = join(scratch, 'broken.perigee');
let key = '';

/** `npx perigee …`, as whoever publishes or administers types it. */
function perigee(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/perigee.mjs', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`perigee ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout.trim();
}

test.beforeAll(async () => {
  test.setTimeout(180_000);
  key = perigee('release', 'key', keyFile);
  perigee('release', 'build', '--key', keyFile, '--out', scratch, '--version', '0.2.0');
  const made = '2026-11-30T12:00:00.000Z';
  const files = new Map<string, Uint8Array>([
    ['package-lock.json', Buffer.from('{}')],
    ['release.json', Buffer.from(JSON.stringify({ version: '0.3.0', made }))],
    ['scripts/perigee.ts', Buffer.from('throw new Error("a fault of the new version");')],
  ]);
  const signer = signerOf(createPrivateKey(readFileSync(keyFile)));
  const { parts } = await makeUpdate({ version: '0.3.0', made, node: '24.0.0', files, sign: signer.sign });
  writeFileSync(broken, Buffer.concat(parts));
});
test.afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const sizes = [
  ['phone', 360, 740],
  ['laptop', 1366, 768],
] as const;

/** In three languages and two sizes: nothing wider than the page, nothing that axe finds; and pictures of the part where somebody wants to see them. */
async function looksRight(page: Page, origin: string, name: string, heading: number): Promise<void> {
  for (const language of ['ar', 'zh', 'en'])
    for (const [size, width, height] of sizes) {
      await page.setViewportSize({ width, height });
      await page.goto(`${origin}/centre?lang=${language}`);
      const part = page.locator('section.card').nth(heading);
      await expect(part.locator('dl, p').nth(0)).toBeVisible();
      await expect(page.locator('section.card').first().locator('dl')).toBeVisible();
      await expect(
        page
          .locator('section.card')
          .filter({ has: page.locator('bdi', { hasText: /^0\.\d\.0/ }) })
          .nth(1),
      ).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} ${language} ${size}`).toBeLessThanOrEqual(width);
      if (size === 'phone' && language !== 'zh') {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${language} ${id} ${nodes[0]?.html ?? ''}`)).toEqual([]);
      }
      if (process.env['PERIGEE_PICTURES'] !== undefined)
        await part.screenshot({ path: `${process.env['PERIGEE_PICTURES']}/${name}-${language}-${size}.png` });
    }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Which card of the page is which. */
const cards = { state: 0, version: 2 } as const;

const version = (page: Page) => page.getByRole('region', { name: 'Version of the node' });
const open = async (page: Page, node: NodeProcess): Promise<void> => {
  await page.goto(`${node.origin}/centre?lang=en`);
  await expect(version(page).getByText('This version runs:')).toBeVisible();
};

test('an administrator pins a publisher, takes a version from a file, goes back, and reads why a version that does not start was taken back', async ({
  startNode,
  openDevice,
}) => {
  test.setTimeout(480_000);
  const node = await startNode({ PERIGEE_UPDATE_PATIENCE: '90' }, [], true);
  const staff = await claim(node);
  const device = await openDevice({ size: 'laptop' });
  // The node is away for some seconds while it changes over.
  device.expectConsole(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_SOCKET|status of (422|502|503)/);
  const { page } = device;
  await signIn(page, node.origin, staff);
  await open(page, node);
  const part = version(page);

  await expect(part.getByText('No publisher is known here yet')).toBeVisible();
  await expect(part.getByText('npx perigee release pin KEY')).toBeVisible();
  await looksRight(page, node.origin, 'no-publisher', cards.version);
  perigee('release', 'pin', key, '--data', node.data);
  await open(page, node);
  await expect(part.getByText('No publisher is known here yet')).toHaveCount(0);

  // A file that is none.
  await part.getByLabel('A file with another version').setInputFiles(keyFile);
  await part.getByRole('button', { name: 'Take this version', exact: true }).click();
  await expect(part.getByText('The file was not taken, and nothing was changed.')).toBeVisible();
  await expect(part.getByText('is no update of a node', { exact: false })).toBeVisible();

  await part.getByLabel('A file with another version').setInputFiles(release);
  await part.getByRole('button', { name: 'Take this version', exact: true }).click();
  await expect(part.getByText('The node changes over.')).toBeVisible({ timeout: 90_000 });
  await expect(part.locator('bdi', { hasText: /^0\.2\.0$/ })).toBeVisible({ timeout: 90_000 });
  await expect(part.getByText('The node changes over.')).toHaveCount(0, { timeout: 30_000 });
  await expect(part.getByText('Handed on to centres below', { exact: false })).toBeVisible({ timeout: 30_000 });

  await part.getByLabel('A file with another version').setInputFiles(broken);
  await part.getByRole('button', { name: 'Take this version', exact: true }).click();
  await expect(part.getByText('The new version was taken back, and the one before runs.')).toBeVisible({ timeout: 120_000 });
  await expect(part.getByText('Version 0.3.0 did not come up healthy', { exact: false })).toBeVisible();
  await looksRight(page, node.origin, 'update-failed', cards.version);

  await open(page, node);
  await part.getByRole('button', { name: 'Go back to the version that was installed by hand' }).click();
  await part.getByRole('button', { name: 'Stay' }).click();
  await part.getByRole('button', { name: 'Go back to the version that was installed by hand' }).click();
  await part.getByRole('button', { name: 'Yes, go back now' }).click();
  await expect(part.locator('bdi', { hasText: /^0\.1\.0/ })).toBeVisible({ timeout: 90_000 });
});

test('a version that the centre above has is shown with its size, comes after the administrator agreed, and is taken', async ({
  startNode,
  openDevice,
}) => {
  test.setTimeout(480_000);
  const parent = await startNode({ PERIGEE_NODE: 'sitc' });
  const director = await claim(parent, 'Director');
  const made = await fetch(`${parent.origin}/api/nodes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${director.token}` },
    body: JSON.stringify({ name: 'accra' }),
  });
  const { token } = (await made.json()) as { token: string };
  perigee('release', 'pin', key, '--data', parent.data);
  expect(perigee('update', '--offer', release, '--data', parent.data)).toContain('Version 0.2.0 is handed on to nodes below');

  const centre = await startNode({ PERIGEE_NODE: 'accra', PERIGEE_UPSTREAM: parent.origin, PERIGEE_UPSTREAM_TOKEN: token }, [], true);
  const staff = await claim(centre);
  perigee('release', 'pin', key, '--data', centre.data);
  const device = await openDevice({ size: 'laptop' });
  device.expectConsole(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_SOCKET|status of (502|503)/);
  const { page } = device;
  await signIn(page, centre.origin, staff);
  await open(page, centre);
  const part = version(page);
  await expect(part.getByText(/Version 0\.2\.0 is at the centre above \(sitc\): \d+(\.\d+)? MB to fetch\./)).toBeVisible({
    timeout: 60_000,
  });
  await looksRight(page, centre.origin, 'update-offered', cards.version);

  await open(page, centre);
  const hour = (new Date().getHours() + 12) % 24;
  await part.getByLabel('When it is here, take it').selectOption(String(hour));
  await part.getByRole('button', { name: 'Fetch and take this version' }).click();
  await expect(part.getByText(/Version 0\.2\.0 is (being fetched|here)/)).toBeVisible();
  await page.getByRole('button', { name: 'Exchange now' }).click();
  await expect(part.getByText('Version 0.2.0 is here, whole and signed by a publisher that is known here.')).toBeVisible({
    timeout: 120_000,
  });
  await looksRight(page, centre.origin, 'update-ready', cards.version);

  await open(page, centre);
  await part.getByRole('button', { name: 'Take it now' }).click();
  await expect(part.locator('bdi', { hasText: /^0\.2\.0$/ })).toBeVisible({ timeout: 120_000 });
  await expect(part.getByText('It is the newest version that the centre above (sitc) hands on.')).toBeVisible({ timeout: 60_000 });
});

test('a disk that fills or fails stands on top of the page, with what to do', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const staff = await claim(node);
  const { page } = await openDevice({ size: 'laptop' });
  await signIn(page, node.origin, staff);
  // What the node answers when its disk is so is tested with such disks (tests/node/failing-disk.test.ts); here it is how the page says it.
  for (const [name, change, sentence] of [
    ['disk-low', { disk: { level: 'low' } }, 'The disk fills.'],
    ['disk-scarce', { disk: { level: 'scarce', free: 190_000_000 } }, 'The disk is nearly full.'],
    ['disk-failing', { storage: { state: 'failing', commit: 812 }, writable: false }, 'The disk does not write or read what it should.'],
    ['disk-slow', { storage: { state: 'slow', commit: 412 } }, 'The disk takes much longer'],
  ] as const) {
    await page.unrouteAll();
    await page.route('**/api/centre', async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { disk: object; storage: object };
      const { disk = {}, storage = {}, ...rest } = change as { disk?: object; storage?: object };
      await route.fulfill({
        response,
        json: { ...body, ...rest, disk: { ...body.disk, ...disk }, storage: { ...body.storage, ...storage } },
      });
    });
    await looksRight(page, node.origin, name, cards.state);
    await page.goto(`${node.origin}/centre?lang=en`);
    await expect(page.getByRole('region', { name: 'How the centre is' }).getByText(sentence, { exact: false })).toBeVisible();
  }
});
