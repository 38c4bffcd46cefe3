/**
 * What the pages of the network show: who is in it and what each offers, what can be applied for and until when, what centres let each other
 * use. Like the compendium's views (views.ts) these are worked out where the entries are, by the node or by the device.
 */
import { ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId, Kind } from './entry.ts';
import type { Finding, Query } from './find.ts';
import type { Opportunity } from './kinds/opportunity.ts';
import type { Organisation } from './kinds/organisation.ts';
import type { Resource } from './kinds/resource.ts';
import { narrow } from './narrow.ts';
import { stateOf } from './state.ts';
import { cardOf, shown, type Card, type Shown } from './views.ts';

export const networkFilters = ['type', 'role', 'country', 'offers', 'theme', 'language'] as const;
export type NetworkFilter = (typeof networkFilters)[number];

export interface NetworkQuery {
  readonly words: string;
  readonly by: Readonly<Partial<Record<NetworkFilter, string>>>;
}

export interface Choice {
  readonly filter: NetworkFilter;
  readonly chosen: string | null;
  /** Null label: the page has words of its own for the value (a country, a language, a kind). */
  readonly values: readonly { readonly value: string; readonly label: Shown | null; readonly n: number }[];
}

/** An organisation in the directory. */
export interface Member {
  readonly card: Card;
  readonly country: string | null;
  readonly place: string | null;
  /** Entries that it provides, by kind. */
  readonly offers: readonly { readonly kind: Kind; readonly n: number }[];
}

/** An organisation on the map; degrees, north and east positive. */
export interface Spot {
  readonly id: EntryId;
  readonly title: string;
  readonly longitude: number;
  readonly latitude: number;
  /** Whether it is affiliated to the United Nations as a regional centre. */
  readonly centre: boolean;
}

export interface NetworkView {
  readonly query: NetworkQuery;
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly members: readonly Member[];
  readonly spots: readonly Spot[];
  readonly filters: readonly Choice[];
  /** The next deadlines, and how many opportunities there are to apply for. */
  readonly next: readonly Offer[];
  readonly open: number;
  readonly resources: number;
}

/** An opportunity in a list. */
export interface Offer {
  readonly card: Card;
  readonly opens: Day | null;
  readonly deadline: Day | null;
  /** Whole days from today to the last day of applying; null where there is none or it has passed. */
  readonly left: number | null;
  readonly country: string | null;
}

export interface OpportunitiesView {
  readonly query: NetworkQuery;
  readonly filters: readonly Choice[];
  /** To apply for now or later: the nearest deadline first, then those without one. */
  readonly open: readonly Offer[];
  /** Closed ones, the latest first. */
  readonly past: readonly Offer[];
}

export interface Shared {
  readonly card: Card;
  readonly country: string | null;
  readonly licence: string | null;
  readonly terms: Shown;
  readonly origin: { readonly id: EntryId; readonly title: Shown } | null;
}

export interface ResourcesView {
  readonly query: NetworkQuery;
  readonly filters: readonly Choice[];
  readonly total: number;
  readonly shared: readonly Shared[];
}

/** So many organisations on a page. */
export const membersOnPage = 24;
/** So many of the next deadlines stand beside the directory. */
const nextShown = 3;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byTitle = (a: { readonly card: Card }, b: { readonly card: Card }): number =>
  compare(a.card.title.text.toLowerCase(), b.card.title.text.toLowerCase()) || compare(a.card.id, b.card.id);

const millisecondsOfDay = 86_400_000;
/** Whole days from one day to another. */
export const daysBetween = (from: Day, to: Day): number => Math.round((Date.parse(to) - Date.parse(from)) / millisecondsOfDay);

