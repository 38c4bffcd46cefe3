/**
 * Holding an exam on the proctor's device: the code, those who hand in, a signature for each and one for all. Everything is kept here before it is shown, and goes
 * to the centre when that can be reached.
 */
import { instantOf } from '#lib/domain/clock.ts';
import type { CourseId, PersonId, UnitId } from '#lib/domain/ids.ts';
import type { SittingRecord } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { createExamCode, showExamCode } from '#lib/certification/exam-code.ts';
import { leavesOf, type Programme } from '#lib/certification/programme.ts';
import { idOf, type Signed } from '#lib/certification/signed.ts';
import { isClosedRight, readSitting, type Closed, type Sitting } from '#lib/certification/sitting.ts';
import type { SignedStatement } from '#lib/certification/statement.ts';
import { ExamStore } from '#lib/storage/exams.ts';
import type { ExamRow } from '#lib/storage/schema.ts';
import type { SittingCode } from './evidence-code.ts';
import type { EvidenceDesk, ExamGiven, NotRecorded } from './evidence.svelte.ts';
import { keepProctored } from './exam-sitting.svelte.ts';
import { now, random, storage } from './store.ts';
import { browserTools } from './verify-tools.ts';

/** An exam that a programme asks for. */
export interface Held {
  readonly programme: string;
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly score: number;
}

export type NotSigned =
  | NotRecorded
  /** Of another session, or of another exam. */
  | 'other-exam'
  | 'signed-already';

/** Somebody of this device who handed in. */
export interface Here {
  readonly record: SittingRecord;
  readonly sitting: Sitting;
  readonly closed: Signed<Closed>;
  readonly name: string;
}

/** The exams that these programmes ask for, each once for each programme. */
export const examsOf = (programmes: readonly Programme[]): readonly Held[] =>
  programmes.flatMap((programme) => {
    const held = [...leavesOf(programme.requires), ...leavesOf(programme.renewal)].flatMap((leaf): Held[] =>
      leaf.type === 'exam'
        ? [{ programme: programme.id, course: leaf.course as CourseId, unit: leaf.unit as UnitId, score: leaf.score }]
        : [],
    );
    return held.filter((one, at) => held.findIndex(({ course, unit }) => course === one.course && unit === one.unit) === at);
  });

export class ProctorDesk {
  /** The newest first. */
  exams = $state.raw<readonly ExamRow[]>([]);
  /** Those of this device who handed in and wait: on a shared laptop nobody scans anything. */
  here = $state.raw<readonly Here[]>([]);

  readonly #person: PersonId;
  readonly #desk: EvidenceDesk;
  #stop: (() => void) | null = null;

  constructor(person: PersonId, desk: EvidenceDesk) {
    this.#person = person;
    this.#desk = desk;
  }

  get open(): ExamRow | null {
    return this.exams.find(({ over }) => over === null) ?? null;
  }

