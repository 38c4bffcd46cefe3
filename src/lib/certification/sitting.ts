/**
 * An exam as it went on the candidate's device: a chain of links, each of which names the one before by its SHA-256 and is signed by the device's key.
 *
 *   opened    the proctor's code was typed: whose it is, which exam, which session, the how-manieth time, the limit, what is asked
 *   answered  an answer to an item; the last one counts
 *   away      the page was gone or asleep: a reload, a power cut, a closed lid. By the device's clock for so long
 *   closed    handed in, or the time was over: what it came to
 *
 * `elapsed` is the time that ran, in seconds, by a clock that nobody sets (the browser's monotonic one). While the page is gone no such clock runs: the time away is
 * not counted against the candidate, but written down, and the proctor sees it before they sign. What the wall clock says stands beside, as `at`, and decides nothing.
 *
 * A chain shows that nothing was changed afterwards: whoever signs the last link's digest signs all. It does not show who sat there, nor that the device's program was
 * this one. That is the proctor's business, and the node marks the answers again.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { instantOf, isInstant, type Instant } from '../domain/clock.ts';
import {
  isCourseId,
  isItemId,
  isPersonId,
  isUlid,
  isUnitId,
  type CourseId,
  type ItemId,
  type PersonId,
  type Ulid,
  type UnitId,
} from '../domain/ids.ts';
import type { SittingRecord } from '../domain/records.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isCount, isFiniteNumber, isListOf, isObject, isString } from '../domain/shape.ts';
import { fromBase64url, utf8 } from './encoding.ts';
import { isExamSessionId, type ExamSessionId } from './exam-code.ts';
import { didOf, isDid, keyOf, type Did, type Tools } from './keys.ts';
import { digestOf, isDigest, type Digest, type Signed, type SignedBody } from './signed.ts';

interface LinkBase extends SignedBody {
  readonly format: 'perigee-sitting/1';
  /** Its place in the chain, from 0. */
  readonly n: number;
  /** By the device's clock. */
  readonly at: Instant;
  /** Seconds that the time has run. */
  readonly elapsed: number;
}

/** What is asked: the items as they were on the day. */
export interface Asked {
  readonly id: ItemId;
  readonly v: number;
  readonly points: number;
}

export interface Opened extends LinkBase {
  readonly type: 'opened';
  readonly person: PersonId;
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly sitting: Ulid;
  readonly session: ExamSessionId;
  /** The first time, the second; and how many there may be, as the exam says. */
  readonly attempt: number;
  readonly attempts: number;
  /** The limit. */
  readonly minutes: number;
  /** BCP 47. */
  readonly language: string;
  readonly asks: readonly Asked[];
}

interface Later extends LinkBase {
  /** Digest of the link before. */
  readonly prev: Digest;
}

export interface Answered extends Later {
  readonly type: 'answered';
  readonly item: ItemId;
  /** In the kind's own shape. */
  readonly response: unknown;
  /** 0 to 1, as this device marked it. */
  readonly score: number;
}

export interface Away extends Later {
  readonly type: 'away';
  /** By the device's clock; null where that was set back meanwhile, so that nobody knows. */
  readonly seconds: number | null;
}

/** All that a proctor has to see, in one link. */
export interface Closed extends Later {
  readonly type: 'closed';
  readonly why: 'handed-in' | 'time';
  readonly person: PersonId;
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly session: ExamSessionId;
  readonly attempt: number;
  readonly attempts: number;
  /** Items that were answered, of how many. */
  readonly answered: number;
  readonly asked: number;
  /** Points earned over points possible, 0 to 1. */
  readonly score: number;
  /** Seconds away, as far as known; and how often. */
  readonly away: number;
  readonly times: number;
}

export type Link = Opened | Answered | Away | Closed;

/** A page that falls asleep wakes a little late: an answer may be this much beyond the limit. Seconds. */
const grace = 30;
/** What counts as equal among scores: sums of shares miss by less. */
const rounding = 1e-9;

const isAsked = (value: unknown): value is Asked =>
  isObject(value) && isItemId(value['id']) && isCount(value['v']) && isFiniteNumber(value['points']) && value['points'] > 0;
const isShare = (value: unknown): value is number => isFiniteNumber(value) && value >= 0 && value <= 1;
const isSeconds = (value: unknown): value is number => isFiniteNumber(value) && value >= 0;

/** How many fields each kind of link has: what is signed is what is read. */
const fieldCount = { opened: 16, answered: 10, away: 8, closed: 19 } as const;

