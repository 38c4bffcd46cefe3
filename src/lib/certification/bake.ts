/** Writes a credential into a picture (Open Badges 3.0, "Document format"); `container.ts` reads it again. */
import { concat, utf8, type Bytes } from './encoding.ts';

const pngHeader = 8 + 25;

/** CRC-32 of PNG (ISO 3309), without a table: chunks are few. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function word(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** @param png a whole PNG; its first chunk, IHDR, is always 25 bytes long and the text stands after it */
export function bakeIntoPng(png: Uint8Array, credential: string): Bytes {
  // Keyword, not compressed, no language, no translated keyword.
  const body = concat(utf8('iTXtopenbadgecredential\0\0\0\0\0'), utf8(credential));
  const chunk = concat(word(body.length - 4), body, word(crc32(body)));
  return concat(png.slice(0, pngHeader), chunk, png.slice(pngHeader));
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '');

/** What the picture says; nothing of it is trusted by a verifier. */
export interface Face {
  readonly title: string;
  readonly holder: string;
  readonly issuer: string;
  readonly period: string;
  readonly direction: 'ltr' | 'rtl';
}

/** The picture without the credential, and with it where one is given. */
export function faceOf({ title, holder, issuer, period, direction }: Face, credential?: string): string {
  const line = (y: number, size: number, weight: number, text: string): string =>
    `<text x="320" y="${String(y)}" font-size="${String(size)}" font-weight="${String(weight)}" textLength="${text.length * size * 0.55 > 560 ? '560' : ''}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`.replace(
      / textLength="" lengthAdjust="spacingAndGlyphs"/,
      '',
    );
  // In a JSON text, `]]>` stands in strings alone, where a character may be written by its number.
  const held =
    credential === undefined
      ? ''
      : `<openbadges:credential><![CDATA[${credential.replaceAll(']]>', ']]\\u003e')}]]></openbadges:credential>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" width="640" height="400" viewBox="0 0 640 400">${held}` +
    `<rect width="640" height="400" fill="#fff"/><rect x="12" y="12" width="616" height="376" rx="14" fill="none" stroke="#0d4f5c" stroke-width="4"/>` +
    `<path d="M40 72q280-64 560 0" fill="none" stroke="#0d4f5c" stroke-width="2"/><circle cx="320" cy="40" r="7" fill="#b3541e"/>` +
    `<g fill="#10242b" text-anchor="middle" font-family="system-ui,'Noto Sans',sans-serif" direction="${direction}">` +
    `${line(140, 30, 700, title)}${line(215, 38, 700, holder)}${line(285, 22, 400, issuer)}${line(340, 20, 400, period)}</g></svg>`
  );
}
