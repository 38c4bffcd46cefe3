/** Everything that can be wrong with the entries of the commons, in one table: code to severity, words, and what to do. */
export interface Diagnostic {
  readonly code: FaultCode;
  /** Nothing is published while there is an error; a warning is advice. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Path in the folder of courses. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly hint: string;
}

type Values = Readonly<Record<string, string | number>>;

/** Where a fault goes: whoever reads complains here and carries on. */
export type Report = (code: FaultCode, place: { readonly file: string; readonly line: number }, values?: Values) => void;

const error = (message: string, hint: string) => ({ severity: 'error' as const, message, hint });
const warning = (message: string, hint: string) => ({ severity: 'warning' as const, message, hint });

const faults = {
  'bad-yaml': error('This is not YAML: {reason}', 'Check quotes, colons and indentation. Texts with a colon in them need quotes.'),
  'not-a-list': error('The file is no list of entries.', 'Begin each entry with - id: and a name; docs/compendium.md shows examples.'),
  'unknown-place': error(
    'Nothing says what kind of entries {name} holds.',
    'Put the file into one of the folders that docs/compendium.md lists.',
  ),
  'missing-field': error('The field «{name}» is missing.', 'Add it; docs/compendium.md shows every field.'),
  'bad-field': error('The field «{name}» should be {expected}.', 'Correct its value.'),
  'unknown-field': error('There is no field «{name}» here.', 'Check its spelling, or remove it.'),
  'unknown-language': error('«{language}» is none of the languages en fr es ar zh ru.', 'Correct it, or remove the text.'),
  'missing-english': warning(
    '«{name}» has no text in English.',
    'Add en: an entry is read in English where the reader’s language is missing.',
  ),
  'other-country': error('«{id}» belongs to another country.', 'Take a plan of this country, or correct the country.'),
  'decision-without-source': error('The step «{type}» names no address.', 'Give «url»: what the Committee decided was published.'),
  'steps-out-of-order': error(
    'The steps do not follow one another.',
    'Their days are in this order: proposed, evaluated, recommended, approved or declined.',
  ),
  'missing-language': error('«{name}» has no text in «{language}».', 'Goals, targets and terms are needed in all six languages.'),
  'bad-id': error('«{id}» cannot be an id.', 'An id has 1 to 64 of a-z, 0-9 and hyphens, with no hyphen at either end.'),
  'reserved-id': error('«{id}» is the name of a page of the compendium.', 'Choose another id.'),
  'duplicate-id': error('The id «{id}» is used twice; first in {other}.', 'Ids are shared by all kinds of entries: give one another id.'),
  'dangling-link': error('There is no entry «{id}».{suggestion}', 'Add the entry, or correct the id.'),
  'wrong-kind': error('«{id}» is a {kind}; here belongs: {expected}.', 'Correct the id.'),
  'days-reversed': error('It closes ({closes}) before it opens ({opens}).', 'Correct one of the days.'),
  'unknown-course': error(
    'There is no course «{id}» in the folder of courses.',
    'Correct the id, or give the address of a course elsewhere.',
  ),
  'course-or-address': error('A listing names either a course of this folder or an address.', 'Give «course» or «url», not both.'),
  'bounds-reversed': error('Strong ({strong}) is not better than weak ({weak}).', 'Correct one of them, or the direction.'),
  'code-or-invented': error(
    'A country has a code of ISO 3166, or is marked as invented, not both.',
    'Give «code», or «invented: true» for one that is made up to show how a profile works.',
  ),
  'value-twice': error('The indicator «{id}» has two values.', 'Keep one of them: an assessment has one value for each indicator.'),
  'no-source': error(
    'The value of «{id}» names no source.',
    'Add «source» to it, or «sources» to the whole: a profile without sources cannot be judged.',
  ),
  'foreign-indicator': error(
    'The indicator «{id}» is another country’s own.',
    'Take an indicator of all countries, or one of this country.',
  ),
  'years-reversed': error('The years {from} to {until} do not fit.', 'A plan lasts one to ten years, and its activities lie in it.'),
  'no-such-objective': error('The plan has no objective «{id}».', 'Correct the id, or add the objective.'),
  'part-twice': error('The id «{id}» is used twice in this plan.', 'Give one of them another id.'),
  unlinked: warning('No entry leads to «{id}», and it leads to none.', 'Link it to what it answers, or leave it out.'),
} as const;

export type FaultCode = keyof typeof faults;
export const faultCodes = Object.keys(faults) as FaultCode[];

const fill = (template: string, values: Values): string => template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));

/** Whether it keeps an entry from being published; otherwise it is advice. */
export const isError = (code: FaultCode): boolean => faults[code].severity === 'error';

export const sayFault = (code: FaultCode, values: Values = {}): string => fill(faults[code].message, values);

/** What to do about a fault. */
export const adviceFor = (code: FaultCode, values: Values = {}): string => fill(faults[code].hint, values);

/** A list of faults, and the function that adds to it. One fault at one place is reported once. */
export function createReport(): { readonly report: Report; readonly diagnostics: () => readonly Diagnostic[] } {
  const found = new Map<string, Diagnostic>();
  const report: Report = (code, { file, line }, values = {}) => {
    const { severity, message, hint } = faults[code];
    const diagnostic = { code, severity, message: fill(message, values), file, line, hint: fill(hint, values) };
    const key = `${file}:${String(line)}:${code}:${diagnostic.message}`;
    if (!found.has(key)) found.set(key, diagnostic);
  };
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return {
    report,
    diagnostics: () =>
      [...found.values()].sort(
        (a, b) => compare(a.file, b.file) || a.line - b.line || compare(a.code, b.code) || compare(a.message, b.message),
      ),
  };
}
