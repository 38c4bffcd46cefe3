/** Something that a person or a team can apply for: to do research, to get their hands on something, an exchange, a placement at work, a mentor. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { countryPattern, languagePattern, readWritten } from './written.ts';

export const opportunityTypes = ['research', 'hands-on', 'exchange', 'placement', 'mentoring'] as const;

export interface Opportunity extends Written {
  readonly kind: 'opportunity';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly type: (typeof opportunityTypes)[number];
  readonly provider: EntryId | null;
  /** Who may apply, and what is paid for; null where the source does not say. */
  readonly who: Text | null;
  readonly covers: Text | null;
  /** Where it takes place; null where it is more than one country or none. */
  readonly country: string | null;
  /** Null only for mentoring that is asked for here. */
  readonly url: string | null;
  /** First day of applying, and the last one; null where none was published. */
  readonly opens: Day | null;
  readonly deadline: Day | null;
  /** Languages in which an application is taken, where they are known. */
  readonly languages: readonly string[];
  readonly themes: readonly EntryId[];
  /** What the provider asks in an application; where it is empty, the page asks what anybody would ask. */
  readonly asks: readonly Text[];
}

export function readOpportunity(id: EntryId, reader: Reader): Opportunity {
  const type = reader.oneOf('type', opportunityTypes);
  const [opens, deadline] = [reader.optionalDay('opens'), reader.optionalDay('deadline')];
  if (opens !== null && deadline !== null && deadline < opens) reader.fault('days-reversed', 'deadline', { opens, closes: deadline });
  return {
    kind: 'opportunity',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    type,
    provider: reader.link('provider', ['organisation']),
    who: reader.optionalLocalized('who'),
    covers: reader.optionalLocalized('covers'),
    country: reader.optionalCode('country', countryPattern, 'a country of ISO 3166 such as NG'),
    url: type === 'mentoring' ? reader.optionalAddress('url') : reader.address('url'),
    opens,
    deadline,
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    themes: reader.links('themes', ['term']),
    asks: reader.localizedList('asks', 0),
    // Whoever mentors says so here.
    ...readWritten(reader, type === 'mentoring' ? 0 : 1),
  };
}
