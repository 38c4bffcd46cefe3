import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { instantOf } from './clock.ts';
import type { CourseId, DeviceId, ItemId, PersonId, Ulid, UnitId } from './ids.ts';
import {
  attemptsOf,
  courseProgress,
  createRegister,
  feedbackToProgress,
  itemStanding,
  joinProgress,
  joinRecords,
  joinRegisters,
  noProgress,
  registerToProgress,
  secondsOf,
  updateRegister,
  type ProgressShape,
  type RegisterEvent,
} from './progress.ts';
import { feedbackId, type FeedbackRecord, type RegisterRecord } from './records.ts';

const person = '0'.repeat(26) as PersonId;
const course = 'satellite-navigation' as CourseId;
const device = (name: string): DeviceId => name.repeat(26) as DeviceId;
const unit = (name: string): UnitId => name as UnitId;
const item = (name: string): ItemId => name as ItemId;
const at = (seconds: number) => instantOf(1_700_000_000_000 + seconds * 1000);

// `constructor` is a name that every object inherits something under.
const units = ['kepler', 'signals', 'constructor'].map(unit);
const items = ['period', 'valueof', 'constructor'].map(item);

const anyEvent: fc.Arbitrary<RegisterEvent> = fc.oneof(
  fc.record({
    type: fc.constant('visit' as const),
    unit: fc.constantFrom(...units),
    offset: fc.double({ min: 0, max: 1, noNaN: true }),
    seconds: fc.nat(600),
    at: fc.nat(50).map(at),
  }),
  fc.record({
    type: fc.constant('answer' as const),
    unit: fc.constantFrom(...units),
    item: fc.constantFrom(...items),
    v: fc.integer({ min: 1, max: 3 }),
    score: fc.constantFrom(0, 0.25, 0.5, 1),
    at: fc.nat(50).map(at),
  }),
  fc.record({ type: fc.constant('complete' as const), unit: fc.constantFrom(...units), at: fc.nat(50).map(at) }),
  fc.record({ type: fc.constant('complete-course' as const), at: fc.nat(50).map(at) }),
);

const registerOf = (name: string, events: readonly RegisterEvent[]): RegisterRecord =>
  events.reduce(updateRegister, createRegister(person, course, device(name)));

const anyRegister = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(anyEvent, { maxLength: 12 })).map(([name, e]) => registerOf(name, e));
const feedbackOf = (given: { item: ItemId; v: number; score: number | null; n: number; by: string }): FeedbackRecord => {
  const ulid = `01jd${String(given.n).padStart(22, '0')}` as Ulid;
  return {
    _id: feedbackId(person, course, unit('kepler'), ulid),
    kind: 'feedback',
    person,
    course,
    unit: unit('kepler'),
    item: given.item,
    ulid,
    writer: given.by.repeat(26) as PersonId,
    at: at(given.n),
    text: '',
    mark: { v: given.v, score: given.score },
  };
};
// Few names, so that marks meet: of one ulid by two people, of one person with two scores.
const anyFeedback = fc
  .record({
    item: fc.constantFrom(...items),
    v: fc.integer({ min: 1, max: 3 }),
    score: fc.constantFrom(null, 0, 0.5, 1),
    n: fc.nat(3),
    by: fc.constantFrom('t', 'v'),
  })
  .map(feedbackOf);
const anyProgress = fc.array(fc.oneof(anyRegister, anyFeedback), { maxLength: 4 }).map(joinRecords);

describe('the join of progress', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(anyProgress, anyProgress, (a, b) => {
        expect(joinProgress(a, b)).toEqual(joinProgress(b, a));
      }),
    );
  });
  it('is associative', () => {
    fc.assert(
      fc.property(anyProgress, anyProgress, anyProgress, (a, b, c) => {
        expect(joinProgress(joinProgress(a, b), c)).toEqual(joinProgress(a, joinProgress(b, c)));
      }),
    );
  });
  it('is idempotent, and nothing is neutral', () => {
    fc.assert(
      fc.property(anyProgress, (a) => {
        expect(joinProgress(a, a)).toEqual(a);
        expect(joinProgress(a, noProgress)).toEqual(a);
      }),
    );
  });
  it('finds a later version of a register above every earlier one', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 10 }), fc.array(anyEvent, { maxLength: 10 }), (before, after) => {
        const early = registerToProgress(registerOf('a', before));
        const late = registerToProgress(registerOf('a', [...before, ...after]));
        expect(joinProgress(early, late)).toEqual(late);
      }),
    );
  });
  it('survives the way through JSON', () => {
    fc.assert(
      fc.property(anyRegister, (register) => {
        expect(joinRegisters([JSON.parse(JSON.stringify(register)) as RegisterRecord])).toEqual(joinRegisters([register]));
      }),
    );
  });
});

