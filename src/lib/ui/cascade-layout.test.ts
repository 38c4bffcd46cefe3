import fc from 'fast-check';
import { expect, it } from 'vitest';
import { layoutOf, type Drawable } from './cascade-layout.ts';

const person = (id: string, trainer: string | null, trained: number, reach: number, generation = 0): Drawable => ({
  id,
  generation,
  first: trainer === null ? null : { trainer },
  trained,
  reach,
});

it('draws trainers under those who trained them, the widest reach first', () => {
  const people = [
    person('amina', null, 3, 9),
    person('ben', 'amina', 2, 2, 1),
    person('chipo', 'amina', 4, 5, 1),
    person('dan', 'chipo', 1, 1, 2),
    person('eva', 'amina', 0, 0, 1),
  ];
  const { spots, steps, left } = layoutOf(people, 40);
  expect(spots.map(({ person: { id }, line, step, from }) => [id, line, step, from])).toEqual([
    ['amina', 0, 0, null],
    ['chipo', 1, 1, 0],
    ['dan', 2, 2, 1],
    ['ben', 3, 1, 0],
  ]);
  expect([steps, left]).toEqual([3, 0]);
  const two = layoutOf(people, 2);
  expect([two.spots.map(({ person: { id } }) => id), two.left]).toEqual([['amina', 'chipo'], 2]);
});

it('draws each trainer at most once, on a line of their own, below whoever trained them, also of nonsense', () => {
  const any = fc.array(
    fc.record({ above: fc.option(fc.integer({ min: 0, max: 14 }), { nil: null }), trained: fc.nat(3), reach: fc.nat(9) }),
    { maxLength: 15 },
  );
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 12 }), (given, most) => {
      const people = given.map(({ above, trained, reach }, i) =>
        person(`p${String(i)}`, above === null ? null : `p${String(above)}`, trained, reach),
      );
      const { spots, left } = layoutOf(people, most);
      expect(new Set(spots.map(({ person: { id } }) => id)).size).toBe(spots.length);
      expect(spots.map(({ line }) => line)).toEqual(spots.map((_, i) => i));
      expect(spots.length).toBeLessThanOrEqual(most);
      expect(spots.length + left).toBe(people.filter(({ trained }) => trained > 0).length);
      for (const { person: one, from, step } of spots) {
        if (from === null) expect(step).toBe(0);
        else expect([spots[from]?.person.id, spots[from]?.step]).toEqual([one.first?.trainer, step - 1]);
      }
    }),
  );
});
