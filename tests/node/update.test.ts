/**
 * A node is updated from a signed file and finds its way back: real files, the real command, and the processes that `npm start` starts. Records that were receipted before stay, whatever the update is worth.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signerOf, type Signer } from '../../src/lib/server/accounts/node-key.ts';
import { holdForBelow } from '../../src/lib/server/update/held.ts';
import { makeUpdate, openUpdate } from '../../src/lib/server/update/update-file.ts';
import { readPointer } from '../../src/lib/server/update/versions.ts';
import { freePort } from '../../scripts/node-process.ts';
import { aRecord } from '../fixtures/records.ts';
import { ask, claim, codesFor, joinBy, makeCohort, password, startTestNode, type Learner, type TestNode } from './kit.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'perigee-update-'));
const data = join(scratch, 'data');
const keyFile = join(scratch, 'release.pem');
let key = '';
let signer: Signer;
let good = '';
let files: ReadonlyMap<string, Uint8Array>;

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PERIGEE_DATA: data,
  PERIGEE_UPDATE_PATIENCE: '90',
});

/** `npx perigee …`, as an administrator types it. */
function perigee(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/perigee.mjs', ...args], {
    cwd: root,
    env: environment(),
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

/** A signed file of this version, with some of its files replaced. */
async function updateOf(version: string, changed: Readonly<Record<string, string>>, by = signer): Promise<string> {
  const all = new Map(files);
  for (const [path, text] of Object.entries({ ...changed, 'release.json': JSON.stringify({ version, made: '2026-11-30T12:00:00.000Z' }) }))
    all.set(path, Buffer.from(text));
  const { parts } = await makeUpdate({ version, made: '2026-11-30T12:00:00.000Z', node: '24.0.0', files: all, sign: by.sign });
  const path = join(scratch, `${version}-${String(readdirSync(scratch).length)}.perigee`);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

let parent: TestNode | null = null;
let supervisor: ChildProcess | null = null;
let printed = '';
let url = '';
let learner: Learner;
let admin = '';
let node: TestNode;
let number = 0;

async function healthOf(version: string): Promise<void> {
  for (const until = Date.now() + 120_000; ;) {
    const health = await ask(`${url}/health`).catch(() => null);
    if (health?.status === 200 && String(health.body['version']).startsWith(version)) return;
    if (Date.now() > until || supervisor?.exitCode !== null) throw new Error(`Version ${version} does not answer:\n${printed}`);
    await wait(100);
  }
}

async function stageOf(stage: string): Promise<void> {
  for (const until = Date.now() + 30_000; readPointer(data).stage !== stage; await wait(50))
    if (Date.now() > until) throw new Error(`The pointer is ${JSON.stringify(readPointer(data))}:\n${printed}`);
}

const kept = new Map<string, string>();
async function handOver(): Promise<void> {
  const docs = [aRecord('attempt', learner.person, learner.device, number++)];
  const { status, body } = await ask(`${url}/replica/person/${learner.person}/_bulk_docs`, { token: learner.token, body: { docs } });
  expect(status).toBe(201);
  for (const { id, rev } of body as unknown as { id: string; rev: string }[]) kept.set(id, rev);
}
async function everythingIsThere(): Promise<void> {
  const { body } = await ask(`${url}/replica/person/${learner.person}/_revs_diff`, {
    token: learner.token,
    body: Object.fromEntries([...kept].map(([id, rev]) => [id, [rev]])),
  });
  expect(body).toEqual({});
  expect(perigee('audit').said).toMatch(/ 0 faults, 0 conflicts/);
}

beforeAll(async () => {
  key = perigee('release', 'key', keyFile).said.trim();
  signer = signerOf((await import('node:crypto')).createPrivateKey(readFileSync(keyFile)));
  const built = perigee('release', 'build', '--key', keyFile, '--out', scratch, '--version', '0.2.0');
  good = join(scratch, 'perigee-update-0.2.0.perigee');
  if (!existsSync(good)) throw new Error(built.said);
  const opened = await openUpdate(good, [key]);
  if (!opened.ok) throw new Error(opened.error);
  const all = new Map<string, Uint8Array>();
  await opened.value.each(async ({ path }, bytes) => void all.set(path, Buffer.from(bytes)));
  await opened.value.close();
  files = all;

  // The centre above; it believes the same publisher.
  parent = await startTestNode({ name: 'sitc', installation: { root, supervised: false, keys: () => Promise.resolve([key]) } });
  const { body: credential } = await ask(`${parent.url}/api/nodes`, { token: await claim(parent), body: { name: 'test-centre' } });

  const port = await freePort();
  url = `http://127.0.0.1:${String(port)}`;
  node = { url } as TestNode;
  supervisor = spawn(process.execPath, ['scripts/supervise.ts'], {
    cwd: root,
    env: {
      ...environment(),
      PORT: String(port),
      HOST: '127.0.0.1',
      PERIGEE_NODE: 'test-centre',
      PERIGEE_UPSTREAM: parent.url,
      PERIGEE_UPSTREAM_TOKEN: credential['token'] as string,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listen = (chunk: Buffer): void => void (printed += chunk.toString());
  supervisor.stdout?.on('data', listen);
  supervisor.stderr?.on('data', listen);
  await healthOf('0.1.0');
  const code = /\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/.exec(printed)?.[0];
  const { body } = await ask(`${url}/api/session`, { body: { code, name: 'Wangari', password } });
  const token = body['token'] as string;
  admin = token;
  const [enrolment = ''] = await codesFor(node, token, await makeCohort(node, token), ['Awa']);
  learner = await joinBy(node, enrolment);
  await handOver();
  expect(perigee('update', good).said).toContain('no publisher is pinned. «npx perigee release pin KEY» pins one');
  expect(perigee('release', 'pin')).toEqual({ status: 0, said: expect.stringContaining('No publisher is pinned') as string });
  expect(perigee('release', 'pin', 'abc').said).toContain("«abc» is no publisher's key");
  // The node that runs knows it at once.
  expect((await ask(`${url}/api/update`, { token: admin })).body['publishers']).toBe(0);
  expect(perigee('release', 'pin', key).said).toContain(`${key} is pinned`);
  expect(perigee('release', 'pin').said).toBe(`${key}\n`);
  expect((await ask(`${url}/api/update`, { token: admin })).body['publishers']).toBe(1);
}, 300_000);

afterAll(async () => {
  const started = supervisor;
  if (started !== null) {
    const ended = new Promise((resolve) => started.once('exit', resolve));
    started.kill('SIGTERM');
    await ended;
  }
  await parent?.close();
  rmSync(scratch, { recursive: true });
});

describe('an update that is not what it says', () => {
  const refused = async (file: string, why: RegExp): Promise<void> => {
    const { status, said } = perigee('update', file);
    expect([status, said]).toEqual([1, expect.stringMatching(why)]);
    expect(said).toContain('Nothing was changed');
    expect(existsSync(join(data, 'versions', 'current.json'))).toBe(false);
    expect(existsSync(join(data, 'versions')) ? readdirSync(join(data, 'versions')) : []).toEqual([]);
  };
  const changedBy = (name: string, change: (bytes: Buffer) => Buffer): string => {
    const path = join(scratch, name);
    writeFileSync(path, change(readFileSync(good)));
    return path;
  };

  it(
    'is refused with nothing unpacked: another key, a changed manifest, a changed byte, cut off, longer, older, for a newer Node, no update at all',
    { timeout: 120_000 },
    async () => {
      const stranger = signerOf(generateKeyPairSync('ed25519').privateKey);
      await refused(await updateOf('0.2.1', {}, stranger), /no publisher that is pinned here/);
      await refused(
        changedBy('manifest.perigee', (bytes) =>
          Buffer.from(bytes.toString('latin1').replace('"version":"0.2.0"', '"version":"0.9.0"'), 'latin1'),
        ),
        /signature that is not right/,
      );
      await refused(
        changedBy('byte.perigee', (bytes) => {
          const at = bytes.length - 1000;
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          return bytes;
        }),
        /is damaged/,
      );
      await refused(
        changedBy('cut.perigee', (bytes) => bytes.subarray(0, bytes.length / 2)),
        /is cut off/,
      );
      await refused(
        changedBy('long.perigee', (bytes) => Buffer.concat([bytes, Buffer.from('x')])),
        /longer than it should be/,
      );
      await refused(await updateOf('0.0.9', {}), /older than/);
      const { parts } = await makeUpdate({
        version: '0.3.0',
        made: '2026-11-30T12:00:00.000Z',
        node: '99.0.0',
        files: new Map(),
        sign: signer.sign,
      });
      writeFileSync(join(scratch, 'newer.perigee'), Buffer.concat(parts));
      await refused(join(scratch, 'newer.perigee'), /needs Node 99/);
      await refused(keyFile, /is no update of a node/);
    },
  );

  it('cannot leave the folder that it is unpacked in', async () => {
    for (const path of ['../outside', '/etc/passwd', 'a/../../b', 'a//b', 'C:\\x', 'a\\..\\b']) {
      const { parts } = await makeUpdate({
        version: '0.2.1',
        made: '2026-11-30T12:00:00.000Z',
        node: '24.0.0',
        files: new Map([[path, Buffer.from('x')]]),
        sign: signer.sign,
      });
      writeFileSync(join(scratch, 'tricky.perigee'), Buffer.concat(parts));
      await refused(join(scratch, 'tricky.perigee'), /of a form that this version does not know/);
    }
  });
});

describe('an update', { timeout: 240_000 }, () => {
  it('takes over from the running node, with everything that was there', async () => {
    expect(perigee('update', '--check', good)).toEqual({ status: 0, said: expect.stringContaining('is version 0.2.0') as string });
    const taken = perigee('update', good);
    expect(taken).toEqual({ status: 0, said: expect.stringContaining('Version 0.2.0 is in place') as string });
    await healthOf('0.2.0');
    await stageOf('kept');
    expect(readPointer(data)).toMatchObject({ version: '0.2.0', before: null });
    await everythingIsThere();
    await handOver();
    expect(perigee('update', good).said).toContain('in use already');
  });

  it('that does not start goes back by itself', async () => {
    const broken = await updateOf('0.3.0', { 'src/server/main.ts': 'throw new Error("a fault of the new version");' });
    expect(perigee('update', broken).status).toBe(0);
    await stageOf('back');
    await healthOf('0.2.0');
    expect(readPointer(data)).toMatchObject({
      version: '0.2.0',
      before: null,
      stage: 'back',
      why: expect.stringContaining('0.3.0') as string,
    });
    expect(readFileSync(join(data, 'node.log'), 'utf8')).toContain('Version 0.3.0 did not come up healthy');
    await everythingIsThere();
    await handOver();
  });

  it('that left a database which the version before cannot read: the backup of that moment is put back, under a new epoch', async () => {
    const epoch = (await ask(`${url}/api/node`)).body['epoch'];
    const spoiling = await updateOf('0.4.0', {
      'src/server/main.ts': `import { DatabaseSync } from 'node:sqlite';
        new DatabaseSync(process.env.PERIGEE_DATA + '/node.sqlite').exec('CREATE TABLE later (x)');
        throw new Error('a fault after the change');`,
    });
    expect(perigee('update', spoiling).status).toBe(0);
    await stageOf('back');
    await healthOf('0.2.0');
    expect((await ask(`${url}/api/node`)).body['epoch']).not.toBe(epoch);
    await everythingIsThere();
    await handOver();
    expect(readdirSync(join(data, 'versions')).some((name) => name.startsWith('left-by-update-'))).toBe(true);
  });

  it('is taken back by hand', async () => {
    expect(perigee('update', '--back').said).toContain('that was installed by hand runs again, in place of 0.2.0');
    await healthOf('0.1.0');
    await everythingIsThere();
  });

  it('is handed over in the browser in parts, and a part that comes twice or too early does no harm', async () => {
    const bytes = readFileSync(good);
    const part = (at: number, to: number) =>
      ask(`${url}/api/update/file?at=${String(at)}`, { method: 'PUT', token: admin, raw: new Uint8Array(bytes.subarray(at, to)) });
    const take = () => ask(`${url}/api/update`, { token: admin, body: { older: false } });
    expect(await part(1000, 2000)).toMatchObject({ status: 409, body: { bytes: 0 } });
    const size = 4 * 1024 * 1024;
    expect((await part(0, size)).body).toEqual({ bytes: size });
    // Half a file is none.
    expect(await take()).toMatchObject({ status: 422, body: { message: expect.stringContaining('cut off') as string } });
    expect((await part(size, size + 5)).status).toBe(200);
    for (let at = size; at < bytes.length; at += size) expect((await part(at, at + size)).status).toBe(200);
    expect(await ask(`${url}/api/update`, { token: admin })).toMatchObject({
      body: { supervised: true, publishers: 1, received: bytes.length },
    });
    expect((await take()).body).toEqual({ version: '0.2.0' });
    await healthOf('0.2.0');
    await stageOf('kept');
    await everythingIsThere();
    expect((await ask(`${url}/api/update/back`, { token: admin, body: {} })).status).toBe(400);
    expect((await ask(`${url}/api/update/back`, { token: admin, body: { confirm: '0.2.0' } })).body).toEqual({ version: null });
    await healthOf('0.1.0');
    await everythingIsThere();
  });

  it('comes from the centre above after an administrator agreed, and the node that took it hands it on', async () => {
    const above = async () => (await ask(`${url}/api/update`, { token: admin })).body['above'] as Record<string, unknown> | null;
    const visited = async (until: () => Promise<boolean>): Promise<void> => {
      for (const end = Date.now() + 60_000; !(await until()); await wait(250)) {
        await ask(`${url}/api/upstream/visit`, { token: admin, body: {} });
        if (Date.now() > end) throw new Error(`${JSON.stringify(await above())}\n${printed}`);
      }
    };
    await holdForBelow(parent?.data ?? '', { file: good, version: '0.2.0' });
    await visited(async () => (await above()) !== null);
    expect(await above()).toMatchObject({ version: '0.2.0', from: 'sitc', is: 'newer', stage: 'offered' });
    expect((await ask(`${url}/api/update/above`, { token: admin, body: { version: '0.2.0', hour: null, older: false } })).status).toBe(202);
    await visited(async () => readPointer(data).version === '0.2.0' || (await above().catch(() => null))?.['stage'] === 'offered');
    await healthOf('0.2.0');
    await stageOf('kept');
    await everythingIsThere();
    const { body } = await ask(`${url}/api/update`, { token: admin });
    expect(body).toMatchObject({ version: '0.2.0', above: { is: 'same', failure: null }, below: { version: '0.2.0' } });
    // Who signed a version is pinned in it, whatever becomes of the pin of this node.
    expect(perigee('release', 'pin', key, '--remove')).toEqual({
      status: 1,
      said: expect.stringContaining('pinned by the installation') as string,
    });
    expect((await ask(`${url}/api/update/back`, { token: admin, body: { confirm: '0.2.0' } })).body).toEqual({ version: null });
    await healthOf('0.1.0');
    await everythingIsThere();
  });
});
