/** Advice given in a country, recorded against its plan: who came, what they found, what they recommended and what was done about it. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readWritten } from './written.ts';

export const recommendationStates = ['open', 'under-way', 'done', 'declined'] as const;
export type RecommendationState = (typeof recommendationStates)[number];

export interface Recommendation {
  readonly text: Text;
  readonly state: RecommendationState;
  /** Solutions and practices by which it is carried out. */
  readonly entries: readonly EntryId[];
}

export interface Mission extends Written {
  readonly kind: 'mission';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly country: EntryId;
  readonly plan: EntryId;
  /** Who advised, in words. */
  readonly by: Text;
  /** Its entry, where it has one. */
  readonly provider: EntryId | null;
  readonly from: Day;
  /** The last day; included. */
  readonly until: Day;
  readonly findings: Text;
  readonly recommendations: readonly Recommendation[];
}

export function readMission(id: EntryId, reader: Reader): Mission {
  const [from, until] = [reader.day('from'), reader.day('until')];
  if (until < from) reader.fault('days-reversed', 'until', { opens: from, closes: until });
  return {
    kind: 'mission',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    country: reader.neededLink('country', ['country']),
    plan: reader.neededLink('plan', ['plan']),
    by: reader.localized('by'),
    provider: reader.link('provider', ['organisation']),
    from,
    until,
    findings: reader.localized('findings'),
    recommendations: reader.parts('recommendations', 0, (part) => ({
      text: part.localized('text'),
      state: part.oneOf('state', recommendationStates),
      entries: part.links('entries', ['solution', 'practice']),
    })),
    // The country itself says it.
    ...readWritten(reader, 0),
  };
}
