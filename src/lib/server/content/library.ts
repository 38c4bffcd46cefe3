/**
 * The courses that this node publishes. From two places:
 *
 *   courses/<id>/            sources; compiled and signed here when they, or the compiler, changed
 *   <data>/packages/<dir>/   packages that somebody else built and signed (manifest.json, manifest.sig, pieces/); published as they are, after every
 *                            hash, the signature and everything that a page would show were checked
 *
 * What was published is kept in `<data>/published/<course>.json`, its pieces in `<data>/pieces/`, so that a new start has nothing to do where all of it is there. A fault of one course is
 * told in the log and leaves the others, and what was published of it before, as they are.
 */
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { isCourseId, type CourseId, type Sha256 } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { parseSignedManifest, parseStructure } from '../../course/parse-package.ts';
import type { CourseStructure, CourseSummary, Manifest, Piece, SignedManifest } from '../../course/package.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';
import type { Log } from '../log.ts';
import { sha256Of, type Pieces } from './pieces.ts';
import { pricesOf, type Prices } from './prices.ts';
import { isSignedRight, type Publisher } from './publisher.ts';

export interface CompiledPackage {
  readonly manifest: Manifest;
  readonly pieces: ReadonlyMap<Sha256, Uint8Array>;
}

/** What the library needs of the compiler. */
export interface Compiler {
  /** Says something else whenever the same source would give other bytes. */
  readonly stamp: string;
  /** Null where the source has errors; `problems` are sentences with file and line. */
  compile(source: {
    readonly folder: string;
    readonly files: ReadonlyMap<string, Uint8Array>;
  }): Promise<{ readonly package: CompiledPackage | null; readonly problems: readonly string[] }>;
  /** Whether a piece of another publisher holds nothing but what the compiler itself would make. */
  isSafe(piece: Piece, bytes: Uint8Array): boolean;
}

export interface Published {
  readonly signed: SignedManifest;
  /** SHA-256 of the canonical manifest. */
  readonly digest: Sha256;
  readonly prices: Prices;
  /** Of the source or package that this came from. */
  readonly stamp: string;
}

export interface Library {
  all(): readonly Published[];
  get(course: CourseId): Published | null;
  structureOf(course: CourseId): Promise<CourseStructure | null>;
  /** Media type of a piece of any published course. */
  typeOf(sha256: Sha256): string | null;
  /** Brings what is published in step with the sources and packages; `isOver` says that the rest has time until the next start. */
  refresh(isOver?: () => boolean): Promise<void>;
}

/** Sources and packages larger than this are not read: 200 MB. */
const maxFolderBytes = 200 * 1024 * 1024;

const isMissing = (error: unknown): boolean => error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(String(Reflect.get(error, 'code')));

async function foldersIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Every file of a folder by its path in it, in the order of their names. Links are not followed. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      // What editors and systems leave behind is no part of a course.
      if (entry.name.startsWith('.')) continue;
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else if (entry.isFile()) {
        const content = await readFile(join(folder, name));
        bytes += content.byteLength;
        if (bytes > maxFolderBytes) throw new RangeError(`${folder} holds more than ${String(maxFolderBytes / 1024 / 1024)} MB`);
        files.set(name, content);
      }
    }
  };
  await visit('');
  return files;
}

const stampOf = (files: ReadonlyMap<string, Uint8Array>, ...rest: readonly string[]): string =>
  sha256Of(Buffer.from(JSON.stringify([...rest, ...[...files].map(([name, bytes]) => [name, sha256Of(bytes)])])));

export const digestOf = (manifest: Manifest): Sha256 => sha256Of(Buffer.from(canonicalJson(manifest)));

/** What a catalogue says of a course, with prices for what the client takes. */
export function summaryOf({ signed: { manifest }, digest, prices }: Published, encoding: keyof Prices): CourseSummary {
  const { course, form, languages, title, summary, licence, discipline, level, sdg, units, items, minutes } = manifest;
  return {
    course,
    ...(form === undefined ? {} : { form }),
    languages,
    title,
    summary,
    licence,
    discipline,
    level,
    sdg,
    units,
    items,
    minutes,
    manifest: digest,
    price: prices[encoding],
  };
}

