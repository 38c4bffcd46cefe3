/**
 * Every check of the project, one after the other; the last line is `N passed, N failed`.
 *
 *   node scripts/test.ts [--only name,name] [--faults N]
 *
 * A check that stands for itself counts as one; a runner's tests are counted each. Nothing stops at the first failure: a
 * person who waits for this wants to know everything that is wrong. With `--faults 20` the node is killed and its power cut twenty times as often.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bringStrace } from './bring-strace.ts';
import { findChromium } from './find-chromium.ts';

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

interface Check {
  readonly name: string;
  run(): Promise<Outcome>;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, faults: { type: 'string' } } });
const faults = Number(values.faults ?? '1');
if (!Number.isInteger(faults) || faults < 1) {
  process.stdout.write(`--faults is «${values.faults ?? ''}», but it is a whole number: how many times as often.\n`);
  process.exit(64);
}

const scratch = mkdtempSync(join(tmpdir(), 'perigee-test-'));

/** Runs a program; what it prints is shown only when it fails, or at once where `loud`. */
function program(
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; loud?: boolean } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: options.loud ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => {
      process.stdout.write(`${command}: ${error.message}\n`);
      resolve(false);
    });
    child.on('close', (code) => {
      if (code !== 0) process.stdout.write(Buffer.concat(output).toString());
      resolve(code === 0);
    });
  });
}

const one = async (succeeded: Promise<boolean>): Promise<Outcome> =>
  (await succeeded) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

const single = (name: string, command: string, ...args: readonly string[]): Check => ({ name, run: () => one(program(command, args)) });

/** Counts that a runner wrote; a runner that died before it wrote any counts as one failure. */
function counted(file: string, succeeded: boolean, read: (report: unknown) => Outcome): Outcome {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const outcome = read(JSON.parse(readFileSync(file, 'utf8')));
  return !succeeded && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

const unit: Check = {
  name: 'unit, property, conformance, simulation (vitest)',
  async run() {
    bringStrace();
    const report = join(scratch, 'vitest.json');
    const succeeded = await program('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
      env: { PERIGEE_FAULTS: String(faults) },
      loud: true,
    });
    return counted(report, succeeded, (value) => {
      const { numPassedTests, numFailedTests } = value as { numPassedTests: number; numFailedTests: number };
      return { passed: numPassedTests, failed: numFailedTests };
    });
  },
};

const browser: Check = {
  name: 'pages in a real browser (playwright)',
  async run() {
    const chromium = findChromium({ install: true });
    if (!chromium.ok) {
      process.stdout.write(`${chromium.error}\n`);
      return { passed: 0, failed: 1 };
    }
    const report = join(scratch, 'playwright.json');
    const succeeded = await program('playwright', ['test', '--reporter=line,json'], {
      env: { PERIGEE_CHROMIUM: chromium.value, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
      loud: true,
    });
    return counted(report, succeeded, (value) => {
      const { stats } = value as { stats: { expected: number; unexpected: number; flaky: number } };
      return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
    });
  },
};

const courses: readonly Check[] = readdirSync('courses', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join('courses', entry.name, 'course.yaml')))
  .map(({ name }) => single(`course ${name}`, process.execPath, 'scripts/perigee.ts', 'course', 'check', join('courses', name)));

const checks: readonly Check[] = [
  single('formatting', 'prettier', '--check', '--log-level', 'warn', '.'),
  single('generated types', 'svelte-kit', 'sync'),
  single('lint', 'eslint', '.', '--max-warnings', '0'),
  single('types of the pages', 'svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'),
  single('types of the pure rooms', 'tsc', '-p', 'src/lib'),
  single('types of the node', 'tsc', '-p', 'src/server'),
  single('types of the worker', 'tsc', '-p', 'service-worker'),
  single('types of the tests', 'tsc', '-p', 'tests'),
  ...courses,
  unit,
  browser,
];

const wanted = values.only?.split(',');
const total = { passed: 0, failed: 0 };
for (const check of checks.filter(({ name }) => wanted === undefined || wanted.some((word) => name.includes(word)))) {
  const started = Date.now();
  const { passed, failed } = await check.run();
  total.passed += passed;
  total.failed += failed;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${failed === 0 ? 'ok    ' : 'FAILED'} ${check.name}: ${passed} passed, ${failed} failed (${seconds} s)\n`);
}
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
