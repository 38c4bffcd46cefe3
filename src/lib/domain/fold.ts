/**
 * Folding brings spellings of one word together: what a learner typed with what an author wrote, what is searched with
 * what stands in a lesson. Two texts mean the same word when their folded forms are equal. Folding twice changes nothing.
 *
 * Folded away: letter case; wide, narrow and presentation forms (NFKC); accents of Latin letters, and Russian ё; Arabic
 * vowel marks, tatweel and the forms of alef, yeh and teh marbuta that writers confuse; digits of other scripts; typographic
 * quotes and hyphens; characters without width; runs of white space. Accents of other scripts stay: й is not и.
 */

/** Characters without width: soft hyphen, zero-width space to right-to-left mark, direction embeddings and isolates, BOM. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** Honorifics, harakat with hamza above and below, superscript alef, Koranic marks; and tatweel, which only stretches. */
const arabicMarks = /[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0640]/g;
const latinAccents = /(\p{Script=Latin})[\u0300-\u036f]+/gu;

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  ı: 'i',
  ё: 'е',
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  '‘': "'",
  '’': "'",
  ʼ: "'",
  '“': '"',
  '”': '"',
  '«': '"',
  '»': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '−': '-',
};
const letterPattern = new RegExp(`[${Object.keys(letters).join('')}]`, 'g');

/** Digits of the Arabic and Persian hands as 0 to 9. */
export const westernDigits = (text: string): string =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));

export function fold(text: string): string {
  const plain = westernDigits(text.normalize('NFKC').replace(invisible, '').toLowerCase())
    .normalize('NFD')
    .replace(arabicMarks, '')
    .replace(latinAccents, '$1')
    .normalize('NFC');
  return plain
    .replace(letterPattern, (letter) => letters[letter] ?? letter)
    .replace(/\s+/g, ' ')
    .trim();
}
