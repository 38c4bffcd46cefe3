/**
 * The printed code after a copier: drawn 62 mm wide as the certificate's page prints it, laid askew on a glass of 300 dots to the inch, scaled, blurred, made paler and blacker, with
 * specks on the drum; and the copy copied once more. The reader of codes that the page has must still find the certificate in it, in each language's longest names.
 */
import { encodeQR } from 'qr';
import decodeQR from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { readPaper } from '#lib/certification/paper.ts';
import { nodeTools } from './kit.ts';
import { chanceFrom } from './photograph.ts';
import { paper } from './world.ts';

const names = {
  en: 'Bartholomew Featherstonehaugh-Cholmondeley of Middle Wallop',
  fr: 'Éléonore-Bérengère d’Aubigné-Châteauneuf de la Rochefoucault',
  es: 'María de los Ángeles Fernández-Villaverde y Núñez de Ibáñez',
  ar: 'عبد الرحمن بن محمد بن عبد العزيز الحسيني الهاشمي البغدادي ثم',
  zh: '欧阳娜娜司马相如诸葛孔明上官婉儿皇甫端木东方朔令狐冲慕容复独孤求败西门吹雪公孙离夏侯惇尉迟恭长孙无忌宇文化及轩辕黄帝南宫问天',
  ru: 'Константин-Александр Рождественский-Преображенский-Волконск.',
};

/** As `Certificate.svelte` prints it: with its white border. */
const millimetres = 62;
const dots = 300;

interface Sheet {
  readonly size: number;
  /** 0 black to 1 white, row by row. */
  readonly tone: Float32Array;
}

/** The code on a sheet with as much white around it, at the copier's resolution. */
function printed(text: string): Sheet {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', encoding: 'alphanumeric', border: 4 });
  const width = Math.round((millimetres / 25.4) * dots);
  const margin = Math.round(width / 6);
  const size = width + 2 * margin;
  const tone = new Float32Array(size * size).fill(1);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = [Math.floor((y / width) * rows.length), Math.floor((x / width) * rows.length)];
      if (rows[row]?.[column] === true) tone[(y + margin) * size + x + margin] = 0;
    }
  return { size, tone };
}

/** One pass through a copier. */
function copied({ size, tone }: Sheet, seed: number): Sheet {
  const chance = chanceFrom(seed);
  const angle = ((chance() - 0.5) * 6 * Math.PI) / 180;
  const scale = 0.97 + chance() * 0.05;
  const [cos, sin, middle] = [Math.cos(angle) / scale, Math.sin(angle) / scale, size / 2];
  const [dx, dy] = [(chance() - 0.5) * 8, (chance() - 0.5) * 8];
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= size || y >= size ? 1 : (tone[y * size + x] ?? 1));
  const laid = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      // Where on the sheet this dot of the glass lies, between four of its own.
      const fromX = cos * (x - middle) + sin * (y - middle) + middle + dx;
      const fromY = cos * (y - middle) - sin * (x - middle) + middle + dy;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [right, low] = [fromX - left, fromY - top];
      laid[y * size + x] =
        (at(left, top) * (1 - right) + at(left + 1, top) * right) * (1 - low) +
        (at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right) * low;
    }
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      // Light that spreads over the neighbours, grain of the paper, and toner that makes grey darker or lighter.
      let sum = 0;
      for (let j = -1; j <= 1; j++)
        for (let i = -1; i <= 1; i++)
          sum += laid[Math.min(size - 1, Math.max(0, y + j)) * size + Math.min(size - 1, Math.max(0, x + i))] ?? 1;
      const grey = sum / 9 + (chance() - 0.5) * 0.25;
      const toner = 1 / (1 + Math.exp(-9 * (grey - 0.5)));
      // One dot in three hundred is a speck, black or white.
      out[y * size + x] = chance() < 1 / 300 ? (chance() < 0.5 ? 0.1 : 0.95) : 0.08 + 0.88 * toner;
    }
  return { size, tone: out };
}

function textIn({ size, tone }: Sheet): string {
  const data = new Uint8ClampedArray(size * size * 4);
  for (const [i, value] of tone.entries()) data.set([value * 255, value * 255, value * 255, 255], i * 4);
  return decodeQR({ width: size, height: size, data });
}

describe('a printed certificate', () => {
  it.each(Object.entries(names))('in %s is read from a copy, and from a copy of the copy, at 300 dpi', async (_, name) => {
    const holder = [...name].slice(0, 60).join('');
    const text = await paper({ holder, achievement: 'master-trainer', status: [12, 131_071] });
    for (const seed of [1, 2, 3]) {
      const first = copied(printed(text), seed);
      for (const sheet of [first, copied(first, seed + 100)]) {
        const read = await readPaper(textIn(sheet), nodeTools);
        expect(read, `seed ${String(seed)}`).toMatchObject({ ok: true, value: { body: { holder } } });
      }
    }
  });
});
