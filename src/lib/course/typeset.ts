/**
 * Plain text as it is set for reading: what authors type on any keyboard, with the characters that printers use. Nothing is added
 * that is read aloud or searched for: folding takes all of it away again (`domain/fold.ts`).
 */
import type { Language } from './package.ts';

const noBreak = '\u00a0';

/** A figure and its unit stay on one line; so do the groups of three digits of a long figure. */
const beforeUnit = /(?<=\d) (?=(?:%|°C|[kMGTcmnµμ]?(?:m|s|g|W|J|V|B|Hz|Pa)|dB|min|h|ha|bit)(?:[²³]|\/[A-Za-z]+)?(?![\p{L}\p{N}]))/gu;
const betweenGroups = /(?<=\d) (?=\d{3}(?!\d))/g;
/** Between letters, and where the next word is set in its own way: `d'*apogée*`. */
const apostrophe = /(?<=\p{L})'(?=\p{L}|$)/gu;
/** What is set already is left as it is: setting twice changes nothing. */
const quoted = /"([^"“”]+)"/g;
/** Of French: no sign that belongs to a word may begin a line. */
const beforeSign = / (?=[;:!?»])/g;
const afterQuote = /« /g;

export function typeset(text: string, language: Language): string {
  const set = text.replace(apostrophe, '’').replace(beforeUnit, noBreak).replace(betweenGroups, noBreak);
  if (language === 'en') return set.replace(quoted, '“$1”');
  return language === 'fr' ? set.replace(beforeSign, noBreak).replace(afterQuote, `«${noBreak}`) : set;
}