/** Entries that an organisation provides: those that name it, other than by the way. */
const providedBy = (commons: Commons, id: EntryId): readonly { readonly kind: Kind; readonly n: number }[] => {
  const counts = new Map<Kind, number>();
  for (const entry of commons.from.get(id) ?? []) counts.set(entry.kind, (counts.get(entry.kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => ({ kind, n })).sort((a, b) => compare(a.kind, b.kind));
};

/** Terms name themselves; countries, languages and kinds are named by the page. */
const choicesOf = (
  commons: Commons,
  language: string,
  query: NetworkQuery,
  counts: Readonly<Partial<Record<NetworkFilter, ReadonlyMap<string, number>>>>,
): readonly Choice[] =>
  networkFilters.flatMap((filter) => {
    const values = counts[filter];
    if (values === undefined) return [];
    return [
      {
        filter,
        chosen: query.by[filter] ?? null,
        values: [...values]
          .map(([value, n]) => {
            const term = commons.byId.get(value as EntryId);
            return { value, label: term?.kind === 'term' ? shown(term.title, language) : null, n };
          })
          .sort((a, b) => compare(a.value, b.value)),
      },
    ];
  });

/** What the words find of a kind; all of it where there are none. */
const wordsFind = <K extends 'organisation' | 'opportunity' | 'resource'>(find: (query: Query) => Finding, words: string, kind: K) =>
  ofKind(find({ words, kind, by: {} }).found, kind);

function offerOf(entry: Opportunity, commons: Commons, language: string, today: Day): Offer {
  const left = entry.deadline === null ? null : daysBetween(today, entry.deadline);
  return {
    card: cardOf(entry, commons, language, today),
    opens: entry.opens,
    deadline: entry.deadline,
    left: left === null || left < 0 ? null : left,
    country: entry.country,
  };
}

const isClosed = (entry: Opportunity, today: Day): boolean => stateOf(entry, today).name === 'closed';

function sortedOffers(entries: readonly Opportunity[], commons: Commons, language: string, today: Day): readonly Offer[] {
  return entries
    .map((entry) => offerOf(entry, commons, language, today))
    .sort((a, b) => compare(a.deadline ?? '9999', b.deadline ?? '9999') || byTitle(a, b));
}

export function networkView(
  commons: Commons,
  find: (query: Query) => Finding,
  query: NetworkQuery,
  asked: number,
  language: string,
  today: Day,
): NetworkView {
  const offers = new Map(ofKind(commons.entries, 'organisation').map(({ id }) => [id, providedBy(commons, id)]));
  const valuesOf = (entry: Organisation) => ({
    type: [`provider-${entry.type}`],
    role: entry.roles.map((role) => `role-${role}`),
    country: entry.country === null ? [] : [entry.country],
    offers: (offers.get(entry.id) ?? []).map(({ kind }) => kind),
    language: entry.languages,
  });
  const filters = ['type', 'role', 'country', 'offers', 'language'] as const;
  const { found, counts } = narrow(wordsFind(find, query.words, 'organisation'), filters, valuesOf, query.by);
  const members = found
    .map((entry): Member => ({
      card: cardOf(entry, commons, language, today),
      country: entry.country,
      place: entry.place?.name ?? null,
      offers: offers.get(entry.id) ?? [],
    }))
    // What words found stands by how well it fits.
    .sort(query.words === '' ? byTitle : () => 0);
  const pages = Math.max(1, Math.ceil(members.length / membersOnPage));
  const page = Math.min(Math.max(1, asked), pages);
  const open = ofKind(commons.entries, 'opportunity').filter((entry) => !isClosed(entry, today));
  return {
    query,
    page,
    pages,
    total: members.length,
    members: members.slice((page - 1) * membersOnPage, page * membersOnPage),
    spots: found.flatMap(({ id, title, place, roles }) =>
      place === null
        ? []
        : [
            {
              id,
              title: shown(title, language).text,
              longitude: place.longitude,
              latitude: place.latitude,
              centre: roles.includes('affiliated'),
            },
          ],
    ),
    filters: choicesOf(commons, language, query, counts),
    next: sortedOffers(open, commons, language, today).slice(0, nextShown),
    open: open.length,
    resources: ofKind(commons.entries, 'resource').length,
  };
}

export function opportunitiesView(
  commons: Commons,
  find: (query: Query) => Finding,
  query: NetworkQuery,
  language: string,
  today: Day,
): OpportunitiesView {
  const valuesOf = (entry: Opportunity) => ({
    type: [`opportunity-${entry.type}`],
    country: entry.country === null ? [] : [entry.country],
    theme: entry.themes,
    language: entry.languages,
  });
  const filters = ['type', 'country', 'theme', 'language'] as const;
  const { found, counts } = narrow(wordsFind(find, query.words, 'opportunity'), filters, valuesOf, query.by);
  return {
    query,
    filters: choicesOf(commons, language, query, counts),
    open: sortedOffers(found.filter((entry) => !isClosed(entry, today)), commons, language, today), // prettier-ignore
    past: [...sortedOffers(found.filter((entry) => isClosed(entry, today)), commons, language, today)].reverse(), // prettier-ignore
  };
}

export function resourcesView(
  commons: Commons,
  find: (query: Query) => Finding,
  query: NetworkQuery,
  language: string,
  today: Day,
): ResourcesView {
  const valuesOf = (entry: Resource) => ({
    type: [`resource-${entry.type}`],
    country: entry.country === null ? [] : [entry.country],
    theme: entry.themes,
    language: entry.languages,
  });
  const filters = ['type', 'country', 'theme', 'language'] as const;
  const { found, counts } = narrow(wordsFind(find, query.words, 'resource'), filters, valuesOf, query.by);
  const shared = found
    .map((entry): Shared => {
      const origin = entry.origin === null ? undefined : commons.byId.get(entry.origin);
      return {
        card: cardOf(entry, commons, language, today),
        country: entry.country,
        licence: entry.licence,
        terms: shown(entry.terms, language),
        origin: origin === undefined ? null : { id: origin.id, title: shown(origin.title, language) },
      };
    })
    .sort(query.words === '' ? byTitle : () => 0);
  return { query, filters: choicesOf(commons, language, query, counts), total: shared.length, shared };
}

/** A query as an address has it: `q`, the filters, `page`. What makes no sense is left out. */
export function networkQueryFrom(read: (name: string) => string | null): { readonly query: NetworkQuery; readonly page: number } {
  const by = Object.fromEntries(
    networkFilters.flatMap((filter) => {
      const value = read(filter);
      return value === null || value === '' || value.length > 64 ? [] : [[filter, value] as const];
    }),
  );
  const page = Number(read('page') ?? 1);
  return { query: { words: (read('q') ?? '').slice(0, 200), by }, page: Number.isSafeInteger(page) && page > 0 ? page : 1 };
}
