/** `perigee compendium check-links` as a process, against servers of this machine that answer, are gone, refuse, or do not answer. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parse } from 'yaml';
import { noteLinks } from '../src/lib/server/commons/note-links.ts';
import { askLinks, type LinkTools } from '../src/lib/server/commons/links.ts';
import { listing } from '../tests/cooperation/kit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-links-'));
const folder = join(scratch, 'courses');
const file = join(folder, '+compendium', 'listings', 'elsewhere.yaml');
mkdirSync(join(folder, '+compendium', 'listings'), { recursive: true });

let server: Server;
let origin = '';
/** What was asked, in its order. */
const asked: string[] = [];
beforeAll(async () => {
  server = createServer(({ method, url }, response) => {
    asked.push(`${String(method)} ${String(url)}`);
    const status = (code: number, headers: Record<string, string> = {}): void => void response.writeHead(code, headers).end('x');
    if (url === '/good') status(200);
    else if (url === '/moved') status(301, { location: '/good' });
    else if (url === '/no-head') status(method === 'HEAD' ? 404 : 200);
    else if (url === '/refused') status(403);
    else if (url === '/broken') status(500);
    else if (url === '/silent') return;
    else status(url === '/removed' ? 410 : 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(scratch, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['scripts/perigee.ts', 'compendium', 'check-links', folder, ...args], (error, out, said) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said }),
    );
  });

const at = (id: string, path: string, more: Readonly<Record<string, string>> = {}): string =>
  listing(id, { url: `'${origin}${path}'`, ...more });
const written = (): Readonly<Record<string, { lastChecked?: string; link?: string }>> =>
  Object.fromEntries(
    (parse(readFileSync(file, 'utf8')) as readonly { id: string; lastChecked?: string; link?: string }[]).map((one) => [one.id, one]),
  );

it('writes the day where something answered, the mark where it is gone, and nothing where it cannot be told', async () => {
  writeFileSync(
    file,
    [
      at('good', '/good'),
      at('moved', '/moved'),
      at('no-head', '/no-head'),
      at('was-dead', '/good?again', { lastChecked: '2026-01-02', link: 'dead' }),
      at('gone', '/nowhere'),
      at('removed', '/removed', { lastChecked: '2026-01-02' }),
      at('refused', '/refused', { lastChecked: '2026-01-02' }),
      at('broken', '/broken'),
      at('silent', '/silent'),
    ].join('') + listing('own', { course: 'satellite-navigation' }),
  );
  asked.length = 0;
  const { code, out, said } = await run('--patience', '1');
  expect(code, said).toBe(1);
  // `/good?again` is another address for the server, which does not know it: a mark that stood stays.
  const today = new Date().toISOString().slice(0, 10);
  const found = written();
  expect(Object.fromEntries(Object.entries(found).map(([id, { lastChecked, link }]) => [id, [lastChecked, link]]))).toEqual({
    good: [today, undefined],
    moved: [today, undefined],
    'no-head': [today, undefined],
    'was-dead': [today, 'dead'],
    gone: [today, 'dead'],
    removed: [today, 'dead'],
    refused: ['2026-01-02', undefined],
    broken: [undefined, undefined],
    silent: [undefined, undefined],
    own: [undefined, undefined],
  });
  expect(said).toMatch(/«moved»: answers, from http.*\/good/);
  expect(said).toMatch(/«refused»: cannot be told \(HTTP 403\)/);
  expect(out).toBe('9 asked, 3 answer, 3 are gone, 3 cannot be told\n');
  // What answers to HEAD costs no page, and nobody is asked twice at one time.
  expect(asked.filter((one) => one.endsWith(' /good'))).toEqual(['HEAD /good', 'HEAD /good']);

  // A course that came back loses its mark; what was checked today is left alone.
  writeFileSync(file, at('back', '/good', { lastChecked: '2026-01-02', link: 'dead' }) + at('fresh', '/good', { lastChecked: today }));
  const again = await run('--older-than', '30', '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.out)).toMatchObject({ ok: true, day: today, links: [{ id: 'back', found: 'answered', detail: null }] });
  expect(written()).toMatchObject({ back: { lastChecked: today } });
  expect(written()['back']?.link).toBeUndefined();
});

it('writes nothing where nothing could be judged, in a rehearsal, or beside an error', async () => {
  const text = at('silent', '/silent') + at('broken', '/broken');
  writeFileSync(file, text);
  expect(await run('--patience', '1')).toMatchObject({ code: 2, said: expect.stringMatching(/is there a network\?/) as string });
  expect(readFileSync(file, 'utf8')).toBe(text);
  writeFileSync(file, at('gone', '/nowhere'));
  expect(await run('--dry-run')).toMatchObject({ code: 1, out: expect.stringMatching(/nothing was written/) as string });
  expect(readFileSync(file, 'utf8')).toBe(at('gone', '/nowhere'));
  writeFileSync(file, '- id: nothing\n');
  expect(await run()).toMatchObject({ code: 64, said: expect.stringMatching(/elsewhere\.yaml has errors/) as string });
});

describe('a name that is not found', () => {
  const tools = (known: readonly string[]): LinkTools => ({
    fetch: (input) => {
      const { host } = new URL(input as string);
      return known.includes(host)
        ? Promise.resolve(new Response(null, { status: 204 }))
        : Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }) }));
    },
    patience: 1000,
    atOnce: 2,
  });
  it('is gone where other names are found, and cannot be told where none is', async () => {
    const addresses = ['https://here.example/', 'https://lost.example/course'];
    const some = await askLinks(addresses, tools(['here.example']));
    expect(some.get('https://lost.example/course')).toMatchObject({ type: 'gone' });
    const none = await askLinks(addresses, tools([]));
    expect([...none.values()].map(({ type }) => type)).toEqual(['unknown', 'unknown']);
  });
});

