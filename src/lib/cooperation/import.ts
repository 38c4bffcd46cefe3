/**
 * Entries from a table or from JSON, as somebody sends them who works in neither YAML nor git: each row is an entry, and each row is answered for,
 * whether it was taken or why not.
 *
 * A table's first row names the fields: `id`, `title.en`, `summary.fr`, `country`, `languages`, `sources.title`, `sources.url`. Where a field holds a list, its
 * values stand in one cell with `|` between them, and so do those of its parts. JSON is a list of entries with the fields that docs/compendium.md lists.
 */
import { parseCsv } from '../domain/csv.ts';
import { isObject } from '../domain/shape.ts';
import type { Kind } from './entry.ts';
import { adviceFor, isError, sayFault } from './faults.ts';
import { fieldsByKind, isWrittenKind, type Field } from './fields.ts';
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

/** Of kinds that have a form its description says what a field takes (fields.ts); of the others, and of what no form shows, these lists do. */
const lists = new Set(['languages', 'themes', 'solutions', 'peers', 'centres']);
const textLists = new Set<string>();
const partLists = new Set(['sources', 'values']);
const numbers = new Set(['bytes', 'year', 'value']);

const isList = (field: Field | undefined, name: string): boolean =>
  field === undefined ? lists.has(name) : ['some', 'links', 'languages', 'objectives'].includes(field.type);
const isNumber = (field: Field | undefined, name: string): boolean =>
  field === undefined ? numbers.has(name) : field.type === 'number' || field.type === 'year';
const isTextList = (field: Field | undefined, name: string): boolean =>
  field === undefined ? textLists.has(name) : field.type === 'wordsList';
const isPartList = (field: Field | undefined, name: string): boolean =>
  field === undefined ? partLists.has(name) : field.type === 'part' || field.type === 'parts';

const split = (cell: string): readonly string[] =>
  cell
    .split('|')
    .map((value) => value.trim())
    .filter((value) => value !== '');

/** A value that is no list: a number where the field holds one, else the text; what is marked as invented says yes or true. */
function valueOf(field: Field | undefined, name: string, text: string): unknown {
  if (name === 'invented') return text === 'yes' || text === 'true' ? true : text;
  return isNumber(field, name) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * A heading such as `title.en`, and the cell under it, put into the fields of an entry. The values of several parts stand with `|` between them, in the same place under
 * each heading (`objectives.id`, `objectives.title.en`); a list within a part has spaces between.
 */
function put(kind: Kind, fields: Record<string, unknown>, heading: string, cell: string): void {
  const [name = '', part, language] = heading.split('.');
  // Own names only: `__proto__` is no field.
  if (cell === '' || name === '' || heading.includes('__proto__')) return;
  const field = isWrittenKind(kind) ? fieldsByKind[kind].find((one) => one.name === name) : undefined;
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (part === undefined) fields[name] = isList(field, name) ? split(cell) : valueOf(field, name, cell);
  else if (isTextList(field, name) || isPartList(field, name)) {
    const list = Array.isArray(known) ? (known as Record<string, unknown>[]) : [];
    const own = field !== undefined && 'fields' in field ? field.fields.find((one) => one.name === part) : undefined;
    cell.split('|').forEach((padded, i) => {
      const value = padded.trim();
      const before = (list[i] ??= {});
      if (value === '') return;
      const text = before[part];
      list[i] = {
        ...before,
        [part]:
          language !== undefined
            ? { ...(isObject(text) ? text : {}), [language]: value }
            : isList(own, part)
              ? value.split(/\s+/)
              : valueOf(own, part, value),
      };
    });
    fields[name] = list;
  } else fields[name] = { ...(isObject(known) ? known : {}), [part]: cell };
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
      head.cells.forEach((heading, i) => {
        // A table of ours guards what a spreadsheet would take for a formula (domain/csv.ts).
        put(kind, fields, heading, (cells[i] ?? '').replace(/^'(?=[=+\-@\t\r])/, ''));
      });
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
