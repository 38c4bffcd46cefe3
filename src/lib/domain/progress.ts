/**
 * Progress as a join-semilattice.
 *
 * Each device of a person keeps one register per course and only ever raises it; progress is what the join of all registers
 * says. The join is associative, commutative and idempotent, so it does not matter in which order, how often or over
 * which road the registers arrive, and nothing that a device knew is lost:
 *
 *   first seen             the earliest
 *   last seen              the latest
 *   completed              the earliest of those that have it; once completed, always completed
 *   seconds, attempts      the most for each device, then summed over devices
 *   an item's best score   the newest version of its meaning wins and drops what is older; within one version the best
 *   place                  the newest
 *   a mark that a person gave   of the newest meaning, the one with the latest ulid; it stands in place of the best score
 */
import type { Instant } from './clock.ts';
import type { CourseId, DeviceId, ItemId, PersonId, Ulid, UnitId } from './ids.ts';
import {
  registerId,
  type FeedbackRecord,
  type GivenMark,
  type ItemState,
  type Place,
  type RegisterRecord,
  type UnitState,
} from './records.ts';

export type RegisterEvent =
  /** The unit was in view for `seconds`, and the reader stood at `offset` (0 to 1). */
  | { readonly type: 'visit'; readonly unit: UnitId; readonly offset: number; readonly seconds: number; readonly at: Instant }
  /** An item of meaning `v` was answered with `score` (0 to 1). */
  | {
      readonly type: 'answer';
      readonly unit: UnitId;
      readonly item: ItemId;
      readonly v: number;
      readonly score: number;
      readonly at: Instant;
    }
  /** Every item of the unit was answered and its end was reached. */
  | { readonly type: 'complete'; readonly unit: UnitId; readonly at: Instant }
  /** Every unit of the course was completed. */
  | { readonly type: 'complete-course'; readonly at: Instant };

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
const within01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);
const notNegative = (value: number): number => (value > 0 && Number.isFinite(value) ? value : 0);

/** `constructor` is a fine name for a unit, so a lookup must not find what every object inherits. */
const own = <Key extends string, Value>(values: Readonly<Record<Key, Value>>, key: Key): Value | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;

const entriesOf = <Key extends string, Value>(values: Readonly<Record<Key, Value>>): readonly (readonly [Key, Value])[] =>
  Object.entries(values) as [Key, Value][];

/** A device's register before anything happened. */
export const createRegister = (person: PersonId, course: CourseId, device: DeviceId): RegisterRecord => ({
  _id: registerId(person, course, device),
  kind: 'register',
  person,
  course,
  writer: device,
  units: {},
  items: {},
});

function withUnit(register: RegisterRecord, unit: UnitId, at: Instant, change: (state: UnitState) => UnitState): RegisterRecord {
  const before = own(register.units, unit);
  const seen: UnitState =
    before === undefined
      ? { first: at, last: at, seconds: 0 }
      : { ...before, first: earlier(before.first, at), last: later(before.last, at) };
  return { ...register, units: { ...register.units, [unit]: change(seen) } };
}

function answered(before: ItemState | undefined, v: number, score: number, at: Instant): ItemState {
  if (before === undefined || before.v < v) return { v, best: score, attempts: 1, first: at, last: at };
  if (before.v > v) return before;
  return {
    v,
    best: Math.max(before.best, score),
    attempts: before.attempts + 1,
    first: earlier(before.first, at),
    last: later(before.last, at),
  };
}

/**
 * The register after an event. It never says less than before: a clock that was set back, a lower score or an answer to an older
 * meaning of an item takes nothing away. Figures out of range are brought into it.
 */
export function updateRegister(register: RegisterRecord, event: RegisterEvent): RegisterRecord {
  switch (event.type) {
    case 'visit': {
      const place: Place = { unit: event.unit, at: event.at, offset: within01(event.offset) };
      const seen = withUnit(register, event.unit, event.at, (state) => ({
        ...state,
        seconds: state.seconds + notNegative(event.seconds),
      }));
      return { ...seen, place: newerPlace(register.place, place) };
    }
    case 'answer': {
      const seen = withUnit(register, event.unit, event.at, (state) => state);
      const state = answered(own(register.items, event.item), event.v, within01(event.score), event.at);
      // Whoever answers here stands here: a page that is closed at once reports no visit any more.
      const offset = register.place?.unit === event.unit ? register.place.offset : 0;
      const place = newerPlace(register.place, { unit: event.unit, at: event.at, offset });
      return { ...seen, items: { ...register.items, [event.item]: state }, place };
    }
    case 'complete':
      return withUnit(register, event.unit, event.at, (state) => ({
        ...state,
        completed: state.completed === undefined ? event.at : earlier(state.completed, event.at),
      }));
    case 'complete-course':
      return { ...register, completed: register.completed === undefined ? event.at : earlier(register.completed, event.at) };
  }
}

