/**
 * An entry of the commons: one typed record with an id that no other entry of any kind has, which is also the last part of its
 * address. A kind is a file in kinds/ and a line in kinds.ts.
 */
import type { Day } from './day.ts';

export type EntryId = string & { readonly __brand: 'EntryId' };

/** A text by language (BCP 47): in one at least, in English where somebody wrote it, often in more. */
export type Text = Readonly<Record<string, string>>;

export type Kind =
  | 'term'
  | 'goal'
  | 'target'
  | 'organisation'
  | 'solution'
  | 'practice'
  | 'listing'
  | 'indicator'
  | 'opportunity'
  | 'resource'
  | 'dataset'
  | 'material'
  | 'country'
  | 'assessment'
  | 'plan'
  | 'call'
  | 'offer'
  | 'mission'
  | 'request'
  | 'contribution'
  | 'proposal';

/** Kinds that belong to a country's work: they are shown on pages of their own, not among the entries of the compendium. */
export const countryKinds = [
  'country',
  'assessment',
  'plan',
  'call',
  'offer',
  'mission',
  'request',
  'contribution',
  'proposal',
] as const satisfies readonly Kind[];
export type CountryKind = (typeof countryKinds)[number];
export const isOfCountry = (kind: Kind): kind is CountryKind => countryKinds.some((one) => one === kind);

/** Where a fact was read. */
export interface Source {
  readonly title: string;
  readonly url: string;
}

/** Parts that most kinds have. */
export interface Written {
  readonly sources: readonly Source[];
  /** When the entry was written or last rewritten by its authors. */
  readonly written: Day;
  /** When somebody who is not its author last reviewed it; null until then. */
  readonly reviewed: Day | null;
}

/** Pages of the compendium that an entry may not be named like. */
export const reservedIds: readonly string[] = ['gaps', 'compare', 'about', 'export', 'offers'];
