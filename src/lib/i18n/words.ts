/** The words and formats of a page, in the language it is in right now. */
import { createFormat, type Format } from './format.ts';
import { directionOf, type InterfaceLanguage } from './languages.ts';
import { fill, type Catalogue, type Key, type Translate, type Values } from './translate.ts';

export interface Words {
  readonly language: InterfaceLanguage;
  readonly direction: 'ltr' | 'rtl';
  readonly format: Format;
  readonly t: Translate;
}

const formats = new Map<InterfaceLanguage, Format>();
const plurals = new Map<InterfaceLanguage, Intl.PluralRules>();

function formatOf(language: InterfaceLanguage): Format {
  const known = formats.get(language) ?? createFormat(language);
  formats.set(language, known);
  return known;
}

function pluralsOf(language: InterfaceLanguage): Intl.PluralRules {
  const known = plurals.get(language) ?? new Intl.PluralRules(language);
  plurals.set(language, known);
  return known;
}

/** A title in English would turn the order of an Arabic sentence round: what is put into it stands between U+2068 and U+2069. */
const isolated = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' && value !== '' ? `\u2068${value}\u2069` : value]),
  );

/**
 * @param language asked at each use, so that whoever shows a text in a reactive place sees it change
 * @param catalogue the messages of that language
 */
export function createWords(language: () => InterfaceLanguage, catalogue: () => Catalogue): Words {
  const grammar = { plural: (n: number) => pluralsOf(language()).select(n), number: (n: number) => formatOf(language()).number(n) };
  return {
    get language() {
      return language();
    },
    get direction() {
      return directionOf(language());
    },
    get format() {
      return formatOf(language());
    },
    t: (key: Key, values = {}) => fill(catalogue()[key] ?? key, directionOf(language()) === 'rtl' ? isolated(values) : values, grammar),
  };
}
