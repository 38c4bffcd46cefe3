/**
 * Evidence as it is written: what somebody saw, signed on their own device, without network. Each statement has one writer and is never
 * changed; taking back is a later statement. It is named by the SHA-256 of what is signed, and others speak of it by that name.
 *
 *   teaching-session  the trainer: I held this session, these were enrolled and these came
 *   observation       a master trainer: I watched that session, and saw these levels of that rubric
 *   exam-session      a proctor: I opened that exam and closed it, and these sat it
 *   co-signature      somebody who was there: it was as that statement says
 *   withdrawal        whoever signed it, or the centre: that statement does not hold
 *
 * `by` is the key, `person` whose key it is; whether it is theirs, and whether they may, is asked in `admission.ts`.
 */
import { isInstant, type Instant } from '../domain/clock.ts';
import { isPersonId, isSlug, type PersonId } from '../domain/ids.ts';
import { isCount, isFiniteNumber, isListOf, isObject, isRecordOf, isString, type JsonObject } from '../domain/shape.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isExamSessionId, type ExamSessionId } from './exam-code.ts';
import type { Did } from './keys.ts';
import { isDigest, readEnvelope, type Digest, type Signed, type SignedBody } from './signed.ts';

interface StatementBase extends SignedBody {
  readonly format: 'perigee-evidence/1';
  readonly by: Did;
  readonly person: PersonId;
  /** When it was written, by the device's clock. */
  readonly at: Instant;
}

export interface TeachingSession extends StatementBase {
  readonly type: 'teaching-session';
  readonly title: string;
  /** Of the course that was taught; absent where it was none of ours. */
  readonly course?: string;
  /** As people name it: a town, a hall. */
  readonly place: string;
  readonly starts: Instant;
  readonly ends: Instant;
  readonly roster: readonly PersonId[];
  /** Taken at the door: some of the roster. */
  readonly attended: readonly PersonId[];
  /** How many came who are in no register. */
  readonly guests: number;
}

export interface Observation extends StatementBase {
  readonly type: 'observation';
  readonly session: Digest;
  readonly trainer: PersonId;
  readonly programme: string;
  /** Of the programme whose rubric this is. */
  readonly version: number;
  readonly rubric: string;
  readonly place: string;
  /** Level of each criterion, from 1. */
  readonly levels: Readonly<Record<string, number>>;
  readonly words: string;
}

export interface ExamSession extends StatementBase {
  readonly type: 'exam-session';
  readonly programme: string;
  readonly course: string;
  readonly unit: string;
  /** What the code named that opened it. */
  readonly session: ExamSessionId;
  readonly place: string;
  readonly opened: Instant;
  readonly closed: Instant;
  /** Who came: those who handed nothing in, too. */
  readonly roster: readonly PersonId[];
  /** Those who handed in: some of the roster. */
  readonly candidates: readonly {
    readonly person: PersonId;
    /** The last link of the chain of their answers, signed by their device. */
    readonly answers: Digest;
    /** 0 to 1. */
    readonly score: number;
  }[];
}

export interface CoSignature extends StatementBase {
  readonly type: 'co-signature';
  readonly of: Digest;
}

export interface Withdrawal extends StatementBase {
  readonly type: 'withdrawal';
  readonly of: Digest;
  readonly reason: string;
}

export type Statement = TeachingSession | Observation | ExamSession | CoSignature | Withdrawal;
export type SignedStatement = Signed<Statement>;

/** More people than any hall, and far below what a record may weigh. */
const mostPeople = 2000;
const mostText = 4000;

const isText = (value: unknown): value is string => isString(value) && value.length <= mostText;
const isPeople = (value: unknown): value is readonly PersonId[] =>
  isListOf(isPersonId)(value) && value.length <= mostPeople && new Set(value).size === value.length;
const isLevel = (value: unknown): value is number => isCount(value) && value >= 1 && value <= 9;

const isCandidate = (value: unknown): value is ExamSession['candidates'][number] =>
  isObject(value) &&
  Object.keys(value).length === 3 &&
  isPersonId(value['person']) &&
  isDigest(value['answers']) &&
  isFiniteNumber(value['score']) &&
  value['score'] >= 0 &&
  value['score'] <= 1;

function readOwn(body: JsonObject, base: StatementBase): Statement | null {
  const { type, title, course, place, starts, ends, roster, attended, guests } = body;
  if (type === 'teaching-session') {
    if (!isText(title) || !isText(place) || !isInstant(starts) || !isInstant(ends) || ends < starts) return null;
    if (!isPeople(roster) || !isPeople(attended) || !isCount(guests) || (course !== undefined && !isSlug(course))) return null;
    if (!attended.every((person) => roster.includes(person))) return null;
    return { ...base, type, title, place, starts, ends, roster, attended, guests, ...(course === undefined ? {} : { course }) };
  }
  const { session, trainer, programme, version, rubric, levels, words } = body;
  if (type === 'observation') {
    if (!isDigest(session) || !isPersonId(trainer) || !isSlug(programme) || !isCount(version) || !isSlug(rubric) || !isText(place))
      return null;
    if (!isRecordOf(isLevel)(levels) || !Object.keys(levels).every(isSlug) || !isText(words)) return null;
    return { ...base, type, session, trainer, programme, version, rubric, place, levels, words };
  }
  const { unit, opened, closed, candidates, of, reason } = body;
  const { session: code } = body;
  if (type === 'exam-session') {
    if (
      !isSlug(programme) ||
      !isSlug(course) ||
      !isSlug(unit) ||
      !isExamSessionId(code) ||
      !isPeople(roster) ||
      !isText(place) ||
      !isInstant(opened) ||
      !isInstant(closed) ||
      closed < opened
    )
      return null;
    if (!isListOf(isCandidate)(candidates) || candidates.length > mostPeople) return null;
    if (new Set(candidates.map(({ person }) => person)).size < candidates.length) return null;
    if (!candidates.every(({ person }) => roster.includes(person))) return null;
    return { ...base, type, programme, course, unit, session: code, place, opened, closed, roster, candidates };
  }
  if (type === 'co-signature') return isDigest(of) ? { ...base, type, of } : null;
  if (type === 'withdrawal') return isDigest(of) && isText(reason) ? { ...base, type, of, reason } : null;
  return null;
}

/** Reads a statement's shape; its signature is not looked at. A field too many is a fault: what is signed is what is read. */
export function parseStatement(value: unknown): Result<SignedStatement, 'malformed'> {
  const envelope = readEnvelope(value);
  if (envelope === null) return err('malformed');
  const { body: given, by, signature } = envelope;
  const { format, person, at } = given;
  if (format !== 'perigee-evidence/1' || !isPersonId(person) || !isInstant(at)) return err('malformed');
  const body = readOwn(given, { format, by, person, at });
  return body === null || Object.keys(body).length !== Object.keys(given).length ? err('malformed') : ok({ body, signature });
}
