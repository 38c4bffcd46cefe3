/**
 * The node's clock on a machine that may not have one. A Raspberry Pi starts in 1970, or where it last stood, until a network tells it the time; what a node signs meanwhile would end before it begins: sign-ins,
 * certificates, codes.
 *
 * So the node never goes behind what it knows: the time when this version was built, the time it kept itself in the last hour that it ran, and what its parent's answers say. It only ever counts on from there. Nothing that was
 * recorded is changed afterwards, neither here nor on devices: a record says what its own writer's clock said.
 *
 * A clock that once ran ahead leaves a time that lies ahead. A parent's word, which comes over https, is therefore taken also backwards; and more than ten years after its version was built a node believes only its parent.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../domain/clock.ts';

export interface SteadyClock {
  readonly now: Clock;
  /** Milliseconds by which the machine's clock is behind what the node knows; 0 where it is not. */
  behind(): number;
  /** A parent said that it is this time. */
  heard(time: number): void;
  /** Keeps the time for the next start. */
  keep(): void;
}

const year = 365 * 24 * 60 * 60_000;
/** A parent's time is as old as its answer took: less is no difference. Milliseconds. */
const slack = 2 * 60_000;

/**
 * @param machine the machine's clock, which may be wrong and may jump
 * @param elapsed milliseconds that only ever go on, from anywhere: `performance.now()`
 * @param built when this version was made
 * @param kept what an earlier run kept; null for none
 */
export function createSteadyClock(given: {
  readonly machine: Clock;
  readonly elapsed: () => number;
  readonly built: number;
  readonly kept: number | null;
  readonly save: (time: number) => void;
}): SteadyClock {
  const { machine, elapsed, built, kept, save } = given;
  const believable = built + 10 * year;
  let floor = { time: Math.max(Math.ceil(built), kept !== null && kept <= believable ? kept : 0), at: elapsed() };
  // Whole milliseconds: ids and documents hold no others.
  const known = (): number => Math.floor(floor.time + (elapsed() - floor.at));
  const now = (): number => {
    const said = machine();
    // What was said once is not taken back: two moments of the node are in order.
    if (said <= believable && said > known()) floor = { time: said, at: elapsed() };
    return known();
  };
  return {
    now,
    behind: () => {
      const missing = known() - machine();
      return missing > slack ? missing : 0;
    },
    heard(time) {
      if (Number.isFinite(time) && time >= built && Math.abs(now() - time) > slack) floor = { time, at: elapsed() };
    },
    keep() {
      save(now());
    },
  };
}

/** A time in a file; null where there is none or it is not whole. */
export function readTime(file: string): number | null {
  try {
    const time = Date.parse(readFileSync(file, 'utf8').trim());
    return Number.isNaN(time) ? null : time;
  } catch {
    return null;
  }
}

/** On the disk, whole or not at all. A disk that is full keeps the time before. */
export function saveTime(file: string, time: number): void {
  try {
    writeFileSync(`${file}.new`, `${new Date(time).toISOString()}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  } catch {
    // It is written again in an hour.
  }
}
