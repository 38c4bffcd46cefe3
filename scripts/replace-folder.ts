import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from '../src/lib/domain/result.ts';

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * Makes a folder whole or not at all: `write` fills a new folder beside it, which then takes its name. A folder that is there
 * already is replaced only where `mayReplace` knows it by its entries; otherwise the error is a sentence.
 */
export async function replaceFolder(
  folder: string,
  mayReplace: (entries: readonly string[]) => boolean,
  write: (folder: string) => Promise<void>,
): Promise<Result<null, string>> {
  const target = resolve(folder);
  const entries = await readdir(target).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (entries !== null && entries.length > 0 && !mayReplace(entries))
    return err(`${folder} holds something else: nothing was written. Name a new folder.`);
  await mkdir(dirname(target), { recursive: true });
  const fresh = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    await write(join(fresh, 'new'));
    if (entries !== null) await rename(target, join(fresh, 'old'));
    await rename(join(fresh, 'new'), target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return ok(null);
}
