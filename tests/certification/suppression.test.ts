/**
 * An attacker has all that was published, knows how tables add up, and solves: the unknowns are the people of each country, programme and gender together, and
 * every figure is an equation. They have found a group when they can tell that it has people, and that these are fewer than five.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeYear,
  figuresOf,
  leastGroup,
  notGiven,
  type Attributes,
  type ClosedYear,
  type Countable,
  type Figures,
  type FiguresPlan,
} from '#lib/domain/suppression.ts';
import { largest, type Equation } from './simplex.ts';

const plan: FiguresPlan = { across: { division: 'gender', groups: ['woman', 'man'] }, tables: ['country', 'programme'] };
const runs = Number(process.env['PERIGEE_RUNS'] ?? 300);

/** Some countries are large and some are small, and some people do not say. */
const person: fc.Arbitrary<Attributes> = fc.record({
  country: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('SN', 'KE') },
    { weight: 2, arbitrary: fc.constantFrom('JO', 'PE', 'MN') },
    { weight: 1, arbitrary: fc.constant(notGiven) },
  ),
  programme: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('trainer', notGiven) }, { weight: 1, arbitrary: fc.constant('master') }),
  gender: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('woman', 'man') }, { weight: 1, arbitrary: fc.constantFrom('other', notGiven) }),
});
const crowd = (most: number) => fc.array(person, { maxLength: most, size: 'max' });

interface Group {
  readonly name: string;
  readonly unknowns: readonly number[];
}

/** What is written in one set of figures, as equations, and every group that can be named in its words. */
function readFigures(
  figures: Figures,
  offset: number,
): { readonly unknowns: number; readonly equations: Equation[]; readonly groups: Group[] } {
  if (figures.total === null) return { unknowns: 0, equations: [], groups: [] };
  const rows = figures.tables.map((table) => table.rows);
  const columns = figures.columns;
  // Every row of one table with every row of each other: an index for each table.
  const cells = rows.reduce<readonly (readonly number[])[]>(
    (before, of) => before.flatMap((index) => of.map((_, i) => [...index, i])),
    [[]],
  );
  const all = (is: (index: readonly number[], k: number) => boolean): number[] =>
    cells.flatMap((index, n) => columns.flatMap((_, k) => (is(index, k) ? [offset + n * columns.length + k] : [])));
  const equations: Equation[] = [{ of: all(() => true), value: figures.total }];
  const groups: Group[] = [];
  for (const [k, { total }] of columns.entries()) equations.push({ of: all((_, one) => one === k), value: total });
  for (const [t, ofTable] of rows.entries())
    for (const [i, { total, cells: split }] of ofTable.entries()) {
      equations.push({ of: all((index) => index[t] === i), value: total });
      groups.push({ name: `row ${String(i)} of ${String(t)}`, unknowns: all((index) => index[t] === i) });
      for (const k of columns.keys()) {
        const cell = all((index, one) => index[t] === i && one === k);
        groups.push({ name: `row ${String(i)} of ${String(t)}, column ${String(k)}`, unknowns: cell });
        if (split !== null) equations.push({ of: cell, value: split[k] ?? 0 });
        // All the others of the row; and of the column.
        groups.push({
          name: `row ${String(i)} of ${String(t)} without ${String(k)}`,
          unknowns: all((index, one) => index[t] === i && one !== k),
        });
        groups.push({
          name: `column ${String(k)} without row ${String(i)} of ${String(t)}`,
          unknowns: all((index, one) => index[t] !== i && one === k),
        });
      }
    }
  for (const index of cells) {
    groups.push({ name: index.join(' and '), unknowns: all((one) => one.every((i, t) => i === index[t])) });
    for (const k of columns.keys())
      groups.push({
        name: `cell ${index.join(' ')} ${String(k)}`,
        unknowns: all((one, c) => c === k && one.every((i, t) => i === index[t])),
      });
  }
  return { unknowns: cells.length * columns.length, equations, groups };
}

