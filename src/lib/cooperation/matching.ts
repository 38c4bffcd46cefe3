/**
 * What a partner offers, laid beside what countries need: which offers suit a country, which countries suit an offer. Both are the same list read
 * from two sides. Every point is given for a reason that is shown:
 *
 *   for each indicator that the offer helps with
 *     2   the country is weak in it
 *     1   and it got worse
 *     2   the country asks for it in a call, or a request for help, that is open
 *   1     for each kind of help that such a call seeks and the offer gives
 *   1     they have a language in common; an offer or a country that names no language is open to any
 *
 * An offer helps with the indicators that it names and with those that its solutions answer. Without an indicator in common there is no match,
 * nor where the offer is over, is open to other countries only, or answers another country's call. More points stand first, then ids: the same
 * entries give the same list everywhere.
 */
import { linkedFrom, ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { Call } from './kinds/call.ts';
import type { Country } from './kinds/country.ts';
import type { Offer } from './kinds/offer.ts';
import type { ActivityType } from './kinds/plan.ts';
import type { Request } from './kinds/request.ts';
import { callsOf, indicatorsOfCall, profileOf, weaknessesOf } from './profile.ts';

export const callStates = ['open', 'to-come', 'closed', 'agreed', 'done'] as const;
export type CallState = (typeof callStates)[number];

/** Where a call, or a request for help, is: a day and what was written into it say so. */
export function callStateOf(
  { opens, closes, agreements, outcome }: Pick<Call, 'opens' | 'closes' | 'agreements' | 'outcome'>,
  today: Day,
): CallState {
  if (outcome !== null) return 'done';
  if (agreements.length > 0) return 'agreed';
  if (closes < today) return 'closed';
  return opens > today ? 'to-come' : 'open';
}

/** Why an indicator counts for a country. */
export interface Want {
  readonly weak: boolean;
  readonly worse: boolean;
  readonly asked: boolean;
}

export interface Need {
  readonly country: EntryId;
  readonly languages: readonly string[];
  readonly wants: ReadonlyMap<EntryId, Want>;
  readonly seeks: readonly ActivityType[];
  /** Calls and requests in answer to which an offer may have been made. */
  readonly calls: readonly EntryId[];
}

export interface Help {
  readonly offer: EntryId;
  readonly indicators: readonly EntryId[];
  readonly gives: readonly ActivityType[];
  readonly languages: readonly string[];
  /** None: all. */
  readonly countries: readonly EntryId[];
  readonly call: EntryId | null;
}

export type Reason =
  | ({ readonly type: 'indicator'; readonly indicator: EntryId; readonly points: number } & Want)
  | { readonly type: 'gives'; readonly activity: ActivityType; readonly points: number }
  | { readonly type: 'language'; readonly language: string | null; readonly points: number }
  /** No point: they have none in common, and somebody must interpret. */
  | { readonly type: 'no-language'; readonly points: number };

export interface Match {
  readonly country: EntryId;
  readonly offer: EntryId;
  readonly points: number;
  readonly reasons: readonly Reason[];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a country needs: all it is weak in, and what it asks for in its open calls and requests. */
export function needOf(commons: Commons, country: Country, today: Day): Need {
  const calls = callsOf(commons, country.id);
  const open = calls.filter((call) => callStateOf(call, today) === 'open');
  const requests = linkedFrom(commons, country.id, 'request');
  const wanted = requests.filter((request) => callStateOf(request, today) === 'open');
  const asked = new Set([...open.flatMap((call) => indicatorsOfCall(commons, call)), ...wanted.flatMap(({ indicators }) => indicators)]);
  const wants = new Map<EntryId, Want>();
  for (const { indicator, change } of weaknessesOf(profileOf(commons, country)))
    wants.set(indicator.id, { weak: true, worse: change === 'worse', asked: asked.has(indicator.id) });
  for (const id of asked) if (!wants.has(id)) wants.set(id, { weak: false, worse: false, asked: true });
  return {
    country: country.id,
    languages: country.languages,
    wants,
    seeks: [...new Set(open.flatMap(({ seeks }) => seeks))],
    calls: [...calls, ...requests].map(({ id }) => id),
  };
}

/** What one call asks for, as a need of its own. */
export function needOfCall(commons: Commons, call: Call): Need | null {
  const plan = commons.byId.get(call.plan);
  const country = plan?.kind === 'plan' ? commons.byId.get(plan.country) : undefined;
  if (country?.kind !== 'country') return null;
  const weak = new Map(weaknessesOf(profileOf(commons, country)).map(({ indicator, change }) => [indicator.id, change]));
  return {
    country: country.id,
    languages: call.languages.length > 0 ? call.languages : country.languages,
    wants: new Map(indicatorsOfCall(commons, call).map((id) => [id, { weak: weak.has(id), worse: weak.get(id) === 'worse', asked: true }])),
    seeks: call.seeks,
    calls: [call.id],
  };
}

/** What a request for help asks for, as a need of its own. */
export function needOfRequest(commons: Commons, request: Request): Need | null {
  const country = commons.byId.get(request.country);
  if (country?.kind !== 'country') return null;
  const weak = new Map(weaknessesOf(profileOf(commons, country)).map(({ indicator, change }) => [indicator.id, change]));
  return {
    country: country.id,
    languages: request.languages.length > 0 ? request.languages : country.languages,
    wants: new Map(request.indicators.map((id) => [id, { weak: weak.has(id), worse: weak.get(id) === 'worse', asked: true }])),
    seeks: [],
    calls: [request.id],
  };
}

export function helpOf({ byId }: Pick<Commons, 'byId'>, offer: Offer): Help {
  const answered = offer.solutions.flatMap((id) => {
    const solution = byId.get(id);
    return solution?.kind === 'solution' ? solution.indicators : [];
  });
  return {
    offer: offer.id,
    indicators: [...new Set([...offer.indicators, ...answered])].sort(compare),
    gives: offer.gives,
    languages: offer.languages,
    countries: offer.countries,
    call: offer.call,
  };
}

/** Offers that can still be taken up. */
export const standingOffers = (commons: Commons, today: Day): readonly Offer[] =>
  ofKind(commons.entries, 'offer').filter(({ until }) => until === null || until >= today);

function languageReason(one: readonly string[], other: readonly string[]): Reason {
  if (one.length === 0 || other.length === 0) return { type: 'language', language: null, points: 1 };
  const common = one.find((language) => other.includes(language));
  return common === undefined ? { type: 'no-language', points: 0 } : { type: 'language', language: common, points: 1 };
}

/** Whether an offer suits a need, and why; null where it does not. */
export function matchOf(need: Need, help: Help): Match | null {
  if (help.countries.length > 0 && !help.countries.includes(need.country)) return null;
  if (help.call !== null && !need.calls.includes(help.call)) return null;
  const reasons: Reason[] = [];
  for (const indicator of help.indicators) {
    const want = need.wants.get(indicator);
    if (want === undefined) continue;
    const points = (want.weak ? 2 : 0) + (want.worse ? 1 : 0) + (want.asked ? 2 : 0);
    reasons.push({ type: 'indicator', indicator, ...want, points });
  }
  if (reasons.length === 0) return null;
  for (const activity of help.gives) if (need.seeks.includes(activity)) reasons.push({ type: 'gives', activity, points: 1 });
  reasons.push(languageReason(need.languages, help.languages));
  return { country: need.country, offer: help.offer, points: reasons.reduce((sum, { points }) => sum + points, 0), reasons };
}

/** Every match, best first. */
export const matchAll = (needs: readonly Need[], helps: readonly Help[]): readonly Match[] =>
  needs
    .flatMap((need) => helps.flatMap((help) => matchOf(need, help) ?? []))
    .sort((a, b) => b.points - a.points || compare(a.country, b.country) || compare(a.offer, b.offer));
