import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monthsAfter, type Day } from '../../src/lib/cooperation/day.ts';
import { jsonLdOf } from '../../src/lib/cooperation/export.ts';
import { createFinder } from '../../src/lib/cooperation/find.ts';
import { narrow } from '../../src/lib/cooperation/narrow.ts';
import {
  daysBetween,
  membersOnPage,
  networkFilters,
  networkQueryFrom,
  networkView,
  opportunitiesView,
  resourcesView,
  type NetworkQuery,
} from '../../src/lib/cooperation/network.ts';
import { stateOf } from '../../src/lib/cooperation/state.ts';
import { commonsOf, compile, compileReal } from './kit.ts';

const today = '2026-11-20' as Day;
const all: NetworkQuery = { words: '', by: {} };

const organisation = (id: string, more = ''): string =>
  `- { id: ${id}, title: { en: ${id} }, summary: { en: Who they are }, type: university, ${more} sources: [{ title: S, url: 'https://example.org/' }], written: 2026-10-01 }\n`;
const opportunity = (id: string, more = '', written = '2026-10-01'): string =>
  `- { id: ${id}, title: { en: ${id} }, summary: { en: Do it }, type: research, url: 'https://example.org/${id}', ${more} sources: [{ title: S, url: 'https://example.org/' }], written: ${written} }\n`;
const resource = (id: string, more: string): string =>
  `- { id: ${id}, title: { en: ${id} }, summary: { en: Use it }, terms: { en: Ask }, ${more} sources: [{ title: S, url: 'https://example.org/' }], written: 2026-10-01 }\n`;
const at = {
  people: '+compendium/organisations/o.yaml',
  offers: '+compendium/opportunities/o.yaml',
  shared: '+compendium/resources/r.yaml',
};

const real = commonsOf(compileReal());
const find = createFinder(real, today);

describe('opportunities', () => {
  const commons = commonsOf(
    compile({
      [at.people]: organisation('uni'),
      [at.offers]:
        opportunity('past', 'deadline: 2026-11-19,') +
        opportunity('longpast', 'deadline: 2020-01-01,') +
        opportunity('lastday', 'deadline: 2026-11-20, provider: uni,') +
        opportunity('later', 'deadline: 2027-02-01,') +
        opportunity('tocome', 'opens: 2026-12-01, deadline: 2027-01-01,') +
        opportunity('always') +
        opportunity('old', '', '2025-01-01'),
    }),
  );
  const view = opportunitiesView(commons, createFinder(commons, today), all, 'en', today);

  it('stand by their deadline: the nearest first, then those without one, and closed ones apart, the latest first', () => {
    expect(view.open.map(({ card, left }) => [card.id, left])).toEqual([
      ['lastday', 0],
      ['tocome', 42],
      ['later', 73],
      ['always', null],
      ['old', null],
    ]);
    expect(view.past.map(({ card, left }) => [card.id, left])).toEqual([
      ['past', null],
      ['longpast', null],
    ]);
  });

  it('are marked as closed, to come, or not looked at', () => {
    const state = (id: string) => stateOf(commons.entries.find((entry) => entry.id === id) ?? commons.entries[0]!, today); // eslint-disable-line @typescript-eslint/no-non-null-assertion
    expect(state('past')).toEqual({ name: 'closed', since: '2026-11-19' });
    expect(state('lastday').name).toBe('good');
    expect(state('tocome')).toEqual({ name: 'to-come', since: '2026-12-01' });
    expect(state('old').name).toBe('stale');
  });

  it('whatever day it is, each is in one of the two lists, and nothing that is closed says how many days are left', () => {
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), (months) => {
        const day = monthsAfter(today, months);
        const { open, past } = opportunitiesView(commons, createFinder(commons, day), all, 'en', day);
        expect([...open, ...past].map(({ card }) => card.id).sort()).toEqual([
          'always',
          'lastday',
          'later',
          'longpast',
          'old',
          'past',
          'tocome',
        ]);
        for (const { deadline, left } of past) expect([left, (deadline ?? '9999') < day]).toEqual([null, true]);
        for (const { deadline, left } of open)
          expect(left).toBe(deadline === null ? null : (Date.parse(deadline) - Date.parse(day)) / 86_400_000);
      }),
    );
  });

  it('must not close before they open, and ids of providers must be organisations', () => {
    const codes = (text: string) => compile({ [at.offers]: text }).diagnostics.map(({ code }) => code);
    expect(codes(opportunity('a', 'opens: 2026-12-01, deadline: 2026-11-01,'))).toContain('days-reversed');
    expect(codes(opportunity('a', 'provider: nobody,'))).toContain('dangling-link');
    expect(codes(opportunity('a', 'provider: goal-1,'))).toContain('wrong-kind');
  });

  it('are schema.org programmes with their last day of applying', () => {
    const entry = commons.entries.find(({ id }) => id === 'lastday');
    expect(entry && jsonLdOf(entry, commons, 'https://centre.example')).toMatchObject({
      '@type': 'EducationalOccupationalProgram',
      applicationDeadline: '2026-11-20',
      provider: { name: 'uni' },
    });
  });
});

