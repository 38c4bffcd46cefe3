/**
 * Reads a trainer's list of names from CSV (RFC 4180): quotes, a byte order mark, commas, semicolons or tabs as a spreadsheet of any country writes
 * them. Pure. Each line gets its own answer, so that one bad line does not hold up a class.
 */

/** The column's heading in the six languages; compared without case and accents. */
const headings = ['name', 'nom', 'nombre', 'الاسم', 'اسم', '姓名', '名字', 'имя', 'фио'];

export const maxLines = 2000;
const maxNameLength = 100;

export type RosterLine =
  | { readonly line: number; readonly name: string }
  | { readonly line: number; readonly error: 'no-name' | 'name-too-long' | 'not-text'; readonly text: string };

interface Row {
  /** From 1, of its first character in the file. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The separator that the first line has most of, outside quotes; a comma where it has none. */
function separatorOf(text: string): string {
  const counts: Record<string, number> = { ',': 0, ';': 0, '\t': 0 };
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) break;
    else if (!quoted && Object.hasOwn(counts, character)) counts[character] = (counts[character] ?? 0) + 1;
  }
  return Object.entries(counts).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Rows of cells; a cell in quotes may hold separators, line ends and doubled quotes. Blank lines are left out. */
export function parseCsv(source: string): readonly Row[] {
  const text = source.replace(/^\ufeff/, '');
  const separator = separatorOf(text);
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let startedAt = 1;
  const endRow = (): void => {
    cells.push(cell);
    cell = '';
    if (cells.some((value) => value.trim() !== '')) rows.push({ line: startedAt, cells });
    cells = [];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character === '"' && text[at + 1] === '"') {
        cell += '"';
        at++;
      } else if (character === '"') quoted = false;
      else cell += character;
      if (character === '\n') line++;
    } else if (character === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (character === separator) {
      cells.push(cell);
      cell = '';
    } else if (character === '\n' || character === '\r') {
      if (character === '\r' && text[at + 1] === '\n') at++;
      endRow();
      line++;
      startedAt = line;
    } else cell += character;
  }
  endRow();
  return rows;
}

const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').trim().toLowerCase();

/** One name as it is kept, or what is wrong with it. */
export function readRosterName(line: number, given: string): RosterLine {
  const name = given.normalize('NFC').replace(/\s+/g, ' ').trim();
  if (!given.isWellFormed() || /[\p{Cc}\ufffd]/u.test(name)) return { line, error: 'not-text', text: given.slice(0, maxNameLength) };
  if (name === '') return { line, error: 'no-name', text: given.slice(0, maxNameLength) };
  if (name.length > maxNameLength) return { line, error: 'name-too-long', text: name.slice(0, maxNameLength) };
  return { line, name };
}

/** The names of a CSV: from the column that is headed as such, or from the first column where there is no heading. */
export function readRoster(csv: string): readonly RosterLine[] {
  const rows = parseCsv(csv);
  const known = new Set(headings.map(plain));
  const column = rows[0]?.cells.findIndex((cell) => known.has(plain(cell))) ?? -1;
  return rows.slice(column < 0 ? 0 : 1).map(({ line, cells }) => {
    const read = readRosterName(line, cells[Math.max(0, column)] ?? '');
    return 'error' in read ? { ...read, text: cells.join(' ').trim().slice(0, maxNameLength) } : read;
  });
}
