/**
 * Comma-separated values (RFC 4180), as spreadsheets really write them: with a byte order mark, with semicolons where the
 * comma is a decimal sign, with tabs when pasted, with either kind of line end.
 */

export interface CsvRow {
  /** Line of the text that the row begins on, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** A quotation mark was opened in this row and never closed: the row runs to the end of the text. */
  readonly unclosed?: true;
}

/** In the order that settles a tie: where the semicolon separates, commas stand inside numbers. */
const delimiters = ['\t', ';', ','] as const;

/** The delimiter that the first line with any has most of, outside quotation marks. */
function delimiterOf(text: string): string {
  for (const line of text.split(/\r\n|\n|\r/)) {
    const bare = line.replace(/"[^"]*"/g, '');
    const counts = delimiters.map((delimiter) => bare.split(delimiter).length - 1);
    const most = Math.max(...counts);
    if (most > 0) return delimiters[counts.indexOf(most)] ?? ',';
  }
  return ',';
}

/** Rows of a text. Cells are trimmed unless quoted; lines with nothing in them are left out. Reads in one pass. */
export function parseCsv(source: string): CsvRow[] {
  const text = source.replace(/^\uFEFF/, '');
  const delimiter = delimiterOf(text);
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let wasQuoted = false;
  let line = 1;
  let start = 1;

  const endCell = () => {
    cells.push(wasQuoted ? cell : cell.trim());
    cell = '';
    wasQuoted = false;
  };
  const endRow = (unclosed: boolean) => {
    endCell();
    if (unclosed || cells.some((value) => value !== '')) rows.push({ line: start, cells, ...(unclosed ? { unclosed: true } : {}) });
    cells = [];
  };

  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (character === '\n' || (character === '\r' && text[i + 1] !== '\n')) line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else quoted = false;
    } else if (character === '"' && cell.trim() === '' && !wasQuoted) {
      // A quotation mark in the middle of a bare cell is a letter, as in  Ana "Anita" Gómez.
      quoted = true;
      wasQuoted = true;
      cell = '';
    } else if (character === delimiter) endCell();
    else if (character === '\n' || (character === '\r' && text[i + 1] !== '\n')) {
      endRow(false);
      start = line;
    } else if (character !== '\r' && !(wasQuoted && /\s/.test(character))) cell += character;
  }
  endRow(quoted);
  return rows;
}

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe before it, which spreadsheets hide: a learner chooses
 * their own name, and the trainer opens the file (OWASP, "CSV Injection").
 */
function cellToCsv(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows to text with commas and CRLF, begun with a byte order mark: without it Excel reads Arabic and Chinese as Latin-1. */
export const rowsToCsv = (rows: readonly (readonly (string | number)[])[]): string =>
  `\uFEFF${rows.map((row) => `${row.map(cellToCsv).join(',')}\r\n`).join('')}`;
