import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bakeIntoPng, faceOf } from '#lib/certification/bake.ts';
import { heldInFile } from '#lib/certification/container.ts';
import { concat, utf8 } from '#lib/certification/encoding.ts';
import { certificate } from './world.ts';

const face = { title: 'Trainer & <more>', holder: 'أمينة "ديالو"', issuer: 'Ile-Ife', period: '2026 – 2029', direction: 'rtl' } as const;

/** A PNG of one pixel: header, IHDR, IDAT, IEND. Nobody looks at its sums here. */
const png = concat(
  Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
  Uint8Array.of(0, 0, 0, 13), utf8('IHDR'), Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55),
  Uint8Array.of(0, 0, 0, 10), utf8('IDAT'), new Uint8Array(deflateSync(Buffer.from([0, 0]))).slice(0, 10), Uint8Array.of(0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 0), utf8('IEND'), Uint8Array.of(0xae, 0x42, 0x60, 0x82),
); // prettier-ignore

it('writes a credential into a picture as the reader finds it', async () => {
  const credential = JSON.stringify(await certificate({ holder: { person: '0'.repeat(26) as never, name: 'Amina ]]> <Diallo>' } }));
  const expected = { type: 'document', value: JSON.parse(credential) as unknown };
  expect(heldInFile(utf8(faceOf(face, credential)))).toEqual(expected);
  expect(heldInFile(bakeIntoPng(png, credential))).toEqual(expected);
  expect(heldInFile(utf8(faceOf(face)))).toEqual({ type: 'nothing' });
});

it('whatever the texts are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, title) => {
      const value = { name, more: [title] };
      const json = JSON.stringify(value);
      expect(heldInFile(utf8(faceOf({ ...face, holder: name, title }, json)))).toEqual({ type: 'document', value: JSON.parse(json) });
      expect(heldInFile(bakeIntoPng(png, json))).toEqual({ type: 'document', value: JSON.parse(json) });
    }),
  );
});

it('ends the chunk with the sum that PNG asks for', () => {
  const chunk = bakeIntoPng(png, '{}').slice(33);
  const { length } = concat(utf8('iTXtopenbadgecredential'), new Uint8Array(5), utf8('{}'));
  const view = new DataView(chunk.buffer);
  expect(view.getUint32(0)).toBe(length - 4);
  expect(view.getUint32(4 + length)).toBe(crc32(chunk.slice(4, 4 + length)));
});
