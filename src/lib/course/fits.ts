/**
 * Reads the image in the first part of a FITS file: header cards and pixels (Definition of the Flexible Image Transport System, version 4.0,
 * IAU FITS Working Group 2016, https://fits.gsfc.nasa.gov/fits_standard.html; sections in brackets). Nothing is believed: a damaged file is a
 * fault that says what is wrong, and no header can make this allocate more than the file itself has.
 */
import { err, ok, type Result } from '../domain/result.ts';

export type CardValue = string | number | boolean | null;

export interface Card {
  readonly keyword: string;
  /** Null where the card has none, or an undefined one [4.1.2.3]. */
  readonly value: CardValue;
  readonly comment: string;
}

export interface FitsImage {
  /** NAXIS1 and NAXIS2: pixels in a row, and rows. */
  readonly width: number;
  readonly height: number;
  /** Physical values [4.4.2.5], row by row as they stand in the file: the first row is the lowest of the picture. Not a number where a pixel is blank. */
  readonly values: Float64Array;
  readonly cards: readonly Card[];
}

export type FitsError =
  | { readonly type: 'not-fits' }
  | { readonly type: 'bad-card'; readonly card: number; readonly text: string }
  | { readonly type: 'no-end' }
  | { readonly type: 'missing'; readonly keyword: string }
  | { readonly type: 'bad-value'; readonly keyword: string }
  | { readonly type: 'no-image'; readonly axes: number }
  | { readonly type: 'cut-short'; readonly expected: number; readonly bytes: number };

/** A block, and a card, in bytes [3.1, 4.1.1]. */
const blockBytes = 2880;
const cardBytes = 80;
/** More header than any picture of a lesson has. */
const mostHeaderBlocks = 64;

const isText = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[ED][+-]?\d+)?$/;

/** A value and what follows it [4.2]; undefined where it is none of them. */
function readValue(text: string): { readonly value: CardValue; readonly comment: string } | undefined {
  const after = (rest: string): string | undefined => {
    const [, comment] = /^ *(?:\/ ?(.*))?$/.exec(rest) ?? [undefined, undefined];
    return /^ *(?:\/.*)?$/.test(rest) ? (comment ?? '').trimEnd() : undefined;
  };
  const string = /^ *'((?:[^']|'')*)'/.exec(text);
  if (string !== null) {
    const comment = after(text.slice(string[0].length));
    // Two quotation marks stand for one; blanks at the end mean nothing [4.2.1].
    return comment === undefined ? undefined : { value: (string[1] ?? '').replaceAll("''", "'").trimEnd(), comment };
  }
  const slash = text.indexOf('/');
  const word = (slash < 0 ? text : text.slice(0, slash)).trim();
  const comment = slash < 0 ? '' : text.slice(slash + 1).trim();
  if (word === '') return { value: null, comment };
  if (word === 'T' || word === 'F') return { value: word === 'T', comment };
  return numberPattern.test(word) ? { value: Number(word.replace('D', 'E')), comment } : undefined;
}

function readCards(bytes: Uint8Array): Result<{ readonly cards: readonly Card[]; readonly start: number }, FitsError> {
  const cards: Card[] = [];
  const most = Math.min(Math.floor(bytes.length / cardBytes), (mostHeaderBlocks * blockBytes) / cardBytes);
  for (let i = 0; i < most; i++) {
    const raw = bytes.subarray(i * cardBytes, (i + 1) * cardBytes);
    if (!raw.every(isText)) return err({ type: 'bad-card', card: i + 1, text: '' });
    const text = String.fromCharCode(...raw);
    const keyword = text.slice(0, 8).trimEnd();
    if (i === 0 && keyword !== 'SIMPLE') return err({ type: 'not-fits' });
    if (keyword === 'END') {
      if (text.trimEnd() !== 'END') return err({ type: 'bad-card', card: i + 1, text });
      return ok({ cards, start: Math.ceil(((i + 1) * cardBytes) / blockBytes) * blockBytes });
    }
    if (!/^[A-Z0-9_-]*$/.test(keyword)) return err({ type: 'bad-card', card: i + 1, text });
    // A value stands behind an equals sign and a blank [4.1.2.2]; what has none is commentary.
    if (text.slice(8, 10) !== '= ' || ['COMMENT', 'HISTORY', ''].includes(keyword)) {
      cards.push({ keyword, value: null, comment: text.slice(8).trim() });
      continue;
    }
    const read = readValue(text.slice(10));
    if (read === undefined) return err({ type: 'bad-card', card: i + 1, text });
    cards.push({ keyword, ...read });
  }
  return err({ type: 'no-end' });
}

