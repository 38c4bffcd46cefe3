import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubled, findCode, looks, longestSide, regionOf, sharpened, type Picture, type Tones } from './looks.ts';

const flat = (width: number, height: number, tone = 128): Tones => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height).fill(tone),
});
const pictureOf = (width: number, height: number): Picture => ({
  width,
  height,
  tones: (region, longest) => {
    const scale = Math.min(1, longest / Math.max(region.width, region.height));
    return flat(Math.max(1, Math.round((region.width * scale) / 64)), Math.max(1, Math.round((region.height * scale) / 64)));
  },
});
const goOn = (): Promise<boolean> => Promise.resolve(true);

describe('the parts that are looked at', () => {
  const size = fc.integer({ min: 1, max: 8000 });

  it('lie within the picture, whatever its form', () => {
    fc.assert(
      fc.property(size, size, (width, height) => {
        for (const look of looks) {
          const { x, y, width: wide, height: tall } = regionOf({ width, height }, look);
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(Math.min(wide, tall)).toBeGreaterThan(0);
          expect(x + wide).toBeLessThanOrEqual(width);
          expect(y + tall).toBeLessThanOrEqual(height);
        }
      }),
    );
  });

  it('hold a code of a fifth of the picture whole in one of the enlarged ones, wherever it lies', () => {
    const part = fc.double({ min: 0, max: 0.8, noNaN: true });
    fc.assert(
      fc.property(part, part, (left, top) => {
        const [width, height] = [3000, 4000];
        const holds = looks
          .filter(({ share, sharp }) => sharp && share < 1)
          .map((look) => regionOf({ width, height }, look))
          .some(
            ({ x, y, width: wide, height: tall }) =>
              left * width >= x && (left + 0.2) * width <= x + wide && top * height >= y && (top + 0.15) * height <= y + tall,
          );
        expect(holds).toBe(true);
      }),
    );
  });

  it('begin with the whole, made small, so that a code that fills it costs one look', async () => {
    const asked: number[] = [];
    const picture: Picture = { width: 4000, height: 3000, tones: (region, longest) => (asked.push(region.width, longest), flat(8, 6)) };
    expect(await findCode(picture, () => 'a', () => true, goOn)).toBe('a'); // prettier-ignore
    expect(asked).toEqual([4000, longestSide]);
  });
});

describe('looking', () => {
  it('goes on past a code that is not wanted, and takes it where there is no other', async () => {
    let looked = 0;
    const third = (): string => (++looked === 3 ? 'wanted' : 'poster');
    expect(await findCode(pictureOf(4000, 3000), third, (text) => text === 'wanted', goOn)).toBe('wanted');
    expect(looked).toBe(3);
    expect(await findCode(pictureOf(4000, 3000), () => 'poster', () => false, goOn)).toBe('poster'); // prettier-ignore
    expect(await findCode(pictureOf(4000, 3000), () => null, () => true, goOn)).toBeNull(); // prettier-ignore
  });

  it('ends when there is no time left', async () => {
    let [looked, left] = [0, 2];
    await findCode(pictureOf(4000, 3000), () => (looked++, null), () => true, () => Promise.resolve(left-- > 0)); // prettier-ignore
    expect(looked).toBe(3);
  });
});

describe('tones', () => {
  it('that are even stay so, sharpened and doubled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.nat(255), (width, height, tone) => {
        expect(sharpened(flat(width, height, tone))).toEqual(flat(width, height, tone));
        expect(doubled(flat(width, height, tone))).toEqual(flat(2 * width, 2 * height, tone));
      }),
    );
  });

  it('have steeper edges when sharpened', () => {
    const soft = Uint8ClampedArray.from({ length: 20 * 20 }, (_, i) => [100, 100, 100, 100, 100, 100, 100, 100, 110, 120, 130, 140][Math.min(11, i % 20)] ?? 0); // prettier-ignore
    const { data } = sharpened({ width: 20, height: 20, data: soft });
    expect((data[11] ?? 0) - (data[8] ?? 0)).toBeGreaterThan(30);
  });
});
