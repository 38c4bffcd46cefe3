/** What the pages of help show: requests of countries, advisory missions, contributions to the fund, new centres that are proposed; and mentoring. As views.ts does for the compendium. */
import { measuredViews, type MeasuredView } from './call-views.ts';
import { linkedFrom, ofKind, type Commons } from './commons.ts';
import { leadOf, refOf, type Lead, type Ref } from './ref.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import type { Contribution } from './kinds/contribution.ts';
import type { Mission, RecommendationState } from './kinds/mission.ts';
import { stepOf, type Proposal, type ProposalStep } from './kinds/proposal.ts';
import type { Request } from './kinds/request.ts';
import { callStateOf, callStates, helpOf, matchAll, needOfRequest, standingOffers, type CallState } from './matching.ts';
import { shown, type Shown } from './views.ts';

/** An entry in a list of help; what is not of its kind is null. */
interface HelpCard extends Ref {
  readonly summary: Shown;
  readonly invented: boolean;
}

export interface RequestCard extends HelpCard {
  readonly country: Ref;
  readonly type: Request['type'];
  readonly state: CallState;
  readonly opens: Day;
  readonly closes: Day;
}

export interface MissionCard extends HelpCard {
  readonly country: Ref;
  readonly by: Shown;
  readonly from: Day;
  readonly until: Day;
  /** How many recommendations there are, and how many were carried out. */
  readonly recommended: number;
  readonly done: number;
}

export interface ContributionCard extends HelpCard {
  readonly by: Shown;
  readonly type: Contribution['type'];
  readonly amount: number | null;
  readonly currency: string | null;
  readonly year: number;
  readonly state: Contribution['state'];
}

export interface ProposalCard extends HelpCard {
  readonly country: Ref;
  readonly step: ProposalStep;
  readonly since: Day;
}

/** Of one currency; amounts of different currencies are never added. */
export interface FundTotal {
  readonly currency: string;
  readonly pledged: number;
  readonly received: number;
  readonly spent: number;
}

