/** `perigee compendium check` as a process, the way a person runs it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ground, solution } from '../tests/cooperation/kit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-compendium-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const check = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['scripts/perigee.ts', 'compendium', 'check', ...args], (error, out, said) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said }),
    );
  });

function write(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(scratch, name);
  for (const [path, text] of Object.entries({ ...ground, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

it('says yes to the entries of this checkout', async () => {
  const { code, out } = await check();
  expect(code).toBe(0);
  expect(out).toMatch(/goal 17, target 169/);
});

it('tells of a fault its file, line and what to do', async () => {
  const root = write('faulty', { '+compendium/solutions/a.yaml': solution('a', { themes: '[theme-flood]' }) });
  const { code, said } = await check(root);
  expect(code).toBe(1);
  expect(said).toMatch(/a\.yaml:11: error dangling-link: There is no entry «theme-flood»\. Did you mean «theme-floods»\?\n {4}Add/);
  const { out } = await check(root, '--json');
  expect(JSON.parse(out)).toMatchObject({ ok: false, diagnostics: [{ code: 'dangling-link', line: 11 }] });
});

it('asks for a folder of entries', async () => {
  expect(await check(join(scratch, 'nowhere'))).toMatchObject({
    code: 1,
    said: expect.stringMatching(/no such file or folder/i) as string,
  });
  expect(await check('one', 'two')).toMatchObject({ code: 64 });
});
