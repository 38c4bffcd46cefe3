/** Of every kind: a link that leads nowhere is told, wherever the entry comes from, with what it is and where it stands; and a table brings in what YAML would. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compileCommons, createMemory, faultsBeside } from '../../src/lib/cooperation/compile.ts';
import { fieldsByKind, isWrittenKind, writtenKinds, type WrittenKind } from '../../src/lib/cooperation/fields.ts';
import { readImport } from '../../src/lib/cooperation/import.ts';
import { kinds, parseEntry, placeOf } from '../../src/lib/cooperation/kinds.ts';
import { rowsToCsv } from '../../src/lib/domain/csv.ts';
import { isObject, isString, type JsonObject } from '../../src/lib/domain/shape.ts';
import { commonsTexts, compileReal, sha256 } from './kit.ts';

const courses = join(import.meta.dirname, '../../courses');
const files = new Map(
  readdirSync(courses, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^\+(goals|compendium|indicators|profiles|plans|calls)\/.*\.yaml$/.test(name))
    .map((name) => [name, new Uint8Array(readFileSync(join(courses, name)))] as const),
);
const own = new Set(readdirSync(courses).filter((name) => /^[a-z0-9-]+$/.test(name)));
const tools = { sha256, memory: createMemory() };
const real = compileReal();

type Path = readonly (string | number)[];

/** The same entry with another value at a place of it. */
function withAt(value: unknown, [step, ...rest]: Path, put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i === step ? withAt(one, rest, put) : one));
  return isObject(value) ? { ...value, [step]: withAt(value[step], rest, put) } : value;
}

const nobody = 'nobody-here';

/** Of each kind its entries, and one link of each of its fields, whichever entry has it. */
const linksOf = (kind: (typeof kinds)[number]) => {
  const found = new Map<string, { readonly entry: JsonObject; readonly path: Path }>();
  for (const entry of commonsTexts(real, kind)) {
    const parsed = parseEntry(entry);
    if (parsed.ok)
      for (const { path } of parsed.value.links) {
        const field = path.filter((step) => typeof step === 'string').join('.');
        if (!found.has(field)) found.set(field, { entry, path });
      }
  }
  return found;
};

describe.each(kinds.filter((kind) => !['term', 'goal', 'target'].includes(kind)))('a %s with a link that leads nowhere', (kind) => {
  const links = linksOf(kind);

  it('is among the entries of this repository', () => {
    // An organisation leads nowhere; the others of these need not.
    if (!['organisation', 'country', 'material', 'dataset'].includes(kind)) expect(links.size).toBeGreaterThan(0);
  });

  it.each([...links.keys()])('in %s is told by the compiler with its line, and at the desk as a sentence', (field) => {
    const { entry, path } = links.get(field) ?? { entry: {}, path: [] };
    const turned = withAt(entry, path, nobody) as JsonObject;
    // Values of a year are named after their country.
    const bent = kind === 'assessment' ? { ...turned, id: `${String(turned['country'])}-${String(turned['year'])}` } : turned;
    const sentences = faultsBeside({ files, courses: own }, bent, tools);
    expect(sentences.join(' ')).toContain(`There is no entry «${nobody}».`);

    const { kind: _, ...fields } = bent;
    const file = `${placeOf(kind)}/bent.yaml`;
    const text = new TextEncoder().encode(
      stringify([kind === 'assessment' ? fields : { ...fields, id: 'a-bent-entry' }], { lineWidth: 0 }),
    );
    const { commons, diagnostics } = compileCommons({ files: new Map([...files, [file, text]]), courses: own }, tools);
    expect(commons).toBeNull();
    const told = diagnostics.find(({ code, file: at, message }) => code === 'dangling-link' && at === file && message.includes(nobody));
    expect(told?.hint).toBe('Add the entry, or correct the id.');
    const line = new TextDecoder().decode(text).split('\n')[(told?.line ?? 0) - 1];
    expect(line, 'the line that is named holds the id or begins its list').toMatch(
      new RegExp(`${nobody}|${String(path.findLast(isString))}`),
    );
  });
});

/** An entry as a row: the headings, and a cell under each. Null where a text holds what separates values. */
function rowOf(kind: (typeof kinds)[number], entry: JsonObject): ReadonlyMap<string, string> | null {
  if (!isWrittenKind(kind)) return null;
  const cells = new Map<string, string>();
  const plain = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value));
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'kind') continue;
    const field = fieldsByKind[kind].find((one) => one.name === name);
    if (Array.isArray(value) && value.every(isString)) cells.set(name, value.join('|'));
    else if (Array.isArray(value)) {
      const parts = value.filter(isObject);
      const headings = new Set(
        parts.flatMap((part) =>
          Object.entries(part).flatMap(([key, one]) => (isObject(one) ? Object.keys(one).map((language) => `${key}.${language}`) : [key])),
        ),
      );
      for (const heading of headings) {
        const [key = '', language] = heading.split('.');
        const column = parts.map((part) => {
          const one = part[key];
          return language === undefined ? (one === undefined ? '' : plain(one)) : isObject(one) ? String(one[language] ?? '') : '';
        });
        cells.set(`${name}.${heading}`, column.join('|'));
      }
    } else if (isObject(value) && field?.type !== 'part')
      for (const [key, one] of Object.entries(value)) cells.set(`${name}.${key}`, String(one));
    else cells.set(name, value === true ? 'yes' : String(value));
  }
  return JSON.stringify(entry).includes('|') ? null : cells;
}

/** A pair is no entry, and comes in no table. */
const tabled = writtenKinds.filter((kind): kind is Exclude<WrittenKind, 'pair'> => kind !== 'pair');

/** What is told: a cell says nothing of the spaces around it, nor of a list with nothing in it. */
function told(value: unknown): unknown {
  if (isString(value)) return value.trim();
  if (Array.isArray(value)) return value.map(told);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (Array.isArray(one) && one.length === 0 ? [] : [[key, told(one)] as const])),
  );
}

describe.each(tabled)('a table of entries of the kind %s', (kind) => {
  it('brings in every real one as its author wrote it, and answers for each line', () => {
    const entries = commonsTexts(real, kind).filter((entry) => rowOf(kind, entry) !== null);
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) {
      const cells = rowOf(kind, entry) ?? new Map<string, string>();
      const { rows, faults } = readImport(rowsToCsv([[...cells.keys()], [...cells.values()]]), 'csv', kind);
      expect(faults).toEqual([]);
      const { kind: _, ...fields } = entry;
      expect(rows.map(({ line, id, faults: wrong }) => [line, id, wrong])).toEqual([[2, entry['id'], []]]);
      expect(told(rows[0]?.fields)).toEqual(told(fields));
    }
  });

  it('and says in which line something is missing, field by field', () => {
    // An indicator without a country is everybody’s, which a table may bring and a form may not.
    const needed = fieldsByKind[kind].filter((field) => field.needed && !(kind === 'indicator' && field.name === 'country'));
    const { rows } = readImport('id,written\nfirst,2026-11-30\nsecond,2026-11-30\n', 'csv', kind);
    expect(rows.map(({ line }) => line)).toEqual([2, 3]);
    for (const { faults } of rows) for (const { name } of needed) expect(faults.join(' '), name).toContain(`«${name}»`);
  });
});
