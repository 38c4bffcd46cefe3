/** Pieces on disk: one file each, named by the hash of its bytes, in `pieces/<first two digits>/`. A file that is there is whole. */
import { createHash } from 'node:crypto';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSha256, type Sha256 } from '../../domain/ids.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';

export const sha256Of = (bytes: Uint8Array): Sha256 => {
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (!isSha256(digest)) throw new Error('SHA-256 is 64 hexadecimal digits');
  return digest;
};

export interface Pieces {
  pathOf(sha256: Sha256): string;
  /** Bytes of the file, or null where there is none. */
  sizeOf(sha256: Sha256): Promise<number | null>;
  read(sha256: Sha256): Promise<Uint8Array | null>;
  /** Keeps bytes under their own hash; resolves when they are on disk. */
  keep(bytes: Uint8Array): Promise<Sha256>;
}

const isMissing = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';

export function openPieces(folder: string): Pieces {
  const pathOf = (sha256: Sha256): string => join(folder, sha256.slice(0, 2), sha256);
  let temporary = 0;

  const sizeOf = async (sha256: Sha256): Promise<number | null> => {
    try {
      return (await stat(pathOf(sha256))).size;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  return {
    pathOf,
    sizeOf,
    async read(sha256) {
      try {
        return await readFile(pathOf(sha256));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    async keep(bytes) {
      const sha256 = sha256Of(bytes);
      const path = pathOf(sha256);
      if ((await sizeOf(sha256)) === bytes.byteLength) {
        // A process that was killed may have left it here without its name being on the disk.
        syncFolder(dirname(path));
        return sha256;
      }
      makeFolder(dirname(path));
      const half = `${path}.${String(process.pid)}-${String(temporary++)}`;
      const file = await open(half, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(half, path).catch(async (error: unknown) => {
        await unlink(half);
        throw error;
      });
      syncFolder(dirname(path));
      return sha256;
    },
  };
}