/** Reads the shape of a link; its signature and its place in a chain are not looked at. */
export function parseLink(value: unknown): Link | null {
  if (!isObject(value)) return null;
  const { format, by, n, at, elapsed, type, prev } = value;
  if (format !== 'perigee-sitting/1' || !isDid(by) || !isCount(n) || !isInstant(at) || !isSeconds(elapsed)) return null;
  if (type !== 'opened' && type !== 'answered' && type !== 'away' && type !== 'closed') return null;
  if (Object.keys(value).length !== fieldCount[type] || (type === 'opened') !== (prev === undefined)) return null;
  if (type !== 'opened' && !isDigest(prev)) return null;
  const { item, response, score, seconds, person, course, unit, sitting, session, attempt, attempts, minutes, language, asks } = value;
  switch (type) {
    case 'opened':
      if (!isPersonId(person) || !isCourseId(course) || !isUnitId(unit) || !isUlid(sitting) || !isExamSessionId(session)) return null;
      if (!isCount(attempt) || !isCount(attempts) || !isCount(minutes) || !isString(language) || !isListOf(isAsked)(asks)) return null;
      break;
    case 'answered':
      if (!isItemId(item) || response === undefined || !isShare(score)) return null;
      break;
    case 'away':
      if (seconds !== null && !isSeconds(seconds)) return null;
      break;
    case 'closed': {
      const { why, answered, asked, away, times } = value;
      if ((why !== 'handed-in' && why !== 'time') || !isPersonId(person) || !isCourseId(course) || !isUnitId(unit)) return null;
      if (!isExamSessionId(session) || ![attempt, attempts, answered, asked, times].every(isCount)) return null;
      if (!isShare(score) || !isSeconds(away)) return null;
    }
  }
  return value as unknown as Link;
}

/** What a chain says, when it is whole. */
export interface Sitting {
  readonly opened: Opened;
  /** The last answer to each item, and what the device gave for it. */
  readonly answers: ReadonlyMap<ItemId, { readonly response: unknown; readonly score: number }>;
  readonly closed: Closed | null;
  /** Of the last link: what the next one names, and what the proctor signs once it is closed. */
  readonly head: Digest;
  readonly length: number;
  readonly elapsed: number;
  readonly away: number;
  readonly times: number;
}

export type SittingFault =
  /** A link that cannot be read, or stands in another document than it says. */
  | 'malformed'
  /** A link does not follow the one before. */
  | 'broken'
  | 'bad-signature'
  /** Something was answered after the end. */
  | 'late'
  /** What it came to is not what was answered. */
  | 'other-sum';

/** Points earned over points possible of the last answers, 0 to 1. */
export function scoreOf(asks: readonly Asked[], scoreFor: (item: ItemId) => number): number {
  const possible = asks.reduce((sum, { points }) => sum + points, 0);
  const earned = asks.reduce((sum, { id, points }) => sum + points * scoreFor(id), 0);
  return possible === 0 ? 0 : Math.min(1, earned / possible);
}

interface Reading {
  opened: Opened | null;
  readonly answers: Map<ItemId, { readonly response: unknown; readonly score: number }>;
  closed: Closed | null;
  elapsed: number;
  away: number;
  times: number;
}

/** Takes one more link into account; a fault where it cannot follow. */
function follow(reading: Reading, link: Link): SittingFault | null {
  const { opened } = reading;
  if (link.type === 'opened') {
    if (opened !== null) return 'broken';
    reading.opened = link;
    return null;
  }
  if (opened === null || reading.closed !== null || link.elapsed < reading.elapsed) return 'broken';
  reading.elapsed = link.elapsed;
  if (link.type === 'away') {
    reading.away += link.seconds ?? 0;
    reading.times += 1;
    return null;
  }
  if (link.type === 'answered') {
    if (!opened.asks.some(({ id }) => id === link.item)) return 'broken';
    if (link.elapsed > opened.minutes * 60 + grace) return 'late';
    reading.answers.set(link.item, { response: link.response, score: link.score });
    return null;
  }
  reading.closed = link;
  const score = scoreOf(opened.asks, (item) => reading.answers.get(item)?.score ?? 0);
  const same =
    link.person === opened.person &&
    link.course === opened.course &&
    link.unit === opened.unit &&
    link.session === opened.session &&
    link.attempt === opened.attempt &&
    link.attempts === opened.attempts &&
    link.asked === opened.asks.length &&
    link.answered === reading.answers.size &&
    link.times === reading.times &&
    Math.abs(link.away - reading.away) < 1 &&
    Math.abs(link.score - score) < rounding;
  return same ? null : 'other-sum';
}

/**
 * Reads a sitting's document: whether the chain is whole, and all by the key that the document names.
 *
 * @param check which signatures are looked at; by the chain the last one stands for all before it
 */
