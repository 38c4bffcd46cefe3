/**
 * Entries from a table or from JSON, as somebody sends them who works in neither YAML nor git: each row is an entry, and each row is answered for,
 * whether it was taken or why not.
 *
 * A table's first row names the fields: `id`, `title.en`, `summary.fr`, `country`, `languages`, `sources.title`, `sources.url`. Where a field holds a list, its
 * values stand in one cell with `|` between them. JSON is a list of entries with the fields that docs/compendium.md lists.
 */
import { parseCsv } from '../domain/csv.ts';
import { isObject } from '../domain/shape.ts';
import type { Kind } from './entry.ts';
import { adviceFor, isError, sayFault } from './faults.ts';
import { readEntry } from './kinds.ts';

export interface Row {
  /** Of the file, from 1; of JSON the place in its list. */
  readonly line: number;
  /** What the row calls itself; empty where it has no id. */
  readonly id: string;
  /** As an author would have written it. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What is wrong with it, as sentences; empty where it can be taken. */
  readonly faults: readonly string[];
}

/** Fields whose cells hold several values. */
const lists = new Set(['languages', 'disciplines', 'themes', 'targets', 'sendai', 'paris', 'indicators', 'solutions', 'teaches', 'roles']);
/** Fields that are lists of texts by language. */
const textLists = new Set(['steps', 'asks']);
/** Fields that are lists of things with fields of their own. */
const partLists = new Set(['sources', 'place', 'data', 'software', 'evidence']);
const numbers = new Set(['latitude', 'longitude', 'bytes', 'weak']);

const split = (cell: string): readonly string[] =>
  cell
    .split('|')
    .map((value) => value.trim())
    .filter((value) => value !== '');
const valueOf = (name: string, text: string): unknown =>
  numbers.has(name) && text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;

/** A heading such as `title.en`, and the cell under it, put into the fields of an entry. */
function put(fields: Record<string, unknown>, heading: string, cell: string): void {
  const [field = '', part] = heading.split('.');
  // Own names only: `__proto__` is no field.
  if (cell === '' || field === '' || field === '__proto__') return;
  const known = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (part === undefined) fields[field] = lists.has(field) ? split(cell) : valueOf(field, cell);
  else if (partLists.has(field) || textLists.has(field)) {
    const list = Array.isArray(known) ? (known as Record<string, unknown>[]) : [];
    split(cell).forEach((value, i) => (list[i] = { ...list[i], [part]: valueOf(part, value) }));
    fields[field] = list;
  } else fields[field] = { ...(isObject(known) ? known : {}), [part]: cell };
}

/** Every row of a table or a list, read by the rules of its kind. What ties entries together is not checked here. */
export function readImport(
  text: string,
  format: 'csv' | 'json',
  kind: Kind,
): { readonly rows: readonly Row[]; readonly faults: readonly string[] } {
  const read = (line: number, fields: Readonly<Record<string, unknown>>, before: readonly string[] = []): Row => {
    const faults = [...before];
    const id = typeof fields['id'] === 'string' ? fields['id'] : '';
    readEntry(kind, fields, (code, _, values) => {
      if (isError(code)) faults.push(`${sayFault(code, values)} ${adviceFor(code, values)}`);
    });
    return { line, id, fields, faults };
  };
  const rows: Row[] = [];
  if (format === 'json') {
    let values: unknown;
    try {
      values = JSON.parse(text);
    } catch (error) {
      return { rows, faults: [`This is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
    }
    if (!Array.isArray(values)) return { rows, faults: ['The file is no list of entries: begin with [ and end with ].'] };
    for (const [i, value] of values.entries()) {
      const fields = isObject(value) ? value : {};
      rows.push(read(i + 1, fields, isObject(value) ? [] : ['This is no entry: an entry is an object with fields.']));
    }
  } else {
    const [head, ...body] = parseCsv(text);
    if (head === undefined) return { rows, faults: ['The table is empty: its first row names the fields.'] };
    if (!head.cells.includes('id')) return { rows, faults: ['No column is named id: the first row names the fields.'] };
    for (const { line, cells, unclosed } of body) {
      const fields: Record<string, unknown> = {};
      head.cells.forEach((heading, i) => put(fields, heading, cells[i] ?? ''));
      const ragged =
        cells.length === head.cells.length
          ? []
          : [
              `The row has ${String(cells.length)} cells, the first row has ${String(head.cells.length)}. Put quotation marks around cells with commas.`,
            ];
      rows.push(read(line, fields, unclosed === true ? ['A quotation mark is not closed.'] : ragged));
    }
  }
  const firstById = new Map<string, number>();
  return {
    faults: [],
    rows: rows.map((row) => {
      const first = firstById.get(row.id);
      if (row.id !== '' && first === undefined) firstById.set(row.id, row.line);
      return first === undefined ? row : { ...row, faults: [...row.faults, `The id «${row.id}» stands in line ${String(first)} already.`] };
    }),
  };
}
