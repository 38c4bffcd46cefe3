/** A database of the embedded engine, as engine.ts asks for it. */
import type { SQLInputValue } from 'node:sqlite';
import { stubsOf } from './attachments.ts';
import { furtherNames, ownNames, parseEdit, parseRev } from './document.ts';
import {
  maxLocalsPerSpace,
  type Change,
  type Changes,
  type ChangesQuery,
  type CouchDocument,
  type DatabaseName,
  type FurtherDatabase,
  type Listing,
  type Partition,
  type Written,
} from './engine.ts';
import { documentColumns, type DocumentRow } from './embedded-rows.ts';
import { openTables } from './embedded-tables.ts';
import { deletedRevs, knownRevs, leavesAfter, leavesOf, type RevisionTree } from './revisions.ts';
import { integer, type SqliteFile } from './sqlite-file.ts';

/**
 * @param db number of the database in the file
 * @param further whether it is one that somebody made over a road
 */
export function openEmbeddedDatabase(file: SqliteFile, name: DatabaseName, db: number, further: boolean): FurtherDatabase {
  const { one, all, run, write } = file;
  const { rows, attachments, stored, documentOf, lastSeq, writeEdit, purge, compact } = openTables(file, db, further);

  const names = further ? furtherNames : ownNames;
  /** A further database that was dropped and made again under its name counts from 1 again. */
  const tag = further ? `${file.epoch}.${String(db)}` : file.epoch;
  const encodeSeq = (seq: number): string => `${String(seq)}-${tag}`;
  const decodeSeq = (seq: string): number => {
    const match = /^(\d{1,15})-([0-9a-z.]+)$/.exec(seq);
    return match?.[2] === tag ? Number(match[1]) : 0;
  };

  const since = (partition: Partition, seq: number): { readonly where: string; readonly bound: SQLInputValue[] } =>
    partition === null
      ? { where: 'db = ? AND seq > ?', bound: [db, seq] }
      : { where: 'db = ? AND part = ? AND seq > ?', bound: [db, partition, seq] };

  function countSince(partition: Partition, seq: number): number {
    const { where, bound } = since(partition, seq);
    const row = one(`SELECT count(*) AS n FROM documents WHERE ${where}`, ...bound);
    return row === undefined ? 0 : integer(row, 'n');
  }

  function rowsSince({ partition, descending = false }: ChangesQuery, seq: number, limit: number): readonly DocumentRow[] {
    const { where, bound } = since(partition, seq);
    const order = descending ? 'DESC' : 'ASC';
    return all(`SELECT ${documentColumns} FROM documents WHERE ${where} ORDER BY seq ${order} LIMIT ?`, ...bound, limit).map(rows.document);
  }

  /** Of the names that are asked for; those of other partitions are not among them. */
  function rowsNamed({ partition, descending = false, ids = [] }: ChangesQuery, seq: number): readonly DocumentRow[] {
    const named = [...new Set(ids)].flatMap((id) => {
      const row = one(`SELECT ${documentColumns} FROM documents WHERE db = ? AND id = ? AND seq > ?`, db, id, seq);
      return row !== undefined && (partition === null || row['part'] === partition) ? [rows.document(row)] : [];
    });
    return named.sort((a, b) => (a.seq - b.seq) * (descending ? -1 : 1));
  }

  function changesNow(query: ChangesQuery): Changes {
    const { partition, descending = false } = query;
    const last = lastSeq(partition);
    const from = query.since === 'now' ? last : decodeSeq(query.since);
    const limit = query.limit ?? Number.MAX_SAFE_INTEGER;
    const found = (query.ids === undefined ? rowsSince : rowsNamed)(query, from, limit);

    const results = found.slice(0, limit).map(({ id, seq, rev: winner, deleted, tree }): Change => {
      const document = query.bodies === true ? documentOf(id, winner, deleted) : null;
      return {
        seq: encodeSeq(seq),
        id,
        revs: query.style === 'main_only' ? [winner] : leavesOf(JSON.parse(tree) as RevisionTree).map(({ rev }) => rev),
        deleted,
        ...(document === null ? {} : { document }),
      };
    });
    const reached = found[Math.min(found.length, limit) - 1]?.seq ?? from;
    const pending =
      descending || results.length < limit ? 0 : query.ids === undefined ? countSince(partition, reached) : found.length - results.length;
    return { results, last: encodeSeq(pending > 0 || descending ? reached : Math.max(last, reached)), pending };
  }

  return {
    name,

    async info(partition) {
      const where = partition === null ? 'db = ?' : 'db = ? AND part = ?';
      const row = one(
        `SELECT count(*) AS n, coalesce(sum(deleted), 0) AS deleted FROM documents WHERE ${where}`,
        ...(partition === null ? [db] : [db, partition]),
      );
      const deleted = row === undefined ? 0 : integer(row, 'deleted');
      return { documents: (row === undefined ? 0 : integer(row, 'n')) - deleted, deleted, sequence: encodeSeq(lastSeq(partition)) };
    },

    async get(id) {
      const found = stored(id);
      return found === null ? null : documentOf(id, found.rev, found.deleted);
    },

    async leaves(id) {
      return leavesOf(stored(id)?.tree ?? []);
    },

    async open(id, revs, { latest = false, attachments: choice } = {}) {
      const tree = stored(id)?.tree ?? [];
      const wanted = revs === 'all' ? leavesOf(tree).map(({ rev }) => rev) : revs;
      const deleted = deletedRevs(tree);
      const found = new Map<string, CouchDocument>();
      const missing: string[] = [];
      for (const rev of wanted) {
        const candidates = latest ? leavesAfter(tree, rev) : [rev];
        const documents = candidates.flatMap((candidate) => {
          const document = documentOf(id, candidate, deleted.has(candidate), tree);
          return document === null ? [] : [choice === undefined ? document : attachments.withBytes(document, choice)];
        });
        if (documents.length === 0) missing.push(rev);
        for (const document of documents) found.set(document._rev, document);
      }
      return { found: [...found.values()], missing };
    },

    async attachment(id, name, rev) {
      const standing = stored(id);
      if (standing === null || (rev === undefined && standing.deleted)) return null;
      const stubs = stubsOf(documentOf(id, rev ?? standing.rev, false));
      const stub = Object.hasOwn(stubs, name) ? stubs[name] : undefined;
      return stub === undefined ? null : attachments.read(id, stub);
    },

    bulk(documents, bulkOptions) {
      const edits = documents.map((document) => ({ document, parsed: parseEdit(document, bulkOptions.newEdits, names) }));
      return write(() =>
        edits.map(({ document, parsed }): Written =>
          parsed.ok ? writeEdit(parsed.value, document as Readonly<Record<string, unknown>>, bulkOptions) : { ok: false, ...parsed.error },
        ),
      );
    },

    async list(listing: Listing) {
      const { partition, descending = false, inclusiveEnd = true } = listing;
      const [low, high] = descending ? [listing.end, listing.start] : [listing.start, listing.end];
      const conditions = ['db = ?', 'deleted = 0'];
      const values: SQLInputValue[] = [db];
      const bound = (condition: string, value: string | undefined): void => {
        if (value === undefined) return;
        conditions.push(condition);
        values.push(value);
      };
      if (partition !== null) {
        bound('id >= ?', `${partition}:`);
        bound('id < ?', `${partition};`);
      }
      bound(descending && !inclusiveEnd ? 'id > ?' : 'id >= ?', low);
      bound(!descending && !inclusiveEnd ? 'id < ?' : 'id <= ?', high);
      const listed = all(
        `SELECT ${documentColumns} FROM documents WHERE ${conditions.join(' AND ')} ORDER BY id ${descending ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
        ...values,
        listing.limit ?? Number.MAX_SAFE_INTEGER,
        listing.skip ?? 0,
      ).map((found) => {
        const { id, rev } = rows.document(found);
        const document = listing.bodies === true ? documentOf(id, rev, false) : null;
        return { id, rev, ...(document === null ? {} : { document }) };
      });
      const total =
        partition === null
          ? one('SELECT count(*) AS n FROM documents WHERE db = ? AND deleted = 0', db)
          : one('SELECT count(*) AS n FROM documents WHERE db = ? AND part = ? AND deleted = 0', db, partition);
      return { rows: listed, total: total === undefined ? 0 : integer(total, 'n') };
    },

    async changes(query) {
      return changesNow(query);
    },

    waitForChange(partition, since, signal) {
      return new Promise((resolve) => {
        // A database that was dropped before somebody began to wait for it wakes nobody any more.
        const isGone = one('SELECT 1 FROM databases WHERE db = ?', db) === undefined;
        if (isGone || signal.aborted || file.isClosed() || lastSeq(partition) > (since === 'now' ? lastSeq(partition) : decodeSeq(since))) {
          resolve();
          return;
        }
        const wake = (): void => {
          unwatch();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const unwatch = file.watch(db, partition, wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },

    async missing(revs) {
      const answer = new Map<string, { readonly missing: readonly string[]; readonly ancestors: readonly string[] }>();
      for (const [id, asked] of Object.entries(revs)) {
        const tree = stored(id)?.tree ?? [];
        const known = knownRevs(tree);
        const absent = asked.filter((rev) => !known.has(rev));
        if (absent.length === 0) continue;
        const newest = Math.max(...absent.map((rev) => parseRev(rev)?.pos ?? 0));
        const ancestors = leavesOf(tree)
          .map(({ rev }) => rev)
          .filter((rev) => (parseRev(rev)?.pos ?? 0) < newest);
        answer.set(id, { missing: absent, ancestors });
      }
      return answer;
    },

    async held(revisions) {
      return Object.fromEntries(
        // A receipt is about bytes that are as they were written.
        Object.entries(revisions).filter(([id, rev]) => rows.body(id, rev) !== null),
      );
    },

    async purge(ids) {
      if (ids.length === 0) return;
      await write(() => {
        for (const id of ids) purge(id);
      });
      file.scrub();
    },

    async getLocal(space, id) {
      const found = rows.local(space, id);
      return found === null ? null : { rev: `0-${String(found.rev)}`, body: JSON.parse(found.body) as Record<string, unknown> };
    },

    putLocal(space, id, body) {
      return write(() => {
        const clock = one('SELECT coalesce(max(touched), 0) + 1 AS touched FROM locals WHERE db = ? AND space = ?', db, space);
        const rev = (rows.local(space, id)?.rev ?? 0) + 1;
        rows.writeLocal(space, id, { rev, touched: clock === undefined ? 1 : integer(clock, 'touched'), body: JSON.stringify(body) });
        run(
          `DELETE FROM locals WHERE db = ? AND space = ? AND id IN
            (SELECT id FROM locals WHERE db = ? AND space = ? ORDER BY touched DESC LIMIT -1 OFFSET ?)`,
          db,
          space,
          db,
          space,
          maxLocalsPerSpace,
        );
        return `0-${String(rev)}`;
      });
    },

    removeLocal(space, id) {
      return write(() => run('DELETE FROM locals WHERE db = ? AND space = ? AND id = ?', db, space, id) > 0);
    },

    compact: () => write(compact),
  };
}
