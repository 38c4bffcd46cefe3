/**
 * What the disk of the data folder can do, kept over starts in `<data>/disk-pace.json` (status/storage-watch.ts). It holds for this folder alone: one that was copied to another disk, or put back from a backup, has another number
 * in its file system, and begins anew; what the old disk could do says nothing of the new one.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFiniteNumber, isObject } from '../../domain/shape.ts';

export interface DiskPace {
  /** Milliseconds; null where nothing is known of this disk. */
  read(): number | null;
  readonly keep: (best: number) => void;
}

export function openDiskPace(data: string): DiskPace {
  const file = join(data, 'disk-pace.json');
  const folderNumber = (): number => statSync(data).ino;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
        return isObject(kept) && kept['folder'] === folderNumber() && isFiniteNumber(kept['best']) && kept['best'] > 0
          ? kept['best']
          : null;
      } catch {
        // The first start, or a line that a power cut took.
        return null;
      }
    },
    keep(best) {
      try {
        writeFileSync(`${file}.new`, `${JSON.stringify({ folder: folderNumber(), best })}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch {
        // A disk that takes nothing says so by itself.
      }
    },
  };
}
