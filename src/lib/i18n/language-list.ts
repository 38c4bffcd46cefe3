import type { Format } from './format.ts';
import { languageName } from './localized.ts';

/**
 * Names of languages, each in itself, as one list. They run in both directions within one sentence: each is isolated (U+2068 … U+2069), so that commas and "and"
 * stay between the names they join.
 */
export const languageList = (languages: readonly string[], format: Pick<Format, 'list'>): string =>
  format.list(languages.map((language) => `\u2068${languageName(language)}\u2069`));
