/** What the pages of countries show, in one language: as views.ts does for the compendium, by the same functions in the node and on the device. */
import { queryWords, unspaced, variantsOf } from '../course/search.ts';
import { ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { Call } from './kinds/call.ts';
import type { Country } from './kinds/country.ts';
import type { Indicator } from './kinds/indicator.ts';
import { helpFor, type HelpOf } from './help.ts';
import type { Offer } from './kinds/offer.ts';
import type { Activity, ActivityType } from './kinds/plan.ts';
import {
  callStateOf,
  callStates,
  helpOf,
  matchAll,
  needOf,
  needOfCall,
  standingOffers,
  type CallState,
  type Match,
  type Reason,
} from './matching.ts';
import { isLate, objectivesOf, type Progress } from './plan-state.ts';
import {
  answersTo,
  callsOf,
  changeOf,
  indicatorsOfCall,
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

export type ReasonView = Reason & { readonly title: Shown | null };

export interface MatchView {
  readonly points: number;
  readonly reasons: readonly ReasonView[];
}

export interface OfferCard extends Ref {
  readonly summary: Shown;
  readonly by: Shown;
  readonly invented: boolean;
  readonly gives: readonly ActivityType[];
  readonly languages: readonly string[];
  readonly until: Day | null;
}

export interface CallCard extends Ref {
  readonly summary: Shown;
  readonly country: Ref;
  readonly invented: boolean;
  readonly state: CallState;
  readonly opens: Day;
  readonly closes: Day;
  readonly seeks: readonly ActivityType[];
}

export interface CallsView {
  readonly calls: readonly CallCard[];
  /** Each offer, and the countries that it suits. */
  readonly offers: readonly (OfferCard & { readonly countries: readonly (MatchView & { readonly country: Ref })[] })[];
}

export interface CallView extends CallCard {
  readonly plan: Ref;
  readonly languages: readonly string[];
  readonly objectives: readonly { readonly id: string; readonly title: Shown; readonly indicator: Ref }[];
  /** Offers that suit it. */
  readonly offers: readonly (MatchView & { readonly offer: OfferCard })[];
  readonly agreements: readonly { readonly offer: OfferCard; readonly day: Day; readonly text: Shown }[];
  readonly outcome: { readonly day: Day; readonly text: Shown } | null;
  /** What the profile says of each indicator that it was about: before the agreement, and since. */
  readonly measured: readonly {
    readonly indicator: Ref;
    readonly unit: Shown;
    readonly before: Reading | null;
    readonly after: Reading | null;
    readonly change: Change | null;
  }[];
}

const offerCard = (offer: Offer, language: string): OfferCard => ({
  ...refOf(offer, language),
  summary: shown(offer.summary, language),
  by: shown(offer.by, language),
  invented: offer.invented,
  gives: offer.gives,
  languages: offer.languages,
  until: offer.until,
});

function callCard(commons: Commons, call: Call, language: string, today: Day): CallCard | null {
  const plan = commons.byId.get(call.plan);
  const country = plan?.kind === 'plan' ? commons.byId.get(plan.country) : undefined;
  if (country?.kind !== 'country') return null;
  return {
    ...refOf(call, language),
    summary: shown(call.summary, language),
    country: refOf(country, language),
    invented: country.invented,
    state: callStateOf(call, today),
    opens: call.opens,
    closes: call.closes,
    seeks: call.seeks,
  };
}

const matchView = (commons: Commons, { points, reasons }: Match, language: string): MatchView => ({
  points,
  reasons: reasons.map((reason) => {
    const found = reason.type === 'indicator' ? commons.byId.get(reason.indicator) : undefined;
    return { ...reason, title: found === undefined ? null : shown(found.title, language) };
  }),
});

export function callsView(commons: Commons, language: string, today: Day): CallsView {
  const needs = ofKind(commons.entries, 'country').map((country) => needOf(commons, country, today));
  const offers = standingOffers(commons, today);
  const matches = matchAll(
    needs,
    offers.map((offer) => helpOf(commons, offer)),
  );
  const byOffer = new Map<EntryId, Match[]>();
  for (const match of matches) {
    const known = byOffer.get(match.offer);
    if (known === undefined) byOffer.set(match.offer, [match]);
    else known.push(match);
  }
  return {
    calls: ofKind(commons.entries, 'call')
      .flatMap((call) => callCard(commons, call, language, today) ?? [])
      .sort((a, b) => callStates.indexOf(a.state) - callStates.indexOf(b.state) || compare(a.closes, b.closes) || compare(a.id, b.id)),
    offers: [...offers]
      .sort((a, b) => compare(a.id, b.id))
      .map((offer) => ({
        ...offerCard(offer, language),
        countries: (byOffer.get(offer.id) ?? []).flatMap((match) => {
          const country = commons.byId.get(match.country);
          return country === undefined ? [] : [{ ...matchView(commons, match, language), country: refOf(country, language) }];
        }),
      })),
  };
}

export function callView(commons: Commons, id: string, language: string, today: Day): CallView | null {
  const call = commons.byId.get(id as EntryId);
  if (call?.kind !== 'call') return null;
  const [card, need, plan] = [callCard(commons, call, language, today), needOfCall(commons, call), commons.byId.get(call.plan)];
  if (card === null || need === null || plan?.kind !== 'plan') return null;
  const country = commons.byId.get(plan.country);
  if (country?.kind !== 'country') return null;
  const { lines } = profileOf(commons, country);
  const lineFor = (indicator: EntryId): Line | undefined => lines.find((line) => line.indicator.id === indicator);
  const asked = indicatorsOfCall(commons, call);
  const offers = new Map(ofKind(commons.entries, 'offer').map((offer) => [offer.id, offer]));
  // Of a call that is over: the offers of its time, whether or not they could still be taken up.
  const agreed = call.agreements.map(({ day }) => day).sort(compare)[0];
  const helps = standingOffers(commons, agreed ?? (call.closes < today ? call.closes : today)).map((offer) => helpOf(commons, offer));
  return {
    ...card,
    plan: refOf(plan, language),
    languages: need.languages,
    objectives: plan.objectives
      .filter((objective) => call.objectives.length === 0 || call.objectives.includes(objective.id))
      .flatMap((objective) => {
        const line = lineFor(objective.indicator);
        return line === undefined
          ? []
          : [{ id: objective.id, title: shown(objective.title, language), indicator: refOf(line.indicator, language) }];
      }),
    offers: matchAll([need], helps).flatMap((match) => {
      const offer = offers.get(match.offer);
      return offer === undefined ? [] : [{ ...matchView(commons, match, language), offer: offerCard(offer, language) }];
    }),
    agreements: call.agreements.flatMap(({ offer: of, day, text }) => {
      const offer = offers.get(of);
      return offer === undefined ? [] : [{ offer: offerCard(offer, language), day, text: shown(text, language) }];
    }),
    outcome: call.outcome === null ? null : { day: call.outcome.day, text: shown(call.outcome.text, language) },
    measured:
      agreed === undefined
        ? []
        : asked.flatMap((indicator) => {
            const line = lineFor(indicator);
            if (line === undefined) return [];
            const year = Number(agreed.slice(0, 4));
            const before = line.readings.filter((reading) => reading.year < year).at(-1) ?? null;
            const after = line.readings.filter((reading) => reading.year >= year).at(-1) ?? null;
            return [
              {
                indicator: refOf(line.indicator, language),
                unit: shown(line.indicator.unit, language),
                before,
                after,
                change: before === null || after === null ? null : changeOf(line.indicator, before.value, after.value),
              },
            ];
          }),
  };
}
