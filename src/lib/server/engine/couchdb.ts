/**
 * The engine on Apache CouchDB 3.3 or newer, one machine or a cluster.
 *
 * Durability: CouchDB syncs before it answers, and a cluster answers 201 when enough copies did (couchdb-writes.ts says what becomes of a 202).
 *
 * Databases are made on first use, partitioned by what stands before the colon, named `<prefix><name>`, so that several nodes may share
 * a CouchDB. Several processes of one node may share the databases: a new edit is checked against the leaves by CouchDB itself. The gate is
 * asked before the write, in line with every other write to the document in this process but not in others; for a merge there, `validate_doc_update` is the wall.
 *
 * A partition has no `_changes` of its own: `range-feed.ts` makes one from its names and leaves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomBytes } from '../../domain/clock.ts';
import { base32 } from '../../domain/ids.ts';
import { isObject } from '../../domain/shape.ts';
import { readNodeDatabase } from '../../sync/document-rules.ts';
import { listOf, objectOf, query, textOf } from './couchdb-answers.ts';
import { openCouchDatabase, type CouchDatabase } from './couchdb-database.ts';
import { CouchAway, createCouchClient, usualTimeLimit, type CouchAnswer, type CouchClient } from './couchdb-http.ts';
import { StorageFailure, type DatabaseName, type Engine, type FurtherDatabase } from './engine.ts';

/** Stands before the names of further databases, behind the node's prefix; none of the node's own begins so. */
const furtherPrefix = 'further/';

/** Reads who answers. Machines that start together may find CouchDB still starting: it is asked again until `until`. */
async function greet(client: CouchClient, until: number): Promise<void> {
  let answer: CouchAnswer | null = null;
  while (answer === null)
    try {
      answer = await client.ask('GET', '');
    } catch (error) {
      if (!(error instanceof CouchAway) || performance.now() >= until) throw error;
      await sleep(Math.min(1000, until - performance.now()));
    }
  const { couchdb, version, features } = isObject(answer.body) ? answer.body : {};
  if (couchdb !== 'Welcome') throw new StorageFailure(`What answers at ${client.host} is not CouchDB`);
  const [major = 0, minor = 0] = String(version).split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 3) || !Array.isArray(features) || !features.includes('partitioned'))
    throw new StorageFailure(`CouchDB at ${client.host} is ${String(version)}; 3.3 or newer is needed`);
}

interface Epoch {
  readonly epoch: string;
  readonly isRestored: boolean;
}

/** The epoch that the storage was given when it was first used, or a new one that follows it. */
async function epochOf(client: CouchClient, at: string, random: RandomBytes, anew: boolean): Promise<Epoch> {
  const made = await client.ask('PUT', at, { repeatable: true });
  if (made.status !== 412 && made.status >= 300) throw new StorageFailure(`No database can be made at ${client.host}`);
  const own = base32(random(10));
  for (const wait of [100, 500, 2000, null]) {
    // Asked again where the answer was lost, or where too few copies took it, it is a conflict with itself in the end, and what stands is read.
    const { status } = await client.ask('PUT', `${at}/epoch`, { json: { epoch: own }, repeatable: true });
    if (status === 201) return { epoch: own, isRestored: false };
    if (status === 409) break;
    if (wait === null) throw new StorageFailure(`Too few machines of the cluster at ${client.host} take writes`);
    await sleep(wait);
  }
  const { body } = await client.ask('GET', `${at}/epoch`, { repeatable: true });
  const { epoch, followed, _rev } = objectOf(body);
  if (!anew) return { epoch: textOf(epoch), isRestored: typeof followed === 'string' };
  const changed = await client.ask('PUT', `${at}/epoch`, { json: { _rev, epoch: own, followed: epoch } });
  if (changed.status !== 201) throw new StorageFailure(`CouchDB at ${client.host} did not take a new epoch`);
  return { epoch: own, isRestored: true };
}

/** Whether the JavaScript of this CouchDB is new enough for the wall. A wall that it cannot read would keep everything out. */
async function readsWalls(client: CouchClient): Promise<boolean> {
  const { status, body } = await client.ask('GET', '_node/_local/_versions', { repeatable: true });
  const engine = status === 200 ? objectOf(body)['javascript_engine'] : undefined;
  return !(isObject(engine) && engine['name'] === 'spidermonkey' && Number.parseInt(String(engine['version'])) < 60);
}

