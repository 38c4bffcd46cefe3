/**
 * Search in the texts of installed courses, without an index: a fold over some hundred kilobytes takes a few milliseconds, an index
 * would have to be fetched, kept and rebuilt.
 *
 * Words are joined by "and". A word is found at the start of a word of the text; a word of a script that writes without
 * spaces is found anywhere. Arabic is found with or without its article and the letters that are written onto a word (و ف ب ل ك).
 */
import { fold } from '../domain/fold.ts';
import type { Localized, TextSection } from './package.ts';

/** The text of one unit in one language, and the titles it stands under. */
export interface SearchText<Key> {
  readonly key: Key;
  readonly title: string;
  readonly sections: readonly TextSection[];
}

export interface Stretch {
  readonly text: string;
  readonly hit: boolean;
}

export interface Found<Key> {
  readonly key: Key;
  readonly anchor: string;
  readonly heading: string;
  readonly excerpt: readonly Stretch[];
  readonly rank: number;
}

/** Chinese, Japanese, Thai, Lao, Khmer, Burmese: no spaces between words. */
export const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const arabic = /\p{Script=Arabic}/u;
const wordCharacter = /[\p{L}\p{N}\p{M}]/u;

/** What may be written onto an Arabic word in front: conjunction, preposition, article, and their contractions. */
const arabicPrefix = /^(?:[وف]?(?:[بكل]?ال|لل)|[وفبكل])/u;

/** The words of a folded text; a run of an unspaced script is one word. */
export const foldedWords = (folded: string): readonly string[] => folded.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '');

/** The folded words of what somebody typed. At most eight. */
export const queryWords = (query: string): readonly string[] => [...new Set(foldedWords(fold(query)))].slice(0, 8);

interface Folded {
  readonly text: string;
  /** For each UTF-16 unit of the folded text, where its character begins in the original; one more entry for the end. */
  readonly origin: readonly number[];
}

const combining = /\p{M}/u;

/** A text has a few hundred different characters; folding each once makes a megabyte cheap. */
function createFolder(): (cluster: string) => string {
  const known = new Map<string, string>();
  return (cluster) => {
    let folded = known.get(cluster);
    if (folded === undefined) {
      // Folding trims; a space between two words is what keeps them two.
      folded = /^\s+$/u.test(cluster) ? ' ' : fold(cluster);
      known.set(cluster, folded);
    }
    return folded;
  };
}

/**
 * Folds a text and remembers where each character came from: a character with its marks folds by itself, so a hit in the folded text can be
 * shown in the text as it was written.
 */
export function foldWithOrigin(original: string, foldCluster = createFolder()): Folded {
  let text = '';
  const origin: number[] = [];
  const characters = [...original];
  let at = 0;
  for (let i = 0; i < characters.length;) {
    let cluster = characters[i] ?? '';
    let next = i + 1;
    // Nothing below U+0300 combines.
    while (next < characters.length && (characters[next] ?? '') >= '\u0300' && combining.test(characters[next] ?? ''))
      cluster += characters[next++] ?? '';
    const folded = foldCluster(cluster);
    for (let unit = 0; unit < folded.length; unit++) origin.push(at);
    text += folded;
    at += cluster.length;
    i = next;
  }
  origin.push(at);
  return { text, origin };
}

type Span = readonly [from: number, to: number];

/** True where the characters between the word's start and `at` are only what Arabic writes onto a word. */
function followsPrefix(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && at - start < 4 && wordCharacter.test(text[start - 1] ?? '')) start -= 1;
  if (start > 0 && wordCharacter.test(text[start - 1] ?? '')) return false;
  return start === at || arabicPrefix.exec(text.slice(start, at))?.[0] === text.slice(start, at);
}

function spansOf(text: string, word: string): Span[] {
  const spans: Span[] = [];
  const anywhere = unspaced.test(word);
  const isArabic = arabic.test(word);
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const atStart = at === 0 || !wordCharacter.test(text[at - 1] ?? '');
    if (anywhere || atStart || (isArabic && followsPrefix(text, at))) spans.push([at, at + word.length]);
  }
  return spans;
}

