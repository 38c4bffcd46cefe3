/**
 * Slows down whoever fails: after five failures of an account or an address in a row, each further try waits, 10 s at first, twice as long
 * after each failure, at most five minutes. A quarter of an hour without a failure forgets them.
 *
 * Pure but for its memory, which is bounded: the oldest names are forgotten first.
 */
import type { Clock } from '../../domain/clock.ts';

export interface Throttle {
  /** Seconds to wait before any of these names may try; 0 to go on. */
  wait(names: readonly string[]): number;
  failed(names: readonly string[]): void;
  succeeded(name: string): void;
}

const free = 5;
const firstWait = 10_000;
const longestWait = 5 * 60_000;
const forgetAfter = 15 * 60_000;
const maxNames = 10_000;

export function createThrottle(clock: Clock): Throttle {
  const entries = new Map<string, { failures: number; until: number; last: number }>();
  return {
    wait(names) {
      const now = clock();
      return Math.ceil(Math.max(0, ...names.map((name) => (entries.get(name)?.until ?? 0) - now)) / 1000);
    },
    failed(names) {
      const now = clock();
      for (const name of new Set(names)) {
        const before = entries.get(name);
        const failures = before === undefined || now - before.last > forgetAfter ? 1 : before.failures + 1;
        const wait = failures < free ? 0 : Math.min(longestWait, firstWait * 2 ** Math.min(failures - free, 10));
        // Taken out and put in again, so that a map's order is the order of the last failure.
        entries.delete(name);
        entries.set(name, { failures, until: now + wait, last: now });
        const oldest = entries.keys().next().value;
        if (entries.size > maxNames && oldest !== undefined) entries.delete(oldest);
      }
    },
    succeeded(name) {
      entries.delete(name);
    },
  };
}

/** The name of an address: an IPv6 host has a whole /64 to try from. */
export function addressName(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return `address:${plain}`;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `address:${groups.slice(0, 4).join(':')}`;
}
