/**
 * Who mentors whom: names of people, and therefore no entry of the commons. A pair is kept on the writer's device and in the database of their node that no
 * node replicates (domain/drafts.ts, `confidential`); what is told of pairs is how many there are.
 */
import { genders, type Gender } from '../domain/about.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { JsonObject } from '../domain/shape.ts';
import type { Day } from './day.ts';
import type { EntryId } from './entry.ts';
import { createReader, type Fault } from './reader.ts';

export const pairStates = ['proposed', 'running', 'ended'] as const;

export interface Pair {
  readonly id: EntryId;
  /** The mentoring that it came from. */
  readonly offer: EntryId | null;
  readonly mentor: string;
  readonly mentee: string;
  readonly mentorGender: Gender | null;
  readonly menteeGender: Gender | null;
  readonly from: Day;
  readonly until: Day | null;
  readonly state: (typeof pairStates)[number];
  readonly meetings: readonly { readonly day: Day; readonly note: string | null }[];
}

const genderPattern = new RegExp(`^(?:${genders.join('|')})$`);

/** Reads a pair; every fault is reported at its path. Null where it has no id. */
export function readPair(value: JsonObject, fault: Fault): Pair | null {
  const { reader, id: readId, end } = createReader(value, fault);
  const id = readId();
  const genderOf = (key: string): Gender | null => reader.optionalCode(key, genderPattern, genders.join(', ')) as Gender | null;
  const [from, until] = [reader.day('from'), reader.optionalDay('until')];
  if (until !== null && until < from) reader.fault('days-reversed', 'until', { opens: from, closes: until });
  const pair = {
    offer: reader.link('offer', ['opportunity']),
    mentor: reader.text('mentor'),
    mentee: reader.text('mentee'),
    mentorGender: genderOf('mentorGender'),
    menteeGender: genderOf('menteeGender'),
    from,
    until,
    state: reader.oneOf('state', pairStates),
    meetings: reader.parts('meetings', 0, (part) => ({ day: part.day('day'), note: part.optionalText('note') })),
  };
  reader.day('written');
  end();
  return id === null ? null : { id, ...pair };
}

export function parsePair(value: JsonObject): Result<Pair, string> {
  const faults: string[] = [];
  const pair = readPair(value, (code, path) => faults.push(`${path.join('.')}: ${code}`));
  const [first] = faults;
  return pair === null || first !== undefined ? err(first ?? 'A pair has an id.') : ok(pair);
}
