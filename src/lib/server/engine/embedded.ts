/**
 * The embedded engine: databases in one SQLite file (sqlite-file.ts says what a promise of a write rests on).
 *
 * A further database stands beside the node's own as `further:<name>`; none of the node's own has a colon in its name. The number of a database
 * that was dropped is never given again: whoever still holds it finds nothing.
 */
import { openEmbeddedDatabase } from './embedded-database.ts';
import { StorageFailure, type DatabaseName, type Engine, type FurtherDatabase } from './engine.ts';
import { integer, openSqliteFile, text, type SqliteOptions } from './sqlite-file.ts';

const furtherPrefix = 'further:';
/** Tables that hold rows of a database, besides the list of databases itself. */
const tables = ['documents', 'bodies', 'attachments', 'locals'] as const;

/**
 * Opens the file, and makes it where it does not exist; either way it is readable by its owner alone afterwards.
 *
 * @throws StorageFailure where the file cannot be opened or is not such a database
 */
export function openEmbedded(options: SqliteOptions): Engine {
  const file = openSqliteFile(options);
  const opened = new Map<number, FurtherDatabase>();

  const numberOf = (kept: string): number | null => {
    const row = file.one('SELECT db FROM databases WHERE name = ?', kept);
    return row === undefined ? null : integer(row, 'db');
  };
  /** False where it is there already. */
  const make = (kept: string): boolean =>
    file.run(
      `INSERT OR IGNORE INTO databases (db, name) VALUES (1 + max(
         coalesce((SELECT max(db) FROM databases), 0),
         coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'dropped'), 0)), ?)`,
      kept,
    ) > 0;

  function open(name: DatabaseName, db: number, further: boolean): FurtherDatabase {
    const known = opened.get(db);
    if (known !== undefined) return known;
    const made = openEmbeddedDatabase(file, name, db, further);
    opened.set(db, made);
    return made;
  }

  const namesBetween = (condition: string): readonly string[] =>
    file.all(`SELECT name FROM databases WHERE ${condition} ORDER BY name`).map((row) => text(row, 'name'));

  return {
    kind: 'embedded',
    epoch: file.epoch,
    isRestored: file.isRestored,

    database(name) {
      if (numberOf(name) === null) make(name);
      const db = numberOf(name);
      if (db === null) throw new StorageFailure(`The database ${name} could not be made`);
      return open(name, db, false);
    },

    databases: async () => namesBetween(`name NOT GLOB '${furtherPrefix}*'`),

    further: {
      list: async () => namesBetween(`name GLOB '${furtherPrefix}*'`).map((name) => name.slice(furtherPrefix.length)),

      async open(name) {
        const db = numberOf(furtherPrefix + name);
        return db === null ? null : open(name, db, true);
      },

      create: (name) => file.write(() => make(furtherPrefix + name)),

      drop: (name) =>
        file.write(() => {
          const db = numberOf(furtherPrefix + name);
          if (db === null) return false;
          for (const table of tables) file.run(`DELETE FROM ${table} WHERE db = ?`, db);
          file.run('DELETE FROM databases WHERE db = ?', db);
          file.run(
            `INSERT INTO meta (key, value) VALUES ('dropped', ?1) ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), ?1)`,
            db,
          );
          opened.delete(db);
          file.touch(db, '');
          return true;
        }),
    },

    async writable() {
      try {
        await file.write(() =>
          file.run(`INSERT INTO meta (key, value) VALUES ('mark', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1`),
        );
        return true;
      } catch (error) {
        if (error instanceof StorageFailure) return false;
        throw error;
      }
    },

    async close() {
      file.close();
    },
  };
}
