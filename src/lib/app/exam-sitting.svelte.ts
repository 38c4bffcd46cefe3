/**
 * Sitting an exam on this device. Every answer is signed and committed before it is shown as kept; what was begun goes on after a reload or a power cut, in
 * the same sitting, with the time that had run and a link that says how long the page was gone.
 */
import { createUlid, type ItemId, type PersonId } from '#lib/domain/ids.ts';
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { sittingId, type SittingRecord } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { statementInRecord } from '#lib/certification/evidence-record.ts';
import { base64url } from '#lib/certification/encoding.ts';
import { readExamCode, type CodeFault } from '#lib/certification/exam-code.ts';
import { keyOf, type Signer } from '#lib/certification/keys.ts';
import { isSignedRight, signBody, type Signed } from '#lib/certification/signed.ts';
import {
  answerLink,
  awayLink,
  closeLink,
  openLink,
  readSitting,
  type Answered,
  type Closed,
  type Link,
  type Moment,
  type Sitting,
} from '#lib/certification/sitting.ts';
import type { SignedStatement } from '#lib/certification/statement.ts';
import type { CourseStructure, StructureExam } from '#lib/course/package.ts';
import { ExamStore } from '#lib/storage/exams.ts';
import { KeyStore } from '#lib/storage/keys.ts';
import type { Where } from './contract.ts';
import { keyOn, signerWith } from './evidence-signer.ts';
import { readCode } from './evidence-code.ts';
import { now, random, storage } from './store.ts';
import { browserTools } from './verify-tools.ts';

export interface Sat {
  readonly record: SittingRecord;
  readonly sitting: Sitting;
  readonly where: Where;
  /** What the proctor signed about it, where that is here. */
  readonly proctored: SignedStatement | null;
}

export type NotOpened =
  | CodeFault
  /** This browser signs nothing. */
  | 'no-key'
  | 'used-up'
  /** The same exam is open in another tab. */
  | 'elsewhere'
  /** Of a sitting that goes on: the code is another session's. */
  | 'other-session';

export type NotTaken = 'no-code' | 'other-sitting' | 'bad-signature' | 'signed-already';

/** Whoever was gone longer than this shows that the proctor lets them go on: seconds. */
const longAway = 10 * 60;
/** The time that has run is written down this often: milliseconds. A power cut costs the candidate nothing of it, and gains them at most this much. */
const noteEvery = 10_000;
/** The wall clock runs ahead of the monotonic one by more than this: the machine slept. Seconds. */
const slept = 30;
/** Space for what ends a chain: links that are not given to answers. */
const lastLinks = 12;
/** Answers may be changed this often in all. */
export const mostChanges = 400 - lastLinks;

export class SittingDesk {
  ready = $state(false);
  /** Sittings of this exam by this person, the newest first; from all their devices. */
  sat = $state.raw<readonly Sat[]>([]);
  /** The one that goes on here. */
  current = $state.raw<{ readonly record: SittingRecord; readonly sitting: Sitting } | null>(null);
  /** Whoever was gone for long: for how many seconds, null where nobody knows. The proctor's code lets them go on. */
  stopped = $state.raw<{ readonly seconds: number | null } | null>(null);
  /** Seconds that the time has run. */
  elapsed = $state(0);
  /** This browser makes signatures. */
  signs = $state(true);

  readonly #person: PersonId;
  readonly #structure: CourseStructure;
  readonly #exam: StructureExam;
  #signer: Signer | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #release: (() => void) | null = null;
  #unwatch: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The monotonic and the wall clock at the last look, milliseconds. */
  #looked = { steady: 0, wall: 0 };
  #noted = 0;
  #timeIsOver: (() => void) | null = null;

  constructor(person: PersonId, structure: CourseStructure, exam: StructureExam) {
    this.#person = person;
    this.#structure = structure;
    this.#exam = exam;
  }

