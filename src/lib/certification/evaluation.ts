/**
 * The figures by which a centre is judged, from its records. Each has one definition, which pages show beside it:
 *
 *   trained      people who were trained for the first time in the year, as the cascade has it (cascade.ts)
 *   certified    people whose first certificate of this centre that was not revoked was issued in the year
 *   active       of those certified at least 12 months ago: who in the last 12 months taught or observed a session that counts, or had
 *                trained somebody who passed
 *   handed on    people trained by somebody who had been trained before them here: the second generation and those after it
 *   cost         what was entered for the year, by kind; for each person trained where all of it is in one currency
 *
 * None of them is told by programme, country or gender: that is for figures that name nobody (domain/suppression.ts), and beside those it would tell more than they do.
 *
 * How complete they are stands beside them: the devices that may hold work, those heard from, and which has been silent longest.
 */
import type { Instant } from '../domain/clock.ts';
import type { Cascade } from './cascade.ts';
import type { Cost } from './cost.ts';
import { addMonths } from './standing.ts';

export interface Certified {
  readonly person: string;
  readonly programme: string;
  /** When it was issued. */
  readonly at: Instant;
  readonly until: Instant;
  readonly state: 'in-force' | 'suspended' | 'revoked';
}

/** Something that shows that somebody works as a trainer. */
export interface Activity {
  readonly person: string;
  readonly at: Instant;
}

export interface CostSum {
  readonly currency: string;
  readonly sum: number;
  /** By kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface YearFigures {
  readonly year: number;
  readonly trained: number;
  readonly handedOn: number;
  readonly certified: number;
  readonly costs: readonly CostSum[];
  /** In the one currency; null where nothing was entered, there is more than one, or nobody was trained. */
  readonly costPerTrained: number | null;
}

export interface Evaluation {
  /** The newest first: every year from the first of which anything is known to now. */
  readonly years: readonly YearFigures[];
  readonly total: {
    readonly trained: number;
    readonly handedOn: number;
    readonly certified: number;
    /** People who hold a certificate that is in force now. */
    readonly inForce: number;
    readonly active: { readonly of: number; readonly are: number };
    /** How many generations were reached below those who began. */
    readonly generations: number;
    readonly trainers: number;
  };
}

const yearOf = (at: Instant): number => Number(at.slice(0, 4));

/** Of each person the earliest: of certificates that were revoked nothing is counted. */
function firstOf(certified: readonly Certified[]): readonly Certified[] {
  const first = new Map<string, Certified>();
  for (const one of certified) {
    const known = first.get(one.person);
    if (one.state !== 'revoked' && (known === undefined || one.at < known.at)) first.set(one.person, one);
  }
  return [...first.values()];
}

const cents = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0) / 100;

function sumsOf(costs: readonly Cost[]): readonly CostSum[] {
  const currencies = [...new Set(costs.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const own = costs.filter((cost) => cost.currency === currency);
    const kinds = [...new Set(own.map(({ sort }) => sort))].sort();
    return {
      currency,
      sum: cents(own.map(({ amount }) => amount)),
      kinds: Object.fromEntries(kinds.map((kind) => [kind, cents(own.filter(({ sort }) => sort === kind).map(({ amount }) => amount))])),
    };
  });
}

export function evaluationOf(given: {
  readonly cascade: Cascade;
  readonly certified: readonly Certified[];
  readonly activities: readonly Activity[];
  readonly costs: readonly Cost[];
  readonly now: Instant;
}): Evaluation {
  const { cascade, now } = given;
  const costs = given.costs.filter(({ withdrawn }) => withdrawn === undefined);
  const trained = cascade.people.flatMap(({ first, generation }) => (first === null ? [] : [{ year: yearOf(first.at), generation }]));
  const certified = firstOf(given.certified);

  const ago = new Date(addMonths(Date.parse(now), -12)).toISOString();
  const long = certified.filter(({ at }) => at <= ago);
  const active = new Set(given.activities.flatMap(({ person, at }) => (at > ago && at <= now ? [person] : [])));

  const known = [
    yearOf(now),
    ...trained.map(({ year }) => year),
    ...certified.map(({ at }) => yearOf(at)),
    ...costs.map(({ year }) => year),
  ];
  const [from, to] = [Math.min(...known), Math.max(...known)];
  const years = Array.from({ length: to - from + 1 }, (_, i): YearFigures => {
    const year = to - i;
    const these = trained.filter((one) => one.year === year);
    const sums = sumsOf(costs.filter((cost) => cost.year === year));
    const [only] = sums;
    return {
      year,
      trained: these.length,
      handedOn: these.filter(({ generation }) => generation >= 2).length,
      certified: certified.filter(({ at }) => yearOf(at) === year).length,
      costs: sums,
      costPerTrained:
        only !== undefined && sums.length === 1 && these.length > 0 ? Math.round((only.sum / these.length) * 100) / 100 : null,
    };
  });
  const holders = given.certified.filter(({ state, at, until }) => state === 'in-force' && at <= now && now < until);
  return {
    years,
    total: {
      trained: trained.length,
      handedOn: trained.filter(({ generation }) => generation >= 2).length,
      certified: certified.length,
      inForce: new Set(holders.map(({ person }) => person)).size,
      active: { of: long.length, are: long.filter(({ person }) => active.has(person)).length },
      generations: Math.max(0, cascade.generations.length - 1),
      trainers: cascade.trainers.length,
    },
  };
}
