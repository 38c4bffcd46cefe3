import fc from 'fast-check';
import { expect, it } from 'vitest';
import { disorder, shuffle } from './shuffle.ts';

const values = fc.uniqueArray(fc.integer(), { minLength: 0, maxLength: 12 });

it('keeps every value, and gives the same order for the same seed', () => {
  fc.assert(
    fc.property(values, fc.string(), (list, seed) => {
      const shuffled = shuffle(list, seed);
      expect([...shuffled].sort()).toEqual([...list].sort());
      expect(shuffle(list, seed)).toEqual(shuffled);
    }),
  );
});

it('never starts solved', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 6 }), fc.string(), (list, seed) => {
      expect(disorder(list, seed)).not.toEqual(list);
      expect([...disorder(list, seed)].sort()).toEqual([...list].sort());
    }),
  );
});

it('puts each of four options first about as often', () => {
  const firsts = new Map<string, number>();
  for (let i = 0; i < 4000; i++) {
    const first = shuffle(['a', 'b', 'c', 'd'], `item-${String(i)}`)[0] ?? '';
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  for (const count of firsts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  expect(firsts.size).toBe(4);
});

it('stays what it was when it was first released', () => {
  expect(shuffle(['a', 'b', 'c', 'd', 'e'], 'sats-needed')).toMatchInlineSnapshot(`
    [
      "a",
      "d",
      "c",
      "e",
      "b",
    ]
  `);
});
