/** A database at a CouchDB, as engine.ts asks for it. */
import { isObject, type JsonObject } from '../../domain/shape.ts';
import {
  before,
  countOf,
  documentOf,
  isOwn,
  isPartition,
  isPartitioned,
  isRevision,
  listOf,
  objectOf,
  pathOf,
  query,
  textOf,
  withoutPath,
} from './couchdb-answers.ts';
import { createCouchChanges } from './couchdb-changes.ts';
import type { CouchClient } from './couchdb-http.ts';
import { createCouchLeaves } from './couchdb-leaves.ts';
import { createCouchLink } from './couchdb-link.ts';
import { createCouchLocals } from './couchdb-locals.ts';
import { createCouchWrites } from './couchdb-writes.ts';
import type { CouchDocument, Database, DatabaseName, Listing, Partition } from './engine.ts';
import { createLocks } from './locks.ts';

export interface CouchDatabase {
  readonly database: Database;
  /** Ends what waits for changes. */
  close(): void;
}

/** @param physical its name at CouchDB */
export function openCouchDatabase(client: CouchClient, name: DatabaseName, physical: string, epoch: string): CouchDatabase {
  const link = createCouchLink(client, physical, epoch);
  const { read } = link;
  const locks = createLocks();
  const leaves = createCouchLeaves(link);
  const { leavesOf } = leaves;
  const { changes, waitForChange, close } = createCouchChanges(link, leaves);

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

    ...createCouchWrites(link, leaves, locks),
    ...createCouchLocals(link, locks),

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
    waitForChange,

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
  };

  return { database, close };
}