export async function readSitting(
  { person, course, unit, ulid, key, links }: Pick<SittingRecord, 'person' | 'course' | 'unit' | 'ulid' | 'key' | 'links'>,
  tools: Pick<Tools, 'sha256' | 'verify'>,
  check: 'last' | 'all' = 'last',
): Promise<Result<Sitting, SittingFault>> {
  const bytes = fromBase64url(key);
  if (bytes?.length !== 32) return err('malformed');
  const did = didOf(bytes);
  const reading: Reading = { opened: null, answers: new Map(), closed: null, elapsed: 0, away: 0, times: 0 };
  let head: Digest | null = null;
  for (const [i, { signed, value }] of links.entries()) {
    let given: unknown;
    try {
      given = JSON.parse(signed);
    } catch {
      return err('malformed');
    }
    const link = parseLink(given);
    if (link === null || canonicalJson(given) !== signed || link.by !== did) return err('malformed');
    if (link.n !== i || (link.type === 'opened' ? head !== null : link.prev !== head)) return err('broken');
    if (link.type === 'opened' && (link.person !== person || link.course !== course || link.unit !== unit || link.sitting !== ulid))
      return err('malformed');
    const text = utf8(signed);
    if (check === 'all' || i === links.length - 1) {
      const signature = fromBase64url(value);
      if (signature?.length !== 64 || !(await tools.verify(bytes, signature, text))) return err('bad-signature');
    }
    const fault = follow(reading, link);
    if (fault !== null) return err(fault);
    head = await digestOf(text, tools);
  }
  const { opened, answers, closed, elapsed, away, times } = reading;
  if (opened === null || head === null) return err('malformed');
  return ok({ opened, answers, closed, head, length: links.length, elapsed, away, times });
}

/** Who goes on writing, and when. */
export interface Moment {
  readonly by: Did;
  readonly now: number;
  /** Seconds that the time has run; never less than before. */
  readonly elapsed: number;
}

const base = (n: number, { by, now, elapsed }: Moment) =>
  ({ format: 'perigee-sitting/1', by, n, at: instantOf(now), elapsed: Math.round(elapsed * 10) / 10 }) as const;

export const openLink = (
  moment: Moment,
  about: Pick<Opened, 'person' | 'course' | 'unit' | 'sitting' | 'session' | 'attempt' | 'attempts' | 'minutes' | 'language' | 'asks'>,
): Opened => ({ ...base(0, { ...moment, elapsed: 0 }), type: 'opened', ...about });

const next = ({ length, head, elapsed }: Sitting, moment: Moment) => ({
  ...base(length, { ...moment, elapsed: Math.max(elapsed, moment.elapsed) }),
  prev: head,
});

export const answerLink = (sitting: Sitting, moment: Moment, given: Pick<Answered, 'item' | 'response' | 'score'>): Answered => ({
  ...next(sitting, moment),
  type: 'answered',
  ...given,
});

export const awayLink = (sitting: Sitting, moment: Moment, seconds: number | null): Away => ({
  ...next(sitting, moment),
  type: 'away',
  seconds: seconds === null ? null : Math.max(0, Math.round(seconds)),
});

export function closeLink(sitting: Sitting, moment: Moment, why: Closed['why']): Closed {
  const { person, course, unit, session, attempt, attempts, asks } = sitting.opened;
  return {
    ...next(sitting, moment),
    type: 'closed',
    why,
    ...{ person, course, unit, session, attempt, attempts },
    answered: sitting.answers.size,
    asked: asks.length,
    score: scoreOf(asks, (item) => sitting.answers.get(item)?.score ?? 0),
    away: sitting.away,
    times: sitting.times,
  };
}

/** The last link alone, as one device shows it to another. */
export async function isClosedRight({ body, signature }: Signed<Closed>, { verify }: Pick<Tools, 'verify'>): Promise<boolean> {
  const [key, value] = [keyOf(body.by), fromBase64url(signature)];
  return key !== null && value?.length === 64 && verify(key, value, utf8(canonicalJson(body)));
}

/**
 * Which of a person's sittings of one exam count: as many as the exam allows, the first that were opened. Devices without a network do not know of each other, so it is
 * counted again where all come together.
 */
export function withinLimit<Known extends Pick<Sitting, 'opened'>>(
  sittings: readonly Known[],
  /** As the exam says where it is known: a device may have said anything. */
  attempts = Infinity,
): readonly Known[] {
  const order = ({ opened: { at, sitting } }: Known): string => `${at} ${sitting}`;
  return [...sittings]
    .sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0))
    .filter(({ opened }, i) => i < Math.min(opened.attempts, attempts));
}
