import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readImport } from '../../src/lib/cooperation/import.ts';
import { kinds } from '../../src/lib/cooperation/kinds.ts';

const heading =
  'id,title.en,title.fr,summary.en,type,country,languages,sources.title,sources.url,place.name,place.latitude,place.longitude,written';
const row = 'uni,University,Université,"Teaches, and does",university,KE,en|sw,Page,https://example.org/,Nairobi,-1.3,36.8,2026-11-30';

describe('a table of entries', () => {
  it('is read field by field: texts by language, lists, parts with fields of their own, numbers', () => {
    const { rows } = readImport(`${heading}\n${row}\n`, 'csv', 'organisation');
    expect(rows).toEqual([
      {
        line: 2,
        id: 'uni',
        faults: [],
        fields: {
          id: 'uni',
          title: { en: 'University', fr: 'Université' },
          summary: { en: 'Teaches, and does' },
          type: 'university',
          country: 'KE',
          languages: ['en', 'sw'],
          sources: [{ title: 'Page', url: 'https://example.org/' }],
          place: [{ name: 'Nairobi', latitude: -1.3, longitude: 36.8 }],
          written: '2026-11-30',
        },
      },
    ]);
  });

  it('answers for every line: what is missing, wrong, twice, or of another length', () => {
    const table = [
      heading,
      row,
      row.replace('university', 'kitchen').replace('uni,', 'two,'),
      row,
      'three,Only a title',
      row.replace('uni,', ','),
    ].join('\n');
    const { rows } = readImport(table, 'csv', 'organisation');
    expect(rows.map(({ line, id, faults }) => [line, id, faults.length > 0])).toEqual([
      [2, 'uni', false],
      [3, 'two', true],
      [4, 'uni', true],
      [5, 'three', true],
      [6, '', true],
    ]);
    expect(rows[1]?.faults.join()).toMatch(/«type» should be one of .*university.*\. Correct its value\./);
    expect(rows[2]?.faults.join()).toMatch(/stands in line 2 already/);
    expect(rows[3]?.faults.join()).toMatch(/has 2 cells, the first row has 13/);
    expect(rows[4]?.faults.join()).toMatch(/«id» is missing/);
  });

  it('says what it is no table or list at all', () => {
    expect(readImport('', 'csv', 'listing').faults.join()).toMatch(/empty/);
    expect(readImport('name\nx', 'csv', 'listing').faults.join()).toMatch(/No column is named id/);
    expect(readImport('{', 'json', 'listing').faults.join()).toMatch(/not JSON/);
    expect(readImport('{}', 'json', 'listing').faults.join()).toMatch(/no list/);
    expect(readImport('[7]', 'json', 'listing').rows[0]?.faults.join()).toMatch(/no entry/);
  });

  it('never throws, whatever stands in it, and never lets a fault pass without words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('csv', 'json'), fc.constantFrom(...kinds), (text, format, kind) => {
        const { rows } = readImport(
          format === 'csv' ? `id,title.en,__proto__.x,sources.url\n${text}` : text,
          format as 'csv' | 'json',
          kind,
        );
        for (const { faults } of rows) for (const fault of faults) expect(fault).not.toMatch(/undefined|\{\w+\}/);
        expect(Reflect.get({}, 'x')).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.anything()), (values) => {
        readImport(JSON.stringify(values), 'json', 'organisation');
      }),
    );
  });
});
