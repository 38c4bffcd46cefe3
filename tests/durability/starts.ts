/**
 * Starts after the worst: the shipped node, `perigee serve --lan`, with a data folder of its own, is killed at random moments under load and goes on with what it left; and is started on what a power cut
 * left of the whole folder, at any point of a recorded run: the first start, people coming in, records, an erasure. Every start must answer `/health`, know everybody and all that an answer had
 * named, still be the same node and authority, and pass the audit.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { NodeId, PersonId } from '../../src/lib/domain/ids.ts';
import { createDeviceId } from '../../src/lib/domain/ids.ts';
import { audit } from '../../src/lib/server/backup/audit.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { serveFlags } from '../../scripts/find-node.mjs';
import { createNodeProcess, freePort } from '../../scripts/node-process.ts';
import { dropPackage, makePackage, makePublisher } from '../e2e/foreign-package.ts';
import { aRecord } from '../fixtures/records.ts';
import { answer, createDevice, waiting, type TestDevice } from '../node/device-kit.ts';
import { ask, codesFor, joinBy, makeCohort, password, random, type Learner, type TestNode } from '../node/kit.ts';
import { claimsByOperation, revisionsIn } from './claims.ts';
import { createDisk, type Fate } from './disk.ts';
import { seeded } from './seeded.ts';
import { ofNode, readTrace, straceArguments, type Operation } from './trace.ts';

export interface Starts {
  /** Milliseconds from the process's beginning until `/health` said ok, of each start. */
  readonly times: readonly number[];
  /** What was wrong after a start, in words; empty where nothing was. */
  readonly faults: readonly string[];
  /** Revisions that answers had named, summed over what each start was asked for. */
  readonly asked: number;
}

const root = join(import.meta.dirname, '../..');
const name = 'test-centre' as NodeId;
const options = ['--lan'];
/** In memory where the system has such a place. */
const scratchIn = (): string => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'perigee-starts-'));

/** The node's own audit, on a folder that no process uses. */
async function auditOf(data: string): Promise<readonly string[]> {
  const engine = openEmbedded({ file: join(data, 'node.sqlite'), random });
  try {
    const { findings, conflicts } = await audit({ engine, node: name, data });
    return [
      ...findings.map(({ where, id, what }) => `audit: ${where} ${id} ${what}`),
      ...conflicts.map(({ where, id }) => `audit: ${where} ${id} is in conflict`),
    ];
  } finally {
    await engine.close();
  }
}

/** What a node must stay: its key, and the authority that phones trust. */
async function identityOf(
  origin: string,
  data: string,
): Promise<{ readonly node: string; readonly epoch: string; readonly key: string; readonly authority: string }> {
  const { body } = await ask(`${origin}/api/node`);
  const { node, epoch, key } = body as { node: string; epoch: string; key: string };
  return { node, epoch, key, authority: readFileSync(join(data, 'authority', 'authority.pem'), 'utf8') };
}

/** A course of another publisher, as it would have come from a parent. */
const bringPackage = (data: string): void => dropPackage(data, 'from-elsewhere', makePackage(makePublisher(), 'from-elsewhere'));

/* Kills. */

interface Handed {
  /** The newest revision of each document that a receipt named. */
  readonly receipted: Map<string, string>;
  readonly cohorts: Set<string>;
  passes: number;
  answers: number;
}

const generation = (rev: string): number => Number(rev.split('-')[0]);

/** Answers questions and hands them over until the node is gone. */
async function learn(device: TestDevice, handed: Handed): Promise<void> {
  for (;;) {
    await answer(device, ++handed.answers, 1);
    const outcome = await device.pass({
      receipted: ({ revisions }) => {
        for (const [id, rev] of revisions) if (generation(rev) > generation(handed.receipted.get(id) ?? '0')) handed.receipted.set(id, rev);
      },
    });
    if (outcome.type === 'failed') return;
    handed.passes += 1;
  }
}

/** A trainer makes cohorts and somebody installs a course until the node is gone. */
async function teach(node: TestNode, token: string, handed: Handed): Promise<void> {
  try {
    for (;;) {
      handed.cohorts.add(await makeCohort(node, token));
      const { body } = await ask(`${node.url}/content/manifests/space-law`);
      const pieces = (body['manifest'] as { pieces: { sha256: string }[] } | undefined)?.pieces.slice(0, 40).map(({ sha256 }) => sha256);
      await ask(`${node.url}/content/pack`, { body: { pieces } });
      await wait(30);
    }
  } catch {
    // It was killed.
  }
}

