import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCode, hashCode, readCode, showCode } from './codes.ts';

const anyCode = fc.uint8Array({ minLength: 7, maxLength: 7 }).map((bytes) => createCode(() => bytes));

it('reads back what it shows, however it was typed', () => {
  fc.assert(
    fc.property(anyCode, (code) => {
      const shown = showCode(code);
      expect(shown).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      for (const typed of [shown, shown.toLowerCase(), code, ` ${shown} `, shown.replace('-', '–'), shown.split('').join(' ')])
        expect(readCode(typed)).toBe(code);
      expect(readCode(shown.replaceAll('0', 'O').replaceAll('1', 'l'))).toBe(code);
      expect(readCode(shown.replaceAll('1', 'I'))).toBe(code);
    }),
  );
});

it('uses 50 of the random bits', () => {
  const zeros = new Uint8Array(7);
  const seen = new Set<string>();
  for (let bit = 0; bit < 50; bit++) {
    const bytes = zeros.slice();
    bytes[bit >> 3] = 128 >> (bit & 7);
    seen.add(createCode(() => bytes));
  }
  expect(seen.size).toBe(50);
});

it('reads nothing else, and keeps only a keyed hash', () => {
  for (const typed of ['', 'XXXXX', 'XXXXX-XXXXXX', 'UUUUU-UUUUU', 7, null, 'x'.repeat(1000), '１２３４５'.repeat(3)])
    expect(readCode(typed)).toBeNull();
  const code = createCode(() => new Uint8Array(7));
  expect(hashCode(code, new Uint8Array([1]))).not.toBe(hashCode(code, new Uint8Array([2])));
});
