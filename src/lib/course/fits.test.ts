import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesByPixel, card, fits, header, stored } from '../../../tests/fixtures/fits.ts';
import { readFits, sayFitsError, type FitsImage } from './fits.ts';

function imageOf(bytes: Uint8Array): FitsImage {
  const read = readFits(bytes);
  if (!read.ok) throw new Error(sayFitsError(read.error));
  return read.value;
}
const errorOf = (bytes: Uint8Array): string => {
  const read = readFits(bytes);
  return read.ok ? 'none' : read.error.type;
};

const limits: Readonly<Record<number, readonly [number, number]>> = {
  8: [0, 255],
  16: [-32768, 32767],
  32: [-2147483648, 2147483647],
  64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

describe('an image', () => {
  it.each([8, 16, 32, 64, -32, -64])('of BITPIX %i is read back value by value, whatever its size', (bitpix) => {
    const [min, max] = limits[bitpix] ?? [0, 0];
    const value = bitpix > 0 ? fc.integer({ min, max }) : bitpix === -32 ? fc.float() : fc.double();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.infiniteStream(value), (width, height, stream) => {
        const values = [...stream.take(width * height)];
        const image = imageOf(fits(header(bitpix, width, height), stored(values, bitpix)));
        expect([image.width, image.height]).toEqual([width, height]);
        // Adding BZERO, which is nothing here, makes a zero without a sign.
        expect([...image.values]).toEqual(values.map((one) => one + 0));
      }),
    );
  });

  it('has its values scaled, and its blank pixels are not numbers', () => {
    // Unsigned 16 bits are written with BZERO = 32768 (table 11).
    const unsigned = fits(
      header(16, 3, 1, [card('BZERO', 32768), card('BSCALE', 1), card('BLANK', -32768)]),
      stored([-32768, 0, 32767], 16),
    );
    expect([...imageOf(unsigned).values]).toEqual([NaN, 32768, 65535]);
    const scaled = fits(header(8, 2, 1, [card('BZERO', 10), card('BSCALE', 0.5)]), stored([0, 4], 8));
    expect([...imageOf(scaled).values]).toEqual([10, 12]);
    // BLANK means nothing among floating-point numbers [5.3].
    expect([...imageOf(fits(header(-32, 1, 1, [card('BLANK', 7)]), stored([7], -32))).values]).toEqual([7]);
  });

  it('may have further axes of one pixel, and an extension behind it', () => {
    const cards = [card('SIMPLE', true), card('BITPIX', 8), card('NAXIS', 3), card('NAXIS1', 2), card('NAXIS2', 1), card('NAXIS3', 1)];
    const bytes = fits(cards, stored([1, 2], 8));
    const extended = new Uint8Array(bytes.length + 2880);
    extended.set(bytes);
    expect([...imageOf(extended).values]).toEqual([1, 2]);
  });

  it('may begin anywhere in a buffer', () => {
    const bytes = fits(header(-64, 1, 2), stored([1.5, -2.5], -64));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...imageOf(shifted.subarray(3)).values]).toEqual([1.5, -2.5]);
  });
});

describe('cards', () => {
  it.each([
    ["OBJECT  = 'O''Neill  '           / whose", "O'Neill", 'whose'],
    ["OBJECT  = ''", '', ''],
    ["OBJECT  = 'a / b'   / c", 'a / b', 'c'],
    ['EXPTIME =                 12.5 / s', 12.5, 's'],
    ['EXPTIME = 1.5D3', 1500, ''],
    ['EXPTIME = -.5E-1/x', -0.05, 'x'],
    ['FLAG    =                    F', false, ''],
    ['EMPTY   =                      / nothing known', null, 'nothing known'],
  ])('%s', (text, value, comment) => {
    const { cards } = imageOf(fits(header(8, 1, 1, [text.padEnd(80)]), stored([0], 8)));
    expect(cards.at(-1)).toMatchObject({ value, comment });
  });

  it('of commentary have no value, whatever they look like', () => {
    const { cards } = imageOf(
      fits(header(8, 1, 1, [card('COMMENT', undefined, "= 'no'"), card('HISTORY', undefined, 'made')]), stored([0], 8)),
    );
    expect(cards.slice(-2)).toEqual([
      { keyword: 'COMMENT', value: null, comment: "= 'no'" },
      { keyword: 'HISTORY', value: null, comment: 'made' },
    ]);
  });
});

describe('what is damaged', () => {
  const good = fits(header(16, 4, 4), stored(Array.from({ length: 16 }, (_, i) => i), 16)); // prettier-ignore
  const changed = (at: number, text: string): Uint8Array => {
    const bytes = good.slice();
    bytes.set(new TextEncoder().encode(text), at);
    return bytes;
  };

  it.each([
    ['nothing at all', new Uint8Array(), 'no-end'],
    ['a picture of another kind', new TextEncoder().encode('\x89PNG'.padEnd(2880)), 'bad-card'],
    ['a text', new TextEncoder().encode('Hello'.padEnd(2880)), 'not-fits'],
    ['one that says it does not conform', changed(0, card('SIMPLE', false)), 'not-fits'],
    ['no END', good.slice(0, 5 * 80), 'no-end'],
    ['an END with something behind it', changed(5 * 80, 'END     = 1'), 'bad-card'],
    ['letters in lower case', changed(80, 'bitpix  '), 'bad-card'],
    ['a bell in the header', changed(85, '\x07'), 'bad-card'],
    ['a string that is not closed', changed(4 * 80, "NAXIS2  = 'four".padEnd(80)), 'bad-card'],
    ['half of the pixels', good.slice(0, 2880 + 16), 'cut-short'],
    ['more pixels than there is room for anywhere', changed(3 * 80, card('NAXIS1', 9_000_000_000)), 'cut-short'],
    ['a size that is no whole number', changed(3 * 80, card('NAXIS1', 1.5)), 'bad-value'],
    ['a size below nothing', changed(3 * 80, card('NAXIS1', -4)), 'bad-value'],
    ['no second axis', changed(4 * 80, card('OBJECT', 'x')), 'missing'],
    ['no axes', changed(2 * 80, card('NAXIS', 0)), 'no-image'],
    ['pixels of seven bits', changed(80, card('BITPIX', 7)), 'bad-value'],
    ['a scale that is a word', fits(header(8, 1, 1, [card('BSCALE', 'one')]), stored([0], 8)), 'bad-value'],
    [
      'a cube',
      fits([...header(8, 1, 1).slice(0, 2), card('NAXIS', 3), card('NAXIS1', 1), card('NAXIS2', 1), card('NAXIS3', 2)], stored([1, 2], 8)),
      'no-image',
    ],
  ])('%s', (_, bytes, type) => {
    expect(errorOf(bytes)).toBe(type);
    const read = readFits(bytes);
    if (!read.ok) expect(sayFitsError(read.error)).not.toMatch(/undefined|NaN|\{/);
  });

  it('in any way is an answer, never a crash, and never more memory than the file has', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 }), fc.nat(good.length), (changes, end) => {
        const bytes = good.slice(0, end);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        const read = readFits(bytes);
        if (read.ok) expect(read.value.values.length * (bytesByPixel[8] ?? 1)).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 400 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => !readFits(bytes).ok));
  });
});
