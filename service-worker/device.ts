/**
 * Reads of the device's database with plain IndexedDB: a lesson's page must not wait until a library has started. Names and shapes are those
 * of src/lib/storage/schema.ts.
 */
import { databaseName } from '#lib/storage/schema.ts';
import type { CourseRow, PieceRow } from '#lib/storage/schema.ts';

let opened: Promise<IDBDatabase | null> | null = null;

/** The database; null where this device has none yet. Opening must not make an empty one. */
function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise<IDBDatabase | null>((resolve) => {
    const request = indexedDB.open(databaseName);
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onerror = () => {
      resolve(null);
    };
    request.onsuccess = () => {
      const database = request.result;
      const close = (): void => {
        opened = null;
        database.close();
      };
      // A page that brings a newer schema must not wait for the worker.
      database.onversionchange = close;
      database.onclose = close;
      resolve(database);
    };
  }).then((database) => {
    if (database === null) opened = null;
    return database;
  });
  return opened;
}

async function get<Row>(store: 'courses' | 'pieces', keys: readonly string[]): Promise<readonly (Row | undefined)[]> {
  const database = await open();
  if (database === null || !database.objectStoreNames.contains(store)) return keys.map(() => undefined);
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, 'readonly');
    const requests = keys.map((key) => transaction.objectStore(store).get(key) as IDBRequest<Row | undefined>);
    transaction.oncomplete = () => {
      resolve(requests.map(({ result }) => result));
    };
    transaction.onerror = () => {
      reject(transaction.error ?? new Error('The device could not be read'));
    };
  });
}

export const readCourse = async (course: string): Promise<CourseRow | undefined> => (await get<CourseRow>('courses', [course]))[0];

export const readPieces = (sha256s: readonly string[]): Promise<readonly (PieceRow | undefined)[]> => get<PieceRow>('pieces', sha256s);
