/** Verifying a certificate in a browser that has no network: from a file, a photo, pasted text and the camera. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { around } from '../certification/today.ts';
import { ordinary, photographed } from '../certification/photograph.ts';
import { centre, certificate, grantBody, thief, trustListOf } from '../certification/world.ts';
import { untilKept } from './certification.ts';
import { beyondScreen, expect, test, type OpenDevice } from './perigee.ts';
import { jpegOf } from './pictures.ts';

const { on, set, badge, photo, page: printedPage } = around(Date.now());

/** Has the node give out a list of trust of today. */
async function publish(node: NodeProcess, revoked: readonly number[] = []): Promise<void> {
  const file = join(node.data, 'trust-set.json');
  writeFileSync(file, JSON.stringify(await set(revoked)));
  execFileSync(process.execPath, ['scripts/perigee.ts', 'trust', 'publish', file, '--data', node.data], { stdio: 'pipe' });
}

const jsonFile = (content: unknown) => ({
  name: 'certificate.json',
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(content)),
});
const verdictOf = (page: Page) => page.locator('[data-verdict]');

/** The page and the list of trust are kept on the device, and the network goes. */
async function keepAndGoOffline({ page, offline }: OpenDevice, origin: string): Promise<void> {
  await page.goto(`${origin}/verify`);
  await expect(page.getByText('Recognised centres: list of Space Information and Training Centre')).toBeVisible();
  await untilKept(page);
  await offline(true);
}

test('without a network: a file, a photo of the code and pasted text, by lists that came before', async ({ startNode, openDevice }) => {
  const node = await startNode();
  await publish(node);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await keepAndGoOffline(device, node.origin);
  device.expectConsole(/ERR_INTERNET_DISCONNECTED .*\/content\/trust/);
  await page.goto(`${node.origin}/verify`);

  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(await badge()));
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
  await expect(verdictOf(page)).toBeFocused();
  await expect(verdictOf(page)).toContainText('Amina Diallo');
  await expect(verdictOf(page)).toContainText('Lina Haddad');
  await expect(verdictOf(page)).toContainText('Regional Centre, Ile-Ife (NG) issued it');

  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile({ ...(await badge()), name: 'Director' }));
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'not-valid');
  await expect(verdictOf(page)).toContainText('It was altered, or its issuer never signed it.');
  // What may have been altered is not shown.
  await expect(verdictOf(page)).not.toContainText('Amina Diallo');

  const picture = await photo('آمنة ديالو');
  await page.getByLabel('Certificate as a file').setInputFiles({ name: 'photo.gif', mimeType: 'image/gif', buffer: picture });
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
  await expect(verdictOf(page)).toContainText('آمنة ديالو');
  await expect(verdictOf(page)).toContainText('Trainer');

  await page
    .getByLabel('Text of a code or certificate')
    .fill(JSON.stringify(await certificate({ issuer: { did: thief.did, name: 'Regional Centre' } }, thief, on(-10))));
  await page.getByRole('button', { name: 'Verify the text' }).click();
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'cannot-tell');
  await expect(verdictOf(page)).toContainText('its issuer is not in the list of recognised centres');
  await page.getByText('What was looked at').click();
  await expect(verdictOf(page)).toContainText('It stands as its issuer signed it: yes');
});

test('a photo of a whole printed page: tilted, unevenly lit, grainy, a JPEG; and one without a code', async ({ startNode, openDevice }) => {
  const node = await startNode();
  await publish(node);
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await keepAndGoOffline(device, node.origin);
  const holder = 'Константин-Александр Рождественский-Преображенский-Волконск.';
  const sheet = await printedPage(holder);
  const take = async (name: string, buffer: Buffer): Promise<void> =>
    page.getByLabel('Certificate as a file').setInputFiles({ name, mimeType: 'image/jpeg', buffer });
  for (const [name, photograph] of [
    ['ordinary', ordinary],
    ['from-afar', { ...ordinary, width: 2448, height: 3264, fills: 0.55, blur: 1, tilted: 0.12, seed: 3 }],
  ] as const) {
    await take(`${name}.jpg`, await jpegOf(device.context, photographed(sheet, photograph), photograph.quality));
    await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
    await expect(verdictOf(page)).toContainText(holder);
    await take('nothing.jpg', Buffer.from('no picture'));
    await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'cannot-tell');
  }
  // While it is looked at, the page says so; where there is none, it says that too.
  const blank = photographed({ ...sheet, tone: new Uint8Array(sheet.tone.length).fill(255) }, { ...ordinary, width: 1200, height: 1600 });
  await take('blank.jpg', await jpegOf(device.context, blank, 70));
  await expect(page.getByText('Looking at it…')).toBeVisible();
  await expect(verdictOf(page)).toContainText('There is no certificate in it.');
  await expect(page.getByText('Looking at it…')).toBeHidden();
});

