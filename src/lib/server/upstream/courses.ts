/**
 * Courses from the parent, installed and updated as a device does it: the manifest is compared with what is here, only missing pieces are fetched, each is
 * checked by its hash and kept as it arrives, under the same limits as everything else on the line. A piece larger than a part comes in ranges, and what
 * came of it lies in `<data>/arriving/` until the rest is here; so a line that breaks repeats at most a part.
 *
 * What is whole becomes a package, `<data>/packages/upstream+<course>/`, and is published as it is, signed by whoever built it. A course of this node's own,
 * from its sources or put into the folder by hand, is never touched.
 */
import { existsSync } from 'node:fs';
import { appendFile, copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMedia, nextBatch } from '../../course/wanted.ts';
import type { Piece, SignedManifest } from '../../course/package.ts';
import { parseSignedManifest } from '../../course/parse-package.ts';
import { readPack } from '../../course/read-pack.ts';
import { isCourseId, type CourseId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { LinkFailure } from '../../sync/link.ts';
import { digestOf, type Library } from '../content/library.ts';
import { sha256Of, type Pieces } from '../content/pieces.ts';
import { isSignedRight } from '../content/publisher.ts';
import { syncFolder } from '../engine/sync-folder.ts';
import type { Line, Question } from './line.ts';
import { askJson, brokenBy, failureOf } from './parent-end.ts';

/** Why a course of the parent is not, or not yet, here. */
export type CourseFault = 'bad-signature' | 'other-publisher' | 'damaged' | 'unsafe' | 'nonsense' | 'no-room';

/** Where a course of the parent stands here. */
export type CourseState =
  | { readonly type: 'here' }
  /** A course of this node's own has its name. */
  | { readonly type: 'own' }
  | { readonly type: 'left-out' }
  | { readonly type: 'coming'; readonly here: number; readonly bytes: number }
  | { readonly type: 'failed'; readonly fault: CourseFault };

type Stop = LinkFailure | 'closed';

export interface CoursePorts {
  readonly line: Line;
  /** Bytes of one part. */
  readonly part: number;
  mayGoOn(): boolean;
  moved(pieces: number): void;
}

export interface UpstreamCourses {
  /** What the parent publishes, as far as it was heard, and where each of it stands here. */
  states(): Readonly<Record<string, CourseState>>;
  /**
   * Brings what is wanted in step with the parent.
   *
   * @param offered courses of the parent with the beginning of their manifests' SHA-256
   */
  install(
    offered: Readonly<Record<string, string>>,
    isWanted: (course: CourseId) => boolean,
    ports: CoursePorts,
  ): Promise<Result<null, Stop>>;
}

/** The beginning of a manifest's SHA-256, as it stands in a greeting: 48 bits tell the versions of one course apart. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);

const sum = (pieces: readonly Piece[]): number => pieces.reduce((total, { bytes }) => total + bytes, 0);

/** The text of every language first, so that a line that lasts an hour brings what can be read. */
const inOrder = (pieces: readonly Piece[]): readonly Piece[] => {
  const bySha = new Map(pieces.map((piece) => [piece.sha256, piece]));
  return [...bySha.values()].sort((a, b) => Number(isMedia(a)) - Number(isMedia(b)));
};

export function createUpstreamCourses(given: {
  readonly library: Library;
  readonly pieces: Pieces;
  readonly isSafe: (piece: Piece, bytes: Uint8Array) => boolean;
  /** The data folder. */
  readonly data: string;
  /** What is left of the disk is kept for people's work before a course is fetched. */
  readonly hasRoomFor: (bytes: number) => Promise<boolean>;
}): UpstreamCourses {
  const { library, pieces, isSafe, data, hasRoomFor } = given;
  const arriving = join(data, 'arriving');
  const folderOf = (course: CourseId): string => join(data, 'packages', `upstream+${course}`);
  const states = new Map<string, CourseState>();

  const isHere = async (piece: Piece): Promise<boolean> => (await pieces.sizeOf(piece.sha256)) === piece.bytes;

  async function missingOf(signed: SignedManifest): Promise<readonly Piece[]> {
    const wanted = inOrder(signed.manifest.pieces);
    const here = await Promise.all(wanted.map(isHere));
    return wanted.filter((_piece, index) => here[index] !== true);
  }

  /** Keeps a piece where it is what its name says and holds nothing that acts. */
  async function keep(piece: Piece, bytes: Uint8Array): Promise<CourseFault | null> {
    if (bytes.byteLength !== piece.bytes || sha256Of(bytes) !== piece.sha256) return 'damaged';
    if (!isSafe(piece, bytes)) return 'unsafe';
    await pieces.keep(bytes);
    return null;
  }

  const ask = async (line: Line, path: string, question?: Question): Promise<Result<Response, LinkFailure>> => {
    try {
      return ok(await line.ask(path, question));
    } catch (error) {
      return err(brokenBy(error));
    }
  };

  /** Fetches the next range of a large piece. Answers its fault where all of it is here and it is not what it should be. */
  async function fetchRange(piece: Piece, { line, part }: CoursePorts): Promise<Result<CourseFault | null, LinkFailure>> {
    await mkdir(arriving, { recursive: true });
    const file = join(arriving, piece.sha256);
    const have = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (have < piece.bytes) {
      const last = Math.min(piece.bytes, have + part) - 1;
      const answer = await ask(line, `/content/pieces/${piece.sha256}`, { headers: { range: `bytes=${String(have)}-${String(last)}` } });
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      if (status === 404) return ok('damaged');
      if (status !== 206 || body === null) return err(failureOf(status, null));
      try {
        for await (const chunk of body) await appendFile(file, chunk);
      } catch (error) {
        return err(brokenBy(error));
      }
      if (last + 1 < piece.bytes) return ok(null);
    }
    const bytes = await readFile(file);
    const fault = await keep(piece, bytes);
    await rm(file, { force: true });
    return ok(fault);
  }

  /** Fetches some small pieces in one answer; those that came whole are kept, whatever happens to the rest. */
  async function fetchPack(batch: readonly Piece[], { line, moved }: CoursePorts): Promise<Result<CourseFault | null, LinkFailure>> {
    const body = Buffer.from(JSON.stringify({ pieces: batch.map(({ sha256 }) => sha256) }));
    const answer = await ask(line, '/content/pack', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!answer.ok) return answer;
    const { status, body: packed } = answer.value;
    if (status !== 200 || packed === null) return err(failureOf(status, null));
    const wanted = new Map(batch.map((piece) => [piece.sha256, piece]));
    let fault: CourseFault | null = null;
    const ended = await readPack(packed, Math.max(...batch.map(({ bytes }) => bytes)), async (sha256, bytes) => {
      const piece = wanted.get(sha256);
      if (piece === undefined) return;
      const wrong = await keep(piece, bytes);
      fault ??= wrong;
      if (wrong !== null) return;
      wanted.delete(sha256);
      moved(1);
    });
    if (!ended) return err('unreachable');
    // The parent said all that it had to say: what is not among it, it does not have, or sent damaged.
    return ok(fault ?? (wanted.size === batch.length ? 'damaged' : null));
  }

  async function fetchManifest(course: CourseId, line: Line): Promise<Result<SignedManifest | CourseFault, LinkFailure>> {
    const answer = await askJson(line, `/content/manifests/${course}`);
    if (!answer.ok) return answer;
    const parsed = parseSignedManifest(answer.value.body);
    if (!parsed.ok || parsed.value.manifest.course !== course) return ok('nonsense');
    return ok(isSignedRight(parsed.value) ? parsed.value : 'bad-signature');
  }

  /** Makes the package whole or not at all; pieces are links to those that are kept already, so they lie on the disk once. */
  async function writePackage(signed: SignedManifest): Promise<void> {
    const { course } = signed.manifest;
    const folder = folderOf(course);
    const fresh = join(data, 'packages', `.${course}-arriving`);
    await rm(fresh, { recursive: true, force: true });
    await mkdir(join(fresh, 'pieces'), { recursive: true });
    for (const { sha256 } of inOrder(signed.manifest.pieces)) {
      const [from, to] = [pieces.pathOf(sha256), join(fresh, 'pieces', sha256)];
      // Not every file system has links.
      await link(from, to).catch(() => copyFile(from, to));
    }
    await writeFile(join(fresh, 'manifest.json'), JSON.stringify(signed.manifest), { flush: true });
    await writeFile(join(fresh, 'manifest.sig'), JSON.stringify(signed.signature), { flush: true });
    await rm(folder, { recursive: true, force: true });
    for (const made of [join(fresh, 'pieces'), fresh]) syncFolder(made);
    await rename(fresh, folder);
    syncFolder(join(data, 'packages'));
  }

  async function installOne(course: CourseId, ports: CoursePorts): Promise<Result<CourseState, Stop>> {
    if (!ports.mayGoOn()) return err('closed');
    const offer = await fetchManifest(course, ports.line);
    if (!offer.ok) return offer;
    if (typeof offer.value === 'string') return ok({ type: 'failed', fault: offer.value });
    const signed = offer.value;
    // The parent may have published another version since it greeted; either is a good one.
    const before = library.get(course);
    if (before !== null && before.signed.signature.key !== signed.signature.key) return ok({ type: 'failed', fault: 'other-publisher' });

    const bytes = sum(inOrder(signed.manifest.pieces));
    const faults = new Map<string, number>();
    for (let missing = await missingOf(signed); missing.length > 0; missing = await missingOf(signed)) {
      states.set(course, { type: 'coming', here: bytes - sum(missing), bytes });
      if (!ports.mayGoOn()) return err('closed');
      if (!(await hasRoomFor(sum(missing)))) return ok({ type: 'failed', fault: 'no-room' });
      const [first] = missing;
      if (first === undefined) break;
      const large = first.bytes > ports.part;
      const small = missing.filter((piece) => piece.bytes <= ports.part);
      const fetched = large ? await fetchRange(first, ports) : await fetchPack(nextBatch(small), ports);
      if (!fetched.ok) return fetched;
      if (large && fetched.value === null) ports.moved(1);
      if (fetched.value === null) continue;
      // What arrived damaged once is asked for again; what does so twice is damaged where it comes from.
      const count = (faults.get(first.sha256) ?? 0) + 1;
      faults.set(first.sha256, count);
      if (count > 1 || fetched.value === 'unsafe') return ok({ type: 'failed', fault: fetched.value });
    }
    await writePackage(signed);
    await library.refresh();
    const published = library.get(course);
    return ok(
      published !== null && published.digest === digestOf(signed.manifest) ? { type: 'here' } : { type: 'failed', fault: 'nonsense' },
    );
  }

  return {
    states: () => Object.fromEntries(states),
    async install(offered, isWanted, ports) {
      for (const course of [...states.keys()]) if (!Object.hasOwn(offered, course)) states.delete(course);
      for (const [course, digest] of Object.entries(offered).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (!isCourseId(course)) continue;
        const published = library.get(course);
        if (published !== null && shortDigest(published.digest) === digest) states.set(course, { type: 'here' });
        else if (published !== null && !existsSync(folderOf(course))) states.set(course, { type: 'own' });
        else if (!isWanted(course)) states.set(course, { type: 'left-out' });
        else {
          const before = states.get(course);
          const installed = await installOne(course, ports);
          if (!installed.ok) {
            if (states.get(course) === before) states.set(course, { type: 'coming', here: 0, bytes: 0 });
            return installed;
          }
          states.set(course, installed.value);
        }
      }
      return ok(null);
    },
  };
}

/** For the greeting: what this node publishes, in the form that tells versions apart. */
export const offeredCourses = (library: Pick<Library, 'all'>): Readonly<Record<string, string>> =>
  Object.fromEntries(library.all().map(({ signed, digest }) => [signed.manifest.course, shortDigest(digest)]));

/** Bytes of all pieces of each course that is published here: what a node that has none of them fetches, before it is packed. */
export const courseSizes = (library: Pick<Library, 'all'>): Readonly<Record<string, number>> =>
  Object.fromEntries(library.all().map(({ signed }) => [signed.manifest.course, sum(inOrder(signed.manifest.pieces))]));
