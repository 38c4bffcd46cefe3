import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CohortReport, ListedPerson } from '#lib/app/teach-client.ts';
import { monthFigures, monthName, monthOf, monthsBefore } from './month-view.ts';

const person = (since: string, lastContact: string | null): ListedPerson =>
  ({ id: 'p', name: '', since, lastContact, devices: 1, cohorts: [], aliases: [] }) as unknown as ListedPerson;

const report = {
  cohort: { id: 'c', title: 'Dakar' },
  courses: [{ course: 'law', title: { en: 'Law' }, units: [{ id: 'a' }, { id: 'b' }] }],
  people: [
    { units: { law: { a: { status: 'completed' }, b: { status: 'completed' } } } },
    { units: { law: { a: { status: 'started' } } } },
    { units: {} },
  ],
  completeness: { expected: 4, heard: 3, oldest: '2026-10-01T00:00:00.000Z' },
} as unknown as CohortReport;

describe('a month on paper', () => {
  it('counts who had come by then, who came in it, and who was heard from', () => {
    const people = [
      person('2026-09-30T23:59:59.999Z', '2026-11-02T08:00:00.000Z'),
      person('2026-10-01T00:00:00.000Z', '2026-10-31T23:59:59.999Z'),
      person('2026-10-15T00:00:00.000Z', null),
      person('2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z'),
    ];
    expect(monthFigures('2026-10', people, [report])).toEqual({
      people: 3,
      joined: 2,
      heard: 2,
      lines: [{ cohort: 'Dakar', course: 'law', title: { en: 'Law' }, people: 3, began: 2, completed: 1 }],
      expected: 4,
      devicesHeard: 3,
      oldest: '2026-10-01T00:00:00.000Z',
    });
    expect(monthFigures('2026-08', people, [])).toMatchObject({ people: 0, joined: 0, heard: 0, lines: [], oldest: null });
  });

  it('is one of the months before, over the turn of a year', () => {
    expect(monthsBefore('2026-02', 4)).toEqual(['2026-02', '2026-01', '2025-12', '2025-11']);
    expect(monthName('2026-11', 'fr')).toBe('novembre 2026');
    expect(monthName('2026-11', 'ar')).toContain('2026');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (time) => {
        const months = monthsBefore(monthOf(time), 14);
        expect(new Set(months).size).toBe(14);
        expect([...months].sort().reverse()).toEqual(months);
      }),
    );
  });
});