  async #store(): Promise<ExamStore> {
    return new ExamStore((await storage()).store.database);
  }

  async load(): Promise<void> {
    const { store, watch } = await storage();
    await this.#read();
    this.#stop = watch(
      async () => {
        const people = await store.people.all();
        const sittings = await Promise.all(people.map(({ id }) => store.journal.ofKind(id, 'sitting')));
        return [await store.database.exams.toArray(), sittings];
      },
      () => void this.#read(),
    );
  }

  end(): void {
    this.#stop?.();
  }

  async #read(): Promise<void> {
    this.exams = await (await this.#store()).of(this.#person);
    await this.look();
  }

  /** Looks who of this device handed in for the open session. */
  async look(): Promise<void> {
    const { open } = this;
    const { store } = await storage();
    const found: Here[] = [];
    for (const person of open === null ? [] : await store.people.all())
      for (const { body } of await store.journal.ofKind(person.id, 'sitting')) {
        if (body.kind !== 'sitting' || body.writer !== store.device || body.person !== person.id || body.proctored !== undefined) continue;
        const read = await readSitting(body, browserTools);
        const last = body.links.at(-1);
        if (!read.ok || read.value.closed?.session !== open?.id || last === undefined || read.value.closed === null) continue;
        found.push({ record: body, sitting: read.value, closed: { body: read.value.closed, signature: last.value }, name: person.name });
      }
    this.here = found;
  }

  /** A session of an exam: its code is good for six hours. */
  async begin(held: Held, place: string): Promise<ExamRow> {
    const { programme, course, unit } = held;
    const moment = now();
    const { session, code } = await createExamCode({ course, unit }, moment, random, browserTools);
    const row: ExamRow = {
      ...{ id: session, proctor: this.#person, programme, course, unit, place, code },
      opened: instantOf(moment),
      present: [],
      signed: [],
      over: null,
    };
    await (await this.#store()).open(row);
    await this.#read();
    return row;
  }

  /** The code as it is said. */
  saidOf({ code }: ExamRow): string {
    return showExamCode(code);
  }

  async setPresent({ id }: ExamRow, person: PersonId, is: boolean): Promise<void> {
    await (
      await this.#store()
    ).change(id, (row) => ({
      ...row,
      present: [...row.present.filter((one) => one !== person), ...(is ? [person] : [])],
    }));
    await this.#read();
  }

  /** Whether what a candidate shows can be signed for in this session. */
  async check(row: ExamRow, { closed }: Pick<SittingCode, 'closed'>): Promise<Result<null, NotSigned>> {
    const { body } = closed;
    if (body.session !== row.id || body.course !== row.course || body.unit !== row.unit) return err('other-exam');
    if (body.person === this.#person) return err('for-oneself');
    if (!(await isClosedRight(closed, browserTools))) return err('bad-signature');
    return ok(null);
  }

  #given(
    row: ExamRow,
    entries: readonly { readonly person: PersonId; readonly answers: ExamGiven['candidates'][number]['answers']; readonly score: number }[],
    roster: readonly PersonId[],
  ): ExamGiven {
    const { programme, course, unit, id, place, opened } = row;
    return {
      ...{ programme, course, unit, session: id, place, opened, roster },
      // A clock that was set back meanwhile must not make a session that ends before it begins.
      closed: instantOf(Math.max(now(), Date.parse(opened))),
      candidates: entries,
    };
  }

  /** Signs for one who handed in; the same again for whoever shows the same again. */
  async signFor(row: ExamRow, { closed, name }: SittingCode): Promise<Result<SignedStatement, NotSigned>> {
    const checked = await this.check(row, { closed });
    if (!checked.ok) return checked;
    const { person, score } = closed.body;
    const answers = await idOf(closed.body, browserTools);
    const before = row.signed.find((one) => one.person === person);
    if (before !== undefined)
      return (await idOf(before.closed.body, browserTools)) === answers ? ok(before.statement) : err('signed-already');
    const made = await this.#desk.signForOne(this.#given(row, [{ person, answers, score }], [person]));
    if (!made.ok) return made;
    await (
      await this.#store()
    ).change(row.id, (known) =>
      known.signed.some((one) => one.person === person)
        ? known
        : { ...known, signed: [...known.signed, { person, name, closed, statement: made.value }] },
    );
    await this.#read();
    return made;
  }

  /** On a shared laptop: signs, and lays the signature beside the sitting. */
  async signHere(row: ExamRow, here: Here): Promise<Result<SignedStatement, NotSigned>> {
    const made = await this.signFor(row, here);
    if (made.ok) await keepProctored(here.record, here.sitting, made.value);
    await this.#read();
    return made;
  }

  /** Ends the session and signs for all of it: who came, who handed in, and the last link of each one's answers. */
  async close(row: ExamRow): Promise<Result<null, NotRecorded>> {
    const candidates = await Promise.all(
      row.signed.map(async ({ person, closed }) => ({ person, answers: await idOf(closed.body, browserTools), score: closed.body.score })),
    );
    const handedIn = candidates.map(({ person }) => person);
    const roster = [...row.present.filter((person) => person !== this.#person && !handedIn.includes(person)), ...handedIn];
    // Where nobody came there is nothing to sign.
    if (roster.length > 0) {
      const made = await this.#desk.recordExam(this.#given(row, candidates, roster));
      if (!made.ok) return made;
    }
    await (await this.#store()).change(row.id, (known) => ({ ...known, over: instantOf(now()) }));
    await this.#read();
    return ok(null);
  }
}
