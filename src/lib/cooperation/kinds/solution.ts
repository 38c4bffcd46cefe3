/** A way in which space answers a need on the ground, told so that a country can judge it and begin. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { countryPattern, disciplines, languagePattern, levels, readWritten, type Discipline, type Level } from './written.ts';

/** `open`: free to use and to pass on; `free`: no fee, but an account or terms; `paid`. */
export const openness = ['open', 'free', 'paid'] as const;
/** What it takes to run for a year besides people already there; the bounds stand in the terms of the facet `cost`. */
export const costs = ['none', 'low', 'medium', 'high'] as const;

export interface Used {
  readonly name: string;
  readonly url: string;
  readonly open: (typeof openness)[number];
}

export interface Evidence {
  /** Null where it is not one country's. */
  readonly country: string | null;
  readonly text: Text;
  readonly url: string;
}

export interface Solution extends Written {
  readonly kind: 'solution';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly problem: Text;
  readonly users: Text;
  readonly data: readonly Used[];
  readonly software: readonly Used[];
  readonly steps: readonly Text[];
  readonly limits: Text;
  readonly evidence: readonly Evidence[];
  readonly cost: (typeof costs)[number];
  readonly level: Level;
  readonly disciplines: readonly Discipline[];
  readonly themes: readonly EntryId[];
  readonly targets: readonly EntryId[];
  readonly sendai: readonly EntryId[];
  readonly paris: readonly EntryId[];
  /** Whose low value this solution answers. */
  readonly indicators: readonly EntryId[];
  /** Who runs or publishes it; null for a method that many use. */
  readonly provider: EntryId | null;
  /** Languages of the materials, where they are known. */
  readonly languages: readonly string[];
  /** Licence of this description. */
  readonly licence: string;
}

const readUsed = (part: Reader): Used => ({ name: part.text('name'), url: part.address('url'), open: part.oneOf('open', openness) });

export const readSolution = (id: EntryId, reader: Reader): Solution => ({
  kind: 'solution',
  id,
  title: reader.localized('title'),
  summary: reader.localized('summary'),
  problem: reader.localized('problem'),
  users: reader.localized('users'),
  data: reader.parts('data', 0, readUsed),
  software: reader.parts('software', 0, readUsed),
  steps: reader.localizedList('steps'),
  limits: reader.localized('limits'),
  evidence: reader.parts('evidence', 0, (part) => ({
    country: part.optionalCode('country', countryPattern, 'a country of ISO 3166 such as NG'),
    text: part.localized('text'),
    url: part.address('url'),
  })),
  cost: reader.oneOf('cost', costs),
  level: reader.oneOf('level', levels),
  disciplines: reader.someOf('disciplines', disciplines, 1),
  themes: reader.links('themes', ['term'], 1),
  targets: reader.links('targets', ['target'], 1),
  sendai: reader.links('sendai', ['term']),
  paris: reader.links('paris', ['term']),
  indicators: reader.links('indicators', ['indicator']),
  provider: reader.link('provider', ['organisation']),
  languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
  licence: reader.text('licence'),
  ...readWritten(reader),
});
