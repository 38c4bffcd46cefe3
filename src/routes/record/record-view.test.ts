import { describe, expect, it } from 'vitest';
import type { RecordEntry } from '#lib/app/contract.ts';
import type { CourseStructure } from '#lib/course/package.ts';
import { isItemId, isUnitId } from '#lib/domain/ids.ts';
import { byDay, itemNumber, unitTitle } from './record-view.ts';

function sure<Id extends string>(is: (value: unknown) => value is Id, value: string): Id {
  if (!is(value)) throw new Error(`the test is wrong: ${value}`);
  return value;
}
const orbits = sure(isUnitId, 'orbits');
const structure = {
  modules: [
    {
      id: 'm1',
      title: {},
      units: [
        { id: orbits, title: { en: 'Orbits', fr: 'Orbites' }, items: [{ id: sure(isItemId, 'kepler') }, { id: sure(isItemId, 'period') }] },
      ],
    },
  ],
} as unknown as CourseStructure;

describe('byDay', () => {
  it('keeps the order and every entry', () => {
    const entries = ['2026-03-02T10', '2026-03-02T08', '2026-03-01T23'].map((at, id) => ({ id: String(id), at }) as unknown as RecordEntry);
    const days = byDay(entries, (at) => at.slice(0, 10));
    expect(days.map(({ day, entries }) => [day, entries.map(({ id }) => id)])).toEqual([
      ['2026-03-02', ['0', '1']],
      ['2026-03-01', ['2']],
    ]);
  });
});

describe('titles', () => {
  it('takes the language, then another, and nothing where the course is gone', () => {
    expect(unitTitle(structure, orbits, 'fr')).toBe('Orbites');
    expect(unitTitle(structure, orbits, 'ru')).toBe('Orbits');
    expect(unitTitle(structure, sure(isUnitId, 'gone'), 'ru')).toBeNull();
    expect(unitTitle(null, orbits, 'ru')).toBeNull();
  });
  it('numbers items from 1', () => {
    expect(itemNumber(structure, orbits, sure(isItemId, 'period'))).toBe(2);
    expect(itemNumber(structure, orbits, sure(isItemId, 'gone'))).toBeNull();
    expect(itemNumber(null, orbits, sure(isItemId, 'period'))).toBeNull();
  });
});
