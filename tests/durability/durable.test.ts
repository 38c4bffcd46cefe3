/**
 * Every receipt follows a sync to disk. A real node works under `strace`; its writes and syncs are played onto a disk that loses power at any point, what no
 * sync covered is kept, dropped or torn, and the shipped engine opens what is left: every revision that an answer had named by then is there, whole.
 *
 * A run that fails prints the folder with the trace, the point and the seed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { aRecord } from '../fixtures/records.ts';
import { ask, codesFor, joinBy, makeCohort, password, random as randomBytes, type Learner, type TestNode } from '../node/kit.ts';
import { claimsByOperation, revisionsIn } from './claims.ts';
import { createDisk, type Fate } from './disk.ts';
import { seeded, thoroughness } from './seeded.ts';
import { ofDatabase, readTrace, straceArguments, type Operation } from './trace.ts';

/** Whether this machine lets a process be traced: there are containers that do not. */
const canTrace = spawnSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true']).status === 0;
if (!canTrace)
  process.stdout.write('not run: recorded writes and syncs need strace and leave to trace (on Debian: apt-get install strace)\n');

const learners = 12;
const rounds = 14;

interface Sent {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One learner's passes: writes documents, some of them anew, and asks for receipts. */
async function work(url: string, { person, device, token }: Learner, first: number, sent: Map<string, Sent>): Promise<void> {
  const headers = { 'accept-encoding': 'identity' };
  let register: string | null = null;
  for (let round = 0; round < rounds; round++) {
    const made = Array.from({ length: 3 }, (_, i) => {
      const record = aRecord('attempt', person, device, first + round * 3 + i);
      return { ...record, response: { text: 'perigee '.repeat(((first + round) % 4) * 200) } };
    });
    const docs = [...made, { ...aRecord('register', person, device, round + 1), ...(register === null ? {} : { _rev: register }) }];
    const { body } = await ask(`${url}/replica/person/${person}/_bulk_docs`, { token, headers, body: { docs } });
    const written = body as unknown as { id: string; rev: string }[];
    for (const [at, { id, rev }] of written.entries()) {
      const { _rev, ...own } = docs[at] as Record<string, unknown>;
      sent.set(`${id} ${rev}`, { id, body: own });
    }
    register = written.at(-1)?.rev ?? null;
    const revisions = Object.fromEntries(written.map(({ id, rev }) => [id, rev]));
    await ask(`${url}/sync`, { token, headers, body: { person, device, revisions } });
  }
}

interface Recording {
  readonly operations: readonly Operation[];
  readonly claims: ReadonlyMap<number, readonly (readonly [string, string])[]>;
  readonly sent: ReadonlyMap<string, Sent>;
}

const folder = mkdtempSync(join(tmpdir(), 'perigee-durable-'));
/** In memory where the system has such a place: thousands of files are made here. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'perigee-replay-'));

async function record(): Promise<Recording> {
  const data = join(folder, 'data');
  mkdirSync(data);
  const output = join(folder, 'trace');
  const node = join(import.meta.dirname, '../node/bare-node.ts');
  const traced = spawn('strace', [...straceArguments(output), process.execPath, node, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => traced.once('exit', resolve));
  const sent = new Map<string, Sent>();
  for await (const line of createInterface({ input: traced.stdout })) {
    const { port, code, pid } = JSON.parse(line) as { port: number; code: string; pid: number };
    const url = `http://127.0.0.1:${String(port)}`;
    const { body } = await ask(`${url}/api/session`, { body: { code, name: 'Wangari', password } });
    const center = { url } as TestNode;
    const token = body['token'] as string;
    const names = Array.from({ length: learners }, (_, n) => `Learner ${String(n)}`);
    const codes = await codesFor(center, token, await makeCohort(center, token), names);
    const joined = await Promise.all(codes.map((enrolment) => joinBy(center, enrolment)));
    await Promise.all(joined.map((learner, n) => work(url, learner, n * 1000, sent)));
    process.kill(pid, 'SIGKILL');
    break;
  }
  await ended;
  const operations = readTrace(readFileSync(output, 'utf8'), data, ofDatabase);
  return { operations, claims: claimsByOperation(operations, revisionsIn), sent };
}

/** Opens what the disk held and says what is missing of what was claimed. */
async function lostOf(files: ReadonlyMap<string, Buffer>, claimed: Iterable<string>, sent: Recording['sent']): Promise<readonly string[]> {
  const place = mkdtempSync(join(scratch, 'cut-'));
  for (const [name, bytes] of files) writeFileSync(join(place, name), bytes);
  // What a power cut leaves is never taken for damage.
  const engine = openEmbedded({ file: join(place, 'node.sqlite'), random: randomBytes, check: 'whole' });
  try {
    const records = engine.database('records-centre');
    const { rows } = await records.list({ partition: null, bodies: true });
    const standing = new Map(rows.map(({ id, rev, document }) => [id, { rev, document }]));
    const lost: string[] = [];
    for (const claim of claimed) {
      const [id = '', rev = ''] = claim.split(' ');
      const found = standing.get(id);
      // A register that was replaced: what stands in its place follows it and was sent too.
      const latest =
        found === undefined || found.rev === rev ? found?.document : (await records.open(id, [rev], { latest: true })).found[0];
      const { _rev, _revisions, ...body } = latest ?? { _id: '', _rev: '' };
      const expected = sent.get(`${id} ${_rev}`);
      if (expected === undefined || JSON.stringify(body) !== JSON.stringify(expected.body)) lost.push(claim);
    }
    return lost;
  } finally {
    await engine.close();
    rmSync(place, { recursive: true });
  }
}

/** Plays the recording and cuts the power wherever `cutsAt` says, in each of these ways; answers with what was lost, at most a few. */
async function replay(
  { operations, claims, sent }: Recording,
  cutsAt: (at: number, operation: Operation) => readonly Fate[],
): Promise<{ readonly cuts: number; readonly lost: readonly string[] }> {
  const disk = createDisk();
  const claimed = new Set<string>();
  const lost: string[] = [];
  let cuts = 0;
  for (const [at, operation] of operations.entries()) {
    disk.apply(operation);
    for (const [id, rev] of claims.get(at) ?? []) claimed.add(`${id} ${rev}`);
    for (const fate of cutsAt(at, operation)) {
      cuts += 1;
      const missing = await lostOf(disk.afterPowerCut(fate, seeded(at)), claimed, sent);
      if (missing.length > 0)
        lost.push(`after operation ${String(at)}, of what no sync covered ${fate}: ${missing.slice(0, 3).join(', ')}`);
    }
    if (lost.length >= 3) break;
  }
  return { cuts, lost };
}

describe.skipIf(!canTrace)('a power cut', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record();
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
    rmSync(scratch, { recursive: true });
  });

  it('is recorded with all that it needs: writes, syncs, a merged log and answers', () => {
    const { operations, claims, sent } = recording;
    const count = (type: Operation['type'], file?: string): number =>
      operations.filter((operation) => operation.type === type && (file === undefined || ('file' in operation && operation.file === file)))
        .length;
    expect(new Set([...claims.values()].flat().map(([id, rev]) => `${id} ${rev}`))).toEqual(new Set(sent.keys()));
    expect(sent.size).toBe(learners * rounds * 4);
    // The log was merged into the file while learners worked.
    expect(count('write', 'node.sqlite')).toBeGreaterThan(50);
    // Many waiting writes share one sync: a learner's pass is a write and a receipt.
    expect(count('sync', 'node.sqlite-wal')).toBeLessThan((learners * rounds) / 2);
  });

  it(
    'takes nothing that an answer had named, at every sync and at seeded moments between',
    { timeout: 120_000 * thoroughness },
    async () => {
      const chosen = seeded(1);
      const { cuts, lost } = await replay(recording, (_at, { type }) => {
        if (type === 'sync' || type === 'sync-directory') return ['none', 'seeded'];
        return chosen() < 0.01 * thoroughness ? ['none', 'all', 'seeded'] : [];
      });
      expect(lost).toEqual([]);
      expect(cuts).toBeGreaterThan(200);
    },
  );

  it('would be noticed, if the node did not sync', { timeout: 120_000 }, async () => {
    const { operations, claims, sent } = recording;
    // The same run on a disk that is never told to write: what it keeps is chance.
    const kept = operations.flatMap((operation, at) =>
      operation.type === 'sync' && operation.file.endsWith('-wal') ? [] : [{ operation, at }],
    );
    const moved = new Map(kept.flatMap(({ at }, now) => (claims.has(at) ? [[now, claims.get(at) ?? []] as const] : [])));
    const silent = { operations: kept.map(({ operation }) => operation), claims: moved, sent };
    // Right after a merge of the log all is in the database's own file, which was told to write: one moment alone may show nothing.
    const moments = new Set([...moved.keys()].toSorted((a, b) => a - b).filter((_, n, all) => n % Math.ceil(all.length / 12) === 0));
    expect((await replay(silent, (at) => (moments.has(at) ? ['none'] : []))).lost).not.toEqual([]);
  });
});
