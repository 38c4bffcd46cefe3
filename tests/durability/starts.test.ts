/** Starts after kills and power cuts: a share of what `npm run bench -- starts` does two hundred times. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { thoroughness } from './seeded.ts';
import { kills, powerCuts } from './starts.ts';

const canTrace = spawnSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true']).status === 0;

it('comes up after every kill with all that was receipted, the same node as before', { timeout: 300_000 * thoroughness }, async () => {
  const { times, faults, asked } = await kills(4 * thoroughness, 5);
  expect(faults).toEqual([]);
  expect(times.length).toBeGreaterThan(2);
  expect(asked).toBeGreaterThan(20);
});

it.skipIf(!canTrace)(
  'comes up after every power cut, whatever became of what no sync covered',
  { timeout: 300_000 * thoroughness },
  async () => {
    const { times, faults, asked } = await powerCuts(6 * thoroughness, 11);
    expect(faults).toEqual([]);
    expect(times).toHaveLength(6 * thoroughness);
    expect(asked).toBeGreaterThan(100);
  },
);
