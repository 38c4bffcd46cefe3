/**
 * What a phone makes of a printed page: the sheet lies askew on a desk, the camera is not above it, the lamp stands on one side, the lens is not quite sharp, the sensor has
 * grain, and the file is a JPEG. Tones only; each step is as bad as its number says, so that a test names how bad a photo may be.
 */
import { encodeQR } from 'qr';

/** Tones of a picture, 0 black to 255 white, row by row. */
export interface Tones {
  readonly width: number;
  readonly height: number;
  readonly tone: Uint8Array;
}

export interface Photograph {
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How much of the picture's height the page would fill, were it held straight. */
  readonly fills: number;
  /** Degrees by which the page lies askew. */
  readonly turned: number;
  /** How much shorter the farther edge of the page looks, as a share of the nearer one. */
  readonly tilted: number;
  /** Standard deviation of the lens, in pixels. */
  readonly blur: number;
  /** Standard deviation of the grain, in tones. */
  readonly noise: number;
  /** What is left of the light at the far end of the page. */
  readonly shade: number;
  /** Of the file, as cameras count it: 1 to 100. */
  readonly quality: number;
  readonly seed: number;
}

/** What somebody's phone does with a little care. */
export const ordinary: Photograph = {
  width: 3000,
  height: 4000,
  fills: 0.85,
  turned: 4,
  tilted: 0.08,
  blur: 1.2,
  noise: 8,
  shade: 0.6,
  quality: 70,
  seed: 1,
};

/** A generator of chance from a seed (mulberry32). */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const dotsPerMillimetre = 10;
const sheet = { width: 210 * dotsPerMillimetre, height: 297 * dotsPerMillimetre };
/** As `Certificate.svelte` prints it: with its white border. */
const codeMillimetres = 62;

/** A page of A4 as the certificate's: a frame, lines of words, and the code below the middle. */
export function printedPage(text: string): Tones {
  const { width, height } = sheet;
  const tone = new Uint8Array(width * height).fill(255);
  const chance = chanceFrom(7);
  const fill = (x: number, y: number, w: number, h: number): void => {
    for (let row = y; row < y + h; row++) tone.fill(0, row * width + x, row * width + x + w);
  };
  for (const edge of [100, 193 * dotsPerMillimetre]) fill(edge, 100, 7, height - 200);
  for (const edge of [100, height - 107]) fill(100, edge, width - 200, 7);
  // Letters are strokes of chance: what matters is that they are black, thin and many.
  const line = (y: number, size: number, length: number): void => {
    const from = Math.round((width - length) / 2);
    for (let x = from; x < from + length; x += Math.round(size * 0.6))
      if (chance() > 0.15) {
        fill(x, y + Math.round(chance() * size * 0.3), Math.max(2, Math.round(size / 9)), Math.round(size * 0.7));
        fill(x, y + Math.round(chance() * size * 0.8), Math.round(size * 0.4), Math.max(2, Math.round(size / 10)));
      }
  };
  line(300, 45, 900);
  line(480, 75, 1300);
  line(700, 95, 1500);
  line(900, 45, 1100);
  line(1050, 45, 800);
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
  const side = codeMillimetres * dotsPerMillimetre;
  const [left, top] = [Math.round((width - side) / 2), 1300];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (rows[Math.floor((y / side) * rows.length)]?.[Math.floor((x / side) * rows.length)] === true)
        tone[(top + y) * width + left + x] = 0;
  line(2000, 32, 1500);
  line(2060, 32, 1400);
  line(2140, 28, 900);
  return { width, height, tone };
}

/** Where a dot of the picture lies on the page, for a page held by its four corners: the inverse of the map of the unit square to them. */
function fromPicture(corners: readonly (readonly [number, number])[]): (x: number, y: number) => readonly [number, number] {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners as readonly [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ];
  const [dx1, dx2, dx3] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, dy3] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const under = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / under;
  const h = (dx1 * dy3 - dx3 * dy1) / under;
  const [a, b, c] = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0];
  const [d, e, f] = [y1 - y0 + g * y1, y3 - y0 + h * y3, y0];
  // Cofactors: the scale of a projective map does not matter.
  const [A, B, C] = [e - f * h, c * h - b, b * f - c * e];
  const [D, E, F] = [f * g - d, a - c * g, c * d - a * f];
  const [G, H, I] = [d * h - e * g, b * g - a * h, a * e - b * d];
  return (x, y) => {
    const w = G * x + H * y + I;
    return [(A * x + B * y + C) / w, (D * x + E * y + F) / w];
  };
}

