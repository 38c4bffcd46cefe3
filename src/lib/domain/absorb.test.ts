import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absorb, laterRegister, withoutAbsorbed } from './absorb.ts';
import { instantOf } from './clock.ts';
import type { CourseId, DeviceId, ItemId, PersonId, UnitId } from './ids.ts';
import { createRegister, joinRegisters, updateRegister, type RegisterEvent } from './progress.ts';
import type { RegisterRecord } from './records.ts';

const course = 'satellite-navigation' as CourseId;
const person = '0'.repeat(26) as PersonId;
const at = (seconds: number) => instantOf(1_700_000_000_000 + seconds * 1000);
// `constructor` is a name that every object inherits something under.
const units = ['kepler', 'signals', 'constructor'].map((name) => name as UnitId);
const items = ['period', 'valueof', 'constructor'].map((name) => name as ItemId);

const anyEvent: fc.Arbitrary<RegisterEvent> = fc.oneof(
  fc.record({
    type: fc.constant('visit' as const),
    unit: fc.constantFrom(...units),
    offset: fc.constantFrom(0, 0.5, 1),
    seconds: fc.nat(600),
    at: fc.nat(50).map(at),
  }),
  fc.record({
    type: fc.constant('answer' as const),
    unit: fc.constantFrom(...units),
    item: fc.constantFrom(...items),
    v: fc.integer({ min: 1, max: 3 }),
    score: fc.constantFrom(0, 0.25, 1),
    at: fc.nat(50).map(at),
  }),
  fc.record({ type: fc.constant('complete' as const), unit: fc.constantFrom(...units), at: fc.nat(50).map(at) }),
  fc.record({ type: fc.constant('complete-course' as const), at: fc.nat(50).map(at) }),
);
const events = fc.array(anyEvent, { maxLength: 12 });
const registerOf = (name: string, ...all: readonly (readonly RegisterEvent[])[]): RegisterRecord =>
  all.flat().reduce(updateRegister, createRegister(person, course, name.repeat(26) as DeviceId));

/** What a reader is shown of it: sums over registers, and the rest joined. */
function sums(...registers: readonly RegisterRecord[]): unknown {
  const { units: joined, items: answered, marks: _marks, ...rest } = joinRegisters(registers);
  const total = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((a, b) => a + b, 0);
  const sorted = <Value>(map: ReadonlyMap<string, Value>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...rest,
    units: sorted(joined).map(([id, unit]) => [id, { ...unit, seconds: total(unit.seconds) }]),
    items: sorted(answered).map(([id, item]) => [id, { ...item, attempts: total(item.attempts) }]),
  };
}

describe('taking in a register', () => {
  it('says as much as both say side by side', () => {
    fc.assert(
      fc.property(events, events, (mine, theirs) => {
        const [a, b] = [registerOf('a', mine), registerOf('b', theirs)];
        expect(sums(absorb(a, b, null))).toEqual(sums(a, b));
      }),
    );
  });
  it('once or twice, and in parts, is the same', () => {
    fc.assert(
      fc.property(events, events, events, (mine, first, then) => {
        const [a, early, late] = [registerOf('a', mine), registerOf('b', first), registerOf('b', first, then)];
        const once = absorb(a, early, null);
        expect(absorb(once, early, early)).toEqual(once);
        const whole = absorb(a, late, null);
        expect(sums(absorb(once, late, early))).toEqual(sums(whole));
        // The earlier one, opened after the later.
        expect(absorb(whole, early, late)).toEqual(whole);
        expect(laterRegister(early, late)).toEqual(laterRegister(late, early));
        expect(sums(laterRegister(early, late))).toEqual(sums(late));
      }),
    );
  });
  it('and handing on tells what is one’s own from what was taken in', () => {
    fc.assert(
      fc.property(events, events, (mine, theirs) => {
        const [a, b] = [registerOf('a', mine), registerOf('b', theirs)];
        const both = absorb(a, b, null);
        expect(sums(withoutAbsorbed(both, [b]), b)).toEqual(sums(a, b));
      }),
    );
  });
  it('leaves its own name on its own register', () => {
    const [a, b] = [registerOf('a', []), registerOf('b', [{ type: 'complete', unit: 'kepler' as UnitId, at: at(1) }])];
    expect(absorb(a, b, null)).toMatchObject({ _id: a._id, writer: a.writer });
  });
});
