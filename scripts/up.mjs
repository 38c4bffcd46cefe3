#!/usr/bin/env node
/**
 * What every npm script passes through. It runs on the machine's own Node (20 or newer): installs what is missing, finds the
 * Node 24 that npm brought, builds what is stale, then hands over to it.
 *
 *   node scripts/up.mjs start|dev|build|test|bench|simulate [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './find-node.mjs';
import { appVersion } from './version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const [task = 'start', ...rest] = process.argv.slice(2);

/** @param {string} message */
const say = (message) => process.stderr.write(`${message}\n`);

/** @param {string} path @returns {string} */
function digestOf(path) {
  if (!existsSync(path)) return '-';
  if (!statSync(path).isDirectory()) return createHash('sha256').update(readFileSync(path)).digest('hex');
  const hash = createHash('sha256');
  for (const name of readdirSync(path).sort()) hash.update(`${name}\0${digestOf(join(path, name))}\0`);
  return hash.digest('hex');
}

/** Does the work only where the inputs changed since it last succeeded. @param {string} stamp @param {string} digest @param {() => void} work */
function whenStale(stamp, digest, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/** @param {string} command @param {string[]} args */
function must(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], env: environment() });
  if (status === 0) return;
  say(
    `\n«${command} ${args.join(' ')}» did not succeed${error === undefined ? '' : ` (${error.message})`}. What it printed above says why.`,
  );
  process.exit(1);
}

function environment() {
  const separator = process.platform === 'win32' ? ';' : ':';
  const bin = findNode();
  const paths = [...(bin === null ? [] : [dirname(bin)]), join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''];
  return { ...process.env, PATH: paths.join(separator) };
}

function install() {
  whenStale('node_modules/.perigee-installed', digestOf('package-lock.json'), () => {
    say('Installing the packages that Perigee is built from …');
    // Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, which npm leaves out where a registry lacks them.
    must(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['install', '--no-save', '--loglevel=error']);
  });
}

function build() {
  const inputs = ['src', 'service-worker', 'static', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'];
  const digest = createHash('sha256').update(appVersion()).update(inputs.map(digestOf).join()).digest('hex');
  whenStale('build/.stamp', digest, () => {
    say('Building …');
    must('vite', ['build', '--logLevel', 'error']);
  });
}

/** Hands over to Node 24 and takes its signals and exit code. @param {string} script @param {string[]} args @param {readonly string[]} flags */
function handOver(script, args, flags = []) {
  const node = findNode();
  if (node === null) {
    say(
      `Perigee needs Node 24 or newer. npm brings it on Linux, macOS and Windows; on this machine (${process.platform} ${process.arch}) please install it from nodejs.org.`,
    );
    process.exit(1);
  }
  const child = spawn(node, [...flags, script, ...args], { stdio: 'inherit', env: environment() });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 0));
}

install();
if (task === 'build') build();
else if (task === 'start') {
  build();
  handOver('scripts/supervise.ts', rest);
} else if (task === 'dev') handOver('scripts/perigee.ts', ['serve', '--dev', ...rest]);
else if (task === 'test') {
  build();
  handOver('scripts/test.ts', rest);
} else if (task === 'bench') {
  build();
  handOver('bench/run.ts', rest);
} else if (task === 'simulate') handOver('scripts/simulate.ts', rest);
else {
  say(`There is no task «${task}». The tasks are start, dev, build, test, bench and simulate.`);
  process.exit(64);
}
