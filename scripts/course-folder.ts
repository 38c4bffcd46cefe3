/** Reads a course's folder from the disk for the compiler. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CourseSource } from '../src/lib/course/source.ts';

/** More files than any course has: a folder that was named by mistake, such as a home folder, ends here. */
const maxFiles = 5000;

async function filesUnder(root: string, folder: string, files: Map<string, Uint8Array>): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) await filesUnder(root, path, files);
    else if (entry.isFile() && files.size < maxFiles) files.set(path, await readFile(join(root, path)));
  }
}

/** Every file of the folder, by path with `/`. Rejects as `node:fs` does where it is no folder. */
export async function readCourseFolder(directory: string): Promise<CourseSource> {
  const files = new Map<string, Uint8Array>();
  if (!(await stat(directory)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR', path: directory });
  await filesUnder(directory, '', files);
  return { folder: basename(resolve(directory)), files };
}
