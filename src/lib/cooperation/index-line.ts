/**
 * What is searched of an entry, in one language, folded once when the commons is published, so that a slow phone folds only what is
 * typed. One line for an entry: the words of its title, a tab, its further words, each word once, a space before each. A script that
 * writes without spaces keeps its runs whole. An Arabic word stands also without what is written onto it in front.
 */
import { fold } from '../domain/fold.ts';
import { foldedWords, variantsOf } from '../course/search.ts';
import type { EntryId, Text } from './entry.ts';
import type { Entry } from './kinds.ts';
import { textLanguages } from './reader.ts';

/** The text in a language, else in English, else in whichever it is written. */
export const textFor = (text: Text, language: string): string =>
  text[[language, ...textLanguages].find((one) => text[one] !== undefined) ?? 'en'] ?? '';

const lineOf = (texts: readonly string[], known: ReadonlySet<string> = new Set()): readonly string[] => {
  const words = new Set<string>();
  for (const text of texts)
    for (const word of foldedWords(fold(text))) for (const variant of variantsOf(word)) if (!known.has(variant)) words.add(variant);
  return [...words];
};

const joined = (words: readonly string[]): string => words.map((word) => ` ${word}`).join('');

/** Everything in an entry that somebody may look for, beside its title. */
function textsOf(entry: Entry, language: string, titleOf: (id: EntryId) => string): readonly string[] {
  const text = (given: Text | null): string => (given === null ? '' : textFor(given, language));
  const titles = (ids: readonly EntryId[]): readonly string[] => ids.map(titleOf);
  switch (entry.kind) {
    case 'term':
      return [text(entry.meaning)];
    case 'goal':
      return [`${String(entry.number)}`];
    case 'target':
      return [entry.number.replace('.', ' ')];
    case 'organisation':
      return [text(entry.summary), entry.place?.name ?? '', ...titles([`provider-${entry.type}` as EntryId])];
    case 'solution':
      return [
        text(entry.summary),
        text(entry.problem),
        text(entry.users),
        ...[...entry.data, ...entry.software].map(({ name }) => name),
        ...titles([...entry.themes, ...entry.targets, ...(entry.provider === null ? [] : [entry.provider])]),
      ];
    case 'practice':
      return [text(entry.summary), ...titles([...entry.themes, ...(entry.provider === null ? [] : [entry.provider])])];
    case 'listing':
      return [text(entry.summary), ...titles([...entry.themes, ...(entry.provider === null ? [] : [entry.provider])])];
    case 'material':
      return [
        text(entry.summary),
        ...titles([`material-${entry.type}` as EntryId, ...entry.themes, ...(entry.provider === null ? [] : [entry.provider])]),
      ];
    case 'dataset':
      return [text(entry.summary), entry.format, ...titles([...entry.themes, ...(entry.provider === null ? [] : [entry.provider])])];
    case 'opportunity':
      return [
        text(entry.summary),
        text(entry.who),
        ...titles([`opportunity-${entry.type}` as EntryId, ...entry.themes, ...(entry.provider === null ? [] : [entry.provider])]),
      ];
    case 'resource':
      return [
        text(entry.summary),
        ...titles([`resource-${entry.type}` as EntryId, ...entry.themes, ...(entry.origin === null ? [] : [entry.origin])]),
      ];
    case 'indicator':
      return [text(entry.definition), ...titles(entry.group === null ? [] : [entry.group])];
    case 'country':
    case 'call':
      return [text(entry.summary)];
    case 'mission':
      return [text(entry.summary), text(entry.by), text(entry.findings), ...entry.recommendations.map((one) => text(one.text))];
    case 'request':
      return [text(entry.summary), ...titles(entry.indicators)];
    case 'contribution':
      return [text(entry.summary), text(entry.by)];
    case 'proposal':
      return [text(entry.summary), text(entry.host), text(entry.serves)];
    case 'assessment':
      return [];
    case 'plan':
      return [text(entry.summary), ...entry.objectives.map(({ title }) => text(title))];
    case 'offer':
      return [text(entry.summary), text(entry.by), ...titles([...entry.indicators, ...entry.solutions])];
  }
}

/** @param titleOf the title, in the language, of another entry; `''` where there is none */
export function indexLine(entry: Entry, language: string, titleOf: (id: EntryId) => string): string {
  // The English name is what an address or a colleague may have said, whatever the language of the page.
  const title = lineOf([textFor(entry.title, language), entry.title['en'] ?? '']);
  const further = lineOf(textsOf(entry, language, titleOf), new Set(title));
  return `${joined(title)}\t${joined(further)}`;
}
