/** A country asks partners to support its plan or a part of it; later, whom it chose, what was agreed, and what became of it. */
import type { Day } from '../day.ts';
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { readAgreements, readOutcome, type Agreement, type Outcome } from './agreement.ts';
import { activityTypes, type ActivityType } from './plan.ts';
import { languagePattern, readWritten } from './written.ts';

export interface Call extends Written {
  readonly kind: 'call';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly plan: EntryId;
  /** Ids of objectives of the plan; none: the whole plan. */
  readonly objectives: readonly string[];
  readonly seeks: readonly ActivityType[];
  readonly opens: Day;
  readonly closes: Day;
  readonly languages: readonly string[];
  readonly agreements: readonly Agreement[];
  readonly outcome: Outcome | null;
}

export function readCall(id: EntryId, reader: Reader): Call {
  const plan = reader.neededLink('plan', ['plan']);
  const [opens, closes] = [reader.day('opens'), reader.day('closes')];
  if (closes < opens) reader.fault('days-reversed', 'closes', { opens, closes });
  return {
    kind: 'call',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    plan,
    objectives: reader.codes('objectives', /^[a-z0-9-]{1,64}$/, 'a list of ids of objectives of the plan'),
    seeks: reader.someOf('seeks', activityTypes, 1),
    opens,
    closes,
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    agreements: readAgreements(reader),
    outcome: readOutcome(reader),
    ...readWritten(reader, 0),
  };
}
