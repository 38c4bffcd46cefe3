/**
 * Two hundred starts after the worst: a hundred kills of a node under load, with one data folder that goes on through all of them, and a hundred power cuts anywhere in a recorded run. A start that loses
 * anything, or does not answer, ends the benchmark with what was wrong.
 */
import { kills, powerCuts, type Starts } from '../tests/durability/starts.ts';
import type { Benchmark, Figure } from './measure.ts';

/** `PERIGEE_STARTS=20` does so many of each. */
const count = Number(process.env['PERIGEE_STARTS'] ?? '100');

function figuresOf(what: string, { times, faults, asked }: Starts): readonly Figure[] {
  if (faults.length > 0) throw new Error(`${what}:\n${faults.join('\n')}`);
  const sorted = times.toSorted((a, b) => a - b);
  const note = `${String(times.length)} starts, ${String(asked)} receipted revisions asked for, none missing`;
  return [
    { name: `start after ${what}, median`, value: (sorted[Math.floor(sorted.length / 2)] ?? 0) / 1000, unit: 's', note },
    { name: `start after ${what}, worst`, value: (sorted.at(-1) ?? 0) / 1000, unit: 's', bound: 10 },
  ];
}

export const starts: Benchmark = {
  name: 'starts',
  async run() {
    const seed = Number(process.env['PERIGEE_SEED'] ?? '2026');
    return [...figuresOf('a kill', await kills(count, seed)), ...figuresOf('a power cut', await powerCuts(count, seed))];
  },
};