test('what cannot be told is told with the lists and their dates; a certificate for another programme is not valid', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  await publish(node);
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/verify`);
  const take = async (change: Parameters<typeof certificate>[0], signer = centre): Promise<void> => {
    const content = await certificate({ from: on(-10), until: on(900), awarded: on(-10), ...change }, signer, on(-10));
    await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(content));
  };
  await take({ issuer: { did: thief.did, name: 'A university' } }, thief);
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'cannot-tell');
  await expect(verdictOf(page)).toContainText('It is authentic, but its issuer is not in the list of recognised centres.');
  await expect(verdictOf(page)).toContainText('Recognised centres: list of Space Information and Training Centre, made on');
  // No centre has lists of revoked certificates of an issuer that it does not know.
  await expect(verdictOf(page)).not.toContainText('Connect to a centre');
  await take({ status: { list: 7, index: 3 } });
  await expect(verdictOf(page)).toContainText('The list of its issuer’s revoked certificates is not on this device.');
  await expect(verdictOf(page)).toContainText('Revoked certificates: 2 lists, the oldest of');
  await take({ until: on(-1) });
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'not-valid');
  await expect(verdictOf(page)).toContainText('It was in force until');
});

test('on a device that never opened the page before the network went away', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/`);
  await untilKept(page);
  await device.offline(true);
  device.expectConsole(/Failed to load resource/);
  await page.goto(`${node.origin}/verify`);
  await expect(page.getByText('There are none on this device yet.')).toBeVisible();
  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(await badge()));
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'cannot-tell');
  await expect(verdictOf(page)).toContainText('This device has no list of recognised centres.');
});

test('a newer list revokes; a list of another root is not taken', async ({ startNode, openDevice }) => {
  const node = await startNode();
  await publish(node);
  const { page } = await openDevice();
  await page.goto(`${node.origin}/verify`);
  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(await badge()));
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
  await publish(node, [4711]);
  await page.reload();
  await expect(page.getByText('Revoked certificates: 2 lists')).toBeVisible();
  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(await badge()));
  await expect(verdictOf(page)).toContainText('It is revoked, by the list of');

  const own = await trustListOf([grantBody({ by: thief.did, to: thief.did })], { made: on(-1), until: on(90), sequence: 99 }, thief);
  await page.addInitScript(
    (answer) => {
      const ask = globalThis.fetch;
      globalThis.fetch = (input, init) => (input === '/content/trust' ? Promise.resolve(Response.json(answer)) : ask(input, init));
    },
    { list: own, statusLists: [] } as unknown,
  );
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('The centre offered a list of another authority.');
  await expect(page.getByText('Recognised centres: list of Space Information and Training Centre')).toBeVisible();
});

test('before the camera', async ({ startNode, openDevice }) => {
  const node = await startNode();
  await publish(node);
  const { page } = await openDevice({ size: 'phone' });
  const picture = `data:image/gif;base64,${(await photo('Amina Diallo')).toString('base64')}`;
  // What a camera would see: the code on a desk, somewhat turned.
  await page.addInitScript((source) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = 1280;
      canvas.height = 960;
      const context = canvas.getContext('2d');
      setInterval(() => {
        if (context === null) return;
        context.resetTransform();
        context.fillStyle = '#b8b0a0';
        context.fillRect(0, 0, 1280, 960);
        context.translate(640, 480);
        context.rotate(0.2);
        context.drawImage(image, -350, -350, 700, 700);
      }, 100);
      return canvas.captureStream(10);
    };
  }, picture);
  await page.goto(`${node.origin}/verify`);
  await page.getByRole('button', { name: 'Scan the printed code' }).click();
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
  await expect(page.locator('video')).toHaveCount(0);
});

test('says what to do where the camera is not allowed', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await page.goto(`${node.origin}/verify`);
  await page.getByRole('button', { name: 'Scan the printed code' }).click();
  await expect(page.getByRole('alert')).toContainText('The camera was not allowed.');
});

for (const [locale, colorScheme] of [
  ['en', 'light'],
  ['ar', 'dark'],
  ['zh', 'light'],
] as const)
  test(`axe finds nothing in ${locale}, ${colorScheme}, and nothing is wider than a phone`, async ({ startNode, openDevice }, info) => {
    const node = await startNode();
    await publish(node);
    const { page } = await openDevice({ size: 'phone', colorScheme });
    await page.goto(`${node.origin}/verify?lang=${locale}`);
    await page.locator('input[type=file]').setInputFiles(jsonFile(await badge()));
    await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
    await page.locator('summary').click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: info.outputPath(`verify-${locale}.png`), fullPage: true });
  });

test('the script that verifying needs', async ({ startNode, openDevice }) => {
  const node = await startNode();
  await publish(node);
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/`);
  await page.waitForLoadState('networkidle');
  // The start of the application is over when its store is open; on a busy machine that comes after a quiet moment of the line.
  await expect.poll(() => page.evaluate(async () => (await indexedDB.databases()).length)).toBeGreaterThan(0);
  const scripts = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map((entry) => entry as PerformanceResourceTiming)
        .filter((entry) => new URL(entry.name).pathname.endsWith('.js'))
        .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize] as const),
    );
  const start = new Set((await scripts()).map(([path]) => path));
  await page.goto(`${node.origin}/verify`);
  await page.getByLabel('Certificate as a file').setInputFiles(jsonFile(await badge()));
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'valid');
  const more = (await scripts()).filter(([path]) => !start.has(path));
  const bytes = more.reduce((sum, [, size]) => sum + size, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes, more.join('\n')).toBeLessThanOrEqual(45_000);
});
