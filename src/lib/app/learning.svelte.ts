import { instantOf } from '#lib/domain/clock.ts';
import { createUlid, type CourseId, type ItemId, type PersonId, type UnitId } from '#lib/domain/ids.ts';
import type { RegisterEvent } from '#lib/domain/progress.ts';
import { attemptId } from '#lib/domain/records.ts';
import type { AttemptRecord, NoteRecord, PersonRecord } from '#lib/domain/records.ts';
import type { CourseStructure } from '#lib/course/package.ts';
import type { CourseProgress, LearningController, RecordEntry, Where } from './contract.ts';
import { openCourses } from './open-courses.ts';
import type { People } from './people.svelte.ts';
import { now, random, type Storage } from './store.ts';
import type { CourseWork, Kept } from './work.ts';

export class Learning implements LearningController {
  progress = $state.raw<Readonly<Record<CourseId, CourseProgress>>>({});
  notes = $state.raw<LearningController['notes']>([]);

  readonly #storage: () => Promise<Storage>;
  readonly #people: People;
  /** Not reactive: the page sees `progress`. */
  readonly #open = openCourses();
  /** Whose work the fields show. */
  #person: PersonId | null = null;
  #stop: (() => void) | null = null;

  constructor(storage: () => Promise<Storage>, people: People) {
    this.#storage = storage;
    this.#people = people;
  }

  async open(structure: CourseStructure): Promise<CourseProgress> {
    await this.#people.load();
    const { store, sums } = await this.#storage();
    const person = this.#people.current?.id ?? null;
    await this.follow(person);
    const work = sums.workOf(person === null ? [] : await store.journal.ofCourse(person, structure.course));
    const known = this.#open.has(structure.course);
    this.#open.set(structure.course, { structure, work });
    if (person !== null && !known) await this.#watch(person);
    return this.#show(sums, structure, work);
  }