/** Kills a node so many times, a fifth of them while it starts. */
export async function kills(count: number, seed: number): Promise<Starts> {
  const chance = seeded(seed);
  const scratch = scratchIn();
  const data = join(scratch, 'data');
  mkdirSync(data, { mode: 0o700 });
  const process = createNodeProcess({ port: await freePort(), data, options, environment: { PERIGEE_NODE: name } });
  const node = { url: process.origin } as TestNode;
  const [times, faults]: [number[], string[]] = [[], []];
  const handed: Handed = { receipted: new Map(), cohorts: new Set(), passes: 0, answers: 0 };
  let asked = 0;

  async function start(): Promise<void> {
    await process.start();
    times.push(process.answeredAfter);
  }

  async function check(devices: readonly TestDevice[], token: string): Promise<void> {
    for (const { session } of devices) {
      const own = [...handed.receipted].filter(([id]) => id.startsWith(session.person));
      asked += own.length;
      const { status, body } = await ask(`${node.url}/replica/person/${session.person}/_revs_diff`, {
        token: session.token,
        body: Object.fromEntries(own.map(([id, rev]) => [id, [rev]])),
      });
      if (status !== 200 || Object.keys(body).length > 0)
        faults.push(`kill ${String(times.length)}: ${String(status)} ${JSON.stringify(body)}`);
    }
    const { body } = await ask(`${node.url}/api/cohorts`, { token });
    const there = new Set((body['cohorts'] as { id: string }[]).map(({ id }) => id));
    for (const id of handed.cohorts) if (!there.has(id)) faults.push(`kill ${String(times.length)}: the cohort ${id} is gone`);
  }

  try {
    await start();
    const claimed = await ask(`${node.url}/api/session`, { body: { code: process.firstRunCode, name: 'Wangari', password } });
    const token = claimed.body['token'] as string;
    const codes = await codesFor(node, token, await makeCohort(node, token), ['a', 'b', 'c', 'd']);
    const devices: TestDevice[] = [];
    for (const code of codes) devices.push(await createDevice(node, code));
    const identity = await identityOf(node.url, data);
    for (let done = 0; done < count;) {
      const working = [...devices.map((device) => learn(device, handed)), teach(node, token, handed)];
      const enough = handed.passes + devices.length;
      do await wait(5 + chance() * 300);
      while (handed.passes < enough);
      await process.stop('SIGKILL');
      await Promise.all(working);
      done += 1;
      if (done === 2) bringPackage(data);
      if (chance() < 0.25 && done < count) {
        // In the middle of its start, or a moment after it.
        const starting = process.start().then(
          () => true,
          () => false,
        );
        await wait(chance() * 1500);
        await process.stop('SIGKILL');
        await starting;
        done += 1;
      }
      await start();
      await check(devices, token);
      const now = await identityOf(node.url, data);
      if (JSON.stringify(now) !== JSON.stringify(identity))
        faults.push(`kill ${String(done)}: the node is ${JSON.stringify(now)} and was ${JSON.stringify(identity)}`);
    }
    for (const device of devices) {
      const outcome = await device.pass();
      if (outcome.type !== 'done' || outcome.unconfirmed > 0 || (await waiting(device)) > 0)
        faults.push(`at the end: ${JSON.stringify(outcome)}`);
    }
    await process.stop('SIGKILL');
    faults.push(...(await auditOf(data)));
    // The first start has everything to compile and stands for itself.
    return { times: times.slice(1), faults, asked };
  } finally {
    await process.stop('SIGKILL');
    rmSync(scratch, { recursive: true });
  }
}

/* Power cuts. */

interface Recording {
  readonly before: ReadonlyMap<string, Buffer>;
  readonly operations: readonly Operation[];
  readonly claims: ReadonlyMap<number, readonly string[]>;
  /** Of whom each is: tokens by person. */
  readonly tokens: ReadonlyMap<PersonId, string>;
  readonly token: string;
  readonly identity: Awaited<ReturnType<typeof identityOf>>;
}

/** What an answer says for good: revisions, tokens, codes that nobody uses afterwards, erased people. */
function claimsIn(value: unknown): readonly string[] {
  const { token, lines, erased } = value as { token?: string; lines?: { name: string; code: string }[]; erased?: string[] };
  return [
    ...revisionsIn(value).map(([id, rev]) => `revision ${id} ${rev}`),
    ...(token === undefined ? [] : [`token ${token}`]),
    ...(lines ?? []).flatMap(({ name: given, code }) => (given.startsWith('Spare') ? [`code ${code}`] : [])),
    ...(erased ?? []).map((person) => `erased ${person}`),
  ];
}

