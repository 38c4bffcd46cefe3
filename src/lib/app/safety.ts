import { fragmentFaults } from '#lib/course/fragment.ts';
import { pictureFaults } from '#lib/course/picture-faults.ts';
import type { Piece } from '#lib/course/package.ts';
import { htmlOfItems } from '#lib/sync/client/install.ts';

/**
 * True where nothing in a piece could act in a page. The strict CSP stands behind this; a hostile package must pass neither. What is not
 * text is named by its media type alone and only ever shown as a picture or saved.
 */
export function isSafePiece(piece: Piece, bytes: Uint8Array<ArrayBuffer>): boolean {
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
    const html = htmlOfItems(JSON.parse(text));
    return html?.every((fragment) => fragmentFaults(fragment).length === 0) ?? false;
  } catch {
    return false;
  }
}
