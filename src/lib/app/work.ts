/**
 * What a person's documents about one course add up to: pure, so that the page can show an answer at once after its commit
 * without reading everything again.
 */
import { instantOf, type Instant, type RandomBytes } from '#lib/domain/clock.ts';
import { createUlid, type ItemId, type NodeId, type UnitId } from '#lib/domain/ids.ts';
import { courseProgress, itemStanding, joinRecords, type ProgressShape } from '#lib/domain/progress.ts';
import { noteId, withdrawalId } from '#lib/domain/records.ts';
import type {
  AttemptRecord,
  FeedbackRecord,
  NoteRecord,
  PersonRecord,
  RecordId,
  RegisterRecord,
  WithdrawalRecord,
} from '#lib/domain/records.ts';
import type { CourseProgress, ItemProgress, RecordEntry, UnitProgress, Where } from './contract.ts';

export interface Kept {
  readonly body: PersonRecord;
  readonly atCentre: boolean;
  /** The place above the centre whose receipt covers the body; null where none does. */
  readonly above: NodeId | null;
}

export interface CourseWork {
  readonly registers: ReadonlyMap<RecordId, RegisterRecord>;
  readonly feedback: readonly FeedbackRecord[];
  readonly newest: ReadonlyMap<ItemId, { readonly attempt: AttemptRecord; readonly where: Where }>;
}

const whereOf = ({ atCentre, above }: Kept): Where => (above !== null ? { above } : atCentre ? 'centre' : 'device');

export function workOf(documents: readonly Kept[]): CourseWork {
  const registers = new Map<RecordId, RegisterRecord>();
  const feedback: FeedbackRecord[] = [];
  const newest = new Map<ItemId, { attempt: AttemptRecord; where: Where }>();
  for (const kept of documents) {
    const { body } = kept;
    if (body.kind === 'register') registers.set(body._id, body);
    if (body.kind === 'feedback') feedback.push(body);
    if (body.kind === 'attempt' && body.ulid > (newest.get(body.item)?.attempt.ulid ?? ''))
      newest.set(body.item, { attempt: body, where: whereOf(kept) });
  }
  return { registers, feedback, newest };
}

/** The work with an answer, visit or completion of this device that was just committed. */
export function withCommitted(work: CourseWork, register: RegisterRecord, attempt?: AttemptRecord): CourseWork {
  return {
    ...work,
    registers: new Map(work.registers).set(register._id, register),
    newest: attempt === undefined ? work.newest : new Map(work.newest).set(attempt.item, { attempt, where: 'device' }),
  };
}

export function progressOf(course: ProgressShape, { registers, feedback, newest }: CourseWork): CourseProgress {
  const joined = joinRecords([...registers.values(), ...feedback]);
  const standing = courseProgress(course, joined);
  const items = course.modules
    .flatMap(({ units }) => units.flatMap((unit) => unit.items))
    .flatMap(({ id, v }): [ItemId, ItemProgress][] => {
      // An answer to an older meaning is history: the item is to be answered again.
      const item = itemStanding(joined, id, v);
      if (item === null) return [];
      const last = newest.get(id);
      const current = last !== undefined && last.attempt.v >= v ? last : undefined;
      return [[id, { best: item.score, attempts: item.attempts, response: current?.attempt.response, where: current?.where ?? 'device' }]];
    });
  return {
    units: Object.fromEntries(
      [...standing.units].map(([id, { status, score, seconds }]): [UnitId, UnitProgress] => [id, { status, score, seconds }]),
    ) as Record<UnitId, UnitProgress>,
    items: Object.fromEntries(items) as Record<ItemId, ItemProgress>,
    place: joined.place ?? null,
    score: standing.score,
    completed: standing.completed,
    passed: standing.passed,
  };
}

/** Notes and bookmarks that nobody took back, newest first. */
export function notesOf(documents: readonly Kept[]): (NoteRecord & { readonly where: Where })[] {
  const withdrawn = new Set(documents.flatMap(({ body }) => (body.kind === 'withdrawal' ? [body.ulid] : [])));
  return documents
    .flatMap((kept) =>
      kept.body.kind === 'note' && kept.body.withdrawn === undefined && !withdrawn.has(kept.body.ulid)
        ? [{ ...kept.body, where: whereOf(kept) }]
        : [],
    )
    .sort((a, b) => (a.made < b.made ? 1 : a.made > b.made ? -1 : 0));
}

/** What a person may read of their own record, newest first. */
export function recordOf(documents: readonly Kept[]): RecordEntry[] {
  const notes = new Set(notesOf(documents).map(({ _id }) => _id));
  const entries = documents.flatMap((kept): RecordEntry[] => {
    const { body } = kept;
    const base = { id: body._id, where: whereOf(kept) };
    if (body.kind === 'attempt')
      return [
        {
          ...base,
          kind: 'attempt',
          course: body.course,
          unit: body.unit,
          item: body.item,
          score: body.score,
          at: body.at,
          device: body.writer,
        },
      ];
    if (body.kind === 'note' && notes.has(body._id))
      return [
        { ...base, kind: body.type, course: body.course, unit: body.unit, item: null, score: null, at: body.changed, device: body.writer },
      ];
    if (body.kind !== 'register') return [];
    const last = Object.values<{ readonly last: RecordEntry['at'] }>(body.units)
      .map((state) => state.last)
      .sort()
      .at(-1);
    if (last === undefined) return [];
    return [{ ...base, kind: 'progress', course: body.course, unit: null, item: null, score: null, at: last, device: body.writer }];
  });
  return entries.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** True when every unit but possibly this one is completed: completing it completes the course. */
export const completesCourse = (course: ProgressShape, progress: CourseProgress, unit: UnitId): boolean =>
  course.modules.flatMap(({ units }) => units).every(({ id }) => id === unit || progress.units[id]?.status === 'completed');

/** What a note or bookmark is about, and whose it is. */
type AboutNote = Pick<NoteRecord, 'person' | 'writer' | 'course' | 'unit' | 'type' | 'text'>;

/** A new note or bookmark of this device. @param moment milliseconds since 1970 */
export function newNote(about: AboutNote, moment: number, random: RandomBytes): NoteRecord {
  const ulid = createUlid(moment, random);
  const at = instantOf(moment);
  return { _id: noteId(about.person, about.course, about.unit, ulid), kind: 'note', ...about, ulid, made: at, changed: at };
}

/** The document itself, without what the page was told about where it is. */
export const plainNote = ({ _id, kind, person, course, unit, ulid, writer, type, text, made, changed }: NoteRecord): NoteRecord => ({
  _id,
  kind,
  person,
  course,
  unit,
  ulid,
  writer,
  type,
  text,
  made,
  changed,
});

/** Takes back a note of another device, whose document is only read here. */
export const withdrawalOf = (
  { course, unit, ulid }: NoteRecord,
  { person, writer }: Pick<WithdrawalRecord, 'person' | 'writer'>,
  at: Instant,
): WithdrawalRecord => ({
  _id: withdrawalId(person, course, unit, ulid, writer),
  kind: 'withdrawal',
  person,
  course,
  unit,
  ulid,
  writer,
  at,
});
