import type { Report } from './diagnostics.ts';
import { pictureFaults, viewBoxOf } from './picture-faults.ts';
import { bytesOf, maxPictureBytes, placeAt, textOf } from './source.ts';

export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

const typeByEnding: Readonly<Record<string, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
};

const endingOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();
export const isPicturePath = (path: string): boolean => Object.hasOwn(typeByEnding, endingOf(path));

type Size = { readonly width: number; readonly height: number };

const uint16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const little = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
};
const ascii = (bytes: Uint8Array, at: number, count: number): string => String.fromCharCode(...bytes.subarray(at, at + count));

/** PNG, third edition, 11.2.1: the header chunk comes first. */
function pngSize(bytes: Uint8Array): Size | null {
  if (ascii(bytes, 0, 8) !== '\x89PNG\r\n\x1a\n' || ascii(bytes, 12, 4) !== 'IHDR') return null;
  return { width: uint16(bytes, 16) * 65536 + uint16(bytes, 18), height: uint16(bytes, 20) * 65536 + uint16(bytes, 22) };
}

/** ITU-T T.81, B.2.2: the first start-of-frame segment has the size. */
function jpegSize(bytes: Uint8Array): Size | null {
  if (uint16(bytes, 0) !== 0xffd8) return null;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { width: uint16(bytes, at + 7), height: uint16(bytes, at + 5) };
    at += 2 + Math.max(2, uint16(bytes, at + 2));
  }
  return null;
}

/** RFC 9649: extended, lossless and lossy files say their size in different places. */
function webpSize(bytes: Uint8Array): Size | null {
  if (ascii(bytes, 0, 4) !== 'RIFF' || ascii(bytes, 8, 4) !== 'WEBP') return null;
  const chunk = ascii(bytes, 12, 4);
  if (chunk === 'VP8X') return { width: 1 + little(bytes, 24, 3), height: 1 + little(bytes, 27, 3) };
  if (chunk === 'VP8 ') return { width: little(bytes, 26, 2) & 0x3fff, height: little(bytes, 28, 2) & 0x3fff };
  if (chunk !== 'VP8L') return null;
  const bits = little(bytes, 21, 4);
  return { width: 1 + (bits % 0x4000), height: 1 + (Math.floor(bits / 0x4000) % 0x4000) };
}

const sizeByEnding: Readonly<Record<string, (bytes: Uint8Array) => Size | null>> = {
  png: pngSize,
  jpg: jpegSize,
  jpeg: jpegSize,
  webp: webpSize,
};

/** A picture of the course, checked; null, and faults, where it cannot be shown. */
export function readPicture(content: Uint8Array | string, file: string, report: Report): Picture | null {
  const ending = endingOf(file);
  const type = typeByEnding[ending] ?? '';
  if (content.length > maxPictureBytes) {
    report('too-large', { file, line: 1 }, { bytes: content.length, most: maxPictureBytes });
    return null;
  }
  if (ending !== 'svg') {
    const bytes = bytesOf(content);
    const size = sizeByEnding[ending]?.(bytes) ?? null;
    if (size !== null && size.width > 0 && size.height > 0) return { bytes, type, ...size };
    report('bad-picture', { file, line: 1 }, { name: file });
    return null;
  }
  const svg = textOf(content, file, report);
  if (svg === '') return null;
  const faults = pictureFaults(svg);
  for (const { at, fault } of faults) report('unsafe-picture', { file, ...placeAt(svg, at) }, { fault });
  const size = viewBoxOf(svg);
  if (size === null) {
    report('no-view-box', { file, line: placeAt(svg, Math.max(0, svg.indexOf('<svg'))).line });
    return null;
  }
  return { bytes: bytesOf(svg), type, width: Math.max(1, Math.round(size.width)), height: Math.max(1, Math.round(size.height)) };
}
