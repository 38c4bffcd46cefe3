/**
 * What the benchmarks of synchronisation have in common: places that an unmodified PouchDB synchronises with (our node, and CouchDB itself), and devices that do.
 *
 * Like is compared with like: CouchDB syncs to disk before it answers, as the node does; each person has a database of their own there, as every guide to PouchDB has it; nobody
 * is signed in there, so CouchDB is spared the tokens and rules that the node checks.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf } from '../src/lib/domain/clock.ts';
import {
  createDeviceId,
  createPersonId,
  createUlid,
  type CourseId,
  type DeviceId,
  type ItemId,
  type PersonId,
} from '../src/lib/domain/ids.ts';
import { attemptId } from '../src/lib/domain/records.ts';
import { createNodeProcess, freePort } from '../scripts/node-process.ts';
import PouchDB, { type Database } from './pouch.ts';

const random = (n: number): Uint8Array => randomBytes(n);

/** Address of a CouchDB with name and password; null where there is none, and what needs one is not run. */
export const couchUrl = process.env['COUCHDB_URL'] || null;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Joined {
  readonly person: PersonId;
  readonly device: DeviceId;
  /** How an unmodified PouchDB opens the person's range. */
  remote(): Database;
}

/** How often a request was answered *busy* and asked again. */
export const refusals = { count: 0 };

/** Asks again when the place said it is busy and when to come again, as every client of HTTP may. */
async function patiently(url: string | Request, init?: RequestInit): Promise<Response> {
  for (;;) {
    const response = await fetch(url, init);
    const after = Number(response.headers.get('retry-after'));
    if (response.status !== 503 || !(after > 0)) return response;
    refusals.count += 1;
    await response.body?.cancel();
    await sleep(after * 1000);
  }
}

const remoteAt = (url: string, authorization: string): Database =>
  new PouchDB(url, {
    adapter: 'http',
    skip_setup: true,
    fetch: (address, options) => {
      const headers = new Headers(options?.headers);
      headers.set('authorization', authorization);
      return patiently(address, { ...options, headers });
    },
  });

export interface Figures {
  /** Resident memory of the node, in bytes. */
  readonly memory: number;
  /** Seconds of processor time since the node started. */
  readonly processor: number;
}

export interface Place {
  readonly name: string;
  readonly origin: string;
  /** People with one device each, signed in. */
  join(count: number): Promise<readonly Joined[]>;
  /** Another device of the same person. */
  again(joined: Joined): Promise<Joined>;
  /** Of the node; of a CouchDB, see `residentAt`. */
  figures(): Promise<Figures>;
  /** Bytes that the databases take on disk. */
  bytes(): Promise<number>;
  remove(): Promise<void>;
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

/** Sockets of this machine that something listens with at a port: a line of the kernel's tables is number, own address, other's address, state (0A is listening), …, inode at the tenth place. */
function listeningAt(url: string): ReadonlySet<string> {
  const { port, protocol } = new URL(url);
  const wanted = Number(port || (protocol === 'https:' ? 443 : 80))
    .toString(16)
    .toUpperCase()
    .padStart(4, '0');
  const lines = ['tcp', 'tcp6']
    .filter((table) => existsSync(`/proc/net/${table}`))
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'));
  return new Set(
    lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, own, , state]) => own?.endsWith(`:${wanted}`) === true && state === '0A')
      .map((line) => `socket:[${line[9] ?? ''}]`),
  );
}

/** What a reading of `/proc` gives; null for what has ended or closed since it was listed, or is not ours to see. */
function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const processes = (): readonly string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** The process of this machine that listens at an address; null where it is none of them, or not ours to see. */
function listenerAt(url: string): string | null {
  if (!isLocal(url)) return null;
  const sockets = listeningAt(url);
  // One by one: a server under load closes a descriptor between two looks, and the others still tell whose they are.
  const holds = (pid: string): boolean =>
    (orNull(() => readdirSync(`/proc/${pid}/fd`)) ?? []).some((fd) =>
      sockets.has(orNull(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? ''),
    );
  return processes().find(holds) ?? null;
}

const isLocal = (url: string): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);

