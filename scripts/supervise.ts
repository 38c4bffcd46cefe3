/**
 * What `npm start` runs: starts the version that the pointer names, watches whether an updated one comes up healthy, and goes back by itself where it does not. It is of the version that was installed by hand and stays so, so that the
 * way back never depends on what was updated.
 *
 * The node says over the process's channel when it answers its own `/health` with ok; it ends with `changeOver` when the pointer was moved under it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { changeOver } from '../src/lib/server/update/change-over.ts';
import { checkFile } from '../src/lib/server/engine/check-file.ts';
import { putBack } from '../src/lib/server/backup/put-back.ts';
import { goBack } from '../src/lib/server/update/apply.ts';
import { readPointer, rootOf, versionsFolder, writePointer, type Pointer } from '../src/lib/server/update/versions.ts';
import { serveFlags } from './find-node.mjs';

const own = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const args = process.argv.slice(2);
const option = args.findIndex((arg) => arg === '--data');
const named = option >= 0 ? args[option + 1] : args.find((arg) => arg.startsWith('--data='))?.slice('--data='.length);
const data = resolve(named ?? process.env['PERIGEE_DATA'] ?? './data');

/** Milliseconds in which an updated version answers `/health` with ok. A Raspberry Pi with a large database needs one minute. */
const patience = Number(process.env['PERIGEE_UPDATE_PATIENCE'] ?? '180') * 1000;
/** Starts on trial: a power cut in the middle of the first one is no fault of the version. */
const mostTries = 2;

/** As the node's own log has it (status/log-book.ts), and on the terminal. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
  try {
    appendFileSync(join(data, 'node.log'), `${JSON.stringify({ at: new Date().toISOString(), line })}\n`, { mode: 0o600 });
  } catch {
    // A full disk. The terminal has it.
  }
}

let child: ChildProcess | null = null;
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    isStopping = true;
    child?.kill(signal);
  });

interface Run {
  /** Whether it ended by itself by now. */
  readonly hasEnded: () => boolean;
  /** Resolves with whether it became healthy; false where it ended or took too long. */
  readonly healthy: Promise<boolean>;
  readonly ended: Promise<number>;
}

function run(pointer: Pointer): Run {
  const root = rootOf(data, pointer, own);
  const started = spawn(process.execPath, [...serveFlags, join(root, 'scripts', 'perigee.ts'), 'serve', ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PERIGEE_SUPERVISED: '1' },
  });
  child = started;
  if (isStopping) started.kill('SIGTERM');
  const ended = new Promise<number>((resolved) => {
    started.once('error', () => {
      resolved(1);
    });
    started.once('exit', (code, signal) => {
      resolved(signal === null ? (code ?? 1) : isStopping ? 0 : 1);
    });
  });
  const healthy = new Promise<boolean>((resolved) => {
    const timer = setTimeout(() => {
      resolved(false);
    }, patience);
    started.on('message', (message) => {
      if (message !== 'healthy') return;
      clearTimeout(timer);
      resolved(true);
    });
    void ended.then(() => {
      clearTimeout(timer);
      resolved(false);
    });
  });
  return { healthy, ended, hasEnded: () => started.exitCode !== null || started.signalCode !== null };
}

async function end(ended: Promise<number>): Promise<void> {
  child?.kill('SIGTERM');
  const timer = setTimeout(() => child?.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

const nameOf = (version: string | null): string => version ?? 'that was installed by hand';

/** The database of the moment before the update, where the version before cannot read what the update left. What came since is on devices, which hand it over again: the database has a new epoch. */
async function putDatabaseBack(backup: string): Promise<boolean> {
  const folder = join(versionsFolder(data), 'put-back');
  await rm(folder, { recursive: true, force: true });
  const made = await putBack({ backup: join(versionsFolder(data), backup), folder, node: null, random: (n) => randomBytes(n) });
  if (!made.ok) {
    say(made.error);
    return false;
  }
  const aside = join(versionsFolder(data), `left-by-update-${String(Date.now())}`);
  for (const end of ['-wal', '-shm', ''])
    if (existsSync(join(data, `node.sqlite${end}`))) await rename(join(data, `node.sqlite${end}`), `${aside}.sqlite${end}`);
  await rename(join(folder, 'node.sqlite'), join(data, 'node.sqlite'));
  await rm(folder, { recursive: true, force: true });
  say(
    `The database of the backup before the update was put back; what the update left lies in ${aside}.sqlite. Devices hand over again what is missing.`,
  );
  return true;
}

for (;;) {
  let pointer = readPointer(data);
  if (pointer.stage === 'trial') {
    if (pointer.tries >= mostTries) {
      say(
        `Version ${nameOf(pointer.version)} did not come up healthy in ${String(mostTries)} starts; version ${nameOf(pointer.before)} runs again.`,
      );
      goBack(data, `Version ${nameOf(pointer.version)} did not come up healthy.`);
      continue;
    }
    pointer = { ...pointer, tries: pointer.tries + 1 };
    writePointer(data, pointer);
    say(`Version ${nameOf(pointer.version)} starts for the first time, in place of ${nameOf(pointer.before)}.`);
  }
  const { healthy, ended, hasEnded } = run(pointer);
  if (pointer.stage === 'trial') {
    const isHealthy = await healthy;
    if (isStopping) process.exit(await ended);
    if (!isHealthy) {
      const isOver = hasEnded();
      await end(ended);
      const how = isOver ? ': it ended by itself.' : ` within ${String(Math.round(patience / 1000))} s.`;
      const why = `Version ${nameOf(pointer.version)} did not come up healthy${how}`;
      say(`${why} Version ${nameOf(pointer.before)} runs again.`);
      goBack(data, why);
      continue;
    }
    writePointer(data, { ...pointer, stage: 'kept' });
    say(`Version ${nameOf(pointer.version)} runs and is healthy. «npx perigee update --back» goes back to ${nameOf(pointer.before)}.`);
  }
  // Once the version before is well, the backup of that moment is nobody's to put back but a person's.
  const isWell = await healthy;
  if (isWell && pointer.stage === 'back' && pointer.backup !== null && readPointer(data).version === pointer.version)
    writePointer(data, { ...pointer, backup: null });
  const code = await ended;
  if (isStopping) process.exit(code);
  if (code === changeOver) continue;
  // Only where the database itself is the reason: a port that is taken is not.
  if (!isWell && pointer.stage === 'back' && pointer.backup !== null && checkFile(join(data, 'node.sqlite')).type === 'damaged') {
    const restored = await putDatabaseBack(pointer.backup);
    writePointer(data, { ...pointer, backup: null });
    if (restored) continue;
  }
  process.exit(code);
}
