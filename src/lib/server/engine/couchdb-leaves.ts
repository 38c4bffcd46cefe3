/** Leaves of documents at a CouchDB: whole, or their revisions alone. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../../domain/shape.ts';
import { before, byRank, documentOf, isPartition, listOf, objectOf, query, textOf } from './couchdb-answers.ts';
import { troubledAgain } from './couchdb-http.ts';
import type { CouchLink } from './couchdb-link.ts';
import { isBehind, type CouchRecent } from './couchdb-recent.ts';
import { StorageFailure, type Change, type CouchDocument } from './engine.ts';
import type { RangeRow } from './range-feed.ts';

/** Documents in one answer, which is held in memory: at 256 kB each a little more than 100 MB. */
const namesPerRead = 500;

export interface CouchLeaves {
  /** Leaves, whole, with `_revisions`, the winner first. Names that were never written are absent. */
  leavesOf(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly CouchDocument[]>>;
  /** The same, from every copy that can be reached, not from enough of them alone. */
  leavesEverywhere(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly CouchDocument[]>>;
  /** By name; CouchDB looks these names up and does not walk through its feed. The winner is first. */
  leafRevs(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Names of a partition with their leaves and no bytes of them, in the order of the names. */
  rangeOf(partition: string): Promise<readonly RangeRow[]>;
  /** A row of `_changes`. */
  changeOf(row: unknown): Change;
}

export function createCouchLeaves({ host, read, ready, epoch, holds, copies }: CouchLink, recent: CouchRecent): CouchLeaves {
  /** Reads leaves into `found`; answers the names that CouchDB failed to read, each of which it tells by itself. */
  async function readSome(
    ids: readonly string[],
    asks: number | undefined,
    found: Map<string, readonly CouchDocument[]>,
  ): Promise<readonly string[]> {
    const { results } = await read('POST', `_bulk_get?${query({ revs: true, r: asks })}`, { docs: ids.map((id) => ({ id })) });
    const failed: string[] = [];
    for (const result of listOf(results)) {
      const { id, docs } = objectOf(result);
      const entries = listOf(docs).map(objectOf);
      const errors = entries.flatMap(({ ok: document, error }) => (document === undefined ? [objectOf(error)['error']] : []));
      const leaves = entries.flatMap(({ ok: document }) => (document === undefined ? [] : [documentOf(document)]));
      if (errors.some((error) => error !== 'not_found')) failed.push(textOf(id));
      else if (leaves.length > 0) found.set(textOf(id), leaves.toSorted(byRank));
    }
    return failed;
  }

  /**
   * Leaves of documents, whole, with `_revisions`, the winner first. Names that were never written are absent.
   *
   * @param asks copies that must answer, as far as they can be reached; left out: more than half
   */
  async function readLeaves(ids: ReadonlySet<string>, asks?: number): Promise<ReadonlyMap<string, readonly CouchDocument[]>> {
    const found = new Map<string, readonly CouchDocument[]>();
    const asked = [...ids];
    for (let at = 0; at < asked.length; at += namesPerRead) {
      let open: readonly string[] = asked.slice(at, at + namesPerRead);
      for (const wait of [...troubledAgain, null]) {
        const failed = await readSome(open, asks, found);
        if (failed.length === 0) break;
        if (wait === null) throw new StorageFailure(`CouchDB at ${host} cannot read some documents for now`);
        await sleep(wait);
        open = failed;
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
    const asked = [...ids].filter(holds);
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

  async function leavesEverywhere(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly CouchDocument[]>> {
    await ready();
    return readLeaves(new Set([...ids].filter(holds)), copies());
  }

  async function rangeOf(partition: string): Promise<readonly RangeRow[]> {
    if (!isPartition(partition)) return [];
    const { rows } = await read('GET', `_partition/${encodeURIComponent(partition)}/_all_docs`);
    const names = new Set(listOf(rows).map((row) => textOf(objectOf(row)['id'])));
    const fresh = copies() === 1 ? new Map<string, never>() : recent.of(partition);
    for (const id of fresh.keys()) names.add(id);
    const leaves = new Map(await leafRevs([...names]));
    // What this process wrote and the copy that answered does not have yet.
    const behind = [...fresh].flatMap(([id, rev]) => (isBehind(leaves.get(id) ?? [], rev) ? [id] : []));
    const standing = await leavesOf(behind);
    for (const id of behind) {
      const found = standing.get(id);
      if (found === undefined) recent.forget(id);
      if (found?.some((leaf) => leaf._deleted !== true) === true)
        leaves.set(
          id,
          found.map((leaf) => leaf._rev),
        );
      else leaves.delete(id);
    }
    return [...leaves].map(([id, revs]) => ({ id, revs })).sort((a, b) => (before(a.id, b.id) ? -1 : 1));
  }

  async function leafRevs(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const asked = ids.filter(holds);
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
  return { leavesOf, leavesEverywhere, leafRevs, rangeOf, changeOf };
}
