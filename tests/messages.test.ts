/** The words: the same keys in every language, each used, with the same places, and every plural form that the language has. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { languages } from '#lib/i18n/languages.ts';
import type { Catalogue, Message } from '#lib/i18n/translate.ts';

const root = join(import.meta.dirname, '..');
const areas = [
  'learner',
  'browse',
  'self',
  'teach',
  'centre',
  'verify',
  'compendium',
  'evidence',
  'network',
  'explore',
  'trust',
  'exam',
  'cascade',
  'country',
  'desk',
  'help',
] as const;

const read = (language: string, area: string): Catalogue =>
  JSON.parse(readFileSync(join(root, 'src/lib/i18n/messages', language, `${area}.json`), 'utf8'));

function sourceUnder(folder: string): string {
  return readdirSync(join(root, folder))
    .map((name) => {
      const path = `${folder}/${name}`;
      if (statSync(join(root, path)).isDirectory()) return name === 'messages' ? '' : sourceUnder(path);
      return /\.(ts|svelte)$/.test(name) && !name.endsWith('.test.ts') ? readFileSync(join(root, path), 'utf8') : '';
    })
    .join('\n');
}

const source = sourceUnder('src');

const textsOf = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message));
const placesOf = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
/** Every place of the message: a form for one or two may leave the number out ("one exercise"). */
const allPlacesOf = (message: Message): string[] => [...new Set(textsOf(message).flatMap(placesOf))].sort();

it('every area of words is one that pages can load', () => {
  const loaded = ['language', 'further-words'].flatMap((file) =>
    [...readFileSync(join(root, `src/lib/app/${file}.ts`), 'utf8').matchAll(/messages\/\*\/\{([a-z,]+)\}\.json/g)].flatMap(
      ([, names]) => names?.split(',') ?? [],
    ),
  );
  const written = readdirSync(join(root, 'src/lib/i18n/messages/en')).map((name) => name.replace('.json', ''));
  expect(loaded.sort()).toEqual(written.sort());
  expect([...areas].sort()).toEqual(written.sort());
});

describe.each(areas)('messages: %s', (area) => {
  const english = read('en', area);

  it('has every key used in the source', () => {
    const unused = Object.keys(english).filter((key) => !source.includes(`'${key}'`) && !source.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });

  it('shares no key with another area', () => {
    const others = areas.filter((other) => other !== area).flatMap((other) => Object.keys(read('en', other)));
    expect(Object.keys(english).filter((key) => others.includes(key))).toEqual([]);
  });

  it.each(languages)('is complete in %s', (language) => {
    expect(Object.keys(read(language, area)).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(languages)('has the same places in %s', (language) => {
    const catalogue = read(language, area);
    const differing = Object.entries(english).filter(
      ([key, message]) => allPlacesOf(catalogue[key] ?? '').join() !== allPlacesOf(message).join(),
    );
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it.each(languages)('has every plural form of %s, and plurals where English has them', (language) => {
    const catalogue = read(language, area);
    const categories = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    const wrong = Object.entries(english).filter(([key, message]) => {
      const here = catalogue[key] ?? '';
      if (typeof message === 'string') return typeof here !== 'string';
      return typeof here === 'string' || Object.keys(here).sort().join() !== categories.join();
    });
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  it.each([
    ['fr', 'a breaking space before ; : ? ! » or after «', /« | [;:?!»]|\S[;?!]/],
    ['ar', 'Latin punctuation', /[\u0600-\u06ff] ?[,;?]/],
    ['zh', 'narrow punctuation', /[\u4e00-\u9fff][,;:?!.]/],
    ['es', 'a question without its first mark', /^[^¿]*\?/],
  ] as const)('has in %s no text with %s', (language, _, pattern) => {
    const bad = Object.entries(read(language, area)).filter(([, message]) => textsOf(message).some((text) => pattern.test(text)));
    expect(bad.map(([key]) => key)).toEqual([]);
  });

  it.each(languages)('has no empty or untrimmed text in %s', (language) => {
    const bad = Object.entries(read(language, area)).filter(([, message]) =>
      textsOf(message).some((text) => text === '' || text !== text.trim()),
    );
    expect(bad.map(([key]) => key)).toEqual([]);
  });
});
