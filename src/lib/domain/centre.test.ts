import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxTitle, parseCentreFacts } from './centre.ts';

const whole = { title: 'Regional Centre, Ile-Ife', country: 'NG', languages: ['en', 'fr'] };

describe('what a centre says of itself', () => {
  it('is taken tidied, with nothing else that came along', () => {
    expect(parseCentreFacts({ ...whole, title: '  Regional  Centre,\nIle-Ife ', languages: ['en', 'fr', 'en'], token: 'x' })).toEqual({
      ok: true,
      value: whole,
    });
  });

  it.each([
    ['title', { ...whole, title: ' ' }],
    ['title', { ...whole, title: 'x'.repeat(maxTitle + 1) }],
    ['title', { ...whole, title: '\u0000' }],
    ['title', { ...whole, title: '\ud800' }],
    ['title', null],
    ['country', { ...whole, country: 'Nigeria' }],
    ['country', { title: 'x', languages: ['en'] }],
    ['languages', { ...whole, languages: [] }],
    ['languages', { ...whole, languages: ['English'] }],
    ['languages', { ...whole, languages: 'en' }],
  ] as const)('names what is wrong: %s', (fact, value) => {
    expect(parseCentreFacts(value)).toEqual({ ok: false, error: fact });
  });

  it('once taken is taken again as it stands', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), fc.array(fc.string()), (country, title, languages) => {
        for (const value of [
          { title, country, languages },
          { ...whole, title },
          { ...whole, languages },
        ]) {
          const read = parseCentreFacts(value);
          if (read.ok) expect(parseCentreFacts(read.value)).toEqual(read);
        }
      }),
    );
  });
});
