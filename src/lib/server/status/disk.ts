/**
 * Room on the disk of the data folder. What learners hand over comes before everything else: long before there is no room for it, nothing else is taken in any more, and the administrator is told.
 */
import { statfs, type StatsFs } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '../../domain/clock.ts';

export interface Room {
  /** Bytes that this process may still write. */
  readonly free: number;
  readonly total: number;
  /** `low`: the administrator should make room. `scarce`: what is left is kept for records, and no course is fetched. */
  readonly level: 'ample' | 'low' | 'scarce';
}

const megabyte = 1024 * 1024;
/** A twentieth of the disk, at least 256 MB and at most 2 GB: what a thousand people hand over in a year, with the database's log, is 100 MB. */
const reserveOf = (total: number): number => Math.min(2048 * megabyte, Math.max(256 * megabyte, total / 20));

/** What so much room is good for. Pure. */
export function levelOf(free: number, total: number): Room['level'] {
  const reserve = reserveOf(total);
  return free < reserve ? 'scarce' : free < 3 * reserve ? 'low' : 'ample';
}

/** An answer is good for so long: milliseconds. */
const goodFor = 10_000;

export interface Disk {
  room(): Promise<Room>;
  /** May so many bytes of something else than records be written? */
  hasRoomFor(bytes: number): Promise<boolean>;
}

export function createDisk(
  folder: string,
  clock: Clock,
  ask: (path: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>> = promisify(statfs),
): Disk {
  let last: { readonly at: number; readonly room: Room } | null = null;
  const look = async (): Promise<Room> => {
    const now = clock();
    if (last !== null && now >= last.at && now - last.at < goodFor) return last.room;
    const { bavail, blocks, bsize } = await ask(folder);
    const [free, total] = [bavail * bsize, blocks * bsize];
    const room = { free, total, level: levelOf(free, total) };
    last = { at: now, room };
    return room;
  };
  return {
    room: look,
    async hasRoomFor(bytes) {
      const { free, total } = await look();
      return levelOf(free - bytes, total) !== 'scarce';
    },
  };
}
