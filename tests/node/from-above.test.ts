/**
 * A version of the node that the centre above hands on: real nodes on real sockets, over a line that breaks. Nothing is fetched before an administrator agreed; nothing is believed that this node did not check itself. That a node
 * really changes over to what came is tried with processes in update.test.ts.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { err, ok } from '../../src/lib/domain/result.ts';
import { signerOf, type Signer } from '../../src/lib/server/accounts/node-key.ts';
import { createDisk, levelOf } from '../../src/lib/server/status/disk.ts';
import { isDue, openFromAbove } from '../../src/lib/server/update/from-above.ts';
import { holdForBelow, keepTaken } from '../../src/lib/server/update/held.ts';
import { makeUpdate } from '../../src/lib/server/update/update-file.ts';
import { readPointer, writePointer } from '../../src/lib/server/update/versions.ts';
import { openCutLine, type CutLine } from './cut-line.ts';
import { ask, claim, startTestNode, type StartGiven, type TestNode } from './kit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-above-'));
const publisher = signerOf(generateKeyPairSync('ed25519').privateKey);
const stranger = signerOf(generateKeyPairSync('ed25519').privateKey);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** What no compressor makes smaller. */
const noise = (bytes: number, seed: string): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes / 32) }, (_, n) =>
      createHash('sha256')
        .update(`${seed} ${String(n)}`)
        .digest(),
    ),
  ).subarray(0, bytes);

