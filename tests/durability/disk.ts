/**
 * A disk that may lose power: what a sync covered is there; of what came after, each write is there, is not, or is there in part, sector by sector; and a
 * file that was made or removed is so only for certain after its folder was synced. This is less than any file system in use promises.
 */
import type { Operation } from './trace.ts';

/** Bytes that a disk writes whole or not at all. */
const sector = 512;

type Change = Extract<Operation, { type: 'write' | 'truncate' }>;

/** The bytes of a file, whatever name it has; a folder has none. */
interface Inode {
  readonly isFolder: boolean;
  /** What a sync covered. */
  durable: Buffer;
  pending: Change[];
}

/** A name in the folder: what it leads to in memory, and on the disk. */
interface Entry {
  memory: Inode | null;
  disk: Inode | null;
}

/** What becomes of everything that no sync covered. */
export type Fate = 'all' | 'none' | 'seeded';

export interface Disk {
  apply(operation: Operation): void;
  /** The files as they are found after the power came back, by their path in the folder. */
  afterPowerCut(fate: Fate, random: () => number): ReadonlyMap<string, Buffer>;
}

function change(image: Buffer, { type, ...how }: Change, only: (sectorNumber: number) => boolean = () => true): Buffer {
  if (type === 'truncate') {
    const { size } = how as Extract<Change, { type: 'truncate' }>;
    const to = Buffer.alloc(size);
    image.copy(to, 0, 0, Math.min(size, image.length));
    return to;
  }
  const { offset, bytes } = how as Extract<Change, { type: 'write' }>;
  let to = image;
  if (image.length < offset + bytes.length) {
    to = Buffer.alloc(offset + bytes.length);
    image.copy(to);
  }
  // A write that starts or ends inside a sector is torn at the disk's sectors, not at its own.
  for (let at = 0; at < bytes.length;) {
    const number = Math.floor((offset + at) / sector);
    const end = Math.min(bytes.length, (number + 1) * sector - offset);
    if (only(number)) bytes.copy(to, offset + at, at, end);
    at = end;
  }
  return to;
}

const folderOf = (name: string): string => (name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '');
const made = (isFolder: boolean, durable: Buffer = Buffer.alloc(0)): Inode => ({ isFolder, durable, pending: [] });

/** @param before files that lay on it before, by their path */
export function createDisk(before: ReadonlyMap<string, Buffer> = new Map()): Disk {
  const entries = new Map<string, Entry>();
  const entryOf = (name: string): Entry => {
    const known = entries.get(name);
    if (known !== undefined) return known;
    const entry: Entry = { memory: null, disk: null };
    entries.set(name, entry);
    return entry;
  };
  for (const [name, bytes] of before) {
    for (let above = folderOf(name); above !== '' && !entries.has(above); above = folderOf(above)) {
      const folder = made(true);
      entries.set(above, { memory: folder, disk: folder });
    }
    const file = made(false, bytes);
    entries.set(name, { memory: file, disk: file });
  }
  const inodeOf = (name: string): Inode => {
    const { memory } = entryOf(name);
    if (memory === null) throw new Error(`${name} is written before it was made`);
    return memory;
  };

  return {
    apply(operation) {
      switch (operation.type) {
        case 'answer':
          return;
        case 'create':
          entryOf(operation.file).memory = made(false);
          return;
        case 'make-folder':
          entryOf(operation.file).memory = made(true);
          return;
        case 'rename':
          entryOf(operation.name).memory = inodeOf(operation.file);
          entryOf(operation.file).memory = null;
          return;
        case 'link':
          entryOf(operation.name).memory = inodeOf(operation.file);
          return;
        case 'unlink':
          entryOf(operation.file).memory = null;
          return;
        case 'write':
        case 'truncate':
          inodeOf(operation.file).pending.push(operation);
          return;
        case 'sync': {
          const inode = inodeOf(operation.file);
          // Copied once, so that images that were handed out stay as they were.
          inode.durable = inode.pending.reduce<Buffer>((image, pending) => change(image, pending), Buffer.from(inode.durable));
          inode.pending = [];
          return;
        }
        case 'sync-directory':
          for (const [name, entry] of entries) if (name !== '' && folderOf(name) === operation.folder) entry.disk = entry.memory;
          return;
      }
    },

    afterPowerCut(fate, random) {
      const found = new Map<string, Buffer>();
      const kept = (): boolean => fate === 'all' || (fate === 'seeded' && random() < 0.5);
      const folders = new Set(['']);
      // A folder comes before what lies in it.
      for (const [name, { memory, disk }] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const inode = memory === disk || !kept() ? disk : memory;
        if (inode === null || !folders.has(folderOf(name))) continue;
        if (inode.isFolder) {
          folders.add(name);
          continue;
        }
        let image: Buffer = Buffer.from(inode.durable);
        for (const pending of inode.pending) {
          const torn = fate === 'seeded' && random() < 0.4;
          if (torn) image = change(image, pending, () => random() < 0.5);
          else if (kept()) image = change(image, pending);
        }
        found.set(name, image);
      }
      return found;
    },
  };
}
