/**
 * The seeded fault runs, as many as wanted: `npm run simulate -- --runs 10000`. docs/simulation.md says what happens in them and how to read what this prints.
 * A seed that fails is printed with what went wrong and the command that repeats it. Exit 0 where every run held, 1 where one did not, 64 for wrong usage.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { plants } from './plants.ts';
import { addSummary, commandFor, emptySummary, runSeed, shrink, type Summary } from './runs.ts';
import { defaultSteps, faults, World, type RunOptions } from './world.ts';

const usage =
  'npm run simulate -- [--runs N] [--seed S] [--steps N] [--jobs N] [--without <fault>,…] [--plant <name>] [--trace]\n' +
  `  faults: ${faults.join(' ')}\n  plants: ${Object.keys(plants).join(' ')}`;

interface Slice {
  readonly first: number;
  readonly runs: number;
  readonly steps: number;
  readonly without: readonly string[];
  readonly plant: string | null;
}

const optionsOf = ({ steps, without, plant }: Slice, seed: number): RunOptions => ({
  seed,
  steps,
  without,
  ...(plant === null ? {} : { parts: plants[plant]?.parts() ?? {} }),
});

async function runSlice(slice: Slice, told: (part: Summary) => void): Promise<void> {
  let part = emptySummary();
  for (let seed = slice.first; seed < slice.first + slice.runs; seed++) {
    await runSeed(optionsOf(slice, seed), part, slice.plant ?? undefined);
    if (part.runs < 50 && seed + 1 < slice.first + slice.runs) continue;
    told(part);
    part = emptySummary();
  }
}

function wrong(what: string): never {
  console.error(`${what} Usage:\n${usage}`);
  process.exit(64);
}

function numberOf(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : wrong(`«${String(text)}» is not a number.`);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        steps: { type: 'string' },
        jobs: { type: 'string' },
        without: { type: 'string' },
        plant: { type: 'string' },
        trace: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : '');
  }
}

async function main(): Promise<void> {
  const values = readArguments();
  const runs = numberOf(values.runs, 1000);
  const first = numberOf(values.seed, 1);
  const steps = numberOf(values.steps, defaultSteps);
  const without = values.without?.split(',') ?? [];
  const unknown = without.find((fault) => !faults.includes(fault));
  if (unknown !== undefined) wrong(`«${unknown}» is no fault.`);
  const plant = values.plant ?? null;
  if (plant !== null && plants[plant] === undefined) wrong(`«${plant}» is no plant.`);
  const whole: Slice = { first, runs, steps, without, plant };

  if (values.trace === true) {
    for (let seed = first; seed < first + runs; seed++) {
      const world = new World({ ...optionsOf(whole, seed), traced: true });
      try {
        await world.run();
        console.log([...world.lines, `seed ${String(seed)}: everything held`].join('\n'));
      } catch (error) {
        console.log(world.lines.join('\n'));
        console.error(`seed ${String(seed)}:`, error);
        process.exitCode = 1;
      }
    }
    return;
  }

  const began = performance.now();
  const sum = emptySummary();
  const tell = (part: Summary): void => {
    addSummary(sum, part);
    for (const { seed, message, command } of part.failures) console.error(`seed ${String(seed)}: ${message}\n  ${command}`);
    if (process.stderr.isTTY) process.stderr.write(`\r${String(sum.runs)} of ${String(runs)} `);
  };
  const jobs = Math.max(1, Math.min(numberOf(values.jobs, availableParallelism()), Math.ceil(runs / 50)));
  const share = Math.ceil(runs / jobs);
  if (jobs === 1) await runSlice(whole, tell);
  else
    await Promise.all(
      Array.from({ length: jobs }, (_, job) => {
        const slice: Slice = { ...whole, first: first + job * share, runs: Math.max(0, Math.min(share, runs - job * share)) };
        return new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: slice });
          worker.on('message', tell);
          worker.on('error', reject);
          worker.on('exit', () => {
            resolve();
          });
        });
      }),
    );
  if (process.stderr.isTTY) process.stderr.write('\r');

  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${String(sum.runs)} runs of ${String(steps)} steps in ${seconds.toFixed(0)} s (${(sum.runs / seconds).toFixed(1)} a second, ${String(jobs)} at once), ` +
      `${(sum.days / 365).toFixed(0)} years of their time. What happened in them:`,
  );
  const names = Object.entries(sum.counts).sort(([, a], [, b]) => b - a);
  console.log(names.map(([name, count]) => `  ${String(count).padStart(8)} ${name}`).join('\n'));
  const [failed] = sum.failures;
  if (failed === undefined) {
    console.log('Nothing was lost, doubled or falsely marked.');
    return;
  }
  process.exitCode = 1;
  console.log(`${String(sum.failures.length)} runs failed. The first of them with less:`);
  console.log(`  ${commandFor(await shrink(optionsOf(whole, failed.seed)), plant ?? undefined)}`);
}

if (isMainThread) await main();
else
  await runSlice(workerData as Slice, (part) => {
    parentPort?.postMessage(part);
  });
