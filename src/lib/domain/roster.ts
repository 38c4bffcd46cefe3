/** Names to enrol, out of what a trainer has: a list with one name a line, or a table from a spreadsheet. */
import { parseCsv } from './csv.ts';

export type RosterLine =
  | {
      readonly line: number;
      readonly name: string;
      /** The same name stands above: kept, for two people may share a name, but worth a look. */
      readonly repeated: boolean;
    }
  | { readonly line: number; readonly text: string; readonly error: 'no-name' | 'name-too-long' | 'not-text' | 'unclosed-quote' };

/** UTF-16 units that a name may have. The longest names on passports stay below. */
export const maxNameLength = 100;

/** What a column of names is called, in the six languages of the interface. */
const nameHeadings: ReadonlySet<string> = new Set([
  ...['name', 'full name', 'learner', 'student', 'participant'],
  ...['nom', 'nom complet', 'nom et prénom', 'prénom et nom', 'participante', 'apprenant'],
  ...['nombre', 'nombre completo', 'nombre y apellidos', 'alumno'],
  ...['الاسم', 'اسم', 'الاسم الكامل', 'اسم المتعلم', 'المتعلم'],
  ...['姓名', '名字', '学员', '学员姓名'],
  ...['имя', 'фио', 'ф.и.о.', 'имя и фамилия', 'фамилия и имя', 'учащийся'],
]);

const isNameHeading = (cell: string): boolean => nameHeadings.has(cell.trim().toLowerCase());

const tidy = (name: string): string => name.normalize('NFC').replace(/\s+/g, ' ').trim();

function lineOf(line: number, given: string, row: string, seen: Set<string>): RosterLine {
  const name = tidy(given);
  if (name === '') return { line, text: row, error: 'no-name' };
  // U+FFFD is what a decoder leaves where the bytes were of another encoding.
  if (!name.isWellFormed() || /[\p{Cc}\ufffd]/u.test(name)) return { line, text: row, error: 'not-text' };
  if (name.length > maxNameLength) return { line, text: row, error: 'name-too-long' };
  const key = name.toLowerCase();
  const repeated = seen.has(key);
  seen.add(key);
  return { line, name, repeated };
}

/** One name a line; empty lines are left out. */
export function parseNames(text: string): RosterLine[] {
  const seen = new Set<string>();
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .flatMap((row, index) => (row.trim() === '' ? [] : [lineOf(index + 1, row, row.trim(), seen)]));
}

/** A table: with a heading row, the column that is called a name; without one, the first column. */
export function parseRoster(csv: string): RosterLine[] {
  const rows = parseCsv(csv);
  const heading = rows[0]?.cells.findIndex(isNameHeading) ?? -1;
  const column = Math.max(0, heading);
  const seen = new Set<string>();
  return rows.slice(heading === -1 ? 0 : 1).map(({ line, cells, unclosed }) => {
    const row = cells.join(' · ');
    return unclosed ? { line, text: row.slice(0, 80), error: 'unclosed-quote' } : lineOf(line, cells[column] ?? '', row, seen);
  });
}
