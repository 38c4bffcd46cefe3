/** Open data that a lesson lets people look into, or that lie elsewhere: what they are, how large, under which licence, from whom. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readWritten } from './written.ts';

export interface Dataset extends Written {
  readonly kind: 'dataset';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  /** Who made or keeps them; null: the authors of this platform's courses. */
  readonly provider: EntryId | null;
  /** The course that they are installed with; null where they lie elsewhere. */
  readonly course: string | null;
  readonly url: string | null;
  /** As people call it: `FITS`, `CSV`. */
  readonly format: string;
  /** Of the file, before any compression; null where it is not known. */
  readonly bytes: number | null;
  readonly licence: string;
  readonly themes: readonly EntryId[];
  /** Solutions for which they can be used. */
  readonly solutions: readonly EntryId[];
}

export function readDataset(id: EntryId, reader: Reader): Dataset {
  const [course, url] = [reader.optionalText('course'), reader.optionalAddress('url')];
  if (course === null && url === null) reader.fault('course-or-address', 'url');
  const bytes = reader.optionalNumber('bytes');
  if (bytes !== null && !(Number.isSafeInteger(bytes) && bytes > 0))
    reader.fault('bad-field', 'bytes', { name: 'bytes', expected: 'a number of bytes' });
  return {
    kind: 'dataset',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    provider: reader.link('provider', ['organisation']),
    course,
    url,
    format: reader.text('format'),
    bytes,
    licence: reader.text('licence'),
    themes: reader.links('themes', ['term'], 1),
    solutions: reader.links('solutions', ['solution']),
    // Data of a course of this platform are their own source.
    ...readWritten(reader, course === null ? 1 : 0),
  };
}
