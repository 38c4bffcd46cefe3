/** Listings and counts at a CouchDB. On a cluster, what this process wrote and the copy that lists does not show yet is asked for by name (couchdb-recent.ts). */
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { before, countOf, documentOf, isPartition, listOf, objectOf, query, textOf, withoutPath } from './couchdb-answers.ts';
import type { CouchLeaves } from './couchdb-leaves.ts';
import type { CouchLink } from './couchdb-link.ts';
import { isBehind, type CouchRecent } from './couchdb-recent.ts';
import type { Database, Listing, ListingRow, Partition } from './engine.ts';

export interface CouchListing extends Pick<Database, 'list'> {
  countsOf(partition: Partition): Promise<{ readonly documents: number; readonly deleted: number }>;
}

/** Whether a name is in the range of a listing. */
function isWithin({ start, end, inclusiveEnd = true, descending = false }: Listing, id: string): boolean {
  const [low, high] = descending ? [end, start] : [start, end];
  const open = inclusiveEnd ? null : end;
  return (low === undefined || !before(id, low)) && (high === undefined || !before(high, id)) && id !== open;
}

export function createCouchListing(
  { read, ready, further, holds, copies }: CouchLink,
  { leavesOf }: CouchLeaves,
  recent: CouchRecent,
): CouchListing {
  /** Design documents that are not shown: CouchDB's own business in a database of the node's. */
  const hiddenDesigns = async (): Promise<number> => (further ? 0 : countOf((await read('GET', '_design_docs?limit=0'))['total_rows']));

  async function countsOf(partition: Partition): Promise<{ readonly documents: number; readonly deleted: number }> {
    if (partition !== null && !isPartition(partition)) return { documents: 0, deleted: 0 };
    const { doc_count: documents, doc_del_count: deleted } = await read(
      'GET',
      partition === null ? '' : `_partition/${encodeURIComponent(partition)}`,
    );
    if (partition !== null) return { documents: countOf(documents), deleted: countOf(deleted) };
    const designs = await hiddenDesigns();
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
    const designs = partition === null ? await hiddenDesigns() : 0;
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
      .filter(({ id }) => holds(textOf(id)));
    return designs === 0 ? own : own.slice(skip, limit === undefined ? undefined : skip + limit);
  }

  const shownBy = ({ id, value, doc }: JsonObject): ListingRow => ({
    id: textOf(id),
    rev: textOf(objectOf(value)['rev']),
    ...(isObject(doc) ? { document: documentOf(doc) } : {}),
  });

  /** Rows of CouchDB's, with what this process wrote in place of what lags behind it. */
  async function complete(listing: Listing, fresh: ReadonlyMap<string, string>): Promise<readonly ListingRow[]> {
    const { descending = false, limit, skip = 0, bodies } = listing;
    const { skip: _skip, ...whole } = listing;
    const asked = limit === undefined ? whole : { ...whole, limit: limit + skip };
    const rows = new Map((await rowsOf(asked)).map(shownBy).map((row) => [row.id, row]));
    const precedes = (a: string, b: string): boolean => (descending ? before(b, a) : before(a, b));
    // Behind the last row of a page that is full there is the next page's business.
    const last = limit !== undefined && rows.size >= limit + skip ? [...rows.keys()].at(-1) : undefined;
    const behind = [...fresh].flatMap(([id, rev]) => {
      if (!isWithin(listing, id) || (last !== undefined && precedes(last, id))) return [];
      const shown = rows.get(id);
      return isBehind(shown === undefined ? [] : [shown.rev], rev) ? [id] : [];
    });
    const leaves = await leavesOf(behind);
    for (const id of behind) {
      const winner = leaves.get(id)?.[0];
      if (winner === undefined) recent.forget(id);
      if (winner === undefined || winner._deleted === true) rows.delete(id);
      else rows.set(id, { id, rev: winner._rev, ...(bodies === true ? { document: withoutPath(winner) } : {}) });
    }
    return [...rows.values()].sort((a, b) => (precedes(a.id, b.id) ? -1 : 1)).slice(skip, limit === undefined ? undefined : skip + limit);
  }

  return {
    countsOf,
    async list(listing) {
      await ready();
      const fresh = copies() === 1 ? new Map<string, never>() : recent.of(listing.partition);
      const rows = fresh.size === 0 ? rowsOf(listing).then((found) => found.map(shownBy)) : complete(listing, fresh);
      const [{ documents: total }, found] = await Promise.all([countsOf(listing.partition), rows]);
      return { total, rows: found };
    },
  };
}
