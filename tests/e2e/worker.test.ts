/** The worker that makes the app work without a network: what it installs, that the app is installable, and how a new version comes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { answer, exerciseOf, readCourse } from './exercises.ts';
import { test, type Line } from './line.ts';
import { expect, installCourse, type OpenDevice } from './perigee.ts';

const course = 'satellite-navigation';
const client = join(import.meta.dirname, '..', '..', 'build', 'client');

const untilWorker = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });

/** Paths of everything in the worker's caches, by the name of the cache. */
const cached = (page: Page): Promise<Readonly<Record<string, readonly string[]>>> =>
  page.evaluate(async () =>
    Object.fromEntries(
      await Promise.all(
        (await caches.keys()).map(async (name) => {
          const requests = await (await caches.open(name)).keys();
          return [name, requests.map(({ url }) => new URL(url).pathname)] as const;
        }),
      ),
    ),
  );

test('what is installed holds the shell and the code of every route of a learner’s, within its budget; the rest is kept behind it', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone' });
  await page.goto(`${node.origin}/`);
  await untilWorker(page);
  const installed = Object.entries(await cached(page)).find(([name]) => name.includes('installed'))?.[1] ?? [];
  expect(installed).toContain('/shell.html');
  const immutable = join(client, '_app', 'immutable');
  const code = ['entry', 'nodes'].flatMap((folder) =>
    readdirSync(join(immutable, folder))
      .filter((name) => name.endsWith('.js'))
      .map((name) => `/_app/immutable/${folder}/${name}`),
  );
  expect(code.length).toBeGreaterThan(10);
  const later = code.filter((path) => !installed.includes(path));
  // Only the nine pages of staff, the four of the compendium, the eight of the network, the seven of countries, the two of the desk, the holder’s certificates, the doors of exams, the page about trust and that of taking work along may wait.
  expect(later.length).toBeLessThanOrEqual(35);
  const kept = async (): Promise<readonly string[]> => Object.values(await cached(page)).flat();
  await expect.poll(async () => (await kept()).filter((path) => later.includes(path)).sort(), { timeout: 30_000 }).toEqual(later.sort());
  // Whatever a file of these imports before it runs is here too.
  const imported = installed
    .filter((path) => path.endsWith('.js'))
    .flatMap((path) =>
      [
        ...readFileSync(join(client, path), 'utf8').matchAll(
          /(?:^|[;}\s])(?:import|export)\s*(?:[^'"`;()]*?from)?\s*["']([^"']+\.js)["']/g,
        ),
      ].map(([, name]) => new URL(name ?? '', `http://a${path}`).pathname),
    );
  expect(imported.length).toBeGreaterThan(20);
  expect(imported.filter((path) => !installed.includes(path))).toEqual([]);

  expect(installed.length).toBeLessThanOrEqual(30);
  const bytes = installed.reduce((total, path) => total + brotliCompressSync(readFileSync(join(client, path))).length, 0);
  expect(bytes).toBeLessThanOrEqual(150_000);
});

test('the app is installable', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  await page.goto(`${node.origin}/`);
  await untilWorker(page);
  const browser = await device.context.newCDPSession(page);
  const { errors, url } = await browser.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect((await browser.send('Page.getInstallabilityErrors')).installabilityErrors.map(({ errorId }) => errorId)).toEqual([]);

  const response = await fetch(url);
  expect(response.headers.get('content-type')).toMatch(/^application\/manifest\+json/);
  const manifest = (await response.json()) as {
    readonly name: string;
    readonly start_url: string;
    readonly scope: string;
    readonly display: string;
    readonly icons: readonly { readonly src: string; readonly sizes: string; readonly type: string; readonly purpose?: string }[];
  };
  expect(manifest).toMatchObject({ name: 'Perigee', start_url: '/', scope: '/', display: 'standalone' });
  expect(manifest.icons.filter(({ purpose }) => purpose === 'maskable').map(({ sizes }) => sizes)).toEqual(['512x512']);
  for (const { src, type, sizes } of manifest.icons) {
    const icon = await fetch(new URL(src, url));
    expect(icon.headers.get('content-type'), src).toBe(type);
    if (sizes === 'any') continue;
    // Width and height stand in a PNG's first chunk.
    const header = Buffer.from(await icon.arrayBuffer());
    expect(`${String(header.readUInt32BE(16))}x${String(header.readUInt32BE(20))}`, src).toBe(sizes);
  }
});

