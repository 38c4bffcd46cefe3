import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv, readRoster } from './roster.ts';

const names = (csv: string): unknown[] => readRoster(csv).map((line) => ('error' in line ? line.error : line.name));

describe('a roster', () => {
  it.each([
    ['a heading', 'name,village\nAmina,Kitui\nBaraka,Voi\n'],
    ['no heading', 'Amina,Kitui\nBaraka,Voi'],
    ['semicolons, as a French spreadsheet writes them', 'nom;village\r\nAmina;Kitui, east\r\nBaraka;Voi\r\n'],
    ['tabs and the column elsewhere', 'village\tName\nKitui\tAmina\nVoi\tBaraka'],
    ['a byte order mark and quotes', '\ufeff"Name","village"\n"Amina","Kitui"\n"Baraka","Voi"'],
    ['old line ends and blank lines', 'name\r\rAmina\r\r\rBaraka\r'],
    ['a heading in Chinese', '姓名,村\nAmina,Kitui\nBaraka,Voi'],
    ['a heading in Arabic', 'القرية;الاسم\nKitui;Amina\nVoi;Baraka'],
    ['a heading in Russian', 'ИМЯ\nAmina\nBaraka'],
    ['spaces around', '  name \n  Amina  \nBaraka'],
  ])('with %s', (_what, csv) => {
    expect(names(csv)).toEqual(['Amina', 'Baraka']);
  });

  it('keeps quotes, separators and line ends inside quotes, and counts lines as the file does', () => {
    expect(readRoster('name,note\n"Wafula, ""Jo""\nsenior",x\nBaraka,y')).toEqual([
      { line: 2, name: 'Wafula, "Jo" senior' },
      { line: 4, name: 'Baraka' },
    ]);
  });

  it('says of each line what is wrong with it', () => {
    expect(readRoster(`name,id\n,7\n${'x'.repeat(101)},8\nA\ufffdna,9\nBaraka,1`)).toEqual([
      { line: 2, error: 'no-name', text: '7' },
      { line: 3, error: 'name-too-long', text: 'x'.repeat(100) },
      { line: 4, error: 'not-text', text: 'A\ufffdna 9' },
      { line: 5, name: 'Baraka' },
    ]);
    expect(readRoster('')).toEqual([]);
  });

  it('reads any cells back that were written by RFC 4180, and never throws', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', ' ', '\t') });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const csv = rows.map((cells) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(parseCsv(csv).map(({ cells }) => cells)).toEqual(rows.filter((cells) => cells.some((text) => text.trim() !== '')));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (csv) => Array.isArray(readRoster(csv))));
  });
});
