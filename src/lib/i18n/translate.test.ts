import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { languages } from './languages.ts';
import { fill } from './translate.ts';
import { createWords } from './words.ts';

const english = { plural: (n: number) => new Intl.PluralRules('en').select(n), number: (n: number) => `<${n}>` };

describe('fill', () => {
  it('puts values into places, numbers as the language writes them', () => {
    expect(fill('{a} of {b}', { a: 3, b: 'all' }, english)).toBe('<3> of all');
  });
  it('leaves a place without a value as it is', () => {
    expect(fill('Hello {name}', {}, english)).toBe('Hello {name}');
  });
  it('does not fill places that a value brought along', () => {
    expect(fill('{a}{b}', { a: '{b}', b: 'x' }, english)).toBe('{b}x');
  });
  it('chooses the plural form by n, and `other` without one', () => {
    const message = { one: 'one unit', other: '{n} units' };
    expect(fill(message, { n: 1 }, english)).toBe('one unit');
    expect(fill(message, { n: 4 }, english)).toBe('<4> units');
    expect(fill(message, {}, english)).toBe('{n} units');
  });
  it('takes `other` where a form is missing', () => {
    expect(fill({ other: '{n} units' }, { n: 1 }, english)).toBe('<1> units');
  });
  it('keeps every text without braces as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{')),
        (text) => fill(text, { n: 1 }, english) === text,
      ),
    );
  });
});

describe('createWords', () => {
  it('asks for the language at each use', () => {
    let language: (typeof languages)[number] = 'en';
    const catalogues: Record<string, Record<string, string>> = {
      en: { 'frame.catalogue': 'Catalogue' },
      ar: { 'frame.catalogue': 'الدليل' },
    };
    const words = createWords(
      () => language,
      () => catalogues[language] ?? {},
    );
    const { t } = words;
    expect([t('frame.catalogue'), words.direction, words.format.percent(0.5)]).toEqual(['Catalogue', 'ltr', '50%']);
    language = 'ar';
    expect([t('frame.catalogue'), words.direction, words.language]).toEqual(['الدليل', 'rtl', 'ar']);
  });
  it('shows the key where the message is missing', () => {
    expect(
      createWords(
        () => 'en',
        () => ({}),
      ).t('frame.catalogue'),
    ).toBe('frame.catalogue');
  });
});