/** Blurs rows, then columns, twice by a box: near enough to a lens. */
function blurred(tones: Float32Array, width: number, height: number, sigma: number): void {
  const radius = Math.max(1, Math.round((Math.sqrt(6 * sigma * sigma + 1) - 1) / 2));
  const pass = (count: number, length: number, step: number, stride: number): void => {
    const before = new Float32Array(length);
    for (let i = 0; i < count; i++) {
      const from = i * stride;
      for (let j = 0; j < length; j++) before[j] = tones[from + j * step] ?? 0;
      const at = (j: number): number => before[Math.min(length - 1, Math.max(0, j))] ?? 0;
      let sum = 0;
      for (let j = -radius; j <= radius; j++) sum += at(j);
      for (let j = 0; j < length; j++) {
        tones[from + j * step] = sum / (2 * radius + 1);
        sum += at(j + radius + 1) - at(j - radius);
      }
    }
  };
  if (sigma <= 0) return;
  for (let round = 0; round < 2; round++) {
    pass(height, width, 1, width);
    pass(width, height, width, 1);
  }
}

export function photographed(page: Tones, photograph: Photograph): Tones {
  const { width, height, fills, turned, tilted, blur, noise, shade, seed } = photograph;
  const chance = chanceFrom(seed);
  const [tall, middleX, middleY] = [height * fills, width * (0.5 + (chance() - 0.5) * 0.04), height * (0.5 + (chance() - 0.5) * 0.04)];
  const wide = (tall * page.width) / page.height;
  const angle = (turned * Math.PI) / 180;
  const corners = (
    [
      [-0.5, -0.5],
      [0.5, -0.5],
      [0.5, 0.5],
      [-0.5, 0.5],
    ] as const
  ).map(([u, v]) => {
    const nearer = 1 - tilted * (0.5 - v);
    const [x, y] = [u * wide * nearer, v * tall * (1 - tilted / 2)];
    return [middleX + x * Math.cos(angle) - y * Math.sin(angle), middleY + x * Math.sin(angle) + y * Math.cos(angle)] as const;
  });
  const onPage = fromPicture(corners);
  const tones = new Float32Array(width * height);
  const at = (x: number, y: number): number => page.tone[y * page.width + x] ?? 255;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = onPage(x + 0.5, y + 0.5);
      const light = 0.92 * (shade + ((1 - shade) * (x / width + 2 * (y / height))) / 3);
      if (u < 0 || v < 0 || u >= 1 || v >= 1) {
        // A wooden desk.
        tones[y * width + x] = (85 + 18 * Math.sin(y / 23 + Math.sin(x / 190))) * light;
        continue;
      }
      const [px, py] = [u * page.width - 0.5, v * page.height - 0.5];
      const [left, top] = [Math.max(0, Math.floor(px)), Math.max(0, Math.floor(py))];
      const [right, low] = [Math.min(1, Math.max(0, px - left)), Math.min(1, Math.max(0, py - top))];
      const upper = at(left, top) * (1 - right) + at(left + 1, top) * right;
      const lower = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
      // Toner is no black hole, paper no lamp.
      tones[y * width + x] = (28 + 0.82 * (upper * (1 - low) + lower * low)) * light;
    }
  blurred(tones, width, height, blur);
  const tone = new Uint8Array(width * height);
  // Twelve of chance less six are as good as a normal deviate here; three will do.
  for (let i = 0; i < tone.length; i++)
    tone[i] = Math.min(255, Math.max(0, (tones[i] ?? 0) + (chance() + chance() + chance() - 1.5) * 2 * noise));
  return { width, height, tone };
}

/** Luminance of JPEG's Annex K, at quality 50. */
const coarseness = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();

/** What is left of a photo in a JPEG of this quality: blocks of 8 by 8 dots, their waves rounded. */
export function compressed({ width, height, tone }: Tones, quality: number): Tones {
  const share = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const steps = coarseness.map((step) => Math.max(1, Math.floor((step * share + 50) / 100)));
  const waves = Float64Array.from({ length: 64 }, (_, i) => {
    const [u, x] = [i >> 3, i & 7];
    return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
  });
  const wave = (u: number, x: number): number => waves[8 * u + x] ?? 0;
  const [half, whole] = [new Float64Array(64), new Float64Array(64)];
  const out = tone.slice();
  const each = (into: Float64Array, sum: (row: number, column: number, k: number) => number): void => {
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 8; column++) {
        let total = 0;
        for (let k = 0; k < 8; k++) total += sum(row, column, k);
        into[8 * row + column] = total;
      }
  };
  for (let top = 0; top + 8 <= height; top += 8)
    for (let left = 0; left + 8 <= width; left += 8) {
      each(half, (y, u, x) => wave(u, x) * ((tone[(top + y) * width + left + x] ?? 0) - 128));
      each(whole, (v, u, y) => wave(v, y) * (half[8 * y + u] ?? 0));
      for (let i = 0; i < 64; i++) whole[i] = Math.round((whole[i] ?? 0) / (steps[i] ?? 1)) * (steps[i] ?? 1);
      each(half, (v, x, u) => wave(u, x) * (whole[8 * v + u] ?? 0));
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 8; x++) {
          let total = 128;
          for (let v = 0; v < 8; v++) total += wave(v, y) * (half[8 * v + x] ?? 0);
          out[(top + y) * width + left + x] = Math.min(255, Math.max(0, Math.round(total)));
        }
    }
  return { width, height, tone: out };
}
