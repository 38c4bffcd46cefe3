/** A course that somebody can take: one of this platform's, or one elsewhere. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { disciplines, languagePattern, levels, readWritten, type Discipline, type Level } from './written.ts';

/** `self-paced`: at any time; `scheduled`: in sessions; `recorded`: recordings of past sessions. */
export const accesses = ['self-paced', 'scheduled', 'recorded'] as const;

export interface Listing extends Written {
  readonly kind: 'listing';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  /** Id of a course of this platform; null for one elsewhere. */
  readonly course: string | null;
  /** Address of a course elsewhere; null for one of this platform. */
  readonly url: string | null;
  readonly provider: EntryId | null;
  readonly languages: readonly string[];
  readonly level: Level;
  readonly disciplines: readonly Discipline[];
  readonly themes: readonly EntryId[];
  readonly access: (typeof accesses)[number];
  /** First and last day on which it can be taken, where they are known. */
  readonly opens: Day | null;
  readonly closes: Day | null;
  /** When a machine last asked the address, and whether something answered; null until one did. */
  readonly lastChecked: Day | null;
  readonly dead: boolean;
  /** Solutions that it teaches. */
  readonly teaches: readonly EntryId[];
}

export function readListing(id: EntryId, reader: Reader): Listing {
  const [course, url] = [reader.optionalText('course'), reader.optionalAddress('url')];
  if ((course === null) === (url === null)) reader.fault('course-or-address', course === null ? 'url' : 'course');
  const [opens, closes] = [reader.optionalDay('opens'), reader.optionalDay('closes')];
  if (opens !== null && closes !== null && closes < opens) reader.fault('days-reversed', 'closes', { opens, closes });
  const lastChecked = reader.optionalDay('lastChecked');
  return {
    kind: 'listing',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    course,
    url,
    provider: reader.link('provider', ['organisation']),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    level: reader.oneOf('level', levels),
    disciplines: reader.someOf('disciplines', disciplines, 1),
    themes: reader.links('themes', ['term'], 1),
    access: reader.oneOf('access', accesses),
    opens,
    closes,
    lastChecked,
    dead: reader.optionalText('link') === 'dead',
    teaches: reader.links('teaches', ['solution']),
    // A course of this platform is its own source.
    ...readWritten(reader, course === null ? 1 : 0),
  };
}
