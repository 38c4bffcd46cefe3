/**
 * What somebody holds out to be verified: a file, a pasted text, the text of a printed code. Inside is a credential as JSON, by itself or baked
 * into a picture (Open Badges 3.0, "Document format"): an uncompressed `iTXt` chunk `openbadgecredential` in a PNG, an element
 * `openbadges:credential` in an SVG.
 */
import { fromUtf8 } from './encoding.ts';
import { isPaper } from './paper.ts';

export type Held =
  | { readonly type: 'document'; readonly value: unknown }
  | { readonly type: 'paper'; readonly text: string }
  /** A credential as a JSON Web Token. */
  | { readonly type: 'token' }
  | { readonly type: 'nothing' };

/** More than any badge with its picture. */
export const mostBytes = 8 * 1024 * 1024;

const nothing: Held = { type: 'nothing' };
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const keyword = 'openbadgecredential';

/** Every text of the chunk's kind in the order of the file. */
function textsOfPng(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let at = pngSignature.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (at + 12 + length > bytes.length || type === 'IEND') break;
    at += 12 + length;
    if (type !== 'iTXt') continue;
    // Keyword, 0, compressed or not, method, language, 0, translated keyword, 0, text.
    const end = data.indexOf(0);
    if (fromUtf8(data.subarray(0, end)) !== keyword || data[end + 1] !== 0) continue;
    const language = data.indexOf(0, end + 3);
    const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
    const text = translated < 0 ? null : fromUtf8(data.subarray(translated + 1));
    if (text !== null) texts.push(text);
  }
  return texts;
}

function ofText(text: string): Held {
  const trimmed = text.replace(/^\ufeff/, '').trim();
  if (isPaper(trimmed)) return { type: 'paper', text: trimmed };
  if (/^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(trimmed)) return { type: 'token' };
  try {
    return { type: 'document', value: JSON.parse(trimmed) };
  } catch {
    return nothing;
  }
}

function ofSvg(text: string): Held {
  const found = [...text.matchAll(/<openbadges:credential\b([^>]*?)(?:\/>|>([\s\S]*?)<\/openbadges:credential>)/g)];
  const [match, ...more] = found;
  // Two of them would leave it to the reader which one is meant.
  if (match === undefined || more.length > 0) return nothing;
  if (/\bverify\s*=/.test(match[1] ?? '')) return { type: 'token' };
  return ofText((match[2] ?? '').trim().replace(/^<!\[CDATA\[([\s\S]*)\]\]>$/, '$1'));
}

/** What stands in a text: pasted, or read from a code. */
export const heldInText = (text: string): Held => (/<svg[\s>]/.test(text.slice(0, 4096)) ? ofSvg(text) : ofText(text));

/** What stands in a file. */
export function heldInFile(bytes: Uint8Array): Held {
  if (bytes.length > mostBytes) return nothing;
  if (pngSignature.every((byte, i) => bytes[i] === byte)) {
    const [text, ...more] = textsOfPng(bytes);
    return text === undefined || more.length > 0 ? nothing : ofText(text);
  }
  const text = fromUtf8(bytes);
  return text === null ? nothing : heldInText(text);
}