  get limit(): number {
    return (this.current?.sitting.opened.minutes ?? this.#exam.minutes) * 60;
  }

  get left(): number {
    return Math.max(0, this.#exam.attempts - this.sat.length);
  }

  /** @param timeIsOver what to do then: whatever is not kept yet has to be, before the sitting is closed */
  async load(timeIsOver: () => void): Promise<void> {
    this.#timeIsOver = timeIsOver;
    const { store, watch } = await storage();
    const own = await keyOn(new KeyStore(store.database), this.#person);
    this.#signer = signerWith(own);
    this.signs = this.#signer !== null;
    await this.#read();
    const open = this.sat.find(({ record, sitting }) => sitting.closed === null && record.writer === store.device);
    if (open !== undefined) await this.#takeUp(open);
    this.ready = true;
    // Where each is changes with passes, and other devices bring theirs.
    this.#unwatch = watch(
      () => store.journal.ofKind(this.#person, 'sitting'),
      () => void this.#read(),
    );
  }

  async #read(): Promise<void> {
    const { store } = await storage();
    const found: Sat[] = [];
    for (const { body, atCentre, above } of await store.journal.ofKind(this.#person, 'sitting')) {
      if (body.kind !== 'sitting' || body.course !== this.#structure.course || body.unit !== this.#exam.id) continue;
      const read = await readSitting(body, browserTools);
      if (!read.ok) continue;
      const where: Where = above === null ? (atCentre ? 'centre' : 'device') : { above };
      const proctored = body.proctored === undefined ? null : statementInRecord(body.proctored);
      found.push({ record: body, sitting: read.value, where, proctored });
    }
    this.sat = found.sort((a, b) => (a.record.ulid < b.record.ulid ? 1 : -1));
  }

  /** One tab writes: two would each go on from the same link. */
  async #lock(): Promise<boolean> {
    if (this.#release !== null) return true;
    return new Promise((resolve) => {
      void navigator.locks.request(`sitting-${this.#person}-${this.#structure.course}-${this.#exam.id}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(false);
          return undefined;
        }
        resolve(true);
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
    });
  }

  /** What was begun here and not ended. */
  async #takeUp({ record, sitting }: Sat): Promise<void> {
    if (!(await this.#lock())) return;
    const exams = await this.#exams();
    const clock = await exams.clock(record.ulid);
    const last = clock?.at ?? Date.parse((JSON.parse(record.links.at(-1)?.signed ?? '{}') as { at?: string }).at ?? '');
    const gone = (now() - last) / 1000;
    const seconds = gone < 0 || Number.isNaN(gone) ? null : gone;
    this.current = { record, sitting };
    this.elapsed = Math.max(sitting.elapsed, clock?.elapsed ?? 0);
    if (this.elapsed >= this.limit) {
      await this.close('time');
      return;
    }
    if (seconds === null || seconds > longAway) this.stopped = { seconds };
    else await this.#goOn(seconds);
  }

  async #exams(): Promise<ExamStore> {
    return new ExamStore((await storage()).store.database);
  }

  async #goOn(away: number | null): Promise<void> {
    await this.#append((sitting, moment) => awayLink(sitting, moment, away));
    this.stopped = null;
    this.#run();
  }

  /** From here on the time runs. */
  #run(): void {
    this.#looked = { steady: performance.now(), wall: now() };
    this.#noted = this.#looked.steady;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), 1000);
    void this.#note();
  }

  #look(): void {
    if (this.current === null) return;
    const [steady, wall] = [performance.now(), now()];
    const [ran, passed] = [(steady - this.#looked.steady) / 1000, (wall - this.#looked.wall) / 1000];
    this.#looked = { steady, wall };
    this.elapsed += ran;
    // The steady clock of some systems stands still while the machine sleeps.
    if (passed - ran > slept) void this.#append((sitting, moment) => awayLink(sitting, moment, passed - ran));
    if (steady - this.#noted > noteEvery) void this.#note();
    if (this.elapsed >= this.limit) {
      clearInterval(this.#timer);
      this.#timeIsOver?.();
    }
  }

  async #note(): Promise<void> {
    const { current } = this;
    if (current === null) return;
    this.#noted = performance.now();
    await (await this.#exams()).keepClock(current.record.ulid, { elapsed: this.elapsed, at: now() });
  }

  /** The page is about to go: what the time had come to is written down. */
  leave(): void {
    if (this.current === null || this.stopped !== null) return;
    this.#look();
    void this.#note();
  }

  end(): void {
    this.leave();
    clearInterval(this.#timer);
    this.#unwatch?.();
    this.#release?.();
    this.#release = null;
  }

  /** Opens the exam by the proctor's code, or goes on with what was stopped. */
  async open(typed: string, language: string): Promise<Result<null, NotOpened>> {
    const signer = this.#signer;
    if (signer === null) return err('no-key');
    const shown = readCode(typed);
    const code = shown?.type === 'exam' ? shown.code : typed;
    const { course } = this.#structure;
    const { id: unit, minutes, attempts, items } = this.#exam;
    const read = await readExamCode(code, { course, unit }, now(), browserTools);
    if (!read.ok) return read;
    if (this.stopped !== null && this.current !== null) {
      if (read.value !== this.current.sitting.opened.session) return err('other-session');
      await this.#goOn(this.stopped.seconds);
      return ok(null);
    }
    if (this.left === 0) return err('used-up');
    if (!(await this.#lock())) return err('elsewhere');
    const { store } = await storage();
    const moment = now();
    const ulid = createUlid(moment, random);
    const person = this.#person;
    const link = openLink(
      { by: signer.did, now: moment, elapsed: 0 },
      {
        ...{ person, course, unit, sitting: ulid, session: read.value, attempts, minutes, language },
        attempt: this.sat.length + 1,
        asks: items.map(({ id, v, points }) => ({ id, v, points })),
      },
    );
    const record: SittingRecord = {
      _id: sittingId(person, course, unit, ulid),
      kind: 'sitting',
      person,
      course,
      unit,
      ulid,
      writer: store.device,
      key: base64url(keyOf(signer.did) ?? new Uint8Array()),
      links: [await signed(link, signer)],
    };
    await this.#commit(record);
    this.elapsed = 0;
    this.#run();
    return ok(null);
  }

  async #commit(record: SittingRecord): Promise<void> {
    const { store } = await storage();
    await store.journal.commit(this.#person, [record]);
    const read = await readSitting(record, browserTools);
    if (!read.ok) throw new Error(`A sitting of this device is ${read.error}`);
    this.current = { record, sitting: read.value };
  }

  /** One link after the other, whoever asks. */
  #append(make: (sitting: Sitting, moment: Moment) => Link): Promise<void> {
    const next = this.#queue.then(async () => {
      const { current } = this;
      const signer = this.#signer;
      if (current === null || signer === null || current.sitting.closed !== null) return;
      const link = make(current.sitting, { by: signer.did, now: now(), elapsed: this.elapsed });
      await this.#commit({ ...current.record, links: [...current.record.links, await signed(link, signer)] });
    });
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** Resolves when the answer is on the device's disk. */
  async answer(item: ItemId, response: unknown, score: number): Promise<void> {
    // A page may hand over reactive state; what is signed is plain data.
    const plain = JSON.parse(JSON.stringify(response)) as unknown;
    await this.#append((sitting, moment) =>
      answerLink(sitting, moment, { item, response: plain, score } satisfies Pick<Answered, 'item' | 'response' | 'score'>),
    );
  }

  get full(): boolean {
    return (this.current?.record.links.length ?? 0) >= mostChanges;
  }

  /** Nothing can be answered any more. */
  async close(why: Closed['why']): Promise<void> {
    clearInterval(this.#timer);
    await this.#append((sitting, moment) => closeLink(sitting, moment, why));
    this.current = null;
    this.stopped = null;
    this.#release?.();
    this.#release = null;
    await this.#read();
  }

  /** Whoever was stopped hands in what is there. */
  async handInStopped(): Promise<void> {
    const away = this.stopped?.seconds ?? null;
    await this.#append((sitting, moment) => awayLink(sitting, moment, away));
    await this.close('handed-in');
  }

  /** What the proctor is shown of a sitting that is over. */
  closedOf({ record }: Sat): Signed<Closed> | null {
    const last = record.links.at(-1);
    if (last === undefined) return null;
    return { body: JSON.parse(last.signed) as Closed, signature: last.value };
  }

  /** Takes what the proctor's device showed. */
  async take({ record, sitting }: Sat, text: string): Promise<Result<null, NotTaken>> {
    const shown = readCode(text);
    if (shown?.type !== 'signed' || shown.statement.body.type !== 'exam-session') return err('no-code');
    return keepProctored(record, sitting, shown.statement);
  }
}

async function signed(link: Link, signer: Signer): Promise<SittingRecord['links'][number]> {
  return { signed: canonicalJson(link), value: (await signBody(link, signer)).signature };
}

/** Keeps what the proctor signed beside the sitting, on whose device it was shown or is: there it goes to the centre with it. */
export async function keepProctored(
  record: SittingRecord,
  sitting: Pick<Sitting, 'head'>,
  statement: SignedStatement,
): Promise<Result<null, NotTaken>> {
  const { body } = statement;
  const key = keyOf(body.by);
  const own =
    body.type === 'exam-session' && body.candidates.some(({ person, answers }) => person === record.person && answers === sitting.head);
  if (!own || key === null) return err('other-sitting');
  if (!(await isSignedRight(statement, browserTools))) return err('bad-signature');
  if (record.proctored !== undefined) return err('signed-already');
  const { store } = await storage();
  const proctored = { signed: canonicalJson(body), signature: { key: base64url(key), value: statement.signature } };
  await store.journal.commit(record.person, [{ ...record, proctored }]);
  return ok(null);
}