/** Scripts and handlers that a page's policy must not run; resolves to what the browser said of them, and to whether any ran. */
const tryScripts = (page: Page): Promise<{ readonly blocked: readonly string[]; readonly ran: boolean }> =>
  page.evaluate(async () => {
    const blocked: string[] = [];
    // The two handlers may be told of apart or as one, and before or after the scripts: what matters is that each road was blocked.
    const all = new Promise<void>((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
        blocked.push(`${effectiveDirective} ${blockedURI}`);
        if (new Set(blocked).size === 3) resolve();
      });
    });
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const picture = document.createElement('div');
    picture.innerHTML = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" onload="window.ran = true" onerror="window.ran = true">';
    document.body.append(picture);
    const elsewhere = document.createElement('script');
    elsewhere.src = 'https://example.org/a.js';
    document.body.append(elsewhere);
    await all;
    return { blocked: [...new Set(blocked)].sort(), ran: 'ran' in window };
  });

test('the policy stands on the offline shell and on pages that the worker composes', async ({ startNode, openDevice }) => {
  const node = await startNode();
  const device = await openDevice({ size: 'phone' });
  // Pictures were not installed.
  device.expectConsole(/Content Security Policy|ERR_INTERNET_DISCONNECTED|ERR_FAILED .*\/content\/pieces\//);
  const { page } = device;
  await installCourse(page, node.origin, course);
  await untilWorker(page);
  await device.offline(true);
  for (const path of ['/people', `/courses/${course}/kepler-orbits`]) {
    await page.goto(`${node.origin}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await tryScripts(page), path).toEqual({
      blocked: ['script-src-attr inline', 'script-src-elem https://example.org/a.js', 'script-src-elem inline'],
      ran: false,
    });
  }
});

/** From now on the node has another version of the app: another worker, which names its caches otherwise. */
function bringNewVersion(line: Line): void {
  line.meddle = ({ path }) =>
    path === '/service-worker.js'
      ? {
          change: (body) => {
            const old = body.toString();
            const changed = old.replaceAll(/perigee-app-\$\{(\w+)\}/g, 'perigee-app-next-${$1}');
            if (changed === old) throw new Error('The worker names its cache in another way now');
            return changed;
          },
        }
      : {};
}

/** Counts the loads of this page. */
const countLoads = (page: Page): { readonly count: number } => {
  const loads = { count: 0 };
  page.on('load', () => (loads.count += 1));
  return loads;
};

const offer = (device: OpenDevice) => device.page.getByText('A new version of Perigee is ready.');

test('a new version is offered under an open lesson, not forced, and taken with one reload; courses, work and foreign caches stay', async ({
  startNode,
  openLine,
  openDevice,
}) => {
  const line = await openLine(await startNode());
  const device = await openDevice({ size: 'phone' });
  const { page } = device;
  const { structure, itemsByUnit } = await readCourse(line.origin, course, 'en');
  const unit = structure.modules[0]?.units[0]?.id ?? '';
  const [first] = (itemsByUnit.get(unit) ?? []).filter(({ kind }) => kind === 'choice');
  if (first === undefined) throw new Error('The first unit has no choice');
  await installCourse(page, line.origin, course);
  await untilWorker(page);
  await page.evaluate(async () => {
    for (const name of ['somebody-else', 'workbox-precache-v2-of-another', 'perigee'])
      await (await caches.open(name)).put('/kept', new Response('kept'));
  });
  await page.goto(`${line.origin}/courses/${course}/${unit}`);
  await answer(page, first);
  const oldCache = Object.keys(await cached(page)).find((name) => name.startsWith('perigee-app-'));

  bringNewVersion(line);
  const note = page.getByLabel('A note on this unit');
  await note.fill('Half a thought');
  const loads = countLoads(page);
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  await expect(offer(device)).toBeVisible();
  // It waits: nothing was reloaded, and the old worker answers.
  await expect(note).toHaveValue('Half a thought');
  expect(loads.count).toBe(0);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state)).toBe('installed');
  expect(Object.keys(await cached(page))).toContain(oldCache);

  // A page that is opened anew does not take it either.
  await page.reload();
  await expect(offer(device)).toBeVisible();
  expect(loads.count).toBe(1);

  const fetched = line.asked.length;
  await page.getByRole('button', { name: 'Use it now' }).click();
  await expect.poll(() => loads.count).toBe(2);
  await expect(exerciseOf(page, first).locator('.verdict')).toContainText('Right');
  await expect(offer(device)).toBeHidden();
  await expect
    .poll(async () => Object.keys(await cached(page)).filter((name) => name.startsWith('perigee-app-')))
    .toEqual([expect.stringMatching(/^perigee-app-next-/)]);
  expect(loads.count).toBe(2);
  expect(Object.keys(await cached(page))).toEqual(expect.arrayContaining(['somebody-else', 'workbox-precache-v2-of-another', 'perigee']));
  expect((await cached(page))['somebody-else']).toEqual(['/kept']);
  // Nothing of the course was fetched for it.
  expect(line.asked.slice(fetched).flatMap(({ pieces }) => pieces)).toEqual([]);
  await page.goto(`${line.origin}/courses/${course}`);
  await expect(page.getByText('On this device:')).toBeVisible();
});
