/** What somebody did at one address of a centre comes along to its own, whether or not they ever joined: asked, kept whole, counted once. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Item } from '../../src/lib/exercise/item.ts';
import { exerciseOf, fillIn, readCourse } from './exercises.ts';
import { findCertutil, trustAuthority } from './nss.ts';
import { beyondScreen, expect, test } from './perigee.ts';

const lesson = '/courses/satellite-navigation/kepler-orbits';
const everyName = ['--host-resolver-rules=MAP * 127.0.0.1'];
const opener = /Cross-Origin-Opener-Policy header has been ignored/;

async function itemOf(origin: string): Promise<Item> {
  const { itemsByUnit } = await readCourse(origin, 'satellite-navigation', 'en');
  const [item] = itemsByUnit.get('kepler-orbits') ?? [];
  if (item === undefined) throw new Error('The unit has no exercise');
  return item;
}

async function answer(page: Page, origin: string, item: Item): Promise<void> {
  await page.goto(`${origin}${lesson}`);
  await fillIn(page, item);
  const form = exerciseOf(page, item);
  await form.getByRole('button', { name: 'Check' }).click();
  await expect(form.getByText('on this device')).toBeVisible();
}

const requestsOf = (page: Page): string[] => {
  const all: string[] = [];
  page.on('request', (request) => all.push(request.url().split('#')[0] ?? ''));
  return all;
};

test('somebody who never joined takes their work to the centre’s own address', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  const { port } = new URL(node.origin);
  const old = `http://localhost:${port}`;
  const item = await itemOf(node.origin);
  await answer(page, old, item);

  await page.goto(`${old}/catalogue`);
  await page.locator('[data-elsewhere=other]').getByRole('link', { name: 'Take your work along' }).click();
  await expect(page.getByText('Somebody without a name has here: 1 answer and progress in 1 course.')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  const asked = requestsOf(page);
  await page.getByRole('button', { name: 'Take it along' }).click();
  await expect(page.getByRole('heading', { name: 'This arrives' })).toBeVisible();
  expect(page.url()).toBe(`${node.origin}/handover`);
  expect(asked.some((url) => url.startsWith(node.origin))).toBe(true);
  // The server saw nothing of it, and neither does its log.
  expect(asked.filter((url) => /p[01]\./.test(url))).toEqual([]);
  expect(node.printed).not.toMatch(/p1\.H4s/);
  const arriving = await new AxeBuilder({ page }).analyze();
  expect(arriving.violations.map(({ id }) => id)).toEqual([]);

  await page.getByRole('button', { name: 'Take it in' }).click();
  await expect(page.getByText('Kept on this device for Somebody without a name: 1 answer and progress in 1 course.')).toBeVisible();
  await page.getByRole('link', { name: `Tell ${old}` }).click();
  await expect(page.getByText('It still lies here as well')).toBeVisible();
  expect(page.url()).toBe(`${old}/handover`);

  // Joined here as well it would be counted twice.
  await page.goto(`${old}/settings`);
  await expect(page.getByText('it would be counted twice').or(page.getByText('your work would be counted twice'))).toBeVisible();

  await page.goto(`${node.origin}/record`);
  await expect(page.getByText('Satellite navigation').first()).toBeVisible();

  // The same parcel again: nothing is new, nothing is counted twice. A further answer comes along alone.
  await page.goto(`${old}/handover`);
  await page.getByRole('button', { name: 'Take it along' }).click();
  await expect(page.getByText('as an earlier parcel did')).toBeVisible();
  await page.getByRole('button', { name: 'Take it in' }).click();
  await expect(page.getByText('All of it was here already.')).toBeVisible();
});

test('what is cut off, strange or not to be opened is told, and a file takes the same road', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const { page } = await openDevice();
  const { port } = new URL(node.origin);
  const old = `http://localhost:${port}`;
  await answer(page, old, await itemOf(node.origin));
  await page.goto(`${old}/handover`);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save it as a file' }).click()]);
  await expect(page.getByText('It did not arrive: go on here')).toBeVisible();
  const text = readFileSync(await file.path(), 'utf8');

  await page.goto(`${node.origin}/handover#${text.slice(0, 200)}`);
  await expect(page.getByText('What came is not whole')).toBeVisible();
  await page.getByLabel('File with your work').setInputFiles({ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
  await expect(page.getByText('This holds no work of Perigee.')).toBeVisible();
  await page.getByLabel('File with your work').setInputFiles({ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('heading', { name: 'This arrives' })).toHaveCount(0);

  await page.goto(`${old}/handover#taken=${'z'.repeat(26)}`);
  await expect(page.getByText('not packed in this browser')).toBeVisible();
  await page.getByRole('button', { name: 'It did not arrive: go on here' }).click();
  await expect(page.getByText('Packed on')).toHaveCount(0);
  await page.goto(`${old}/settings`);
  await expect(page.getByLabel('Code')).toBeVisible();
});

test('from a page over plain HTTP to the centre’s certificate', async ({ startNode, openDevice }) => {
  test.skip(!findCertutil(), 'certutil (Debian: libnss3-tools) puts the authority where Chromium looks for it, and it is not here.');
  const node = await startNode({}, ['--lan']);
  const secure = /is at (https:\S+)/.exec(node.printed)?.[1] ?? '';
  const plain = secure.replace('https:', 'http:');
  const home = mkdtempSync(join(tmpdir(), 'perigee-home-'));
  trustAuthority(home, await (await fetch(`${node.origin}/api/trust/authority.pem`)).text());
  const device = await openDevice({ size: 'phone', args: everyName, home });
  device.expectConsole(opener);
  const { page } = device;
  await answer(page, plain, await itemOf(node.origin));
  await page.goto(`${plain}/handover?lang=ar`);
  expect(await beyondScreen(page)).toBeLessThanOrEqual(0);
  await expect(page.getByRole('button', { name: 'خذه معك' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.goto(`${plain}/handover?lang=en`);
  await page.getByRole('button', { name: 'Take it along' }).click();
  await page.getByRole('button', { name: 'Take it in' }).click();
  await expect(page.getByText('Kept on this device for')).toBeVisible();
  expect(page.url()).toBe(`${secure}/handover`);
  rmSync(home, { recursive: true, force: true });
});
