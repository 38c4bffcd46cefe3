/** What is worked out of open data for a figure: brightness, colour, phase, axes. Pure. */

export const stretches = ['linear', 'root', 'log', 'asinh'] as const;
export type Stretch = (typeof stretches)[number];
export const colours = ['grey', 'negative', 'heat'] as const;
export type Colour = (typeof colours)[number];

/** How bright 0 to 1 is shown, 0 to 1: faint things are lifted by all but the first. */
const curves: Readonly<Record<Stretch, (share: number) => number>> = {
  linear: (share) => share,
  root: Math.sqrt,
  // A thousand to one from white to the first grey.
  log: (share) => Math.log1p(1000 * share) / Math.log1p(1000),
  // Lupton, Gunn, Szalay 1999: linear where it is faint, a logarithm where it is bright.
  asinh: (share) => Math.asinh(30 * share) / Math.asinh(30),
};

const paints: Readonly<Record<Colour, (level: number) => readonly [number, number, number]>> = {
  grey: (level) => [level, level, level],
  negative: (level) => [1 - level, 1 - level, 1 - level],
  // Black, red, yellow, white: brightness grows all the way, so that it also reads in grey.
  heat: (level) => [Math.min(1, level * 2.6), Math.min(1, Math.max(0, level * 2.6 - 0.9)), Math.min(1, Math.max(0, level * 2.6 - 1.6))],
};

/**
 * Pixels for a canvas, four bytes each, the last row of the values first: FITS counts rows from below.
 *
 * @param low what is shown as black, and @param high as white; blank pixels are transparent
 */
export function paint(
  values: Float64Array,
  width: number,
  { low, high, stretch, colour }: { readonly low: number; readonly high: number; readonly stretch: Stretch; readonly colour: Colour },
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  const height = width === 0 ? 0 : values.length / width;
  const span = high - low;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    const at = ((height - 1 - Math.floor(i / width)) * width + (i % width)) * 4;
    if (Number.isNaN(value)) continue;
    const share = span <= 0 ? (value > low ? 1 : 0) : Math.min(1, Math.max(0, (value - low) / span));
    const [red, green, blue] = paints[colour](curves[stretch](share));
    pixels.set([255 * red, 255 * green, 255 * blue, 255], at);
  }
  return pixels;
}

/** The value below which a share, 0 to 1, of the pixels lies; not a number where all are blank. */
export function quantile(values: Float64Array, share: number): number {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return known[Math.min(known.length - 1, Math.max(0, Math.round(share * (known.length - 1))))] ?? NaN;
}

export interface Dot {
  readonly x: number;
  readonly y: number;
}

/** Phases, 0 to 1, of measurements in time: whole periods since the first one are left out. */
export function fold(dots: readonly Dot[], period: number): readonly Dot[] {
  const first = dots[0]?.x ?? 0;
  return dots.map(({ x, y }) => {
    const turns = (x - first) / period;
    return { x: turns - Math.floor(turns), y };
  });
}

/** From one axis mark to the next, and the marks between two values: 1, 2 or 5 times a power of ten, about so many. */
export function ticks(from: number, to: number, about: number): readonly number[] {
  const span = to - from;
  if (!(span > 0) || !Number.isFinite(span)) return [from];
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step);
  // Counted, not added up: what is added up drifts.
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The range of some numbers with a little air around. */
export function rangeOf(numbers: readonly number[]): readonly [number, number] {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (numbers.length === 0) return [0, 1];
  const air = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.05;
  return [low - air, high + air];
}

/** Two columns of a table's cells as numbers, counted from 1; rows without two numbers are left out. */
export function dotsOf(rows: readonly (readonly string[])[], x: number, y: number): readonly Dot[] {
  const number = (cell: string | undefined): number =>
    Number(
      (cell ?? '')
        .trim()
        .replace('−', '-')
        .replace(',', '.')
        .replace(/[\s\u00a0\u202f]/g, '') || NaN,
    );
  return rows.flatMap((row) => {
    const dot = { x: number(row[x - 1]), y: number(row[y - 1]) };
    return Number.isFinite(dot.x) && Number.isFinite(dot.y) ? [dot] : [];
  });
}
