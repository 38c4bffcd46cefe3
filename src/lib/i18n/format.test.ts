import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../domain/clock.ts';
import { createFormat } from './format.ts';
import { languages } from './languages.ts';

const english = createFormat('en');

describe('bytes', () => {
  it.each([
    [0, '0 kB'],
    [1, '0.1 kB'],
    [1240, '1.3 kB'],
    [9_950, '10 kB'],
    [14_001, '15 kB'],
    [999_000, '999 kB'],
    [1_000_000, '1 MB'],
    [1_230_000, '1.3 MB'],
    [5_368_709_120, '5.4 GB'],
  ])('%i', (n, text) => {
    expect(english.bytes(n).replace(/\s/g, ' ')).toBe(text);
  });
  it('never tells less than there is', () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), (n) => {
        const text = english.bytes(n);
        const told = Number.parseFloat(text.replace(',', '')) * (text.includes('MB') ? 1_000_000 : 1000);
        return told >= n - 1e-6;
      }),
    );
  });
});

describe('duration', () => {
  it.each([
    [5, '1 min'],
    [150, '3 min'],
    [3600, '1 hr'],
    [5400, '1 hr 30 min'],
  ])('%i s', (seconds, text) => {
    expect(english.duration(seconds).replace(/\u00a0/g, ' ')).toBe(text);
  });
});

describe('ago', () => {
  const now = Date.parse('2026-03-10T12:00:00.000Z');
  it.each([
    [10, 'now'],
    [600, '10 minutes ago'],
    [7200, '2 hours ago'],
    [19 * 86_400, '19 days ago'],
  ])('%i s', (seconds, text) => {
    expect(english.ago(instantOf(now - seconds * 1000), now)).toBe(text);
  });
  it('takes a clock that was behind for now', () => {
    expect(english.ago(instantOf(now + 5000), now)).toBe('now');
  });
});

it.each(languages)('%s writes with the digits 0 to 9', (language) => {
  const format = createFormat(language);
  expect(format.number(1234.5)).toMatch(/^1.?234.5$/u);
  expect(format.bytes(12_000)).toContain('12');
  expect(format.percent(0.42)).toContain('42');
});
