import { instantOf, type Clock, type RandomBytes } from '#lib/domain/clock.ts';
import type { CourseId, Sha256 } from '#lib/domain/ids.ts';
import type { CourseStructure, Language, SignedManifest } from '#lib/course/package.ts';
import { isFull } from '#lib/sync/disk-full.ts';
import type { Database } from './database.ts';
import type { CourseRow, JobRow, PieceRow } from './schema.ts';

/** Under this name bytes lie for a moment, to see whether there is room for them. No course names it: should a tab die then, the next sweep takes it. */
const ballast = 'ballast' as Sha256;

/** Bytes that a store cannot compress: each stretch of 64 kB, as far as compressors of stores look, is random. */
function ballastOf(bytes: number, random: RandomBytes): Uint8Array<ArrayBuffer> {
  const stretch = random(65_536);
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += stretch.length) all.set(stretch.subarray(0, bytes - at), at);
  return all;
}

/** What makes an installation whole, committed at once when the last piece is here. */
export interface Installation {
  readonly signed: SignedManifest;
  readonly digest: Sha256;
  readonly structure: CourseStructure;
  readonly languages: readonly Language[];
  readonly media: boolean;
  readonly pieces: readonly Sha256[];
  readonly bytes: number;
  readonly transferred: number;
}

/** Courses and their pieces. A piece is kept as long as a course or a job names it. */
export class LibraryStore {
  readonly #database: Database;
  readonly #now: Clock;
  readonly #random: RandomBytes;

  constructor(database: Database, now: Clock, random: RandomBytes) {
    this.#database = database;
    this.#now = now;
    this.#random = random;
  }

  courses(): Promise<readonly CourseRow[]> {
    return this.#database.courses.toArray();
  }

  course(course: CourseId): Promise<CourseRow | undefined> {
    return this.#database.courses.get(course);
  }

  jobs(): Promise<readonly JobRow[]> {
    return this.#database.jobs.toArray();
  }

  job(course: CourseId): Promise<JobRow | undefined> {
    return this.#database.jobs.get(course);
  }

  async putJob(job: JobRow): Promise<void> {
    await this.#database.jobs.put(job);
  }

  /** Of these pieces, those that are here. */
  async held(pieces: readonly Sha256[]): Promise<ReadonlySet<Sha256>> {
    return new Set(
      await this.#database.pieces
        .where('sha256')
        .anyOf([...pieces])
        .primaryKeys(),
    );
  }

  piece(sha256: Sha256): Promise<PieceRow | undefined> {
    return this.#database.pieces.get(sha256);
  }

  pieces(shas: readonly Sha256[]): Promise<readonly (PieceRow | undefined)[]> {
    return this.#database.pieces.bulkGet([...shas]);
  }

  /** Keeps pieces that arrived and notes them in their job, in one transaction: a sweep never comes between the two. */
  async receive(job: JobRow, pieces: readonly PieceRow[]): Promise<void> {
    await this.#database.transaction('rw', this.#database.pieces, this.#database.jobs, async () => {
      await this.#database.pieces.bulkPut([...pieces]);
      await this.#database.jobs.put(job);
    });
  }

  /**
   * Whether so many bytes can be kept: they are kept, and taken back. What `navigator.storage.estimate()` tells is no answer: Chromium
   * says 10 GiB whatever the disk.
   */
  async hasRoom(bytes: number): Promise<boolean> {
    if (bytes === 0) return true;
    try {
      await this.#database.pieces.put({ sha256: ballast, type: '', bytes: ballastOf(bytes, this.#random) });
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
    await this.#database.pieces.delete(ballast);
    return true;
  }

  /** The course is whole: replaces what was installed before and ends the job. */
  async install(installation: Installation): Promise<void> {
    const { course } = installation.signed.manifest;
    const row: CourseRow = { ...installation, course, installed: instantOf(this.#now()), newer: null };
    await this.#database.transaction('rw', this.#database.courses, this.#database.jobs, async () => {
      await this.#database.courses.put(row);
      await this.#database.jobs.delete(course);
    });
    await this.sweep();
  }

  /** Notes which manifest the node has of each course, so that an update can be offered. */
  async heardOf(course: CourseId, newer: Sha256 | null): Promise<void> {
    await this.#database.courses.update(course, { newer });
  }

  async dropJob(course: CourseId): Promise<void> {
    await this.#database.jobs.delete(course);
    await this.sweep();
  }

  async remove(course: CourseId): Promise<void> {
    await this.#database.courses.delete(course);
    await this.sweep();
  }

  /** Drops the pieces that no course, no job and no commons names. */
  async sweep(): Promise<void> {
    const { courses, jobs, pieces, commons } = this.#database;
    await this.#database.transaction('rw', courses, jobs, pieces, commons, async () => {
      const named = new Set<Sha256>();
      for (const row of [...(await courses.toArray()), ...(await jobs.toArray())]) for (const sha256 of row.pieces) named.add(sha256);
      for (const { installed, coming } of await commons.toArray())
        for (const sha256 of [...(installed?.pieces ?? []), ...coming]) named.add(sha256);
      const held = await pieces.toCollection().primaryKeys();
      await pieces.bulkDelete(held.filter((sha256) => !named.has(sha256)));
    });
  }
}
