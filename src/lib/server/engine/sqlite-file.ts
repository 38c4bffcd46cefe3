/**
 * The file of the embedded engine: SQLite through `node:sqlite`.
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
import { chmodSync, existsSync, linkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { RandomBytes } from '../../domain/clock.ts';
import { base32 } from '../../domain/ids.ts';
import { StorageFailure, type Partition, type Trouble } from './engine.ts';
import { checkFile, checkLog, type FileState } from './check-file.ts';
import { identityOf, identityText, isSameFile, type FileIdentity } from './same-file.ts';
import { NewerSchema, schemaVersion, settleSchema } from './schema.ts';
import { syncFolder } from './sync-folder.ts';

/** Where the log is merged into the file: 4 MB, which one commit of a busy moment does not pass. */
const checkpointPages = 1000;

/** The mark of a file in which whatever was ever deleted is overwritten. */
const overwritten = 'overwritten';

/** How often another process's writes are looked for while somebody waits for changes, in ms. */
const lookAgain = 500;

export type Row = Readonly<Record<string, SQLOutputValue>>;

export const text = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw new StorageFailure(`The column ${column} does not hold text`);
  return value;
};
export const integer = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number') throw new StorageFailure(`The column ${column} does not hold a number`);
  return value;
};

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html), and what they mean. SQLITE_BUSY is nothing of the disk's. */
const troubleByCode: ReadonlyMap<number, Trouble> = new Map([
  [8, 'read-only'],
  [10, 'failing'],
  [11, 'damaged'],
  [13, 'full'],
  [26, 'damaged'],
]);
const troubleIn = (error: unknown): Trouble | null =>
  error instanceof Error ? (troubleByCode.get(Number(Reflect.get(error, 'errcode')) & 0xff) ?? null) : null;
const isSqliteError = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'code') === 'ERR_SQLITE_ERROR';

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
/** An open database, as far as the engine needs one. */
export type Connection = Pick<DatabaseSync, 'exec' | 'prepare' | 'close' | 'isTransaction'>;

/** What the engine needs of the machine it runs on. A simulation brings one whose disk loses its power when it wants. */
export interface Machine {
  /** Opens the file, readable by its owner alone, and makes it where it does not exist. */
  open(file: string): Connection;
  /** Whether all that was written to the file is there, asked before it is opened. `whole`: all of it is read; else the log alone. A disk that damages nothing has none. */
  check?(file: string, whole: boolean): FileState;
  identityOf(file: string): FileIdentity;
  /** Does the work when what has arrived by now was read: writes that wait together share a commit. */
  soon(work: () => void): void;
}

/** Makes the file under another name first: one that has its own name is whole, so that an empty one is known for a damaged one. */
function makeFile(file: string): void {
  const half = `${file}.${String(process.pid)}-new`;
  const sqlite = new DatabaseSync(half);
  sqlite.exec('PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL');
  settleSchema(sqlite);
  sqlite.close();
  try {
    // Unlike a renaming, this leaves what another process put there in the meantime.
    linkSync(half, file);
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EEXIST') throw error;
  }
  unlinkSync(half);
  syncFolder(dirname(file));
}

export const thisMachine: Machine = {
  open(file) {
    if (!existsSync(file)) makeFile(file);
    const sqlite = new DatabaseSync(file, { timeout: 5000 });
    // The log beside the file takes over its mode, so this comes before anything is written. A copy that was put back may have any.
    chmodSync(file, 0o600);
    return sqlite;
  },
  check: (file, whole) => (whole ? checkFile(file) : checkLog(file)),
  identityOf,
  soon: (work) => void setImmediate(work),
};

/** What the engine does with its file. */
export interface SqliteFile {
  /** Random; made with the file, and anew where an older copy was put in its place. */
  readonly epoch: string;
  /** Whether there was an epoch before this one. */
  readonly isRestored: boolean;
  one(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): readonly Row[];
  /** Answers how many rows it changed. Within `write` only. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Runs the work in the next commit, and resolves when that is on disk. */
  write<Value>(work: () => Value): Promise<Value>;
  /** Says within `write` what changed: who watches it is woken after the commit. */
  touch(db: number, part: string): void;
  /** Calls `wake` whenever the partition may have changed, until the answer is called. */
  watch(db: number, partition: Partition, wake: () => void): () => void;
  /** Leaves nothing of what was deleted: in the file, where an earlier version deleted without overwriting, nor in the log beside it. */
  scrub(): void;
  /** Something read is not as it was written: says so, and nothing is written to the file any more. */
  damaged(what: string): never;
  isClosed(): boolean;
  /** Commits what waits, wakes all who watch, and lets the file go. */
  close(): void;
}

