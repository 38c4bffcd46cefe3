/**
 * The engine on Apache CouchDB 3.3 or newer, one machine or a cluster.
 *
 * Durability: CouchDB syncs before it answers, and a cluster answers 201 when enough copies did. A 202 says that fewer did: it is asked
 * again until it is a 201, and where it stays one, nothing of it counts as written. What an earlier 202 left on one copy can be read there; before
 * `held` names it, it is written once more as it stands, until a 201 says that enough copies have it.
 *
 * Databases are made on first use, partitioned by what stands before the colon, named `<prefix><name>`, so that several nodes may share
 * a CouchDB. Several processes of one node may share the databases: a new edit is checked against the leaves by CouchDB itself. The gate is
 * asked before the write, in line with every other write to the document in this process but not in others; for a merge there, `validate_doc_update` is the wall.
 *
 * A partition has no `_changes` of its own: `range-feed.ts` makes one from its names and leaves.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { RandomBytes } from '../../domain/clock.ts';
import { base32 } from '../../domain/ids.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { CouchAway, createCouchClient, usualTimeLimit, type Ask, type CouchAnswer, type CouchClient } from './couchdb-http.ts';
import { createTail } from './couchdb-tail.ts';
import { parseEdit, parseRev, type Edit } from './document.ts';
import {
  maxLocalsPerSpace,
  revisionDepth,
  StorageFailure,
  type BulkOptions,
  type Change,
  type Changes,
  type ChangesQuery,
  type CouchDocument,
  type Database,
  type DatabaseName,
  type Engine,
  type Listing,
  type Partition,
  type Written,
} from './engine.ts';
import { createLocks } from './locks.ts';
import { positionAfter, toldAfter, type RangeRow } from './range-feed.ts';

/** Milliseconds to wait before a write that too few copies took is sent again. */
const againAfter = [100, 500, 2000];

/** Milliseconds that a feed waits for a change before it is asked anew. Below what proxies allow a silent connection. */
const feedWaits = 25_000;

/** Revisions of which this process remembers that enough copies have them; 100 bytes each. */
const maxConfirmed = 20_000;

/** Documents in one answer, which is held in memory: at 256 kB each a little more than 100 MB. */
const namesPerRead = 500;

const malformed = (): StorageFailure => new StorageFailure('CouchDB gave an answer that is none of CouchDB’s');

function objectOf(value: unknown): JsonObject {
  if (!isObject(value)) throw malformed();
  return value;
}
function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}
function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed();
  return value;
}
function countOf(value: unknown): number {
  if (typeof value !== 'number') throw malformed();
  return value;
}
function documentOf(value: unknown): CouchDocument {
  const { _id: id, _rev: rev, _deleted: deleted } = objectOf(value);
  if (typeof id !== 'string' || typeof rev !== 'string' || (deleted !== undefined && deleted !== true)) throw malformed();
  return value as CouchDocument;
}

const query = (parameters: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, String(value));
  return search.toString();
};

/** CouchDB's own documents stand among the others and are nobody's business here. */
const isOwn = (id: string): boolean => !id.startsWith('_');

const isPartition = (partition: string): boolean => /^[^_:][^:]*$/.test(partition);
const isPartitioned = (id: string): boolean => /^[^_:][^:]*:./s.test(id);

/** CouchDB reads 32 characters as a number of 128 bits and refuses the whole request where they are none. */
const isRevision = (rev: string): boolean => {
  const parsed = parseRev(rev);
  return parsed !== null && (parsed.hash.length !== 32 || /^[0-9a-f]+$/i.test(parsed.hash));
};

const before = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** Leaves as CouchDB ranks them, the winner first: what stands before tombstones, longer before shorter, then by hash. */
function byRank(a: CouchDocument, b: CouchDocument): number {
  const [alive, other] = [a._deleted !== true, b._deleted !== true];
  if (alive !== other) return alive ? -1 : 1;
  const [left, right] = [parseRev(a._rev), parseRev(b._rev)];
  if (left === null || right === null) throw malformed();
  return left.pos !== right.pos ? right.pos - left.pos : left.hash < right.hash ? 1 : -1;
}

/** `_revisions` of a leaf, as revisions, newest first. */
function pathOf(leaf: CouchDocument): readonly string[] {
  const { start, ids } = objectOf(leaf['_revisions']);
  return listOf(ids).map((id, index) => `${String(countOf(start) - index)}-${textOf(id)}`);
}

