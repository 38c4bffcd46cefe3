/**
 * Who helps whom, towards what: missions, agreements that came of calls and requests, and contributions, seen from the countries and the goals. Beside it where two do
 * the same, and where nobody does anything.
 *
 *   going       a mission until its last day, or while a recommendation is open or under way; an agreement until its country says what became of it; a contribution until it
 *               is spent
 *   helps with  an agreement with the indicators of its call or request; a mission with those that the solutions it recommends answer. Money by itself helps with none
 *   twice       a country is helped with the same indicator by two bodies whose help is going on
 *   unhelped    a country is weak in an indicator and nothing that is going on helps with it; beside it whether the country asks for it in an open call or request, and how
 *               many offers, open to it, would help
 */
import { rowsToCsv } from '../domain/csv.ts';
import { pathOf } from './address.ts';
import { ofKind, type Commons } from './commons.ts';
import type { Day } from './day.ts';
import type { EntryId, Text } from './entry.ts';
import { countryOf, type Entry } from './kinds.ts';
import { stepOf, type ProposalStep } from './kinds/proposal.ts';
import { helpOf, needOf, standingOffers } from './matching.ts';
import { indicatorsOfCall } from './profile.ts';
import { leadOf, refOf, type Lead, type Ref } from './ref.ts';
import { goalsServedBy } from './serves.ts';
import { isAvailable, stateOf } from './state.ts';
import { shown, type Shown } from './views.ts';

export interface Given {
  /** Where it is read: of an agreement the call or the request. */
  readonly what: Lead;
  readonly type: 'mission' | 'agreement' | 'contribution';
  readonly by: Shown;
  /** Null: whatever the partnership needs. */
  readonly country: Ref | null;
  readonly invented: boolean;
  readonly goals: readonly number[];
  /** A day, or of a contribution a year. */
  readonly begins: string;
  /** Null where no end is known. */
  readonly ends: Day | null;
  readonly going: boolean;
}

interface Unhelped extends Ref {
  readonly asked: boolean;
  readonly offers: number;
}

export interface HelpReach {
  /** What goes on first, then the latest. */
  readonly given: readonly Given[];
  readonly twice: readonly { readonly country: Ref; readonly indicator: Ref; readonly by: readonly Shown[] }[];
  readonly unhelped: readonly { readonly country: Ref; readonly invented: boolean; readonly indicators: readonly Unhelped[] }[];
  readonly proposals: readonly { readonly what: Lead; readonly country: Ref; readonly step: ProposalStep; readonly since: Day }[];
  /** Mentoring that can be applied for. */
  readonly mentoring: readonly { readonly what: Lead; readonly by: Shown | null }[];
}

