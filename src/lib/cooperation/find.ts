/**
 * Faceted search over a commons, the same in the node and on a device. Words are joined by "and" and found at the start of a word; a
 * word of a script without spaces is found anywhere. Everything was folded when the commons was published: what is left is looking
 * for short strings in some hundred kilobytes.
 */
import { queryWords, unspaced, variantsOf } from '../course/search.ts';
import type { Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId, Kind } from './entry.ts';
import type { Entry } from './kinds.ts';
import { isAvailable, stateOf } from './state.ts';

/** What entries can be narrowed by, in the order of a page. */
export const filters = ['goal', 'theme', 'discipline', 'level', 'cost', 'sendai', 'paris', 'language', 'provider', 'taught'] as const;
export type Filter = (typeof filters)[number];

/** Kinds that are listed; goals, targets and terms sort them. */
export const listedKinds = [
  'solution',
  'practice',
  'listing',
  'indicator',
  'organisation',
  'opportunity',
  'resource',
  'dataset',
  'material',
] as const satisfies readonly Kind[];
export type ListedKind = (typeof listedKinds)[number];

export interface Query {
  readonly words: string;
  readonly kind: ListedKind | null;
  readonly by: Readonly<Partial<Record<Filter, string>>>;
}

type Values = Readonly<Partial<Record<Filter, readonly string[]>>>;

/** What an entry offers to each filter, worked out once. */
function valuesOf(entry: Entry, { byId, from }: Commons, today: Day): Values {
  const goals = (targets: readonly EntryId[]): readonly string[] => [
    ...new Set(targets.map((id) => byId.get(id)).flatMap((target) => (target?.kind === 'target' ? [target.goal] : []))),
  ];
  const typeOf = (provider: EntryId | null): readonly string[] => {
    const found = provider === null ? undefined : byId.get(provider);
    return found?.kind === 'organisation' ? [`provider-${found.type}`] : [];
  };
  const solved = (ids: readonly EntryId[]): readonly EntryId[] =>
    ids.flatMap((id) => {
      const solution = byId.get(id);
      return solution?.kind === 'solution' ? solution.targets : [];
    });
  switch (entry.kind) {
    case 'solution': {
      const taught = (from.get(entry.id) ?? []).some((one) => one.kind === 'listing' && isAvailable(stateOf(one, today)));
      return {
        goal: goals(entry.targets),
        theme: entry.themes,
        discipline: entry.disciplines.map((name) => `discipline-${name}`),
        level: [`level-${entry.level}`],
        cost: [`cost-${entry.cost}`],
        sendai: entry.sendai,
        paris: entry.paris,
        language: entry.languages,
        provider: typeOf(entry.provider),
        taught: [taught ? 'yes' : 'no'],
      };
    }
    case 'practice':
      return {
        goal: goals(solved(entry.solutions)),
        theme: entry.themes,
        level: [`level-${entry.level}`],
        language: entry.languages,
        provider: typeOf(entry.provider),
      };
    case 'listing':
      return {
        goal: goals(solved(entry.teaches)),
        theme: entry.themes,
        discipline: entry.disciplines.map((name) => `discipline-${name}`),
        level: [`level-${entry.level}`],
        language: entry.languages,
        provider: typeOf(entry.provider),
      };
    case 'indicator':
      return { goal: goals(entry.targets), theme: entry.group === null ? [] : [entry.group] };
    case 'organisation':
      return { language: entry.languages, provider: [`provider-${entry.type}`] };
    case 'material':
      return {
        goal: goals(solved(entry.solutions)),
        theme: entry.themes,
        level: [`level-${entry.level}`],
        language: entry.languages,
        provider: typeOf(entry.provider),
      };
    case 'dataset':
      return { goal: goals(solved(entry.solutions)), theme: entry.themes, provider: typeOf(entry.provider) };
    case 'opportunity':
      return { theme: entry.themes, language: entry.languages, provider: typeOf(entry.provider) };
    case 'resource':
      return { theme: entry.themes, language: entry.languages, provider: typeOf(entry.origin) };
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
      return {};
  }
}

export interface Finding {
  /** Best first; without words in the order of kinds and titles' lines. */
  readonly found: readonly Entry[];
  /** How many of what the words find are of each kind, whatever kind is chosen. */
  readonly kinds: Readonly<Record<ListedKind, number>>;
  /** For each filter, how many remain if this value were chosen beside the other choices. */
  readonly counts: Readonly<Record<Filter, ReadonlyMap<string, number>>>;
}

