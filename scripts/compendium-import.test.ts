/** `perigee compendium import` as a process, the way a person runs it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, commonsOf, ground } from '../tests/cooperation/kit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-import-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const run = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['scripts/perigee.ts', 'compendium', 'import', ...args], (error, out, said) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said }),
    );
  });

const into = join(scratch, 'courses');
for (const [path, text] of Object.entries(ground)) {
  mkdirSync(dirname(join(into, path)), { recursive: true });
  writeFileSync(join(into, path), text);
}
const file = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};
const heading = 'id,title.en,summary.en,type,sources.title,sources.url,written';
const written = join(into, '+compendium', 'organisations', 'members.yaml');

it('takes the good lines, says of each other line why not, and writes what compiles', async () => {
  const table = file(
    'members.csv',
    `${heading}\nuni,University,Teaches,university,Page,https://example.org/,2026-11-30\nbad,Bad,Does,kitchen,Page,https://example.org/,2026-11-30\ngoal-1,Goal,Takes an id,ngo,Page,https://example.org/,2026-11-30\n`,
  );
  const { code, out, said } = await run(table, '--kind', 'organisation', '--into', into);
  expect(code).toBe(1);
  expect(said).toMatch(/members\.csv:2: taken: uni/);
  expect(said).toMatch(/members\.csv:3: refused «bad»: The field «type» should be/);
  expect(said).toMatch(/members\.csv:4: refused «goal-1»: The id «goal-1» is used twice/);
  expect(out).toMatch(/1 of 3 taken, written to .*members\.yaml/);
  const { entries } = commonsOf(compile({ '+compendium/organisations/members.yaml': readFileSync(written, 'utf8') }));
  expect(entries.find(({ id }) => id === 'uni')).toMatchObject({ kind: 'organisation', title: { en: 'University' } });
  // What is there is not written over.
  expect(await run(table, '--kind', 'organisation', '--into', into)).toMatchObject({ code: 64 });
});

it('checks links, also to lines that are refused themselves', async () => {
  const list = file(
    'offers.json',
    JSON.stringify([
      { id: 'a', title: { en: 'A' }, summary: { en: 'A' }, type: 'research', url: 'https://example.org/', provider: 'nobody', sources: [{ title: 'S', url: 'https://example.org/' }], written: '2026-11-30' },
      { id: 'b', title: { en: 'B' }, summary: { en: 'B' }, type: 'research', url: 'https://example.org/', sources: [{ title: 'S', url: 'https://example.org/' }], written: '2026-11-30' },
    ]), // prettier-ignore
  );
  const { code, out } = await run(list, '--kind', 'opportunity', '--into', into, '--dry-run', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    file: null,
    lines: [
      { line: 1, id: 'a', taken: false, faults: [expect.stringMatching(/no entry «nobody»/)] },
      { line: 2, id: 'b', taken: true, faults: [] },
    ],
  });
  expect(existsSync(join(into, '+compendium', 'opportunities'))).toBe(false);
});

it('asks for a kind that can be brought in', async () => {
  expect(await run(file('x.csv', 'id\n'), '--kind', 'goal', '--into', into)).toMatchObject({
    code: 64,
    said: expect.stringMatching(/--kind is one of/) as string,
  });
});
