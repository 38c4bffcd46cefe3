/** What the pages of countries show, in one language: as views.ts does for the compendium, by the same functions in the node and on the device. */
import { queryWords, unspaced, variantsOf } from '../course/search.ts';
import { ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { CallCard } from './call-views.ts';
import type { Country } from './kinds/country.ts';
import type { Indicator } from './kinds/indicator.ts';
import { helpFor, type HelpOf } from './help.ts';
import type { Activity, ActivityType } from './kinds/plan.ts';
import { callStateOf } from './matching.ts';
import { isLate, objectivesOf, type Progress } from './plan-state.ts';
import {
  answersTo,
  callsOf,
  peersOf,
  plansOf,
  profileOf,
  strengthsOf,
  talliesOf,
  tallyOf,
  weaknessesOf,
  type Change,
  type Line,
  type Reading,
  type Standing,
  type Tally,
} from './profile.ts';
import { refOf, type Ref } from './ref.ts';
import { shown, type Shown } from './views.ts';

export interface CountryCard extends Ref {
  readonly summary: Shown;
  readonly invented: boolean;
  readonly code: string | null;
  readonly tally: Tally | null;
}

export interface CountriesView {
  readonly words: string;
  readonly weak: EntryId | null;
  readonly countries: readonly CountryCard[];
  /** Indicators in which some country is weak, and how many are. */
  readonly weaknesses: readonly (Ref & { readonly n: number })[];
}

export interface LineView {
  readonly id: EntryId;
  readonly title: Shown;
  readonly unit: Shown;
  readonly national: boolean;
  readonly direction: Indicator['direction'];
  readonly weak: number | null;
  readonly strong: number | null;
  readonly readings: readonly Reading[];
  readonly latest: Reading | null;
  readonly standing: Standing;
  readonly change: Change | null;
}

export interface WeaknessView {
  readonly line: EntryId;
  readonly solutions: readonly Ref[];
  readonly courses: readonly (Ref & { readonly course: string | null })[];
  readonly centres: readonly Ref[];
  readonly calls: readonly Ref[];
}

export interface ProfileView {
  readonly country: Omit<CountryCard, 'tally'>;
  readonly years: readonly number[];
  readonly tallies: readonly Tally[];
  readonly groups: readonly { readonly id: EntryId; readonly title: Shown; readonly lines: readonly LineView[] }[];
  readonly weaknesses: readonly WeaknessView[];
  readonly strengths: readonly EntryId[];
  readonly centres: readonly Ref[];
  readonly plans: readonly Ref[];
  readonly calls: readonly Ref[];
  readonly compare: Country['compare'];
  /** Countries beside which it may be laid, and whether each was asked for. */
  readonly peers: readonly (Ref & { readonly chosen: boolean })[];
  readonly beside: readonly { readonly country: Ref; readonly lines: readonly Pick<LineView, 'id' | 'latest' | 'standing'>[] }[];
  readonly sources: Country['sources'];
  /** Missions to it and requests of it. */
  readonly help: HelpOf;
}

const cardOf = (country: Country, language: string): Omit<CountryCard, 'tally'> => ({
  ...refOf(country, language),
  summary: shown(country.summary, language),
  invented: country.invented,
  code: country.code,
});

const lineView = ({ indicator, readings, latest, standing, change }: Line, language: string): LineView => ({
  id: indicator.id,
  title: shown(indicator.title, language),
  unit: shown(indicator.unit, language),
  national: indicator.country !== null,
  direction: indicator.direction,
  weak: indicator.weak,
  strong: indicator.strong,
  readings,
  latest,
  standing,
  change,
});

/** Whether a line of the index has every word of the query, as the compendium's search finds them (find.ts). */
function isFound(line: string, words: string): boolean {
  return queryWords(words).every((word) =>
    variantsOf(word).some((variant) => line.includes(unspaced.test(variant) ? variant : ` ${variant}`)),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @param weak an indicator: only countries that are weak in it */
export function countriesView(commons: Commons, words: string, weak: string | null, language: string): CountriesView {
  const lines = new Map(commons.entries.map((entry, i) => [entry.id, commons.lines[i] ?? '']));
  const all = ofKind(commons.entries, 'country')
    .map((country) => ({ country, profile: profileOf(commons, country) }))
    .map(({ country, profile }) => ({ country, profile, weaknesses: weaknessesOf(profile) }));
  const counts = new Map<EntryId, number>();
  for (const { weaknesses } of all) for (const { indicator } of weaknesses) counts.set(indicator.id, (counts.get(indicator.id) ?? 0) + 1);
  const chosen = weak !== null && counts.has(weak as EntryId) ? (weak as EntryId) : null;
  return {
    words,
    weak: chosen,
    countries: all
      .filter(({ country, weaknesses }) => {
        // A country is found by its own words and by what it is weak in.
        const line = [lines.get(country.id) ?? '', ...weaknesses.map(({ indicator }) => lines.get(indicator.id) ?? '')].join(' ');
        return isFound(line, words) && (chosen === null || weaknesses.some(({ indicator }) => indicator.id === chosen));
      })
      .sort((a, b) => compare(a.country.id, b.country.id))
      .map(({ country, profile }) => {
        const newest = profile.years.at(-1);
        return { ...cardOf(country, language), tally: newest === undefined ? null : tallyOf(profile, newest) };
      }),
    weaknesses: [...counts]
      .flatMap(([id, n]) => {
        const entry = commons.byId.get(id);
        return entry === undefined ? [] : [{ ...refOf(entry, language), n }];
      })
      .sort((a, b) => compare(a.id, b.id)),
  };
}

/** So many answers of one sort are named under a weakness; the indicator's own page has all. */
const mostAnswers = 3;
/** So many countries can be laid beside one. */
const mostBeside = 3;

/** @param asked ids of countries to lay beside it; one that does not allow it is left out */
export function profileView(commons: Commons, id: string, asked: readonly string[], language: string, today: Day): ProfileView | null {
  const country = commons.byId.get(id as EntryId);
  if (country?.kind !== 'country') return null;
  const profile = profileOf(commons, country);
  const ref = (one: Parameters<typeof refOf>[0]): Ref => refOf(one, language);
  const groups = [...new Set(profile.lines.map(({ indicator }) => indicator.group))];
  const peers = peersOf(commons, country);
  const beside = peers.filter((peer) => asked.includes(peer.id)).slice(0, mostBeside);
  return {
    country: cardOf(country, language),
    years: profile.years,
    tallies: talliesOf(commons, profile),
    groups: groups.flatMap((group) => {
      const term = group === null ? undefined : commons.byId.get(group);
      const lines = profile.lines.filter(({ indicator }) => indicator.group === group).map((line) => lineView(line, language));
      return term === undefined ? [] : [{ id: term.id, title: shown(term.title, language), lines }];
    }),
    weaknesses: weaknessesOf(profile).map(({ indicator }) => {
      const { solutions, courses, centres, calls } = answersTo(commons, indicator.id, country, today);
      return {
        line: indicator.id,
        solutions: solutions.slice(0, mostAnswers).map(ref),
        courses: courses.slice(0, mostAnswers).map((listing) => ({ ...ref(listing), course: listing.course })),
        centres: centres.slice(0, mostAnswers).map(ref),
        calls: calls.slice(0, mostAnswers).map(ref),
      };
    }),
    strengths: strengthsOf(profile).map(({ indicator }) => indicator.id),
    centres: country.centres.flatMap((centre) => {
      const found = commons.byId.get(centre);
      return found === undefined ? [] : [ref(found)];
    }),
    plans: plansOf(commons, country.id).map(ref),
    calls: callsOf(commons, country.id).map(ref),
    compare: country.compare,
    peers: peers.map((peer) => ({ ...ref(peer), chosen: beside.includes(peer) })),
    beside: beside.map((peer) => ({
      country: ref(peer),
      lines: profileOf(commons, peer).lines.map(({ indicator, latest, standing }) => ({ id: indicator.id, latest, standing })),
    })),
    sources: country.sources,
    help: helpFor(commons, country.id, language, today),
  };
}

export interface ObjectiveView {
  readonly id: string;
  readonly title: Shown;
  readonly indicator: Ref;
  readonly unit: Shown;
  readonly start: number;
  readonly aim: number;
  readonly now: Progress;
  readonly years: readonly (Progress & { readonly year: number })[];
  readonly solutions: readonly Ref[];
}

export interface ActivityView {
  readonly id: string;
  readonly title: Shown;
  readonly objective: string;
  readonly type: ActivityType;
  readonly from: number;
  readonly until: number;
  readonly responsible: Shown;
  readonly budget: Shown;
  readonly state: Activity['state'];
  readonly late: boolean;
  readonly courses: readonly (Ref & { readonly course: string | null })[];
}

export interface PlanView {
  readonly plan: Ref;
  readonly summary: Shown;
  readonly country: Ref;
  readonly invented: boolean;
  readonly responsible: Shown;
  readonly from: number;
  readonly until: number;
  /** The calendar year for which it was worked out. */
  readonly year: number;
  readonly objectives: readonly ObjectiveView[];
  readonly activities: readonly ActivityView[];
  readonly reviews: readonly { readonly year: number; readonly day: Day; readonly text: Shown }[];
  readonly calls: readonly (Ref & Pick<CallCard, 'state' | 'opens' | 'closes'>)[];
  /** Missions recorded against it, requests that serve it, what was given for it. */
  readonly help: HelpOf;
}

export function planView(commons: Commons, id: string, language: string, today: Day): PlanView | null {
  const plan = commons.byId.get(id as EntryId);
  if (plan?.kind !== 'plan') return null;
  const country = commons.byId.get(plan.country);
  if (country?.kind !== 'country') return null;
  const refs = (ids: readonly EntryId[]): readonly Ref[] =>
    ids.flatMap((one) => {
      const found = commons.byId.get(one);
      return found === undefined ? [] : [refOf(found, language)];
    });
  const year = Number(today.slice(0, 4));
  return {
    plan: refOf(plan, language),
    summary: shown(plan.summary, language),
    country: refOf(country, language),
    invented: country.invented,
    responsible: shown(plan.responsible, language),
    from: plan.from,
    until: plan.until,
    year,
    objectives: objectivesOf(commons, plan).flatMap(({ objective, line, now, years }) =>
      line === null
        ? []
        : [
            {
              id: objective.id,
              title: shown(objective.title, language),
              indicator: refOf(line.indicator, language),
              unit: shown(line.indicator.unit, language),
              start: objective.start,
              aim: objective.aim,
              now,
              years,
              solutions: refs(objective.solutions),
            },
          ],
    ),
    activities: plan.activities.map((activity) => ({
      id: activity.id,
      title: shown(activity.title, language),
      objective: activity.objective,
      type: activity.type,
      from: activity.from,
      until: activity.until,
      responsible: shown(activity.responsible, language),
      budget: shown(commons.byId.get(`cost-${activity.budget}` as EntryId)?.title ?? {}, language),
      state: activity.state,
      late: isLate(activity, year),
      courses: activity.courses.flatMap((one) => {
        const listing = commons.byId.get(one);
        return listing?.kind === 'listing' ? [{ ...refOf(listing, language), course: listing.course }] : [];
      }),
    })),
    reviews: [...plan.reviews]
      .sort((a, b) => b.year - a.year)
      .map(({ year: of, day, text }) => ({ year: of, day, text: shown(text, language) })),
    calls: callsOf(commons, country.id)
      .filter((call) => call.plan === plan.id)
      .map((call) => ({ ...refOf(call, language), state: callStateOf(call, today), opens: call.opens, closes: call.closes })),
    help: helpFor(commons, plan.id, language, today),
  };
}
