import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv, rowsToCsv } from './csv.ts';

const cellsOf = (text: string) => parseCsv(text).map(({ cells }) => cells);

describe('parseCsv', () => {
  it('reads commas, semicolons and tabs', () => {
    expect(cellsOf('a,b\nc,d')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(cellsOf('a;1,5\r\nb;2,5\r\nc;3\r\n')).toEqual([
      ['a', '1,5'],
      ['b', '2,5'],
      ['c', '3'],
    ]);
    expect(cellsOf('a\tb')).toEqual([['a', 'b']]);
  });

  it('reads quoted cells with delimiters, quotation marks and lines in them', () => {
    expect(cellsOf('"Diallo, Binta","said ""yes"""\n"two\nlines",x')).toEqual([
      ['Diallo, Binta', 'said "yes"'],
      ['two\nlines', 'x'],
    ]);
  });

  it('takes a quotation mark inside a bare cell as a letter', () => {
    expect(cellsOf('Ana "Anita" Gómez,1')).toEqual([['Ana "Anita" Gómez', '1']]);
  });

  it('counts lines of the text, over empty ones and quoted ones', () => {
    expect(parseCsv('\uFEFFa,b\r\n\r\n"x\r\ny",c\r\nd,e').map(({ line }) => line)).toEqual([1, 3, 5]);
  });

  it('marks a row whose quotation mark is never closed', () => {
    expect(parseCsv('a,b\n"c,d\ne')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['c,d\ne'], unclosed: true },
    ]);
  });

  it('reads back what rowsToCsv wrote', () => {
    const cell = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/^[=+\-@\t\r]|\r|\n/.test(text) && text.trim() !== '');
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        expect(cellsOf(rowsToCsv(rows))).toEqual(rows.map((row) => row.map((text) => text)));
      }),
    );
  });

  it('is done quickly with a hostile text', () => {
    // Some milliseconds, or hours where it grows with the square; a busy machine is given its time.
    const begun = performance.now();
    parseCsv('"'.repeat(200_001));
    parseCsv(`${','.repeat(100_000)}\n`.repeat(3));
    expect(performance.now() - begun).toBeLessThan(20_000);
  }, 60_000);
});

describe('rowsToCsv', () => {
  it('keeps a spreadsheet from running a name', () => {
    expect(rowsToCsv([['=HYPERLINK("x")', '+1', '-1', '@x', -1]])).toBe(`\uFEFF"'=HYPERLINK(""x"")",'+1,'-1,'@x,-1\r\n`);
  });
});
