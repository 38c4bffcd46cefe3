import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colours, dotsOf, fold, paint, quantile, rangeOf, stretches, ticks } from './figures.ts';

const grey = (pixels: Uint8ClampedArray, i: number): number => pixels[4 * i] ?? -1;

describe('painting', () => {
  it('puts the first row of the values at the foot of the picture', () => {
    const pixels = paint(new Float64Array([0, 1, 2, 3]), 2, { low: 0, high: 3, stretch: 'linear', colour: 'grey' });
    expect([0, 1, 2, 3].map((i) => grey(pixels, i))).toEqual([170, 255, 0, 85]);
  });

  it('leaves what was not measured transparent', () => {
    const pixels = paint(new Float64Array([NaN, 1]), 2, { low: 0, high: 1, stretch: 'log', colour: 'heat' });
    expect([pixels[3], pixels[7]]).toEqual([0, 255]);
  });

  it.each(stretches)('%s: brighter is never darker, black stays black and white white', (stretch) => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 2, maxLength: 20 }), (numbers) => {
        const sorted = new Float64Array(numbers).sort();
        const pixels = paint(sorted, sorted.length, { low: -5, high: 5, stretch, colour: 'grey' });
        sorted.forEach((value, i) => {
          if (value <= -5) expect(grey(pixels, i)).toBe(0);
          if (value >= 5) expect(grey(pixels, i)).toBe(255);
          if (i > 0) expect(grey(pixels, i)).toBeGreaterThanOrEqual(grey(pixels, i - 1));
        });
      }),
    );
  });

  it.each(colours)('%s: its brightness goes one way, so that it can be read in grey', (colour) => {
    const values = new Float64Array(64).map((_, i) => i);
    const pixels = paint(values, 64, { low: 0, high: 63, stretch: 'linear', colour });
    const light = [...values].map(
      (_, i) => 0.2126 * grey(pixels, i) + 0.7152 * (pixels[4 * i + 1] ?? 0) + 0.0722 * (pixels[4 * i + 2] ?? 0),
    );
    const sorted = [...light].sort((a, b) => (colour === 'negative' ? b - a : a - b));
    expect(light).toEqual(sorted);
  });

  it('of an even image does not divide by nothing', () => {
    expect([...paint(new Float64Array([7, 7]), 2, { low: 7, high: 7, stretch: 'asinh', colour: 'grey' })]).toEqual([
      0, 0, 0, 255, 0, 0, 0, 255,
    ]);
  });
});

describe('folding', () => {
  it('gives phases from 0 to below 1, and the same phase a whole number of periods later', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }),
        fc.nat(40),
        (period, times, turns) => {
          const dots = times.map((x) => ({ x, y: x }));
          const phases = fold(dots, period).map(({ x }) => x);
          for (const phase of phases) expect(phase >= 0 && phase < 1).toBe(true);
          const later = fold([...dots, { x: (dots[0]?.x ?? 0) + turns * period, y: 0 }], period).at(-1)?.x ?? NaN;
          expect(Math.min(later, 1 - later)).toBeCloseTo(0, 6);
        },
      ),
    );
  });

  it('brings a periodic signal together', () => {
    const dots = Array.from({ length: 50 }, (_, i) => ({ x: i * 0.7, y: Math.sin((2 * Math.PI * i * 0.7) / 3.1) }));
    for (const { x, y } of fold(dots, 3.1)) expect(y).toBeCloseTo(Math.sin(2 * Math.PI * x), 9);
  });
});

describe('axes', () => {
  it('marks lie in the range, evenly, on round numbers', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 10 }),
        (from, span, about) => {
          fc.pre(from + span > from);
          const marks = ticks(from, from + span, about);
          expect(marks.length).toBeLessThanOrEqual(about + 2);
          for (const mark of marks) {
            expect(mark).toBeGreaterThanOrEqual(from - span * 1e-6);
            expect(mark).toBeLessThanOrEqual(from + span * (1 + 1e-6));
          }
        },
      ),
    );
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0.3, 0.3, 5)).toEqual([0.3]);
  });

  it('ranges hold every number with air around', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }), (numbers) => {
        const [low, high] = rangeOf(numbers);
        expect(low).toBeLessThan(high);
        expect(Math.min(...numbers)).toBeGreaterThanOrEqual(low);
        expect(Math.max(...numbers)).toBeLessThanOrEqual(high);
      }),
    );
    expect(rangeOf([])).toEqual([0, 1]);
  });

  it('a quantile is one of the numbers, and knows of no blank pixel', () => {
    expect(quantile(new Float64Array([3, NaN, 1, 2]), 0)).toBe(1);
    expect(quantile(new Float64Array([3, NaN, 1, 2]), 0.5)).toBe(2);
    expect(quantile(new Float64Array([3, NaN, 1, 2]), 1)).toBe(3);
    expect(quantile(new Float64Array([NaN]), 0.5)).toBeNaN();
  });
});

it('columns of a table are read as people write numbers, and rows without two are left out', () => {
  expect(dotsOf([['1', '2,5'], ['−3', '1 000'], ['', '4'], ['x', '5'], ['6']], 1, 2)).toEqual([
    { x: 1, y: 2.5 },
    { x: -3, y: 1000 },
  ]); // prettier-ignore
});