/** Of the processes of a CouchDB, under the name of the first (`beam.smp`), in bytes. */
export interface Resident {
  readonly name: string;
  readonly bytes: number;
}

const listeners = new Map<string, string>();

/**
 * Resident memory of the process that listens at an address, and of those that it started: CouchDB runs its JavaScript in processes of their own. Null where it is
 * not on this machine, or not ours to look into.
 */
export function residentAt(url: string): Resident | null {
  const statusOf = (pid: string): string => orNull(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  const field = (status: string, name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const pid = listeners.get(url) ?? listenerAt(url);
  if (pid === null) return null;
  listeners.set(url, pid);
  const statuses = new Map(processes().map((one) => [one, statusOf(one)]));
  const isOf = (one: string): boolean => one === pid || (statuses.has(one) && isOf(field(statuses.get(one) ?? '', 'PPid')));
  const bytes = [...statuses].filter(([one]) => isOf(one)).reduce((sum, [, status]) => sum + Number(field(status, 'VmRSS')) * 1024, 0);
  return { name: field(statuses.get(pid) ?? '', 'Name'), bytes };
}

async function askCouch(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const { origin, username, password } = new URL(url);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  const response = await fetch(`${origin}/${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function couchNames(url: string, prefix: string): Promise<readonly string[]> {
  const range = new URLSearchParams({ start_key: JSON.stringify(prefix), end_key: JSON.stringify(`${prefix}~`) });
  return (await askCouch(url, 'GET', `_all_dbs?${range.toString()}`)) as string[];
}

async function couchBytes(url: string, prefix: string): Promise<number> {
  const infos = await Promise.all(
    (await couchNames(url, prefix)).map((name) => askCouch(url, 'GET', encodeURIComponent(name)) as Promise<{ sizes: { file: number } }>),
  );
  return infos.reduce((sum, { sizes }) => sum + sizes.file, 0);
}

async function removeCouch(url: string, prefix: string): Promise<void> {
  for (const name of await couchNames(url, prefix)) await askCouch(url, 'DELETE', encodeURIComponent(name));
}

/** Databases that a CouchDB keeps open at once: of its own it keeps 500, and answers a 500 to whoever comes as the next. What it was is given back. */
async function keepOpen(url: string, databases: string): Promise<string> {
  const was = await askCouch(url, 'PUT', '_node/_local/_config/couchdb/max_dbs_open', databases);
  return String(was);
}

/** CouchDB itself, a database for each person. */
export function openCouchPlace(url: string): Place {
  const prefix = `perigee-bench-${randomBytes(4).toString('hex')}-`;
  const { origin, username, password } = new URL(url);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  const one = (person: PersonId): Joined => ({
    person,
    device: createDeviceId(random),
    remote: () => remoteAt(`${origin}/${prefix}${person}`, authorization),
  });
  let opened: string | null = null;
  return {
    name: 'CouchDB',
    origin,
    async join(count) {
      opened ??= await keepOpen(url, '5000');
      const people = Array.from({ length: count }, () => createPersonId(random));
      for (const person of people) await askCouch(url, 'PUT', `${prefix}${person}?q=1`);
      return people.map(one);
    },
    again: async ({ person }) => one(person),
    figures: () => Promise.reject(new Error('CouchDB has no figures of its own')),
    bytes: () => couchBytes(url, prefix),
    async remove() {
      await removeCouch(url, prefix);
      if (opened !== null) await keepOpen(url, opened === '' ? '500' : opened);
    },
  };
}

/** Our node in a process of its own. `couchdb` puts its databases there; else they are embedded. `data` is a folder that was prepared. */
export async function openNodePlace(given: { couchdb?: string; data?: string } = {}): Promise<Place> {
  const data = given.data ?? mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const port = await freePort();
  const origin = `http://127.0.0.1:${String(port)}`;
  const name = `bench-${randomBytes(4).toString('hex')}`;
  const environment = { PERIGEE_NODE: given.data === undefined ? name : '', PERIGEE_ORIGIN: origin, COUCHDB_URL: given.couchdb ?? '' };
  const node = createNodeProcess({ port, data, environment });
  await node.start();
  const ask = async (path: string, body: unknown, token?: string): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const response = await patiently(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const { token: staff } = await ask('/api/session', { code: node.firstRunCode, name: 'Bench', password: 'a long pass phrase' });
  const { id: cohort } = await ask('/api/cohorts', { title: 'Bench', courses: ['satellite-navigation'] }, String(staff));
  const enter = async (code: string): Promise<Joined & { token: string }> => {
    const device = createDeviceId(random);
    const { token, person } = await ask('/api/session', { code, device, person: createPersonId(random), name: 'Learner' });
    const remote = (): Database => remoteAt(`${origin}/replica/person/${String(person)}`, `Bearer ${String(token)}`);
    return { person: person as PersonId, device, token: String(token), remote };
  };
  const tokens = new Map<PersonId, string>();
  return {
    name: given.couchdb === undefined ? 'the node' : 'the node on CouchDB',
    origin,
    async join(count) {
      const { lines } = (await ask(`/api/cohorts/${String(cohort)}/codes`, { count }, String(staff))) as unknown as {
        lines: readonly { readonly code: string }[];
      };
      const joined: Joined[] = [];
      for (let at = 0; at < lines.length; at += 20)
        joined.push(...(await Promise.all(lines.slice(at, at + 20).map(({ code }) => enter(code)))));
      for (const one of joined) tokens.set(one.person, (one as Joined & { token: string }).token);
      return joined;
    },
    async again({ person }) {
      const { code } = await ask('/api/link', {}, tokens.get(person));
      return enter(String(code));
    },
    async figures() {
      const text = await (await fetch(`${origin}/metrics`)).text();
      const figure = (metric: string): number => Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
      return { memory: figure('process_resident_memory_bytes'), processor: figure('process_cpu_seconds_total') };
    },
    bytes: async () =>
      given.couchdb === undefined
        ? bytesIn(data) - bytesIn(join(data, 'pieces')) - bytesIn(join(data, 'published'))
        : couchBytes(given.couchdb, `perigee_${name}_`),
    async remove() {
      await node.stop();
      if (given.couchdb !== undefined) await removeCouch(given.couchdb, `perigee_${name}_`);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A document as the app writes one when a question is answered: about 450 bytes. */
export function anAttempt({ person, device }: Pick<Joined, 'person' | 'device'>, n: number): object {
  const course = 'satellite-navigation' as CourseId;
  const item = `item-${String(n % 40)}` as ItemId;
  const ulid = createUlid(Date.now(), random);
  const at = instantOf(Date.now());
  const what = { v: 1, ulid, at, language: 'en', exercise: 'choice', response: { choice: 'b' }, score: 1, points: 1, seconds: 12 };
  return { _id: attemptId(person, course, item, ulid), kind: 'attempt', person, course, unit: 'unit', item, writer: device, ...what };
}

export interface Device {
  /** Answers so many questions and synchronises both ways, as `PouchDB.sync` does. */
  pass(documents: number): Promise<void>;
  /** Documents that the place holds of this person. */
  held(): Promise<number>;
  /** Documents on the device. */
  own(): Promise<number>;
  close(): Promise<void>;
}

let made = 0;

/** An unmodified PouchDB in memory. */
export function openDevice(joined: Joined): Device {
  const local = new PouchDB(`bench-${String(made++)}`, { adapter: 'memory' });
  const remote = joined.remote();
  return {
    async pass(documents) {
      if (documents > 0) await local.bulkDocs(Array.from({ length: documents }, (_, n) => anAttempt(joined, n)));
      await local.sync(remote, {});
    },
    held: async () => (await remote.info()).doc_count,
    own: async () => (await local.info()).doc_count,
    close: () => local.destroy(),
  };
}

/** Does the work for each, so many at once. */
export async function atOnce<Value>(values: readonly Value[], many: number, work: (value: Value) => Promise<void>): Promise<void> {
  const rest = values[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const value of rest) await work(value);
  };
  await Promise.all(Array.from({ length: many }, worker));
}

/** Seconds that the work took. */
export async function secondsOf(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}
