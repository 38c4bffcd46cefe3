import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countryCodes } from './countries.ts';
import { maxNameLength, parseNames, parseRoster, rosterOf } from './roster.ts';

const namesOf = (lines: ReturnType<typeof parseRoster>) => lines.map((line) => ('name' in line ? line.name : line.error));

describe('parseRoster', () => {
  it.each([
    ['name,email\nBinta,b@x', 'English'],
    ['email;NOM\nb@x;Binta', 'French, second column'],
    ['Nombre\tEdad\nBinta\t30', 'Spanish, pasted'],
    ['الاسم,العمر\nBinta,30', 'Arabic'],
    ['编号,姓名\n1,Binta', 'Chinese'],
    ['ФИО;Группа\nBinta;2', 'Russian'],
    ['  Prenom et nom \nBinta', 'with spaces around, without its accent'],
    ['name\r\rBinta\r\r', 'with the line ends of an old Mac and blank lines'],
    ['\uFEFF"Full name","x"\r\n"Binta","y"\r\n', 'quoted, with a byte order mark'],
  ])('finds the column: %j (%s)', (csv) => {
    expect(namesOf(parseRoster(csv))).toEqual(['Binta']);
  });

  it('takes the first column where there is no heading', () => {
    expect(namesOf(parseRoster('Binta,1\nAmadou,2'))).toEqual(['Binta', 'Amadou']);
  });

  it('says what is wrong with a line, by the line of the file', () => {
    expect(parseRoster(`name,age\nBinta,30\n,31\n\n${'x'.repeat(maxNameLength + 1)},32\nbinta,33\nRen\ufffde\n"Ama`)).toEqual([
      { line: 2, name: 'Binta', repeated: false },
      { line: 3, text: ' · 31', error: 'no-name' },
      { line: 5, text: `${'x'.repeat(maxNameLength + 1)} · 32`, error: 'name-too-long' },
      { line: 6, name: 'binta', repeated: true },
      { line: 7, text: 'Ren\ufffde', error: 'not-text' },
      { line: 8, text: 'Ama', error: 'unclosed-quote' },
    ]);
  });

  it('says no more of a long line than shows which one it is', () => {
    const [line] = parseRoster(`${'x'.repeat(9000)},7`);
    expect(line).toEqual({ line: 1, error: 'name-too-long', text: 'x'.repeat(150) });
  });

  it('answers with lines, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (csv) => {
        for (const line of parseRoster(csv)) expect(line.line).toBeGreaterThan(0);
      }),
    );
  });

  it('finds nobody in nothing', () => {
    expect(parseRoster('')).toEqual([]);
    expect(parseRoster('name\n')).toEqual([]);
  });
});

describe('parseNames', () => {
  it('takes one name a line, commas and all', () => {
    expect(parseNames('  Diallo, Binta \n\nSow   Amadou\r\n')).toEqual([
      { line: 1, name: 'Diallo, Binta', repeated: false },
      { line: 3, name: 'Sow Amadou', repeated: false },
    ]);
  });
});

describe('what a list says of people', () => {
  it.each([
    ['name,gender,country\nBinta,f,Senegal\nAmadou,M,sn', 'English, a code'],
    ['Nom;Sexe;Pays\nBinta;Femme;Sénégal\nAmadou;homme;senegal', 'French'],
    ['Nombre;Sexo;País\nBinta;M;Senegal\nAmadou;H;Senegal', 'Spanish: mujer and hombre'],
    ['الاسم,النوع الاجتماعي,البلد\nBinta,أنثى,السنغال\nAmadou,ذكر,السنغال', 'Arabic'],
    ['姓名,性别,国家\nBinta,女,塞内加尔\nAmadou,男,塞内加尔', 'Chinese'],
    ['ФИО,Пол,Страна\nBinta,ж,Сенегал\nAmadou,м,Сенегал', 'Russian'],
  ])('is read: %j (%s)', (csv) => {
    expect(parseRoster(csv).map((line) => ('name' in line ? line.about : line))).toEqual([
      { gender: 'woman', country: 'SN' },
      { gender: 'man', country: 'SN' },
    ]);
  });

  it('is left out where it is not understood, and nothing is guessed', () => {
    expect(parseRoster('name,gender,country\nBinta,?,Atlantis\nAmadou,,\nAma,other,UN').map((line) => ('about' in line ? line.about : null))).toEqual([null, null, { gender: 'other' }]); // prettier-ignore
    // Without a heading row nothing says what a column is.
    expect(parseRoster('Binta,f,Senegal')).toEqual([{ line: 1, name: 'Binta', repeated: false }]);
  });

  it('knows each country once, by its code of today', () => {
    const codes = countryCodes();
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(240);
    expect(codes.filter((code) => ['DD', 'SU', 'YU', 'EU', 'ZZ'].includes(code))).toEqual([]);
  });
});

describe('rosterOf', () => {
  it('answers each name by its place, empty ones too', () => {
    expect(rosterOf(['Binta', '  ', 'x'.repeat(101)].map((name) => ({ name })))).toEqual([
      { line: 1, name: 'Binta', repeated: false },
      { line: 2, text: '', error: 'no-name' },
      { line: 3, text: 'x'.repeat(101), error: 'name-too-long' },
    ]);
  });
});