describe('what is written', () => {
  it('changes the two fields of the named entries and no other character of meaning', () => {
    const entry = fc.record({
      lastChecked: fc.option(fc.constant('2025-01-01'), { nil: undefined }),
      link: fc.option(fc.constant('dead'), { nil: undefined }),
      flow: fc.boolean(),
      found: fc.option(fc.record({ day: fc.constant('2026-11-30'), dead: fc.boolean() }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const text = entries
          .map(({ lastChecked, link, flow }, i) => {
            const fields = [
              `id: e-${String(i)}`,
              ...(lastChecked === undefined || i % 2 === 0 ? [] : [`lastChecked: ${lastChecked}`]),
              `url: 'https://example.org/${String(i)}' ${flow ? '' : '# where it was read'}`.trimEnd(),
              ...(lastChecked === undefined || i % 2 === 1 ? [] : [`lastChecked: ${lastChecked}`]),
              ...(link === undefined ? [] : [`link: ${link}`]),
              `title: { en: "It's one" }`,
            ];
            return flow ? `- { ${fields.join(', ')} }\n` : `- ${fields.join('\n  ')}\n`;
          })
          .join('');
        const found = new Map(entries.flatMap(({ found: one }, i) => (one === undefined ? [] : [[`e-${String(i)}`, one] as const])));
        const made = noteLinks(text, found);
        const before = (parse(text) ?? []) as readonly Record<string, unknown>[];
        const after = (parse(made) ?? []) as readonly Record<string, unknown>[];
        expect(after).toEqual(
          before.map((one, i) => {
            const now = entries[i]?.found;
            if (now === undefined) return one;
            const rest = Object.fromEntries(Object.entries(one).filter(([name]) => name !== 'lastChecked' && name !== 'link'));
            return { ...rest, lastChecked: now.day, ...(now.dead ? { link: 'dead' } : {}) };
          }),
        );
        // Comments stay, and nothing is left behind.
        expect(made.match(/# where it was read/g)?.length).toBe(text.match(/# where it was read/g)?.length);
        expect(made).not.toMatch(/\n\s*\n/);
      }),
    );
  });
});
