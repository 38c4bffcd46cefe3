/**
 * An order that looks like chance and is not: the same seed gives the same order on every device and in every version, so
 * that a learner who comes back finds the options where they were. 32-bit arithmetic only (FNV-1a, then mulberry32).
 */
function* chance(seed: string): Generator<number, never> {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** The values in the order that the seed gives (Fisher and Yates). */
export function shuffle<Value>(values: readonly Value[], seed: string): readonly Value[] {
  const rest = [...values];
  const numbers = chance(seed);
  return values.flatMap(() => rest.splice(Math.floor(numbers.next().value * rest.length), 1));
}

/** Like `shuffle`, and never the order given: a task to put things in order must not start solved. One value stays where it is. */
export function disorder<Value>(values: readonly Value[], seed: string): readonly Value[] {
  const shuffled = shuffle(values, seed);
  return shuffled.every((value, i) => value === values[i]) ? [...shuffled.slice(1), ...shuffled.slice(0, 1)] : shuffled;
}
