/** Chance that follows from a seed: the same seed gives the same course of events on every machine. */
import type { RandomBytes } from '#lib/domain/clock.ts';

export interface Chance {
  /** Between 0 and 1. */
  readonly next: () => number;
  readonly chance: (probability: number) => boolean;
  /** A whole number from 0 to `n` - 1. */
  readonly below: (n: number) => number;
  readonly of: <Value>(values: readonly Value[]) => Value;
  /** One of the names, each as often as its weight says. */
  readonly weighed: <Name extends string>(weights: Readonly<Record<Name, number>>) => Name;
  readonly bytes: RandomBytes;
}

/** mulberry32 */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    chance: (probability) => next() < probability,
    below,
    of: <Value>(values: readonly Value[]): Value => {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('Nothing to choose from');
      return value;
    },
    weighed: <Name extends string>(weights: Readonly<Record<Name, number>>): Name => {
      const entries = Object.entries(weights) as [Name, number][];
      let rest = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) if ((rest -= weight) < 0) return name;
      throw new Error('Nothing to choose from');
    },
    bytes: (n) => Uint8Array.from({ length: n }, () => below(256)),
  };
}

/** A chance of its own for each purpose, so that what one purpose draws does not shift what the others do. */
export function chanceFor(seed: number, purpose: string): Chance {
  // FNV-1a
  let hash = 0x811c9dc5;
  for (const character of `${String(seed)}/${purpose}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  // Its last bits are its weakest.
  return createChance(Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (hash >>> 12));
}