/** Ways to look for a word: as it was typed, and for Arabic without what is written onto it, where a stem of three letters remains. */
export function variantsOf(word: string): readonly string[] {
  if (!arabic.test(word)) return [word];
  const prefix = arabicPrefix.exec(word)?.[0] ?? '';
  const stem = word.slice(prefix.length);
  return prefix.length > 0 && stem.length >= 3 ? [word, stem] : [word];
}

const spansOfWord = (text: string, word: string): Span[] => {
  for (const variant of variantsOf(word)) {
    const spans = spansOf(text, variant);
    if (spans.length > 0) return spans;
  }
  return [];
};

/** UTF-16 units around the first hit. */
const before = 60;
const around = 160;

/** The text around the first hit, cut at hits. */
function excerptOf(original: string, { origin }: Folded, spans: readonly Span[]): readonly Stretch[] {
  const hits = spans
    .map(([from, to]): Span => [origin[from] ?? 0, origin[to] ?? original.length])
    .sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const first = hits[0]?.[0] ?? 0;
  let from = Math.max(0, first - before);
  // Not in the middle of a word, nor of a character of two units.
  while (from > 0 && from < first && (wordCharacter.test(original[from - 1] ?? '') || isLow(original, from))) from += 1;
  let end = Math.min(original.length, from + around);
  if (isLow(original, end)) end += 1;

  const stretches: Stretch[] = [];
  if (from > 0) stretches.push({ text: '… ', hit: false });
  let at = from;
  for (const [start, stop] of hits) {
    if (start < at || start >= end) continue;
    if (start > at) stretches.push({ text: original.slice(at, start), hit: false });
    stretches.push({ text: original.slice(start, Math.min(stop, end)), hit: true });
    at = Math.min(stop, end);
  }
  if (at < end) stretches.push({ text: original.slice(at, end), hit: false });
  if (end < original.length) stretches.push({ text: ' …', hit: false });
  return stretches;
}

const isLow = (text: string, at: number): boolean => /[\udc00-\udfff]/.test(text[at] ?? '');

const weight = { title: 100, heading: 10, text: 1 } as const;

/** One hit for each section that has all the words, in its text or in the titles above it; best first, at most `most`. */
export function search<Key>(texts: readonly SearchText<Key>[], query: string, most = 50): readonly Found<Key>[] {
  const words = queryWords(query);
  if (words.length === 0) return [];
  const found: Found<Key>[] = [];
  const foldCluster = createFolder();
  for (const { key, title, sections } of texts) {
    const foldedTitle = fold(title);
    const inTitle = words.map((word) => spansOfWord(foldedTitle, word).length > 0);
    let best: { readonly rank: number; readonly add: () => void } | null = null;
    for (const section of sections) {
      const heading = fold(section.heading);
      const folded = foldWithOrigin(section.text, foldCluster);
      const spans: Span[] = [];
      let rank = 0;
      let all = true;
      let own = false;
      for (const [i, word] of words.entries()) {
        const inText = spansOfWord(folded.text, word);
        const inHeading = spansOfWord(heading, word).length > 0;
        spans.push(...inText);
        own ||= inHeading || inText.length > 0;
        all &&= inText.length > 0 || inHeading || inTitle[i] === true;
        rank += (inTitle[i] === true ? weight.title : 0) + (inHeading ? weight.heading : 0) + Math.min(5, inText.length) * weight.text;
      }
      if (!all) continue;
      const add = (): void => {
        found.push({ key, anchor: section.anchor, heading: section.heading, excerpt: excerptOf(section.text, folded, spans), rank });
      };
      if (own) add();
      // A unit that has the words in its title alone is found once, at its beginning.
      else if (best === null) best = { rank, add };
      if (own) best = { rank: Infinity, add: () => undefined };
    }
    best?.add();
  }
  return found.sort((a, b) => b.rank - a.rank).slice(0, most);
}

/** The text of a language, or of the first there is. */
export const inLanguage = <Value>(values: Localized<Value>, language: string): Value | undefined =>
  Object.hasOwn(values, language) ? values[language] : Object.values(values)[0];
