/**
 * What a country's released values say, by one simple rule that is shown beside them:
 *
 *   its value     the latest one, where it is no more than `yearsRecent` years older than the country's latest assessment; otherwise there is none
 *   weak          the value is at the indicator's bound for weak, or beyond it against the direction
 *   strong        it is at the bound for strong, or beyond it in the direction
 *   in between    neither; also where the indicator has no bounds
 *   better, worse the value beside the one before it, by the direction; a year is compared with the last year that has a value
 *
 * An indicator that another country made for itself does not count. Weaknesses stand in this order: those that got worse first, then by
 * the group and id of the indicator, so that the same values give the same list everywhere.
 */
import { linkedFrom, ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { Assessment, Value } from './kinds/assessment.ts';
import type { Call } from './kinds/call.ts';
import type { Country } from './kinds/country.ts';
import type { Indicator } from './kinds/indicator.ts';
import type { Listing } from './kinds/listing.ts';
import type { Organisation } from './kinds/organisation.ts';
import type { Plan } from './kinds/plan.ts';
import { costs, type Solution } from './kinds/solution.ts';
import { isAvailable, stateOf } from './state.ts';

/** Years for which a value counts, beside the year of the latest assessment. */
export const yearsRecent = 3;

export const standings = ['strong', 'middle', 'weak', 'unknown'] as const;
export type Standing = (typeof standings)[number];
export type Change = 'better' | 'worse' | 'same';

export interface Reading extends Omit<Value, 'indicator'> {
  readonly year: number;
}

export interface Line {
  readonly indicator: Indicator;
  /** Oldest first; one for each year that has a value. */
  readonly readings: readonly Reading[];
  /** The one that counts; null where none is recent enough. */
  readonly latest: Reading | null;
  readonly standing: Standing;
  /** Null where there is nothing to compare. */
  readonly change: Change | null;
}

export interface Profile {
  readonly country: Country;
  /** Years that have an assessment, oldest first. */
  readonly years: readonly number[];
  readonly lines: readonly Line[];
}

type Scale = Pick<Indicator, 'direction' | 'weak' | 'strong'>;

/** Where a value stands on an indicator's scale. */
export function standingOf({ direction, weak, strong }: Scale, value: number | null): Standing {
  if (value === null) return 'unknown';
  const sign = direction === 'more' ? 1 : -1;
  if (weak !== null && sign * (value - weak) <= 0) return 'weak';
  return strong !== null && sign * (value - strong) >= 0 ? 'strong' : 'middle';
}

/** Whether the second value is better than the first. */
export function changeOf({ direction }: Pick<Indicator, 'direction'>, before: number, after: number): Change {
  const difference = (after - before) * (direction === 'more' ? 1 : -1);
  return difference > 0 ? 'better' : difference < 0 ? 'worse' : 'same';
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byGroup = (a: Indicator, b: Indicator): number => compare(a.group ?? '', b.group ?? '') || compare(a.id, b.id);

/** A country's line for an indicator, as it stood in a year. */
function lineOf(indicator: Indicator, assessments: readonly Assessment[], newest: number): Line {
  const readings = assessments.flatMap(({ year, values }): Reading[] => {
    const found = values.find((value) => value.indicator === indicator.id);
    if (found === undefined || year > newest) return [];
    const { value, confidence, source, url } = found;
    return [{ year, value, confidence, source, url }];
  });
  const last = readings.at(-1);
  const latest = last !== undefined && newest - last.year <= yearsRecent ? last : null;
  const before = readings.at(-2);
  return {
    indicator,
    readings,
    latest,
    standing: standingOf(indicator, latest?.value ?? null),
    change: latest === null || before === undefined ? null : changeOf(indicator, before.value, latest.value),
  };
}

const assessmentsOf = (commons: Commons, country: EntryId): readonly Assessment[] =>
  linkedFrom(commons, country, 'assessment')
    .filter((one) => one.country === country)
    .sort((a, b) => a.year - b.year);

/** Every indicator that measures this country: those of all, and its own. */
const indicatorsOf = (commons: Commons, country: EntryId): readonly Indicator[] =>
  ofKind(commons.entries, 'indicator')
    .filter((indicator) => indicator.country === null || indicator.country === country)
    .sort(byGroup);

/** @param upTo the last year that is looked at; without it, all that was released */
export function profileOf(commons: Commons, country: Country, upTo = Number.POSITIVE_INFINITY): Profile {
  const assessments = assessmentsOf(commons, country.id).filter(({ year }) => year <= upTo);
  const years = assessments.map(({ year }) => year);
  const newest = years.at(-1) ?? 0;
  return { country, years, lines: indicatorsOf(commons, country.id).map((indicator) => lineOf(indicator, assessments, newest)) };
}

/** How many indicators stood where, in one year. */
export interface Tally extends Readonly<Record<Standing, number>> {
  readonly year: number;
}

export function tallyOf({ lines }: Pick<Profile, 'lines'>, year: number): Tally {
  const count = (standing: Standing): number => lines.filter((line) => line.standing === standing).length;
  return { year, strong: count('strong'), middle: count('middle'), weak: count('weak'), unknown: count('unknown') };
}

/** Year by year, each as it stood then. */
export const talliesOf = (commons: Commons, profile: Profile): readonly Tally[] =>
  profile.years.map((year) => tallyOf(profileOf(commons, profile.country, year), year));

const standingIn = (lines: readonly Line[], standing: Standing): readonly Line[] => lines.filter((line) => line.standing === standing);

export const weaknessesOf = ({ lines }: Pick<Profile, 'lines'>): readonly Line[] => {
  const worse = (line: Line): number => (line.change === 'worse' ? 0 : 1);
  return [...standingIn(lines, 'weak')].sort((a, b) => worse(a) - worse(b) || byGroup(a.indicator, b.indicator));
};

export const strengthsOf = ({ lines }: Pick<Profile, 'lines'>): readonly Line[] => standingIn(lines, 'strong');

/** What answers a weakness: where to begin, who teaches it, who can be asked. */
export interface Answers {
  /** Those that an available course teaches first, then the cheaper ones. */
  readonly solutions: readonly Solution[];
  /** Available courses that teach one of them; this platform's own first. */
  readonly courses: readonly Listing[];
  /** Regional centres, those that serve the country first, that teach one of these courses. */
  readonly centres: readonly Organisation[];
  /** The country's own calls that ask for help with it. */
  readonly calls: readonly Call[];
}

/** The indicators that a call asks help with: its objectives' or, where it names none, all of its plan's. */
export function indicatorsOfCall({ byId }: Pick<Commons, 'byId'>, call: Call): readonly EntryId[] {
  const plan = byId.get(call.plan);
  if (plan?.kind !== 'plan') return [];
  const asked = plan.objectives.filter(({ id }) => call.objectives.length === 0 || call.objectives.includes(id));
  return [...new Set(asked.map(({ indicator }) => indicator))];
}

export const plansOf = (commons: Commons, country: EntryId): readonly Plan[] =>
  linkedFrom(commons, country, 'plan')
    .filter((plan) => plan.country === country)
    .sort((a, b) => b.from - a.from || compare(a.id, b.id));

export const callsOf = (commons: Commons, country: EntryId): readonly Call[] =>
  plansOf(commons, country)
    .flatMap(({ id }) => linkedFrom(commons, id, 'call'))
    .sort((a, b) => compare(b.closes, a.closes) || compare(a.id, b.id));

export function answersTo(commons: Commons, indicator: EntryId, country: Country, today: Day): Answers {
  const teaching = (solution: Solution): readonly Listing[] =>
    linkedFrom(commons, solution.id, 'listing').filter((listing) => isAvailable(stateOf(listing, today)));
  const solutions = linkedFrom(commons, indicator, 'solution')
    .filter((solution) => solution.indicators.includes(indicator))
    .map((solution) => ({ solution, taught: teaching(solution).length > 0 ? 0 : 1, cost: costs.indexOf(solution.cost) }))
    .sort((a, b) => a.taught - b.taught || a.cost - b.cost || compare(a.solution.id, b.solution.id))
    .map(({ solution }) => solution);
  const courses = [...new Set(solutions.flatMap(teaching))].sort(
    (a, b) => (a.course === null ? 1 : 0) - (b.course === null ? 1 : 0) || compare(a.id, b.id),
  );
  const serves = (id: EntryId): number => (country.centres.includes(id) ? 0 : 1);
  const centres = [...new Set(courses.flatMap(({ provider }) => provider ?? []))]
    .flatMap((id) => {
      const found = commons.byId.get(id);
      return found?.kind === 'organisation' && found.type === 'regional-centre' ? [found] : [];
    })
    .sort((a, b) => serves(a.id) - serves(b.id) || compare(a.id, b.id));
  return {
    solutions,
    courses,
    centres,
    calls: callsOf(commons, country.id).filter((call) => indicatorsOfCall(commons, call).includes(indicator)),
  };
}

/** Whether each of two countries lets itself be laid beside the other. */
export function mayCompare(one: Country, other: Country): boolean {
  const allows = (a: Country, b: Country): boolean => a.compare === 'anyone' || (a.compare === 'chosen' && a.peers.includes(b.id));
  return one.id !== other.id && allows(one, other) && allows(other, one);
}

/** Countries beside which this one may be laid. */
export const peersOf = (commons: Commons, country: Country): readonly Country[] =>
  ofKind(commons.entries, 'country')
    .filter((other) => mayCompare(country, other))
    .sort((a, b) => compare(a.id, b.id));

/** What the profile says of an indicator before an agreement and since: what changed, not why. */
export interface Measured {
  readonly line: Line;
  /** The last value of a year before that of the agreement. */
  readonly before: Reading | null;
  /** The latest of that year or after it. */
  readonly after: Reading | null;
  readonly change: Change | null;
}

/** @param agreed the first day on which something was agreed; nothing is measured before that */
export function measuredSince(
  commons: Commons,
  country: Country,
  indicators: readonly EntryId[],
  agreed: Day | undefined,
): readonly Measured[] {
  if (agreed === undefined) return [];
  const year = Number(agreed.slice(0, 4));
  const { lines } = profileOf(commons, country);
  return indicators.flatMap((indicator): Measured[] => {
    const line = lines.find((one) => one.indicator.id === indicator);
    if (line === undefined) return [];
    const before = line.readings.filter((reading) => reading.year < year).at(-1) ?? null;
    const after = line.readings.filter((reading) => reading.year >= year).at(-1) ?? null;
    return [
      { line, before, after, change: before === null || after === null ? null : changeOf(line.indicator, before.value, after.value) },
    ];
  });
}