/** What of the database's file is wrong, and what to do. */
export const damageSentence = (file: string, what: string): string =>
  `The database ${file} is damaged: ${what}. Nothing in it was changed. Put a backup back with «perigee restore FILE», or save what can be saved with «perigee restore --salvage ${dirname(file)} --data NEW-FOLDER»`;

/** The file is a later version's, and what to do. */
const newerSentence = (file: string, version: number): string =>
  `The database ${file} was written by a newer version of Perigee: its format is ${String(version)}, and this version knows up to ${String(schemaVersion)}. Nothing in it was changed. Start the newer version again, or put back a backup that was made before the update with «perigee restore FILE --data NEW-FOLDER»`;

export interface SqliteOptions {
  readonly file: string;
  readonly random: RandomBytes;
  readonly machine?: Machine;
  /** `whole` reads all of the file before it is used; `log`, the default, what a power cut may have broken. */
  readonly check?: 'whole' | 'log' | undefined;
  /** The file was put back from a backup, or made anew from what was left: whatever was said of it before holds no longer. */
  readonly newEpoch?: boolean | undefined;
  /** Told of each commit that is on the disk, with the milliseconds that it took, and of each that failed. */
  readonly watch?: { wrote(ms: number): void; failed(trouble: Trouble, what: string): void } | undefined;
  /** Told a sentence where the file opens but something about it should be known. */
  readonly notice?: ((sentence: string) => void) | undefined;
}

/**
 * Opens the file, and makes it where it does not exist; either way it is readable by its owner alone afterwards.
 *
 * @throws StorageFailure where the file cannot be opened or is not such a database
 */
