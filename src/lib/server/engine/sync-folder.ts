import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Brings a folder's entries to the disk: a file that was made, renamed or removed in it is so after a power cut too. */
export function syncFolder(folder: string): void {
  // Windows opens no folder; its file system orders such changes by itself.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a folder, and those above it that are missing. Each that was made is on the disk: a file in it is lost with it otherwise, however well it was synced. */
export function makeFolder(folder: string, mode?: number): void {
  const first = mkdirSync(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let made = resolve(folder); made !== above; made = dirname(made)) syncFolder(dirname(made));
}
