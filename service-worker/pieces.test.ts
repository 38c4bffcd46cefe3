import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf } from './pieces.ts';

describe('a range of a piece', () => {
  it.each([
    ['bytes=0-', 0, 99],
    ['bytes=10-19', 10, 19],
    ['bytes=90-500', 90, 99],
    ['bytes=-10', 90, 99],
    ['bytes=-500', 0, 99],
  ])('%s is read', (header, from, to) => {
    expect(rangeOf(header, 100)).toEqual({ from, to });
  });

  it.each([null, '', 'bytes=-', 'bytes=100-', 'bytes=20-10', 'bytes=0-1,5-6', 'items=0-1'])('%s is the whole', (header) => {
    expect(rangeOf(header, 100)).toBeNull();
  });

  it('lies in the piece, whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.integer({ min: 1, max: 1000 }), (first, last, length) => {
        const range = rangeOf(`bytes=${String(first)}-${String(last)}`, length);
        if (range !== null) expect(0 <= range.from && range.from <= range.to && range.to < length).toBe(true);
      }),
    );
  });
});
