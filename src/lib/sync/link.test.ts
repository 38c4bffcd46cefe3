import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceLink,
  backOff,
  isOpen,
  minutesUntilOpen,
  parseHours,
  parts,
  pauses,
  rateOf,
  showHours,
  startLink,
  takeBytes,
  type LinkEvent,
  type LinkFailure,
  type LinkMoment,
} from './link.ts';

const hoursOf = (text: string) => {
  const parsed = parseHours(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

describe('hours', () => {
  it.each([
    ['22-06', '22:00-06:00'],
    ['9-17', '09:00-17:00'],
    ['21:30-05:15', '21:30-05:15'],
    ['00-24', null],
    ['7-7', null],
    ['24-06', '00:00-06:00'],
    ['18-24', '18:00-00:00'],
    ['25-06', null],
    ['22:60-06', null],
    ['22', null],
    ['night', null],
    ['', null],
  ])('%s', (text, shown) => {
    const parsed = parseHours(text);
    expect(parsed.ok ? showHours(parsed.value) : null).toBe(shown);
  });

  it('pass over midnight where they begin later than they end', () => {
    const night = hoursOf('22-06');
    expect([0, 5 * 60 + 59, 6 * 60, 21 * 60 + 59, 22 * 60, 23 * 60 + 59].map((minute) => isOpen(night, minute))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(minutesUntilOpen(night, 6 * 60)).toBe(16 * 60);
    expect(minutesUntilOpen(hoursOf('18-24'), 10)).toBe(18 * 60 - 10);
  });

  it('are open exactly when no minute is left until they open', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, minute, (from, to, now) => {
        fc.pre(from !== to);
        const left = minutesUntilOpen({ from, to }, now);
        expect(left === 0).toBe(isOpen({ from, to }, now));
        expect(isOpen({ from, to }, (now + left) % 1440)).toBe(true);
      }),
    );
  });
});

describe('the bucket', () => {
  it('lets no more pass over any time than the rate, a burst and the last part', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 5000 })), { minLength: 1 }),
        (kbps, steps) => {
          const rate = rateOf(kbps);
          let bucket = { tokens: rate.burst, at: 0 };
          let now = 0;
          let passed = 0;
          for (const [bytes, idle] of steps) {
            expect(passed).toBeLessThanOrEqual(rate.burst + (rate.rate * now) / 1000 + 1);
            const taken = takeBytes(bucket, rate, bytes, now);
            passed += bytes;
            ({ bucket } = taken);
            now += taken.wait + idle;
          }
        },
      ),
    );
  });

  it('does not make anybody wait for a clock that was set back', () => {
    const rate = rateOf(8);
    const { bucket } = takeBytes({ tokens: 0, at: 1_000_000 }, rate, 1000, 1_000_000);
    expect(takeBytes(bucket, rate, 0, 0).wait).toBe(1000);
  });
});

const at = (now: number, change: Partial<LinkMoment> = {}): LinkMoment => ({ now, minute: 12 * 60, chance: 0.5, hours: null, ...change });

describe('the link', () => {
  it('visits at once, rests after a visit, and comes sooner where something new waits', () => {
    const first = advanceLink(startLink(0), { type: 'woke' }, at(0));
    expect(first.command).toEqual({ do: 'visit', part: parts.first, anyHour: false });
    const rested = advanceLink(first.state, { type: 'visited', end: { type: 'done', moved: 0 } }, at(10));
    expect(rested.command).toEqual({ do: 'wait', until: 10 + pauses.rest, why: 'next' });
    const changed = advanceLink(rested.state, { type: 'changed' }, at(20));
    expect(changed.command).toEqual({ do: 'wait', until: 20 + pauses.changed, why: 'next' });
    expect(advanceLink(changed.state, { type: 'woke' }, at(20 + pauses.changed)).command.do).toBe('visit');
  });

  it('waits twice as long after each failure, in smaller parts, and not for what is new meanwhile', () => {
    let { state } = advanceLink(startLink(0), { type: 'woke' }, at(0));
    const waits: number[] = [];
    for (let now = 0, i = 0; i < 9; i++) {
      const failed = advanceLink(state, { type: 'visited', end: { type: 'failed', failure: 'unreachable', moved: 0 } }, at(now));
      if (failed.command.do !== 'wait') throw new Error('It does not wait');
      expect(failed.command.why).toBe('back-off');
      expect(advanceLink(failed.state, { type: 'changed' }, at(now)).command).toEqual(failed.command);
      waits.push(failed.command.until - now);
      now = failed.command.until;
      ({ state } = advanceLink(failed.state, { type: 'woke' }, at(now)));
    }
    expect(waits.slice(0, 3)).toEqual([1, 2, 4].map((times) => (times * pauses.first * 3) / 4));
    expect(Math.max(...waits)).toBeLessThanOrEqual(pauses.longest);
    expect(state.part).toBe(parts.least);
  });

  it('takes a visit that brought something over before it broke as the first failure', () => {
    const state = { step: 'visiting', failures: 7, due: 0, part: 8192 } as const;
    const failed = advanceLink(state, { type: 'visited', end: { type: 'failed', failure: 'unreachable', moved: 3 } }, at(0));
    expect(failed.state).toMatchObject({ failures: 1, part: 4096 });
  });

  it('does nothing by itself outside the hours, and at any hour what an administrator asks for', () => {
    const hours = hoursOf('22-06');
    const closed = advanceLink(startLink(0), { type: 'woke' }, at(0, { hours }));
    expect(closed.command).toEqual({ do: 'wait', until: 10 * 60 * 60_000, why: 'hours' });
    expect(advanceLink(closed.state, { type: 'asked' }, at(0, { hours })).command).toEqual({
      do: 'visit',
      part: parts.first,
      anyHour: true,
    });
  });

  it('never visits twice at once, nor outside the hours unasked, nor earlier than a back-off, whatever happens', () => {
    const failures: LinkFailure[] = ['unreachable', 'revoked', 'busy', 'nonsense', 'moved'];
    const event = fc.oneof(
      fc.constant<LinkEvent>({ type: 'woke' }),
      fc.constant<LinkEvent>({ type: 'changed' }),
      fc.constant<LinkEvent>({ type: 'asked' }),
      fc.record({ type: fc.constant('done' as const), moved: fc.nat(3) }).map((end): LinkEvent => ({ type: 'visited', end })),
      fc
        .record({ type: fc.constant('failed' as const), failure: fc.constantFrom(...failures), moved: fc.nat(1) })
        .map((end): LinkEvent => ({ type: 'visited', end })),
    );
    const hours = hoursOf('22-06');
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(2 * 60 * 60_000), fc.double({ min: 0, max: 1, noNaN: true }))), (steps) => {
        let state = startLink(0);
        let now = 0;
        let notBefore = 0;
        for (const [happened, passed, chance] of steps) {
          now += passed;
          if (happened.type === 'visited' && state.step !== 'visiting') continue;
          const before = state;
          const minute = Math.floor(now / 60_000) % 1440;
          const step = advanceLink(state, happened, { now, minute, chance, hours });
          ({ state } = step);
          if (happened.type === 'visited' && happened.end.type === 'failed') notBefore = now + backOff(1, 0);
          if (step.command.do !== 'visit') continue;
          expect(before.step === 'visiting' && happened.type !== 'visited').toBe(false);
          if (happened.type === 'asked') continue;
          expect(isOpen(hours, minute)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(notBefore);
        }
      }),
    );
  });
});