describe('shared resources', () => {
  it('keep where they come from and under which licence, and say where none is known', () => {
    const commons = commonsOf(
      compile(
        {
          [at.people]: organisation('uni'),
          [at.shared]:
            resource('tower', 'type: equipment, origin: uni, country: DE,') +
            resource('own', 'type: course, course: c, licence: CC-BY-4.0,'),
        },
        ['c'],
      ),
    );
    const { shared } = resourcesView(commons, createFinder(commons, today), all, 'en', today);
    expect(shared).toMatchObject([
      { card: { id: 'own', course: 'c' }, licence: 'CC-BY-4.0', origin: null },
      { card: { id: 'tower', course: null }, licence: null, origin: { id: 'uni' }, country: 'DE' },
    ]);
    expect(compile({ [at.shared]: resource('own', 'type: course, course: nowhere,') }).diagnostics.map(({ code }) => code)).toContain(
      'unknown-course',
    );
  });
});

describe('the directory', () => {
  it('counts what each organisation provides and points to where it is', () => {
    const commons = commonsOf(
      compile({
        [at.people]:
          organisation('uni', 'country: KE, place: [{ name: Nairobi, latitude: -1.3, longitude: 36.8 }],') + organisation('other'),
        [at.offers]: opportunity('a', 'provider: uni,') + opportunity('b', 'provider: uni, deadline: 2020-01-01,'),
      }),
    );
    const view = networkView(commons, createFinder(commons, today), all, 1, 'en', today);
    expect(view).toMatchObject({
      total: 2,
      open: 1,
      members: [
        { card: { id: 'other' }, offers: [], country: null },
        { card: { id: 'uni' }, offers: [{ kind: 'opportunity', n: 2 }], country: 'KE', place: 'Nairobi' },
      ],
      spots: [{ id: 'uni', longitude: 36.8, latitude: -1.3, centre: false }],
    });
  });

  it('shows every organisation of this repository once over its pages, whatever page is asked for', () => {
    const { pages, total } = networkView(real, find, all, 1, 'en', today);
    const ids = Array.from({ length: pages }, (_, i) => networkView(real, find, all, i + 1, 'en', today).members).flat();
    expect(new Set(ids.map(({ card }) => card.id)).size).toBe(total);
    expect(ids.length).toBe(total);
    for (const asked of [0, -5, 999, 1.5])
      expect(networkView(real, find, all, asked, 'en', today).members.length).toBeLessThanOrEqual(membersOnPage);
  });

  it('each choice leaves as many as it said', () => {
    const choices = networkView(real, find, all, 1, 'en', today).filters.flatMap(({ filter, values }) =>
      values.map(({ value, n }) => ({ filter, value, n })),
    );
    expect(choices.length).toBeGreaterThan(20);
    for (const { filter, value, n } of choices)
      expect(networkView(real, find, { words: '', by: { [filter]: value } }, 1, 'en', today).total).toBe(n);
  });

  it('finds by words, in the language of the page', () => {
    const words = (text: string) => networkView(real, find, { words: text, by: {} }, 1, 'en', today).members.map(({ card }) => card.id);
    expect(words('dehradun')).toContain('cssteap');
    expect(words('zzzz')).toEqual([]);
  });
});

describe('narrowing', () => {
  const filters = ['a', 'b'] as const;
  const items = fc.array(fc.record({ a: fc.subarray(['x', 'y', 'z']), b: fc.subarray(['x', 'y']) }));
  const chosen = fc.record({ a: fc.constantFrom('x', 'y'), b: fc.constantFrom('x', 'y') }, { requiredKeys: [] });

  it('a count is what its choice would leave', () => {
    fc.assert(
      fc.property(items, chosen, (list, by) => {
        const { counts } = narrow(list, filters, (item) => item, by);
        for (const filter of filters)
          for (const value of ['x', 'y', 'z'])
            expect(counts[filter].get(value) ?? 0).toBe(narrow(list, filters, (item) => item, { ...by, [filter]: value }).found.length);
      }),
    );
  });
});

it('days between are whole, over leap days too', () => {
  expect(daysBetween('2024-02-28' as Day, '2024-03-01' as Day)).toBe(2);
  expect(daysBetween('2026-03-01' as Day, '2026-02-28' as Day)).toBe(-1);
});

it('a query of an address is read without surprises', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('q', 'page', ...networkFilters), fc.string()), (given) => {
      const { query, page } = networkQueryFrom((name) => (Object.hasOwn(given, name) ? (given[name] ?? null) : null));
      expect(page).toBeGreaterThanOrEqual(1);
      expect(query.words.length).toBeLessThanOrEqual(200);
      for (const value of Object.values(query.by)) expect(value.length).toBeGreaterThan(0);
    }),
  );
});