/** Names of groups of which the attacker knows that they have people, and fewer than five. */
function found(figures: readonly Figures[]): string[] {
  let unknowns = 0;
  const equations: Equation[] = [];
  const groups: Group[] = [];
  for (const one of figures) {
    const read = readFigures(one, unknowns);
    unknowns += read.unknowns;
    equations.push(...read.equations);
    groups.push(...read.groups);
  }
  return groups.flatMap(({ name, unknowns: of }) => {
    if (of.length === 0) return [];
    const most = largest(unknowns, equations, of);
    if (most === null) throw new Error('What was published contradicts itself');
    return most > 0.5 && Math.floor(most + 1e-6) < leastGroup ? [`${name}: at most ${String(most)}`] : [];
  });
}

const people = (country: string, gender: string, n: number, programme = 'trainer'): Attributes[] =>
  Array.from({ length: n }, () => ({ country, gender, programme }));

describe('the attacker', () => {
  it('finds what is published without care', () => {
    const careless: Figures = {
      total: 30,
      columns: [
        { groups: ['woman'], rest: false, total: 12 },
        { groups: ['man'], rest: true, total: 18 },
      ],
      tables: [
        {
          division: 'country',
          rows: [
            { group: 'SN', total: 20, cells: [10, 10] },
            // Two women are the difference of two totals.
            { group: 'KE', total: 10, cells: null },
          ],
        },
        { division: 'programme', rows: [{ group: 'trainer', total: 30, cells: [12, 18] }] },
      ],
    };
    expect(found([careless])).toContain('row 1 of 0, column 0: at most 2');
  });

  it('finds no group under five in the figures of any crowd', () => {
    fc.assert(
      fc.property(crowd(70), (all) => {
        expect(found([figuresOf(all, plan)])).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  it('finds none where courses are told as well as countries and programmes', () => {
    const three: FiguresPlan = { ...plan, tables: [...plan.tables, 'course'] };
    const trained = fc.tuple(person, fc.constantFrom('satellite-navigation', 'satellite-navigation', 'space-law', notGiven));
    fc.assert(
      fc.property(fc.array(trained, { maxLength: 45, size: 'max' }), (all) => {
        expect(
          found([
            figuresOf(
              all.map(([one, course]) => ({ ...one, course })),
              three,
            ),
          ]),
        ).toEqual([]);
      }),
      { numRuns: Math.ceil(runs / 10) },
    );
  });

  it('finds none in the years together, whoever comes late, leaves or is erased between', () => {
    const year = fc.record({ events: crowd(24), late: fc.integer({ min: 0, max: 4 }), lost: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.array(year, { minLength: 2, maxLength: 3 }), (years) => {
        let closed: ClosedYear[] = [];
        let known: Countable[] = [];
        let n = 0;
        for (const [i, { events, late, lost }] of years.entries()) {
          const these = events.map((attributes, k): Countable => ({
            key: `k${String(n++)}`,
            person: `p${String(n)}`,
            year: 2024 + i - (k < late ? 1 : 0),
            attributes,
          }));
          known = [...known.slice(lost), ...these];
          const next = closeYear(closed, known, 2024 + i, plan);
          if (next === null) throw new Error('A new year closes');
          // Nobody is counted twice.
          expect(next.counted.filter((key) => closed.some(({ counted }) => counted.includes(key)))).toEqual([]);
          closed = [...closed, next];
        }
        expect(found(closed.map(({ figures }) => figures))).toEqual([]);
      }),
      { numRuns: Math.ceil(runs / 3) },
    );
  });
});

describe('figures', () => {
  it('say all that can be said', () => {
    const all = [...people('SN', 'woman', 12), ...people('SN', 'man', 9), ...people('KE', 'woman', 6), ...people('KE', 'man', 0)];
    expect(figuresOf(all, plan)).toEqual({
      total: 27,
      columns: [
        { groups: ['woman'], rest: false, total: 18 },
        { groups: ['man'], rest: false, total: 9 },
        { groups: [], rest: true, total: 0 },
      ],
      tables: [
        {
          division: 'country',
          rows: [
            { group: 'SN', total: 21, cells: [12, 9, 0] },
            { group: 'KE', total: 6, cells: [6, 0, 0] },
          ],
        },
        { division: 'programme', rows: [{ group: 'trainer', total: 27, cells: [18, 9, 0] }] },
      ],
    });
  });

  it('split another row where one alone could be computed back, and join what is small', () => {
    const all = [...people('SN', 'woman', 20), ...people('SN', 'man', 20), ...people('KE', 'woman', 2), ...people('KE', 'man', 8), ...people('JO', 'woman', 7), ...people('JO', 'man', 7), ...people('PE', 'man', 2), ...people('MN', 'woman', 1)]; // prettier-ignore
    const { tables } = figuresOf(all, plan);
    expect(tables[0]?.rows).toEqual([
      { group: 'SN', total: 40, cells: [20, 20, 0] },
      // Three people of two countries are too few for «others» by themselves, with the smallest of the rest they are not.
      { group: 'JO', total: 14, cells: null },
      { group: null, total: 13, cells: null },
    ]);
  });

  it('join genders of which there are few, and say nothing of a handful', () => {
    const few = figuresOf([...people('SN', 'woman', 3), ...people('SN', 'man', 30), ...people('SN', 'other', 1)], plan);
    expect(few.columns).toEqual([{ groups: ['woman', 'man'], rest: true, total: 34 }]);
    expect(figuresOf(people('SN', 'woman', 4), plan)).toEqual({ total: null, columns: [], tables: [] });
    expect(figuresOf([], plan)).toMatchObject({ total: 0 });
  });

  it('are whole: rows and columns add up to the total, and no number in them is small', () => {
    fc.assert(
      fc.property(crowd(200), (all) => {
        const figures = figuresOf(all, plan);
        if (figures.total === null) return;
        const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
        expect(sum(figures.columns.map(({ total }) => total))).toBe(all.length);
        for (const { rows } of figures.tables) {
          expect(sum(rows.map(({ total }) => total))).toBe(all.length);
          for (const { total, cells } of rows) {
            if (cells !== null) expect(sum(cells)).toBe(total);
            expect([total, ...(cells ?? [])].filter((n) => n > 0 && n < leastGroup)).toEqual([]);
          }
        }
      }),
    );
  });

  it('do not depend on the order of people', () => {
    fc.assert(
      fc.property(
        crowd(60).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(figuresOf(shuffled, plan)).toEqual(figuresOf(all, plan));
        },
      ),
    );
  });
});

describe('a closed year', () => {
  const event = (key: string, at: Partial<Countable> = {}): Countable => ({
    key,
    person: key,
    year: 2025,
    attributes: { country: 'SN', gender: 'woman' },
    ...at,
  });

  it('is never closed again, nor one before it', () => {
    const first = closeYear(
      [],
      Array.from({ length: 9 }, (_, i) => event(`k${String(i)}`)),
      2025,
      plan,
    );
    if (first === null) throw new Error('It closes');
    expect([closeYear([first], [event('late')], 2025, plan), closeYear([first], [event('late')], 2024, plan)]).toEqual([null, null]);
    expect(closeYear([first], [event('late'), event('k1')], 2026, plan)?.counted).toEqual(['late']);
  });

  it('counts a person once for all that happened in it', () => {
    const events = Array.from({ length: 6 }, (_, i) => [
      event(`t${String(i)}`, { person: `p${String(i)}` }),
      event(`a${String(i)}`, { person: `p${String(i)}`, attributes: { country: 'SN', gender: 'woman', programme: 'trainer' } }),
      event(`b${String(i)}`, { person: `p${String(i)}`, attributes: { programme: i < 5 ? 'master' : 'trainer' } }),
    ]).flat();
    const closed = closeYear([], events, 2025, plan);
    expect(closed?.figures).toMatchObject({
      total: 6,
      tables: [{ rows: [{ group: 'SN', total: 6 }] }, { rows: [{ group: null, total: 6 }] }],
    });
    expect(closed?.counted).toHaveLength(18);
  });
});
