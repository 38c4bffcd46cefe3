import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsToCsv } from './csv.ts';
import { parsePeople, tableRoles } from './people-table.ts';

describe('people as a table', () => {
  it('is read as a French spreadsheet writes it: semicolons, a mark in front, the name in two columns', () => {
    expect(
      parsePeople(
        '\uFEFFNom;Prénom;Groupe;Sexe;Pays;Rôle\r\nNdiaye;Fatou;Dakar, printemps;F;Sénégal;\r\nDiop;"Renée";;F;SN;Formatrice\r\n;;;;;\r\n',
      ),
    ).toEqual([
      {
        line: 2,
        name: 'Fatou Ndiaye',
        repeated: false,
        about: { gender: 'woman', country: 'SN' },
        role: 'learner',
        speaksFor: [],
        cohort: 'Dakar, printemps',
      },
      {
        line: 3,
        name: 'Renée Diop',
        repeated: false,
        about: { gender: 'woman', country: 'SN' },
        role: 'trainer',
        speaksFor: [],
        cohort: '',
      },
    ]);
  });

  it.each([
    ['Nombre,Apellidos\nAna,Gómez Ruiz\n', 'Ana Gómez Ruiz'],
    ['Имя,Фамилия\nАнна,Иванова\n', 'Анна Иванова'],
    ['姓,名\n王,小明\n', '王小明'],
    ['姓名\n王小明\n', '王小明'],
    ['First name\tLast name\nKwame\tMensah\n', 'Kwame Mensah'],
    ['الاسم\nأمينة ديالو\n', 'أمينة ديالو'],
    ['Name,Joined,Last heard from,Cohort\nAwa Keita,2026-11-02,2026-11-20,Dakar\n', 'Awa Keita'],
  ])('finds the name in %j', (csv, name) => {
    expect(parsePeople(csv)).toMatchObject([{ line: 2, name }]);
  });

  it('names every line that is wrong, with its number in the file, and keeps the others', () => {
    const long = 'x'.repeat(101);
    const lines = parsePeople(`Name;Role;Cohort\n;trainer;\n${long};;\nR\ufffdnee;;\nKofi;driver;\nAma;;A\nama;;A\n"Yaw;;\n`) ?? [];
    expect(lines.map((line) => [line.line, 'error' in line ? line.error : line.repeated])).toEqual([
      [2, 'no-name'],
      [3, 'name-too-long'],
      [4, 'not-text'],
      [5, 'unknown-role'],
      [6, false],
      [7, true],
      [8, 'unclosed-quote'],
    ]);
  });

  it('does not guess where no heading says what a column is', () => {
    expect(parsePeople('Ana;Gómez\nLuis;Ruiz\n')).toBeNull();
    expect(parsePeople('')).toBeNull();
  });

  it('reads back whatever list is saved, name by name', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .map((text) => text.normalize('NFC').replace(/\s+/g, ' ').trim())
      // A cell that a spreadsheet would run gets an apostrophe, which spreadsheets hide.
      .filter((text) => text !== '' && text.length <= 100 && text.isWellFormed() && !/[\p{Cc}\ufffd]|^[=+\-@'"]/u.test(text));
    const person = fc.record({ name, cohort: fc.constantFrom('', 'Dakar, spring', 'A "B"'), role: fc.constantFrom(...tableRoles) });
    fc.assert(
      fc.property(fc.array(person, { minLength: 1, maxLength: 20 }), (people) => {
        const csv = rowsToCsv([['Name', 'Cohort', 'Role'], ...people.map((one) => [one.name, one.cohort, one.role])]);
        expect(parsePeople(csv)).toMatchObject(people);
      }),
    );
  });
});
