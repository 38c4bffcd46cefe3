import type { PersonId, Ulid } from '#lib/domain/ids.ts';
import type { ExamSessionId } from '#lib/certification/exam-code.ts';
import type { Database } from './database.ts';
import type { ExamClock, ExamRow } from './schema.ts';

const clockKey = (sitting: Ulid): string => `exam-clock:${sitting}`;

/** Exams on this device: those that a proctor holds, and how far the time of a sitting has run. Nothing in it is ever deleted. */
export class ExamStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when the bytes are on disk. */
  async open(row: ExamRow): Promise<void> {
    await this.#database.exams.add(row);
  }

  /** The newest first. */
  async of(proctor: PersonId): Promise<readonly ExamRow[]> {
    const rows = await this.#database.exams.where('proctor').equals(proctor).toArray();
    return rows.sort((a, b) => (a.opened < b.opened ? 1 : -1));
  }

  /** Changes what stands there now, also where another tab changed it meanwhile. */
  async change(id: ExamSessionId, change: (row: ExamRow) => ExamRow): Promise<void> {
    const { exams } = this.#database;
    await this.#database.transaction('rw', exams, async () => {
      const row = await exams.get(id);
      if (row !== undefined) await exams.put(change(row));
    });
  }

  async clock(sitting: Ulid): Promise<ExamClock | null> {
    return ((await this.#database.settings.get(clockKey(sitting)))?.value as ExamClock | undefined) ?? null;
  }

  async keepClock(sitting: Ulid, clock: ExamClock): Promise<void> {
    await this.#database.settings.put({ key: clockKey(sitting), value: clock });
  }
}
