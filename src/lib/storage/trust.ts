import type { Instant } from '#lib/domain/clock.ts';
import { isObject, isString } from '#lib/domain/shape.ts';
import type { Database } from './database.ts';

/** What this device verifies certificates with. */
export interface KeptTrust {
  /** The root key that was pinned with the first list; every later one is to be under it. */
  readonly root: string;
  /** The list and the status lists, as they came. */
  readonly set: unknown;
  readonly fetched: Instant;
}

const key = 'trust';

export class TrustStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(): Promise<KeptTrust | null> {
    const value = (await this.#database.settings.get(key))?.value;
    // This device wrote it.
    return isObject(value) && isString(value['root']) ? (value as unknown as KeptTrust) : null;
  }

  async keep(kept: KeptTrust): Promise<void> {
    await this.#database.settings.put({ key, value: kept });
  }
}
