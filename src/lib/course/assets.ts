/** Pictures and data of a course, read, checked and named by their hashes before any text is. */
import type { Sha256 } from '../domain/ids.ts';
import { readSound } from './audio.ts';
import { renderHeader } from './data-image.ts';
import { renderTable } from './data-table.ts';
import type { Report } from './diagnostics.ts';
import { isPicturePath, readPicture, type Picture } from './picture.ts';
import { bytesOf, textOf, type CourseSource } from './source.ts';

export type Hash = (bytes: Uint8Array<ArrayBuffer>) => Sha256 | Promise<Sha256>;

/** An hour of speech at 12 kbit/s is 5.4 MB. */
const maxSoundBytes = 6 * 1024 * 1024;

export interface DataFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: 'text/csv' | 'application/fits' | 'audio/ogg';
  /** A table: the data themselves, or the header of an image; nothing of a sound. */
  readonly html: string;
  /** Of a table; 0 for anything else. */
  readonly columns: number;
  /** Of a sound. */
  readonly seconds?: number;
}

export interface Assets {
  /** What is there but cannot be shown is `faulty`: its faults are reported, and its users are not told that it is missing. */
  readonly pictureByPath: ReadonlyMap<string, (Picture & { readonly sha256: Sha256 }) | 'faulty'>;
  readonly dataByPath: ReadonlyMap<string, (DataFile & { readonly sha256: Sha256 }) | 'faulty'>;
  use(path: string): void;
  isUsed(path: string): boolean;
}

export async function readAssets(source: CourseSource, hash: Hash, report: Report): Promise<Assets> {
  const pictureByPath = new Map<string, (Picture & { readonly sha256: Sha256 }) | 'faulty'>();
  const dataByPath = new Map<string, (DataFile & { readonly sha256: Sha256 }) | 'faulty'>();
  const used = new Set<string>();
  for (const [path, content] of source.files) {
    if (isPicturePath(path)) {
      const picture = readPicture(content, path, report);
      pictureByPath.set(path, picture === null ? 'faulty' : { ...picture, sha256: await hash(picture.bytes) });
    } else if (path.endsWith('.csv')) {
      const text = textOf(content, path, report);
      const table = renderTable(text, path, report);
      const bytes = bytesOf(text);
      dataByPath.set(path, table === null ? 'faulty' : { ...table, type: 'text/csv', bytes, sha256: await hash(bytes) });
    } else if (path.endsWith('.fits')) {
      const bytes = bytesOf(content);
      const html = renderHeader(bytes, path, report);
      dataByPath.set(path, html === null ? 'faulty' : { html, columns: 0, type: 'application/fits', bytes, sha256: await hash(bytes) });
    } else if (path.endsWith('.opus')) {
      const bytes = bytesOf(content);
      if (bytes.length > maxSoundBytes) report('too-large', { file: path, line: 1 }, { bytes: bytes.length, most: maxSoundBytes });
      const sound = bytes.length > maxSoundBytes ? null : readSound(bytes);
      if (sound === null && bytes.length <= maxSoundBytes) report('bad-sound', { file: path, line: 1 });
      dataByPath.set(
        path,
        sound === null ? 'faulty' : { html: '', columns: 0, type: 'audio/ogg', bytes, ...sound, sha256: await hash(bytes) },
      );
    }
  }
  return { pictureByPath, dataByPath, use: (path) => void used.add(path), isUsed: (path) => used.has(path) };
}