function filesUnder(folder: string, path = ''): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(join(folder, path))) {
    const at = path === '' ? entry : `${path}/${entry}`;
    if (statSync(join(folder, at)).isDirectory()) for (const [below, bytes] of filesUnder(folder, at)) files.set(below, bytes);
    else files.set(at, readFileSync(join(folder, at)));
  }
  return files;
}

/** One learner's passes on the standard road, with an answer to each. */
async function work(url: string, { person, device, token }: Learner, first: number, rounds: number): Promise<void> {
  const headers = { 'accept-encoding': 'identity' };
  let register: string | null = null;
  for (let round = 0; round < rounds; round++) {
    const made = [0, 1, 2].map((i) => ({
      ...aRecord('attempt', person, device, first + round * 3 + i),
      response: { text: 'perigee '.repeat(((first + round) % 4) * 200) },
    }));
    const docs = [...made, { ...aRecord('register', person, device, round + 1), ...(register === null ? {} : { _rev: register }) }];
    const { body } = await ask(`${url}/replica/person/${person}/_bulk_docs`, { token, headers, body: { docs } });
    const written = body as unknown as { id: string; rev: string }[];
    register = written.at(-1)?.rev ?? null;
    const revisions = Object.fromEntries(written.map(({ id, rev }) => [id, rev]));
    await ask(`${url}/sync`, { token, headers, body: { person, device, revisions } });
  }
}

