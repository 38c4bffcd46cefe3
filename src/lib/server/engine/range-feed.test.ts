import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionAfter, toldAfter, type RangeRow } from './range-feed.ts';

const range = (rows: Readonly<Record<string, string>>): readonly RangeRow[] =>
  Object.entries(rows)
    .map(([id, rev]) => ({ id, revs: [rev] }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const names = (length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length }, (_, n) => [`p:attempt:${String(n).padStart(5, '0')}`, '1-a']));

/** A range as it stands, and what happens to it: rows are written, one after the other. */
const history = fc.record({
  start: fc.integer({ min: 0, max: 120 }),
  edits: fc.array(fc.record({ at: fc.nat({ max: 140 }), page: fc.integer({ min: 1, max: 40 }) }), { maxLength: 30 }),
});

describe('a feed of a range', () => {
  it('tells everything from the beginning, in the order of the names, and nothing at its end', () => {
    const rows = range(names(100));
    for (const since of ['0', '', 'rubbish', '12-epoch', 'e.1.abcdefgh', 'gAAAA']) {
      const told = toldAfter(rows, since);
      expect(told.map(({ row }) => row)).toEqual(rows);
      expect(toldAfter(rows, told.at(-1)?.seq ?? '')).toEqual([]);
    }
    expect(toldAfter(rows, positionAfter(rows))).toEqual([]);
    expect(toldAfter([], '0')).toEqual([]);
  });

  it('is exact for a small range, and tells one group of 32 for one row of a large one', () => {
    const small = names(23);
    const position = positionAfter(range(small));
    expect(toldAfter(range({ ...small, 'p:new': '1-a', 'p:attempt:00007': '2-b' }), position).map(({ row }) => row.id)).toEqual([
      'p:attempt:00007',
      'p:new',
    ]);
    const large = names(1000);
    const told = toldAfter(range({ ...large, 'p:attempt:00500': '2-b' }), positionAfter(range(large))).map(({ row }) => row.id);
    expect(told).toContain('p:attempt:00500');
    expect(told.length).toBeLessThan(60);
  });

  it('has positions of at most 257 characters at an end and 280 inside, for use in an address as they are', () => {
    for (const length of [0, 1, 24, 25, 3000]) {
      const told = toldAfter(range(names(length)), '0');
      for (const { seq } of told) expect(seq).toMatch(/^[\w.-]{1,280}$/);
      expect(positionAfter(range(names(length)))).toMatch(/^[\w-]{1,257}$/);
    }
    const inside = toldAfter(range({ ...names(3000), 'p:a': '1-a' }), positionAfter(range(names(3000))))[0]?.seq ?? '';
    expect(inside).toMatch(/^[\w.-]{1,280}$/);
  });

  it('never leaves a change out, whatever is written between two pages', () => {
    fc.assert(
      fc.property(history, ({ start, edits }) => {
        const rows: Record<string, string> = names(start);
        const known: Record<string, string> = {};
        let since = '0';
        const read = (page: number): boolean => {
          const told = toldAfter(range(rows), since);
          for (const { row } of told.slice(0, page)) known[row.id] = row.revs[0] ?? '';
          since = told[Math.min(page, told.length) - 1]?.seq ?? positionAfter(range(rows));
          return told.length > page;
        };
        let generation = 2;
        for (const { at, page } of edits) {
          rows[`p:attempt:${String(at).padStart(5, '0')}`] = `${String(generation++)}-b`;
          read(page);
        }
        // Nothing is written any more: it ends, and both sides know the same.
        let pages = 0;
        while (read(10)) expect(++pages).toBeLessThan(40);
        expect(known).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it('notices a leaf beside the winner', () => {
    const rows = range(names(3));
    const forked = rows.map((row, n) => (n === 1 ? { ...row, revs: [...row.revs, '1-0'] } : row));
    expect(toldAfter(forked, positionAfter(rows)).map(({ row }) => row)).toEqual([forked[1]]);
  });
});
