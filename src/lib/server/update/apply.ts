/**
 * Taking an update: the file is read through and every hash of it is right before a byte is unpacked; a backup is made; the version is unpacked beside the running one; and the pointer is moved, which a running node notices.
 * Until then nothing has changed, and whatever goes wrong leaves nothing.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isListOf, isObject, isString } from '../../domain/shape.ts';
import { backUp } from '../backup/back-up.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';
import { compareVersions, openUpdate, type OpenUpdate, type UpdateManifest } from './update-file.ts';
import { keepTaken } from './held.ts';
import { readPointer, treeOf, versionsFolder, writePointer } from './versions.ts';

export interface UpdateWish {
  readonly file: string;
  readonly data: string;
  readonly node: NodeId;
  /** Keys that are believed. */
  readonly keys: readonly string[];
  /** The version that runs, and where it lies. */
  readonly running: string;
  readonly root: string;
  /** Take it although it is older. */
  readonly older?: boolean;
  /** Epoch of the CouchDB that the node uses; null where the database is embedded. */
  readonly epoch: string | null;
  readonly now: string;
}

/** Why a version was not taken. */
export interface NotTaken {
  /** `older`: it is, and nobody asked for that; `no-room`: the disk has none; `refused`: all that is wrong with the file; `failed`: it could not be put in place. */
  readonly code: 'older' | 'no-room' | 'refused' | 'failed';
  /** Whole sentences. */
  readonly said: string;
}

const notTaken = (code: NotTaken['code'], said: string): Result<never, NotTaken> => err({ code, said: `${said} Nothing was changed.` });

/** Reads the file through. */
export async function checkUpdate({
  file,
  keys,
  running,
  older = false,
}: Pick<UpdateWish, 'file' | 'keys' | 'running' | 'older'>): Promise<Result<UpdateManifest, NotTaken>> {
  const opened = await openUpdate(file, keys);
  if (!opened.ok) return notTaken('refused', `${file} ${opened.error}.`);
  const { manifest, each, close } = opened.value;
  try {
    const { version, node } = manifest;
    if (!older && compareVersions(version, running) < 0)
      return notTaken('older', `${file} is version ${version}, older than ${running}, which runs.`);
    if (compareVersions(process.versions.node, node) < 0)
      return notTaken('refused', `${file} needs Node ${node}, and this machine runs ${process.versions.node}. Install that first.`);
    const read = await each(async () => undefined);
    return read.ok ? ok(manifest) : notTaken('refused', `${file} ${read.error}.`);
  } finally {
    await close();
  }
}

/** Packages that are made for one kind of machine are in no update: those of the running version serve, where they are the same. */
async function bringNative(root: string, to: string): Promise<void> {
  const lock: unknown = JSON.parse(await readFile(join(to, 'package-lock.json'), 'utf8'));
  const packages = isObject(lock) && isObject(lock['packages']) ? lock['packages'] : {};
  for (const [path, entry] of Object.entries(packages)) {
    if (!path.startsWith('node_modules/') || path.includes('..') || !isObject(entry) || entry['dev'] === true) continue;
    if (!isListOf(isString)(entry['cpu']) || !entry['cpu'].includes(process.arch) || !existsSync(join(root, path))) continue;
    const there: unknown = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8'));
    if (isObject(there) && there['version'] === entry['version']) await cp(join(root, path), join(to, path), { recursive: true });
  }
}

async function unpack({ each }: OpenUpdate, to: string): Promise<Result<null, string>> {
  const made = new Set<string>();
  const read = await each(async ({ path }, bytes) => {
    const place = join(to, path);
    await mkdir(dirname(place), { recursive: true });
    for (let folder = dirname(place); folder !== dirname(to); folder = dirname(folder)) made.add(folder);
    const file = await open(place, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  });
  for (const folder of made) syncFolder(folder);
  return read;
}

/** What is no longer in use, after an update that was kept. */
async function tidy(data: string, keep: readonly (string | null)[]): Promise<void> {
  for (const entry of await readdir(versionsFolder(data), { withFileTypes: true }))
    if (entry.isDirectory() ? !keep.includes(entry.name) : entry.name.endsWith('.backup') && !keep.includes(entry.name))
      await rm(treeOf(data, entry.name), { recursive: true, force: true });
}

/** Bytes that taking a version needs beside its file: its files twice, because what is put in place lies beside what is unpacked for a moment, and the backup's database is read whole. */
export const roomToUnpack = (unpacked: number): number => unpacked * 2;

/** Takes the update. The node that runs under `scripts/supervise.ts` changes over by itself. The file is kept for nodes below (held.ts). */
export async function applyUpdate(wish: UpdateWish): Promise<Result<UpdateManifest, NotTaken>> {
  const { file, data, node, keys, root, epoch, now } = wish;
  const checked = await checkUpdate(wish);
  if (!checked.ok) return checked;
  const { version } = checked.value;
  const pointer = readPointer(data);
  if (pointer.version === version && pointer.stage !== 'back') return notTaken('refused', `Version ${version} is in use already.`);
  makeFolder(versionsFolder(data), 0o700);
  const opened = await openUpdate(file, keys);
  if (!opened.ok) return notTaken('refused', `${file} ${opened.error}.`);
  const half = join(versionsFolder(data), `${version}.half`);
  try {
    const { bavail, bsize } = await statfs(data);
    const needed = roomToUnpack(opened.value.total);
    if (bavail * bsize < needed)
      return notTaken('no-room', `The disk has no room for version ${version}: it needs ${String(Math.ceil(needed / 1e6))} MB.`);
    await rm(half, { recursive: true, force: true });
    const backup = `before-${version}.backup`;
    await rm(join(versionsFolder(data), backup), { force: true });
    const saved = await backUp({ data, node, epoch, courses: join(root, 'courses'), to: join(versionsFolder(data), backup), now });
    if (!saved.ok) return err({ code: 'failed', said: `No backup could be made, so nothing was changed. ${saved.error}` });
    await tidy(data, [pointer.version, backup]);
    await mkdir(half, { mode: 0o700 });
    const unpacked = await unpack(opened.value, half);
    if (!unpacked.ok) return notTaken('refused', `${file} ${unpacked.error}.`);
    await bringNative(root, half);
    await rm(treeOf(data, version), { recursive: true, force: true });
    await rename(half, treeOf(data, version));
    syncFolder(versionsFolder(data));
    await keepTaken(data, file, version);
    writePointer(data, {
      version,
      before: pointer.version === version ? pointer.before : pointer.version,
      stage: 'trial',
      tries: 0,
      backup,
      why: null,
    });
    return checked;
  } finally {
    await opened.value.close();
    await rm(half, { recursive: true, force: true });
  }
}

/** Points at the version before. Null where there is none. */
export function goBack(data: string, why: string): { readonly from: string; readonly to: string | null } | null {
  const { version, before, backup } = readPointer(data);
  if (version === null) return null;
  // From there one can go back to what was installed by hand, and never to the version that failed.
  writePointer(data, { version: before, before: null, stage: 'back', tries: 0, backup, why });
  return { from: version, to: before };
}
