/**
 * `perigee backup`: the whole node in one file, while it runs. The database is copied as it stands at one moment, read whole before it counts, and goes in with the node's name, its keys, and the
 * courses that this machine could not make again from its sources, and what was ordered until then. What is not in it: courses that `courses/` holds. Orders that came after the backup are not in it
 * either: who puts it back takes `orders.jsonl` of the newer folder along.
 */
import { existsSync } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { isCourseId, isSha256, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isListOf, isObject } from '../../domain/shape.ts';
import { checkFile, companions } from '../engine/check-file.ts';
import { damageSentence } from '../engine/sqlite-file.ts';
import { syncFolder } from '../engine/sync-folder.ts';
import { authorityFiles } from '../tls/authority-files.ts';
import { describeFile, writeArchive, type BackupManifest } from './archive.ts';

export const databaseFile = 'node.sqlite';

/** Files of the data folder besides the database and the courses. An older node's key lies in a file. */
const smallFiles = ['node-name', 'publisher.pem', ...authorityFiles];
/** What was ordered, beside the database: the only copy in the backup of a node whose documents lie in CouchDB. A running node adds to it. */
const ordersFile = 'orders.jsonl';

/** Every page in one step: the copy is of one moment, and whoever writes meanwhile does not start it again. */
const allPages = 2 ** 30;

const removeDatabase = async (file: string): Promise<void> => {
  const { log, index } = companions(file);
  for (const path of [file, log, index]) await rm(path, { force: true });
};

/** Copies the database to a new file and reads the copy whole. Answers with its epoch, or the sentence that says why not. */
async function copyDatabase(file: string, to: string): Promise<Result<string, string>> {
  const source = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    await backup(source, to, { rate: allPages });
  } catch (error) {
    return err(damageSentence(file, error instanceof Error ? error.message : 'it cannot be read'));
  } finally {
    source.close();
  }
  const state = checkFile(to);
  if (state.type === 'damaged') return err(damageSentence(file, state.what));
  const copy = new DatabaseSync(to, { readOnly: true });
  try {
    return ok(String(copy.prepare(`SELECT value FROM meta WHERE key = 'epoch'`).get()?.['value']));
  } finally {
    copy.close();
  }
}

/** Names of pieces that a published course is made of; empty where the file is none of ours. */
async function piecesOf(published: string): Promise<readonly string[]> {
  const kept: unknown = JSON.parse(await readFile(published, 'utf8'));
  const signed = isObject(kept) ? kept['signed'] : null;
  const manifest = isObject(signed) ? signed['manifest'] : null;
  const pieces = isObject(manifest) ? manifest['pieces'] : null;
  return isListOf(isObject)(pieces) ? pieces.map(({ sha256 }) => sha256).filter(isSha256) : [];
}

/** Courses with their pieces, and packages that somebody put here, by their paths in the data folder. */
async function courseFiles(data: string, courses: string | null): Promise<readonly string[]> {
  const paths = new Set<string>();
  const [published, packages] = [join(data, 'published'), join(data, 'packages')];
  for (const name of existsSync(published) ? (await readdir(published)).filter((file) => file.endsWith('.json')) : []) {
    const course = name.slice(0, -'.json'.length);
    if (isCourseId(course) && courses !== null && existsSync(join(courses, course, 'course.yaml'))) continue;
    paths.add(`published/${name}`);
    for (const sha256 of await piecesOf(join(published, name))) paths.add(`pieces/${sha256.slice(0, 2)}/${sha256}`);
  }
  if (existsSync(packages))
    for (const entry of await readdir(packages, { withFileTypes: true, recursive: true }))
      if (entry.isFile())
        paths.add(
          join(entry.parentPath, entry.name)
            .slice(data.length + 1)
            .replaceAll('\\', '/'),
        );
  return [...paths].sort();
}

export interface BackedUp {
  readonly manifest: BackupManifest;
  /** Pieces of published courses that are not where they should be. */
  readonly absent: readonly string[];
}

/**
 * Makes the backup; nothing stands at `to` before all of it is on the disk.
 *
 * @param epoch of the CouchDB that the node uses; null where the database is embedded and goes into the file
 * @param courses folder of sources from which the node can make its courses again; null for none
 */
export async function backUp(given: {
  readonly data: string;
  readonly node: NodeId;
  readonly epoch: string | null;
  readonly courses: string | null;
  readonly to: string;
  readonly now: string;
}): Promise<Result<BackedUp, string>> {
  const { data, node, courses, to, now } = given;
  if (existsSync(to)) return err(`${to} is there already and stays as it is. Name a new file.`);
  const half = `${to}.${String(process.pid)}-half`;
  const copy = `${half}.sqlite`;
  const orders = `${half}.orders`;
  try {
    const epoch = given.epoch === null ? await copyDatabase(join(data, databaseFile), copy) : ok(given.epoch);
    if (!epoch.ok) return epoch;
    if (existsSync(join(data, ordersFile))) await copyFile(join(data, ordersFile), orders);
    const copies = new Map([
      [databaseFile, copy],
      [ordersFile, orders],
    ]);
    const sourceOf = (path: string): string => copies.get(path) ?? join(data, path);
    const wanted = [...(given.epoch === null ? [databaseFile] : []), ...smallFiles, ordersFile, ...(await courseFiles(data, courses))];
    const there = wanted.filter((path) => existsSync(sourceOf(path)));
    const files = [];
    for (const path of there) files.push(await describeFile(path, sourceOf(path)));
    const engine = given.epoch === null ? 'embedded' : 'couchdb';
    const manifest: BackupManifest = { format: 'perigee-backup', version: 1, made: now, node, epoch: epoch.value, engine, files };
    const file = await open(half, 'wx', 0o600);
    try {
      await writeArchive(file, manifest, sourceOf);
    } finally {
      await file.close();
    }
    try {
      // Unlike a renaming, this leaves what was put there in the meantime.
      await link(half, to);
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EEXIST') throw error;
      return err(`${to} is there already and stays as it is. Name a new file.`);
    }
    syncFolder(dirname(to));
    return ok({ manifest, absent: wanted.filter((path) => path.startsWith('pieces/') && !there.includes(path)) });
  } finally {
    for (const path of [half, orders]) await rm(path, { force: true });
    await removeDatabase(copy);
  }
}
