import { Dexie, type EntityTable } from 'dexie';
import { databaseName, stores } from './schema.ts';
import type {
  CommonsRow,
  CourseRow,
  ExamRow,
  JobRow,
  JournalRow,
  KeyRow,
  MirrorRow,
  PaperRow,
  PersonRow,
  PieceRow,
  SettingRow,
  StatementRow,
} from './schema.ts';

export type Database = Dexie & {
  people: EntityTable<PersonRow, 'id'>;
  journal: EntityTable<JournalRow, 'id'>;
  mirror: EntityTable<MirrorRow, 'id'>;
  courses: EntityTable<CourseRow, 'course'>;
  pieces: EntityTable<PieceRow, 'sha256'>;
  jobs: EntityTable<JobRow, 'course'>;
  settings: EntityTable<SettingRow, 'key'>;
  keys: EntityTable<KeyRow, 'person'>;
  commons: EntityTable<CommonsRow, 'id'>;
  statements: EntityTable<StatementRow, 'id'>;
  exams: EntityTable<ExamRow, 'id'>;
  papers: EntityTable<PaperRow, 'id'>;
};

/**
 * The device's database. Chromium reports an IndexedDB commit before its bytes are on disk unless it is asked to be strict;
 * "kept on this device" means that they are.
 */
export function openDatabase(name = databaseName): Database {
  const database = new Dexie(name, { chromeTransactionDurability: 'strict' }) as Database;
  const { keys: _since2, ...first } = stores;
  database.version(1).stores(first);
  // The second version knows of a place above the centre, of which nothing was heard before, and keeps keys.
  database
    .version(2)
    .stores(stores)
    .upgrade(async (transaction) => {
      for (const name of ['journal', 'mirror', 'people']) await transaction.table(name).toCollection().modify({ relay: null });
    });
  database.version(3).stores({ commons: 'id' });
  // The fourth keeps what staff sign.
  database.version(4).stores({ statements: 'id, writer, person' });
  // The fifth keeps the exams of proctors.
  database.version(5).stores({ exams: 'id, proctor' });
  // The sixth keeps what staff write for the commons.
  database.version(6).stores({ papers: 'id, writer' });
  return database;
}
