import { createHash, generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { compileCommons } from '../src/lib/cooperation/compile.ts';
import type { SignedCommons } from '../src/lib/cooperation/package.ts';
import type { Sha256 } from '../src/lib/domain/ids.ts';
import { signerOf } from '../src/lib/server/accounts/node-key.ts';
import { packOf } from '../src/lib/server/content/pack.ts';
import { freePort } from '../scripts/node-process.ts';
import { launch, median, newPhone, slow } from './browser.ts';
import type { Benchmark, Figure } from './measure.ts';
import { startNode } from './node-process.ts';
import { seeded } from './seeded.ts';

const slowdown = 4;
const entries = 2000;
const searches = {
  en: ['flood', 'water map', 'satellite', 'forest loss', 'early warning', 'price'],
  fr: ['inondation', 'carte', 'satellite', 'forêt', 'alerte', 'eau'],
  es: ['inundación', 'mapa', 'satélite', 'bosque', 'alerta', 'agua'],
  ar: ['الفيضانات', 'خرائط', 'السواتل', 'الغابات', 'الإنذار', 'المياه'],
  zh: ['洪水', '制图', '卫星', '森林', '预警', '水'],
  ru: ['наводнения', 'карты', 'спутник', 'лес', 'предупреждение', 'вода'],
} as const;

const sha256 = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;
const brotli = (bytes: Uint8Array): number => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).byteLength;

/** The entries of the checkout and as many more solutions as are missing, whose texts are put together from theirs sentence by sentence. */
function manyEntries(): Parameters<typeof compileCommons>[0] {
  const files = new Map(
    readdirSync('courses', { recursive: true, encoding: 'utf8' })
      .filter((name) => /^\+(goals|compendium|indicators|profiles|plans|calls)\/.*\.yaml$/.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(join('courses', name)))] as const),
  );
  const texts = [...files].filter(([name]) => name.includes('/solutions/')).map(([, bytes]) => new TextDecoder().decode(bytes));
  const lines = texts.map((text) => text.split('\n'));
  const random = seeded(7);
  const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)] as Value;
  const borrowed = /^ {2}(summary|problem|users|limits):|^ {4}(en|fr|es|ar|zh|ru): |^ {4}- \{ en:/;
  const more = Array.from({ length: entries - 262 }, (_, n) => {
    const base = pick(lines);
    return base
      .map((line, i) => {
        if (line.startsWith('- id: ')) return `- id: made-${String(n)}`;
        // A line of the same form from another entry: sentences are mixed, languages are not.
        const form = borrowed.exec(line)?.[0];
        const other = form === undefined ? undefined : pick(lines).find((one) => one.startsWith(form));
        return other !== undefined && i > 1 ? other : line;
      })
      .join('\n');
  });
  files.set('+compendium/solutions/more.yaml', new TextEncoder().encode(more.join('\n')));
  return { files, courses: new Set(readdirSync('courses').filter((name) => !name.startsWith('+'))) };
}

/** The compendium with 2,000 entries on a device: what its index weighs, and how long the first results of a search take on a slow phone. */
export const compendium: Benchmark = {
  name: 'compendium',
  async run() {
    const began = performance.now();
    const { commons, diagnostics } = compileCommons(manyEntries(), { sha256 });
    const compiled = performance.now() - began;
    if (commons === null) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
    const { manifest, pieces } = commons;
    const bytesOf = (hash: Sha256): Uint8Array<ArrayBuffer> => new Uint8Array(pieces.get(hash) ?? new Uint8Array());
    const counted = Object.values(manifest.counts).reduce((sum, n) => sum + n, 0);
    const figures: Figure[] = [{ name: `compile ${String(counted)} entries`, value: compiled, unit: 'ms' }];
    for (const language of Object.keys(searches)) {
      const index = manifest.shelves.flatMap((shelf) =>
        shelf.index[language] === undefined ? [] : [bytesOf(shelf.index[language].sha256)],
      );
      figures.push({ name: `index, ${language}, brotli`, value: brotli(Buffer.concat(index)) / 1000, unit: 'kB', bound: 150 });
    }

    // A real node and the built app; its commons is answered with the large one.
    const signed: SignedCommons = { manifest, signature: signerOf(generateKeyPairSync('ed25519').privateKey).sign(manifest) };
    const port = await freePort();
    const origin = `http://127.0.0.1:${String(port)}`;
    const node = await startNode({ port, origin });
    const browser = await launch();
    for (const [language, words] of Object.entries(searches)) {
      const context = await newPhone(browser);
      await context.route('**/content/commons', (route) => route.fulfill({ json: { ...signed, price: {} } }));
      await context.route('**/content/pack', (route) => {
        const { pieces: asked } = route.request().postDataJSON() as { pieces: Sha256[] };
        return route.fulfill({
          contentType: 'application/x-perigee-pack',
          body: Buffer.from(packOf(asked.map((hash) => ({ sha256: hash, bytes: bytesOf(hash) })))),
        });
      });
      const page = await context.newPage();
      await page.goto(`${origin}/compendium?lang=${language}`);
      await page.locator('.keep button').first().click();
      await page.locator('[data-kept=yes]').waitFor({ timeout: 120_000 });
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.waitForLoadState('networkidle');
      await slow(page, slowdown);
      const search = (text: string): Promise<number> =>
        page.evaluate(
          (typed) =>
            new Promise<number>((resolve) => {
              const input = document.querySelector<HTMLInputElement>('#q');
              const cards = document.querySelector('main section[aria-labelledby=found]');
              if (input === null || cards === null) throw new Error('There is no search');
              const from = performance.now();
              const observer = new MutationObserver(() => {
                observer.disconnect();
                requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
              });
              observer.observe(cards, { subtree: true, childList: true, characterData: true });
              input.value = typed;
              input.dispatchEvent(new InputEvent('input', { bubbles: true }));
            }),
          text,
        );
      // The page as the node sends it has read nothing of the store: the very first search may have to wait for that. It is typed when the page first says what is here.
      await page.reload();
      await page.locator('[data-kept=yes]').waitFor({ timeout: 120_000 });
      const first = await search(words[0]);
      await context.setOffline(true);
      // The same without a network: the list itself is read from the store, and the search finds it read.
      await page.reload();
      await page.locator('main .cards h3').first().waitFor({ timeout: 120_000 });
      const offline = await search(words[0]);
      const times: number[] = [];
      for (let round = 0; round < 3; round++)
        for (const text of words.slice(1)) times.push(await search(`${text}${' '.repeat(round)}`.trim() || text));
      figures.push(
        { name: `first results, ${language}, offline, ${String(slowdown)}× slowed`, value: median(times), unit: 'ms', bound: 100 },
        { name: `the very first search, ${language}, typed at once, page from the node`, value: first, unit: 'ms' },
        { name: `the very first search, ${language}, page from the device`, value: offline, unit: 'ms', bound: 100 },
      );
      await context.close();
    }
    await browser.close();
    await node.remove();
    return figures;
  },
};