export interface HelpView {
  readonly requests: readonly RequestCard[];
  readonly missions: readonly MissionCard[];
  readonly contributions: readonly ContributionCard[];
  readonly totals: readonly FundTotal[];
  readonly proposals: readonly ProposalCard[];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function countryRef({ byId }: Commons, id: EntryId, language: string): { readonly ref: Ref; readonly invented: boolean } | null {
  const country = byId.get(id);
  return country?.kind === 'country' ? { ref: refOf(country, language), invented: country.invented } : null;
}

export function requestCard(commons: Commons, request: Request, language: string, today: Day): RequestCard | null {
  const country = countryRef(commons, request.country, language);
  if (country === null) return null;
  const { type, opens, closes } = request;
  const state = callStateOf(request, today);
  return { ...refOf(request, language), summary: shown(request.summary, language), invented: country.invented, country: country.ref, type, state, opens, closes }; // prettier-ignore
}

export function missionCard(commons: Commons, mission: Mission, language: string): MissionCard | null {
  const country = countryRef(commons, mission.country, language);
  if (country === null) return null;
  return {
    ...refOf(mission, language),
    summary: shown(mission.summary, language),
    invented: country.invented,
    country: country.ref,
    by: shown(mission.by, language),
    from: mission.from,
    until: mission.until,
    recommended: mission.recommendations.length,
    done: mission.recommendations.filter(({ state }) => state === 'done').length,
  };
}

export const contributionCard = (contribution: Contribution, language: string): ContributionCard => ({
  ...refOf(contribution, language),
  summary: shown(contribution.summary, language),
  invented: contribution.invented,
  by: shown(contribution.by, language),
  type: contribution.type,
  amount: contribution.amount,
  currency: contribution.currency,
  year: contribution.year,
  state: contribution.state,
});

function proposalCard(commons: Commons, proposal: Proposal, language: string): ProposalCard | null {
  const country = countryRef(commons, proposal.country, language);
  const last = proposal.steps.at(-1);
  if (country === null || last === undefined) return null;
  return { ...refOf(proposal, language), summary: shown(proposal.summary, language), invented: country.invented, country: country.ref, step: stepOf(proposal), since: last.day }; // prettier-ignore
}

/** By currency; what is made up is not money, and is counted apart by being left out where there is any that is not. */
export function totalsOf(contributions: readonly Contribution[]): readonly FundTotal[] {
  const real = contributions.filter(({ invented }) => !invented);
  const totals = new Map<string, FundTotal>();
  for (const { amount, currency, state } of real.length > 0 ? real : contributions) {
    if (amount === null || currency === null) continue;
    const before = totals.get(currency) ?? { currency, pledged: 0, received: 0, spent: 0 };
    totals.set(currency, { ...before, [state]: before[state] + amount });
  }
  return [...totals.values()].sort((a, b) => compare(a.currency, b.currency));
}

export function helpView(commons: Commons, language: string, today: Day): HelpView {
  const contributions = ofKind(commons.entries, 'contribution');
  return {
    requests: ofKind(commons.entries, 'request')
      .flatMap((request) => requestCard(commons, request, language, today) ?? [])
      .sort((a, b) => callStates.indexOf(a.state) - callStates.indexOf(b.state) || compare(a.closes, b.closes) || compare(a.id, b.id)),
    missions: ofKind(commons.entries, 'mission')
      .flatMap((mission) => missionCard(commons, mission, language) ?? [])
      .sort((a, b) => compare(b.from, a.from) || compare(a.id, b.id)),
    contributions: contributions.map((one) => contributionCard(one, language)).sort((a, b) => b.year - a.year || compare(a.id, b.id)),
    totals: totalsOf(contributions),
    proposals: ofKind(commons.entries, 'proposal')
      .flatMap((proposal) => proposalCard(commons, proposal, language) ?? [])
      .sort((a, b) => compare(b.since, a.since) || compare(a.id, b.id)),
  };
}

interface Whole {
  readonly title: Shown;
  readonly summary: Shown;
  readonly invented: boolean;
  readonly country: Ref | null;
  readonly written: Day;
  readonly reviewed: Day | null;
  readonly sources: readonly { readonly title: string; readonly url: string }[];
}
export type HelpEntryView = Whole & { readonly id: EntryId } & (
    | {
        readonly kind: 'request';
        readonly card: RequestCard;
        readonly has: Shown | null;
        readonly plan: Lead | null;
        readonly languages: readonly string[];
        readonly indicators: readonly Lead[];
        /** Offers that suit it, the best first. */
        readonly offers: readonly (Ref & {
          readonly by: Shown;
          readonly summary: Shown;
          readonly points: number;
          readonly answers: boolean;
        })[];
        readonly agreements: readonly { readonly offer: Ref & { readonly by: Shown }; readonly day: Day; readonly text: Shown }[];
        readonly outcome: { readonly day: Day; readonly text: Shown } | null;
        readonly measured: readonly MeasuredView[];
      }
    | {
        readonly kind: 'mission';
        readonly card: MissionCard;
        readonly plan: Lead | null;
        readonly provider: Lead | null;
        readonly findings: Shown;
        readonly recommendations: readonly {
          readonly text: Shown;
          readonly state: RecommendationState;
          readonly entries: readonly Lead[];
        }[];
      }
    | { readonly kind: 'contribution'; readonly card: ContributionCard; readonly provider: Lead | null; readonly serves: readonly Lead[] }
    | {
        readonly kind: 'proposal';
        readonly card: ProposalCard;
        readonly host: Shown;
        readonly serves: Shown;
        readonly gives: Shown;
        readonly languages: readonly string[];
        readonly themes: readonly Shown[];
        readonly steps: readonly { readonly type: ProposalStep; readonly day: Day; readonly text: Shown; readonly url: string | null }[];
      }
  );

export function helpEntryView(commons: Commons, id: string, language: string, today: Day): HelpEntryView | null {
  const entry = commons.byId.get(id as EntryId);
  const lead = (to: EntryId | null): Lead | null => {
    const found = to === null ? undefined : commons.byId.get(to);
    return found === undefined ? null : leadOf(found, language);
  };
  const leads = (all: readonly EntryId[]): readonly Lead[] => all.flatMap((one) => lead(one) ?? []);
  const say = (text: Readonly<Record<string, string>>): Shown => shown(text, language);
  switch (entry?.kind) {
    case 'request': {
      const [card, need] = [requestCard(commons, entry, language, today), needOfRequest(commons, entry)];
      if (card === null || need === null) return null;
      const offers = new Map(ofKind(commons.entries, 'offer').map((offer) => [offer.id, offer]));
      const agreed = entry.agreements.map(({ day }) => day).sort(compare)[0];
      const country = commons.byId.get(entry.country);
      const standing = standingOffers(commons, agreed ?? (entry.closes < today ? entry.closes : today));
      const ref = (offer: EntryId): (Ref & { readonly by: Shown }) | null => {
        const found = offers.get(offer);
        return found === undefined ? null : { ...refOf(found, language), by: say(found.by) };
      };
      return {
        ...wholeOf(commons, entry, entry.country, language),
        kind: 'request',
        card,
        has: entry.has === null ? null : say(entry.has),
        plan: lead(entry.plan),
        languages: need.languages,
        indicators: leads(entry.indicators),
        offers: matchAll(
          [need],
          standing.map((offer) => helpOf(commons, offer)),
        ).flatMap(({ offer, points }) => {
          const found = offers.get(offer);
          return found === undefined
            ? []
            : [{ ...refOf(found, language), by: say(found.by), summary: say(found.summary), points, answers: found.call === entry.id }];
        }),
        agreements: entry.agreements.flatMap(({ offer, day, text }) => {
          const found = ref(offer);
          return found === null ? [] : [{ offer: found, day, text: say(text) }];
        }),
        outcome: entry.outcome === null ? null : { day: entry.outcome.day, text: say(entry.outcome.text) },
        measured: country?.kind === 'country' ? measuredViews(commons, country, entry.indicators, agreed, language) : [],
      };
    }
    case 'mission': {
      const card = missionCard(commons, entry, language);
      return card === null
        ? null
        : {
            ...wholeOf(commons, entry, entry.country, language),
            kind: 'mission',
            card,
            plan: lead(entry.plan),
            provider: lead(entry.provider),
            findings: say(entry.findings),
            recommendations: entry.recommendations.map(({ text, state, entries }) => ({ text: say(text), state, entries: leads(entries) })),
          };
    }
    case 'contribution':
      return {
        ...wholeOf(commons, entry, null, language),
        invented: entry.invented,
        kind: 'contribution',
        card: contributionCard(entry, language),
        provider: lead(entry.provider),
        serves: leads(entry.serves),
      };
    case 'proposal': {
      const card = proposalCard(commons, entry, language);
      return card === null
        ? null
        : {
            ...wholeOf(commons, entry, entry.country, language),
            kind: 'proposal',
            card,
            host: say(entry.host),
            serves: say(entry.serves),
            gives: say(entry.gives),
            languages: entry.languages,
            themes: leads(entry.themes).map(({ title }) => title),
            steps: entry.steps.map(({ type, day, text, url }) => ({ type, day, text: say(text), url })),
          };
    }
    default:
      return null;
  }
}

function wholeOf(
  commons: Commons,
  entry: Request | Mission | Contribution | Proposal,
  of: EntryId | null,
  language: string,
): Whole & { readonly id: EntryId } {
  const country = of === null ? null : countryRef(commons, of, language);
  return {
    id: entry.id,
    title: shown(entry.title, language),
    summary: shown(entry.summary, language),
    invented: country?.invented ?? false,
    country: country?.ref ?? null,
    written: entry.written,
    reviewed: entry.reviewed,
    sources: entry.sources,
  };
}

/** What belongs to a plan or to a country beside its calls. */
export interface HelpOf {
  readonly missions: readonly MissionCard[];
  readonly requests: readonly RequestCard[];
  readonly contributions: readonly ContributionCard[];
}

/** @param of the id of a plan or of a country */
export function helpFor(commons: Commons, of: EntryId, language: string, today: Day): HelpOf {
  return {
    missions: linkedFrom(commons, of, 'mission').flatMap((mission) => missionCard(commons, mission, language) ?? []),
    requests: linkedFrom(commons, of, 'request').flatMap((request) => requestCard(commons, request, language, today) ?? []),
    contributions: linkedFrom(commons, of, 'contribution').map((one) => contributionCard(one, language)),
  };
}
