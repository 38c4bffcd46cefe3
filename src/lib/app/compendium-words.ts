/** What the compendium's pages say in the words of the interface. */
import { isOfCountry, type CountryKind, type Kind } from '#lib/cooperation/entry.ts';
import type { Filter } from '#lib/cooperation/find.ts';
import type { StateName } from '#lib/cooperation/state.ts';
import type { Card } from '#lib/cooperation/views.ts';
import { instantOf } from '#lib/domain/clock.ts';
import type { Key } from '#lib/i18n/translate.ts';
import type { Words } from '#lib/i18n/words.ts';

export const kindKeys: Readonly<Record<Exclude<Kind, CountryKind>, Key>> = {
  solution: 'compendium.solution',
  practice: 'compendium.practice',
  listing: 'compendium.listing',
  indicator: 'compendium.indicator',
  organisation: 'compendium.organisation',
  opportunity: 'compendium.opportunity',
  resource: 'compendium.resource',
  dataset: 'compendium.dataset',
  material: 'compendium.material',
  goal: 'compendium.goal',
  target: 'compendium.target',
  term: 'compendium.term',
};

export const kindsKeys = {
  solution: 'compendium.solutions',
  practice: 'compendium.practices',
  listing: 'compendium.listings',
  indicator: 'compendium.indicators',
  organisation: 'compendium.organisations',
  opportunity: 'compendium.opportunities',
  resource: 'compendium.resources',
  dataset: 'compendium.datasets',
  material: 'compendium.materials',
} as const satisfies Partial<Record<Kind, Key>>;

/** Kinds that are listed, in the order of a page. */
export const kindsInOrder = Object.keys(kindsKeys) as readonly (keyof typeof kindsKeys)[];

export const filterKeys: Readonly<Record<Filter, Key>> = {
  goal: 'compendium.goals',
  theme: 'compendium.theme',
  discipline: 'compendium.discipline',
  level: 'compendium.level',
  cost: 'compendium.cost',
  sendai: 'compendium.sendai',
  paris: 'compendium.paris',
  language: 'compendium.language',
  provider: 'compendium.provider',
  taught: 'compendium.taught',
};

const stateKeys: Readonly<Record<Exclude<StateName, 'good'>, Key>> = {
  stale: 'compendium.state.stale',
  ended: 'compendium.state.ended',
  'to-come': 'compendium.state.to-come',
  dead: 'compendium.state.dead',
  unchecked: 'compendium.state.unchecked',
  closed: 'compendium.state.closed',
};

/** What belongs to a country's work is no entry of the compendium, and has its name on pages of its own. */
export const kindName = ({ t }: Words, { kind, number }: Pick<Card, 'kind' | 'number'>): string =>
  isOfCountry(kind) ? '' : t(kindKeys[kind], number === null ? {} : { number });

/** A day as the language writes it. */
export const dayIn = ({ format }: Words, day: string): string => format.date(instantOf(Date.parse(`${day}T12:00:00Z`)));

/** Why an entry is marked; null where it is not. */
export const stateSentence = (words: Words, { state }: Pick<Card, 'state'>): string | null =>
  state.name === 'good' ? null : words.t(stateKeys[state.name], state.since === null ? {} : { date: dayIn(words, state.since) });

/** A country's name; its code where nobody knows one. */
export function countryName(language: string, country: string): string {
  return new Intl.DisplayNames([language], { type: 'region', fallback: 'code' }).of(country) ?? country;
}
