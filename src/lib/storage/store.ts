import { liveQuery } from 'dexie';
import type { Clock, RandomBytes } from '#lib/domain/clock.ts';
import { createDeviceId, type DeviceId } from '#lib/domain/ids.ts';
import { CommonsStore } from './commons.ts';
import { openDatabase, type Database } from './database.ts';
import { JournalStore } from './journal.ts';
import { LibraryStore } from './library.ts';
import { PeopleStore } from './people.ts';
import { TrustStore } from './trust.ts';

const deviceKey = 'device';

/** What the device keeps, and who it is. */
export interface Store {
  readonly database: Database;
  /** This browser origin: the writer of everything that is made here. */
  readonly device: DeviceId;
  readonly people: PeopleStore;
  readonly journal: JournalStore;
  readonly library: LibraryStore;
  readonly trust: TrustStore;
  readonly commons: CommonsStore;
}

/** Opens the store, and names the device when it is new. Two tabs that open a new store at once agree on one name. */
export async function openStore(now: Clock, random: RandomBytes, name?: string): Promise<Store> {
  const database = openDatabase(name);
  const device = await database.transaction('rw', database.settings, async () => {
    const known = await database.settings.get(deviceKey);
    if (known !== undefined) return known.value as DeviceId;
    const made = createDeviceId(random);
    await database.settings.add({ key: deviceKey, value: made });
    return made;
  });
  const library = new LibraryStore(database, now, random);
  return {
    database,
    device,
    people: new PeopleStore(database, now, random),
    journal: new JournalStore(database, device, now),
    trust: new TrustStore(database),
    library,
    commons: new CommonsStore(database, library, now),
  };
}

/** Calls back with what `read` finds, now and after every change to what it read, in this tab or another. Answers how to stop. */
export function watch<Value>(read: () => Promise<Value>, changed: (value: Value) => void): () => void {
  const subscription = liveQuery(read).subscribe(changed);
  return () => {
    subscription.unsubscribe();
  };
}
