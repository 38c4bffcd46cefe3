/**
 * Packs as they are sent. A room full of devices installs the same course and asks for the same packs: the first one has each made, all others get it from the
 * disk. To press a pack as hard as packs are takes a hundred times as long as to send it, and whoever hands over records at the same hour waits behind it; so they are
 * also made one at a time.
 *
 * The folder is emptied at each start and its oldest files go when it is full: nothing in it is needed, and what a power cut left half written is never sent.
 */
import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../domain/ids.ts';
import { compress, type Encoding } from '../http/compression.ts';
import { packOf } from './pack.ts';
import { sha256Of, type Pieces } from './pieces.ts';

/** Bytes of the folder at most: ten courses of 10 MB, each in two encodings. */
const mostBytes = 200 * 1024 * 1024;

export interface Packs {
  /** The pack of these pieces, compressed; without those that are not here. */
  of(pieces: readonly Sha256[], encoding: Encoding | null): Promise<Uint8Array>;
}

export async function openPacks(given: {
  readonly folder: string;
  readonly pieces: Pieces;
  readonly most?: number;
  /** Whether so many bytes of something else than records may be written. */
  readonly hasRoomFor?: (bytes: number) => Promise<boolean>;
}): Promise<Packs> {
  const { folder, pieces, most = mostBytes, hasRoomFor = () => Promise.resolve(true) } = given;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  /** In the order in which they were asked for last. */
  const kept = new Map<Sha256, number>();
  const underWay = new Map<Sha256, Promise<Uint8Array>>();
  let last: Promise<unknown> = Promise.resolve();
  let total = 0;
  const pathOf = (name: Sha256): string => join(folder, name);

  function forget(name: Sha256): void {
    total -= kept.get(name) ?? 0;
    kept.delete(name);
  }

  async function make(name: Sha256, wanted: readonly Sha256[], encoding: Encoding | null): Promise<Uint8Array> {
    const found: { readonly sha256: Sha256; readonly bytes: Uint8Array }[] = [];
    for (const sha256 of wanted) {
      const bytes = await pieces.read(sha256);
      if (bytes !== null) found.push({ sha256, bytes });
    }
    const plain = packOf(found);
    const pack = encoding === null ? plain : await compress(plain, encoding, 9);
    // What is left of a scarce disk is for records: these are made again for each who asks.
    if (!(await hasRoomFor(pack.byteLength))) {
      await makeRoom(0);
      return pack;
    }
    try {
      await writeFile(pathOf(name), pack);
    } catch {
      // A full disk has other worries than this.
      return pack;
    }
    kept.set(name, pack.byteLength);
    total += pack.byteLength;
    await makeRoom(Math.max(most, pack.byteLength));
    return pack;
  }

  async function makeRoom(bytes: number): Promise<void> {
    for (const oldest of kept.keys()) {
      if (total <= bytes) return;
      forget(oldest);
      await unlink(pathOf(oldest)).catch(() => undefined);
    }
  }

  async function read(name: Sha256): Promise<Uint8Array | null> {
    const bytes = kept.get(name);
    if (bytes === undefined) return null;
    kept.delete(name);
    kept.set(name, bytes);
    return readFile(pathOf(name)).catch(() => {
      forget(name);
      return null;
    });
  }

  return {
    async of(wanted, encoding) {
      const name = sha256Of(Buffer.from(`${encoding ?? 'identity'}\n${wanted.join('\n')}`));
      const there = underWay.get(name) ?? (await read(name)) ?? underWay.get(name);
      if (there !== undefined) return there;
      const making = last.then(() => make(name, wanted, encoding)).finally(() => underWay.delete(name));
      underWay.set(name, making);
      last = making.catch(() => undefined);
      return making;
    },
  };
}
