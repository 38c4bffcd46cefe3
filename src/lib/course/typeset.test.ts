import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../domain/fold.ts';
import { typeset } from './typeset.ts';

/** Shows no-break spaces. */
const shown = (text: string, language = 'en'): string => typeset(text, language).replaceAll('\u00a0', '~');

describe('typesetting', () => {
  it.each([
    ["Kepler's laws and the Earth's radius", 'Kepler’s laws and the Earth’s radius'],
    ["the 'quoted' words of l'", "the 'quoted' words of l’"],
    ['it says "I am here" and "now"', 'it says “I am here” and “now”'],
    ['about 20 200 km above, 30 dB, 1.5 m/s, 4 km²', 'about 20~200~km above, 30~dB, 1.5~m/s, 4~km²'],
    ['"“1”"', '"“1”"'],
    ['in 3 more minutes, 2 miles, 5 hours', 'in 3 more minutes, 2 miles, 5 hours'],
    ['since 2009 12 states', 'since 2009 12 states'],
  ])('sets %s', (text, set) => expect(shown(text)).toBe(set));

  it('keeps the signs of French at their words, and those of English as they are', () => {
    expect(shown("Que vaut la carte ? « L'eau » : 5 %", 'fr')).toBe('Que vaut la carte~? «~L’eau~»~: 5~%');
    expect(shown('a : b ?')).toBe('a : b ?');
  });

  it('is found by the same search as before, and does nothing twice', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '000', ' ', "'", '"', 'a', 'km', '?', '«', '»') }),
        fc.constantFrom('en', 'fr'),
        (text, language) => {
          const set = typeset(text, language);
          expect(fold(set)).toBe(fold(text));
          expect(typeset(set, language)).toBe(set);
        },
      ),
    );
  });
});
