/**
 * What is missing, ranked: which course to build next, which solution to look for. Every place in the ranking is explained by the numbers
 * that it was made from.
 *
 *   courses      a solution that no available course teaches; weight = targets it serves + indicators it answers + countries that are weak in one of these
 *   indicators   an indicator whose low value no solution answers; weight = its targets that no solution serves either + countries that are weak in it, and one
 *   targets      a target that no solution serves though an indicator measures something under it; weight = those indicators
 *
 * A country is weak by the rule of its profile (profile.ts), by what it released. Equal weights are ordered by id. A target that nothing here measures is counted, not ranked: space does not answer everything.
 */
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import { linkedFrom, ofKind, type Commons } from './commons.ts';
import { compareNumbers } from './kinds/target.ts';
import { profileOf, weaknessesOf } from './profile.ts';
import { isAvailable, stateOf } from './state.ts';

export interface CourseGap {
  readonly solution: EntryId;
  readonly weight: number;
  readonly targets: number;
  readonly indicators: number;
  /** Weak in one of these indicators. */
  readonly countries: readonly EntryId[];
  /** Courses that teach it but cannot be taken now. */
  readonly lapsed: readonly EntryId[];
}

export interface IndicatorGap {
  readonly indicator: EntryId;
  readonly weight: number;
  readonly targets: number;
  /** Weak in it. */
  readonly countries: readonly EntryId[];
}

export interface TargetGap {
  readonly target: EntryId;
  readonly weight: number;
  readonly indicators: readonly EntryId[];
}

export interface Gaps {
  readonly courses: readonly CourseGap[];
  readonly indicators: readonly IndicatorGap[];
  readonly targets: readonly TargetGap[];
  readonly totals: {
    readonly solutions: number;
    readonly taught: number;
    readonly targets: number;
    readonly served: number;
    readonly indicators: number;
    readonly answered: number;
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function findGaps(commons: Commons, today: Day): Gaps {
  const solutions = ofKind(commons.entries, 'solution');
  // What one country alone measures is its own matter.
  const indicators = ofKind(commons.entries, 'indicator').filter(({ country }) => country === null);
  const targets = ofKind(commons.entries, 'target');
  const served = new Set(solutions.flatMap((solution) => solution.targets));
  const answered = new Set(solutions.flatMap((solution) => solution.indicators));

  const weak = new Map<EntryId, EntryId[]>();
  for (const country of [...ofKind(commons.entries, 'country')].sort((a, b) => compare(a.id, b.id)))
    for (const { indicator } of weaknessesOf(profileOf(commons, country))) {
      const known = weak.get(indicator.id);
      if (known === undefined) weak.set(indicator.id, [country.id]);
      else known.push(country.id);
    }

  const courses = solutions.flatMap((solution): CourseGap[] => {
    const listings = linkedFrom(commons, solution.id, 'listing');
    if (listings.some((listing) => isAvailable(stateOf(listing, today)))) return [];
    const countries = [...new Set(solution.indicators.flatMap((id) => weak.get(id) ?? []))].sort(compare);
    const weight = solution.targets.length + solution.indicators.length + countries.length;
    return [
      {
        solution: solution.id,
        weight,
        targets: solution.targets.length,
        indicators: solution.indicators.length,
        countries,
        lapsed: listings.map(({ id }) => id),
      },
    ];
  });
  const unanswered = indicators.flatMap((indicator): IndicatorGap[] => {
    if (answered.has(indicator.id)) return [];
    const open = indicator.targets.filter((target) => !served.has(target)).length;
    const countries = weak.get(indicator.id) ?? [];
    return [{ indicator: indicator.id, weight: open + countries.length + 1, targets: open, countries }];
  });
  const unserved = targets.flatMap((target): (TargetGap & { number: string })[] => {
    if (served.has(target.id)) return [];
    const measured = linkedFrom(commons, target.id, 'indicator').map(({ id }) => id);
    return measured.length === 0 ? [] : [{ target: target.id, number: target.number, weight: measured.length, indicators: measured }];
  });

  return {
    courses: courses.sort((a, b) => b.weight - a.weight || compare(a.solution, b.solution)),
    indicators: unanswered.sort((a, b) => b.weight - a.weight || compare(a.indicator, b.indicator)),
    targets: unserved
      .sort((a, b) => b.weight - a.weight || compareNumbers(a.number, b.number))
      .map(({ target, weight, indicators: measured }) => ({ target, weight, indicators: measured })),
    totals: {
      solutions: solutions.length,
      taught: solutions.length - courses.length,
      targets: targets.length,
      served: targets.filter(({ id }) => served.has(id)).length,
      indicators: indicators.length,
      answered: indicators.length - unanswered.length,
    },
  };
}
