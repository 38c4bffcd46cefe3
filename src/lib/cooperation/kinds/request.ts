/** A country asks for technical or legal help, such as with a national space law; later, whose offer it took and what became of it. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readAgreements, readOutcome, type Agreement, type Outcome } from './agreement.ts';
import { languagePattern, readWritten } from './written.ts';

export const requestTypes = ['technical', 'legal'] as const;

export interface Request extends Written {
  readonly kind: 'request';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly type: (typeof requestTypes)[number];
  readonly country: EntryId;
  /** The plan that it serves; null where it serves none. */
  readonly plan: EntryId | null;
  /** What the country has already: people, drafts, equipment. */
  readonly has: Text | null;
  readonly indicators: readonly EntryId[];
  readonly languages: readonly string[];
  readonly opens: Day;
  readonly closes: Day;
  readonly agreements: readonly Agreement[];
  readonly outcome: Outcome | null;
}

export function readRequest(id: EntryId, reader: Reader): Request {
  const [opens, closes] = [reader.day('opens'), reader.day('closes')];
  if (closes < opens) reader.fault('days-reversed', 'closes', { opens, closes });
  return {
    kind: 'request',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    type: reader.oneOf('type', requestTypes),
    country: reader.neededLink('country', ['country']),
    plan: reader.link('plan', ['plan']),
    has: reader.optionalLocalized('has'),
    indicators: reader.links('indicators', ['indicator'], 1),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    opens,
    closes,
    agreements: readAgreements(reader),
    outcome: readOutcome(reader),
    ...readWritten(reader, 0),
  };
}