/** A country's own indicator is found in its profile; here stands what holds for every country. */
const isNational = (entry: Entry): boolean => entry.kind === 'indicator' && entry.country !== null;

interface Row {
  readonly entry: Entry;
  readonly line: string;
  readonly values: Values;
}

const kindOrder = new Map<Kind, number>(listedKinds.map((kind, i) => [kind, i]));

/** Readies a commons for many searches. */
export function createFinder(commons: Commons, today: Day): (query: Query) => Finding {
  const rows: readonly Row[] = commons.entries
    .flatMap((entry, i): Row[] =>
      kindOrder.has(entry.kind) && !isNational(entry)
        ? [{ entry, line: commons.lines[i] ?? '', values: valuesOf(entry, commons, today) }]
        : [],
    )
    .sort((a, b) => (kindOrder.get(a.entry.kind) ?? 0) - (kindOrder.get(b.entry.kind) ?? 0));
  // One long text is looked through faster than two thousand short ones.
  const text = rows.map(({ line }) => line).join('\n');
  const starts: number[] = [];
  for (let at = 0, i = 0; i < rows.length; at += (rows[i]?.line.length ?? 0) + 1, i++) starts.push(at);

  const rowAt = (position: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  /** Rows that have the word, with 10 where their title has it as a whole, 5 where it begins there, 1 elsewhere. */
  const rowsWith = (word: string): ReadonlyMap<number, number> => {
    const ranks = new Map<number, number>();
    for (const variant of variantsOf(word)) {
      const anywhere = unspaced.test(variant);
      const wanted = anywhere ? variant : ` ${variant}`;
      for (let at = text.indexOf(wanted); at !== -1;) {
        const row = rowAt(at);
        const start = starts[row] ?? 0;
        const line = rows[row]?.line ?? '';
        const inTitle = at - start < line.indexOf('\t');
        const after = text[at + wanted.length];
        const rank = !inTitle ? 1 : after === ' ' || after === '\t' || anywhere ? 10 : 5;
        ranks.set(row, Math.max(ranks.get(row) ?? 0, rank));
        // The title comes first in a line: what follows in it ranks no higher, except a whole word after a begun one.
        at = text.indexOf(wanted, rank === 5 ? at + wanted.length : start + line.length);
      }
    }
    return ranks;
  };

  return ({ words, kind, by }) => {
    let ranks: Map<number, number> | null = null;
    for (const word of queryWords(words)) {
      const here = rowsWith(word);
      const both = new Map<number, number>();
      for (const [row, rank] of here) {
        const before: number | undefined = ranks === null ? 0 : ranks.get(row);
        if (before !== undefined) both.set(row, before + rank);
      }
      ranks = both;
    }
    const matching = ranks === null ? rows.map((_, i) => i) : [...ranks.keys()];
    const chosen = filters.flatMap((filter) => {
      const value = by[filter];
      return value === undefined ? [] : [[filter, value] as const];
    });
    const kindsFound = Object.fromEntries(listedKinds.map((listed) => [listed, 0])) as Record<ListedKind, number>;
    const counts = Object.fromEntries(filters.map((filter) => [filter, new Map<string, number>()])) as unknown as Record<
      Filter,
      Map<string, number>
    >;
    const found: number[] = [];
    for (const i of matching) {
      const row = rows[i];
      if (row === undefined) continue;
      const misses = chosen.filter(([filter, value]) => row.values[filter]?.includes(value) !== true);
      const ofKind = kind === null || row.entry.kind === kind;
      if (misses.length === 0) {
        kindsFound[row.entry.kind as ListedKind] += 1;
        if (ofKind) found.push(i);
      }
      // A value is counted as if its own filter had no choice yet.
      const [miss] = misses;
      if (!ofKind || misses.length > 1) continue;
      for (const filter of filters)
        if (miss === undefined || miss[0] === filter)
          for (const value of row.values[filter] ?? []) counts[filter].set(value, (counts[filter].get(value) ?? 0) + 1);
    }
    const rankOf = (row: number): number => ranks?.get(row) ?? 0;
    found.sort((a, b) => rankOf(b) - rankOf(a) || a - b);
    return { found: found.flatMap((i) => rows[i]?.entry ?? []), kinds: kindsFound, counts };
  };
}
