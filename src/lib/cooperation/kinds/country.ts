/** A country that keeps a profile, and with whom it lets itself be laid side by side. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { countryPattern, inAllLanguages, languagePattern, readWritten } from './written.ts';

/** Who may lay this country's values beside their own: everybody, the countries that it names, nobody. */
export const comparabilities = ['anyone', 'chosen', 'nobody'] as const;

export interface Country extends Written {
  readonly kind: 'country';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  /** Made up to show how a profile works: every page that shows it says so. */
  readonly invented: boolean;
  /** ISO 3166-1 alpha-2; null for an invented one. */
  readonly code: string | null;
  readonly languages: readonly string[];
  readonly compare: (typeof comparabilities)[number];
  /** Where it chose its peers: these. */
  readonly peers: readonly EntryId[];
  /** Regional centres that serve it. */
  readonly centres: readonly EntryId[];
}

export function readCountry(id: EntryId, reader: Reader): Country {
  const invented = reader.optionalFlag('invented');
  const code = reader.optionalCode('code', countryPattern, 'a country of ISO 3166 such as NG');
  if (invented === (code !== null)) reader.fault('code-or-invented', 'id');
  return {
    kind: 'country',
    id,
    title: inAllLanguages(reader, 'title'),
    summary: reader.localized('summary'),
    invented,
    code,
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    compare: reader.oneOf('compare', comparabilities),
    peers: reader.links('peers', ['country']),
    centres: reader.links('centres', ['organisation']),
    ...readWritten(reader, invented ? 0 : 1),
  };
}
