/**
 * What a page shows of a commons, in one language: worked out by the node for a page that it renders, and by the device for one that it
 * shows from its own store, by the same functions. Each text comes with the language that it is in.
 */
import { pathOf } from './address.ts';
import type { Commons } from './commons.ts';
import type { Day } from './day.ts';
import { isOfCountry, type EntryId, type Kind, type Text } from './entry.ts';
import { filters, listedKinds, type Filter, type Finding, type ListedKind, type Query } from './find.ts';
import { findGaps, type Gaps } from './gaps.ts';
import type { Entry, EntryByKind } from './kinds.ts';
import { textLanguages } from './reader.ts';
import { isAvailable, stateOf, type State } from './state.ts';

export interface Shown {
  readonly text: string;
  readonly language: string;
}

export const shown = (text: Text, language: string): Shown => {
  const found = [language, ...textLanguages].find((one) => text[one] !== undefined) ?? 'en';
  return { text: text[found] ?? '', language: found };
};

/** An entry in a list. */
export interface Card {
  readonly id: EntryId;
  readonly kind: Kind;
  readonly title: Shown;
  readonly summary: Shown | null;
  readonly state: State;
  readonly goals: readonly number[];
  /** Level, cost, provider, group, way of access: what is said under the summary. */
  readonly facts: readonly Shown[];
  readonly languages: readonly string[];
  /** Languages in which the entry itself is written. */
  readonly written: readonly string[];
  /** Of a solution: courses that teach it and can be taken now. Null for other kinds. */
  readonly courses: number | null;
  /** The target's or goal's number. */
  readonly number: string | null;
  /** Of a listing or a shared resource of this platform: the course. */
  readonly course: string | null;
}

function targetsOf(entry: Entry, { byId }: Commons): readonly EntryId[] {
  if (entry.kind === 'solution' || entry.kind === 'indicator') return entry.targets;
  const solutions =
    entry.kind === 'practice' || entry.kind === 'dataset' || entry.kind === 'material'
      ? entry.solutions
      : entry.kind === 'listing'
        ? entry.teaches
        : [];
  return solutions.flatMap((id) => {
    const solution = byId.get(id);
    return solution?.kind === 'solution' ? solution.targets : [];
  });
}

