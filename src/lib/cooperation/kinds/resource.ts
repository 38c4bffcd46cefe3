/** What one centre lets others use: a course, a practice, a trainer's time, a machine; with where it comes from and on which terms. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { countryPattern, languagePattern, readWritten } from './written.ts';

export const resourceTypes = ['course', 'practice', 'trainer', 'equipment'] as const;

export interface Resource extends Written {
  readonly kind: 'resource';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly type: (typeof resourceTypes)[number];
  /** Who made it or owns it, and stays its origin wherever it is passed on; null: the authors of this platform's courses. */
  readonly origin: EntryId | null;
  /** Of a course of this platform; null for anything else. */
  readonly course: string | null;
  readonly url: string | null;
  /** Where it stands; null for what stands nowhere. */
  readonly country: string | null;
  readonly languages: readonly string[];
  /** The licence under which it may be used and passed on, as its origin says it; null where nothing published says one. */
  readonly licence: string | null;
  /** How another centre comes to use it. */
  readonly terms: Text;
  readonly themes: readonly EntryId[];
}

export function readResource(id: EntryId, reader: Reader): Resource {
  const course = reader.optionalText('course');
  return {
    kind: 'resource',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    type: reader.oneOf('type', resourceTypes),
    origin: reader.link('origin', ['organisation']),
    course,
    url: reader.optionalAddress('url'),
    country: reader.optionalCode('country', countryPattern, 'a country of ISO 3166 such as NG'),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    licence: reader.optionalText('licence'),
    terms: reader.localized('terms'),
    themes: reader.links('themes', ['term']),
    // A course of this platform is its own source.
    ...readWritten(reader, course === null ? 1 : 0),
  };
}
