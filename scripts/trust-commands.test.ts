/** The way of a centre from nobody to recognised, as people run it: root key, shares, list, publishing. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startTestNode } from '../tests/node/kit.ts';
import { trustGrant } from './commands/trust-grant.ts';
import { trustPublish } from './commands/trust-publish.ts';
import { trustRoot } from './commands/trust-root.ts';
import { dispatch } from './dispatch.ts';

const folder = mkdtempSync(join(tmpdir(), 'perigee-root-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const passphrase = 'a passphrase of the centre';

async function run(args: readonly string[], env: Record<string, string> = { PERIGEE_ROOT_PASSPHRASE: passphrase }) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await dispatch([trustGrant, trustPublish, trustRoot], args, {
    out: (text) => void out.push(text),
    say: (text) => void err.push(text),
    readStdin: () => Promise.resolve(''),
    env,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const rootIn = (out: string): string => /Root: (did:key:\w+)/.exec(out)?.[1] ?? '';

it('makes a root key, brings it back from two of three shares, and recognises a centre with it', async () => {
  const [key, list] = [join(folder, 'root.pem'), join(folder, 'list.json')];
  const made = await run(['trust', 'root', key]);
  expect(made.code).toBe(0);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readFileSync(key, 'utf8')).toContain('ENCRYPTED');
  const shares = made.out.match(/^PS1-\S+$/gm) ?? [];
  expect(shares).toHaveLength(3);
  const again = join(folder, 'again.pem');
  const joined = await run(['trust', 'root', again, '--share', shares[2] ?? '', '--share', shares[0] ?? '']);
  expect(rootIn(joined.out)).toBe(rootIn(made.out));
  expect((await run(['trust', 'root', join(folder, 'x'), '--share', shares[0] ?? ''])).err).toMatch(/too few/);
  expect((await run(['trust', 'root', key])).err).toMatch(/not written over/);

  const node = await startTestNode();
  writeFileSync(join(node.data, 'node-name'), 'centre\n');
  const { did } = node.node.issuing;
  const grant = ['trust', 'grant', list, '--root', again, '--to', did, '--as', 'Regional Centre, Ile-Ife', '--country', 'NG'];
  expect((await run([...grant, '--right', 'issue'])).err).toMatch(/--name/);
  expect((await run([...grant, '--right', 'everything', '--name', 'SITC'])).code).toBe(64);
  expect(await run([...grant, '--right', 'issue', '--name', 'SITC'])).toMatchObject({ code: 0, err: '' });
  expect((await run(['trust', 'grant', list, '--root', again], { PERIGEE_ROOT_PASSPHRASE: 'another passphrase' })).err).toMatch(
    /passphrase/,
  );
  expect((await run(['trust', 'publish', list, '--data', node.data])).code).toBe(0);
  expect((await node.node.issuing.overview()).issuer).toMatchObject({ hasTrust: true, recognised: { name: 'Regional Centre, Ile-Ife' } });

  // Its key ends: recognised no longer, by the next list.
  expect((await run(['trust', 'grant', list, '--root', again, '--end', did, '--why', 'compromised'])).out).toMatch(/^List 2 of SITC/);
  expect((await run(['trust', 'publish', list, '--data', node.data])).code).toBe(0);
  expect((await node.node.issuing.overview()).issuer).toMatchObject({ hasTrust: true, recognised: null });
  // Another root's hand is not taken for this one's.
  const other = join(folder, 'other.pem');
  await run(['trust', 'root', other, '--need', '1', '--of', '1']);
  expect((await run(['trust', 'grant', list, '--root', other])).err).toMatch(/not signed by this root/);
  await node.close();
});

it.each([
  [['trust', 'root'], /Name one file/],
  [['trust', 'root', join(folder, 'y'), '--need', '4'], /--need/],
  [['trust', 'grant', 'x'], /--root/],
])('%j is told what it lacks', async (args, words) => {
  const { code, err } = await run(args);
  expect(code).toBe(64);
  expect(err).toMatch(words);
});
