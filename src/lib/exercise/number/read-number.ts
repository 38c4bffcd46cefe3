/**
 * Numbers as people type them: digits of their own script, decimal comma or point, groups of three set apart by a space, an
 * apostrophe or the other separator, any of the typographic minus signs, `3e8`, `3×10^8`, `3·10⁸`, `10^8`.
 *
 * One writing may mean two numbers: `43,080` is forty-three thousand in London and forty-three in Paris, and nothing in it
 * tells which. Both readings are returned, the decimal one first; whoever marks accepts either.
 */
import { westernDigits } from '../../domain/fold.ts';

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const superscriptPattern = /(10)\s*([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g;

/** Longer than any number that somebody means. */
const maxLength = 64;

/** One spelling for signs, digits, spaces and powers of ten: `-1 234,5e-3`. */
function plainSpelling(text: string): string {
  const powers = text.replace(superscriptPattern, (_, ten: string, power: string) => {
    const digits = [...power].map((sign) => (sign === '⁻' ? '-' : sign === '⁺' ? '' : String(superscripts.indexOf(sign))));
    return `${ten}^${digits.join('')}`;
  });
  return westernDigits(powers.normalize('NFKC'))
    .replace(/[\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/[−‐‑‒–—]/g, '-')
    .replace(/[’‘ʼ`´]/g, "'")
    .replace(/٫/g, '.')
    .replace(/٬/g, "'")
    .replace(/[،、]/g, ',')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\s*[×x*·⋅]\s*10\s*\^\s*([+-]?)\s*(\d+)$/i, 'e$1$2')
    .replace(/^([+-]?\s*)10\s*\^\s*([+-]?)\s*(\d+)$/, '$11e$2$3')
    .replace(/^([+-])\s+/, '$1')
    .replace(/\s*e\s*([+-]?)\s*(\d+)$/i, 'e$1$2');
}

const grouped = (sign: string): RegExp => new RegExp(`^\\d{1,3}(?:${sign}\\d{3})+$`);
const groupPatterns = [' ', "'", ',', '\\.'].map(grouped);

/** Digits before the decimal sign, without their groups; null where they are not digits in groups of three. */
function wholePart(text: string): string | null {
  if (/^\d+$/.test(text)) return text;
  return groupPatterns.some((pattern) => pattern.test(text)) ? text.replace(/\D/g, '') : null;
}

/** Digits after the decimal sign; from the sign outwards they may stand in groups of three: `3.141 592 65`. */
const fraction = (text: string): string | null => (/^\d*$|^\d{3}(?: \d{3})* \d{1,3}$/.test(text) ? text.replace(/ /g, '') : null);

/** Every number that the text may mean, the likeliest first; none where it is no number. */
export function readNumber(text: string): readonly number[] {
  if (text.length > maxLength) return [];
  const match = /^([+-]?)([\d .,']+?)(e[+-]?\d{1,4})?$/i.exec(plainSpelling(text));
  if (match === null) return [];
  const [, sign = '', mantissa = '', power = ''] = match;
  const readings: string[] = [];

  const decimal = Math.max(mantissa.lastIndexOf('.'), mantissa.lastIndexOf(','));
  if (decimal >= 0) {
    const mark = mantissa.charAt(decimal);
    const before = mantissa.slice(0, decimal);
    const whole = before === '' ? '0' : before.includes(mark) ? null : wholePart(before);
    const rest = fraction(mantissa.slice(decimal + 1));
    if (whole !== null && rest !== null && `${before}${rest}` !== '') readings.push(`${whole}.${rest}`);
  }
  // A group never starts with 0: `0,375` is three eighths everywhere.
  const whole = decimal >= 0 && mantissa.startsWith('0') ? null : wholePart(mantissa);
  if (whole !== null) readings.push(whole);

  return readings.map((reading) => Number(`${sign}${reading}${power}`)).filter(Number.isFinite);
}
