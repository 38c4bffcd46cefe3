import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCommonPassword, strengthOf } from './common-passwords.ts';

const own = ['Wangari Maathai', 'dakar'];

describe('a password that everybody tries first', () => {
  it.each([
    'passwordpassword',
    'Password2026!',
    'P@ssw0rd1234',
    '123456789012',
    '098765432109',
    'qwertyuiop123',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '1qaz2wsx3edc4rfv',
    'iloveyou2026!!',
    'wangari2026!',
    'Dakar-2026-admin',
    'welcome to perigee',
    'letmein letmein',
    'пароль123456',
    'motdepasse2026',
  ])('%s', (password) => {
    expect(isCommonPassword(password, own)).toBe(true);
  });

  it.each([
    'correct horse battery',
    'a long pass phrase',
    'kitabu cha nyota 7',
    'mtn-baobab-river',
    '我喜欢在晚上看星星和月亮',
    'quiet zebra under lamps',
  ])('is not: %s', (password) => {
    expect(isCommonPassword(password, own)).toBe(false);
  });

  it('answers for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.array(fc.string()), (password, names) => {
        expect(typeof isCommonPassword(password, names)).toBe('boolean');
      }),
    );
    for (const long of ['ab'.repeat(100), `${'qwe'.repeat(66)}x!`]) expect(isCommonPassword(long, own)).toBeTypeOf('boolean');
  });
});

describe('the meter', () => {
  const own = ['Amina Diallo', 'ile-ife'];
  it.each([
    ['', 'short'],
    ['four words', 'short'],
    ['passwordpassword', 'common'],
    ['amina-diallo-2026', 'common'],
    ['welcome river 26', 'fair'],
    ['rivers under the stars', 'good'],
    ['goats eat the blue umbrella at night', 'strong'],
    ['k9!vQz2#Lm7$Xw4&', 'fair'],
  ])('says of “%s” that it is %s', (password, strength) => {
    expect(strengthOf(password, own)).toBe(strength);
  });
  it('never calls good what the node refuses, and no longer password weaker', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (password) => {
        const strength = strengthOf(password, own);
        if (isCommonPassword(password, own)) expect(['short', 'common']).toContain(strength);
        if (strength === 'short') expect([...password].length).toBeLessThan(12);
      }),
    );
  });
});
