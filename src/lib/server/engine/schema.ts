/** The tables of the embedded engine's file, and how an older file comes to have them. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { rowSum, type SummedTable } from './row-sums.ts';

export const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS databases (db INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS documents (
    db INTEGER NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, seq INTEGER NOT NULL,
    rev TEXT NOT NULL, deleted INTEGER NOT NULL, tree TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (db, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS documents_by_seq ON documents (db, seq);
  CREATE INDEX IF NOT EXISTS documents_by_part ON documents (db, part, seq, deleted);
  CREATE TABLE IF NOT EXISTS bodies (
    db INTEGER NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (db, id, rev)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attachments (
    db INTEGER NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, bytes BLOB NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (db, id, digest)
  );
  CREATE TABLE IF NOT EXISTS locals (
    db INTEGER NOT NULL, space TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, touched INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (db, space, id)
  ) WITHOUT ROWID;
`;

/**
 * Counted up whenever a version that does not know the change could no longer read or write the file rightly. It stands in the file's head; files of before it was written there have 0.
 *
 *   1  rows without sums
 *   2  rows with sums
 */
export const schemaVersion = 2;

/** The file was written by a version that came later than this one. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
  readonly version: number;

  constructor(version: number) {
    super(`version ${String(version)}`);
    this.version = version;
  }
}

/** The same of an earlier version, whose rows had no sums. */
export const schemaWithoutSums = schema.replaceAll(' sum INTEGER NOT NULL,', '');

/** Columns of a row that its sum is over. */
const summed: Readonly<Record<SummedTable, readonly string[]>> = {
  documents: ['db', 'id', 'part', 'seq', 'rev', 'deleted', 'tree'],
  bodies: ['db', 'id', 'rev', 'body'],
  attachments: ['db', 'id', 'digest', 'bytes'],
  locals: ['db', 'space', 'id', 'rev', 'touched', 'body'],
};
export const summedTables = Object.keys(summed) as readonly SummedTable[];

/** An open database, as far as its tables need one. */
type Connection = Pick<DatabaseSync, 'exec' | 'prepare'>;

/** The sum that a row should have. */
export function sumOfRow(table: SummedTable, row: Readonly<Record<string, SQLOutputValue>>): number {
  const values = summed[table].map((column) => row[column]);
  return rowSum(
    table,
    values.map((value) => (typeof value === 'number' || value instanceof Uint8Array ? value : String(value))),
  );
}

/**
 * Makes the tables where they are not there, and gives the rows of an older file their sums. In one transaction.
 *
 * @throws NewerSchema where a later version wrote the file; nothing in it was changed
 */
export function settleSchema(sqlite: Connection): void {
  const { user_version: found } = sqlite.prepare('PRAGMA user_version').get() ?? {};
  const version = typeof found === 'number' ? found : 0;
  if (version > schemaVersion) throw new NewerSchema(version);
  const isSettled = (): boolean => sqlite.prepare(`SELECT 1 FROM pragma_table_info('documents') WHERE name = 'sum'`).get() !== undefined;
  if (isSettled()) {
    if (version < schemaVersion) sqlite.exec(`PRAGMA user_version = ${String(schemaVersion)}`);
    return;
  }
  sqlite.exec('BEGIN IMMEDIATE');
  // Another process may have been first.
  if (!isSettled()) {
    const found = new Set(
      sqlite
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
        .all()
        .map(({ name }) => name),
    );
    const older = summedTables.filter((table) => found.has(table));
    for (const table of older) sqlite.exec(`ALTER TABLE ${table} RENAME TO older_${table}`);
    for (const index of ['documents_by_seq', 'documents_by_part']) sqlite.exec(`DROP INDEX IF EXISTS ${index}`);
    sqlite.exec(schema);
    for (const table of older) {
      const columns = summed[table];
      const insert = sqlite.prepare(`INSERT INTO ${table} (${columns.join()}, sum) VALUES (${columns.map(() => '?').join()}, ?)`);
      for (const row of sqlite.prepare(`SELECT * FROM older_${table}`).iterate())
        insert.run(...columns.map((column): SQLInputValue => row[column] ?? null), sumOfRow(table, row));
      sqlite.exec(`DROP TABLE older_${table}`);
    }
  }
  sqlite.exec(`PRAGMA user_version = ${String(schemaVersion)}`);
  sqlite.exec('COMMIT');
}
