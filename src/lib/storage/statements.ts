import type { PersonId } from '#lib/domain/ids.ts';
import type { EvidenceRecord, RecordId } from '#lib/domain/records.ts';
import type { Mark } from '#lib/sync/session.ts';
import type { Database } from './database.ts';
import type { StatementRow } from './schema.ts';

const programmesKey = 'programmes';
const ownersKey = 'key-owners';
const knownKey = (person: PersonId): string => `known-evidence:${person}`;

/** What staff signed on this device, and what is needed to judge it without a network. Nothing in it is ever deleted. */
export class StatementStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when the bytes are on disk. One that is here already stays as it is. */
  async commit(body: EvidenceRecord): Promise<void> {
    const { statements } = this.#database;
    await this.#database.transaction('rw', statements, async () => {
      if ((await statements.get(body._id)) !== undefined) return;
      await statements.add({ id: body._id, writer: body.writer, person: body.person, body, receipt: null, refused: null });
    });
  }

  /** What this person wrote here, and what is about them. */
  async of(person: PersonId): Promise<readonly StatementRow[]> {
    return this.#database.statements.where('writer').equals(person).or('person').equals(person).toArray();
  }

  /** What the centre said of one: a receipt, or why not. A receipt is for the body that lies here. */
  async settle(id: RecordId, said: Pick<StatementRow, 'receipt' | 'refused'>): Promise<void> {
    await this.#database.statements.update(id, said);
  }

  /** Takes what came from the centre; of what lies here the receipt alone. */
  async take(bodies: readonly { readonly body: EvidenceRecord; readonly receipt: Mark }[]): Promise<void> {
    const { statements } = this.#database;
    await this.#database.transaction('rw', statements, async () => {
      for (const { body, receipt } of bodies) {
        const known = await statements.get(body._id);
        const { _id: id, writer, person } = body;
        await statements.put(
          known === undefined ? { id, writer, person, body, receipt, refused: null } : { ...known, receipt, refused: null },
        );
      }
    });
  }

  /** A centre that was restored to an earlier day answers in a new epoch: what it confirmed before is to be confirmed again. */
  async withdraw(writer: PersonId, { node, epoch }: Pick<Mark, 'node' | 'epoch'>): Promise<void> {
    await this.#database.statements
      .where('writer')
      .equals(writer)
      .filter(({ receipt }) => receipt !== null && receipt.node === node && receipt.epoch !== epoch)
      .modify({ receipt: null });
  }

  /** The programmes as the centre last gave them; undefined where it never did. */
  async programmes(): Promise<unknown> {
    return (await this.#database.settings.get(programmesKey))?.value;
  }

  async keepProgrammes(value: unknown): Promise<void> {
    await this.#database.settings.put({ key: programmesKey, value });
  }

  /** What the centre said that it knows of somebody's work; undefined where it never did. */
  async knownEvidence(person: PersonId): Promise<unknown> {
    return (await this.#database.settings.get(knownKey(person)))?.value;
  }

  async keepKnownEvidence(person: PersonId, value: unknown): Promise<void> {
    await this.#database.settings.put({ key: knownKey(person), value });
  }

  /** The centre's word on whose keys others are. */
  async owners(): Promise<unknown> {
    return (await this.#database.settings.get(ownersKey))?.value;
  }

  async keepOwners(value: unknown): Promise<void> {
    await this.#database.settings.put({ key: ownersKey, value });
  }
}
