/** The check that every piece passes before a device keeps it, whoever published it. */
import { isListOf } from '../domain/shape.ts';
import { isItem, htmlOf } from '../exercise/read-item.ts';
import { fragmentFaults } from './fragment.ts';
import type { Piece } from './package.ts';
import { isTextSections, parseStructure } from './parse-package.ts';
import { pictureFaults } from './picture-faults.ts';

const isItems = isListOf(isItem);

/** Roles and the media types that each may have: a lesson that says it is a picture is none. */
const typesByRole: Readonly<Record<Piece['role'], readonly string[]>> = {
  structure: ['application/json'],
  lesson: ['text/html'],
  items: ['application/json'],
  text: ['application/json'],
  picture: ['image/svg+xml', 'image/png', 'image/jpeg', 'image/webp'],
  // A device shows none by itself: a table is in the lesson's text, an image is read when it is looked into (fits.ts), a sound is heard.
  data: ['text/csv', 'application/fits', 'audio/ogg'],
};

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON at all: `undefined` is nothing that JSON can be.
    return undefined;
  }
}

/** True where the piece is what its role says and holds nothing that acts in a page. */
export function isSafePiece({ role, type }: Pick<Piece, 'role' | 'type'>, bytes: Uint8Array): boolean {
  if (!typesByRole[role].includes(type)) return false;
  if (role === 'data' || (role === 'picture' && type !== 'image/svg+xml')) return true;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  switch (role) {
    case 'lesson':
      return fragmentFaults(text).length === 0;
    case 'picture':
      return pictureFaults(text).length === 0;
    case 'items': {
      const items = readJson(text);
      return isItems(items) && items.every((item) => htmlOf(item).every((html) => fragmentFaults(html).length === 0));
    }
    case 'text':
      return isTextSections(readJson(text));
    case 'structure':
      return parseStructure(readJson(text)).ok;
  }
}