/** One body helping one country, before it is put into a language. */
interface Deed {
  readonly entry: Entry;
  readonly type: Given['type'];
  readonly by: Text;
  readonly provider: EntryId | null;
  readonly country: EntryId | null;
  readonly goals: readonly number[];
  readonly indicators: readonly EntryId[];
  readonly begins: string;
  readonly ends: Day | null;
  readonly going: boolean;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function missionsOf(commons: Commons, today: Day): readonly Deed[] {
  return ofKind(commons.entries, 'mission').map((mission) => ({
    entry: mission,
    type: 'mission',
    by: mission.by,
    provider: mission.provider,
    country: mission.country,
    goals: goalsServedBy(mission, commons),
    indicators: mission.recommendations.flatMap(({ entries }) =>
      entries.flatMap((id) => {
        const solution = commons.byId.get(id);
        return solution?.kind === 'solution' ? solution.indicators : [];
      }),
    ),
    begins: mission.from,
    ends: mission.until,
    going: mission.until >= today || mission.recommendations.some(({ state }) => state === 'open' || state === 'under-way'),
  }));
}

function agreementsOf(commons: Commons): readonly Deed[] {
  return [...ofKind(commons.entries, 'call'), ...ofKind(commons.entries, 'request')].flatMap((asking) =>
    asking.agreements.flatMap(({ offer: id, day }): Deed[] => {
      const offer = commons.byId.get(id);
      return offer?.kind !== 'offer'
        ? []
        : [
            {
              entry: asking,
              type: 'agreement',
              by: offer.by,
              provider: offer.provider,
              country: countryOf(commons, asking),
              goals: goalsServedBy(asking, commons),
              indicators: asking.kind === 'call' ? indicatorsOfCall(commons, asking) : asking.indicators,
              begins: day,
              ends: asking.outcome?.day ?? null,
              going: asking.outcome === null,
            },
          ];
    }),
  );
}

/** A contribution that serves several countries is told of each. */
function contributionsOf(commons: Commons): readonly Deed[] {
  return ofKind(commons.entries, 'contribution').flatMap((contribution) => {
    const countries = contribution.serves.flatMap((id) => {
      const found = commons.byId.get(id);
      return found === undefined ? [] : (countryOf(commons, found) ?? []);
    });
    const deed = (country: EntryId | null): Deed => ({
      entry: contribution,
      type: 'contribution',
      by: contribution.by,
      provider: contribution.provider,
      country,
      goals: goalsServedBy(contribution, commons),
      indicators: [],
      begins: String(contribution.year),
      ends: null,
      going: contribution.state !== 'spent',
    });
    return countries.length === 0 ? [deed(null)] : [...new Set(countries)].map(deed);
  });
}

const deedsOf = (commons: Commons, today: Day): readonly Deed[] =>
  [...missionsOf(commons, today), ...agreementsOf(commons), ...contributionsOf(commons)].sort(
    (a, b) => Number(b.going) - Number(a.going) || compare(b.begins, a.begins) || compare(a.entry.id, b.entry.id),
  );

/** Whether it is made up, or happens in a country that is. */
function isInvented({ entry, country }: Pick<Deed, 'entry' | 'country'>, { byId }: Commons): boolean {
  const of = country === null ? undefined : byId.get(country);
  return ('invented' in entry && entry.invented) || (of?.kind === 'country' && of.invented);
}

export function helpReach(commons: Commons, language: string, today: Day): HelpReach {
  const deeds = deedsOf(commons, today);
  const refTo = (id: EntryId | null): Ref | null => {
    const found = id === null ? undefined : commons.byId.get(id);
    return found === undefined ? null : refOf(found, language);
  };
  const countries = ofKind(commons.entries, 'country').toSorted((a, b) => compare(a.id, b.id));
  const offers = standingOffers(commons, today).map((offer) => helpOf(commons, offer));

  const twice = countries.flatMap((country) => {
    const going = deeds.filter((deed) => deed.going && deed.country === country.id);
    return [...new Set(going.flatMap(({ indicators }) => indicators))].sort(compare).flatMap((id) => {
      const bodies = new Map<string, Text>();
      for (const { indicators, provider, by } of going) if (indicators.includes(id)) bodies.set(provider ?? JSON.stringify(by), by);
      const indicator = refTo(id);
      return bodies.size < 2 || indicator === null
        ? []
        : [{ country: refOf(country, language), indicator, by: [...bodies.values()].map((by) => shown(by, language)) }];
    });
  });

  const unhelped = countries.flatMap((country) => {
    const helped = new Set(deeds.flatMap((deed) => (deed.going && deed.country === country.id ? deed.indicators : [])));
    const indicators = [...needOf(commons, country, today).wants].flatMap(([id, { weak, asked }]): Unhelped[] => {
      const ref = refTo(id);
      if (!weak || helped.has(id) || ref === null) return [];
      const could = offers.filter((offer) => offer.indicators.includes(id) && (offer.countries.length === 0 || offer.countries.includes(country.id))); // prettier-ignore
      return [{ ...ref, asked, offers: could.length }];
    });
    return indicators.length === 0 ? [] : [{ country: refOf(country, language), invented: country.invented, indicators }];
  });

  return {
    given: deeds.map((deed) => ({
      what: leadOf(deed.entry, language),
      type: deed.type,
      by: shown(deed.by, language),
      country: refTo(deed.country),
      invented: isInvented(deed, commons),
      goals: deed.goals,
      begins: deed.begins,
      ends: deed.ends,
      going: deed.going,
    })),
    twice,
    unhelped,
    proposals: ofKind(commons.entries, 'proposal')
      .flatMap((proposal) => {
        const [country, last] = [refTo(proposal.country), proposal.steps.at(-1)];
        return country === null || last === undefined
          ? []
          : [{ what: leadOf(proposal, language), country, step: stepOf(proposal), since: last.day }];
      })
      .sort((a, b) => compare(b.since, a.since) || compare(a.what.id, b.what.id)),
    mentoring: ofKind(commons.entries, 'opportunity')
      .filter((entry) => entry.type === 'mentoring' && isAvailable(stateOf(entry, today)))
      .map((entry) => ({ what: leadOf(entry, language), by: refTo(entry.provider)?.title ?? null })),
  };
}

/** A row for each help that was given, each new centre that is proposed and each mentoring: who, whom, towards which goals, when. */
export function csvOfHelp(commons: Commons, language: string, origin: string, today: Day): string {
  const titleOf = (id: EntryId | null): string => {
    const found = id === null ? undefined : commons.byId.get(id);
    return found === undefined ? '' : shown(found.title, language).text;
  };
  const yes = (is: boolean): string => (is ? 'yes' : '');
  const deeds = deedsOf(commons, today).map((deed) => [
    deed.type,
    deed.entry.id,
    shown(deed.entry.title, language).text,
    shown(deed.by, language).text,
    deed.country ?? '',
    deed.goals.join(' '),
    deed.begins,
    deed.ends ?? '',
    yes(deed.going),
    yes(isInvented(deed, commons)),
    `${origin}${pathOf(deed.entry)}`,
  ]);
  const proposals = ofKind(commons.entries, 'proposal').map((proposal) => {
    const step = stepOf(proposal);
    const going = step !== 'approved' && step !== 'declined';
    return [
      'proposal',
      proposal.id,
      shown(proposal.title, language).text,
      titleOf(proposal.country),
      proposal.country,
      '',
      proposal.steps[0]?.day ?? '',
      going ? '' : (proposal.steps.at(-1)?.day ?? ''),
      yes(going),
      yes(isInvented({ entry: proposal, country: proposal.country }, commons)),
      `${origin}${pathOf(proposal)}`,
    ];
  });
  const mentoring = ofKind(commons.entries, 'opportunity')
    .filter(({ type }) => type === 'mentoring')
    .map((entry) => [
      'mentoring',
      entry.id,
      shown(entry.title, language).text,
      titleOf(entry.provider),
      '',
      '',
      entry.opens ?? '',
      entry.deadline ?? '',
      yes(isAvailable(stateOf(entry, today))),
      '',
      `${origin}${pathOf(entry)}`,
    ]);
  return rowsToCsv([
    ['kind', 'id', 'title', 'by', 'country', 'goals', 'begins', 'ends', 'going', 'invented', 'address'],
    ...deeds,
    ...proposals,
    ...mentoring,
  ]);
}
