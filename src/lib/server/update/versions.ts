/**
 * Versions of the node side by side. What was installed by hand is the base; those that came as updates lie in `<data>/versions/<version>/`, whole trees beside the running one, and a pointer says which one runs:
 *
 *   <data>/versions/current.json    { version, before, stage, tries, backup, why }
 *
 * The pointer is written whole or not at all. `version` null is the base. On trial a version has not come up healthy yet; whoever starts the node (scripts/supervise.ts) counts the tries and takes the way back.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCount, isObject, isString } from '../../domain/shape.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';
import { isVersion } from './update-file.ts';

export interface Pointer {
  /** Null for what was installed by hand. */
  readonly version: string | null;
  /** What ran before it; also null for what was installed by hand. */
  readonly before: string | null;
  /** `trial`: not healthy yet. `kept`: it was. `back`: the one before runs again, because this failed or somebody said so. */
  readonly stage: 'trial' | 'kept' | 'back';
  /** Starts on trial. */
  readonly tries: number;
  /** The backup of the moment before, in the folder of versions; null for none. */
  readonly backup: string | null;
  /** Why it went back, as a sentence; null where it did not. */
  readonly why: string | null;
}

export const base: Pointer = { version: null, before: null, stage: 'kept', tries: 0, backup: null, why: null };

export const versionsFolder = (data: string): string => join(data, 'versions');
export const pointerFile = (data: string): string => join(versionsFolder(data), 'current.json');
export const treeOf = (data: string, version: string): string => join(versionsFolder(data), version);

const isVersionOrNull = (value: unknown): value is string | null => value === null || isVersion(value);
const isTextOrNull = (value: unknown): value is string | null => value === null || isString(value);

/** A pointer that is missing, not whole, or leads nowhere is that of the base. */
export function readPointer(data: string): Pointer {
  try {
    const value: unknown = JSON.parse(readFileSync(pointerFile(data), 'utf8'));
    if (!isObject(value)) return base;
    const { version, before, stage, tries, backup, why } = value;
    if (!isVersionOrNull(version) || !isVersionOrNull(before) || !isCount(tries) || !isTextOrNull(backup) || !isTextOrNull(why))
      return base;
    if (stage !== 'trial' && stage !== 'kept' && stage !== 'back') return base;
    if (version !== null && !existsSync(join(treeOf(data, version), 'release.json'))) return base;
    return { version, before, stage, tries, backup, why };
  } catch {
    return base;
  }
}

export function writePointer(data: string, pointer: Pointer): void {
  const file = pointerFile(data);
  makeFolder(versionsFolder(data), 0o700);
  writeFileSync(`${file}.new`, `${JSON.stringify(pointer)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  syncFolder(versionsFolder(data));
}

/** Root of the version that is to run. */
export const rootOf = (data: string, { version }: Pointer, own: string): string => (version === null ? own : treeOf(data, version));
