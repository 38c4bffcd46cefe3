/** Names to enrol, out of what a trainer has: a list with one name a line, or a table from a spreadsheet. */
import type { About } from './about.ts';
import { countryIn, gendersIn } from './countries.ts';
import { parseCsv } from './csv.ts';
import { fold } from './fold.ts';

export type RosterLine =
  | {
      readonly line: number;
      readonly name: string;
      /** The same name stands above: kept, for two people may share a name, but worth a look. */
      readonly repeated: boolean;
      /** What the list says of the person, as far as it was understood. */
      readonly about?: About;
    }
  | { readonly line: number; readonly text: string; readonly error: 'no-name' | 'name-too-long' | 'not-text' | 'unclosed-quote' };

/** UTF-16 units that a name may have. The longest names on passports stay below. */
export const maxNameLength = 100;

/** Lines that are taken at once: a year of a large centre, and a second of its node. */
export const maxRosterLines = 2000;

/** UTF-16 units of a line that come back with what is wrong with it. */
const maxShown = 150;

/** What a column of names is called, in the six languages of the interface; compared without case and accents. */
const headings = [
  ...['name', 'full name', 'learner', 'student', 'participant'],
  ...['nom', 'nom complet', 'nom et prénom', 'prénom et nom', 'participante', 'apprenant'],
  ...['nombre', 'nombre completo', 'nombre y apellidos', 'alumno'],
  ...['الاسم', 'اسم', 'الاسم الكامل', 'اسم المتعلم', 'المتعلم'],
  ...['姓名', '名字', '学员', '学员姓名'],
  ...['имя', 'фио', 'ф.и.о.', 'имя и фамилия', 'фамилия и имя', 'учащийся'],
];
export const nameHeadings: ReadonlySet<string> = new Set(headings.map(fold));
export const genderHeadings: ReadonlySet<string> = new Set(
  ['gender', 'sex', 'genre', 'sexe', 'género', 'sexo', 'النوع', 'الجنس', 'النوع الاجتماعي', '性别', 'пол'].map(fold),
);
export const countryHeadings: ReadonlySet<string> = new Set(['country', 'pays', 'país', 'البلد', 'الدولة', '国家', 'страна'].map(fold));

export const isOneOf =
  (known: ReadonlySet<string>) =>
  (cell: string): boolean =>
    known.has(fold(cell));

const tidy = (name: string): string => name.normalize('NFC').replace(/\s+/g, ' ').trim();

export function lineOf(line: number, given: string, row: string, seen: Set<string>, about: About = {}): RosterLine {
  const name = tidy(given);
  const text = row.slice(0, maxShown);
  if (name === '') return { line, text, error: 'no-name' };
  // U+FFFD is what a decoder leaves where the bytes were of another encoding.
  if (!name.isWellFormed() || /[\p{Cc}\ufffd]/u.test(name)) return { line, text, error: 'not-text' };
  if (name.length > maxNameLength) return { line, text, error: 'name-too-long' };
  const key = name.toLowerCase();
  const repeated = seen.has(key);
  seen.add(key);
  return { line, name, repeated, ...(Object.keys(about).length === 0 ? {} : { about }) };
}

export interface Named {
  readonly name: string;
  readonly about?: About;
}

/** People as a list. A name's line is its place, from 1. */
export function rosterOf(people: readonly Named[]): RosterLine[] {
  const seen = new Set<string>();
  return people.map(({ name, about }, index) => lineOf(index + 1, name, name.trim(), seen, about));
}

/** One name a line; empty lines are left out. */
export const parseNames = (text: string): RosterLine[] =>
  rosterOf(
    text
      .replace(/^\uFEFF/, '')
      .split(/\r\n|\n|\r/)
      .map((name) => ({ name })),
  ).filter((line) => 'name' in line || line.text !== '');

/** A table: with a heading row, the column that is called a name, and those of gender and country; without one, the first column. */
export function parseRoster(csv: string): RosterLine[] {
  const rows = parseCsv(csv);
  const heading = rows[0]?.cells ?? [];
  const column = heading.findIndex(isOneOf(nameHeadings));
  const body = rows.slice(column === -1 ? 0 : 1);
  const cellsOf = (known: ReadonlySet<string>): readonly string[] => {
    const found = column === -1 ? -1 : heading.findIndex(isOneOf(known));
    return body.map(({ cells }) => (found === -1 ? '' : (cells[found] ?? '')));
  };
  const genders = gendersIn(cellsOf(genderHeadings));
  const countries = cellsOf(countryHeadings).map((cell) => (cell === '' ? null : countryIn(cell)));
  const seen = new Set<string>();
  return body.map(({ line, cells, unclosed }, i) => {
    const row = cells.join(' · ');
    if (unclosed) return { line, text: row.slice(0, maxShown), error: 'unclosed-quote' };
    const [gender, country] = [genders[i] ?? null, countries[i] ?? null];
    const about = { ...(gender === null ? {} : { gender }), ...(country === null ? {} : { country }) };
    return lineOf(line, cells[Math.max(0, column)] ?? '', row, seen, about);
  });
}
