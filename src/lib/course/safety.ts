/** Whether a piece of another publisher holds nothing but what the compiler itself would make. Pure; the same on a node and on a device. */
import { isObject } from '../domain/shape.ts';
import { fragmentFaults } from './fragment.ts';
import type { Piece } from './package.ts';
import { pictureFaults } from './picture-faults.ts';

/** HTML of an item stands under these keys; answers, keys and units are plain text and are shown as such. */
const htmlKeys: ReadonlySet<string> = new Set(['prompt', 'hint', 'because', 'text', 'feedback', 'headings', 'pieces']);

/** Every piece of HTML in the items of a unit; null where they are no items. */
export function htmlOfItems(items: unknown): readonly string[] | null {
  const isItem = (value: unknown): boolean => isObject(value) && typeof value['id'] === 'string' && typeof value['prompt'] === 'string';
  if (!Array.isArray(items) || !items.every(isItem)) return null;
  const found: string[] = [];
  const collect = (value: unknown, html: boolean): void => {
    if (typeof value === 'string' && html) found.push(value);
    else if (Array.isArray(value)) for (const entry of value) collect(entry, html);
    else if (isObject(value)) for (const [key, entry] of Object.entries(value)) collect(entry, htmlKeys.has(key));
  };
  collect(items, false);
  return found;
}

/**
 * True where nothing in the piece could act in a page. The strict CSP stands behind this; a hostile package must pass neither. What is not
 * text is named by its media type alone and only ever shown as a picture or saved.
 */
export function isSafePiece(piece: Piece, bytes: Uint8Array): boolean {
  if (piece.role !== 'lesson' && piece.role !== 'items' && piece.type !== 'image/svg+xml') return true;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  if (piece.role === 'lesson') return fragmentFaults(text).length === 0;
  if (piece.role !== 'items') return pictureFaults(text).length === 0;
  try {
    return htmlOfItems(JSON.parse(text))?.every((fragment) => fragmentFaults(fragment).length === 0) ?? false;
  } catch {
    return false;
  }
}
