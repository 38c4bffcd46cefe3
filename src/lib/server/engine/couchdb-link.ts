/** One database at a CouchDB, and how it is asked: one of the node's own is made on its first use, a further one must be there. */
import { isObject, type JsonObject } from '../../domain/shape.ts';
import type { NodeDatabase } from '../../sync/document-rules.ts';
import { isOwn, isPartitioned, listOf, objectOf } from './couchdb-answers.ts';
import type { Ask, CouchAnswer, CouchClient } from './couchdb-http.ts';
import { wallOf } from './couchdb-wall.ts';
import { DatabaseGone, revisionDepth, StorageFailure } from './engine.ts';

/** The node's design document. No road accepts one, and none of the node's answers shows it. */
const wallName = '_design/perigee';

/** Milliseconds. */
const boundTakes = 10_000;

export interface CouchLink {
  /** Host and port, for messages. */
  readonly host: string;
  /** Of this engine; stands in every sequence. */
  readonly epoch: string;
  readonly further: boolean;
  /** Whether a document can have this name here. */
  holds(id: string): boolean;
  /** Copies that a cluster keeps of a document. Known once the database is ready. */
  copies(): number;
  /** Whether of each part of the database more than half of its copies are on machines that CouchDB has in touch at this moment. */
  enoughUp(): Promise<boolean>;
  /** Makes or finds the database once; where that fails the next question tries again. */
  ready(): Promise<void>;
  /** @param path below the database, escaped */
  ask(method: Parameters<CouchClient['ask']>[0], path: string, options?: Ask): Promise<CouchAnswer>;
  /** A question that changes nothing; with a body it is a POST. */
  read(method: 'GET' | 'POST', path: string, json?: unknown): Promise<JsonObject>;
  /** Ends what nobody waits for. */
  close(): void;
}

export interface CouchPlace {
  readonly client: CouchClient;
  /** Its name at CouchDB. */
  readonly physical: string;
  readonly epoch: string;
  /** Whether it is one that somebody made over a road. */
  readonly further: boolean;
  /** Of which of the nodes' databases the second wall stands here; null for no wall. */
  readonly wall: NodeDatabase | null;
}

export function createCouchLink({ client, physical, epoch, further, wall }: CouchPlace): CouchLink {
  const at = encodeURIComponent(physical);
  let copies = 1;
  let opening: Promise<void> | null = null;
  const closing = new AbortController();

  const ask = async (method: Parameters<CouchClient['ask']>[0], path: string, options: Ask = {}): Promise<CouchAnswer> => {
    const answer = await client.ask(method, `${at}/${path}`, options);
    // A database that was there and is not must not come back empty under the epoch of what it held.
    if (answer.status === 404 && isObject(answer.body) && answer.body['reason'] === 'Database does not exist.')
      throw further
        ? new DatabaseGone('The database was dropped')
        : new StorageFailure(`The database ${physical} at ${client.host} is gone`);
    return answer;
  };

  /** Where the copies of each part of the database are. */
  let homes: readonly (readonly unknown[])[] | null = null;

  async function enoughUp(): Promise<boolean> {
    if (copies === 1) return true;
    homes ??= Object.values(await read('GET', '_shards').then(({ shards }) => objectOf(shards))).map(listOf);
    const { status, body } = await client.ask('GET', '_membership', { repeatable: true });
    const up = status === 200 ? new Set(listOf(objectOf(body)['all_nodes'])) : new Set();
    return homes.every((machines) => machines.filter((machine) => up.has(machine)).length > machines.length / 2);
  }

  const copiesOf = (cluster: unknown): number => (isObject(cluster) && typeof cluster['n'] === 'number' ? cluster['n'] : Infinity);

  async function find(): Promise<void> {
    const { status, body } = await ask('GET', '', { repeatable: true });
    if (status !== 200) throw new StorageFailure(`The database ${physical} at ${client.host} cannot be read`);
    copies = copiesOf(objectOf(body)['cluster']);
  }

  async function make(): Promise<void> {
    const made = await client.ask('PUT', `${at}?partitioned=true`, { repeatable: true });
    if (made.status !== 412 && made.status >= 300) throw new StorageFailure(`The database ${physical} at ${client.host} could not be made`);
    const { status, body } = await client.ask('GET', at, { repeatable: true });
    if (status !== 200) throw new StorageFailure(`The database ${physical} at ${client.host} cannot be read`);
    const { props, cluster } = objectOf(body);
    if (!isObject(props) || props['partitioned'] !== true)
      throw new StorageFailure(`The database ${physical} at ${client.host} exists and is not partitioned: it was not made by a node`);
    copies = copiesOf(cluster);
    if (made.status !== 412) void boundRevisions();
    if (wall !== null) await raise(await wallOf(wall));
  }

  /**
   * Revisions that are remembered. CouchDB's own bound is greater and does no harm, so what cannot be set is left, and nobody waits for it: with one machine of a
   * cluster down CouchDB waits a minute for that machine here, and here only; the others have set it by then.
   */
  async function boundRevisions(): Promise<void> {
    const options = { text: String(revisionDepth), repeatable: true, timeLimit: boundTakes, signal: closing.signal };
    try {
      await ask('PUT', '_revs_limit', options);
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
    }
  }

  /** Puts the wall up where another one stands, or none. */
  async function raise(text: string): Promise<void> {
    const { status, body } = await ask('GET', wallName, { repeatable: true });
    const standing = status === 200 ? objectOf(body) : {};
    if (standing['validate_doc_update'] === text) return;
    const rev = standing['_rev'] === undefined ? {} : { _rev: standing['_rev'] };
    const design = { ...rev, language: 'javascript', options: { partitioned: false }, validate_doc_update: text };
    const put = await ask('PUT', wallName, { json: design });
    // A conflict is another process of this node that was first, with the same wall.
    if (put.status >= 300 && put.status !== 409)
      throw new StorageFailure(`CouchDB at ${client.host} did not take the design document of ${physical} (${String(put.status)})`);
  }

  /** Makes the database once; where that fails the next question tries again. */
  function ready(): Promise<void> {
    opening ??= (further ? find : make)().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  async function read(method: 'GET' | 'POST', path: string, json?: unknown): Promise<JsonObject> {
    await ready();
    const { status, body } = await ask(method, path, json === undefined ? { repeatable: true } : { json, repeatable: true });
    if (status !== 200) throw new StorageFailure(`CouchDB at ${client.host} did not take a question (${String(status)})`);
    return objectOf(body);
  }
  const holds = (id: string): boolean => (further ? id !== '' && (isOwn(id) || id.startsWith('_design/')) : isPartitioned(id));

  const close = (): void => {
    closing.abort();
  };

  return { host: client.host, epoch, further, holds, copies: () => copies, enoughUp, ready, ask, read, close };
}
