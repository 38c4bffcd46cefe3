import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const seeds = Array.from({ length: 250 }, (_, i) => i + 1);

describe('devices, centre and a bad link', () => {
  const restores: number[] = [];
  const kills: number[] = [];
  it.each(seeds)('lose, double and falsely mark nothing (seed %i)', async (seed) => {
    const report = await new World(seed).run(60);
    restores.push(report.restores);
    kills.push(report.kills);
    expect(report.passes).toBeGreaterThan(3);
  });
  it('went through what they are about', () => {
    expect(restores.filter((n) => n > 0).length).toBeGreaterThan(100);
    expect(kills.filter((n) => n > 0).length).toBeGreaterThan(100);
  });
});
