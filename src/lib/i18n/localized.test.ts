import { describe, expect, it } from 'vitest';
import { availableLanguage, languageName, textIn } from './localized.ts';

describe('availableLanguage', () => {
  it('is the wanted one where there is one', () => {
    expect(availableLanguage(['en', 'ar'], 'ar')).toBe('ar');
  });
  it('is otherwise the one the course was written in', () => {
    expect(availableLanguage(['fr', 'en'], 'zh')).toBe('fr');
  });
});

describe('textIn', () => {
  it('takes any text before none', () => {
    expect(textIn({ en: 'Orbits' }, 'ru')).toBe('Orbits');
    expect(textIn({}, 'ru')).toBeUndefined();
  });
  it('takes English where the language is missing, whatever stands first', () => {
    expect(textIn({ ar: 'مدارات', en: 'Orbits' }, 'zh')).toBe('Orbits');
    expect(textIn({ ar: 'مدارات', fr: 'Orbites' }, 'zh')).toBe('مدارات');
  });
});

describe('languageName', () => {
  it('names a language in itself', () => {
    expect(languageName('fr')).toBe('français');
  });
  it('shows what it cannot name', () => {
    expect(languageName('not a tag')).toBe('not a tag');
  });
});