function withoutPath(leaf: CouchDocument): CouchDocument {
  const { _revisions, ...document } = leaf;
  return document;
}

/** Refusals that are about the document; every other word is about CouchDB. */
function refusalOf(id: string, error: unknown, reason: unknown): Written {
  const words = typeof reason === 'string' ? reason : '';
  switch (error) {
    case 'conflict':
    case 'forbidden':
    case 'doc_validation':
    case 'bad_request':
      return { ok: false, id, error, reason: words };
    case 'unauthorized':
      return { ok: false, id, error: 'forbidden', reason: words };
    case 'illegal_docid':
    case 'illegal_partition':
    case 'too_large':
    case 'document_too_large':
      return { ok: false, id, error: 'bad_request', reason: words };
    default:
      throw new StorageFailure(`CouchDB could not write: ${typeof error === 'string' ? error : 'no reason given'}`);
  }
}

interface Entry {
  readonly index: number;
  readonly edit: Edit;
  readonly given: JsonObject;
}

/** The n-th edits of each document together: a batch may hold several of one document, and they follow each other. */
function roundsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const rounds: Entry[][] = [];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const round = seen.get(entry.edit.id) ?? 0;
    seen.set(entry.edit.id, round + 1);
    (rounds[round] ??= []).push(entry);
  }
  return rounds;
}

/** The document as it is sent. Fields are in one order, so that CouchDB gives the same edit the same name wherever it is made. */
function textOfEdit({ id, rev, path, deleted, body }: Edit, newEdits: boolean): string {
  return canonicalJson({
    ...body,
    _id: id,
    ...(rev === undefined ? {} : { _rev: `${String(rev.pos)}-${rev.hash}` }),
    ...(newEdits || rev === undefined ? {} : { _revisions: { start: rev.pos, ids: path } }),
    ...(deleted ? { _deleted: true } : {}),
  });
}

