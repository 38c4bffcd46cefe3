/**
 * Looking for a code in a picture, several times if need be. A code that fills the picture is found at the first look, made small. On a photo of a whole page it is a tenth
 * of the picture, and small means less than two dots to a module there: so parts of the picture are looked at, the middle first, made smaller no further than they must be (which
 * also averages grain away), then sharpened against the lens and doubled, for the reader samples whole dots.
 */

/** A part of a picture, in its own dots. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Brightness, 0 to 255, row by row. */
export interface Tones {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The region, averaged down until its longer side has at most so many dots. Null where it cannot be had. */
  tones(region: Region, longest: number): Tones | null;
}

/** The text of a code in these tones; null where none is found. */
export type Decode = (tones: Tones) => string | null;

interface Look {
  /** Of the picture's sides: 1 is the whole. */
  readonly share: number;
  /** Where the part lies between the edges, 0 to 1. */
  readonly at: readonly [across: number, down: number];
  readonly sharp: boolean;
}

/** Codes of 85 modules need four dots for each, and some margin; more only costs time. */
export const longestSide = 1280;

const middle = [0.5, 0.5] as const;
const corners = [
  [0.5, 1],
  [0.5, 0],
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/** The dearest last. A code as wide as a third of an upright page lies whole in one of the parts, wherever it lies. */
export const looks: readonly Look[] = [
  { share: 1, at: middle, sharp: false },
  { share: 0.6, at: middle, sharp: false },
  { share: 0.6, at: middle, sharp: true },
  { share: 0.45, at: middle, sharp: true },
  { share: 1, at: middle, sharp: true },
  ...corners.map((at) => ({ share: 0.6, at, sharp: true })),
];

export function regionOf({ width, height }: Pick<Picture, 'width' | 'height'>, { share, at: [across, down] }: Omit<Look, 'sharp'>): Region {
  const [wide, tall] = [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
  return { x: Math.round((width - wide) * across), y: Math.round((height - tall) * down), width: wide, height: tall };
}

/** Each line of a plane averaged over so many dots on either side. */
function averaged(plane: Float32Array, lines: number, length: number, step: number, stride: number, radius: number): void {
  const line = new Float32Array(length);
  for (let i = 0; i < lines; i++) {
    const from = i * stride;
    for (let j = 0; j < length; j++) line[j] = plane[from + j * step] ?? 0;
    const at = (j: number): number => line[j < 0 ? 0 : j >= length ? length - 1 : j] ?? 0;
    let sum = 0;
    for (let j = -radius; j <= radius; j++) sum += at(j);
    for (let j = 0; j < length; j++) {
      plane[from + j * step] = sum / (2 * radius + 1);
      sum += at(j + radius + 1) - at(j - radius);
    }
  }
}

/** Unsharp mask: what differs from its surroundings differs four times as much. */
export function sharpened({ width, height, data }: Tones): Tones {
  const around = Float32Array.from(data);
  for (let pass = 0; pass < 2; pass++) {
    averaged(around, height, width, 1, width, 2);
    averaged(around, width, height, width, 1, 2);
  }
  const sharp = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) {
    const tone = data[i] ?? 0;
    sharp[i] = tone + 3 * (tone - (around[i] ?? 0));
  }
  return { width, height, data: sharp };
}

/** Twice as wide and high, between neighbours as they stand. */
export function doubled({ width, height, data }: Tones): Tones {
  const large = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < 2 * height; y++) {
    const fromY = Math.min(height - 1, Math.max(0, (y - 0.5) / 2));
    const [top, low] = [Math.floor(fromY), fromY % 1];
    const [upper, under] = [top * width, Math.min(height - 1, top + 1) * width];
    for (let x = 0; x < 2 * width; x++) {
      const fromX = Math.min(width - 1, Math.max(0, (x - 0.5) / 2));
      const [left, right] = [Math.floor(fromX), fromX % 1];
      const next = Math.min(width - 1, left + 1);
      const above = (data[upper + left] ?? 0) * (1 - right) + (data[upper + next] ?? 0) * right;
      const below = (data[under + left] ?? 0) * (1 - right) + (data[under + next] ?? 0) * right;
      large[y * 2 * width + x] = above * (1 - low) + below * low;
    }
  }
  return { width: 2 * width, height: 2 * height, data: large };
}

/**
 * The text of the first code that is `wanted`, else of the first that was found at all, else null.
 *
 * @param pause awaited between two looks, so that the page stays usable; resolves with whether there is time for another
 */
export async function findCode(
  picture: Picture,
  decode: Decode,
  wanted: (text: string) => boolean,
  pause: () => Promise<boolean>,
): Promise<string | null> {
  let other: string | null = null;
  for (const [i, look] of looks.entries()) {
    if (i > 0 && !(await pause())) break;
    const tones = picture.tones(regionOf(picture, look), longestSide);
    const text = tones === null ? null : decode(look.sharp ? doubled(sharpened(tones)) : tones);
    if (text !== null && wanted(text)) return text;
    other ??= text;
  }
  return other;
}
