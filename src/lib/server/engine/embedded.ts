/**
 * The embedded engine: databases in one SQLite file (sqlite-file.ts says what a promise of a write rests on).
 */
import type { RandomBytes } from '../../domain/clock.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { StorageFailure, type Database, type DatabaseName, type Engine } from './engine.ts';
import { openSqliteFile, type Machine } from './sqlite-file.ts';

/**
 * Opens the file, and makes it where it does not exist; either way it is readable by its owner alone afterwards.
 *
 * @throws StorageFailure where the file cannot be opened or is not such a database
 */
export function openEmbedded(options: { readonly file: string; readonly random: RandomBytes; readonly machine?: Machine }): Engine {
  const file = openSqliteFile(options);
  const databases = new Map<DatabaseName, Database>();

  return {
    kind: 'embedded',
    epoch: file.epoch,

    database(name) {
      const known = databases.get(name);
      if (known !== undefined) return known;
      const made = openEmbeddedDatabase(file, name);
      databases.set(name, made);
      return made;
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
