import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNumber } from './read-number.ts';

describe('readNumber', () => {
  it.each<[string, number[]]>([
    ['42', [42]],
    [' 11.97 ', [11.97]],
    ['11,97', [11.97]],
    ['26 560', [26560]],
    ['26\u202f560', [26560]],
    ['26\u00a0560,5', [26560.5]],
    ["26'560", [26560]],
    ['43,080', [43.08, 43080]],
    ['43.080', [43.08, 43080]],
    ['0,375', [0.375]],
    ['1,234,567', [1234567]],
    ['1.234.567,8', [1234567.8]],
    ['1,234,567.8', [1234567.8]],
    ['3.141 592 65', [3.14159265]],
    ['.5', [0.5]],
    ['5.', [5]],
    ['−40', [-40]],
    ['– 40', [-40]],
    ['﹣40', [-40]],
    ['+40', [40]],
    ['3e8', [3e8]],
    ['3E+8', [3e8]],
    ['3×10^8', [3e8]],
    ['3 × 10^8', [3e8]],
    ['3x10^-8', [3e-8]],
    ['3·10⁸', [3e8]],
    ['2,998 × 10⁸', [2.998e8, 2998e8]],
    ['1.6*10⁻¹⁹', [1.6e-19]],
    ['10^6', [1e6]],
    ['10⁶', [1e6]],
    ['-10^6', [-1e6]],
    ['١٢٫٥', [12.5]],
    ['٤٣٬٠٨٠', [43080]],
    ['۱۲٫۵', [12.5]],
    ['１２．５', [12.5]],
    ['\u200f١٢', [12]],
  ])('reads %s', (text, numbers) => expect(readNumber(text)).toEqual(numbers));

  it.each([
    '',
    ' ',
    'twelve',
    '1 2',
    '12 34',
    '1..2',
    '1,2,3',
    '1.2.3',
    '.',
    ',',
    '-',
    'e5',
    '1e999',
    '0x10',
    'Infinity',
    'NaN',
    '--1',
    '1-2',
    '12h',
  ])('says of «%s» that it is no number', (text) => void expect(readNumber(text)).toEqual([]));

  it('reads back every number that JavaScript writes', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (value) => void expect(readNumber(String(value)).some((reading) => reading === value)).toBe(true),
      ),
    );
  });

  it('reads what each language writes for the same number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9_999_999, max: 9_999_999 }),
        fc.constantFrom('en', 'fr', 'es', 'ar-EG', 'fa', 'ru', 'zh', 'de-CH'),
        (thousandths, locale) => {
          const value = thousandths / 1000;
          const text = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value);
          expect(readNumber(text)).toContain(value === 0 ? readNumber(text)[0] : value);
        },
      ),
    );
  });

  it('throws at nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789 .,'eE+-×10^⁸⁻٣٫٬") }),
        (text) => void expect(Array.isArray(readNumber(text))).toBe(true),
      ),
    );
  });
});
