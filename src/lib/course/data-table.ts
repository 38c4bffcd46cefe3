import { parseCsv } from '../domain/csv.ts';
import { readNumber } from '../exercise/number/read-number.ts';
import type { Report } from './diagnostics.ts';
import { escapeHtml } from './html.ts';

const maxRows = 500;

const isFigure = (cell: string): boolean =>
  cell === '' || /^[-–—…]$/.test(cell) || readNumber(cell.replace(/^[<>≤≥≈~±]\s*/, '')).length > 0;

/** A CSV file as an HTML table, figures marked as such, and how many columns it has; null, and faults, where it is none. */
export function renderTable(text: string, file: string, report: Report): { readonly html: string; readonly columns: number } | null {
  const [head, ...body] = parseCsv(text);
  if (head === undefined || body.length === 0) {
    report('bad-csv', { file, line: 1 }, { reason: 'The table is empty.' });
    return null;
  }
  const unclosed = [head, ...body].find((row) => row.unclosed === true);
  if (unclosed !== undefined) {
    report('bad-csv', { file, line: unclosed.line }, { reason: 'A quotation mark is not closed.' });
    return null;
  }
  if (body.length > maxRows) report('bad-csv', { file, line: 1 }, { reason: `The table has ${String(body.length)} rows; ${String(maxRows)} can be shown.` }); // prettier-ignore
  head.cells.forEach((cell, i) => {
    if (cell === '') report('bad-csv', { file, line: head.line }, { reason: `Column ${String(i + 1)} has no heading.` });
  });
  for (const row of body)
    if (row.cells.length !== head.cells.length)
      report('ragged-row', { file, line: row.line }, { count: row.cells.length, expected: head.cells.length });

  const figures = head.cells.map(
    (_, i) => body.some(({ cells }) => /\d/.test(cells[i] ?? '')) && body.every(({ cells }) => isFigure(cells[i] ?? '')),
  );
  const cell = (tag: 'td' | 'th', value: string, i: number): string =>
    `<${tag}${figures[i] === true ? ' class="num"' : ''}>${escapeHtml(value)}</${tag}>`;
  const row = (tag: 'td' | 'th', cells: readonly string[]): string => `<tr>${cells.map((value, i) => cell(tag, value, i)).join('')}</tr>`;
  return {
    html: `<table><thead>${row('th', head.cells)}</thead>\n<tbody>${body.map(({ cells }) => row('td', cells)).join('\n')}</tbody></table>`,
    columns: head.cells.length,
  };
}
