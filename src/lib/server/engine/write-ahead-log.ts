/**
 * Reads the log beside a SQLite database (https://sqlite.org/walformat.html) to say whether all that it held is still there.
 *
 * SQLite takes the first frame whose checksum is wrong for the log's end. That is right after a power cut, which leaves part of a commit that nobody was told of; it is wrong
 * where the disk lost or changed bytes that were synced: then commits disappear without a word. What tells the two apart:
 *
 *   - the index (`-shm`) says how long the log was, and is written after each commit's sync. A log that is shorter lost something. After a power cut the index may be
 *     missing or old, so that it says nothing against the log being longer;
 *   - a commit begins after the one before it is synced. Where two or more end behind the first wrong frame, the first of them was on the disk;
 *   - where only one ends there, or none, it cannot be told.
 */
import { endianness } from 'node:os';

export type LogState =
  | { readonly type: 'whole' }
  /** Part of a commit follows the last whole one, or there is an index without a log: a power cut while it was written or merged, or damage to the last one that was. */
  | { readonly type: 'cannot-tell' }
  | { readonly type: 'damaged'; readonly what: string };

const headerBytes = 32;
const frameHeaderBytes = 24;

/** The running checksum of SQLite's log: two words that depend on all before them. */
function checksum(bytes: Buffer, from: number, to: number, bigEndian: boolean, start: readonly [number, number]): [number, number] {
  let [a, b] = start;
  if (!bigEndian && endianness() === 'LE' && (bytes.byteOffset + from) % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + from, (to - from) / 4);
    for (let at = 0; at < words.length; at += 2) {
      a = (a + (words[at] ?? 0) + b) >>> 0;
      b = (b + (words[at + 1] ?? 0) + a) >>> 0;
    }
    return [a, b];
  }
  const word = (at: number): number => (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  for (let at = from; at < to; at += 8) {
    a = (a + word(at) + b) >>> 0;
    b = (b + word(at + 4) + a) >>> 0;
  }
  return [a, b];
}

export interface LogFrame {
  readonly page: number;
  /** The last of a commit. */
  readonly ends: boolean;
  readonly content: Buffer;
}

interface Log {
  /** As they stand in the log's header. */
  readonly salts: readonly [number, number];
  /** Frames of the log's own generation, in their order; those behind `whole` have a wrong checksum, or follow one that has. */
  readonly frames: readonly LogFrame[];
  /** How many frames belong to whole commits. */
  readonly whole: number;
}

/** Null where the header is not one. */
export function readLog(bytes: Buffer): Log | null {
  if (bytes.length < headerBytes) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) return null;
  const bigEndian = magic === 0x377f0683;
  let sum = checksum(bytes, 0, 24, bigEndian, [0, 0]);
  if (sum[0] !== bytes.readUInt32BE(24) || sum[1] !== bytes.readUInt32BE(28)) return null;
  const pageBytes = bytes.readUInt32BE(8);
  const salts = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] as const;
  const frames: LogFrame[] = [];
  let whole = 0;
  let unbroken = true;
  for (let at = headerBytes; at + frameHeaderBytes + pageBytes <= bytes.length; at += frameHeaderBytes + pageBytes) {
    const ours = bytes.readUInt32BE(at + 8) === salts[0] && bytes.readUInt32BE(at + 12) === salts[1];
    if (unbroken) {
      const data = at + frameHeaderBytes;
      const next = checksum(bytes, data, data + pageBytes, bigEndian, checksum(bytes, at, at + 8, bigEndian, sum));
      unbroken = ours && next[0] === bytes.readUInt32BE(at + 16) && next[1] === bytes.readUInt32BE(at + 20);
      sum = next;
    }
    // What an older generation left behind the end is no part of this log.
    if (!ours && !unbroken) continue;
    const content = bytes.subarray(at + frameHeaderBytes, at + frameHeaderBytes + pageBytes);
    const ends = bytes.readUInt32BE(at + 4) > 0;
    frames.push({ page: bytes.readUInt32BE(at), ends, content });
    if (unbroken && ends) whole = frames.length;
  }
  return { salts, frames, whole };
}

interface Index {
  readonly salts: readonly [number, number];
  readonly frames: number;
  /** Of these, how many were merged into the database. */
  readonly merged: number;
}

/** What the index says of the log; null where it says nothing. Its numbers are in the machine's own order of bytes, but for the salts. */
export function readLogIndex(bytes: Buffer): Index | null {
  if (bytes.length < 136 || !bytes.subarray(0, 48).equals(bytes.subarray(48, 96))) return null;
  const little = endianness() === 'LE';
  const word = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (word(0) !== 3007000) return null;
  const [a, b] = checksum(bytes, 0, 40, !little, [0, 0]);
  if (a !== word(40) || b !== word(44)) return null;
  return { salts: [bytes.readUInt32BE(32), bytes.readUInt32BE(36)], frames: word(16), merged: word(96) };
}

/**
 * @param log the bytes of `-wal`; null where there is none
 * @param index those of `-shm`, read before the log: a log that is in use only grows meanwhile
 */
export function judgeLog(log: Buffer | null, index: Buffer | null): LogState {
  const witness = index === null ? null : readLogIndex(index);
  // The header is on the disk before the first frame is written.
  if (log === null || log.length <= headerBytes) {
    // An index that a power cut left behind may be older than the merging of the log.
    return { type: witness !== null && witness.frames > witness.merged ? 'cannot-tell' : 'whole' };
  }
  const read = readLog(log);
  if (read === null) return { type: 'damaged', what: 'the header of its log (-wal) cannot be read' };
  const { salts, frames, whole } = read;
  if (witness !== null && witness.salts[0] === salts[0] && witness.salts[1] === salts[1] && witness.frames > whole)
    return { type: 'damaged', what: `its log (-wal) can be read up to frame ${String(whole)} of ${String(witness.frames)}` };
  const commitsBehind = frames.slice(whole).filter(({ ends }) => ends).length;
  if (commitsBehind > 1)
    return { type: 'damaged', what: `its log (-wal) is broken behind frame ${String(whole)}, and whole commits follow` };
  return { type: frames.length > whole ? 'cannot-tell' : 'whole' };
}
