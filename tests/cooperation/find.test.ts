import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Day } from '../../src/lib/cooperation/day.ts';
import { createFinder, filters, type Filter, type Query } from '../../src/lib/cooperation/find.ts';
import { findGaps } from '../../src/lib/cooperation/gaps.ts';
import { assessment, commonsOf, compile, compileReal, country, indicator, listing, solution } from './kit.ts';

const today = '2026-11-20' as Day;
const real = compileReal();
const languages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'] as const;
const byLanguage = new Map(languages.map((language) => [language, commonsOf(real, language)]));
const all: Query = { words: '', kind: null, by: {} };

const idsFound = (language: (typeof languages)[number], words: string): readonly string[] => {
  const commons = byLanguage.get(language);
  if (commons === undefined) throw new Error(language);
  return createFinder(commons, today)({ ...all, words }).found.map(({ id }) => id);
};

describe('search', () => {
  it.each([
    ['en', 'flood radar', 'flood-mapping-radar'],
    ['en', 'FLOODS', 'flood-mapping-radar'],
    ['fr', 'inondation', 'flood-mapping-radar'],
    ['fr', 'secheresse', 'drought-vegetation-index'],
    ['es', 'inundación', 'flood-mapping-radar'],
    ['es', 'sequia', 'drought-vegetation-index'],
    ['ar', 'الفيضانات', 'flood-mapping-radar'],
    ['ar', 'فيضانات', 'flood-mapping-radar'],
    ['ar', 'الجفاف', 'drought-vegetation-index'],
    ['zh', '洪水', 'flood-mapping-radar'],
    ['zh', '干旱', 'drought-vegetation-index'],
    ['ru', 'наводнений', 'flood-mapping-radar'],
    ['ru', 'ЗАСУХА', 'drought-vegetation-index'],
    // The English name too, whatever the language of the page.
    ['ru', 'radar flood', 'flood-mapping-radar'],
  ] as const)('finds in %s «%s»', (language, words, id) => {
    expect(idsFound(language, words).slice(0, 12)).toContain(id);
  });

  it('finds by what an entry serves: the label of a target in the language of the page', () => {
    expect(idsFound('fr', 'moins de pertes par catastrophes')).toContain('flood-mapping-radar');
    expect(idsFound('ar', 'خسائر أقل من الكوارث')).toContain('flood-mapping-radar');
  });

  it('joins words by «and», and finds nothing for what is nowhere', () => {
    expect(idsFound('en', 'flood zzzz')).toEqual([]);
    expect(new Set(idsFound('en', 'flood'))).toEqual(new Set([...idsFound('en', 'flood')]));
    for (const id of idsFound('en', 'flood radar')) expect(idsFound('en', 'flood')).toContain(id);
  });

  it('shows titles before mentions', () => {
    expect(idsFound('en', 'drought')[0]).toMatch(/drought/);
  });

  it.each(languages)('finds every entry by its whole title in %s', (language) => {
    const commons = byLanguage.get(language);
    if (commons === undefined) throw new Error(language);
    const find = createFinder(commons, today);
    const listed = find(all).found;
    fc.assert(
      fc.property(fc.constantFrom(...listed), (entry) => {
        // A query is at most eight words.
        const title = (entry.title[language] ?? entry.title['en'] ?? '').split(' ').slice(0, 6).join(' ');
        expect(find({ ...all, words: title }).found.map(({ id }) => id)).toContain(entry.id);
      }),
      { numRuns: 40 },
    );
  });

  it('never throws, and answers the same twice', () => {
    const commons = byLanguage.get('en');
    if (commons === undefined) throw new Error('en');
    const find = createFinder(commons, today);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (words) => {
        expect(find({ ...all, words }).found).toEqual(find({ ...all, words }).found);
      }),
    );
  });
});

describe('filters', () => {
  const commons = byLanguage.get('en') ?? commonsOf(real);
  const find = createFinder(commons, today);

  it('count what remains when they are chosen', () => {
    const choices: [Filter, string][] = filters.flatMap((filter) =>
      [...find(all).counts[filter].keys()].map((value): [Filter, string] => [filter, value]),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...choices),
        fc.constantFrom(...choices),
        fc.constantFrom('', 'water', 'map'),
        ([one, value], [other, chosen], words) => {
          fc.pre(one !== other);
          const before = find({ ...all, words, by: { [other]: chosen } });
          const after = find({ ...all, words, by: { [other]: chosen, [one]: value } });
          expect(after.found.length).toBe(before.counts[one].get(value) ?? 0);
          for (const { id } of after.found) expect(before.found.map((entry) => entry.id)).toContain(id);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('tell solutions that an available course teaches from others', () => {
    const taught = find({ ...all, kind: 'solution', by: { taught: 'yes' } }).found.map(({ id }) => id);
    const not = find({ ...all, kind: 'solution', by: { taught: 'no' } }).found.map(({ id }) => id);
    expect(taught).toContain('national-space-law');
    expect(not).toContain('methane-leaks');
    expect(taught.length + not.length).toBe(find({ ...all, kind: 'solution' }).found.length);
  });
});

describe('the gap report', () => {
  const gapsOf = (files: Readonly<Record<string, string>>) => findGaps(commonsOf(compile(files)), today);

  it('ranks what no available course teaches by what it would serve, and says of which numbers', () => {
    const gaps = gapsOf({
      '+compendium/solutions/s.yaml':
        solution('small') + solution('large', { targets: '[target-1-1, target-1-5]', indicators: '[i]' }) + solution('taught'),
      '+compendium/listings/l.yaml': listing('old', { teaches: '[large]', closes: '2026-01-01' }) + listing('now', { teaches: '[taught]' }),
      '+indicators/i.yaml': indicator('i', 'target-1-1') + indicator('open', 'target-1-a') + indicator('near', 'target-1-5'),
      '+profiles/countries.yaml': country('aa') + country('bb'),
      '+profiles/assessments/a.yaml': assessment('aa', 2025, { i: 0, near: 1, open: 5 }) + assessment('bb', 2025, { i: 9, near: 0 }),
    });
    expect(gaps.courses).toEqual([
      { solution: 'large', weight: 4, targets: 2, indicators: 1, countries: ['aa'], lapsed: ['old'] },
      { solution: 'small', weight: 1, targets: 1, indicators: 0, countries: [], lapsed: [] },
    ]);
    expect(gaps.indicators).toEqual([
      // Weak in two countries: it comes before what no country is weak in.
      { indicator: 'near', weight: 3, targets: 0, countries: ['aa', 'bb'] },
      { indicator: 'open', weight: 2, targets: 1, countries: [] },
    ]);
    expect(gaps.targets).toEqual([{ target: 'target-1-a', weight: 1, indicators: ['open'] }]);
    expect(gaps.totals).toEqual({ solutions: 3, taught: 1, targets: 3, served: 2, indicators: 3, answered: 1 });
  });

  it('is the same whatever the order of the files', () => {
    const s = [solution('a'), solution('b'), solution('c')];
    const one = gapsOf({ '+compendium/solutions/s.yaml': s.join('') });
    expect(gapsOf({ '+compendium/solutions/s.yaml': [...s].reverse().join('') })).toEqual(one);
  });
});