/** Bytes of a pixel, and how one is read; big-endian all of them [5]. */
const readers: Readonly<Record<number, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  8: [1, (view, at) => view.getUint8(at)],
  16: [2, (view, at) => view.getInt16(at)],
  32: [4, (view, at) => view.getInt32(at)],
  64: [8, (view, at) => Number(view.getBigInt64(at))],
  [-32]: [4, (view, at) => view.getFloat32(at)],
  [-64]: [8, (view, at) => view.getFloat64(at)],
};

/** An image of two axes; further axes of one pixel each are passed over. */
export function readFits(bytes: Uint8Array): Result<FitsImage, FitsError> {
  const header = readCards(bytes);
  if (!header.ok) return header;
  const { cards, start } = header.value;
  const values = new Map(cards.map(({ keyword, value }) => [keyword, value]));
  if (values.get('SIMPLE') !== true) return err({ type: 'not-fits' });
  const whole = (keyword: string): Result<number, FitsError> => {
    const value = values.get(keyword);
    if (value === undefined) return err({ type: 'missing', keyword });
    return typeof value === 'number' && Number.isSafeInteger(value) ? ok(value) : err({ type: 'bad-value', keyword });
  };

  const bitpix = whole('BITPIX');
  if (!bitpix.ok) return bitpix;
  const reader = readers[bitpix.value];
  if (reader === undefined) return err({ type: 'bad-value', keyword: 'BITPIX' });
  const naxis = whole('NAXIS');
  if (!naxis.ok) return naxis;
  if (naxis.value < 0 || naxis.value > 999) return err({ type: 'bad-value', keyword: 'NAXIS' });
  const axes: number[] = [];
  for (let i = 1; i <= naxis.value; i++) {
    const axis = whole(`NAXIS${String(i)}`);
    if (!axis.ok) return axis;
    if (axis.value < 0) return err({ type: 'bad-value', keyword: `NAXIS${String(i)}` });
    axes.push(axis.value);
  }
  const [width = 0, height = 0, ...further] = axes;
  if (width === 0 || height === 0 || further.some((axis) => axis !== 1)) return err({ type: 'no-image', axes: naxis.value });

  const [size, read] = reader;
  const expected = start + width * height * size;
  if (!(bytes.length >= expected)) return err({ type: 'cut-short', expected, bytes: bytes.length });

  const scaling = (keyword: string, otherwise: number): Result<number, FitsError> => {
    const value = values.get(keyword) ?? otherwise;
    return typeof value === 'number' && Number.isFinite(value) ? ok(value) : err({ type: 'bad-value', keyword });
  };
  const [zero, scale] = [scaling('BZERO', 0), scaling('BSCALE', 1)];
  if (!zero.ok) return zero;
  if (!scale.ok) return scale;
  const blank = bitpix.value > 0 ? values.get('BLANK') : undefined;

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = new Float64Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const stored = read(view, start + i * size);
    // A pixel that was not measured: BLANK among whole numbers, not a number among the others [5.3].
    pixels[i] = stored === blank ? NaN : zero.value + scale.value * stored;
  }
  return ok({ width, height, values: pixels, cards });
}

/** What is wrong with a file, as a sentence. */
export function sayFitsError(error: FitsError): string {
  switch (error.type) {
    case 'not-fits':
      return 'This is no FITS file: it does not begin with SIMPLE = T.';
    case 'bad-card':
      return `Card ${String(error.card)} of the header cannot be read${error.text === '' ? '' : `: ${error.text.trimEnd()}`}.`;
    case 'no-end':
      return 'The header has no END.';
    case 'missing':
      return `The header has no ${error.keyword}.`;
    case 'bad-value':
      return `The value of ${error.keyword} makes no sense.`;
    case 'no-image':
      return `The first part of the file is no image of two axes (NAXIS = ${String(error.axes)}).`;
    case 'cut-short':
      return `The file is cut short: ${String(error.bytes)} of ${String(error.expected)} bytes.`;
  }
}
