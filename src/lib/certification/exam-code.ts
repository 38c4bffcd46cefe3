/**
 * The code that opens an exam: said aloud by the proctor, typed by those who sit it, and understood without a network.
 *
 *   ten characters of base 32, shown as XXXXX-XXXXX
 *   5  chance      which session it is
 *   3  quarter     the quarter of an hour in which it was made, counted since 1970, modulo 2^15 (341 days)
 *   2  check       the first ten bits of SHA-256 over course, unit and the eight characters before
 *
 * It is no secret that could not be made by whoever reads this: it keeps an exam from being opened by mistake, at home, or on another day, and it joins those
 * who sat together. That somebody was there says the proctor's signature alone.
 *
 * A wrong code is taken for a right one once in 1024 times if its time fits, which of all codes it does for one in a thousand.
 */
import { base32 } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { RandomBytes } from '../domain/clock.ts';
import { utf8 } from './encoding.ts';
import type { Tools } from './keys.ts';

/** The first eight characters: what sittings and the proctor's signature call the session. */
export type ExamSessionId = string & { readonly __brand: 'ExamSessionId' };

export interface Exam {
  readonly course: string;
  readonly unit: string;
}

export type CodeFault =
  /** Not ten characters of this alphabet. */
  | 'no-code'
  /** A character is wrong, or it is the code of another exam. */
  | 'wrong'
  /** Made too long ago, by this device's clock. */
  | 'expired'
  /** Made in the future, by this device's clock. */
  | 'early';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const sessionPattern = /^[0-9a-hjkmnp-tv-z]{8}$/;
export const isExamSessionId = (value: unknown): value is ExamSessionId => typeof value === 'string' && sessionPattern.test(value);

/** Milliseconds. */
const quarter = 15 * 60_000;
const quarters = 2 ** 15;
/** A code opens for this many quarters of an hour; clocks of phones may run behind by as many as the second. */
const opensFor = 6 * 4;
const behind = 4;

const checkOf = async (session: string, { course, unit }: Exam, { sha256 }: Pick<Tools, 'sha256'>): Promise<string> =>
  base32(await sha256(utf8(`perigee-exam/1\n${course}\n${unit}\n${session}`))).slice(0, 2);

const three = (value: number): string => [value >>> 10, (value >>> 5) & 31, value & 31].map((digit) => alphabet[digit] ?? '').join('');

/** @param now milliseconds since 1970 */
export async function createExamCode(
  exam: Exam,
  now: number,
  random: RandomBytes,
  tools: Pick<Tools, 'sha256'>,
): Promise<{ readonly session: ExamSessionId; readonly code: string }> {
  const session = (base32(random(4)).slice(0, 5) + three(Math.floor(now / quarter) % quarters)) as ExamSessionId;
  return { session, code: session + (await checkOf(session, exam, tools)) };
}

/** As it is shown and said: in capitals, five and five. */
export const showExamCode = (code: string): string => `${code.slice(0, 5)}-${code.slice(5)}`.toUpperCase();

/** What somebody typed, in the alphabet's own letters: small or capital, with or without its line, O for 0 and I or L for 1. */
const normalised = (typed: string): string =>
  typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}_.]/gu, '')
    .replace(/o/g, '0')
    .replace(/[il]/g, '1')
    .replace(/u/g, 'v');

/** @param now milliseconds since 1970, by the clock of the device on which it is typed */
export async function readExamCode(
  typed: string,
  exam: Exam,
  now: number,
  tools: Pick<Tools, 'sha256'>,
): Promise<Result<ExamSessionId, CodeFault>> {
  const code = normalised(typed);
  const session = code.slice(0, 8);
  if (code.length !== 10 || !isExamSessionId(session) || [...code].some((character) => !alphabet.includes(character)))
    return err('no-code');
  if (code.slice(8) !== (await checkOf(session, exam, tools))) return err('wrong');
  const made = [...session.slice(5)].reduce((value, character) => value * 32 + alphabet.indexOf(character), 0);
  // Around the circle: the nearest quarter of that name.
  const since = ((Math.floor(now / quarter) - made + quarters + quarters / 2) % quarters) - quarters / 2;
  if (since < -behind) return err('early');
  return since > opensFor ? err('expired') : ok(session);
}
