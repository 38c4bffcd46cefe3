/** A course's files as they came: bytes or text by path, `/` between folders, relative to the course's own folder. */
import type { Report } from './diagnostics.ts';

export interface CourseSource {
  /** Name of the folder, which is the course's id; absent where it is not known. */
  readonly folder?: string;
  readonly files: ReadonlyMap<string, Uint8Array | string>;
}

/** More than any lesson; a limit on what hostile text may cost. */
const maxTextBytes = 512 * 1024;
export const maxPictureBytes = 2 * 1024 * 1024;

/** Controls but tab and line feed, halves of pairs, the private area that stands for gaps, non-characters, marks that turn the direction of other text. */
const badCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffe\uffff\u202a-\u202e]/;

export function bytesOf(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
}

/** A file's text with `\n` for every line end and no byte order mark; a fault, and `''`, where it is no text. */
export function textOf(content: Uint8Array | string, file: string, report: Report): string {
  const size = content.length;
  if (size > maxTextBytes) {
    report('too-large', { file, line: 1 }, { bytes: size, most: maxTextBytes });
    return '';
  }
  let text: string;
  if (typeof content === 'string') text = content.toWellFormed();
  else {
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
      // The only thing that a fatal decoder throws for.
      report('bad-encoding', { file, line: 1 });
      return '';
    }
  }
  text = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  if (!badCharacter.test(text)) return text;
  text.split('\n').forEach((line, i) => {
    const column = line.search(badCharacter);
    if (column < 0) return;
    const name = `U+${line.charCodeAt(column).toString(16).toUpperCase().padStart(4, '0')}`;
    report('bad-character', { file, line: i + 1, column: column + 1 }, { name });
  });
  return text.replace(new RegExp(badCharacter, 'g'), ' ');
}

/** Line and column, from 1, of an offset into a text. */
export function placeAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** The file that a path means when written in a file of this folder; null where it leaves the course. */
export function resolvePath(folder: string, path: string): string | null {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** `orbit.zh.svg` for `orbit.svg`. */
export const localizedPath = (path: string, language: string): string => path.replace(/(\.[^./]+)$/, `.${language}$1`);
