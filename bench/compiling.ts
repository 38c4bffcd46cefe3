import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Benchmark, Figure } from './measure.ts';

/** Building each course of the checkout, as a whole process, beside a process that does nothing. */
export const compiling: Benchmark = {
  name: 'compiling',
  async run() {
    const out = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
    const timed = (...args: readonly string[]): number => {
      const from = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return performance.now() - from;
    };
    const empty = timed('-e', '');
    const figures: Figure[] = readdirSync('courses')
      .filter((name) => existsSync(join('courses', name, 'course.yaml')))
      .map((name) => ({
        name: `course build ${name}`,
        value: timed('scripts/perigee.ts', 'course', 'build', join('courses', name), '--out', join(out, name)),
        unit: 'ms',
        note: `an empty process ${empty.toFixed(0)} ms`,
      }));
    rmSync(out, { recursive: true, force: true });
    return figures;
  },
};
