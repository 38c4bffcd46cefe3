/** Whom a country chose among those who offered, and what became of it: of a call, and of a request for help. */
import type { Day } from '../day.ts';
import type { EntryId, Text } from '../entry.ts';
import type { Reader } from '../reader.ts';

export interface Agreement {
  readonly offer: EntryId;
  readonly day: Day;
  /** Why this offer, and what both sides undertake. */
  readonly text: Text;
}

export interface Outcome {
  readonly day: Day;
  readonly text: Text;
}

export const readAgreements = (reader: Reader): readonly Agreement[] =>
  reader.parts('agreements', 0, (part): Agreement => {
    const offer = part.link('offer', ['offer']) ?? ('' as EntryId);
    if (offer === '') part.fault('missing-field', 'offer', { name: 'offer' });
    return { offer, day: part.day('day'), text: part.localized('text') };
  });

/** The one outcome; null where there is none yet. */
export const readOutcome = (reader: Reader): Outcome | null =>
  reader.parts('outcome', 0, (part): Outcome => ({ day: part.day('day'), text: part.localized('text') }))[0] ?? null;
