import { describe, expect, it } from 'vitest';
import { parseCsv } from '#lib/domain/csv.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { isCohortId, isCourseId, isPersonId, isUnitId } from '#lib/domain/ids.ts';
import { fileNameOf, reportToCsv, slipsToCsv } from './teach-files.ts';

function sure<Id extends string>(is: (value: unknown) => value is Id, value: string): Id {
  if (!is(value)) throw new Error(`the test is wrong: ${value}`);
  return value;
}
const at = instantOf(Date.parse('2026-03-01T11:00:00.000Z'));

describe('slipsToCsv', () => {
  it('has a row for each slip', () => {
    const csv = slipsToCsv([{ line: 1, name: 'Diallo, Binta', code: 'ABCDE-FGHJK', expires: at }], {
      name: 'Nom',
      code: 'Code',
      expires: 'Fin',
    });
    expect(csv).toBe('\uFEFFNom,Code,Fin\r\n"Diallo, Binta",ABCDE-FGHJK,2026-03-01\r\n');
  });
});

describe('reportToCsv', () => {
  it('has a row for each learner, and leaves empty what was not answered', () => {
    const csv = reportToCsv(
      {
        cohort: { id: sure(isCohortId, 'spring'), title: 'Spring' },
        courses: [
          {
            course: sure(isCourseId, 'satnav'),
            title: { en: 'Navigation' },
            units: [
              { id: sure(isUnitId, 'orbits'), title: { en: 'Orbits' }, items: 4, points: 6 },
              { id: sure(isUnitId, 'clocks'), title: { en: 'Clocks' }, items: 4, points: 6 },
            ],
          },
        ],
        people: [
          {
            person: sure(isPersonId, '0123456789abcdefghjkmnpqrs'),
            name: '=Binta',
            joined: at,
            lastContact: null,
            devices: [],
            units: { satnav: { orbits: { status: 'completed', score: 0.666, seconds: 61, attempts: 4 } } },
            seconds: 150,
            score: 0.5,
          },
        ],
        completeness: { expected: 1, heard: 0, oldest: null },
        at,
      },
      {
        name: 'Name',
        joined: 'Joined',
        lastContact: 'Last contact',
        minutes: 'Minutes',
        score: 'Score',
        asOf: 'As of',
        status: { new: 'not begun', started: 'begun', completed: 'done' },
        unitStatus: (unit) => `${unit}: status`,
        unitScore: (unit) => `${unit}: %`,
      },
      'en',
    );
    expect(parseCsv(csv).map(({ cells }) => cells)).toEqual([
      ['Name', 'Joined', 'Last contact', 'Minutes', 'Score']
        .concat(['Navigation / Orbits: status', 'Navigation / Orbits: %', 'Navigation / Clocks: status', 'Navigation / Clocks: %'])
        .concat(['As of']),
      ["'=Binta", '2026-03-01', '', '3', '50', 'done', '67', 'not begun', '', '2026-03-01T11:00:00.000Z'],
    ]);
  });
});

describe('fileNameOf', () => {
  it.each([
    ['Spring / 2026: «Dakar»', 'Spring-2026-Dakar-2026-03-01.csv'],
    ['دفعة الربيع', 'دفعة-الربيع-2026-03-01.csv'],
    ['../..', 'perigee-2026-03-01.csv'],
  ])('%s', (title, name) => {
    expect(fileNameOf(title, at, 'csv')).toBe(name);
  });
});
