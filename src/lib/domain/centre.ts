/** What a centre says of itself: chosen when it is set up, shown to its people and to the centre above it. */
import { isCountry, type Country } from './about.ts';
import { err, ok, type Result } from './result.ts';
import { isListOf, isObject, isString } from './shape.ts';

export interface CentreFacts {
  /** As people call it: `Regional Centre, Ile-Ife`. 1 to 120 characters, no control characters. */
  readonly title: string;
  /** Where it stands. */
  readonly country: Country;
  /** ISO 639 codes in the order in which its people are greeted; at least one, each once. */
  readonly languages: readonly string[];
}

export type CentreFact = keyof CentreFacts;

/** Characters of a title. */
export const maxTitle = 120;
const maxLanguages = 20;

const isLanguageCode = (value: unknown): value is string => isString(value) && /^[a-z]{2,3}$/.test(value);

/** The facts, or the name of the first one that is not what it should be. What else the object holds is left out. */
export function parseCentreFacts(value: unknown): Result<CentreFacts, CentreFact> {
  const { title, country, languages } = isObject(value) ? value : {};
  if (!isString(title) || !title.isWellFormed()) return err('title');
  const tidy = title.normalize('NFC').trim().replace(/\s+/g, ' ');
  if (tidy === '' || tidy.length > maxTitle || /\p{Cc}/u.test(tidy)) return err('title');
  if (!isCountry(country)) return err('country');
  if (!isListOf(isLanguageCode)(languages) || languages.length > maxLanguages) return err('languages');
  const once = [...new Set(languages)];
  return once.length === 0 ? err('languages') : ok({ title: tidy, country, languages: once });
}
