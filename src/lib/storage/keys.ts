import type { PersonId } from '#lib/domain/ids.ts';
import type { BindingRecord } from '#lib/domain/records.ts';
import type { Database } from './database.ts';
import type { KeyRow } from './schema.ts';

/** The key pairs of the people on this device. Apart from the store itself: only a pass and a page about devices need them. */
export class KeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(person: PersonId): Promise<KeyRow | null> {
    return (await this.#database.keys.get(person)) ?? null;
  }

  /** Keeps a pair in place of any older one. Of two tabs that make one at once the first stays, and both have it. */
  keepFirst(row: KeyRow): Promise<KeyRow> {
    return this.#database.transaction('rw', this.#database.keys, async () => {
      const before = await this.#database.keys.get(row.person);
      if (before !== undefined) return before;
      await this.#database.keys.add(row);
      return row;
    });
  }

  async replace(row: KeyRow): Promise<void> {
    await this.#database.keys.put(row);
  }

  /** Notes the centre's word for a key; nothing where the pair is another one by now. */
  async bound(person: PersonId, binding: BindingRecord): Promise<void> {
    await this.#database.transaction('rw', this.#database.keys, async () => {
      const row = await this.#database.keys.get(person);
      if (row?.key === binding.key) await this.#database.keys.put({ ...row, binding });
    });
  }
}