function openDatabase(client: CouchClient, name: DatabaseName, physical: string, epoch: string) {
  const at = encodeURIComponent(physical);
  const locks = createLocks();
  /** Writes of which a cluster said that enough copies have them. */
  const confirmed = new Set<string>();
  let copies = 1;
  let opening: Promise<void> | null = null;

  const ask = async (method: Parameters<CouchClient['ask']>[0], path: string, options: Ask = {}): Promise<CouchAnswer> => {
    const answer = await client.ask(method, `${at}/${path}`, options);
    // A database that was there and is not must not come back empty under the epoch of what it held.
    if (answer.status === 404 && isObject(answer.body) && answer.body['reason'] === 'Database does not exist.')
      throw new StorageFailure(`The database ${physical} at ${client.host} is gone`);
    return answer;
  };

  async function make(): Promise<void> {
    const made = await client.ask('PUT', `${at}?partitioned=true`, { repeatable: true });
    if (made.status !== 412 && made.status >= 300) throw new StorageFailure(`The database ${physical} at ${client.host} could not be made`);
    const { status, body } = await client.ask('GET', at, { repeatable: true });
    if (status !== 200) throw new StorageFailure(`The database ${physical} at ${client.host} cannot be read`);
    const { props, cluster } = objectOf(body);
    if (!isObject(props) || props['partitioned'] !== true)
      throw new StorageFailure(`The database ${physical} at ${client.host} exists and is not partitioned: it was not made by a node`);
    copies = isObject(cluster) && typeof cluster['n'] === 'number' ? cluster['n'] : Infinity;
    if (made.status !== 412) await ask('PUT', '_revs_limit', { text: String(revisionDepth), repeatable: true });
  }

  /** Makes the database once; where that fails the next question tries again. */
  function ready(): Promise<void> {
    opening ??= make().catch((error: unknown) => {
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

  const remember = (id: string, rev: string): void => {
    if (copies === 1) return;
    confirmed.add(`${id} ${rev}`);
    for (const oldest of confirmed) {
      if (confirmed.size <= maxConfirmed) break;
      confirmed.delete(oldest);
    }
  };

  /** Leaves of documents, whole, with `_revisions`, the winner first. Names that were never written are absent. */
  async function readLeaves(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly CouchDocument[]>> {
    const found = new Map<string, readonly CouchDocument[]>();
    const asked = [...ids];
    for (let at = 0; at < asked.length; at += namesPerRead) {
      const docs = asked.slice(at, at + namesPerRead).map((id) => ({ id }));
      const { results } = await read('POST', '_bulk_get?revs=true', { docs });
      for (const result of listOf(results)) {
        const { id, docs: entries } = objectOf(result);
        const leaves = listOf(entries).flatMap((entry) => {
          const { ok: document, error } = objectOf(entry);
          if (document !== undefined) return [documentOf(document)];
          if (!isObject(error) || error['error'] !== 'not_found') throw malformed();
          return [];
        });
        if (leaves.length > 0) found.set(textOf(id), leaves.toSorted(byRank));
      }
    }
    return found;
  }

  let gathering: { readonly ids: Set<string>; readonly answer: ReturnType<typeof readLeaves> } | null = null;

  /** Questions that are asked in one turn of the event loop share a request: a replicator asks for hundreds of documents one by one. */
  function gather(): NonNullable<typeof gathering> {
    const ids = new Set<string>();
    const answer = nextTurn().then(() => {
      gathering = null;
      return readLeaves(ids);
    });
    return { ids, answer };
  }

  async function leavesOf(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly CouchDocument[]>> {
    const asked = [...ids].filter(isPartitioned);
    if (asked.length === 0) return new Map();
    gathering ??= gather();
    for (const id of asked) gathering.ids.add(id);
    const found = await gathering.answer;
    return new Map(
      asked.flatMap((id) => {
        const leaves = found.get(id);
        return leaves === undefined ? [] : [[id, leaves] as const];
      }),
    );
  }

  /** Names of a partition with their leaves and no bytes of them, in the order of the names. */
  async function rangeOf(partition: string): Promise<readonly RangeRow[]> {
    if (!isPartition(partition)) return [];
    const { rows } = await read('GET', `_partition/${encodeURIComponent(partition)}/_all_docs`);
    const leaves = await leafRevs(listOf(rows).map((row) => textOf(objectOf(row)['id'])));
    return [...leaves].map(([id, revs]) => ({ id, revs })).sort((a, b) => (before(a.id, b.id) ? -1 : 1));
  }

  /** By name; CouchDB looks these names up and does not walk through its feed. The winner is first. */
  async function leafRevs(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const asked = ids.filter(isPartitioned);
    if (asked.length === 0) return new Map();
    const { results } = await read('POST', '_changes?filter=_doc_ids&style=all_docs', { doc_ids: asked });
    return new Map(
      listOf(results)
        .map(changeOf)
        .map(({ id, revs }) => [id, revs]),
    );
  }

  function changeOf(row: unknown): Change {
    const { seq, id, changes, deleted, doc } = objectOf(row);
    return {
      seq: `${textOf(seq)}.${epoch}`,
      id: textOf(id),
      revs: listOf(changes).map((change) => textOf(objectOf(change)['rev'])),
      deleted: deleted === true,
      ...(isObject(doc) ? { document: documentOf(doc) } : {}),
    };
  }

  /** Sends documents of different names until enough copies have them. What a document was refused for is in the answer, by its place. */
  async function send(
    documents: readonly { readonly id: string; readonly text: string }[],
    newEdits: boolean,
  ): Promise<readonly (Written | { rev: string | null })[]> {
    const text = `{"new_edits":${String(newEdits)},"docs":[${documents.map((document) => document.text).join(',')}]}`;
    const { status, body } = await ask('POST', '_bulk_docs', { text, repeatable: !newEdits });
    if (status === 400 || status === 413) {
      // One document that CouchDB cannot read keeps it from writing any.
      const [document, ...others] = documents;
      if (document === undefined) return [];
      if (others.length === 0) {
        const { error, reason } = objectOf(body);
        return [refusalOf(document.id, error, reason)];
      }
      const answers: (Written | { rev: string | null })[] = [];
      for (const one of documents) answers.push(...(await send([one], newEdits)));
      return answers;
    }
    if (status !== 201 && status !== 202) throw new StorageFailure(`CouchDB at ${client.host} did not take a write (${String(status)})`);
    const rows = listOf(body).map(objectOf);
    const answers = documents.map(({ id }) => {
      const row = rows.find((candidate) => candidate['id'] === id);
      if (row?.['error'] !== undefined) return refusalOf(id, row['error'], row['reason']);
      if (newEdits && row === undefined) throw malformed();
      return { rev: row === undefined ? null : textOf(row['rev']) };
    });
    if (status === 202) {
      const written = documents.filter((_, index) => !('ok' in (answers[index] ?? {})));
      if (newEdits) await confirm(await leavesOf(written.map(({ id }) => id)));
      else await sendAgain(written);
    }
    return answers;
  }

  /** Merges the same documents again, until enough copies have them. */
  async function sendAgain(documents: readonly { readonly text: string }[]): Promise<void> {
    const text = `{"new_edits":false,"docs":[${documents.map((document) => document.text).join(',')}]}`;
    for (const wait of againAfter) {
      const { status, body } = await ask('POST', '_bulk_docs', { text, repeatable: true });
      if (status === 201 && listOf(body).length === 0) return;
      await sleep(wait);
    }
    throw new StorageFailure(`Too few machines of the cluster at ${client.host} take writes`);
  }

  /** Writes leaves as they stand, which changes nothing but where copies lack them. */
  async function confirm(leaves: ReadonlyMap<string, readonly CouchDocument[]>): Promise<void> {
    const documents = [...leaves.values()].flat();
    if (documents.length === 0) return;
    await sendAgain(documents.map((document) => ({ text: JSON.stringify(document) })));
    for (const document of documents) remember(document._id, document._rev);
  }

  async function writeRound(round: readonly Entry[], { newEdits, gate }: BulkOptions, answers: Written[]): Promise<void> {
    const standing = newEdits || gate !== undefined ? await leavesOf(round.map(({ edit }) => edit.id)) : new Map<string, never>();
    const known = new Map<string, readonly CouchDocument[]>();
    const allowed = round.filter(({ index, edit, given }) => {
      const leaves: readonly CouchDocument[] = standing.get(edit.id) ?? [];
      const rev = edit.rev === undefined ? undefined : `${String(edit.rev.pos)}-${edit.rev.hash}`;
      const conflicts =
        leaves.length === 0
          ? rev !== undefined
          : !leaves.some((leaf) => (rev === undefined ? leaf === leaves[0] && leaf._deleted === true : leaf._rev === rev));
      if (newEdits && conflicts) {
        answers[index] = { ok: false, id: edit.id, error: 'conflict', reason: 'Document update conflict.' };
        return false;
      }
      if (!newEdits && rev !== undefined && leaves.some((leaf) => pathOf(leaf).includes(rev))) {
        answers[index] = { ok: true, id: edit.id, rev };
        known.set(edit.id, leaves);
        return false;
      }
      const refusal = gate?.(given, leaves[0] === undefined ? null : withoutPath(leaves[0])) ?? null;
      if (refusal !== null) answers[index] = { ok: false, id: edit.id, error: 'forbidden', reason: refusal };
      return refusal === null;
    });
    if (copies > 1) await confirm(known);
    if (allowed.length === 0) return;
    const sent = await send(
      allowed.map(({ edit }) => ({ id: edit.id, text: textOfEdit(edit, newEdits) })),
      newEdits,
    );
    for (const [place, { index, edit }] of allowed.entries()) {
      const answer = sent[place];
      if (answer === undefined) throw malformed();
      if ('ok' in answer) {
        answers[index] = answer;
        continue;
      }
      const rev = answer.rev ?? (edit.rev === undefined ? '' : `${String(edit.rev.pos)}-${edit.rev.hash}`);
      answers[index] = { ok: true, id: edit.id, rev };
      remember(edit.id, rev);
    }
  }

  async function rangeChanges(
    partition: string,
    { since, style, bodies, ids, descending = false, limit = Infinity }: Omit<ChangesQuery, 'partition'>,
  ): Promise<Changes> {
    const rows = await rangeOf(partition);
    const end = positionAfter(rows);
    const wanted = ids === undefined ? null : new Set(ids);
    const told = since === 'now' ? [] : toldAfter(rows, since).filter(({ row }) => wanted === null || wanted.has(row.id));
    // Backwards there is no position in the middle: where it ends, everything is taken as told, as with a sequence.
    const ordered = descending ? told.map(({ row }) => ({ row, seq: end })).toReversed() : told;
    const page = ordered.slice(0, limit);
    const documents = bodies === true ? await leavesOf(page.map(({ row }) => row.id)) : new Map<string, never>();
    const results = page.map(({ row, seq }): Change => {
      const leaves: readonly CouchDocument[] = documents.get(row.id) ?? [];
      const document = leaves.find(({ _rev }) => _rev === row.revs[0]);
      return {
        seq,
        id: row.id,
        revs: style === 'main_only' ? row.revs.slice(0, 1) : row.revs,
        deleted: false,
        ...(document === undefined ? {} : { document: withoutPath(document) }),
      };
    });
    const pending = descending ? 0 : ordered.length - page.length;
    return { results, pending, last: pending === 0 ? end : (page.at(-1)?.seq ?? since) };
  }

  const decodeSeq = (since: string): string => {
    if (since === 'now') return since;
    return since.endsWith(`.${epoch}`) ? since.slice(0, -epoch.length - 1) : '0';
  };

  async function allChanges({ since, style, bodies, ids, descending, limit }: Omit<ChangesQuery, 'partition'>): Promise<Changes> {
    // CouchDB takes 0 for 1.
    const none = limit === 0;
    const parameters = query({
      since: decodeSeq(since),
      style,
      include_docs: bodies === true ? true : undefined,
      descending: descending === true ? true : undefined,
      limit: none ? 1 : limit,
      filter: ids === undefined ? undefined : '_doc_ids',
    });
    const named = ids?.filter(isPartitioned);
    const answer = await read(
      named === undefined ? 'GET' : 'POST',
      `_changes?${parameters}`,
      named === undefined ? undefined : { doc_ids: named },
    );
    const results = listOf(answer['results'])
      .map(changeOf)
      .filter(({ id }) => isOwn(id));
    const pending = descending === true ? 0 : countOf(answer['pending']);
    if (none) return { results: [], last: since, pending: pending + results.length };
    return { results, last: `${textOf(answer['last_seq'])}.${epoch}`, pending };
  }

  const changes = ({ partition, ...asked }: ChangesQuery): Promise<Changes> =>
    partition === null ? allChanges(asked) : rangeChanges(partition, asked);

  const tail = createTail(async (since, signal) => {
    await ready();
    const parameters = since === null ? { since: 'now', limit: 1 } : { since, feed: 'longpoll', timeout: feedWaits };
    const { status, body } = await ask('GET', `_changes?${query(parameters)}`, { signal, timeLimit: 2 * feedWaits });
    if (status !== 200) throw malformed();
    const { results, last_seq: last } = objectOf(body);
    return { ids: listOf(results).map((row) => textOf(objectOf(row)['id'])), last: textOf(last) };
  });

  async function countsOf(partition: Partition): Promise<{ readonly documents: number; readonly deleted: number }> {
    if (partition !== null && !isPartition(partition)) return { documents: 0, deleted: 0 };
    const { doc_count: documents, doc_del_count: deleted } = await read(
      'GET',
      partition === null ? '' : `_partition/${encodeURIComponent(partition)}`,
    );
    if (partition !== null) return { documents: countOf(documents), deleted: countOf(deleted) };
    const designs = countOf((await read('GET', '_design_docs?limit=0'))['total_rows']);
    return { documents: countOf(documents) - designs, deleted: countOf(deleted) };
  }

  async function rowsOf({
    partition,
    start,
    end,
    inclusiveEnd = true,
    descending = false,
    limit,
    skip = 0,
    bodies,
  }: Listing): Promise<readonly JsonObject[]> {
    if (partition !== null && !isPartition(partition)) return [];
    const low = descending ? end : start;
    const high = descending ? start : end;
    // CouchDB calls a range that nothing can be in a mistake.
    if (low !== undefined && high !== undefined && before(high, low)) return [];
    if (
      partition !== null &&
      ((low !== undefined && !before(low, `${partition};`)) || (high !== undefined && before(high, `${partition}:`)))
    )
      return [];
    // In a whole database CouchDB's own documents stand between: they are neither counted nor skipped.
    const designs = partition === null ? countOf((await read('GET', '_design_docs?limit=0'))['total_rows']) : 0;
    const parameters = query({
      start_key: start === undefined ? undefined : JSON.stringify(start),
      end_key: end === undefined ? undefined : JSON.stringify(end),
      inclusive_end: inclusiveEnd ? undefined : false,
      descending: descending ? true : undefined,
      include_docs: bodies === true ? true : undefined,
      limit: limit === undefined ? undefined : designs === 0 ? limit : limit + skip + designs,
      skip: designs === 0 && skip > 0 ? skip : undefined,
    });
    const { rows } = await read(
      'GET',
      `${partition === null ? '' : `_partition/${encodeURIComponent(partition)}/`}_all_docs?${parameters}`,
    );
    const own = listOf(rows)
      .map(objectOf)
      .filter(({ id }) => isOwn(textOf(id)));
    return designs === 0 ? own : own.slice(skip, limit === undefined ? undefined : skip + limit);
  }

  const localName = (text: string): string => createHash('sha256').update(text).digest('base64url');
  let lastTouch = 0;

  async function localOf(path: string): Promise<{ readonly n: number; readonly body: JsonObject } | null> {
    await ready();
    const { status, body } = await ask('GET', path, { repeatable: true });
    if (status === 404) return null;
    const { n, body: own } = objectOf(body);
    return { n: countOf(n), body: objectOf(own) };
  }

  /** Drops those of a space that were not written for longest. */
  async function boundLocals(space: string): Promise<void> {
    const range = query({
      start_key: JSON.stringify(`_local/${space}.`),
      end_key: JSON.stringify(`_local/${space}.~`),
      include_docs: true,
    });
    const locals = listOf((await read('GET', `_local_docs?${range}`))['rows']).map((row) => {
      const { id, doc } = objectOf(row);
      return { id: textOf(id), touched: countOf(objectOf(doc)['touched']) };
    });
    for (const { id } of locals.sort((a, b) => b.touched - a.touched).slice(maxLocalsPerSpace)) await ask('DELETE', id);
  }

  const database: Database = {
    name,

    async info(partition) {
      const counts = await countsOf(partition);
      const { last } = await changes({ partition, since: 'now', style: 'main_only' });
      return { ...counts, sequence: last };
    },

    async get(id) {
      const winner = (await leavesOf([id])).get(id)?.[0];
      return winner === undefined ? null : withoutPath(winner);
    },

    async leaves(id) {
      return ((await leavesOf([id])).get(id) ?? []).map(({ _rev: rev, _deleted: deleted }) => ({ rev, deleted: deleted === true }));
    },

    async open(id, revs, { latest = false } = {}) {
      const leaves = (await leavesOf([id])).get(id) ?? [];
      if (revs === 'all') return { found: leaves, missing: [] };
      const found = new Set<CouchDocument>();
      // Bytes of a revision that was followed stay in CouchDB until it compacts, and are not counted on.
      const missing = revs.filter((rev) => {
        const matching = leaves.filter((leaf) => leaf._rev === rev || (latest && pathOf(leaf).includes(rev)));
        for (const leaf of matching) found.add(leaf);
        return matching.length === 0;
      });
      return { found: [...found], missing };
    },

    async bulk(documents, options) {
      await ready();
      const answers: Written[] = [];
      const entries = documents.flatMap((document, index): Entry[] => {
        const parsed = parseEdit(document, options.newEdits);
        if (!parsed.ok) answers[index] = { ok: false, ...parsed.error };
        else if (!isPartitioned(parsed.value.id))
          answers[index] = { ok: false, id: parsed.value.id, error: 'bad_request', reason: 'A name has the form <partition>:<rest>.' };
        else return [{ index, edit: parsed.value, given: objectOf(document) }];
        return [];
      });
      await locks.hold(
        entries.map(({ edit }) => edit.id),
        async () => {
          for (const round of roundsOf(entries)) await writeRound(round, options, answers);
        },
      );
      return answers;
    },

    async list(listing) {
      const [rows, { documents: total }] = await Promise.all([rowsOf(listing), countsOf(listing.partition)]);
      return {
        total,
        rows: rows.map(({ id, value, doc }) => ({
          id: textOf(id),
          rev: textOf(objectOf(value)['rev']),
          ...(isObject(doc) ? { document: documentOf(doc) } : {}),
        })),
      };
    },

    changes,

    waitForChange(partition, since, signal) {
      const check = async (): Promise<boolean> =>
        since !== 'now' && (await changes({ partition, since, style: 'main_only', limit: 1 })).results.length > 0;
      return tail.wait(partition, check, signal);
    },

    async missing(revs) {
      const askable = Object.entries(revs).flatMap(([id, asked]) => {
        const known = isPartitioned(id) ? asked.filter(isRevision) : [];
        return known.length === 0 ? [] : [[id, known] as const];
      });
      const answer = askable.length === 0 ? {} : await read('POST', '_revs_diff', Object.fromEntries(askable));
      return new Map(
        Object.entries(revs).flatMap(([id, asked]) => {
          const row = Object.hasOwn(answer, id) ? objectOf(answer[id]) : {};
          const absent = new Set(row['missing'] === undefined ? [] : listOf(row['missing']));
          const missing = asked.filter((rev) => absent.has(rev) || !isPartitioned(id) || !isRevision(rev));
          const ancestors = row['possible_ancestors'] === undefined ? [] : listOf(row['possible_ancestors']).map(textOf);
          return missing.length === 0 ? [] : [[id, { missing, ancestors }] as const];
        }),
      );
    },

    async held(revisions) {
      const asked = Object.entries(revisions);
      const leaves = await leafRevs(asked.map(([id]) => id));
      const found = asked.filter(([id, rev]) => leaves.get(id)?.includes(rev) === true);
      if (copies === 1) return Object.fromEntries(found);
      const unsure = found.filter(([id, rev]) => !confirmed.has(`${id} ${rev}`));
      const standing = await leavesOf(unsure.map(([id]) => id));
      await confirm(standing);
      // What was followed meanwhile was not written once more.
      const lost = new Set(unsure.filter(([id, rev]) => standing.get(id)?.some((leaf) => leaf._rev === rev) !== true));
      return Object.fromEntries(found.filter((entry) => !lost.has(entry)));
    },

    async getLocal(space, id) {
      const local = await localOf(`_local/${localName(space)}.${localName(id)}`);
      return local === null ? null : { rev: `0-${String(local.n)}`, body: local.body };
    },

    putLocal(space, id, body) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        const standing = await localOf(path);
        const n = (standing?.n ?? 0) + 1;
        lastTouch = Math.max(lastTouch + 1, Date.now() * 1000);
        // One copy is enough here: a replication that does not find where it stopped compares again.
        const { status } = await ask('PUT', path, { json: { n, touched: lastTouch, body }, repeatable: true });
        if (status >= 300) throw new StorageFailure(`CouchDB at ${client.host} did not take a local document (${String(status)})`);
        if (standing === null) await boundLocals(localName(space));
        return `0-${String(n)}`;
      });
    },

    removeLocal(space, id) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        await ready();
        return (await ask('DELETE', path)).status < 300;
      });
    },
  };

  return { database, tail };
}

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

