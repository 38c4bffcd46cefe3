/**
 * How the node's storage is, from what it does anyway: each commit says how long its sync took, or why it failed. An old disk announces itself: it gets slow, then single writes fail, then nothing can be
 * written. The administrator is told once when it begins and once when it is over; nothing has to be started again when the disk is well.
 *
 * Pure but for its memory.
 */
import type { Clock } from '../../domain/clock.ts';
import type { Trouble } from '../engine/engine.ts';
import type { Log } from '../log.ts';

/** `slow` is no failure: everything is kept, and the disk should be looked at. */
export type StorageState = 'ok' | 'slow' | Trouble;

export interface StorageWatch {
  /** A commit is on the disk, after so many milliseconds. */
  wrote(ms: number): void;
  failed(trouble: Trouble, what: string): void;
  state(): StorageState;
  /** Median of the newest commits, in milliseconds; null where there were too few. */
  pace(): number | null;
}

/** Commits that are looked at together, so that one that had bad luck means nothing. */
const looked = 32;
/** A commit that takes longer is felt by a room of devices: milliseconds. */
const slowFrom = 250;
/** A disk that takes so many times as long as it did is worth a look, once it takes this long at all: milliseconds. */
const [grown, grownFrom] = [5, 50];

/** What is wrong and what to do, for the log; the page says the same in the administrator's language. */
const advice: Readonly<Record<Exclude<StorageState, 'ok'>, string>> = {
  full: 'The disk is full: nothing more is kept, and devices hold on to their work. Delete or move what is not the node’s, or remove courses; it goes on by itself when there is room.',
  'read-only':
    'The disk has become read-only, which systems do when it fails: nothing more is kept, and devices hold on to their work. Make a backup now, restart the machine, and replace the disk if it happens again.',
  failing:
    'The disk does not do what it is told: nothing of the failed requests is kept, and devices hold on to their work. Make a backup on another disk now, then replace this one.',
  damaged:
    'The database is damaged: nothing more is written to it. Stop the node and put the newest backup back, or save what is whole with «perigee restore --salvage».',
  unreachable: 'The database does not answer: nothing is kept until it does, and devices hold on to their work.',
  slow: 'The disk takes much longer to write than it did. Old disks and cards do that before they fail: make a backup on another disk, and have a new one ready.',
};

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export function createStorageWatch(given: {
  readonly clock: Clock;
  readonly log: Log;
  /** The best median of earlier starts on this disk, and told a better one: a disk that got slow while the node was off is noticed too. */
  readonly best?: number | null;
  readonly keep?: (best: number) => void;
}): StorageWatch {
  const { clock, log, keep = () => undefined } = given;
  let newest: number[] = [];
  /** The best median so far: what this disk can do. */
  let best = given.best ?? Number.POSITIVE_INFINITY;
  let kept = best;
  let isSlow = false;
  let trouble: { readonly is: Trouble; readonly since: number } | null = null;

  function judgePace(): void {
    if (newest.length < looked) return;
    const median = medianOf(newest);
    best = Math.min(best, median);
    // A little better is no news: the disk is not written to for it.
    if (best < kept * 0.8) keep((kept = best));
    const slow = median > slowFrom || (median > grownFrom && median > grown * best);
    // Well again only when it is clearly so: a disk at the border would fill the log.
    if (slow && !isSlow) log(`${advice.slow} (${String(Math.round(median))} ms for a commit, ${String(Math.round(best))} ms at best)`);
    isSlow = slow || (isSlow && median > slowFrom / 2);
  }

  return {
    wrote(ms) {
      newest = [...newest.slice(1 - looked), ms];
      judgePace();
      if (trouble === null || trouble.is === 'damaged') return;
      log(`The storage is written again, after ${String(Math.ceil((clock() - trouble.since) / 60_000))} min.`);
      trouble = null;
    },
    failed(is, what) {
      if (trouble?.is === is || trouble?.is === 'damaged') return;
      log(`${advice[is]} (${what})`);
      trouble = { is, since: trouble?.since ?? clock() };
    },
    state: () => trouble?.is ?? (isSlow ? 'slow' : 'ok'),
    pace: () => (newest.length < looked ? null : medianOf(newest)),
  };
}