async function record(folder: string): Promise<Recording> {
  const data = join(folder, 'data');
  const output = join(folder, 'trace');
  mkdirSync(data, { mode: 0o700 });
  bringPackage(data);
  const before = filesUnder(data);
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const command = [process.execPath, ...serveFlags, 'scripts/perigee.ts', 'serve', ...options];
  const traced = spawn('strace', [...straceArguments(output), ...command], {
    cwd: root,
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', PERIGEE_DATA: data, PERIGEE_NODE: name },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise((resolve) => traced.once('exit', resolve));
  let printed = '';
  const listen = (chunk: Buffer): void => void (printed += chunk.toString());
  traced.stdout.on('data', listen);
  traced.stderr.on('data', listen);
  const codeIn = (): string | undefined => /\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/.exec(printed)?.[0];
  try {
    for (const until = Date.now() + 120_000; codeIn() === undefined;) {
      if (traced.exitCode !== null || Date.now() > until) throw new Error(`The recorded node did not start:\n${printed}`);
      await wait(100);
    }
    const headers = { 'accept-encoding': 'identity' };
    const { body } = await ask(`${url}/api/session`, { headers, body: { code: codeIn(), name: 'Wangari', password } });
    const centre = { url } as TestNode;
    const token = body['token'] as string;
    const identity = await identityOf(url, data);
    const learners: Learner[] = [];
    for (const wave of [0, 1, 2]) {
      const cohort = await makeCohort(centre, token);
      const { body: made } = await ask(`${url}/api/cohorts/${cohort}/codes`, {
        token,
        headers,
        body: { names: ['Spare', ...[0, 1, 2].map((n) => `Learner ${String(wave * 3 + n)}`)] },
      });
      const codes = (made['lines'] as { name: string; code: string }[])
        .filter(({ name: given }) => given !== 'Spare')
        .map(({ code }) => code);
      learners.push(...(await Promise.all(codes.map((code) => joinBy(centre, code)))));
      await Promise.all(learners.map((learner, n) => work(url, learner, wave * 10_000 + n * 1000, 5)));
    }
    const [leaving] = learners;
    if (leaving === undefined) throw new Error('Nobody came');
    await ask(`${url}/api/people/${leaving.person}/erase`, { token, headers, body: { confirm: leaving.person } });
    const staying = learners.slice(1);
    await Promise.all(staying.map((learner, n) => work(url, learner, 90_000 + n * 1000, 3)));
    process.kill(-(traced.pid ?? 0), 'SIGKILL');
    await ended;
    const operations = readTrace(readFileSync(output, 'latin1'), data, ofNode, before);
    return {
      before,
      operations,
      claims: claimsByOperation(operations, claimsIn),
      tokens: new Map(learners.map((learner) => [learner.person, learner.token])),
      token,
      identity,
    };
  } finally {
    if (traced.exitCode === null && traced.signalCode === null) process.kill(-(traced.pid ?? 0), 'SIGKILL');
  }
}

/** What is missing of what had been claimed, asked of a running node. */
async function missingAt(
  url: string,
  data: string,
  claimed: ReadonlySet<string>,
  recording: Recording,
): Promise<{ faults: string[]; asked: number }> {
  const faults: string[] = [];
  const of = (kind: string): readonly string[][] => [...claimed].map((claim) => claim.split(' ')).filter(([first]) => first === kind);
  const erased = new Set(of('erased').map(([, person = '']) => person));
  let asked = 0;
  for (const [person, token] of recording.tokens) {
    const own = of('revision').filter(([, id]) => id?.startsWith(`${person}:`) === true);
    if (erased.has(person)) {
      const { status } = await ask(`${url}/replica/person/${person}/_all_docs`, { token: recording.token });
      const { rows } = (await ask(`${url}/replica/person/${person}/_all_docs`, { token: recording.token })).body as { rows?: unknown[] };
      if (status === 200 && rows !== undefined && rows.length > 0)
        faults.push(`${person} was erased and has ${String(rows.length)} documents`);
      continue;
    }
    if (own.length === 0) continue;
    asked += own.length;
    const revs: Record<string, string[]> = {};
    for (const [, id = '', rev = ''] of own) (revs[id] ??= []).push(rev);
    const { status, body } = await ask(`${url}/replica/person/${person}/_revs_diff`, { token, body: revs });
    // An erasure that was under way and not answered yet may stand or not.
    if (status === 403 && JSON.stringify(body).includes('erased')) continue;
    if (status !== 200 || Object.keys(body).length > 0)
      faults.push(`records of ${person}: ${String(status)} ${JSON.stringify(body).slice(0, 300)}`);
  }
  for (const [, token = ''] of of('token')) {
    const { status } = await ask(`${url}/api/node`, { token });
    const { status: own, body } = await ask(`${url}/api/me`, { token });
    if (status !== 200 || (own === 401 && body['error'] !== 'erased'))
      faults.push(`a token is not accepted any more: ${JSON.stringify(body)}`);
  }
  for (const [, code = ''] of of('code')) {
    const { status } = await ask(`${url}/api/session`, { body: { code, device: createDeviceId(random) } });
    if (status !== 200) faults.push(`the code ${code} is not accepted any more: ${String(status)}`);
  }
  if (claimed.size > 0) {
    const { epoch: _made, ...now } = await identityOf(url, data);
    const { epoch: _was, ...was } = recording.identity;
    if (JSON.stringify(now) !== JSON.stringify(was)) faults.push(`the node is ${JSON.stringify(now)} and was ${JSON.stringify(was)}`);
  }
  return { faults, asked };
}

/** Cuts the power at so many points of a recorded run, a fifth of them before the node first answered, and starts the node on what is left. */
export async function powerCuts(count: number, seed: number): Promise<Starts> {
  const chance = seeded(seed);
  const scratch = scratchIn();
  const [times, faults]: [number[], string[]] = [[], []];
  let asked = 0;
  try {
    const recording = await record(scratch);
    const { operations, claims, before } = recording;
    const firstClaim = Math.min(...claims.keys());
    const points = Array.from({ length: count }, (_, n) =>
      n % 5 === 0 ? Math.floor(chance() * firstClaim) : firstClaim + Math.floor(chance() * (operations.length - firstClaim)),
    ).sort((a, b) => a - b);
    const disk = createDisk(before);
    const claimed = new Set<string>();
    const fates: readonly Fate[] = ['seeded', 'none', 'seeded', 'all'];
    const port = await freePort();
    let at = 0;
    for (const [n, point] of points.entries()) {
      for (; at <= point; at++) {
        const operation = operations[at];
        if (operation === undefined) break;
        disk.apply(operation);
        for (const claim of claims.get(at) ?? []) claimed.add(claim);
      }
      const fate = fates[n % fates.length] ?? 'seeded';
      const where = `power cut after operation ${String(point)} of ${String(operations.length)} (seed ${String(seed)}), of what no sync covered ${fate}`;
      const data = join(scratch, `cut-${String(n)}`);
      for (const [file, bytes] of disk.afterPowerCut(fate, chance)) {
        mkdirSync(dirname(join(data, file)), { recursive: true, mode: 0o700 });
        writeFileSync(join(data, file), bytes, { mode: 0o600 });
      }
      const node = createNodeProcess({ port, data, options, environment: { PERIGEE_NODE: name } });
      try {
        await node.start();
        times.push(node.answeredAfter);
        const missing = await missingAt(node.origin, data, claimed, recording);
        asked += missing.asked;
        await node.stop('SIGKILL');
        for (const fault of [...missing.faults, ...(await auditOf(data))]) faults.push(`${where}: ${fault}`);
      } catch (error) {
        faults.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await node.stop('SIGKILL');
        rmSync(data, { recursive: true, force: true });
      }
    }
    return { times, faults, asked };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
