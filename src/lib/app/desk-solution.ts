/** Between a form in which somebody writes a solution and the fields of its entry (docs/compendium.md). */
import { parseEntry } from '#lib/cooperation/kinds.ts';
import { isObject, isString, type JsonObject } from '#lib/domain/shape.ts';

export interface Form {
  title: string;
  summary: string;
  problem: string;
  users: string;
  /** A step a line. */
  steps: string;
  limits: string;
  cost: string;
  level: string;
  disciplines: string[];
  themes: string[];
  targets: string[];
  indicators: string[];
  /** `title | address`, a line each. */
  sources: string;
}

export const emptyForm = (): Form => ({
  title: '',
  summary: '',
  problem: '',
  users: '',
  steps: '',
  limits: '',
  cost: 'low',
  level: 'introductory',
  disciplines: [],
  themes: [],
  targets: [],
  indicators: [],
  sources: '',
});

const english = (text: string): JsonObject => ({ en: text.trim() });
const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A name for the address, from the title; another number behind it where it is taken. Empty where the title has no Latin letter or figure. */
export function idFrom(title: string, taken: ReadonlySet<string>): string {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 56)
    .replace(/^-+|-+$/g, '');
  if (plain === '' || !taken.has(plain)) return plain;
  let n = 2;
  while (taken.has(`${plain}-${String(n)}`)) n++;
  return `${plain}-${String(n)}`;
}

/** @param day on which it is written */
export const formToFields = (id: string, form: Form, day: string): JsonObject => ({
  id,
  title: english(form.title),
  summary: english(form.summary),
  problem: english(form.problem),
  users: english(form.users),
  steps: linesOf(form.steps).map(english),
  limits: english(form.limits),
  cost: form.cost,
  level: form.level,
  // Copies: a page's own lists are proxies, which no store takes.
  disciplines: [...form.disciplines],
  themes: [...form.themes],
  targets: [...form.targets],
  indicators: [...form.indicators],
  licence: 'CC-BY-4.0',
  sources: linesOf(form.sources).map((line) => {
    const at = line.lastIndexOf('|');
    return at === -1 ? { title: line, url: line } : { title: line.slice(0, at).trim(), url: line.slice(at + 1).trim() };
  }),
  written: day,
});

export const textOf = (value: unknown): string => (isObject(value) && isString(value['en']) ? value['en'] : '');
const wordsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isString) : []);
const partsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

export function fieldsToForm(fields: JsonObject): Form {
  const word = (key: string, otherwise: string): string => (isString(fields[key]) ? fields[key] : otherwise);
  return {
    title: textOf(fields['title']),
    summary: textOf(fields['summary']),
    problem: textOf(fields['problem']),
    users: textOf(fields['users']),
    steps: partsOf(fields['steps']).map(textOf).join('\n'),
    limits: textOf(fields['limits']),
    cost: word('cost', 'low'),
    level: word('level', 'introductory'),
    disciplines: wordsOf(fields['disciplines']),
    themes: wordsOf(fields['themes']),
    targets: wordsOf(fields['targets']),
    indicators: wordsOf(fields['indicators']),
    sources: partsOf(fields['sources'])
      .map(({ title, url }) => `${isString(title) ? title : ''} | ${isString(url) ? url : ''}`)
      .join('\n'),
  };
}

/** The field that keeps it from being handed in; null where none does. */
export function faultyField(fields: JsonObject): string | null {
  const parsed = parseEntry({ kind: 'solution', ...fields });
  return parsed.ok ? null : (parsed.error.split(':')[0] ?? '').split('.')[0] || 'id';
}
