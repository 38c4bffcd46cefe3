/** What the pages of calls and offers show, in one language: who asks for what, who gives what, which suits which, and what became of it. As views.ts does for the compendium. */
import { linkedFrom, ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import { countryOf } from './kinds.ts';
import type { Call } from './kinds/call.ts';
import type { Country } from './kinds/country.ts';
import type { Offer } from './kinds/offer.ts';
import type { ActivityType } from './kinds/plan.ts';
import {
  callStateOf,
  callStates,
  helpOf,
  matchAll,
  needOf,
  needOfCall,
  needOfRequest,
  standingOffers,
  type CallState,
  type Match,
  type Reason,
} from './matching.ts';
import { indicatorsOfCall, measuredSince, profileOf, type Change, type Line, type Reading } from './profile.ts';
import { leadOf, refOf, type Lead, type Ref } from './ref.ts';
import { shown, type Shown } from './views.ts';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

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

export interface MeasuredView {
  readonly indicator: Ref;
  readonly unit: Shown;
  readonly before: Reading | null;
  readonly after: Reading | null;
  readonly change: Change | null;
}

/** @param agreed the first day on which something was agreed */
export const measuredViews = (
  commons: Commons,
  country: Country,
  indicators: readonly EntryId[],
  agreed: Day | undefined,
  language: string,
): readonly MeasuredView[] =>
  measuredSince(commons, country, indicators, agreed).map(({ line: { indicator }, before, after, change }) => ({
    indicator: refOf(indicator, language),
    unit: shown(indicator.unit, language),
    before,
    after,
    change,
  }));

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
  readonly measured: readonly MeasuredView[];
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
    measured: measuredViews(commons, country, asked, agreed, language),
  };
}

/** What an offer came to: a call or a request that chose it. */
export interface Chosen {
  readonly of: Lead;
  readonly country: Ref;
  readonly day: Day;
  readonly text: Shown;
  /** Whether the country has said what became of it. */
  readonly done: boolean;
}

export interface OfferView extends OfferCard {
  readonly provider: Ref | null;
  /** Whether it can still be taken up. */
  readonly standing: boolean;
  /** The call or the request in answer to which it was made. */
  readonly answers: Lead | null;
  readonly indicators: readonly Ref[];
  readonly solutions: readonly Ref[];
  /** Countries to which it is open; none: all. */
  readonly countries: readonly Ref[];
  /** Countries that it suits, the best first. */
  readonly matches: readonly (MatchView & { readonly country: Ref })[];
  readonly chosen: readonly Chosen[];
  readonly written: Day;
  readonly reviewed: Day | null;
  readonly sources: Offer['sources'];
}

export function offerView(commons: Commons, id: string, language: string, today: Day): OfferView | null {
  const offer = commons.byId.get(id as EntryId);
  if (offer?.kind !== 'offer') return null;
  const refs = (ids: readonly EntryId[]): readonly Ref[] =>
    ids.flatMap((one) => {
      const found = commons.byId.get(one);
      return found === undefined ? [] : [refOf(found, language)];
    });
  const answered = offer.call === null ? undefined : commons.byId.get(offer.call);
  // What was made in answer to one call is laid beside that call: its own need, not all that the country is weak in.
  const need =
    answered?.kind === 'call' ? needOfCall(commons, answered) : answered?.kind === 'request' ? needOfRequest(commons, answered) : null;
  const needs = need === null ? ofKind(commons.entries, 'country').map((country) => needOf(commons, country, today)) : [need];
  const chosen = [...linkedFrom(commons, offer.id, 'call'), ...linkedFrom(commons, offer.id, 'request')].flatMap((asking) => {
    const country = commons.byId.get(countryOf(commons, asking) ?? ('' as EntryId));
    return country === undefined
      ? []
      : asking.agreements
          .filter((agreement) => agreement.offer === offer.id)
          .map(({ day, text }): Chosen => ({
            of: leadOf(asking, language),
            country: refOf(country, language),
            day,
            text: shown(text, language),
            done: asking.outcome !== null,
          }));
  });
  return {
    ...offerCard(offer, language),
    provider: offer.provider === null ? null : (refs([offer.provider])[0] ?? null),
    standing: offer.until === null || offer.until >= today,
    answers: answered === undefined ? null : leadOf(answered, language),
    indicators: refs(helpOf(commons, offer).indicators),
    solutions: refs(offer.solutions),
    countries: refs(offer.countries),
    matches: matchAll(needs, [helpOf(commons, offer)]).flatMap((match) => {
      const country = commons.byId.get(match.country);
      return country === undefined ? [] : [{ ...matchView(commons, match, language), country: refOf(country, language) }];
    }),
    chosen: chosen.sort((a, b) => compare(a.day, b.day) || compare(a.of.id, b.of.id)),
    written: offer.written,
    reviewed: offer.reviewed,
    sources: offer.sources,
  };
}