/** A signed file of some hundred kilobytes. */
async function releaseOf(version: string, by: Signer = publisher, node = '24.0.0'): Promise<string> {
  const made = '2026-11-30T12:00:00.000Z';
  const files = new Map<string, Uint8Array>([
    ['package-lock.json', Buffer.from('{}')],
    ['release.json', Buffer.from(JSON.stringify({ version, made }))],
    ['build/pages', noise(400_000, version)],
  ]);
  const { parts } = await makeUpdate({ version, made, node, files, sign: by.sign });
  const path = join(scratch, `${version}-${String(readdirSync(scratch).length)}.perigee`);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

async function start(given: StartGiven): Promise<TestNode> {
  const root = join(scratch, `root-${String(readdirSync(scratch).length)}`);
  mkdirSync(root);
  const installation = { root, supervised: true, keys: () => Promise.resolve([publisher.key]) };
  const node = await startTestNode({ installation, ...given });
  closers.push(() => node.close());
  return node;
}

interface Pair {
  readonly parent: TestNode;
  readonly child: TestNode;
  readonly line: CutLine;
  readonly admin: string;
}

async function pair(given: { readonly parent?: StartGiven; readonly child?: StartGiven } = {}): Promise<Pair> {
  const parent = await start({ name: 'sitc', ...given.parent });
  const above = await claim(parent);
  const { body } = await ask(`${parent.url}/api/nodes`, { token: above, body: { name: 'accra' } });
  const line = await openCutLine(parent.url);
  closers.push(() => line.close());
  const child = await start({
    name: 'accra',
    ...given.child,
    upstream: { url: line.url, token: body['token'] as string, kbps: null, hours: null },
  });
  return { parent, child, line, admin: await claim(child, 'Admin of accra') };
}

const visit = async ({ child }: Pair) => child.node.upstream.visit();
const stateOf = async ({ child, admin }: Pair): Promise<Record<string, unknown>> =>
  (await ask(`${child.url}/api/update`, { token: admin })).body;
const above = async (nodes: Pair): Promise<Record<string, unknown> | null> =>
  (await stateOf(nodes))['above'] as Record<string, unknown> | null;
const agree = ({ child, admin }: Pair, version: string, hour: number | null = 3, older = false) =>
  ask(`${child.url}/api/update/above`, { token: admin, body: { version, hour, older } });
/** An hour of this machine's day that is not now, so that nothing is taken while a test looks. */
const later = (new Date().getHours() + 12) % 24;

describe('a version that the centre above hands on', { timeout: 60_000 }, () => {
  it('is named with its size, fetched only after somebody agreed, at any byte where the line broke, and taken at its hour', async () => {
    const nodes = await pair();
    const { parent, child, line } = nodes;
    await visit(nodes);
    expect(await above(nodes)).toBeNull();
    const file = await releaseOf('0.2.0');
    const { size } = statSync(file);
    await holdForBelow(parent.data, { file, version: '0.2.0' });
    const before = line.passed;
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({ version: '0.2.0', bytes: size, from: 'sitc', is: 'newer', stage: 'offered', here: 0 });
    // Nobody agreed: the greeting alone passed, however often.
    await visit(nodes);
    expect(line.passed - before).toBeLessThan(12_000);

    expect((await agree(nodes, '0.2.0', later)).status).toBe(202);
    const costs = line.passed;
    const heres: number[] = [];
    for (let breaks = 0; (await above(nodes))?.['stage'] !== 'ready'; breaks++) {
      // 61,111 bytes fall into the middle of a part, every time elsewhere.
      line.breakAfter(61_111);
      await visit(nodes);
      heres.push((await above(nodes))?.['here'] as number);
      expect(breaks).toBeLessThan(60);
    }
    line.breakAfter(Infinity);
    expect(heres.toSorted((a, b) => a - b)).toEqual(heres);
    expect(heres.some((here) => here > 0 && here < size && here % 1024 !== 0)).toBe(true);
    // What is here is not fetched again: each visit costs its greeting and heads, and what was on its way when the line broke.
    expect(line.passed - costs).toBeLessThan(size + heres.length * 24_000);
    expect(readPointer(child.data).version).toBeNull();
    expect(existsSync(join(child.data, 'versions', '0.2.0'))).toBe(false);

    // Its hour comes.
    expect((await agree(nodes, '0.2.0', null)).status).toBe(202);
    expect(readPointer(child.data)).toMatchObject({ version: '0.2.0', before: null, stage: 'trial', backup: 'before-0.2.0.backup' });
    expect(readFileSync(join(child.data, 'versions', '0.2.0', 'build', 'pages'))).toEqual(noise(400_000, '0.2.0'));
    expect(readdirSync(join(child.data, 'versions')).filter((name) => name.startsWith('arriving'))).toEqual([]);
    // While it is on trial it is handed to nobody; once it is healthy, to the nodes below this one.
    expect((await stateOf(nodes))['below']).toBeNull();
    writePointer(child.data, { ...readPointer(child.data), stage: 'kept' });
    expect((await stateOf(nodes))['below']).toEqual({ version: '0.2.0', bytes: size });
  });

  it('is agreed to for one file: another one that comes in its place is asked about anew', async () => {
    const nodes = await pair();
    const { parent, line } = nodes;
    await holdForBelow(parent.data, { file: await releaseOf('0.2.0'), version: '0.2.0' });
    await visit(nodes);
    await agree(nodes, '0.2.0', later);
    line.breakAfter(100_000);
    await visit(nodes);
    line.breakAfter(Infinity);
    await holdForBelow(parent.data, { file: await releaseOf('0.3.0'), version: '0.3.0' });
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({ version: '0.3.0', stage: 'offered', here: 0, failure: { version: '0.2.0', code: 'gone' } });
    expect(await agree(nodes, '0.2.0')).toMatchObject({ status: 409, body: { error: 'not-offered' } });
  });

  it('is withdrawn as long as it was not taken', async () => {
    const nodes = await pair();
    await holdForBelow(nodes.parent.data, { file: await releaseOf('0.2.0'), version: '0.2.0' });
    await visit(nodes);
    await agree(nodes, '0.2.0', later);
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({ stage: 'ready', hour: later });
    expect((await ask(`${nodes.child.url}/api/update/above`, { method: 'DELETE', token: nodes.admin })).status).toBe(200);
    expect(await above(nodes)).toMatchObject({ stage: 'offered', version: '0.2.0' });
  });

  it('that was tampered with on the way is refused by name, and nothing of it is kept', async () => {
    const nodes = await pair();
    const { parent, child } = nodes;
    await holdForBelow(parent.data, { file: await releaseOf('0.2.0'), version: '0.2.0' });
    const offered = join(parent.data, 'versions', 'offer-0.2.0.perigee');
    const bytes = readFileSync(offered);
    const at = bytes.length - 1000;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(offered, bytes);
    await visit(nodes);
    await agree(nodes, '0.2.0', null);
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({
      stage: 'offered',
      failure: {
        version: '0.2.0',
        code: 'damaged',
        said: expect.stringMatching(/The file of version 0\.2\.0 from sitc is damaged/) as string,
      },
    });
    expect(readdirSync(join(child.data, 'versions'))).toEqual(['from-above.json']);
    expect(readPointer(child.data).version).toBeNull();
    expect(child.lines.join('\n')).toContain('Version 0.2.0 from the centre above was not taken.');
  });

  it('whose publisher only the parent believes is refused as soon as its head is here, and the rest is not paid for', async () => {
    const trusting = { root: scratch, supervised: true, keys: () => Promise.resolve([stranger.key]) };
    const nodes = await pair({ parent: { installation: trusting } });
    const file = await releaseOf('0.2.0', stranger);
    await holdForBelow(nodes.parent.data, { file, version: '0.2.0' });
    await visit(nodes);
    await agree(nodes, '0.2.0', null);
    const before = nodes.line.passed;
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({
      failure: {
        code: 'refused',
        said: expect.stringContaining(`is signed by ${stranger.key}, which is no publisher that is pinned here`) as string,
      },
    });
    // One part of six.
    expect(nodes.line.passed - before).toBeLessThan(statSync(file).size / 3);
  });

  it('that is older is refused unless it is asked for as a way back, and so is one that this machine cannot run', async () => {
    const nodes = await pair();
    const { parent } = nodes;
    // The nodes of these tests are of version 0.0.0, and none is older: so without a node.
    const asked = openFromAbove({
      data: mkdtempSync(join(scratch, 'older-')),
      running: '0.5.0',
      keys: () => Promise.resolve([publisher.key]),
      disk: createDisk(scratch, Date.now),
      take: () => Promise.resolve(ok(null)),
      clock: Date.now,
      hour: () => 12,
      log: () => undefined,
    });
    asked.heard('sitc' as NodeId, { version: '0.2.0', bytes: 1000, unpacked: 2000, sha256: 'a'.repeat(64) });
    expect(await asked.state()).toMatchObject({ is: 'older', stage: 'offered' });
    expect(await asked.agree({ version: '0.2.0', hour: null, older: false })).toMatchObject({
      ok: false,
      error: { code: 'older', said: expect.stringContaining('Version 0.2.0 is older than 0.5.0') as string },
    });
    expect(await asked.agree({ version: '0.2.0', hour: null, older: true })).toEqual(ok(null));
    expect(await asked.state()).toMatchObject({ stage: 'coming' });

    await holdForBelow(parent.data, { file: await releaseOf('0.9.0', publisher, '99.0.0'), version: '0.9.0' });
    await visit(nodes);
    await agree(nodes, '0.9.0', null);
    await visit(nodes);
    expect(await above(nodes)).toMatchObject({
      failure: { code: 'refused', said: expect.stringContaining('needs Node 99.0.0') as string },
    });
  });

  it('for which the disk has no room is refused before a byte of it is fetched', async () => {
    let free = 900e6;
    let asked = 0;
    const sha256 = 'b'.repeat(64);
    const release = openFromAbove({
      data: mkdtempSync(join(scratch, 'full-')),
      running: '0.1.0',
      keys: () => Promise.resolve([publisher.key]),
      disk: {
        room: () => Promise.resolve({ free, total: 8e9, level: levelOf(free, 8e9) }),
        hasRoomFor: (bytes) => Promise.resolve(levelOf(free - bytes, 8e9) !== 'scarce'),
      },
      take: () => Promise.resolve(ok(null)),
      clock: Date.now,
      hour: () => 12,
      log: () => undefined,
    });
    release.heard('sitc' as NodeId, { version: '0.2.0', bytes: 20e6, unpacked: 300e6, sha256 });
    expect(await release.agree({ version: '0.2.0', hour: 3, older: false })).toMatchObject({
      ok: false,
      error: {
        code: 'no-room',
        said: expect.stringMatching(/Version 0\.2\.0 needs 620 MB .* 900 MB free\. Nothing was fetched\./) as string,
      },
    });
    expect(await release.state()).toMatchObject({ stage: 'offered', here: 0 });
    // There was room when somebody agreed, and there is none when the visit begins.
    free = 7e9;
    expect((await release.agree({ version: '0.2.0', hour: 3, older: false })).ok).toBe(true);
    free = 100e6;
    const line = {
      ask: () => {
        asked++;
        return Promise.reject(new Error('Nothing is asked for.'));
      },
      pack: (bytes: Uint8Array) => Promise.resolve(bytes),
      bytes: { sent: 0, received: 0 },
      close: () => undefined,
    };
    expect(await release.fetch({ line, part: 65_536, mayGoOn: () => true, moved: () => undefined })).toEqual(ok(null));
    expect([asked, (await release.state())?.failure?.code]).toEqual([0, 'no-room']);
    // The hours of the line are over, or something new waits to go up.
    free = 7e9;
    await release.agree({ version: '0.2.0', hour: 3, older: false });
    expect(await release.fetch({ line, part: 65_536, mayGoOn: () => false, moved: () => undefined })).toEqual(err('closed'));
    expect(asked).toBe(0);
  });

  it('is not begun twice by itself: what the power cut while it was put in place is said, and waits for a person', async () => {
    const data = mkdtempSync(join(scratch, 'cut-'));
    const given = {
      data,
      running: '0.1.0',
      keys: () => Promise.resolve([publisher.key]),
      disk: createDisk(scratch, Date.now),
      clock: Date.now,
      hour: () => 3,
      log: () => undefined,
    };
    const file = await releaseOf('0.2.0');
    const { size: bytes } = statSync(file);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    await holdForBelow(data, { file, version: '0.2.0' });
    // A process that ends in the middle never answers.
    const cut = openFromAbove({ ...given, take: () => new Promise(() => undefined) });
    cut.heard('sitc' as NodeId, { version: '0.2.0', bytes, unpacked: 1000, sha256 });
    const waits = cut.agree({ version: '0.2.0', hour: 3, older: false });
    await expect.poll(() => readFileSync(join(data, 'versions', 'from-above.json'), 'utf8')).toContain('interrupted');
    let taken = 0;
    const again = openFromAbove({ ...given, take: () => Promise.resolve(ok(void taken++)) });
    await again.takeIfDue();
    expect([taken, (await again.state())?.failure?.code, (await again.state())?.stage]).toEqual([0, 'interrupted', 'offered']);
    // The file that is here already is not fetched again.
    expect(await again.agree({ version: '0.2.0', hour: 3, older: false })).toEqual(ok(null));
    expect(taken).toBe(1);
    void waits;
  });

  it('is handed to nodes with a credential alone, in ranges', async () => {
    const parent = await start({ name: 'sitc' });
    const admin = await claim(parent);
    const file = await releaseOf('0.2.0');
    await holdForBelow(parent.data, { file, version: '0.2.0' });
    const bytes = readFileSync(file);
    const url = `${parent.url}/api/update/release/${createHash('sha256').update(bytes).digest('hex')}`;
    expect([(await ask(url)).status, (await ask(url, { token: admin })).status]).toEqual([401, 403]);
    const { body } = await ask(`${parent.url}/api/nodes`, { token: admin, body: { name: 'accra' } });
    const authorization = `Bearer ${body['token'] as string}`;
    const part = await fetch(url, { headers: { authorization, range: 'bytes=1000-1999' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${String(bytes.length)}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    expect((await fetch(url, { headers: { authorization, range: `bytes=${String(bytes.length)}-` } })).status).toBe(416);
    expect((await fetch(`${parent.url}/api/update/release/${'0'.repeat(64)}`, { headers: { authorization } })).status).toBe(404);
  });

  it('that failed here is handed to nobody', async () => {
    const node = await start({ name: 'sitc' });
    const admin = await claim(node);
    await holdForBelow(node.data, { file: await releaseOf('0.2.0'), version: '0.2.0' });
    const below = async () => (await ask(`${node.url}/api/update`, { token: admin })).body['below'];
    expect(await below()).toMatchObject({ version: '0.2.0' });
    await keepTaken(node.data, await releaseOf('0.3.0'), '0.3.0');
    mkdirSync(join(node.data, 'versions', '0.3.0'));
    writeFileSync(join(node.data, 'versions', '0.3.0', 'release.json'), '{}');
    const pointer = { version: '0.3.0', before: null, tries: 1, backup: null, why: null } as const;
    writePointer(node.data, { ...pointer, stage: 'trial' });
    expect(await below()).toMatchObject({ version: '0.2.0' });
    writePointer(node.data, { ...pointer, stage: 'kept' });
    expect(await below()).toMatchObject({ version: '0.3.0' });
    writePointer(node.data, { ...pointer, version: null, stage: 'back', why: 'It did not come up healthy.' });
    expect(await below()).toMatchObject({ version: '0.2.0' });
  });

  it('is due at once, or in its hour', () => {
    expect([isDue({ hour: null }, 5), isDue({ hour: 5 }, 5), isDue({ hour: 4 }, 5)]).toEqual([true, true, false]);
  });
});
