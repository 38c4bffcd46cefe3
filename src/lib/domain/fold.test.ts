import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';

describe('fold', () => {
  it.each([
    ['  Éphéméride  ', 'ephemeride'],
    ['NAÏVE cœur', 'naive coeur'],
    ['straße', 'strasse'],
    ['ＧＰＳ　１２', 'gps 12'],
    ['مَدَارٌ', 'مدار'],
    ['أقمار', 'اقمار'],
    ['الآن', 'الان'],
    ['إشارة', 'اشاره'],
    ['مـــدار', 'مدار'],
    ['على', 'علي'],
    ['٣٫٥', '3٫5'],
    ['ёлка', 'елка'],
    ['轨道', '轨道'],
    ['l’orbite', "l'orbite"],
    ['low\u00a0earth\n orbit', 'low earth orbit'],
  ])('brings %s to %s', (text, folded) => expect(fold(text)).toBe(folded));

  it('keeps apart what differs by more than an accent', () => {
    expect(fold('мой')).not.toBe(fold('мои'));
    expect(fold('轨道')).not.toBe(fold('軌道'));
  });

  it('changes nothing the second time, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void expect(fold(fold(text))).toBe(fold(text))));
  });

  it('does not see letter case or surrounding spaces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'aéÀçœñüØض轨9 ') }),
        (text) => void expect(fold(`  ${text.toUpperCase()}\t`)).toBe(fold(text)),
      ),
    );
  });
});
