/** Plans as they stand, calls, and what partners offer laid beside what countries need. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ofKind } from '../../src/lib/cooperation/commons.ts';
import { callsView, callView } from '../../src/lib/cooperation/call-views.ts';
import { planView } from '../../src/lib/cooperation/country-views.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import type { EntryId } from '../../src/lib/cooperation/entry.ts';
import { activityTypes } from '../../src/lib/cooperation/kinds/plan.ts';
import {
  callStateOf,
  helpOf,
  matchAll,
  matchOf,
  needOf,
  standingOffers,
  type Help,
  type Need,
} from '../../src/lib/cooperation/matching.ts';
import { elapsedAt, isLate, progressOf } from '../../src/lib/cooperation/plan-state.ts';
import { commonsOf, compileReal } from './kit.ts';

const today = '2026-11-30' as Day;
const commons = commonsOf(compileReal());

describe('an objective', () => {
  const plan = { from: 2024, until: 2028 };
  const reading = (year: number, value: number) => ({ year, value, confidence: 'measured' as const, source: null, url: null });

  it('is reached, on track, behind or unknown by its rule, whichever way is better', () => {
    const objective = fc.record({
      start: fc.integer({ min: -50, max: 50 }),
      way: fc.integer({ min: -50, max: 50 }).filter((n) => n !== 0),
    });
    fc.assert(
      fc.property(objective, fc.integer({ min: 2024, max: 2028 }), fc.integer({ min: -20, max: 200 }), ({ start, way }, year, percent) => {
        const value = start + (way * percent) / 100;
        const { state, share } = progressOf({ start, aim: start + way }, plan, reading(year, value));
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        if (percent > 100) expect(state).toBe('reached');
        else if (percent < 99 && percent / 100 > elapsedAt(plan, year) + 1e-9) expect(state).toBe('on-track');
        else if (percent < 99 && percent / 100 < elapsedAt(plan, year) - 1e-9) expect(state).toBe('behind');
      }),
    );
  });

  it('is not judged by a value from before the plan', () => {
    expect(progressOf({ start: 0, aim: 10 }, plan, reading(2023, 10))).toEqual({ state: 'unknown', share: null, reading: null });
    expect(progressOf({ start: 0, aim: 10 }, plan, null).state).toBe('unknown');
  });

  it('has used up its time with the last year of the plan, and not before', () => {
    expect([2023, 2024, 2026, 2028, 2030].map((year) => elapsedAt(plan, year))).toEqual([0, 0.2, 0.6, 1, 1]);
  });
});

describe('an activity', () => {
  it('is late where it should have begun, or should be over', () => {
    expect(isLate({ state: 'planned', from: 2025, until: 2026 }, 2026)).toBe(true);
    expect(isLate({ state: 'planned', from: 2026, until: 2026 }, 2026)).toBe(false);
    expect(isLate({ state: 'running', from: 2024, until: 2025 }, 2026)).toBe(true);
    expect(isLate({ state: 'done', from: 2020, until: 2021 }, 2026)).toBe(false);
    expect(isLate({ state: 'dropped', from: 2020, until: 2021 }, 2026)).toBe(false);
  });
});

const names = ['a', 'b', 'c', 'd'] as const;
const ids = fc.subarray([...names]).map((some) => some.map((id) => id as string as EntryId));
const languages = fc.subarray(['en', 'fr', 'ru']);
const types = fc.subarray([...activityTypes]);

const anyNeed: fc.Arbitrary<Need> = fc.record({
  country: fc.constantFrom('x', 'y').map((id) => id as string as EntryId),
  languages,
  wants: ids.chain((wanted) =>
    fc
      .array(fc.record({ weak: fc.boolean(), worse: fc.boolean(), asked: fc.boolean() }), {
        minLength: wanted.length,
        maxLength: wanted.length,
      })
      .map((wants) => new Map(wanted.map((id, i) => [id, wants[i] ?? { weak: true, worse: false, asked: false }]))),
  ),
  seeks: types,
  calls: fc.constant(['call-x' as EntryId]),
});
const anyHelp: fc.Arbitrary<Help> = fc.record({
  offer: fc.constantFrom('o', 'p').map((id) => id as string as EntryId),
  indicators: ids,
  gives: types,
  languages,
  countries: fc.subarray(['x', 'y']).map((some) => some.map((id) => id as EntryId)),
  call: fc.constantFrom(null, 'call-x' as EntryId, 'call-z' as EntryId),
});

describe('matching', () => {
  it('gives exactly the points of its reasons, and never a match without an indicator in common', () => {
    fc.assert(
      fc.property(anyNeed, anyHelp, (need, help) => {
        const match = matchOf(need, help);
        const common = help.indicators.filter((id) => need.wants.has(id));
        const mayHave = (help.countries.length === 0 || help.countries.includes(need.country)) && help.call !== ('call-z' as EntryId);
        expect(match !== null).toBe(mayHave && common.length > 0);
        if (match === null) return;
        expect(match.points).toBe(match.reasons.reduce((sum, { points }) => sum + points, 0));
        expect(match.reasons.filter(({ type }) => type === 'indicator').length).toBe(common.length);
        expect(match.reasons.filter(({ type }) => type === 'language' || type === 'no-language').length).toBe(1);
      }),
    );
  });

  it('is the same list in whatever order needs and offers stand', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyNeed, { selector: ({ country }) => country }),
        fc.uniqueArray(anyHelp, { selector: ({ offer }) => offer }),
        (needs, helps) => {
          const list = matchAll(needs, helps);
          expect(matchAll([...needs].reverse(), [...helps].reverse())).toEqual(list);
          for (const [i, one] of list.entries()) expect(one.points).toBeLessThanOrEqual(list[i - 1]?.points ?? one.points);
        },
      ),
    );
  });
});

describe('the calls and offers of this repository', () => {
  it('are in the state that the day says', () => {
    const states = (day: string) => ofKind(commons.entries, 'call').map((call) => [call.id, callStateOf(call, day as Day)]);
    expect(states('2026-11-30')).toEqual([
      ['altavar-call-2026', 'closed'],
      ['islemara-call-2026', 'open'],
      ['oruvana-call-2025', 'done'],
    ]);
    expect(states('2026-08-01')).toEqual([
      ['altavar-call-2026', 'open'],
      ['islemara-call-2026', 'to-come'],
      ['oruvana-call-2025', 'done'],
    ]);
  });

  it('lead from the law that Islemara lacks to the clinic that helps with it, and back', () => {
    const call = callView(commons, 'islemara-call-2026', 'en', today);
    expect(call?.offers.map(({ offer }) => offer.id)).toEqual(['offer-law-clinic', 'offer-school-links']);
    expect(call?.offers[0]?.reasons).toEqual([
      expect.objectContaining({ type: 'indicator', indicator: 'national-law', weak: true, worse: false, asked: true, points: 4 }),
      expect.objectContaining({ type: 'gives', activity: 'workshop', points: 1 }),
      expect.objectContaining({ type: 'gives', activity: 'mission', points: 1 }),
      expect.objectContaining({ type: 'language', language: 'en', points: 1 }),
    ]);
    const clinic = callsView(commons, 'en', today).offers.find(({ id }) => id === 'offer-law-clinic');
    expect(clinic?.countries[0]?.country.id).toBe('islemara');
  });

  it('do not offer to another country what answers one country’s own indicator', () => {
    const school = ofKind(commons.entries, 'offer').find(({ id }) => id === 'offer-drought-school');
    const islemara = ofKind(commons.entries, 'country').find(({ id }) => id === 'islemara');
    if (school === undefined || islemara === undefined) throw new Error('missing');
    const match = matchOf(needOf(commons, islemara, today), helpOf(commons, school));
    expect(match?.reasons.some((reason) => reason.type === 'indicator' && reason.indicator === 'oruvana-pasture-bulletins')).not.toBe(true);
  });

  it('are not offered any more once they are over', () => {
    expect(standingOffers(commons, '2030-01-01' as Day).map(({ id }) => id)).toEqual(['offer-drought-school', 'offer-mentors']);
  });

  it('measure the outcome of the one that was carried out against the profile', () => {
    const call = callView(commons, 'oruvana-call-2025', 'en', today);
    expect(
      call?.measured.map(({ indicator, before, after, change }) => [
        indicator.id,
        before?.year,
        before?.value,
        after?.year,
        after?.value,
        change,
      ]),
    ).toEqual([
      ['oruvana-pasture-bulletins', 2024, 28, 2025, 41, 'better'],
      ['remote-sensing-staff', 2024, 5, 2025, 8, 'better'],
    ]);
  });
});

describe('the plans of this repository', () => {
  it('stand as their values say', () => {
    const states = Object.fromEntries(
      ofKind(commons.entries, 'plan').map(({ id }) => [
        id,
        planView(commons, id, 'en', today)?.objectives.map((one) => [one.id, one.now.state]),
      ]),
    );
    expect(states).toEqual({
      'islemara-2024-2028': [
        ['maps', 'on-track'],
        ['warnings', 'on-track'],
        ['schools', 'on-track'],
        ['people', 'behind'],
        ['law', 'behind'],
      ],
      'altavar-2023-2027': [
        ['lakes', 'behind'],
        ['warnings', 'behind'],
        ['open', 'behind'],
        ['women', 'behind'],
      ],
      'oruvana-2025-2029': [
        ['drought', 'on-track'],
        ['staff', 'on-track'],
        ['water', 'behind'],
        ['teachers', 'behind'],
      ],
    });
  });

  it('last five years, and set out from the value that the profile has', () => {
    for (const plan of ofKind(commons.entries, 'plan')) {
      expect(plan.until - plan.from, plan.id).toBe(4);
      const view = planView(commons, plan.id, 'en', today);
      expect(view?.objectives.length, plan.id).toBe(plan.objectives.length);
    }
  });
});
