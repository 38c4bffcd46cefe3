/** Many runs, and what to do with one that failed: the command that repeats it, and the smallest run that still fails. */
import { Broken, defaultSteps, faults, World, type Report, type RunOptions } from './world.ts';

export interface Failure {
  readonly seed: number;
  readonly message: string;
  /** Repeats it, with everything that happened. */
  readonly command: string;
}

export interface Summary {
  runs: number;
  failures: Failure[];
  /** How often each thing happened. */
  counts: Record<string, number>;
  /** Days of virtual time. */
  days: number;
}

export const emptySummary = (): Summary => ({ runs: 0, failures: [], counts: {}, days: 0 });

export function addSummary(sum: Summary, other: Summary): void {
  sum.runs += other.runs;
  sum.failures.push(...other.failures);
  sum.days += other.days;
  for (const [name, count] of Object.entries(other.counts)) sum.counts[name] = (sum.counts[name] ?? 0) + count;
}

export function commandFor({ seed, steps = defaultSteps, without = [] }: RunOptions, plant?: string): string {
  const more = [
    ...(steps === defaultSteps ? [] : [`--steps ${String(steps)}`]),
    ...(without.length === 0 ? [] : [`--without ${without.join()}`]),
    ...(plant === undefined ? [] : [`--plant ${plant}`]),
  ];
  return ['npm run simulate -- --runs 1', `--seed ${String(seed)}`, ...more, '--trace'].join(' ');
}

/** The message where the run broke a promise; null where it held. Whatever else goes wrong is a fault of the code and thrown. */
export async function brokenBy(options: RunOptions): Promise<string | null> {
  try {
    await new World(options).run();
    return null;
  } catch (error) {
    if (error instanceof Broken) return error.message;
    throw error;
  }
}

const sentence = (error: unknown): string =>
  error instanceof Broken ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Runs a seed and adds to the sum what happened. */
export async function runSeed(options: RunOptions, sum: Summary, plant?: string): Promise<void> {
  sum.runs += 1;
  let report: Report;
  try {
    report = await new World(options).run();
  } catch (error) {
    sum.failures.push({ seed: options.seed, message: sentence(error), command: commandFor(options, plant) });
    return;
  }
  for (const counts of [report.counts, Object.fromEntries(report.met)])
    for (const [name, count] of Object.entries(counts)) sum.counts[name] = (sum.counts[name] ?? 0) + count;
  sum.days += report.lasted / 86_400_000;
}

/** The same seed with as few steps and as few kinds of trouble as still break a promise. */
export async function shrink(options: RunOptions): Promise<RunOptions> {
  const { steps = defaultSteps } = options;
  const fails = async (tried: RunOptions): Promise<boolean> => {
    try {
      return (await brokenBy(tried)) !== null;
    } catch {
      return true;
    }
  };
  let least: RunOptions = options;
  for (let fewer = 0; fewer < steps; fewer++)
    if (await fails({ ...options, steps: fewer })) {
      least = { ...options, steps: fewer };
      break;
    }
  for (const fault of faults) {
    const without = [...(least.without ?? []), fault];
    if (!without.slice(0, -1).includes(fault) && (await fails({ ...least, without }))) least = { ...least, without };
  }
  return least;
}