export async function openLibrary(given: {
  /** The folder of sources; null where this node has none. */
  readonly courses: string | null;
  readonly packages: string;
  readonly published: string;
  readonly pieces: Pieces;
  readonly publisher: Publisher;
  readonly compiler: Compiler;
  readonly log: Log;
}): Promise<Library> {
  const { courses, packages, published, pieces, publisher, compiler, log } = given;
  const publishedById = new Map<CourseId, Published>();
  const structures = new Map<Sha256, CourseStructure>();
  const typeByPiece = new Map<Sha256, string>();
  makeFolder(published);
  for (const name of (await readdir(published)).filter((file) => file.endsWith('.json'))) {
    // This node wrote it; a file that was cut short is made again from its source.
    const kept = await readFile(join(published, name), 'utf8')
      .then((text) => JSON.parse(text) as Published)
      .catch(() => null);
    if (kept !== null && parseSignedManifest(kept.signed).ok) remember(kept);
    else log(`${join(published, name)} is damaged; the course is published anew.`);
  }

  function remember(course: Published): void {
    publishedById.set(course.signed.manifest.course, course);
    for (const { sha256, type } of course.signed.manifest.pieces) typeByPiece.set(sha256, type);
  }

  async function publish(signed: SignedManifest, bytes: ReadonlyMap<Sha256, Uint8Array>, stamp: string): Promise<void> {
    for (const piece of bytes.values()) await pieces.keep(piece);
    const read = async (sha256: Sha256): Promise<Uint8Array> => {
      const found = bytes.get(sha256);
      if (found === undefined) throw new Error(`The piece ${sha256} is in the manifest but not in the package`);
      return found;
    };
    const course: Published = { signed, digest: digestOf(signed.manifest), prices: await pricesOf(signed, read), stamp };
    const path = join(published, `${signed.manifest.course}.json`);
    const file = await open(`${path}.half`, 'w');
    try {
      await file.writeFile(JSON.stringify(course));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.half`, path);
    syncFolder(published);
    remember(course);
  }

  /** Whether this is published already, with every piece. A disk that fails may have lost some. */
  async function isThere(stamp: string): Promise<boolean> {
    const course = [...publishedById.values()].find((one) => one.stamp === stamp);
    if (course === undefined) return false;
    const wanted = course.signed.manifest.pieces;
    const sizes = await Promise.all(wanted.map(({ sha256 }) => pieces.sizeOf(sha256)));
    return wanted.every(({ bytes }, n) => sizes[n] === bytes);
  }

  async function refreshSource(root: string, folder: string): Promise<void> {
    const files = await filesIn(join(root, folder));
    if (!files.has('course.yaml')) return;
    const stamp = stampOf(files, 'source', compiler.stamp, publisher.key);
    if (await isThere(stamp)) return;
    const compiled = await compiler.compile({ folder, files });
    for (const problem of compiled.problems) log(`${join(root, folder)}: ${problem}`);
    if (compiled.package === null) {
      log(
        `The course ${folder} has errors and was not published${isCourseId(folder) && publishedById.has(folder) ? '; its last version stays' : ''}.`,
      );
      return;
    }
    await publish(publisher.sign(compiled.package.manifest), compiled.package.pieces, stamp);
    log(`Published ${folder}.`);
  }

  /** Reads a package and checks all that a device would check. */
  async function readPackage(
    files: ReadonlyMap<string, Uint8Array>,
  ): Promise<Result<{ signed: SignedManifest; bytes: ReadonlyMap<Sha256, Uint8Array> }, string>> {
    const text = (name: string): string => new TextDecoder().decode(files.get(name) ?? new Uint8Array());
    let signed: SignedManifest;
    try {
      const parsed = parseSignedManifest({ manifest: JSON.parse(text('manifest.json')), signature: JSON.parse(text('manifest.sig')) });
      if (!parsed.ok) return err('its manifest or signature is not well formed');
      signed = parsed.value;
    } catch {
      return err('manifest.json or manifest.sig is missing or no JSON');
    }
    if (!isSignedRight(signed)) return err('its signature is not right');
    const bytes = new Map<Sha256, Uint8Array>();
    for (const piece of signed.manifest.pieces) {
      const found = files.get(`pieces/${piece.sha256}`);
      if (found === undefined) return err(`the piece ${piece.sha256} is missing`);
      if (found.byteLength !== piece.bytes || sha256Of(found) !== piece.sha256) return err(`the piece ${piece.sha256} is damaged`);
      if (!compiler.isSafe(piece, found)) return err(`the piece ${piece.sha256} holds what a course may not hold`);
      bytes.set(piece.sha256, found);
    }
    const structure = readStructure(bytes.get(signed.manifest.structure));
    if (structure?.course !== signed.manifest.course) return err('its structure is not that of the course');
    return ok({ signed, bytes });
  }

  async function refreshPackage(folder: string): Promise<void> {
    const files = await filesIn(join(packages, folder));
    const stamp = stampOf(files, 'package');
    if (await isThere(stamp)) return;
    const read = await readPackage(files);
    if (!read.ok) {
      log(`The package ${join(packages, folder)} was refused: ${read.error}.`);
      return;
    }
    const { signed, bytes } = read.value;
    const { course } = signed.manifest;
    const other = publishedById.get(course);
    if (other !== undefined && other.signed.signature.key !== signed.signature.key) {
      log(`The package ${join(packages, folder)} was refused: the course ${course} is published here by another publisher.`);
      return;
    }
    await publish(signed, bytes, stamp);
    log(`Published ${course} from the package ${folder}.`);
  }

  /** A fault of one course is that course's. */
  async function guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log(`${what} could not be published: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async function bringInStep(isOver: () => boolean): Promise<void> {
    if (courses !== null)
      for (const folder of await foldersIn(courses))
        // `+programmes` and the like are no courses.
        if (isCourseId(folder) && !isOver()) await guarded(`The course ${folder}`, () => refreshSource(courses, folder));
    for (const folder of await foldersIn(packages)) if (!isOver()) await guarded(`The package ${folder}`, () => refreshPackage(folder));
  }
  // One after the other: two at once would both publish what both miss.
  let last: Promise<unknown> = Promise.resolve();

  return {
    all: () => [...publishedById.values()].sort((a, b) => (a.signed.manifest.course < b.signed.manifest.course ? -1 : 1)),
    get: (course) => publishedById.get(course) ?? null,
    typeOf: (sha256) => typeByPiece.get(sha256) ?? null,

    async structureOf(course) {
      const sha256 = publishedById.get(course)?.signed.manifest.structure;
      if (sha256 === undefined) return null;
      const known = structures.get(sha256);
      if (known !== undefined) return known;
      const structure = readStructure((await pieces.read(sha256)) ?? undefined);
      if (structure !== null) structures.set(sha256, structure);
      return structure;
    },

    refresh(isOver = () => false) {
      const next = last.then(() => bringInStep(isOver));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

function readStructure(bytes: Uint8Array | undefined): CourseStructure | null {
  if (bytes === undefined) return null;
  try {
    const parsed = parseStructure(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.ok ? parsed.value : null;
  } catch {
    return null;
  }
}
