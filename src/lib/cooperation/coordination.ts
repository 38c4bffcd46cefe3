/**
 * Who trains for what, in which languages: the courses that can be taken now, seen from the goals and targets that they prepare for. A course prepares for a
 * target when it teaches a solution that serves it.
 *
 *   reach      for each goal and language, courses that can be taken now
 *   overlaps   the same solution taught in the same language at the same level by more than one provider
 *   bare       goals with a solution, for which no course can be taken in any language
 *
 * The numbers are of courses, not of people: who was trained is in the records of the centres, and only figures that they published are shown beside
 * (people-reach.ts).
 */
import { rowsToCsv } from '../domain/csv.ts';
import { ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import { helpReach, type HelpReach } from './help-reach.ts';
import type { Listing } from './kinds/listing.ts';
import { compareNumbers } from './kinds/target.ts';
import { isAvailable, stateOf } from './state.ts';
import { shown, type Shown } from './views.ts';

/** Languages that stand as columns: those of the interface. Courses in others are counted beside them. */
export const reachLanguages = ['ar', 'en', 'es', 'fr', 'ru', 'zh'] as const;

export interface GoalReach {
  readonly id: EntryId;
  readonly number: number;
  readonly title: Shown;
  /** Courses that can be taken now, in any language, and who provides them. */
  readonly courses: number;
  readonly providers: number;
  readonly byLanguage: Readonly<Record<(typeof reachLanguages)[number], number>>;
  /** Solutions that serve one of its targets, whether anybody teaches them or not. */
  readonly solutions: number;
}

interface Named {
  readonly id: EntryId;
  readonly title: Shown;
}

export interface Overlap {
  readonly solution: Named;
  readonly language: string;
  readonly level: string;
  readonly courses: readonly (Named & { readonly provider: Shown | null })[];
}

export interface CoordinationView {
  readonly goals: readonly GoalReach[];
  readonly overlaps: readonly Overlap[];
  readonly courses: number;
  readonly providers: number;
  /** Who helps which country, beside who trains for what. */
  readonly help: HelpReach;
}

/** Courses without a provider in the compendium are this platform's own. */
const own = '' as EntryId;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function targetsOf({ teaches }: Listing, { byId }: Commons): readonly EntryId[] {
  return [
    ...new Set(
      teaches.flatMap((id) => {
        const solution = byId.get(id);
        return solution?.kind === 'solution' ? solution.targets : [];
      }),
    ),
  ];
}

const goalOf = (target: EntryId): string => `goal-${target.split('-')[1] ?? ''}`;

/** Numbers of the goals that a course prepares for. */
export const goalsOfListing = (listing: Listing, commons: Commons): readonly number[] => [
  ...new Set(targetsOf(listing, commons).map((target) => Number(goalOf(target).slice('goal-'.length)))),
];

export const availableOf = (commons: Commons, today: Day): readonly Listing[] =>
  ofKind(commons.entries, 'listing').filter((listing) => isAvailable(stateOf(listing, today)));

export function coordinationView(commons: Commons, language: string, today: Day): CoordinationView {
  const listings = availableOf(commons, today);
  const goals = ofKind(commons.entries, 'goal')
    .map((goal): GoalReach => {
      const here = listings.filter((listing) => targetsOf(listing, commons).some((target) => goalOf(target) === goal.id));
      return {
        id: goal.id,
        number: goal.number,
        title: shown(goal.title, language),
        courses: here.length,
        providers: new Set(here.map(({ provider }) => provider ?? own)).size,
        byLanguage: Object.fromEntries(
          reachLanguages.map((one) => [one, here.filter(({ languages }) => languages.includes(one)).length]),
        ) as GoalReach['byLanguage'],
        solutions: ofKind(commons.entries, 'solution').filter(({ targets }) => targets.some((target) => goalOf(target) === goal.id)).length,
      };
    })
    .sort((a, b) => a.number - b.number);

  const groups = new Map<string, Listing[]>();
  for (const listing of listings)
    for (const solution of listing.teaches)
      for (const one of listing.languages) {
        const key = [solution, one, listing.level].join(' ');
        groups.set(key, [...(groups.get(key) ?? []), listing]);
      }
  const titleOf = (id: EntryId): Shown => {
    const entry = commons.byId.get(id);
    return entry === undefined ? { text: id, language: 'en' } : shown(entry.title, language);
  };
  const overlaps = [...groups]
    .filter(([, group]) => new Set(group.map(({ provider }) => provider ?? own)).size > 1)
    .map(([key, group]): Overlap => {
      const [solution = '', one = '', level = ''] = key.split(' ');
      return {
        solution: { id: solution as EntryId, title: titleOf(solution as EntryId) },
        language: one,
        level,
        courses: [...group]
          .sort((a, b) => compare(a.id, b.id))
          .map(({ id, title, provider }) => ({
            id,
            title: shown(title, language),
            provider: provider === null ? null : titleOf(provider),
          })),
      };
    })
    .sort(
      (a, b) =>
        b.courses.length - a.courses.length ||
        compare(a.solution.id, b.solution.id) ||
        compare(a.language, b.language) ||
        compare(a.level, b.level),
    );
  return {
    goals,
    overlaps,
    courses: listings.length,
    providers: new Set(listings.map(({ provider }) => provider ?? own)).size,
    help: helpReach(commons, language, today),
  };
}

/** A row for each course and target that it prepares for: who trains, from where, in what, towards what. */
export function csvOfCoordination(commons: Commons, language: string, origin: string, today: Day): string {
  const rows = ofKind(commons.entries, 'listing').flatMap((listing) => {
    const provider = listing.provider === null ? undefined : commons.byId.get(listing.provider);
    const head = [
      provider === undefined ? '' : shown(provider.title, language).text,
      provider?.kind === 'organisation' ? (provider.country ?? '') : '',
      listing.id,
      shown(listing.title, language).text,
      listing.languages.join(' '),
      listing.level,
      stateOf(listing, today).name,
    ];
    const targets = targetsOf(listing, commons)
      .map((target) => target.slice('target-'.length).replace('-', '.'))
      .sort(compareNumbers);
    const address = `${origin}/compendium/${listing.id}`;
    return targets.length === 0
      ? [[...head, '', '', address]]
      : targets.map((number) => [...head, number.split('.')[0] ?? '', number, address]);
  });
  return rowsToCsv([['provider', 'country', 'id', 'course', 'languages', 'level', 'state', 'goal', 'target', 'address'], ...rows]);
}