export interface JoinedUnit {
  readonly first: Instant;
  readonly last: Instant;
  readonly completed?: Instant;
  /** Per register, so that one that arrives twice is counted once; of a person with two ids, a device may have written two. */
  readonly seconds: ReadonlyMap<string, number>;
}

export interface JoinedItem {
  readonly v: number;
  readonly best: number;
  readonly first: Instant;
  readonly last: Instant;
  /** Per register, of meaning `v` alone. */
  readonly attempts: ReadonlyMap<string, number>;
}

export interface JoinedMark extends GivenMark {
  readonly ulid: Ulid;
  /** Who gave it. */
  readonly by: PersonId;
}

/** What a person has done in one course, joined over their devices, and what was said of it. */
export interface JoinedProgress {
  readonly units: ReadonlyMap<UnitId, JoinedUnit>;
  readonly items: ReadonlyMap<ItemId, JoinedItem>;
  readonly marks: ReadonlyMap<ItemId, JoinedMark>;
  readonly place?: Place;
  readonly completed?: Instant;
}

/** The neutral element of the join. */
export const noProgress: JoinedProgress = { units: new Map(), items: new Map(), marks: new Map() };

/** Newest first; where two have one instant, unit and offset decide, so that the order of arrival never does. */
function newerPlace(a: Place | undefined, b: Place): Place {
  if (a === undefined) return b;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  if (a.unit !== b.unit) return a.unit > b.unit ? a : b;
  return a.offset >= b.offset ? a : b;
}

function joinMaps<Key, Value>(
  a: ReadonlyMap<Key, Value>,
  b: ReadonlyMap<Key, Value>,
  join: (a: Value, b: Value) => Value,
): ReadonlyMap<Key, Value> {
  const joined = new Map(a);
  for (const [key, value] of b) {
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : join(before, value));
  }
  return joined;
}

const most = (a: number, b: number): number => Math.max(a, b);

function joinCompleted(a: Instant | undefined, b: Instant | undefined): { readonly completed?: Instant } {
  if (a === undefined) return b === undefined ? {} : { completed: b };
  return { completed: b === undefined ? a : earlier(a, b) };
}

const joinUnits = (a: JoinedUnit, b: JoinedUnit): JoinedUnit => ({
  first: earlier(a.first, b.first),
  last: later(a.last, b.last),
  ...joinCompleted(a.completed, b.completed),
  seconds: joinMaps(a.seconds, b.seconds, most),
});

function joinItems(a: JoinedItem, b: JoinedItem): JoinedItem {
  if (a.v !== b.v) return a.v > b.v ? a : b;
  return {
    v: a.v,
    best: Math.max(a.best, b.best),
    first: earlier(a.first, b.first),
    last: later(a.last, b.last),
    attempts: joinMaps(a.attempts, b.attempts, most),
  };
}

/** The greater in one total order: two marks of one ulid are no honest device's work, and still every device must choose the same one. */
function joinMarks(a: JoinedMark, b: JoinedMark): JoinedMark {
  if (a.v !== b.v) return a.v > b.v ? a : b;
  if (a.ulid !== b.ulid) return a.ulid > b.ulid ? a : b;
  if (a.by !== b.by) return a.by > b.by ? a : b;
  return (a.score ?? -1) >= (b.score ?? -1) ? a : b;
}

/** The least progress that says all that both say. */
export function joinProgress(a: JoinedProgress, b: JoinedProgress): JoinedProgress {
  const place = b.place === undefined ? a.place : newerPlace(a.place, b.place);
  return {
    units: joinMaps(a.units, b.units, joinUnits),
    items: joinMaps(a.items, b.items, joinItems),
    marks: joinMaps(a.marks, b.marks, joinMarks),
    ...(place === undefined ? {} : { place }),
    ...joinCompleted(a.completed, b.completed),
  };
}

/** What one register says. */
export function registerToProgress(register: RegisterRecord): JoinedProgress {
  const source = `${register.person}:${register.writer}`;
  return {
    units: new Map(
      entriesOf(register.units).map(([id, { first, last, completed, seconds }]) => [
        id,
        { first, last, ...joinCompleted(completed, undefined), seconds: new Map([[source, seconds]]) },
      ]),
    ),
    items: new Map(
      entriesOf(register.items).map(([id, { v, best, first, last, attempts }]) => [
        id,
        { v, best, first, last, attempts: new Map([[source, attempts]]) },
      ]),
    ),
    marks: new Map(),
    ...(register.place === undefined ? {} : { place: register.place }),
    ...joinCompleted(register.completed, undefined),
  };
}

