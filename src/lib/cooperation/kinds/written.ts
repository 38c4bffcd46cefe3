import type { Source, Written } from '../entry.ts';
import { textLanguages, type Reader } from '../reader.ts';

export const readSources = (reader: Reader, least = 1): readonly Source[] =>
  reader.parts('sources', least, (part) => ({ title: part.text('title'), url: part.address('url') }));

/** Sources, the day of writing, and the day of the last review. */
export const readWritten = (reader: Reader, leastSources = 1): Written => ({
  sources: readSources(reader, leastSources),
  written: reader.day('written'),
  reviewed: reader.optionalDay('reviewed'),
});

/** A text that must be there in all six languages. */
export function inAllLanguages(reader: Reader, key: string): Readonly<Record<string, string>> {
  const text = reader.localized(key);
  for (const language of textLanguages)
    if (Object.keys(text).length > 0 && text[language] === undefined) reader.fault('missing-language', key, { name: key, language });
  return text;
}

/** ISO 3166-1 alpha-2. */
export const countryPattern = /^[A-Z]{2}$/;
/** BCP 47, as far as courses and software name their languages. */
export const languagePattern = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;
export const disciplines = ['science', 'technology', 'law', 'policy'] as const;
export type Discipline = (typeof disciplines)[number];
export const levels = ['introductory', 'intermediate', 'advanced'] as const;
export type Level = (typeof levels)[number];