  #show({ progressOf }: Storage['sums'], structure: CourseStructure, work: CourseWork): CourseProgress {
    const progress = progressOf(structure, work);
    this.progress = { ...this.progress, [structure.course]: progress };
    return progress;
  }

  /** Shows this person's work and no other's. The device's entrance calls it when the person changes. */
  async follow(person: PersonId | null): Promise<void> {
    if (person === this.#person) return;
    this.#stop?.();
    this.#stop = null;
    this.#person = person;
    this.progress = {};
    this.notes = [];
    this.#open.clear();
    if (person === null) return;
    this.notes = await this.#notesOf(person);
    await this.#watch(person);
  }

  /** Follows what other tabs and passes do to the notes and the open courses. */
  async #watch(person: PersonId): Promise<void> {
    const { store, sums, watch } = await this.#storage();
    this.#stop?.();
    const courses = [...this.#open.keys()];
    const read = async () => ({
      notes: await this.#noteDocuments(person),
      courses: await Promise.all(courses.map(async (course) => [course, await store.journal.ofCourse(person, course)] as const)),
    });
    this.#stop = watch(read, (found) => {
      if (this.#person !== person) return;
      this.notes = sums.notesOf(found.notes);
      for (const [course, documents] of found.courses) {
        const opened = this.#open.get(course);
        if (opened === undefined) continue;
        opened.work = sums.workOf(documents);
        this.#show(sums, opened.structure, opened.work);
      }
    });
  }

  async #notesOf(person: PersonId): Promise<LearningController['notes']> {
    const { sums } = await this.#storage();
    return sums.notesOf(await this.#noteDocuments(person));
  }

  async #noteDocuments(person: PersonId): Promise<readonly Kept[]> {
    const { store } = await this.#storage();
    return [...(await store.journal.ofKind(person, 'note')), ...(await store.journal.ofKind(person, 'withdrawal'))];
  }

  /** The current person; a nameless one is made where somebody simply began to learn. */
  async #learner(): Promise<PersonId> {
    await this.#people.load();
    const person = this.#people.current ?? (await this.#people.create(''));
    return person.id;
  }

  async #commit(structure: CourseStructure, events: readonly RegisterEvent[], attempt?: AttemptRecord): Promise<void> {
    const { store, sums } = await this.#storage();
    const person = attempt?.person ?? (await this.#learner());
    const register = await store.journal.commit(person, attempt === undefined ? [] : [attempt], { course: structure.course, events });
    await this.follow(person);
    const opened = this.#open.get(structure.course);
    if (opened === undefined || register === null) {
      await this.open(structure);
      return;
    }
    opened.work = sums.withCommitted(opened.work, register, attempt);
    this.#show(sums, structure, opened.work);
  }

  async answer({
    structure,
    unit,
    item,
    language,
    response,
    marking,
    seconds,
  }: Parameters<LearningController['answer']>[0]): Promise<Where> {
    const { store } = await this.#storage();
    const person = await this.#learner();
    const about = structure.modules
      .flatMap(({ units }) => units)
      .find(({ id }) => id === unit)
      ?.items.find(({ id }: { readonly id: ItemId }) => id === item);
    if (about === undefined) throw new Error(`Unit ${unit} has no item ${item}`);
    const moment = now();
    const at = instantOf(moment);
    const ulid = createUlid(moment, random);
    const attempt: AttemptRecord = {
      _id: attemptId(person, structure.course, item, ulid),
      kind: 'attempt',
      person,
      course: structure.course,
      unit,
      item,
      v: about.v,
      ulid,
      writer: store.device,
      at,
      language,
      exercise: about.kind,
      // A page may hand over reactive state; what is kept is plain data.
      response: JSON.parse(JSON.stringify(response)) as unknown,
      score: marking.score,
      points: about.points,
      seconds: Math.max(0, Math.round(seconds)),
    };
    await this.#commit(structure, [{ type: 'answer', unit, item, v: about.v, score: marking.score, at }], attempt);
    return 'device';
  }

  async visit(structure: CourseStructure, unit: UnitId, offset: number, seconds: number): Promise<void> {
    await this.#commit(structure, [{ type: 'visit', unit, offset, seconds: Math.round(seconds), at: instantOf(now()) }]);
  }

  async complete(structure: CourseStructure, unit: UnitId): Promise<void> {
    const { sums } = await this.#storage();
    const progress = await this.open(structure);
    const at = instantOf(now());
    const whole: readonly RegisterEvent[] = sums.completesCourse(structure, progress, unit) ? [{ type: 'complete-course', at }] : [];
    await this.#commit(structure, [{ type: 'complete', unit, at }, ...whole]);
  }

  async note(course: CourseId, unit: UnitId, type: 'note' | 'bookmark', text: string): Promise<void> {
    const { store, sums } = await this.#storage();
    const person = await this.#learner();
    await store.journal.commit(person, [sums.newNote({ person, writer: store.device, course, unit, type, text }, now(), random)]);
    await this.#refreshNotes(person);
  }

  /** A note of another device is not rewritten: it is taken back, and its new words are a note of this device. */
  async change(note: NoteRecord, text: string): Promise<void> {
    const { store, sums } = await this.#storage();
    const person = await this.#learner();
    // A note under another id of the same person is one of another device: that range is only read here.
    const own = note.writer === store.device && note.person === person;
    const documents = own
      ? [{ ...sums.plainNote(note), text, changed: instantOf(now()) }]
      : [
          sums.withdrawalOf(note, { person, writer: store.device }, instantOf(now())),
          {
            ...sums.newNote({ person, writer: store.device, course: note.course, unit: note.unit, type: note.type, text }, now(), random),
            made: note.made,
          },
        ];
    await store.journal.commit(person, documents);
    await this.#refreshNotes(person);
  }

  async withdraw(note: NoteRecord): Promise<void> {
    const { store, sums } = await this.#storage();
    const at = instantOf(now());
    const person = await this.#learner();
    const own = note.writer === store.device && note.person === person;
    const document = own
      ? { ...sums.plainNote(note), changed: at, withdrawn: at }
      : sums.withdrawalOf(note, { person, writer: store.device }, at);
    await store.journal.commit(person, [document]);
    await this.#refreshNotes(person);
  }

  async #refreshNotes(person: PersonId): Promise<void> {
    await this.follow(person);
    this.notes = await this.#notesOf(person);
  }

  async record(): Promise<readonly RecordEntry[]> {
    await this.#people.load();
    const person = this.#people.current?.id;
    if (person === undefined) return [];
    const { store, sums } = await this.#storage();
    const kinds = ['attempt', 'note', 'withdrawal', 'register'] as const;
    return sums.recordOf((await Promise.all(kinds.map((kind) => store.journal.ofKind(person, kind)))).flat());
  }

  async documents(): Promise<readonly PersonRecord[]> {
    await this.#people.load();
    const person = this.#people.current?.id;
    if (person === undefined) return [];
    const { store } = await this.#storage();
    const kinds = [
      'register',
      'attempt',
      'note',
      'withdrawal',
      'application',
      'enrolment',
      'profile',
      'binding',
      'credential',
      'sitting',
    ] as const;
    return (await Promise.all(kinds.map((kind) => store.journal.ofKind(person, kind)))).flat().map(({ body }) => body);
  }
}
