/**
 * The machine under a node: a disk with the node's database, and the moments at which things happen on it.
 *
 * SQLite itself runs, in memory. What a disk adds to it is said here and nowhere else:
 *
 *   - A commit takes a moment, in which other writes gather, and in which the process may be killed or the power may go.
 *   - With `synchronous=FULL` (what the engine asks for) SQLite syncs its write-ahead log at every COMMIT before that returns, and a log whose
 *     end is torn is read up to its last whole commit: so a power cut keeps exactly the transactions whose COMMIT returned. With any lower
 *     setting a COMMIT is in the system's memory only, and a power cut takes back all that came since the system last wrote by itself.
 *   - A full or failing disk refuses the COMMIT; the transaction is rolled back, and nothing of it stands.
 *
 * That SQLite keeps this promise on real files is not shown here but on recorded writes of the real file.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Connection } from '../../src/lib/server/engine/sqlite-file.ts';
import type { FileIdentity } from '../../src/lib/server/engine/same-file.ts';

/** A database with the same tables and rows. (`serialize` is not in every Node 24.) */
function copyOf(database: DatabaseSync): DatabaseSync {
  const copy = new DatabaseSync(':memory:');
  const made = database.prepare(`SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC`).all();
  copy.exec('BEGIN');
  for (const { type, name, sql } of made) {
    copy.exec(String(sql));
    if (type !== 'table') continue;
    const rows = database.prepare(`SELECT * FROM ${String(name)}`).all();
    const columns = Object.keys(rows[0] ?? {});
    if (columns.length === 0) continue;
    const insert = copy.prepare(`INSERT INTO ${String(name)} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`);
    for (const row of rows) insert.run(...columns.map((column): SQLInputValue => row[column] ?? null));
  }
  copy.exec('COMMIT');
  return copy;
}

const sqliteError = (message: string): Error => Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' });

export interface DiskHabits {
  /** Asked at each COMMIT: does the disk refuse it? */
  readonly refuses: () => boolean;
  /** Asked after each COMMIT that was not synced: did the system write by itself? */
  readonly writesBack: () => boolean;
  /** What becomes of the engine's statements on their way to SQLite; a planted fault may ask for less than the engine does. */
  readonly rewrite?: (sql: string) => string;
}

export class Disk {
  #database = new DatabaseSync(':memory:');
  /** What a power cut leaves, where that is less than what stands now. */
  #synced: DatabaseSync | null = null;
  #inode = 1;
  #holder = 0;
  readonly #habits: DiskHabits;

  constructor(habits: DiskHabits) {
    this.#habits = habits;
  }

  /** Opens it for a process; whoever had it open before has ended, and writes no more. */
  open(): Connection {
    this.end();
    const holder = ++this.#holder;
    const database = this.#database;
    const { rewrite = (sql: string) => sql, refuses, writesBack } = this.#habits;
    const ended = (): boolean => holder !== this.#holder;
    const level = database.prepare('PRAGMA synchronous');
    let isSynced = true;
    return {
      exec: (sql) => {
        if (ended()) throw sqliteError('this process has ended');
        if (sql === 'BEGIN IMMEDIATE') {
          isSynced = Number(level.get()?.['synchronous']) >= 2;
          if (!isSynced) this.#synced ??= copyOf(database);
        }
        if (sql === 'COMMIT' && refuses()) throw sqliteError('database or disk is full');
        database.exec(rewrite(sql));
        if (sql === 'COMMIT' && this.#synced !== null && (isSynced || writesBack())) this.#forgetSynced();
      },
      prepare: (sql) => database.prepare(sql),
      get isTransaction() {
        return !ended() && database.isTransaction;
      },
      close: () => undefined,
    };
  }

  identity(): FileIdentity {
    return { inode: String(this.#inode), born: '1' };
  }

  /** The process is gone: what it had not committed is gone with it. */
  end(): void {
    this.#holder += 1;
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  cutPower(): void {
    this.end();
    if (this.#synced === null) return;
    this.#database.close();
    this.#database = this.#synced;
    this.#synced = null;
  }

  /** Is there a document of this name in any database? */
  holds(id: string): boolean {
    return !this.#isNew() && this.#database.prepare('SELECT 1 FROM documents WHERE id = ?').get(id) !== undefined;
  }

  /** The documents of one partition, in every database: each with the revision that stands. */
  revisions(partition: string): { readonly id: string; readonly rev: string }[] {
    if (this.#isNew()) return [];
    const rows = this.#database.prepare('SELECT id, rev FROM documents WHERE part = ?').all(partition);
    return rows.map(({ id, rev }) => ({ id: String(id), rev: String(rev) }));
  }

  #isNew(): boolean {
    return this.#database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'documents'`).get() === undefined;
  }

  /** A copy as a backup makes it: of one moment between two commits. */
  backUp(): DatabaseSync {
    return copyOf(this.#database);
  }

  /** Puts a copy in place of what is here: another file. Null: a new disk, empty. */
  replace(backup: DatabaseSync | null): void {
    this.end();
    this.#forgetSynced();
    this.#database.close();
    this.#database = backup === null ? new DatabaseSync(':memory:') : copyOf(backup);
    this.#inode += 1;
  }

  #forgetSynced(): void {
    this.#synced?.close();
    this.#synced = null;
  }

  close(): void {
    this.#forgetSynced();
    this.#database.close();
  }
}