export interface CouchOptions {
  /** Address with name and password of an administrator of that CouchDB. */
  readonly url: string;
  /** Stands before the names of all databases; `[a-z][a-z0-9_-]*`. Processes that give the same one are one node. */
  readonly prefix: string;
  readonly random: RandomBytes;
  /** Milliseconds for which a CouchDB that does not answer is waited for. */
  readonly patience: number;
  /** Milliseconds that an answer may take. */
  readonly timeLimit?: number;
  /** Whether the second wall stands in the databases that nodes replicate (couchdb-wall.ts). */
  readonly walled?: boolean;
  /** What is there was put back from a backup: whatever was said of it before holds no longer. */
  readonly newEpoch?: boolean;
}

/**
 * Finds CouchDB, and makes what is missing there.
 *
 * @throws StorageFailure with a sentence where it cannot be reached, is too old, or does not take the credentials
 */
export async function openCouch({
  url,
  prefix,
  random,
  patience,
  timeLimit = usualTimeLimit,
  walled = false,
  newEpoch = false,
}: CouchOptions): Promise<Engine> {
  const client = createCouchClient(url, timeLimit);
  await greet(client, performance.now() + patience);
  const marks = encodeURIComponent(`${prefix}engine`);
  const { epoch, isRestored } = await epochOf(client, marks, random, newEpoch);
  const runsWalls = walled && (await readsWalls(client));
  const own = new Map<DatabaseName, CouchDatabase>();
  const further = new Map<DatabaseName, CouchDatabase>();

  function open(name: DatabaseName, isFurther: boolean): FurtherDatabase {
    const opened = isFurther ? further : own;
    const known = opened.get(name);
    if (known !== undefined) return known.database;
    const physical = prefix + (isFurther ? furtherPrefix : '') + name;
    const wall = isFurther || !runsWalls ? null : readNodeDatabase(name);
    const made = openCouchDatabase(client, name, { physical, epoch, further: isFurther, wall });
    opened.set(name, made);
    return made.database;
  }

  /** Names at CouchDB after a beginning. */
  async function namesAfter(beginning: string): Promise<readonly string[]> {
    const range = query({ start_key: JSON.stringify(beginning), end_key: JSON.stringify(`${beginning}\u{10ffff}`) });
    const { status, body } = await client.ask('GET', `_all_dbs?${range}`, { repeatable: true });
    if (status !== 200) throw new StorageFailure(`CouchDB at ${client.host} does not say which databases it has`);
    return listOf(body)
      .map(textOf)
      .filter((name) => name.startsWith(beginning))
      .map((name) => name.slice(beginning.length));
  }

  const at = (name: DatabaseName): string => encodeURIComponent(prefix + furtherPrefix + name);

  function forget(name: DatabaseName): void {
    further.get(name)?.close();
    further.delete(name);
  }

  return {
    kind: 'couchdb',
    epoch,
    isRestored,

    database: (name) => open(name, false),

    databases: async () => (await namesAfter(prefix)).filter((name) => name !== 'engine' && !name.startsWith(furtherPrefix)),

    further: {
      list: () => namesAfter(prefix + furtherPrefix),

      async open(name) {
        const { status } = await client.ask('GET', at(name), { repeatable: true });
        if (status === 200) return open(name, true);
        if (status !== 404) throw new StorageFailure(`The database ${name} at ${client.host} cannot be read`);
        forget(name);
        return null;
      },

      async create(name) {
        const { status } = await client.ask('PUT', at(name));
        if (status === 412) return false;
        if (status >= 300) throw new StorageFailure(`The database ${name} could not be made at ${client.host}`);
        forget(name);
        return true;
      },

      async drop(name) {
        const { status } = await client.ask('DELETE', at(name));
        if (status >= 300 && status !== 404) throw new StorageFailure(`The database ${name} could not be dropped at ${client.host}`);
        forget(name);
        return status !== 404;
      },
    },

    async writable() {
      try {
        return (await client.ask('PUT', `${marks}/_local/mark`, { json: {}, repeatable: true })).status === 201;
      } catch (error) {
        if (error instanceof StorageFailure) return false;
        throw error;
      }
    },

    async close() {
      for (const { close } of [...own.values(), ...further.values()]) close();
      await client.close();
    },
  };
}
