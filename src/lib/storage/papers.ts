import type { PersonId } from '#lib/domain/ids.ts';
import type { Draft, Review } from '#lib/domain/drafts.ts';
import type { Mark } from '#lib/sync/session.ts';
import type { Database } from './database.ts';
import type { PaperRow } from './schema.ts';

/** One name for each document that a writer has. */
export const paperId = (body: Draft | Review): string =>
  body.kind === 'draft'
    ? `draft ${body.entry} ${body.writer}`
    : `review ${body.entry} ${body.author} ${String(body.edition)} ${body.writer}`;

/** What staff write for the commons on this device. Nothing in it is ever deleted. */
export class PaperStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when the bytes are on disk. What the centre said was said of another body. */
  async commit(body: Draft | Review): Promise<void> {
    await this.#database.papers.put({ id: paperId(body), writer: body.writer, body, receipt: null, refused: null });
  }

  /** What this person wrote here, or took from the centre. */
  async of(writer: PersonId): Promise<readonly PaperRow[]> {
    return this.#database.papers.where('writer').equals(writer).toArray();
  }

  /** What the centre said of a body; nothing where another was written meanwhile. */
  async settle(body: Draft | Review, said: Pick<PaperRow, 'receipt' | 'refused'>): Promise<void> {
    const { papers } = this.#database;
    await this.#database.transaction('rw', papers, async () => {
      const row = await papers.get(paperId(body));
      if (row !== undefined && JSON.stringify(row.body) === JSON.stringify(body)) await papers.put({ ...row, ...said });
    });
  }

  /** Takes what the same person wrote elsewhere; what waits here is theirs to hand over first, and stays. */
  async take(bodies: readonly (Draft | Review)[], receipt: Pick<Mark, 'node' | 'epoch'>): Promise<void> {
    const { papers } = this.#database;
    await this.#database.transaction('rw', papers, async () => {
      for (const body of bodies) {
        const id = paperId(body);
        const row = await papers.get(id);
        if (row === undefined || row.receipt !== null) await papers.put({ id, writer: body.writer, body, receipt, refused: null });
      }
    });
  }

  /** A centre that was restored answers in a new epoch: what it confirmed before is to be confirmed again. */
  async withdraw(writer: PersonId, { node, epoch }: Pick<Mark, 'node' | 'epoch'>): Promise<void> {
    await this.#database.papers
      .where('writer')
      .equals(writer)
      .filter(({ receipt }) => receipt !== null && receipt.node === node && receipt.epoch !== epoch)
      .modify({ receipt: null });
  }
}