/** The epoch that the storage was given when it was first used. */
async function epochOf(client: CouchClient, at: string, random: RandomBytes): Promise<string> {
  const made = await client.ask('PUT', at, { repeatable: true });
  if (made.status !== 412 && made.status >= 300) throw new StorageFailure(`No database can be made at ${client.host}`);
  const own = base32(random(10));
  const { status } = await client.ask('PUT', `${at}/epoch`, { json: { epoch: own } });
  if (status === 201) return own;
  if (status !== 409) throw new StorageFailure(`Too few machines of the cluster at ${client.host} take writes`);
  const { body } = await client.ask('GET', `${at}/epoch`, { repeatable: true });
  const { epoch } = objectOf(body);
  return textOf(epoch);
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
}

/**
 * Finds CouchDB, and makes what is missing there.
 *
 * @throws StorageFailure with a sentence where it cannot be reached, is too old, or does not take the credentials
 */
export async function openCouch({ url, prefix, random, patience, timeLimit = usualTimeLimit }: CouchOptions): Promise<Engine> {
  const client = createCouchClient(url, timeLimit);
  await greet(client, performance.now() + patience);
  const own = encodeURIComponent(`${prefix}engine`);
  const epoch = await epochOf(client, own, random);
  const databases = new Map<DatabaseName, ReturnType<typeof openDatabase>>();
  return {
    kind: 'couchdb',
    epoch,

    database(name) {
      const known = databases.get(name);
      if (known !== undefined) return known.database;
      const made = openDatabase(client, name, prefix + name, epoch);
      databases.set(name, made);
      return made.database;
    },

    async writable() {
      try {
        return (await client.ask('PUT', `${own}/_local/mark`, { json: {}, repeatable: true })).status === 201;
      } catch (error) {
        if (error instanceof StorageFailure) return false;
        throw error;
      }
    },

    async close() {
      for (const { tail } of databases.values()) tail.close();
      await client.close();
    },
  };
}
