/** YAML with the line of every value, and readers that complain about what they do not find. */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { isObject } from '../domain/shape.ts';
import type { FaultCode, Report } from './diagnostics.ts';
import { typeset } from './typeset.ts';

export type Path = readonly (string | number)[];

export interface YamlSource {
  readonly value: unknown;
  /** Line of the value at the path, or of the nearest one around it. */
  lineOf(path: Path): number;
}

/** Deeper than any file of a course, and far from what would exhaust the stack of the parser. */
const maxDepth = 40;

const isTooDeep = (text: string): boolean => {
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > maxDepth) return true;
  }
  // Compact nesting, `- - - -`, and blocks that are indented further and further.
  return /^\s*(?:[-?:]\s+){20}/m.test(text) || /^ {200}/m.test(text);
};

function lineIn(document: Document, counter: LineCounter, path: Path, firstLine: number): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = isObject(node) ? node['range'] : undefined;
    const start: unknown = Array.isArray(range) ? range[0] : undefined;
    if (typeof start === 'number') return counter.linePos(start).line + firstLine - 1;
  }
  return firstLine;
}

/** Parses YAML that begins on `firstLine` of a file; null, and faults, where it cannot. */
export function parseYaml(text: string, file: string, firstLine: number, report: Report): YamlSource | null {
  if (isTooDeep(text)) {
    report('bad-yaml', { file, line: firstLine }, { reason: 'it is nested too deeply.' });
    return null;
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, schema: 'core', uniqueKeys: true, prettyErrors: false, logLevel: 'silent' });
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    const { line, col } = counter.linePos(pos[0]);
    report('bad-yaml', { file, line: Math.max(1, line) + firstLine - 1, column: Math.max(1, col) }, { reason: message });
  }
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), lineOf: (path) => lineIn(document, counter, path, firstLine) };
  } catch (error) {
    // Aliases that are unknown or multiply beyond the limit are found only here.
    report('bad-yaml', { file, line: firstLine }, { reason: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** Reads fields of one YAML value; everything that is not as it should be is reported with its line. */
export interface FieldReader {
  readonly file: string;
  fault(code: FaultCode, path: Path, values?: Readonly<Record<string, string | number>>): void;
  lineOf(path: Path): number;
}

export const createFieldReader = (file: string, yaml: YamlSource, report: Report): FieldReader => ({
  file,
  lineOf: (path) => yaml.lineOf(path),
  fault: (code, path, values) => report(code, { file, line: yaml.lineOf(path) }, values),
});

const nameOf = (path: Path): string =>
  path.filter((part) => typeof part === 'string').join('.') || `entry ${String(Number(path[0] ?? 0) + 1)}`;

/** A value at a path, as `parse` understands it; a fault where it is missing or is not `expected`. */
export function readField<Value>(
  reader: FieldReader,
  within: unknown,
  path: Path,
  expected: string,
  parse: (value: unknown) => Value | null,
): Value | null {
  const key = path.at(-1) ?? '';
  const value = isObject(within) ? within[key] : undefined;
  if (value === undefined || value === null) {
    reader.fault('missing-field', path, { name: nameOf(path) });
    return null;
  }
  const parsed = parse(value);
  if (parsed === null) reader.fault('bad-field', path, { name: nameOf(path), expected });
  return parsed;
}

export const asText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().replace(/\s+/g, ' ') : null;

export function reportUnknownFields(reader: FieldReader, value: unknown, path: Path, known: readonly string[]): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value))
    if (!known.includes(key)) reader.fault('unknown-field', [...path, key], { name: nameOf([...path, key]) });
}

/** A text in every language of the course. */
export function readLocalized(
  reader: FieldReader,
  within: unknown,
  path: Path,
  languages: readonly string[],
): Readonly<Record<string, string>> {
  const value = readField(reader, within, path, 'a text for each language', (given) => (isObject(given) ? given : null));
  if (value === null) return {};
  const name = nameOf(path);
  for (const key of Object.keys(value)) if (!languages.includes(key)) reader.fault('unknown-language', [...path, key], { language: key });
  return Object.fromEntries(
    languages.flatMap((language) => {
      const text = asText(value[language]);
      if (text === null) reader.fault('missing-language', path, { name, language });
      return text === null ? [] : [[language, typeset(text, language)]];
    }),
  );
}
