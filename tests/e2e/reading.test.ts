/** Reading needs no script: what the node sends, what it weighs, and what a page may do. */
import type { NodeProcess } from '../../scripts/node-process.ts';
import { brotliDecompressSync } from 'node:zlib';
import { get } from 'node:http';
import AxeBuilder from '@axe-core/playwright';
import { createFormat } from '../../src/lib/i18n/format.ts';
import { beyondScreen, expect, test } from './perigee.ts';
import { readCourse } from './exercises.ts';

interface Sent {
  readonly status: number;
  /** As transferred. */
  readonly bytes: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Asks as a browser does that takes brotli; `fetch` would hide what was transferred. */
function send(node: NodeProcess, path: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    get(`${node.origin}${path}`, { headers: { 'accept-encoding': 'br' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const text = (response.headers['content-encoding'] === 'br' ? brotliDecompressSync(body) : body).toString();
        resolve({ status: response.statusCode ?? 0, bytes: body.length, text, headers: response.headers });
      });
    }).on('error', reject);
  });
}

const courses = [
  { course: 'satellite-navigation', languages: ['en', 'zh'] },
  { course: 'space-law', languages: ['en', 'ar'] },
  { course: 'disaster-risk', languages: ['en', 'fr'] },
  { course: 'open-universe', languages: ['en', 'es'] },
];

test('every lesson is one page with its styles inside, and fits one TCP initial window', async ({ startNode }) => {
  const node = await startNode();
  const heavy: string[] = [];
  let weighed = 0;
  for (const { course, languages } of courses) {
    const { structure } = await readCourse(node.origin, course, 'en');
    for (const { id } of structure.modules.flatMap(({ units }) => units)) {
      for (const language of languages) {
        const { status, bytes, text } = await send(node, `/courses/${course}/${id}?lang=${language}`);
        expect(status).toBe(200);
        // A sheet that is inside already is named once more for the script, but `disabled`: browsers do not fetch it.
        const sheets = [...text.matchAll(/<link[^>]+rel="stylesheet"[^>]*>/g)].map(([tag]) => tag).filter((tag) => !/ disabled/.test(tag));
        expect(sheets).toEqual([]);
        expect(text.slice(0, 200)).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}"`);
        weighed += 1;
        if (bytes > 14_000) heavy.push(`${course}/${id} in ${language}: ${String(bytes)} bytes`);
      }
    }
  }
  expect(weighed).toBeGreaterThan(70);
  expect(heavy).toEqual([]);
});

test('without scripts: catalogue, course and lesson with text, pictures, formulas and tables, in the language asked for', async ({
  startNode,
  openDevice,
}) => {
  const node = await startNode();
  const { page } = await openDevice({ size: 'phone', javaScript: false });
  await page.goto(`${node.origin}/catalogue?lang=zh`);
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  await page.locator('a[href="/courses/satellite-navigation"]').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('卫星导航');
  await page.locator('a[href="/courses/satellite-navigation/kepler-orbits"]').first().click();
  // The language of the visit stays, link after link.
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  await expect(page.locator('[data-block] math').first()).toBeVisible();
  await expect(page.locator('[data-block] table').first()).toBeVisible();
  const picture = page.locator('[data-block] img').first();
  await picture.scrollIntoViewIfNeeded();
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
  await expect(page.locator('form.exercise').first()).toBeVisible();
});

test('the price in the catalogue is what the transfer costs', async ({ startNode }) => {
  const node = await startNode();
  const { text } = await send(node, '/catalogue?lang=en');
  const listed = JSON.parse((await send(node, '/content/manifests')).text) as {
    courses: readonly {
      readonly course: string;
      readonly price: Readonly<Record<string, { readonly text: number; readonly media: number }>>;
    }[];
  };
  for (const { course, price } of listed.courses) expect(text, course).toContain(createFormat('en').bytes(price['en']?.text ?? 0));

  const { structure, manifest } = await readCourse(node.origin, 'space-law', 'en');
  const wanted = manifest.pieces
    .filter(({ role, language }) => role !== 'picture' && role !== 'data' && (language ?? 'en') === 'en')
    .map(({ sha256 }) => sha256);
  expect(wanted.length).toBeGreaterThan(structure.modules.length);
  const pack = await fetch(`${node.origin}/content/pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'br' },
    body: JSON.stringify({ pieces: wanted }),
  });
  const promised = listed.courses.find(({ course }) => course === 'space-law')?.price['en']?.text ?? 0;
  const transferred = Number(pack.headers.get('content-length'));
  expect(transferred / promised).toBeGreaterThan(0.7);
  expect(transferred / promised).toBeLessThan(1.3);
});

test('every page has a strict policy: no inline script but by its hash, nothing from elsewhere', async ({ startNode }) => {
  const node = await startNode();
  for (const path of [
    '/',
    '/catalogue',
    '/courses/space-law',
    '/courses/space-law/why-space-law',
    '/people',
    '/settings',
    '/record',
    '/teach',
    '/nowhere',
  ]) {
    const { headers, text } = await send(node, path);
    const policy = String(headers['content-security-policy'] ?? '');
    expect(policy, path).toMatch(/default-src 'none'/);
    expect(policy, path).toMatch(/script-src 'self'( 'sha256-[\w+/=]+')+(;|$)/);
    expect(policy, path).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy, path).toMatch(/base-uri 'none'/);
    expect(text, path).not.toMatch(/(?:src|href)="(?:https?:)?\/\/[^"]*\.(?:js|css|woff2?|png)"/);
  }
  const shell = await send(node, '/shell.html');
  expect(shell.text).toMatch(/<meta http-equiv="content-security-policy" content="default-src 'none';[^"]*script-src 'self' 'sha256-/);
});

test('a piece that is opened by itself is sandboxed, typed and a download', async ({ startNode }) => {
  const node = await startNode();
  const { manifest } = await readCourse(node.origin, 'space-law', 'en');
  const picture = manifest.pieces.find(({ role }) => role === 'picture');
  const { headers } = await send(node, `/content/pieces/${picture?.sha256 ?? ''}`);
  expect(headers['content-security-policy']).toBe("sandbox; default-src 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(String(headers['content-disposition'])).toMatch(/^attachment/);
  expect(String(headers['cache-control'])).toMatch(/immutable/);
});

for (const language of ['en', 'ar']) {
  test(`no page for reading breaks a rule of accessibility (${language})`, async ({ startNode, openDevice }) => {
    test.setTimeout(180_000);
    const node = await startNode();
    const device = await openDevice({ size: 'phone', locale: language });
    device.expectConsole(/404/);
    for (const colorScheme of ['light', 'dark'] as const) {
      await device.page.emulateMedia({ colorScheme });
      // The pages about oneself and the trainer's are looked at where there is something on them (self-access.test.ts).
      for (const path of ['/', '/catalogue', '/courses/space-law', '/courses/space-law/five-treaties', '/nowhere']) {
        await device.page.goto(`${node.origin}${path}?lang=${language}`);
        await device.page.waitForLoadState('networkidle');
        const { violations } = await new AxeBuilder({ page: device.page }).analyze();
        expect(violations.map(({ id, nodes }) => `${path} ${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
        const wider = await beyondScreen(device.page);
        expect(wider, `${path} is wider than the phone`).toBeLessThanOrEqual(0);
      }
    }
  });
}
