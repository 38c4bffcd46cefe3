/**
 * `perigee restore`: a data folder made of a backup, or of what is whole in a damaged one. It is made beside its place and takes the place when it is whole, and its database has a new
 * epoch: every device takes back what it said of the old one, and hands over again what the new one lacks.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RandomBytes } from '../../domain/clock.ts';
import { isNodeId, isSha256, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { sha256Of } from '../content/pieces.ts';
import { checkFile } from '../engine/check-file.ts';
import { openEmbedded } from '../engine/embedded.ts';
import { salvage, type SalvageReport } from '../engine/salvage.ts';
import { syncFolder } from '../engine/sync-folder.ts';
import { readArchive, type BackupManifest } from './archive.ts';
import { authorityFolder } from '../tls/authority-files.ts';
import { databaseFile } from './back-up.ts';
import { renameNode } from './rename-node.ts';

/** Why nothing may be put there, or null. */
function occupied(folder: string): string | null {
  if (!existsSync(folder)) return null;
  if (readdirSync(folder).length === 0) return null;
  return `${folder} is not empty, and nothing in it is touched. Move it away, or name another folder with --data.`;
}

/** Makes a folder beside its place, lets `fill` fill it, and puts it there. Whatever goes wrong, nothing is left. */
async function makeFolder<Value>(folder: string, fill: (half: string) => Promise<Result<Value, string>>): Promise<Result<Value, string>> {
  const place = resolve(folder);
  const refusal = occupied(place);
  if (refusal !== null) return err(refusal);
  mkdirSync(dirname(place), { recursive: true });
  const half = `${place}.${String(process.pid)}-half`;
  await mkdir(half, { mode: 0o700 });
  try {
    const filled = await fill(half);
    if (!filled.ok) return filled;
    for (const entry of await readdir(half, { withFileTypes: true, recursive: true }))
      if (entry.isDirectory()) syncFolder(join(entry.parentPath, entry.name));
    syncFolder(half);
    if (existsSync(place)) await rmdir(place);
    await rename(half, place);
    syncFolder(dirname(place));
    return filled;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** The settled database of the folder: whole, with a new epoch, and under the node's name. */
async function settle(folder: string, random: RandomBytes, from: NodeId, to: NodeId): Promise<Result<string, string>> {
  const file = join(folder, databaseFile);
  const state = checkFile(file);
  if (state.type === 'damaged' || state.type === 'new')
    return err(`is damaged: its database is not whole (${state.type === 'new' ? 'it is missing' : state.what})`);
  const engine = openEmbedded({ file, random, newEpoch: true });
  const { epoch } = engine;
  await engine.close();
  if (from !== to) await renameNode(file, random, from, to);
  await writeFile(join(folder, 'node-name'), `${to}\n`, { flush: true });
  return ok(epoch);
}

export interface PutBack {
  readonly manifest: BackupManifest;
  readonly node: NodeId;
  /** Of the new database; null where that is CouchDB's. */
  readonly epoch: string | null;
}

/**
 * Puts a backup back.
 *
 * @param backup the file
 * @param folder where the data folder is to be; missing or empty
 * @param node another name for the node; null for the one it had
 */
export async function putBack(given: {
  readonly backup: string;
  readonly folder: string;
  readonly node: NodeId | null;
  readonly random: RandomBytes;
}): Promise<Result<PutBack, string>> {
  const { backup, folder, node, random } = given;
  const archive = await open(backup, 'r');
  try {
    const read = await readArchive(archive);
    if (!read.ok) return err(`${backup} ${read.error}. Nothing was put back.`);
    const { manifest, unpack } = read.value;
    const name = node ?? manifest.node;
    if (manifest.engine === 'couchdb' && name !== manifest.node)
      return err(
        `${backup} is of a node on CouchDB, whose databases are named after it: it keeps the name «${manifest.node}». Leave --node out.`,
      );
    return await makeFolder<PutBack>(folder, async (half) => {
      const unpacked = await unpack(async ({ path }) => {
        const to = join(half, path);
        await mkdir(dirname(to), { recursive: true, mode: 0o700 });
        const file = await open(to, 'wx', 0o600);
        return {
          write: async (part) => void (await file.write(part)),
          async end() {
            try {
              await file.sync();
            } finally {
              await file.close();
            }
          },
        };
      });
      if (!unpacked.ok) return err(`${backup} ${unpacked.error}. Nothing was put back.`);
      if (manifest.engine === 'couchdb') return ok({ manifest, node: name, epoch: null });
      const settled = await settle(half, random, manifest.node, name);
      return settled.ok ? ok({ manifest, node: name, epoch: settled.value }) : err(`${backup} ${settled.error}. Nothing was put back.`);
    });
  } finally {
    await archive.close();
  }
}

export interface Salvaged extends SalvageReport {
  readonly node: NodeId;
  readonly epoch: string;
  /** Pieces of courses that were damaged, and are left out. */
  readonly pieces: readonly string[];
}

async function savePieces(from: string, to: string): Promise<readonly string[]> {
  const damaged: string[] = [];
  if (!existsSync(from)) return damaged;
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !isSha256(entry.name)) continue;
    const source = join(entry.parentPath, entry.name);
    if (sha256Of(await readFile(source)) !== entry.name) {
      damaged.push(entry.name);
      continue;
    }
    await mkdir(join(to, entry.name.slice(0, 2)), { recursive: true });
    await copyFile(source, join(to, entry.name.slice(0, 2), entry.name));
  }
  return damaged;
}

