/** `credential verify` and `trust publish`, as a person runs them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificate, grantBody, paper, statusOf, thief, trustListOf } from '../tests/certification/world.ts';
import { ask, startTestNode, type TestNode } from '../tests/node/kit.ts';
import type { Command } from './commands/command.ts';
import { credentialVerify } from './commands/credential-verify.ts';
import { trustPublish } from './commands/trust-publish.ts';
import { dispatch } from './dispatch.ts';

const folder = mkdtempSync(join(tmpdir(), 'perigee-credentials-'));
const commands: readonly Command[] = [credentialVerify, trustPublish];
const at = '2026-11-21T00:00:00Z';

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await dispatch(commands, args, {
    out: (text) => void out.push(text),
    say: (text) => void err.push(text),
    readStdin: () => Promise.resolve(''),
    env: { PERIGEE_DATA: join(folder, 'nowhere') },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

let trust: string;
let status: string;
beforeAll(async () => {
  trust = file('trust.json', await trustListOf());
  status = file('status.json', [await statusOf('revocation', [1]), await statusOf('suspension')]);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('credential verify', () => {
  it('answers 0, 1 and 2, in words and as JSON', async () => {
    const badge = file('badge.json', await certificate());
    const right = await run('credential', 'verify', badge, '--trust', trust, '--status', status, '--at', at);
    expect(right).toMatchObject({ code: 0, err: '' });
    expect(right.out).toMatch(/^Valid as of the status list of 2026-11-20/);
    expect(right.out).toContain('held by Amina Diallo, from 2026-11-11 until 2029-11-10');
    expect(right.out).toContain('issued by Regional Centre, Ile-Ife (NG)');
    expect(right.out).toContain('Lina Haddad');

    const altered = file('altered.json', { ...(await certificate()), name: 'Director' });
    const wrong = await run('credential', 'verify', altered, '--trust', trust, '--status', status, '--at', at, '--json');
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject({
      verdict: 'not-valid',
      checks: expect.arrayContaining([{ name: 'signature', result: 'no', finding: 'altered' }]),
    });

    const alone = await run('credential', 'verify', badge, '--at', at);
    expect(alone.code).toBe(2);
    expect(alone.out).toMatch(/^Cannot tell: there is no list of trusted issuers here/);
  });

  it('reads the text of a code, and pictures', async () => {
    const code = file('code.txt', `${await paper()}\n`);
    expect((await run('credential', 'verify', code, '--trust', trust, '--status', status, '--at', at)).code).toBe(0);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><openbadges:credential><![CDATA[${JSON.stringify(await certificate())}]]></openbadges:credential></svg>`;
    expect((await run('credential', 'verify', file('badge.svg', svg), '--trust', trust, '--status', status, '--at', at)).code).toBe(0);
    expect((await run('credential', 'verify', 'tests/fixtures/credentials/foreign/simple-json.png', '--trust', trust)).code).toBe(2);
  });

  it('says what is wrong with the line, and never more than a sentence', async () => {
    expect((await run('credential', 'verify')).code).toBe(64);
    expect((await run('credential', 'verify', 'x', '--at', 'tomorrow')).code).toBe(64);
    expect(await run('credential', 'verify', file('b.json', '{}'), '--trust', file('no.json', '{'))).toMatchObject({ code: 64 });
    const spoilt = await trustListOf();
    expect(
      (await run('credential', 'verify', 'x', '--trust', file('spoilt.json', { ...spoilt, body: { ...spoilt.body, sequence: 9 } }))).code,
    ).toBe(64);
    const missing = await run('credential', 'verify', join(folder, 'missing.json'), '--trust', trust);
    expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/missing\.json cannot be read: there is no such file\.$/) });
  });
});

describe('trust publish', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({
      courses: 'courses',
      compiler: { stamp: 'none', compile: () => Promise.resolve({ package: null, problems: [] }), isSafe: () => true },
    });
    // As the program writes it when it starts a node.
    writeFileSync(join(node.data, 'node-name'), 'centre\n');
  });
  afterAll(() => node.close());
  const published = () => ask(`${node.url}/content/trust`);

  it('is what the node gives out, and is verified against', async () => {
    expect((await fetch(`${node.url}/content/trust`)).status).toBe(204);
    const statusLists = JSON.parse(readFileSync(status, 'utf8')) as unknown[];
    const set = file('set.json', { list: await trustListOf(), statusLists });
    const done = await run('trust', 'publish', set, '--data', node.data);
    expect(done).toMatchObject({ code: 0, err: '' });
    const { status: code, body, headers } = await published();
    expect(code).toBe(200);
    const byId = (lists: unknown) => (lists as { id: string }[]).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(body['list']).toEqual(JSON.parse(readFileSync(trust, 'utf8')));
    expect(byId(body['statusLists'])).toEqual(byId(statusLists));
    const again = await fetch(`${node.url}/content/trust`, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    expect((await run('credential', 'verify', file('badge.json', await certificate()), '--data', node.data, '--at', at)).code).toBe(0);
  });

  it('refuses another root, an older list and what is no list', async () => {
    const refused = async (content: unknown) => (await run('trust', 'publish', file('refused.json', content), '--data', node.data)).err;
    expect(await refused(await trustListOf([grantBody({ by: thief.did })], {}, thief))).toMatch(/another root/);
    expect(await refused(await trustListOf(undefined, { sequence: 6 }))).toMatch(/newer list already/);
    const list = await trustListOf();
    expect(await refused({ ...list, body: { ...list.body, name: 'Other' } })).toMatch(/signature is not right/);
    expect(await refused('{')).toMatch(/no list of trust/);
    expect((await published()).body['list']).toMatchObject({ body: { sequence: 7 } });
    expect(
      (await run('trust', 'publish', file('newer.json', await trustListOf(undefined, { sequence: 8 })), '--data', node.data, '--json')).out,
    ).toMatch(/"sequence":8/);
  });

  it('tells in the log what of the programmes cannot be published, and publishes none of it', async () => {
    // The compiler of this test publishes no course, so no programme finds its courses.
    expect(node.lines.join('\n')).toMatch(/trainer\.yaml:\d+:1 error: There is no course «disaster-risk» here/);
    expect((await ask(`${node.url}/content/programmes`)).body).toEqual({ programmes: [], courses: {} });
  });
});
