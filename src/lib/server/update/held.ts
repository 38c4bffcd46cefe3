/**
 * Signed versions that this node hands on to the nodes below it, as files in `<data>/versions/`:
 *
 *   taken-<version>.perigee    the file that a version came in. Offered below only while that version runs here and was healthy: what failed here is handed to nobody
 *   offer-<version>.perigee    a file that an administrator holds for the nodes below without taking it (`perigee update --offer`)
 *
 * Offered is the newest of them. Who takes it checks the signature against its own publishers; that this node checked it too only spares the nodes below a useless fetch.
 */
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isSha256 } from '../../domain/ids.ts';
import { isCount, isObject } from '../../domain/shape.ts';
import type { OfferedRelease } from '../../sync/visit.ts';
import { syncFolder } from '../engine/sync-folder.ts';
import { compareVersions, hashOfFile, isVersion, peekUpdate } from './update-file.ts';
import { readPointer, versionsFolder } from './versions.ts';

const takenName = (version: string): string => `taken-${version}.perigee`;
const offerName = (version: string): string => `offer-${version}.perigee`;
const versionOf = (name: string, kind: 'taken' | 'offer'): string | null => {
  const version = new RegExp(`^${kind}-(.+)\\.perigee$`).exec(name)?.[1];
  return isVersion(version) ? version : null;
};

/** What a greeting says of a version; null where it says nothing that can be read. */
export function parseOffered(value: unknown): OfferedRelease | null {
  if (!isObject(value)) return null;
  const { version, bytes, unpacked, sha256 } = value;
  return isVersion(version) && isCount(bytes) && isCount(unpacked) && isSha256(sha256) ? { version, bytes, unpacked, sha256 } : null;
}

async function namesIn(data: string): Promise<readonly string[]> {
  return readdir(versionsFolder(data)).catch(() => []);
}

/** Puts a copy where it is not seen before it is whole and on the disk; a file of the folder itself is moved. */
async function put(data: string, file: string, name: string): Promise<void> {
  const folder = versionsFolder(data);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const to = join(folder, name);
  if (resolve(file) === resolve(to)) return;
  const half = `${to}.half`;
  if (dirname(resolve(file)) === resolve(folder)) await rename(file, half);
  else await copyFile(file, half);
  const kept = await open(half, 'r+');
  await kept.sync();
  await kept.close();
  await rename(half, to);
  syncFolder(folder);
}

/** Keeps the file of a version that is being taken, beside that of the one that runs; other ones go. */
export async function keepTaken(data: string, file: string, version: string): Promise<void> {
  const { version: running } = readPointer(data);
  await put(data, file, takenName(version));
  for (const name of await namesIn(data)) {
    const old = versionOf(name, 'taken');
    if (old !== null && old !== version && old !== running) await rm(join(versionsFolder(data), name), { force: true });
  }
}

/** A version whose file is here already, by its bytes: what was taken back is not fetched again. */
export async function heldFile(data: string, { version, bytes, sha256 }: OfferedRelease): Promise<string | null> {
  for (const name of [takenName(version), offerName(version)]) {
    const path = join(versionsFolder(data), name);
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    if (size === bytes && (await hashOfFile(path)) === sha256) return path;
  }
  return null;
}

/** Holds a file for the nodes below, in place of the one that was held; null for none. The file was checked. */
export async function holdForBelow(data: string, held: { readonly file: string; readonly version: string } | null): Promise<void> {
  if (held !== null) await put(data, held.file, offerName(held.version));
  for (const name of await namesIn(data)) {
    const old = versionOf(name, 'offer');
    if (old !== null && old !== held?.version) await rm(join(versionsFolder(data), name), { force: true });
  }
}

export interface Held {
  /** The newest version that is handed on; null for none. */
  offered(): Promise<OfferedRelease | null>;
  /** Where its file lies; null where something else, or nothing, is offered. */
  pathOf(sha256: string): Promise<string | null>;
}

/** @param keys publishers that are pinned here */
export function openHeld(data: string, keys: () => Promise<readonly string[]>): Held {
  type Known = { readonly mark: string; readonly release: Promise<OfferedRelease | null> };
  /** A file of some megabytes is hashed once, not at each greeting. */
  const known = new Map<string, Known>();

  async function read(path: string, bytes: number): Promise<OfferedRelease | null> {
    const head = await peekUpdate(path, await keys());
    if (!head.ok || head.value?.length !== bytes) return null;
    return { version: head.value.manifest.version, bytes, unpacked: head.value.total, sha256: await hashOfFile(path) };
  }

  async function describe(path: string): Promise<OfferedRelease | null> {
    const found = await stat(path).catch(() => null);
    if (found === null) return null;
    const mark = `${String(found.size)} ${String(found.mtimeMs)} ${(await keys()).join(' ')}`;
    const before = known.get(path);
    if (before?.mark === mark) return before.release;
    const release = read(path, found.size).catch(() => null);
    known.set(path, { mark, release });
    return release;
  }

  async function newest(): Promise<{ readonly path: string; readonly release: OfferedRelease } | null> {
    const { version, stage } = readPointer(data);
    const eligible = (await namesIn(data)).filter(
      (name) => versionOf(name, 'offer') !== null || (stage !== 'trial' && version !== null && versionOf(name, 'taken') === version),
    );
    let best: { readonly path: string; readonly release: OfferedRelease } | null = null;
    for (const path of eligible.map((name) => join(versionsFolder(data), name))) {
      const release = await describe(path);
      if (release !== null && (best === null || compareVersions(release.version, best.release.version) > 0)) best = { path, release };
    }
    return best;
  }

  return {
    offered: async () => (await newest())?.release ?? null,
    async pathOf(sha256) {
      const best = await newest();
      return best !== null && best.release.sha256 === sha256 ? best.path : null;
    },
  };
}
