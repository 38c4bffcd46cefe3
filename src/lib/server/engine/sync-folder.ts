import { closeSync, fsyncSync, openSync } from 'node:fs';

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