export function goalsOf(entry: Entry, commons: Commons): readonly number[] {
  const numbers = targetsOf(entry, commons).flatMap((id) => {
    const target = commons.byId.get(id);
    return target?.kind === 'target' ? [Number(target.goal.slice('goal-'.length))] : [];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

const termsOf = (entry: Entry): readonly string[] => {
  switch (entry.kind) {
    case 'solution':
      return [`level-${entry.level}`, `cost-${entry.cost}`];
    case 'practice':
      return [`level-${entry.level}`];
    case 'listing':
      return [`access-${entry.access}`, `level-${entry.level}`];
    case 'indicator':
      return entry.group === null ? [] : [entry.group];
    case 'material':
      return [`material-${entry.type}`, `level-${entry.level}`];
    case 'opportunity':
      return [`opportunity-${entry.type}`];
    case 'resource':
      return [`resource-${entry.type}`];
    case 'organisation':
      return [`provider-${entry.type}`, ...entry.roles.map((role) => `role-${role}`)];
    case 'dataset':
    case 'term':
    case 'goal':
    case 'target':
    case 'country':
    case 'assessment':
    case 'plan':
    case 'call':
    case 'offer':
    case 'mission':
    case 'request':
    case 'contribution':
    case 'proposal':
      return [];
  }
};

export function cardOf(entry: Entry, commons: Commons, language: string, today: Day): Card {
  const label = (id: string): readonly Shown[] => {
    const found = commons.byId.get(id as EntryId);
    return found === undefined ? [] : [shown(found.title, language)];
  };
  const summary = 'summary' in entry ? entry.summary : entry.kind === 'indicator' ? entry.definition : null;
  const by = 'provider' in entry ? entry.provider : 'origin' in entry ? entry.origin : null;
  const provider = by === null ? [] : label(by);
  return {
    id: entry.id,
    kind: entry.kind,
    title: shown(entry.title, language),
    summary: summary === null ? null : shown(summary, language),
    state: stateOf(entry, today),
    goals: goalsOf(entry, commons),
    facts: [...termsOf(entry).flatMap(label), ...provider],
    languages: 'languages' in entry ? entry.languages : [],
    written: Object.keys(summary ?? entry.title),
    courses:
      entry.kind === 'solution'
        ? (commons.from.get(entry.id) ?? []).filter((one) => one.kind === 'listing' && isAvailable(stateOf(one, today))).length
        : null,
    number: entry.kind === 'target' ? entry.number : entry.kind === 'goal' ? String(entry.number) : null,
    course: 'course' in entry ? entry.course : null,
  };
}

/** So many entries on a page of a list. */
export const pageLength = 18;

export interface FilterView {
  readonly filter: Filter;
  readonly chosen: string | null;
  /** Null label: the page has words of its own for the value (a language, yes and no). */
  readonly values: readonly { readonly value: string; readonly label: Shown | null; readonly n: number }[];
}

export interface ListView {
  readonly query: Query;
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly cards: readonly Card[];
  readonly kinds: readonly { readonly kind: ListedKind; readonly n: number }[];
  readonly filters: readonly FilterView[];
  readonly goals: readonly { readonly id: EntryId; readonly number: number; readonly title: Shown; readonly n: number }[];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function listView(
  commons: Commons,
  find: (query: Query) => Finding,
  query: Query,
  asked: number,
  language: string,
  today: Day,
): ListView {
  const finding = find(query);
  const pages = Math.max(1, Math.ceil(finding.found.length / pageLength));
  const page = Math.min(Math.max(1, asked), pages);
  const labelled: readonly Filter[] = filters.filter((filter) => filter !== 'language' && filter !== 'taught');
  return {
    query,
    page,
    pages,
    total: finding.found.length,
    cards: finding.found.slice((page - 1) * pageLength, page * pageLength).map((entry) => cardOf(entry, commons, language, today)),
    kinds: listedKinds.map((kind) => ({ kind, n: finding.kinds[kind] })),
    filters: filters
      .filter((filter) => filter !== 'goal')
      .map((filter) => ({
        filter,
        chosen: query.by[filter] ?? null,
        // What is chosen stays to be seen and taken back where it finds nothing.
        values: [...new Map([...(query.by[filter] === undefined ? [] : [[query.by[filter], 0] as const]), ...finding.counts[filter]])]
          .map(([value, n]) => {
            const term = labelled.includes(filter) ? commons.byId.get(value as EntryId) : undefined;
            return { value, label: term === undefined ? null : shown(term.title, language), n };
          })
          .sort((a, b) => compare(a.value, b.value)),
      })),
    goals: commons.entries
      .filter((entry) => entry.kind === 'goal')
      .sort((a, b) => a.number - b.number)
      .map(({ id, number, title }) => ({ id, number, title: shown(title, language), n: finding.counts.goal.get(id) ?? 0 })),
  };
}

export interface EntryView {
  readonly entry: Entry;
  readonly card: Card;
  /** Every entry that it links to, terms too, by id. */
  readonly linked: Readonly<Record<string, Card>>;
  /** Entries that link to it. */
  readonly from: readonly Card[];
  /** The day for which states were worked out. */
  readonly today: Day;
}

const isId = (value: unknown): value is EntryId => typeof value === 'string';

/** Ids of everything that an entry's own fields name, also where the field is a short word such as a level. */
const namedBy = (entry: Entry): readonly EntryId[] => [
  ...Object.values(entry).flatMap((value: unknown) => (Array.isArray(value) ? value.filter(isId) : isId(value) ? [value] : [])),
  ...termsOf(entry).map((id) => id as EntryId),
  ...('disciplines' in entry ? entry.disciplines.map((name) => `discipline-${name}` as EntryId) : []),
  ...('data' in entry ? [...entry.data, ...entry.software].map(({ open }) => `openness-${open}` as EntryId) : []),
];

export function entryView(commons: Commons, id: string, language: string, today: Day): EntryView | null {
  const entry = commons.byId.get(id as EntryId);
  if (entry === undefined || isOfCountry(entry.kind)) return null;
  const card = (one: Entry): Card => cardOf(one, commons, language, today);
  const linked = new Map<string, Card>();
  for (const name of namedBy(entry)) {
    const found = commons.byId.get(name);
    if (found !== undefined && found.id !== id) linked.set(name, card(found));
  }
  return {
    entry,
    card: card(entry),
    linked: Object.fromEntries(linked),
    from: (commons.from.get(entry.id) ?? []).filter(({ kind }) => !isOfCountry(kind)).map(card),
    today,
  };
}

/** Where something is read that is no entry of the compendium; null where nothing has this id. */
export function elsewhereOf({ byId }: Commons, id: string): { readonly elsewhere: string } | null {
  const entry = byId.get(id as EntryId);
  return entry === undefined ? null : { elsewhere: pathOf(entry) };
}

/** So many can be laid side by side. */
export const mostCompared = 4;

export interface CompareView {
  readonly entries: readonly (Omit<EntryView, 'entry'> & { readonly entry: EntryByKind['solution'] })[];
}

export const compareView = (commons: Commons, ids: readonly string[], language: string, today: Day): CompareView => ({
  entries: [...new Set(ids)].slice(0, mostCompared).flatMap((id) => {
    const view = entryView(commons, id, language, today);
    return view?.entry.kind === 'solution' ? [{ ...view, entry: view.entry }] : [];
  }),
});

export interface GapsView {
  readonly gaps: Gaps;
  readonly cards: Readonly<Record<string, Card>>;
}

export function gapsView(commons: Commons, language: string, today: Day): GapsView {
  const gaps = findGaps(commons, today);
  const ids = [
    ...gaps.courses.flatMap(({ solution, lapsed, countries }) => [solution, ...lapsed, ...countries]),
    ...gaps.indicators.flatMap(({ indicator, countries }) => [indicator, ...countries]),
    ...gaps.targets.flatMap(({ target, indicators }) => [target, ...indicators]),
  ];
  return {
    gaps,
    cards: Object.fromEntries(
      [...new Set(ids)].flatMap((id) => {
        const entry = commons.byId.get(id);
        return entry === undefined ? [] : [[id, cardOf(entry, commons, language, today)] as const];
      }),
    ),
  };
}

/** A query as an address has it: `q`, `kind`, the filters, `page`. What makes no sense is left out. */
export function queryFrom(read: (name: string) => string | null): { readonly query: Query; readonly page: number } {
  const kind = listedKinds.find((one) => one === read('kind')) ?? null;
  const by = Object.fromEntries(
    filters.flatMap((filter) => {
      const value = read(filter);
      return value === null || value === '' || value.length > 64 ? [] : [[filter, value] as const];
    }),
  );
  const page = Number(read('page') ?? 1);
  return { query: { words: (read('q') ?? '').slice(0, 200), kind, by }, page: Number.isSafeInteger(page) && page > 0 ? page : 1 };
}
