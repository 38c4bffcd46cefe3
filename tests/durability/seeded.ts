/** Mulberry32: numbers from 0 to 1 that a seed makes the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `npm test -- --faults 20`: how many times as often as usual. */
export const thoroughness = Number(process.env['PERIGEE_FAULTS'] ?? '1');
