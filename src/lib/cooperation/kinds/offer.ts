/** What a partner is ready to give: to any country that is weak where the offer helps, or in answer to one call. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { activityTypes, type ActivityType } from './plan.ts';
import { languagePattern, readWritten } from './written.ts';

export interface Offer extends Written {
  readonly kind: 'offer';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  /** Who offers, in words; made up where `invented`. */
  readonly by: Text;
  readonly invented: boolean;
  /** Its entry, where it has one. */
  readonly provider: EntryId | null;
  readonly gives: readonly ActivityType[];
  /** Indicators that it helps with; what its solutions answer counts too. */
  readonly indicators: readonly EntryId[];
  readonly solutions: readonly EntryId[];
  /** Languages in which it is given; none: any. */
  readonly languages: readonly string[];
  /** Countries to which it is open; none: all. */
  readonly countries: readonly EntryId[];
  /** The call or the request that it answers; null for a standing offer. */
  readonly call: EntryId | null;
  /** The last day on which it can be taken up; null where it has none. */
  readonly until: Day | null;
}

export function readOffer(id: EntryId, reader: Reader): Offer {
  const invented = reader.optionalFlag('invented');
  const call = reader.link('call', ['call', 'request']);
  return {
    kind: 'offer',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    by: reader.localized('by'),
    invented,
    provider: reader.link('provider', ['organisation']),
    gives: reader.someOf('gives', activityTypes, 1),
    indicators: reader.links('indicators', ['indicator']),
    solutions: reader.links('solutions', ['solution']),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    countries: reader.links('countries', ['country']),
    call,
    until: reader.optionalDay('until'),
    // What answers a call is said to the country that asks; a standing offer has to be published somewhere.
    ...readWritten(reader, invented || call !== null ? 0 : 1),
  };
}
