/**
 * How a plan stands, by one simple rule that is shown beside it:
 *
 *   progress    of the way from the start to the aim, how much the latest value has gone: (value − start) / (aim − start), from 0 to 1
 *   elapsed     of the years of the plan, how many had passed with the year of that value: (year − from + 1) / (until − from + 1)
 *   reached     the value is at the aim or beyond it
 *   on track    progress is at least elapsed; otherwise behind
 *   unknown     no value of a year of the plan was released
 *
 * An activity is late that should have begun, or should be over, by the years that it was given.
 */
import type { Commons } from './commons.ts';
import type { EntryId } from './entry.ts';
import type { Activity, Objective, Plan } from './kinds/plan.ts';
import { profileOf, type Line, type Reading } from './profile.ts';

export const objectiveStates = ['reached', 'on-track', 'behind', 'unknown'] as const;
export type ObjectiveState = (typeof objectiveStates)[number];

export interface Progress {
  readonly state: ObjectiveState;
  /** Null where there is no value to tell it by. */
  readonly share: number | null;
  readonly reading: Reading | null;
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** Of the years from the first to the last, both included, the share that had passed at the end of a year. */
export const elapsedAt = ({ from, until }: Pick<Plan, 'from' | 'until'>, year: number): number =>
  clamp((year - from + 1) / (until - from + 1));

export function progressOf(
  { start, aim }: Pick<Objective, 'start' | 'aim'>,
  plan: Pick<Plan, 'from' | 'until'>,
  reading: Reading | null,
): Progress {
  if (reading === null || reading.year < plan.from) return { state: 'unknown', share: null, reading: null };
  const gone = aim === start ? 1 : (reading.value - start) / (aim - start);
  const share = clamp(gone);
  return { state: gone >= 1 ? 'reached' : share >= elapsedAt(plan, reading.year) ? 'on-track' : 'behind', share, reading };
}

export interface ObjectiveStanding {
  readonly objective: Objective;
  readonly line: Line | null;
  readonly now: Progress;
  /** For each year of the plan that has an assessment: how it stood then. */
  readonly years: readonly (Progress & { readonly year: number })[];
}

export function objectivesOf(commons: Commons, plan: Plan): readonly ObjectiveStanding[] {
  const country = commons.byId.get(plan.country);
  if (country?.kind !== 'country') return [];
  const { lines, years } = profileOf(commons, country);
  return plan.objectives.map((objective) => {
    const line = lines.find(({ indicator }) => indicator.id === objective.indicator) ?? null;
    const within = (line?.readings ?? []).filter(({ year }) => year >= plan.from && year <= plan.until);
    return {
      objective,
      line,
      now: progressOf(objective, plan, within.at(-1) ?? null),
      years: years
        .filter((year) => year >= plan.from && year <= plan.until)
        .map((year) => ({ year, ...progressOf(objective, plan, within.filter((one) => one.year === year).at(-1) ?? null) })),
    };
  });
}

/** @param year the calendar year of today */
export const isLate = ({ state, from, until }: Pick<Activity, 'state' | 'from' | 'until'>, year: number): boolean =>
  (state === 'planned' && from < year) || (state === 'running' && until < year);

/** Ids of the courses of this platform that an activity names. */
export const coursesOf = ({ courses }: Pick<Activity, 'courses'>, { byId }: Pick<Commons, 'byId'>): readonly string[] =>
  courses.flatMap((id: EntryId) => {
    const listing = byId.get(id);
    return listing?.kind === 'listing' && listing.course !== null ? [listing.course] : [];
  });
