import { describe, expect, it } from 'vitest';
import { plants } from './plants.ts';
import { brokenBy } from './runs.ts';

/** Seeds within which every planted fault is noticed. */
const within = 60;

describe('a fault that is planted', () => {
  it.each(Object.entries(plants))(
    'is noticed: %s',
    async (_name, { what, parts }) => {
      let noticed: string | null = null;
      for (let seed = 1; seed <= within && noticed === null; seed++) noticed = await brokenBy({ seed, parts: parts() });
      expect(noticed, what).not.toBeNull();
    },
    300_000,
  );

  it('was planted in every component', () => {
    expect([...new Set(Object.values(plants).map(({ component }) => component))].sort()).toEqual(
      [
        ...['session', 'journal', 'access', 'engine', 'road', 'receipts', 'restore', 'orders', 'upstream'],
        ...['line', 'clock', 'disk', 'eviction'],
      ].sort(),
    );
  });
});
