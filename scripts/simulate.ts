/**
 * The seeded fault runs, as many as wanted: `npm run simulate -- --runs 10000 --seed 1`. A seed that fails is printed with what went wrong; the
 * same seed fails again in the same way. Exit 0 where every run held, 1 where one did not, 64 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { World, type Report } from '../tests/simulation/world.ts';

const usage = 'npm run simulate -- --runs N [--seed S] [--steps N]';

function numberOf(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`«${String(text)}» is not a number. Usage: ${usage}`);
  process.exit(64);
}

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' }, steps: { type: 'string' } } });
const runs = numberOf(values.runs, 1000);
const first = numberOf(values.seed, 1);
const steps = numberOf(values.steps, 60);

const sums = { attempts: 0, passes: 0, failedPasses: 0, kills: 0, restores: 0, lostReplicas: 0 };
const began = performance.now();
let failed = 0;
for (let seed = first; seed < first + runs; seed++) {
  let report: Report;
  try {
    report = await new World(seed).run(steps);
  } catch (error) {
    failed += 1;
    console.error(error instanceof Error && error.message.startsWith('seed ') ? error.message : error);
    continue;
  }
  for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
}
console.log(
  `${String(runs)} runs of ${String(steps)} steps in ${((performance.now() - began) / 1000).toFixed(1)} s: ${String(sums.attempts)} attempts, ` +
    `${String(sums.passes)} passes (${String(sums.failedPasses)} failed, ${String(sums.kills)} killed), ${String(sums.restores)} restores, ` +
    `${String(sums.lostReplicas)} lost replicas. ${failed === 0 ? 'Nothing lost, doubled or falsely marked.' : `${String(failed)} runs failed.`}`,
);
process.exitCode = failed === 0 ? 0 : 1;