export function openSqliteFile(options: SqliteOptions): SqliteFile {
  const { machine = thisMachine, check = 'log', newEpoch = false, notice = () => undefined, watch } = options;
  const state = machine.check?.(options.file, check === 'whole') ?? { type: 'whole' };
  if (state.type === 'damaged') throw new StorageFailure(damageSentence(options.file, state.what), 'damaged');
  let sqlite: Connection;
  try {
    sqlite = machine.open(options.file);
    sqlite.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=${String(checkpointPages)};`);
    // What is deleted or followed by a newer revision is overwritten with zeros, so that an erasure finds no older traces (`scrub`).
    sqlite.exec('PRAGMA secure_delete=ON');
    settleSchema(sqlite);
    // What a killed process wrote may be in the log and in the system's memory but not on the disk. A receipt must not rest on it.
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (error instanceof NewerSchema) throw new StorageFailure(newerSentence(options.file, error.version));
    throw new StorageFailure(
      `${options.file} cannot be opened as the node's database: ${error instanceof Error ? error.message : ''}`,
      troubleIn(error),
    );
  }

  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = sqlite.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  /** What was found to be damaged; from then on nothing is written. */
  let damage: string | null = null;
  function damaged(what: string): never {
    damage ??= what;
    watch?.failed('damaged', what);
    throw new StorageFailure(damageSentence(options.file, what), 'damaged');
  }
  function asked<Value>(ask: () => Value): Value {
    try {
      return ask();
    } catch (error) {
      const trouble = troubleIn(error);
      const what = error instanceof Error ? error.message : 'it cannot be read';
      if (trouble === 'damaged') damaged(what);
      // Outside of a commit: a page of the file could not be read.
      if (trouble === 'failing' && !sqlite.isTransaction) {
        watch?.failed(trouble, what);
        throw new StorageFailure(what, trouble);
      }
      throw error;
    }
  }
  const one = (sql: string, ...values: SQLInputValue[]): Row | undefined => asked(() => statement(sql).get(...values));
  const all = (sql: string, ...values: SQLInputValue[]): readonly Row[] => asked(() => statement(sql).all(...values));
  const run = (sql: string, ...values: SQLInputValue[]): number => asked(() => Number(statement(sql).run(...values).changes));

  const metaOf = (key: string): string | null => {
    const row = one('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? null : text(row, 'value');
  };
  const setMeta = (key: string, value: string): number => run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value);

  /** The epoch of this file: made with it, and anew where an older copy was put in its place. */
  function settleEpoch(): string {
    const file = machine.identityOf(options.file);
    // In one transaction, so that two processes that start together settle on one.
    sqlite.exec('BEGIN IMMEDIATE');
    const [kept, before] = [metaOf('epoch'), metaOf('file')];
    const goesOn = !newEpoch && state.type !== 'cannot-tell' && (before === null || isSameFile(before, file));
    const epoch = kept !== null && goesOn ? kept : base32(options.random(10));
    if (epoch !== kept) setMeta('epoch', epoch);
    if (epoch !== kept && kept !== null) setMeta('followed', kept);
    if (epoch !== kept || before === null || (before.endsWith(' 0') && file.born !== '0')) setMeta('file', identityText(file));
    sqlite.exec('COMMIT');
    return epoch;
  }
  let epoch: string;
  try {
    epoch = settleEpoch();
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    sqlite.close();
    throw new StorageFailure(`${options.file} cannot be written: ${error instanceof Error ? error.message : ''}`, troubleIn(error));
  }
  if (state.type === 'cannot-tell')
    notice(
      `${options.file}: the last commit before the end was not written to its end, and whether it was ever confirmed cannot be told. The node has a new epoch: devices ask again about all that they handed over.`,
    );
  if (one('SELECT 1 AS used FROM databases') === undefined) setMeta(overwritten, 'yes');

  const waiting: Job[] = [];
  const waiters = new Set<Waiter>();
  /** Databases and partitions that the commit under way touches. */
  let touched: { readonly db: number; readonly part: string }[] = [];
  let closed = false;

  function write<Value>(work: () => Value): Promise<Value> {
    if (closed) return Promise.reject(new StorageFailure('The database is closed'));
    if (damage !== null) return Promise.reject(new StorageFailure(damageSentence(options.file, damage), 'damaged'));
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
      if (waiting.length === 1) machine.soon(commitWaiting);
    });
  }

  /** A disk that failed at the commit may fail here too; SQLite then has rolled back by itself, or does so before the next one. */
  function rollBack(): void {
    try {
      if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    } catch (error) {
      if (!isSqliteError(error)) throw error;
    }
  }

  function commitWaiting(): void {
    const jobs = waiting.splice(0);
    if (jobs.length === 0) return;
    const settled: (() => void)[] = [];
    touched = [];
    const began = performance.now();
    try {
      sqlite.exec('BEGIN IMMEDIATE');
      for (const job of jobs) {
        sqlite.exec('SAVEPOINT job');
        try {
          job.run();
          sqlite.exec('RELEASE job');
          settled.push(job.resolve);
        } catch (error) {
          // Nor does anything stand of a commit in which damage was found.
          if (isSqliteError(error) || damage !== null) throw error;
          // A bug in one job is that job's alone: the others of the commit stand.
          sqlite.exec('ROLLBACK TO job; RELEASE job');
          settled.push(() => {
            job.reject(error);
          });
        }
      }
      sqlite.exec('COMMIT');
    } catch (error) {
      rollBack();
      const what = error instanceof Error ? error.message : 'the disk refused the write';
      const failure = error instanceof StorageFailure ? error : new StorageFailure(what, troubleIn(error));
      if (failure.trouble !== null) watch?.failed(failure.trouble, what);
      for (const job of jobs) job.reject(failure);
      return;
    }
    watch?.wrote(performance.now() - began);
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

  return {
    epoch,
    isRestored: metaOf('followed') !== null,
    one,
    all,
    run,
    write,
    touch(db, part) {
      touched.push({ db, part });
    },
    watch(db, partition, wake) {
      const waiter: Waiter = { db, partition, wake };
      waiters.add(waiter);
      return () => {
        waiters.delete(waiter);
      };
    },
    scrub() {
      try {
        // A file of an earlier version holds what that deleted in pages and gaps of its own: once, everything is written anew without them.
        if (metaOf(overwritten) === null) {
          sqlite.exec('VACUUM');
          setMeta(overwritten, 'yes');
        }
        const checkpoint = one('PRAGMA wal_checkpoint(TRUNCATE)');
        if (checkpoint === undefined || integer(checkpoint, 'busy') === 1) throw new StorageFailure('Another process reads the log');
      } catch (error) {
        throw error instanceof StorageFailure ? error : new StorageFailure(error instanceof Error ? error.message : 'the file refused it');
      }
    },
    damaged,
    isClosed: () => closed,
    close() {
      if (closed) return;
      commitWaiting();
      closed = true;
      clearInterval(foreignWrites);
      for (const waiter of waiters) waiter.wake();
      sqlite.close();
    },
  };
}