/** Makes a data folder of what is whole in a damaged one, which stays as it is. */
export async function putBackWhatIsWhole(given: {
  /** The damaged data folder. */
  readonly from: string;
  readonly folder: string;
  readonly node: NodeId | null;
  readonly random: RandomBytes;
}): Promise<Result<Salvaged, string>> {
  const { from, folder, node, random } = given;
  const file = join(from, databaseFile);
  if (!existsSync(file)) return err(`${file} is not there: nothing can be saved of it. Put a backup back with «perigee restore FILE».`);
  const named = existsSync(join(from, 'node-name')) ? (await readFile(join(from, 'node-name'), 'utf8')).trim() : '';
  return await makeFolder<Salvaged>(folder, async (half) => {
    const saved = join(half, databaseFile);
    const engine = openEmbedded({ file: saved, random });
    const { epoch } = engine;
    const report = await salvage(file, engine);
    await engine.close();
    // Who starts as before and is not told of an epoch must not take this one for the first.
    const sqlite = new DatabaseSync(saved);
    sqlite.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('followed', 'salvaged')`);
    sqlite.close();
    const was = isNodeId(named)
      ? named
      : Object.keys(report.saved)
          .find((name) => name.startsWith('records-'))
          ?.slice('records-'.length);
    if (!isNodeId(was)) return err(`${from} does not say which node it was of. Write its name into ${join(from, 'node-name')}.`);
    const name = node ?? was;
    if (name !== was) await renameNode(saved, random, was, name);
    for (const path of ['publisher.pem', 'orders.jsonl'])
      if (existsSync(join(from, path))) {
        await copyFile(join(from, path), join(half, path));
        await chmod(join(half, path), 0o600);
      }
    // Phones trust the authority; made anew, each would have to be asked again.
    if (existsSync(join(from, authorityFolder))) {
      await cp(join(from, authorityFolder), join(half, authorityFolder), { recursive: true });
      await chmod(join(half, authorityFolder), 0o700);
    }
    for (const path of ['published', 'packages'])
      if (existsSync(join(from, path))) await cp(join(from, path), join(half, path), { recursive: true });
    const pieces = await savePieces(join(from, 'pieces'), join(half, 'pieces'));
    await writeFile(join(half, 'node-name'), `${name}\n`, { flush: true });
    return ok({ ...report, node: name, epoch, pieces });
  });
}
