/**
 * Photos of whole printed pages, as phones take them: the code is a tenth of a picture that is tilted, unevenly lit, somewhat blurred, grainy and compressed. The page that
 * verifies must find the certificate in each, with the reader that it has where a browser has none of its own.
 */
import decodeQR from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { findCode, type Decode, type Picture } from '#lib/app/looks.ts';
import { compressed, ordinary, photographed, printedPage, type Photograph, type Tones } from './photograph.ts';
import { paper } from './world.ts';

/** A cheaper camera than the ordinary one: less to compute. */
const small = { width: 1944, height: 2592, blur: 0.9 } as const;

const photos: readonly (readonly [what: string, holder: string, change: Partial<Photograph>])[] = [
  ['held with a little care', 'Bartholomew Featherstonehaugh-Cholmondeley of Middle Wallop', {}],
  ['by a cheap phone', 'عبد الرحمن بن محمد بن عبد العزيز الحسيني الهاشمي البغدادي ثم', { ...small, noise: 14, quality: 50, seed: 2 }],
  ['from afar', '欧阳娜娜司马相如诸葛孔明上官婉儿皇甫端木东方朔令狐冲慕容复', { width: 2448, height: 3264, fills: 0.55, blur: 1, tilted: 0.12, seed: 3 }],
  ['lying sideways', 'María de los Ángeles Fernández-Villaverde y Núñez de Ibáñez', { ...small, turned: 93, fills: 0.7, seed: 4 }],
  ['from the side', 'Éléonore-Bérengère d’Aubigné-Châteauneuf de la Rochefoucault', { ...small, tilted: 0.25, turned: -7, seed: 5 }],
  ['in a dim room', 'Константин-Александр Рождественский-Преображенский-Волконск.', { ...small, shade: 0.3, noise: 18, turned: 178, seed: 6 }],
  ['out of focus', 'Amina Diallo', { ...small, blur: 1.6, noise: 6, seed: 7 }],
]; // prettier-ignore

/** What a canvas makes of a part of it: the mean of the dots that fall upon one. */
const pictureOf = ({ width, height, tone }: Tones): Picture => ({
  width,
  height,
  tones({ x, y, width: wide, height: tall }, longest) {
    const scale = Math.min(1, longest / Math.max(wide, tall));
    const [columns, rows] = [Math.round(wide * scale), Math.round(tall * scale)];
    const data = new Uint8ClampedArray(columns * rows);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const [left, right] = [Math.floor(x + column / scale), Math.ceil(x + (column + 1) / scale)];
        const [top, low] = [Math.floor(y + row / scale), Math.ceil(y + (row + 1) / scale)];
        let sum = 0;
        for (let j = top; j < low; j++) for (let i = left; i < right; i++) sum += tone[j * width + i] ?? 0;
        data[row * columns + column] = sum / ((right - left) * (low - top));
      }
    return { width: columns, height: rows, data };
  },
});

// How often it looks is bounded, not for how long: a test has no clock.
const decode: Decode = (tones) => {
  try {
    return decodeQR(tones, { format: 'I420', timeLimit: 60_000 });
  } catch {
    return null;
  }
};

describe('a photo of a printed certificate', () => {
  it.each(photos)(
    '%s is read',
    async (_, holder, change) => {
      const text = await paper({ holder, achievement: 'master-trainer', status: [12, 131_071] });
      const photograph = { ...ordinary, ...change };
      const photo = compressed(photographed(printedPage(text), photograph), photograph.quality);
      expect(await findCode(pictureOf(photo), decode, (found) => found === text, () => Promise.resolve(true))).toBe(text); // prettier-ignore
    },
    60_000,
  );

  it('is not always read at the first look', async () => {
    const holder = 'Константин-Александр Рождественский-Преображенский-Волконск.';
    const text = await paper({ holder, achievement: 'master-trainer', status: [12, 131_071] });
    const photo = photographed(printedPage(text), { ...ordinary, ...small, fills: 0.6, noise: 20, turned: 20, seed: 8 });
    let looks = 0;
    const pause = (): Promise<boolean> => Promise.resolve(++looks > 0);
    expect(await findCode(pictureOf(photo), decode, (found) => found === text, pause)).toBe(text);
    expect(looks).toBeGreaterThan(0);
  }, 60_000);
});
