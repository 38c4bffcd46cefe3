import { instantOf, type Clock } from '#lib/domain/clock.ts';
import type { Sha256 } from '#lib/domain/ids.ts';
import type { Database } from './database.ts';
import type { LibraryStore } from './library.ts';
import type { CommonsRow, PieceRow } from './schema.ts';

type Installed = NonNullable<CommonsRow['installed']>;

const id = 'commons';
const none: CommonsRow = { id, installed: null, coming: [] };

/** The commons on this device. Its pieces lie with those of courses, and stay as long as it names them. */
export class CommonsStore {
  readonly #database: Database;
  readonly #library: LibraryStore;
  readonly #now: Clock;

  constructor(database: Database, library: LibraryStore, now: Clock) {
    this.#database = database;
    this.#library = library;
    this.#now = now;
  }

  /** What is installed, whole; null where nothing is. */
  async installed(): Promise<Installed | null> {
    return (await this.#database.commons.get(id))?.installed ?? null;
  }

  held(pieces: readonly Sha256[]): Promise<ReadonlySet<Sha256>> {
    return this.#library.held(pieces);
  }

  pieces(shas: readonly Sha256[]): Promise<readonly (PieceRow | undefined)[]> {
    return this.#library.pieces(shas);
  }

  hasRoom(bytes: number): Promise<boolean> {
    return this.#library.hasRoom(bytes);
  }

  /** Names the pieces that are about to come: what arrives is not swept away while the rest is fetched. */
  async expect(coming: readonly Sha256[]): Promise<void> {
    await this.#database.transaction('rw', this.#database.commons, async () => {
      await this.#database.commons.put({ ...((await this.#database.commons.get(id)) ?? none), coming });
    });
  }

  async receive(pieces: readonly PieceRow[]): Promise<void> {
    await this.#database.pieces.bulkPut([...pieces]);
  }

  /** The commons is whole: replaces the one before. */
  async install(installed: Omit<Installed, 'at'>): Promise<void> {
    await this.#database.commons.put({ id, installed: { ...installed, at: instantOf(this.#now()) }, coming: [] });
    await this.#library.sweep();
  }

  async remove(): Promise<void> {
    await this.#database.commons.delete(id);
    await this.#library.sweep();
  }
}
