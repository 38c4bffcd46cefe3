/** A value that entries are sorted by, with its name in six languages: a theme, a cost class, a priority of the Sendai Framework. */
import type { EntryId, Text } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { inAllLanguages } from './written.ts';

export const facets = [
  'theme',
  'discipline',
  'level',
  'cost',
  'sendai',
  'paris',
  'provider',
  'group',
  'role',
  'openness',
  'access',
  'opportunity',
  'resource',
  'material',
] as const;
export type Facet = (typeof facets)[number];

export interface Term {
  readonly kind: 'term';
  readonly id: EntryId;
  readonly facet: Facet;
  readonly title: Text;
  /** What is meant, where the name alone does not say it: the bounds of a cost class. */
  readonly meaning: Text | null;
}

export const readTerm = (id: EntryId, reader: Reader): Term => ({
  kind: 'term',
  id,
  facet: reader.oneOf('facet', facets),
  title: inAllLanguages(reader, 'title'),
  meaning: reader.optionalLocalized('meaning'),
});