/** What one word of a trainer says of progress: nothing where it has no mark. */
export const feedbackToProgress = ({ item, mark, ulid, writer }: FeedbackRecord): JoinedProgress =>
  item === undefined || mark === undefined
    ? noProgress
    : { ...noProgress, marks: new Map([[item, { v: mark.v, score: mark.score, ulid, by: writer }]]) };

/** Joins what one person's devices and trainers wrote about one course, in any order, each any number of times and in any of its versions. */
export const joinRecords = (records: Iterable<RegisterRecord | FeedbackRecord>): JoinedProgress =>
  [...records]
    .map((record) => (record.kind === 'register' ? registerToProgress(record) : feedbackToProgress(record)))
    .reduce(joinProgress, noProgress);

/** The same of registers alone: what the devices counted. */
export const joinRegisters = (registers: Iterable<RegisterRecord>): JoinedProgress => joinRecords(registers);

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** Seconds that the unit was in view, over all devices. */
export const secondsOf = (unit: JoinedUnit): number => sum(unit.seconds.values());

/** Attempts at the item's newest meaning, over all devices. */
export const attemptsOf = (item: JoinedItem): number => sum(item.attempts.values());

export interface ItemStanding {
  /** 0 to 1: the mark that a person gave, or the best score of the devices. */
  readonly score: number;
  readonly attempts: number;
  /** Who gave the mark; absent where the devices' score counts. */
  readonly by?: PersonId;
}

/**
 * Where a person stands with an item of meaning `v`; null where nothing was answered or marked. What is about an older meaning than `v`, or
 * than the newest that was answered, counts for nothing.
 */
export function itemStanding(joined: JoinedProgress, id: ItemId, v: number): ItemStanding | null {
  const item = joined.items.get(id);
  const mark = joined.marks.get(id);
  const known = Math.max(v, item?.v ?? 0);
  const answered = item !== undefined && item.v >= v ? item : undefined;
  const attempts = answered === undefined ? 0 : attemptsOf(answered);
  if (mark !== undefined && mark.score !== null && mark.v >= known) return { score: mark.score, attempts, by: mark.by };
  return answered === undefined ? null : { score: answered.best, attempts };
}

/** What progress needs to know of a course; a course's structure has it. */
export interface ProgressShape {
  /** Share of the points that passes the course, 0 to 1. */
  readonly pass: number;
  readonly modules: readonly {
    readonly units: readonly {
      readonly id: UnitId;
      readonly items: readonly { readonly id: ItemId; readonly v: number; readonly points: number }[];
    }[];
  }[];
}

export interface UnitStanding {
  readonly status: 'new' | 'started' | 'completed';
  /** Points earned over the unit's points, 0 to 1; null where nothing was answered or nothing can be earned. */
  readonly score: number | null;
  readonly seconds: number;
  /** Attempts at the items of the unit. */
  readonly attempts: number;
}

export interface CourseStanding {
  readonly units: ReadonlyMap<UnitId, UnitStanding>;
  /** Points earned over points possible, 0 to 1; 0 where the course has no points. */
  readonly score: number;
  /** Every unit is completed, or the course was once completed before it grew. */
  readonly completed: boolean;
  /** The score reaches the course's `pass`; a course without points is passed when it is completed. */
  readonly passed: boolean;
}

/** Sums of products such as 0.1 × 3 miss their figure by some 1e-16 per term; a pass mark must not be missed by that. */
const rounding = 1e-9;

/**
 * Where a person stands in a course. An answer to an older meaning of an item counts for nothing; an answer to a newer
 * one than this package knows counts, as the other device had the newer package.
 */
export function courseProgress(course: ProgressShape, joined: JoinedProgress): CourseStanding {
  let earned = 0;
  let possible = 0;
  const standings = new Map<UnitId, UnitStanding>();
  for (const unit of course.modules.flatMap(({ units }) => units)) {
    const answers = unit.items.flatMap(({ id, v, points }) => {
      const item = itemStanding(joined, id, v);
      return item === null ? [] : [{ item, points }];
    });
    const points = sum(unit.items.map((item) => item.points));
    const unitEarned = sum(answers.map((answer) => answer.item.score * answer.points));
    earned += unitEarned;
    possible += points;
    const seen = joined.units.get(unit.id);
    standings.set(unit.id, {
      status: seen?.completed !== undefined ? 'completed' : seen !== undefined || answers.length > 0 ? 'started' : 'new',
      score: answers.length === 0 || points === 0 ? null : unitEarned / points,
      seconds: seen === undefined ? 0 : secondsOf(seen),
      attempts: sum(answers.map((answer) => answer.item.attempts)),
    });
  }
  const everyUnit = standings.size > 0 && [...standings.values()].every(({ status }) => status === 'completed');
  const completed = everyUnit || joined.completed !== undefined;
  const score = possible === 0 ? 0 : earned / possible;
  return { units: standings, score, completed, passed: possible === 0 ? completed : score >= course.pass - rounding };
}
