/**
 * When a node talks to its parent, how fast, and in how large parts. Pure: the moment, the local time of day and chance come in as arguments.
 *
 *   - After a visit that went well the next one is due in a quarter of an hour, or half a minute after something new waits.
 *   - A visit that failed is tried again after half a minute, then twice as long each time, at most half an hour; half of every wait is chance,
 *     so that the children of one parent do not all return in the same second after it was away. A visit that brought something over before it
 *     broke counts as the first failure: a line that dies every few minutes is used whenever it is there.
 *   - Outside the hours nothing is tried by itself. An administrator who asks for a visit gets one at any hour.
 *   - A line that breaks gets parts of half the size, one that holds parts of twice the size: what a cut costs is at most one part.
 */
import { err, ok, type Result } from '../domain/result.ts';

/** Minutes of the local day. Where `from` is later than `to`, the hours pass over midnight: `22-06` is 22:00 to 24:00 and 0:00 to 6:00. */
export interface Hours {
  readonly from: number;
  readonly to: number;
}

const day = 24 * 60;

/** Reads `22-06` or `21:30-05:15`; the end itself is outside. */
export function parseHours(text: string): Result<Hours, 'not-hours' | 'no-time'> {
  const match = /^(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?$/.exec(text.trim());
  if (match === null) return err('not-hours');
  const [from, to] = [
    [match[1], match[2]],
    [match[3], match[4]],
  ].map(([hours, minutes]) => (Number(minutes ?? '0') < 60 ? Number(hours) * 60 + Number(minutes ?? '0') : day + 1));
  if (from === undefined || to === undefined || from > day || to > day) return err('not-hours');
  // 24 is midnight, as an end and as a beginning.
  const hours = { from: from % day, to: to % day };
  // The same hour twice could mean the whole day or nothing: whoever means the whole day sets no hours.
  return hours.from === hours.to ? err('no-time') : ok(hours);
}

const clockTime = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** `22:00-06:00`. */
export const showHours = ({ from, to }: Hours): string => `${clockTime(from)}-${clockTime(to)}`;

/** @param minute of the local day, 0 to 1439 */
export function isOpen(hours: Hours | null, minute: number): boolean {
  if (hours === null) return true;
  const { from, to } = hours;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Minutes until the hours begin; 0 within them. */
export const minutesUntilOpen = (hours: Hours | null, minute: number): number =>
  hours === null || isOpen(hours, minute) ? 0 : (hours.from - minute + day) % day;

/**
 * A token bucket that may go into debt: whoever takes bytes takes them at once and waits afterwards until the debt is paid, so a part larger than the bucket
 * still passes. Over any time t at most `burst + rate × t` bytes and one part more have left.
 */
export interface Bucket {
  /** Bytes that may pass at once; below zero they are owed. */
  readonly tokens: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Rate {
  /** Bytes a second. */
  readonly rate: number;
  /** Bytes that a bucket holds when it is full. */
  readonly burst: number;
}

/** A kilobit is 1000 bits. A second of the rate may pass at once, at least the size of one packet. */
export const rateOf = (kbps: number): Rate => ({ rate: kbps * 125, burst: Math.max(1500, kbps * 125) });

/** The bucket after these bytes, and how many ms to wait before the next ones. A clock that was set back pays nothing and costs nothing. */
export function takeBytes(
  bucket: Bucket,
  { rate, burst }: Rate,
  bytes: number,
  now: number,
): { readonly bucket: Bucket; readonly wait: number } {
  const passed = Math.max(0, now - bucket.at);
  const tokens = Math.min(burst, bucket.tokens + (passed * rate) / 1000) - bytes;
  return { bucket: { tokens, at: now }, wait: tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / rate) };
}

/** Why a visit ended before its end. */
export type LinkFailure =
  /** The parent did not answer, or the line broke. */
  | 'unreachable'
  /** The parent does not know this node's credential. */
  | 'not-accepted'
  /** The parent took the credential back. */
  | 'revoked'
  /** The parent has no time, or cannot use its disk. */
  | 'busy'
  /** What answered is no node, or not one that this node can talk to. */
  | 'nonsense'
  /** The credential is another node's. */
  | 'other-node'
  /** The parent was restored while this node talked to it. */
  | 'moved'
  /** This node cannot use its own storage. */
  | 'storage';

export type VisitEnd =
  | { readonly type: 'done'; readonly moved: number }
  /** The hours ended, or the node is being stopped. */
  | { readonly type: 'closed'; readonly moved: number }
  /** `moved`: documents and pieces that stand where they belong since this visit began. */
  | { readonly type: 'failed'; readonly failure: LinkFailure; readonly moved: number };

export interface LinkState {
  readonly step: 'resting' | 'visiting';
  /** Visits that failed, one after the other. */
  readonly failures: number;
  /** Milliseconds since 1970: when the next visit is due. */
  readonly due: number;
  /** Bytes of JSON that a part may have. */
  readonly part: number;
}

export type LinkEvent =
  | { readonly type: 'woke' }
  /** Something new waits to go up. */
  | { readonly type: 'changed' }
  /** An administrator wants a visit now. */
  | { readonly type: 'asked' }
  | { readonly type: 'visited'; readonly end: VisitEnd };

export type LinkCommand =
  | { readonly do: 'visit'; readonly part: number; readonly anyHour: boolean }
  /** `until`: ms since 1970; `why`: nothing is to be done before, the last visit failed, or the hours have not begun. */
  | { readonly do: 'wait'; readonly until: number; readonly why: 'next' | 'back-off' | 'hours' }
  /** A visit is under way. */
  | { readonly do: 'nothing' };

export interface LinkMoment {
  readonly now: number;
  /** Of the local day. */
  readonly minute: number;
  /** 0 to 1. */
  readonly chance: number;
  readonly hours: Hours | null;
}

export interface LinkStep {
  readonly state: LinkState;
  readonly command: LinkCommand;
}

const minute = 60_000;
/** Milliseconds. */
export const pauses = { rest: 15 * minute, changed: minute / 2, first: minute / 2, longest: 30 * minute } as const;
/** Bytes of JSON of one part: what a line carries that was never seen to break, and the bounds. */
export const parts = { first: 64 * 1024, least: 2 * 1024, most: 256 * 1024 } as const;

export const startLink = (now: number): LinkState => ({ step: 'resting', failures: 0, due: now, part: parts.first });

/** Milliseconds to wait after so many failures: half of it certain, half of it chance. */
export function backOff(failures: number, chance: number): number {
  const whole = Math.min(pauses.longest, pauses.first * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole / 2 + (whole / 2) * chance);
}

function afterVisit(state: LinkState, end: VisitEnd, { now, chance }: LinkMoment): LinkState {
  switch (end.type) {
    case 'done':
      return {
        step: 'resting',
        failures: 0,
        due: now + Math.round(pauses.rest * (0.75 + chance / 2)),
        part: end.moved > 0 ? Math.min(parts.most, state.part * 2) : state.part,
      };
    case 'closed':
      return { ...state, step: 'resting', due: now };
    case 'failed': {
      const failures = end.moved > 0 ? 1 : state.failures + 1;
      const part = end.failure === 'unreachable' ? Math.max(parts.least, Math.floor(state.part / 2)) : state.part;
      return { step: 'resting', failures, due: now + backOff(failures, chance), part };
    }
  }
}

/** The next state and what to do. A wait is ended by the next event; waking early only makes the machine say the same again. */
export function advanceLink(state: LinkState, event: LinkEvent, moment: LinkMoment): LinkStep {
  const { now, hours } = moment;
  if (event.type === 'visited' ? state.step !== 'visiting' : false) throw new Error('A visit ended that had not begun');
  const next =
    event.type === 'visited'
      ? afterVisit(state, event.end, moment)
      : // After a failure its pause stands: what is new would fail like what was there.
        event.type === 'changed' && state.failures === 0
        ? { ...state, due: Math.min(state.due, now + pauses.changed) }
        : state;
  if (next.step === 'visiting') return { state: next, command: { do: 'nothing' } };
  const visit = (anyHour: boolean): LinkStep => ({
    state: { ...next, step: 'visiting' },
    command: { do: 'visit', part: next.part, anyHour },
  });
  if (event.type === 'asked') return visit(true);
  const closed = minutesUntilOpen(hours, moment.minute);
  // A day may have 23 or 25 hours, and clocks are set: whoever waits for the hours looks again at least every hour (job.ts).
  if (closed > 0) return { state: next, command: { do: 'wait', until: Math.max(next.due, now + closed * minute), why: 'hours' } };
  if (next.due > now) return { state: next, command: { do: 'wait', until: next.due, why: next.failures > 0 ? 'back-off' : 'next' } };
  return visit(false);
}
