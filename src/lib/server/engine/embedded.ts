/**
 * The embedded engine: SQLite through `node:sqlite`, one file.
 *
 * Durability: write-ahead log and `synchronous=FULL`, so every COMMIT is followed by an fsync of the log before it returns. Writes
 * that wait share one commit: while the disk syncs, requests gather in the sockets; the next turn of the event loop reads
 * them all and writes them together. So the cost of a sync is divided by the load, and no promise resolves before its COMMIT.
 *
 * Another process may open the same file (`perigee people add`): SQLite's own locks order the writes, sequence numbers live in
 * the file, and `PRAGMA data_version` tells this process to look again.
 *
 * The file remembers which file it is (same-file.ts): a copy that was put back in its place opens with a new epoch.
 */
import { chmodSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { RandomBytes } from '../../domain/clock.ts';
import { base32 } from '../../domain/ids.ts';
import { nameRevision, parseEdit, parseRev, type Edit } from './document.ts';
import {
  maxLocalsPerSpace,
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
import { identityOf, identityText, isSameFile } from './same-file.ts';
import { grow, historyOf, knownRevs, leavesAfter, leavesOf, revOf, type RevisionTree } from './revisions.ts';

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS databases (db INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS documents (
    db INTEGER NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, seq INTEGER NOT NULL,
    rev TEXT NOT NULL, deleted INTEGER NOT NULL, tree TEXT NOT NULL,
    PRIMARY KEY (db, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS documents_by_seq ON documents (db, seq);
  CREATE INDEX IF NOT EXISTS documents_by_part ON documents (db, part, seq, deleted);
  CREATE TABLE IF NOT EXISTS bodies (
    db INTEGER NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (db, id, rev)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS locals (
    db INTEGER NOT NULL, space TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, touched INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (db, space, id)
  ) WITHOUT ROWID;
`;

/** Where the log is merged into the file: 4 MB, which one commit of a busy moment does not pass. */
const checkpointPages = 1000;

/** How often another process's writes are looked for while somebody waits for changes, in ms. */
const lookAgain = 500;

type Row = Readonly<Record<string, SQLOutputValue>>;

const text = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw new StorageFailure(`The column ${column} does not hold text`);
  return value;
};
const integer = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number') throw new StorageFailure(`The column ${column} does not hold a number`);
  return value;
};

const isSqliteError = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'code') === 'ERR_SQLITE_ERROR';

const partOf = (id: string): string => {
  const colon = id.indexOf(':');
  return colon < 0 ? '' : id.slice(0, colon);
};

interface Job {
  run(): void;
  resolve(): void;
  reject(error: unknown): void;
}

interface Waiter {
  readonly db: number;
  readonly partition: Partition;
  wake(): void;
}

interface Stored {
  readonly rev: string;
  readonly deleted: boolean;
  readonly tree: RevisionTree;
}

/**
 * Opens the file, and makes it where it does not exist; either way it is readable by its owner alone afterwards.
 *
 * @throws StorageFailure where the file cannot be opened or is not such a database
 */
export function openEmbedded(options: { readonly file: string; readonly random: RandomBytes }): Engine {
  let sqlite: DatabaseSync;
  try {
    sqlite = new DatabaseSync(options.file, { timeout: 5000 });
    // The log beside the file takes over its mode, so this comes before anything is written. A copy that was put back may have any.
    chmodSync(options.file, 0o600);
    sqlite.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=${String(checkpointPages)};`);
    sqlite.exec(schema);
    // What a killed process wrote may be in the log and in the system's memory but not on the disk. A receipt must not rest on it.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    throw new StorageFailure(`${options.file} cannot be opened as the node's database: ${error instanceof Error ? error.message : ''}`);
  }

  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = sqlite.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  const one = (sql: string, ...values: SQLInputValue[]): Row | undefined => statement(sql).get(...values);
  const all = (sql: string, ...values: SQLInputValue[]): readonly Row[] => statement(sql).all(...values);
  const run = (sql: string, ...values: SQLInputValue[]): number => Number(statement(sql).run(...values).changes);

  const metaOf = (key: string): string | null => {
    const row = one('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? null : text(row, 'value');
  };
  const setMeta = (key: string, value: string): number => run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value);

  /** The epoch of this file: made with it, and anew where an older copy was put in its place. */
  function settleEpoch(): string {
    const file = identityOf(options.file);
    // In one transaction, so that two processes that start together settle on one.
    sqlite.exec('BEGIN IMMEDIATE');
    const [kept, before] = [metaOf('epoch'), metaOf('file')];
    const epoch = kept !== null && (before === null || isSameFile(before, file)) ? kept : base32(options.random(10));
    if (epoch !== kept) setMeta('epoch', epoch);
    if (epoch !== kept || before === null || (before.endsWith(' 0') && file.born !== '0')) setMeta('file', identityText(file));
    sqlite.exec('COMMIT');
    return epoch;
  }
  const epoch = settleEpoch();

  const waiting: Job[] = [];
  const waiters = new Set<Waiter>();
  /** Databases and partitions that the commit under way touches. */
  let touched: { readonly db: number; readonly part: string }[] = [];
  let closed = false;

  function write<Value>(work: () => Value): Promise<Value> {
    if (closed) return Promise.reject(new StorageFailure('The database is closed'));
    return new Promise((resolve, reject) => {
      let value: Value;
      waiting.push({
        run: () => {
          value = work();
        },
        resolve: () => {
          resolve(value);
        },
        reject,
      });
      if (waiting.length === 1) setImmediate(commitWaiting);
    });
  }

  function commitWaiting(): void {
    const jobs = waiting.splice(0);
    if (jobs.length === 0) return;
    const settled: (() => void)[] = [];
    touched = [];
    try {
      sqlite.exec('BEGIN IMMEDIATE');
      for (const job of jobs) {
        sqlite.exec('SAVEPOINT job');
        try {
          job.run();
          sqlite.exec('RELEASE job');
          settled.push(job.resolve);
        } catch (error) {
          if (isSqliteError(error)) throw error;
          // A bug in one job is that job's alone: the others of the commit stand.
          sqlite.exec('ROLLBACK TO job; RELEASE job');
          settled.push(() => {
            job.reject(error);
          });
        }
      }
      sqlite.exec('COMMIT');
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
      const failure = new StorageFailure(error instanceof Error ? error.message : 'the disk refused the write');
      for (const job of jobs) job.reject(failure);
      return;
    }
    for (const settle of settled) settle();
    for (const waiter of waiters)
      if (touched.some(({ db, part }) => db === waiter.db && (waiter.partition === null || waiter.partition === part))) waiter.wake();
  }

  const dataVersion = (): number => {
    const row = one('PRAGMA data_version');
    return row === undefined ? 0 : integer(row, 'data_version');
  };
  let seenVersion = dataVersion();
  const foreignWrites = setInterval(() => {
    if (waiters.size === 0) return;
    const version = dataVersion();
    if (version === seenVersion) return;
    seenVersion = version;
    for (const waiter of waiters) waiter.wake();
  }, lookAgain);
  foreignWrites.unref();

  const encodeSeq = (seq: number): string => `${String(seq)}-${epoch}`;
  const decodeSeq = (seq: string): number => {
    const match = /^(\d{1,15})-([0-9a-z]+)$/.exec(seq);
    return match?.[2] === epoch ? Number(match[1]) : 0;
  };

  const databases = new Map<DatabaseName, Database>();

  function open(name: DatabaseName): Database {
    run('INSERT OR IGNORE INTO databases (name) VALUES (?)', name);
    const row = one('SELECT db FROM databases WHERE name = ?', name);
    if (row === undefined) throw new StorageFailure(`The database ${name} could not be made`);
    const db = integer(row, 'db');

    const stored = (id: string): Stored | null => {
      const found = one('SELECT rev, deleted, tree FROM documents WHERE db = ? AND id = ?', db, id);
      return found === undefined
        ? null
        : { rev: text(found, 'rev'), deleted: integer(found, 'deleted') === 1, tree: JSON.parse(text(found, 'tree')) as RevisionTree };
    };

    const bodyOf = (id: string, rev: string): Readonly<Record<string, unknown>> | null => {
      const found = one('SELECT body FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, id, rev);
      return found === undefined ? null : (JSON.parse(text(found, 'body')) as Record<string, unknown>);
    };

    const documentOf = (id: string, rev: string, deleted: boolean, tree?: RevisionTree): CouchDocument | null => {
      const body = bodyOf(id, rev);
      if (body === null) return null;
      const history = tree === undefined ? null : historyOf(tree, rev);
      return { _id: id, _rev: rev, ...(deleted ? { _deleted: true } : {}), ...body, ...(history === null ? {} : { _revisions: history }) };
    };

    /** The highest sequence number in a partition; 0 where it is empty. */
    const lastSeq = (partition: Partition): number => {
      const found =
        partition === null
          ? one('SELECT max(seq) AS seq FROM documents WHERE db = ?', db)
          : one('SELECT max(seq) AS seq FROM documents WHERE db = ? AND part = ?', db, partition);
      return found?.['seq'] === null || found === undefined ? 0 : integer(found, 'seq');
    };

    const conflict = (id: string): Written => ({ ok: false, id, error: 'conflict', reason: 'Document update conflict.' });

    /** Decides what an edit becomes; runs inside the transaction. */
    function writeEdit(edit: Edit, given: Readonly<Record<string, unknown>>, { newEdits, gate }: BulkOptions): Written {
      const before = stored(edit.id);
      const tree = before?.tree ?? [];
      let target = edit.rev;
      let path = edit.path;

      if (newEdits) {
        let follows = edit;
        if (before !== null) {
          const leaf = leavesOf(tree).find(({ rev }) => rev === (edit.rev === undefined ? before.rev : revOf(edit.rev.pos, edit.rev.hash)));
          // Without a revision only what does not stand any more may be written again, as CouchDB has it.
          if (leaf === undefined || (edit.rev === undefined && !leaf.deleted)) return conflict(edit.id);
          const rev = parseRev(leaf.rev);
          if (rev === null) throw new StorageFailure(`${edit.id} holds a revision that is none`);
          follows = { ...edit, rev };
        } else if (edit.rev !== undefined) return conflict(edit.id);
        target = nameRevision(follows);
        path = [target.hash, ...(follows.rev === undefined ? [] : [follows.rev.hash])];
      }
      if (target === undefined) throw new Error('An edit without a revision passed the parser');

      const rev = revOf(target.pos, target.hash);
      if (before !== null && knownRevs(tree).has(rev)) return { ok: true, id: edit.id, rev };
      const refusal = gate?.(given, before === null ? null : documentOf(edit.id, before.rev, before.deleted)) ?? null;
      if (refusal !== null) return { ok: false, id: edit.id, error: 'forbidden', reason: refusal };

      const grown = grow(tree, edit, target, path);
      const winner = leavesOf(grown.tree)[0];
      if (winner === undefined) throw new Error('A tree that grew has no leaf');
      const next = one('UPDATE databases SET seq = seq + 1 WHERE db = ? RETURNING seq', db);
      if (next === undefined) throw new StorageFailure(`The database ${name} is gone`);
      run(
        `INSERT INTO documents (db, id, part, seq, rev, deleted, tree) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (db, id) DO UPDATE SET seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted, tree = excluded.tree`,
        db,
        edit.id,
        partOf(edit.id),
        integer(next, 'seq'),
        winner.rev,
        winner.deleted ? 1 : 0,
        JSON.stringify(grown.tree),
      );
      for (const old of grown.superseded) run('DELETE FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, edit.id, old);
      if (grown.isLeaf)
        run('INSERT OR REPLACE INTO bodies (db, id, rev, body) VALUES (?, ?, ?, ?)', db, edit.id, rev, JSON.stringify(edit.body));
      touched.push({ db, part: partOf(edit.id) });
      return { ok: true, id: edit.id, rev };
    }

    function changesNow(query: ChangesQuery): Changes {
      const { partition, descending = false } = query;
      const last = lastSeq(partition);
      const since = query.since === 'now' ? last : decodeSeq(query.since);
      const where = partition === null ? 'db = ? AND seq > ?' : 'db = ? AND part = ? AND seq > ?';
      const bound: SQLInputValue[] = partition === null ? [db, since] : [db, partition, since];
      const ids = query.ids === undefined ? null : new Set(query.ids);
      const limit = query.limit ?? Number.MAX_SAFE_INTEGER;
      const rows = all(
        `SELECT id, seq, rev, deleted, tree FROM documents WHERE ${where} ORDER BY seq ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
        ...bound,
        ids === null ? limit : Number.MAX_SAFE_INTEGER,
      ).filter((found) => ids === null || ids.has(text(found, 'id')));

      const results = rows.slice(0, limit).map((found): Change => {
        const id = text(found, 'id');
        const winner = text(found, 'rev');
        const deleted = integer(found, 'deleted') === 1;
        const document = query.bodies === true ? documentOf(id, winner, deleted) : null;
        return {
          seq: encodeSeq(integer(found, 'seq')),
          id,
          revs: query.style === 'main_only' ? [winner] : leavesOf(JSON.parse(text(found, 'tree')) as RevisionTree).map(({ rev }) => rev),
          deleted,
          ...(document === null ? {} : { document }),
        };
      });
      const final = rows[Math.min(rows.length, limit) - 1];
      const reached = final === undefined ? since : integer(final, 'seq');
      const after = one(
        `SELECT count(*) AS n FROM documents WHERE ${where}`,
        ...(partition === null ? [db, reached] : [db, partition, reached]),
      );
      const pending = descending || results.length < limit || after === undefined ? 0 : integer(after, 'n');
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
        const found = one('SELECT rev, deleted FROM documents WHERE db = ? AND id = ?', db, id);
        return found === undefined ? null : documentOf(id, text(found, 'rev'), integer(found, 'deleted') === 1);
      },

      async leaves(id) {
        return leavesOf(stored(id)?.tree ?? []);
      },

      async open(id, revs, { latest = false } = {}) {
        const tree = stored(id)?.tree ?? [];
        const leaves = leavesOf(tree);
        const wanted = revs === 'all' ? leaves.map(({ rev }) => rev) : revs;
        const found = new Map<string, CouchDocument>();
        const missing: string[] = [];
        for (const rev of wanted) {
          const candidates = latest ? leavesAfter(tree, rev) : [rev];
          const documents = candidates.flatMap((candidate) => {
            const deleted = leaves.some((leaf) => leaf.rev === candidate && leaf.deleted);
            const document = documentOf(id, candidate, deleted, tree);
            return document === null ? [] : [document];
          });
          if (documents.length === 0) missing.push(rev);
          for (const document of documents) found.set(document._rev, document);
        }
        return { found: [...found.values()], missing };
      },

      bulk(documents, bulkOptions) {
        const edits = documents.map((document) => ({ document, parsed: parseEdit(document, bulkOptions.newEdits) }));
        return write(() =>
          edits.map(({ document, parsed }): Written =>
            parsed.ok
              ? writeEdit(parsed.value, document as Readonly<Record<string, unknown>>, bulkOptions)
              : { ok: false, ...parsed.error },
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
        const rows = all(
          `SELECT id, rev FROM documents WHERE ${conditions.join(' AND ')} ORDER BY id ${descending ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
          ...values,
          listing.limit ?? Number.MAX_SAFE_INTEGER,
          listing.skip ?? 0,
        ).map((found) => {
          const id = text(found, 'id');
          const rev = text(found, 'rev');
          const document = listing.bodies === true ? documentOf(id, rev, false) : null;
          return { id, rev, ...(document === null ? {} : { document }) };
        });
        const total =
          partition === null
            ? one('SELECT count(*) AS n FROM documents WHERE db = ? AND deleted = 0', db)
            : one('SELECT count(*) AS n FROM documents WHERE db = ? AND part = ? AND deleted = 0', db, partition);
        return { rows, total: total === undefined ? 0 : integer(total, 'n') };
      },

      async changes(query) {
        return changesNow(query);
      },

      waitForChange(partition, since, signal) {
        return new Promise((resolve) => {
          if (signal.aborted || closed || lastSeq(partition) > (since === 'now' ? lastSeq(partition) : decodeSeq(since))) {
            resolve();
            return;
          }
          const wake = (): void => {
            waiters.delete(waiter);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          const waiter: Waiter = { db, partition, wake };
          waiters.add(waiter);
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
          Object.entries(revisions).filter(
            ([id, rev]) => one('SELECT 1 AS held FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, id, rev) !== undefined,
          ),
        );
      },

      async getLocal(space, id) {
        const found = one('SELECT rev, body FROM locals WHERE db = ? AND space = ? AND id = ?', db, space, id);
        return found === undefined
          ? null
          : { rev: `0-${String(integer(found, 'rev'))}`, body: JSON.parse(text(found, 'body')) as Record<string, unknown> };
      },

      putLocal(space, id, body) {
        return write(() => {
          const clock = one('SELECT coalesce(max(touched), 0) + 1 AS touched FROM locals WHERE db = ? AND space = ?', db, space);
          const made = one(
            `INSERT INTO locals (db, space, id, rev, touched, body) VALUES (?, ?, ?, 1, ?, ?)
             ON CONFLICT (db, space, id) DO UPDATE SET rev = rev + 1, touched = excluded.touched, body = excluded.body RETURNING rev`,
            db,
            space,
            id,
            clock === undefined ? 1 : integer(clock, 'touched'),
            JSON.stringify(body),
          );
          run(
            `DELETE FROM locals WHERE db = ? AND space = ? AND id IN
              (SELECT id FROM locals WHERE db = ? AND space = ? ORDER BY touched DESC LIMIT -1 OFFSET ?)`,
            db,
            space,
            db,
            space,
            maxLocalsPerSpace,
          );
          return `0-${String(made === undefined ? 1 : integer(made, 'rev'))}`;
        });
      },

      removeLocal(space, id) {
        return write(() => run('DELETE FROM locals WHERE db = ? AND space = ? AND id = ?', db, space, id) > 0);
      },
    };
  }

  return {
    kind: 'embedded',
    epoch,

    database(name) {
      const known = databases.get(name);
      if (known !== undefined) return known;
      const made = open(name);
      databases.set(name, made);
      return made;
    },

    async writable() {
      try {
        await write(() => run(`INSERT INTO meta (key, value) VALUES ('mark', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1`));
        return true;
      } catch (error) {
        if (error instanceof StorageFailure) return false;
        throw error;
      }
    },

    async close() {
      if (closed) return;
      commitWaiting();
      closed = true;
      clearInterval(foreignWrites);
      for (const waiter of waiters) waiter.wake();
      sqlite.close();
    },
  };
}
