/**
 * The benchmarks: prints a table and writes `bench/latest.json`.
 *
 *   npm run bench [-- name …]
 *
 * Times are compared with something else of the same run, because a machine's speed is not the program's. Exits with 1 where
 * a figure is out of its bound.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { arrival } from './arrival.ts';
import { backup } from './backup.ts';
import { isWithinBound, type Benchmark, type Figure } from './measure.ts';
import { centre } from './centre.ts';
import { standings, verifying } from './certificates.ts';
import { crowd } from './crowd.ts';
import { day } from './day.ts';
import { firstSync } from './first-sync.ts';
import { passesPerSecond } from './passes.ts';
import { couchUrl } from './peers.ts';
import { commons } from './commons.ts';
import { compendium } from './compendium.ts';
import { compiling } from './compiling.ts';
import { matching } from './matching.ts';
import { offline } from './offline.ts';
import { reading } from './reading.ts';
import { starts } from './starts.ts';
import { syncing } from './syncing.ts';

const benchmarks: readonly Benchmark[] = [
  reading,
  offline,
  syncing,
  compiling,
  commons,
  compendium,
  matching,
  passesPerSecond,
  firstSync,
  crowd,
  arrival,
  day,
  verifying,
  standings,
  centre,
  starts,
  backup,
];

if (couchUrl === null) process.stdout.write('not run beside CouchDB: COUCHDB_URL is not set\n');

const wanted = process.argv.slice(2);
const results: { readonly benchmark: string; readonly figures: readonly Figure[] }[] = [];
for (const benchmark of benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  process.stdout.write(`${benchmark.name}\n`);
  const figures = await benchmark.run();
  results.push({ benchmark: benchmark.name, figures });
  for (const figure of figures) {
    const bound =
      figure.bound === undefined
        ? ''
        : `  ${isWithinBound(figure) ? 'within' : 'OUT OF'} ${figure.least ? '≥' : '≤'} ${figure.bound} ${figure.unit}`;
    const value = figure.value.toLocaleString('en', { maximumFractionDigits: 2 });
    process.stdout.write(
      `  ${figure.name.padEnd(64)} ${value.padStart(10)} ${figure.unit.padEnd(3)}${bound}${figure.note === undefined ? '' : `  (${figure.note})`}\n`,
    );
  }
}

const machine = { processors: cpus().length, model: cpus()[0]?.model ?? '', memory: totalmem(), node: process.version };
writeFileSync(new URL('latest.json', import.meta.url), `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`);
process.exitCode = results.every(({ figures }) => figures.every(isWithinBound)) ? 0 : 1;