describe('a mark that a person gave', () => {
  const period = item('period');
  const answered = (v: number, score: number): RegisterRecord =>
    registerOf('a', [{ type: 'answer', unit: unit('kepler'), item: period, v, score, at: at(1) }]);
  const given = (v: number, score: number | null, n: number): FeedbackRecord => feedbackOf({ item: period, v, score, n, by: 't' });
  const scoreOf = (...records: (RegisterRecord | FeedbackRecord)[]) => itemStanding(joinRecords(records), period, 1);

  it('stands in place of what the devices counted, upwards and downwards, and says who gave it', () => {
    expect(scoreOf(answered(1, 1), given(1, 0.5, 1))).toEqual({ score: 0.5, attempts: 1, by: 't'.repeat(26) });
    expect(scoreOf(answered(1, 0), given(1, 0.5, 1))).toMatchObject({ score: 0.5 });
    expect(scoreOf(given(1, 0.5, 1))).toEqual({ score: 0.5, attempts: 0, by: 't'.repeat(26) });
  });

  it('is replaced by a later one, and taken back by one without a score', () => {
    expect(scoreOf(given(1, 0.2, 2), given(1, 0.9, 1))).toMatchObject({ score: 0.2 });
    expect(scoreOf(answered(1, 0.7), given(1, 0.2, 1), given(1, null, 2))).toEqual({ score: 0.7, attempts: 1 });
    expect(scoreOf(given(1, 0.2, 1), given(1, null, 2))).toBeNull();
  });

  it('counts for the meaning that it is about, and not for a newer one', () => {
    expect(scoreOf(answered(2, 0.7), given(1, 0.2, 9))).toEqual({ score: 0.7, attempts: 1 });
    expect(scoreOf(answered(1, 0.7), given(2, 0.2, 1))).toMatchObject({ score: 0.2 });
    expect(itemStanding(joinRecords([given(1, 0.2, 1)]), period, 2)).toBeNull();
  });

  it('is not given by words alone', () => {
    const { mark: _mark, ...words } = given(1, 1, 1);
    expect(feedbackToProgress(words)).toEqual(noProgress);
  });

  it('counts in the course', () => {
    const shape: ProgressShape = { pass: 0.6, modules: [{ units: [{ id: unit('kepler'), items: [{ id: period, v: 1, points: 2 }] }] }] };
    const standing = courseProgress(shape, joinRecords([answered(1, 0), given(1, 1, 1)]));
    expect(standing).toMatchObject({ score: 1, passed: true });
    expect(standing.units.get(unit('kepler'))).toMatchObject({ score: 1, attempts: 1 });
  });
});

describe('what the join says', () => {
  const kepler = unit('kepler');
  const period = item('period');

  it('sums seconds and attempts over devices, and counts one device once', () => {
    const visit = (seconds: number): RegisterEvent => ({ type: 'visit', unit: kepler, offset: 0, seconds, at: at(1) });
    const answer: RegisterEvent = { type: 'answer', unit: kepler, item: period, v: 1, score: 0, at: at(1) };
    const early = registerOf('a', [visit(10), answer]);
    const late = updateRegister(updateRegister(early, visit(5)), answer);
    const joined = joinRegisters([early, late, late, registerOf('b', [visit(7), answer])]);
    const seen = joined.units.get(kepler);
    const answers = joined.items.get(period);
    expect(seen && secondsOf(seen)).toBe(22);
    expect(answers && attemptsOf(answers)).toBe(3);
  });

  it('takes the best score of the newest meaning alone', () => {
    const answer = (v: number, score: number): RegisterEvent => ({ type: 'answer', unit: kepler, item: period, v, score, at: at(v) });
    expect(joinRegisters([registerOf('a', [answer(1, 1)]), registerOf('b', [answer(2, 0.5)])]).items.get(period)).toMatchObject({
      v: 2,
      best: 0.5,
    });
    expect(registerOf('a', [answer(2, 0.5), answer(1, 1)]).items).toMatchObject({ period: { v: 2, best: 0.5, attempts: 1 } });
  });

  it('takes the newest place, whichever device it is from', () => {
    const visit = (offset: number, time: number): RegisterEvent => ({ type: 'visit', unit: kepler, offset, seconds: 1, at: at(time) });
    const joined = joinRegisters([registerOf('a', [visit(0.9, 5)]), registerOf('b', [visit(0.2, 6)])]);
    expect(joined.place).toEqual({ unit: kepler, at: at(6), offset: 0.2 });
  });

  it('stands where the last answer was given, as far down as was known of that unit', () => {
    const visit: RegisterEvent = { type: 'visit', unit: kepler, offset: 0.4, seconds: 1, at: at(5) };
    const given = (unit: UnitId, time: number): RegisterEvent => ({ type: 'answer', unit, item: period, v: 1, score: 1, at: at(time) });
    expect(registerOf('a', [visit, given(kepler, 6)]).place).toEqual({ unit: kepler, at: at(6), offset: 0.4 });
    expect(registerOf('a', [visit, given('dop' as UnitId, 6)]).place).toEqual({ unit: 'dop', at: at(6), offset: 0 });
    expect(registerOf('a', [visit, given('dop' as UnitId, 4)]).place).toEqual({ unit: kepler, at: at(5), offset: 0.4 });
  });

  it('keeps a place and a completion when the clock was set back', () => {
    const register = registerOf('a', [
      { type: 'visit', unit: kepler, offset: 0.9, seconds: 1, at: at(9) },
      { type: 'complete', unit: kepler, at: at(9) },
      { type: 'visit', unit: kepler, offset: 0.1, seconds: 1, at: at(2) },
    ]);
    expect(register.place?.offset).toBe(0.9);
    expect(register.units[kepler]).toEqual({ first: at(2), last: at(9), seconds: 2, completed: at(9) });
  });

  it('brings figures into their range', () => {
    const register = registerOf('a', [
      { type: 'visit', unit: kepler, offset: Number.NaN, seconds: -5, at: at(1) },
      { type: 'answer', unit: kepler, item: period, v: 1, score: 7, at: at(1) },
    ]);
    expect(register.units[kepler]?.seconds).toBe(0);
    expect(register.place?.offset).toBe(0);
    expect(register.items[period]?.best).toBe(1);
  });
});

