/** People beside courses: what centres published, by goal; what that tells is what they told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvOfPeople, peopleReach, type CentreFigures } from '../../src/lib/cooperation/people-reach.ts';
import type { Day } from '../../src/lib/cooperation/day.ts';
import { parseCsv } from '../../src/lib/domain/csv.ts';
import { figuresOf, type Attributes } from '../../src/lib/domain/suppression.ts';
import { figuresPlan } from '../../src/lib/server/certification/ledger.ts';
import { commonsOf, compileReal } from './kit.ts';

const today = '2026-11-20' as Day;
const commons = commonsOf(compileReal());
const some = (n: number, attributes: Attributes): Attributes[] => Array.from({ length: n }, () => attributes);
const centre = (node: string, ...years: readonly (readonly Attributes[])[]): CentreFigures => ({
  node,
  years: years.map((people, i) => ({ year: 2024 + i, figures: figuresOf(people, figuresPlan) })),
});
const nav = { course: 'satellite-navigation', country: 'KE' };
const law = { course: 'space-law', country: 'SN' };

describe('people by goal', () => {
  const centres = [
    centre('nairobi', [
      ...some(12, { ...nav, gender: 'woman' }),
      ...some(9, { ...nav, gender: 'man' }),
      ...some(2, { ...law, gender: 'man' }),
    ]),
    centre('dakar', some(7, { ...nav, gender: 'man' }), some(20, { ...law, gender: 'woman' })),
    centre('quiet'),
  ];
  const reach = peopleReach(commons, centres, 'en', today);

  it('are those of the courses that prepare for it, centre by centre', () => {
    expect(reach.centres.map(({ node, people, years }) => [node, people, years])).toEqual([
      ['dakar', 27, [2025, 2024]],
      ['nairobi', 23, [2024]],
    ]);
    const [dakar, nairobi] = reach.centres;
    expect(dakar?.courses.map(({ course, people, women }) => [course, people, women])).toEqual([
      ['space-law', 20, 20],
      ['satellite-navigation', 7, 0],
    ]);
    // Two of one course are too few: with the next smallest they are «others», and which they were is not said.
    expect(nairobi).toMatchObject({ courses: [], untold: 23 });
    for (const goal of reach.goals)
      for (const [i, one] of reach.centres.entries())
        expect(goal.people[i]).toBe(
          one.courses.filter(({ goals }) => goals.includes(goal.number)).reduce((sum, { people }) => sum + people, 0),
        );
    expect(reach.gaps.length).toBeGreaterThan(0);
    for (const gap of reach.gaps) expect(reach.goals.find(({ number }) => number === gap)?.people.every((n) => n === 0)).toBe(true);
  });

  it('see a course that is taught at more than one centre', () => {
    const both = peopleReach(commons, [centre('a', some(9, nav)), centre('b', some(6, nav))], 'fr', today);
    expect(both.overlaps).toMatchObject([
      {
        title: { language: 'fr' },
        centres: [
          { node: 'a', people: 9 },
          { node: 'b', people: 6 },
        ],
      },
    ]);
  });

  it('go out as a table without a number that is not told', () => {
    const [head, ...rows] = parseCsv(csvOfPeople(commons, centres, 'en', today));
    expect(head?.cells).toEqual(['centre', 'years', 'table', 'group', 'goals', 'people', 'women']);
    expect(rows.map(({ cells }) => cells.join(','))).toContain('nairobi,2024,course,,,23,');
  });

  it('tell no group of one to four, whoever was trained where', () => {
    const person = fc.record({
      course: fc.constantFrom('satellite-navigation', 'space-law', 'disaster-risk', ''),
      country: fc.constantFrom('KE', 'SN', 'PE', ''),
      gender: fc.constantFrom('woman', 'man', ''),
    });
    fc.assert(
      fc.property(fc.array(fc.array(person, { maxLength: 40 }), { maxLength: 3 }), (all) => {
        const { centres: found } = peopleReach(
          commons,
          all.map((people, i) => centre(`n${String(i)}`, people)),
          'en',
          today,
        );
        for (const { countries, courses, people, untold } of found)
          for (const n of [people, untold, ...[...countries, ...courses].flatMap((one) => [one.people, one.women ?? 0])])
            expect(n === 0 || n >= 5).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
