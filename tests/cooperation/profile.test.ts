/** A country's profile: the rule, what answers a weakness, who may be laid beside whom. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkedFrom, ofKind, type Commons } from '../../src/lib/cooperation/commons.ts';
import { countriesView, profileView } from '../../src/lib/cooperation/country-views.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import type { EntryId } from '../../src/lib/cooperation/entry.ts';
import type { Country } from '../../src/lib/cooperation/kinds/country.ts';
import {
  answersTo,
  changeOf,
  mayCompare,
  peersOf,
  profileOf,
  standingOf,
  talliesOf,
  weaknessesOf,
  yearsRecent,
} from '../../src/lib/cooperation/profile.ts';
import { assessment, commonsOf, compile, compileReal, country, indicator, listing, solution } from './kit.ts';

const today = '2026-11-30' as Day;

function countryIn(commons: Commons, id: string): Country {
  const found = commons.byId.get(id as EntryId);
  if (found?.kind !== 'country') throw new Error(`no country ${id}`);
  return found;
}

describe('where a value stands', () => {
  const scale = fc
    .record({ weak: fc.integer({ min: -50, max: 50 }), room: fc.integer({ min: 1, max: 50 }), more: fc.boolean() })
    .map(({ weak, room, more }) => ({
      direction: more ? ('more' as const) : ('less' as const),
      weak,
      strong: more ? weak + room : weak - room,
    }));

  it('is weak at the bound and beyond it, strong at the other and beyond it, and never both', () => {
    fc.assert(
      fc.property(scale, fc.integer({ min: -200, max: 200 }), (one, value) => {
        const sign = one.direction === 'more' ? 1 : -1;
        const expected = sign * value <= sign * one.weak ? 'weak' : sign * value >= sign * one.strong ? 'strong' : 'middle';
        expect(standingOf(one, value)).toBe(expected);
        expect(standingOf(one, null)).toBe('unknown');
      }),
    );
  });

  it('gets no worse by a better value', () => {
    const order = ['weak', 'middle', 'strong'];
    fc.assert(
      fc.property(scale, fc.integer({ min: -200, max: 200 }), fc.integer({ min: 0, max: 100 }), (one, value, gain) => {
        const better = value + (one.direction === 'more' ? gain : -gain);
        expect(order.indexOf(standingOf(one, better))).toBeGreaterThanOrEqual(order.indexOf(standingOf(one, value)));
        expect(changeOf(one, value, better)).toBe(gain === 0 ? 'same' : 'better');
      }),
    );
  });

  it('is in between where the indicator has no bounds', () => {
    expect(standingOf({ direction: 'more', weak: null, strong: null }, 4)).toBe('middle');
  });
});

const indicators = { '+indicators/i.yaml': indicator('i', 'target-1-1') + indicator('j', 'target-1-5') + indicator('k', 'target-1-5') };
const small = (files: Readonly<Record<string, string>>): Commons => commonsOf(compile({ ...indicators, ...files }, ['here']));

describe('a profile', () => {
  it('counts the latest value while it is recent, and compares it with the one before', () => {
    const commons = small({
      '+profiles/countries.yaml': country('aa'),
      '+profiles/assessments.yaml':
        assessment('aa', 2020, { i: 1, j: 1, k: 5 }) + assessment('aa', 2023, { j: 1, k: 5 }) + assessment('aa', 2024, { j: 0 }),
    });
    const profile = profileOf(commons, countryIn(commons, 'aa'));
    expect(yearsRecent).toBe(3);
    expect(profile.years).toEqual([2020, 2023, 2024]);
    expect(profile.lines.map(({ indicator: { id }, standing, change, latest }) => [id, standing, change, latest?.year ?? null])).toEqual([
      ['i', 'unknown', null, null],
      ['j', 'weak', 'worse', 2024],
      ['k', 'middle', 'same', 2023],
    ]);
    // As it stood then: the value of 2020 was still recent.
    expect(talliesOf(commons, profile)).toEqual([
      { year: 2020, strong: 0, middle: 1, weak: 2, unknown: 0 },
      { year: 2023, strong: 0, middle: 1, weak: 2, unknown: 0 },
      { year: 2024, strong: 0, middle: 1, weak: 1, unknown: 1 },
    ]);
  });

  it('puts what got worse first among the weaknesses', () => {
    const commons = small({
      '+profiles/countries.yaml': country('aa'),
      '+profiles/assessments.yaml': assessment('aa', 2023, { i: 0, j: 0, k: 1 }) + assessment('aa', 2024, { i: 0, j: 1, k: 0 }),
    });
    expect(weaknessesOf(profileOf(commons, countryIn(commons, 'aa'))).map(({ indicator: { id } }) => id)).toEqual(['k', 'i', 'j']);
  });

  it('leaves out another country’s own indicators', () => {
    const commons = small({
      '+profiles/countries.yaml': country('aa') + country('bb'),
      '+profiles/indicators.yaml': indicator('own', 'target-1-1').replace('  weak', '  country: bb\n  weak'),
      '+profiles/assessments.yaml': assessment('bb', 2024, { own: 3 }),
    });
    const idsOf = (id: string): readonly string[] => profileOf(commons, countryIn(commons, id)).lines.map((line) => line.indicator.id);
    expect(idsOf('aa')).not.toContain('own');
    expect(idsOf('bb')).toContain('own');
  });

  it('answers a weakness by what is taught and cheap first, and never by a course that is over', () => {
    const commons = small({
      '+profiles/countries.yaml': country('aa'),
      '+compendium/solutions/s.yaml':
        solution('dear', { indicators: '[i]', cost: 'high' }) +
        solution('cheap', { indicators: '[i]' }) +
        solution('taught', { indicators: '[i]', cost: 'high' }) +
        solution('other', { indicators: '[j]' }),
      '+compendium/listings/l.yaml':
        listing('open', { teaches: '[taught]' }) +
        listing('own', { course: 'here', teaches: '[taught]' }) +
        listing('over', { teaches: '[cheap]', closes: '2025-01-01' }),
    });
    const { solutions, courses } = answersTo(commons, 'i' as EntryId, countryIn(commons, 'aa'), today);
    expect(solutions.map(({ id }) => id)).toEqual(['taught', 'cheap', 'dear']);
    expect(courses.map(({ id }) => id)).toEqual(['own', 'open']);
  });
});

describe('side by side', () => {
  it('needs the consent of both, whatever each chose, and is the same seen from either', () => {
    const choice = fc.record({ compare: fc.constantFrom('anyone' as const, 'chosen' as const, 'nobody' as const), names: fc.boolean() });
    const commons = small({ '+profiles/countries.yaml': country('aa') + country('bb') });
    const [aa, bb] = [countryIn(commons, 'aa'), countryIn(commons, 'bb')];
    fc.assert(
      fc.property(choice, choice, (a, b) => {
        const one: Country = { ...aa, compare: a.compare, peers: a.names ? [bb.id] : [] };
        const other: Country = { ...bb, compare: b.compare, peers: b.names ? [aa.id] : [] };
        const allows = (c: typeof a): boolean => c.compare === 'anyone' || (c.compare === 'chosen' && c.names);
        expect(mayCompare(one, other)).toBe(allows(a) && allows(b));
        expect(mayCompare(other, one)).toBe(mayCompare(one, other));
        expect(mayCompare(one, one)).toBe(false);
      }),
    );
  });
});

describe('the invented countries of this repository', () => {
  const commons = commonsOf(compileReal());
  const countries = ofKind(commons.entries, 'country');

  it('are three, say that they are invented, and have four years of values each', () => {
    expect(countries.map(({ id, invented, code }) => [id, invented, code])).toEqual([
      ['altavar', true, null],
      ['islemara', true, null],
      ['oruvana', true, null],
    ]);
    for (const one of countries) expect(linkedFrom(commons, one.id, 'assessment').map(({ year }) => year).sort(), one.id).toEqual([2022, 2023, 2024, 2025]); // prettier-ignore
  });

  it('do not reach what the compendium counts: no gap, no row of theirs', () => {
    const national = ofKind(commons.entries, 'indicator').filter((one) => one.country !== null);
    expect(national.length).toBe(3);
  });

  it('are laid side by side only where both agree: Oruvana with nobody', () => {
    const peers = Object.fromEntries(countries.map((one) => [one.id, peersOf(commons, one).map(({ id }) => id)]));
    expect(peers).toEqual({ altavar: ['islemara'], islemara: ['altavar'], oruvana: [] });
    expect(profileView(commons, 'oruvana', ['islemara', 'altavar'], 'en', today)?.beside).toEqual([]);
    expect(profileView(commons, 'islemara', ['altavar', 'oruvana'], 'en', today)?.beside.map(({ country: { id } }) => id)).toEqual([
      'altavar',
    ]);
  });

  it('are found by their own words and by what they are weak in', () => {
    const found = (words: string, weak: string | null = null): readonly string[] =>
      countriesView(commons, words, weak, 'en').countries.map(({ id }) => id);
    expect(found('')).toEqual(['altavar', 'islemara', 'oruvana']);
    expect(found('cyclones')).toEqual(['islemara']);
    expect(found('internet')).toEqual(['oruvana']);
    expect(found('', 'disaster-maps')).toEqual(['altavar', 'oruvana']);
    expect(found('', 'no-such-indicator')).toEqual(['altavar', 'islemara', 'oruvana']);
    expect(found('nothing like it')).toEqual([]);
  });

  it('have an answer for nearly every weakness', () => {
    for (const { id } of countries) {
      const view = profileView(commons, id, [], 'en', today);
      const answered = view?.weaknesses.filter(({ solutions }) => solutions.length > 0).length ?? 0;
      expect(view?.weaknesses.length, id).toBeGreaterThan(5);
      expect(answered / (view?.weaknesses.length ?? 1), id).toBeGreaterThan(0.5);
    }
  });
});
