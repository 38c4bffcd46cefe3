/** Guidance that somebody published: a recommended practice step by step, a handbook, a teacher's guide. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { languagePattern, levels, readWritten, type Level } from './written.ts';

export interface Practice extends Written {
  readonly kind: 'practice';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly provider: EntryId | null;
  readonly url: string;
  readonly languages: readonly string[];
  readonly level: Level;
  readonly themes: readonly EntryId[];
  /** Solutions that it shows how to carry out. */
  readonly solutions: readonly EntryId[];
}

export const readPractice = (id: EntryId, reader: Reader): Practice => ({
  kind: 'practice',
  id,
  title: reader.localized('title'),
  summary: reader.localized('summary'),
  provider: reader.link('provider', ['organisation']),
  url: reader.address('url'),
  languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
  level: reader.oneOf('level', levels),
  themes: reader.links('themes', ['term'], 1),
  solutions: reader.links('solutions', ['solution']),
  ...readWritten(reader),
});
