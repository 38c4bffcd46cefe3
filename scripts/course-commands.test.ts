/** The course commands as a process, the way a person runs them. */
import { execFile } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture } from '../tests/course/read-fixture.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-course-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const perigee = (...args: string[]): Promise<{ code: number; out: string; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['scripts/perigee.ts', ...args], (error, out, said) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said }),
    );
  });

function writeCourse(folder: string, fixture: string): string {
  const root = join(scratch, folder, 'sample');
  for (const [path, content] of readFixture(fixture).source.files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

let sound = '';
let faulty = '';
beforeAll(() => {
  sound = writeCourse('sound', 'base.txt');
  faulty = writeCourse('faulty', 'unknown-unit.txt');
});

describe('perigee course check', () => {
  it('says yes to a sound course', async () => {
    const { code, out, said } = await perigee('course', 'check', sound);
    expect({ code, said }).toEqual({ code: 0, said: '0 errors, 0 warnings\n' });
    expect(out).toMatch(/^sample: 1 unit, 0 exercises, 5 minutes, in en; 4 pieces, \d+ kB\n$/);
  });

  it('names file, line, column and what to do', async () => {
    const { code, out, said } = await perigee('course', 'check', faulty);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(said).toMatch(/01-basics\/01-first\.md:10:8: error unknown-unit: There is no unit «frist»\. Did you mean «first»\?\n {4}\S/);
    expect(said).toMatch(/3 errors, 0 warnings\n$/);
  });

  it('speaks JSON', async () => {
    const { code, out, said } = await perigee('course', 'check', faulty, '--json');
    expect({ code, said }).toEqual({ code: 1, said: '' });
    const { ok, diagnostics } = JSON.parse(out) as { ok: boolean; diagnostics: Record<string, unknown>[] };
    expect(ok).toBe(false);
    expect(Object.keys(diagnostics[0] ?? {}).sort()).toEqual(['code', 'column', 'file', 'hint', 'line', 'message', 'severity']);
  });

  it.each([
    [['course', 'check'], 64, 'Name one folder'],
    [['course', 'check', 'a', 'b'], 64, 'Name one folder'],
    [['course', 'check', '/nowhere/at/all'], 1, 'There is no such file or folder: /nowhere/at/all.'],
    [['course', 'check', 'package.json'], 1, 'a file where a folder is needed'],
    [['course', 'build', 'courses/space-law'], 64, '--out'],
    [['course', 'sell'], 64, 'There is no command «course sell»'],
  ])('answers %j with %d', async (args, code, sentence) => {
    const answer = await perigee(...args);
    expect(answer.code).toBe(code);
    expect(answer.said).toContain(sentence);
    expect(answer.said).not.toMatch(/\n\s+at /);
    expect(answer.out).toBe('');
  });
});

describe('perigee course build', () => {
  const listing = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const bytesIn = (folder: string): string[] =>
    listing(join(folder, 'pieces')).map((name) => readFileSync(join(folder, 'pieces', name), 'base64'));

  it('writes the same bytes for the same source, each piece under its hash', async () => {
    const [one, two] = [join(scratch, 'one'), join(scratch, 'deep/er/two')];
    expect((await perigee('course', 'build', sound, '--out', one)).code).toBe(0);
    expect((await perigee('course', 'build', sound, '--out', two)).code).toBe(0);
    expect(listing(one)).toEqual(listing(two));
    expect(listing(one)).not.toContain('manifest.sig');
    expect(bytesIn(one)).toEqual(bytesIn(two));
    expect(readFileSync(join(one, 'manifest.json'))).toEqual(readFileSync(join(two, 'manifest.json')));
    for (const name of readdirSync(join(one, 'pieces')))
      expect(
        createHash('sha256')
          .update(readFileSync(join(one, 'pieces', name)))
          .digest('hex'),
      ).toBe(name);
  });

  it('signs the bytes of manifest.json with a seed or a PEM', async () => {
    const pair = generateKeyPairSync('ed25519');
    const keys = {
      'seed.txt': `${randomBytes(32).toString('base64url')}\n`,
      'key.pem': pair.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    };
    for (const [name, content] of Object.entries(keys)) {
      const file = join(scratch, name);
      writeFileSync(file, content);
      const out = join(scratch, `signed-${name}`);
      const { code, out: said } = await perigee('course', 'build', sound, '--out', out, '--key', file, '--json');
      expect(code).toBe(0);
      const manifest = readFileSync(join(out, 'manifest.json'));
      expect(JSON.parse(said)).toMatchObject({ ok: true, course: 'sample', manifest: createHash('sha256').update(manifest).digest('hex') });
      const { key, value } = JSON.parse(readFileSync(join(out, 'manifest.sig'), 'utf8')) as { key: string; value: string };
      const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
      expect(verify(null, manifest, publicKey, Buffer.from(value, 'base64url'))).toBe(true);
      if (name === 'key.pem') expect(key).toBe(pair.publicKey.export({ format: 'jwk' }).x);
    }
  });

  it('writes nothing for a course with faults, nor with a key that is none, nor over something else', async () => {
    const out = join(scratch, 'never');
    expect((await perigee('course', 'build', faulty, '--out', out)).code).toBe(1);
    const bad = join(scratch, 'bad.pem');
    writeFileSync(bad, 'no key');
    const { code, said } = await perigee('course', 'build', sound, '--out', out, '--key', bad);
    expect(code).toBe(1);
    expect(said).toContain('is no Ed25519 key');
    expect(existsSync(out)).toBe(false);

    const photos = join(scratch, 'photos');
    mkdirSync(photos);
    writeFileSync(join(photos, 'holiday.jpg'), 'x');
    expect((await perigee('course', 'build', sound, '--out', photos)).said).toContain('holds something else');
    expect(readdirSync(photos)).toEqual(['holiday.jpg']);
    expect(readdirSync(scratch).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('replaces an older package as a whole, and keeps it where the new one has faults', async () => {
    const out = join(scratch, 'again');
    await perigee('course', 'build', sound, '--out', out);
    const before = listing(out);
    writeFileSync(join(out, 'pieces', 'stale'), 'x');
    expect((await perigee('course', 'build', faulty, '--out', out)).code).toBe(1);
    expect(listing(out)).toContain('pieces/stale');
    expect((await perigee('course', 'build', sound, '--out', out)).code).toBe(0);
    expect(listing(out)).toEqual(before);
  });
});