describe('where a person stands in a course', () => {
  const shape: ProgressShape = {
    pass: 0.6,
    modules: [
      {
        units: [
          { id: unit('kepler'), items: [{ id: item('period'), v: 1, points: 2 }] },
          { id: unit('constructor'), items: [{ id: item('constructor'), v: 2, points: 1 }] },
        ],
      },
      { units: [{ id: unit('reading'), items: [] }] },
    ],
  };
  const answer = (u: string, i: string, v: number, score: number): RegisterEvent => ({
    type: 'answer',
    unit: unit(u),
    item: item(i),
    v,
    score,
    at: at(1),
  });
  const standing = (events: readonly RegisterEvent[]) => courseProgress(shape, joinRegisters([registerOf('a', events)]));

  it('is new where nothing was done', () => {
    const nothing = courseProgress(shape, noProgress);
    expect([...nothing.units.values()].map(({ status, score }) => [status, score])).toEqual([
      ['new', null],
      ['new', null],
      ['new', null],
    ]);
    expect(nothing).toMatchObject({ score: 0, completed: false, passed: false });
  });

  it('weighs by points, over the whole course', () => {
    const half = standing([answer('kepler', 'period', 1, 0.9)]);
    expect(half.units.get(unit('kepler'))).toMatchObject({ status: 'started', score: 0.9, attempts: 1 });
    expect(half.score).toBeCloseTo(0.6);
    expect(half.passed).toBe(true);
  });

  it('does not count an older meaning, and counts a newer one', () => {
    expect(standing([answer('constructor', 'constructor', 1, 1)]).units.get(unit('constructor'))?.score).toBeNull();
    expect(standing([answer('constructor', 'constructor', 3, 1)]).units.get(unit('constructor'))?.score).toBe(1);
  });

  it('is completed when every unit is, on whichever device', () => {
    const done = (name: string): RegisterEvent => ({ type: 'complete', unit: unit(name), at: at(1) });
    const a = registerOf('a', [done('kepler'), done('reading')]);
    expect(courseProgress(shape, joinRegisters([a])).completed).toBe(false);
    expect(courseProgress(shape, joinRegisters([a, registerOf('b', [done('constructor')])])).completed).toBe(true);
  });

  it('stays completed when the course grew', () => {
    expect(standing([{ type: 'complete-course', at: at(1) }]).completed).toBe(true);
  });

  it('is passed without points when it is completed', () => {
    const reading: ProgressShape = { pass: 0.6, modules: [{ units: [{ id: unit('reading'), items: [] }] }] };
    expect(courseProgress(reading, noProgress).passed).toBe(false);
    const done = registerOf('a', [{ type: 'complete', unit: unit('reading'), at: at(1) }]);
    expect(courseProgress(reading, joinRegisters([done])).passed).toBe(true);
  });
});
