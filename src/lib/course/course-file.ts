/** The YAML files of a course: what it is, its modules' titles, its glossary and its sources. */
import { isSlug } from '../domain/ids.ts';
import { isListOf, isString } from '../domain/shape.ts';
import type { Report } from './diagnostics.ts';
import { forms, type CourseStructure, type Form, type Language, type Localized } from './package.ts';
import { asText, createFieldReader, parseYaml, readField, readLocalized, reportUnknownFields, type FieldReader } from './yaml-source.ts';

const disciplines: readonly string[] = ['science', 'technology', 'law', 'policy'];
export const levels: readonly string[] = ['introductory', 'intermediate', 'advanced'];

export interface CourseFacts extends Omit<CourseStructure, 'course' | 'modules' | 'glossary' | 'references'> {
  readonly id: string;
}

const languagePattern = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/;
export const isLanguage = (value: unknown): value is Language => isString(value) && languagePattern.test(value);

const asList =
  <Value>(parse: (value: unknown) => Value | null, least: number) =>
  (value: unknown): readonly Value[] | null => {
    if (!Array.isArray(value) || value.length < least) return null;
    const parsed = value.map(parse);
    return parsed.some((entry) => entry === null) ? null : (parsed as readonly Value[]);
  };
const asOneOf =
  (names: readonly string[]) =>
  (value: unknown): string | null =>
    isString(value) && names.includes(value) ? value : null;
const asGoal = (value: unknown): number | null =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 17 ? Number(value) : null;
const asShare = (value: unknown): number | null => (typeof value === 'number' && value >= 0 && value <= 1 ? value : null);

export const asTexts = asList(asText, 1);

export function readId(reader: FieldReader, value: unknown): string | null {
  const id = readField(reader, value, ['id'], 'a text', (given) => (isString(given) || typeof given === 'number' ? String(given) : null));
  if (id === null || isSlug(id)) return id;
  reader.fault('bad-id', ['id'], { id });
  return null;
}

/** Reads course.yaml; null where it is no YAML or has no languages, without which nothing else can be read. */
export function parseCourseFile(text: string, folder: string | undefined, report: Report): CourseFacts | null {
  const file = 'course.yaml';
  const yaml = parseYaml(text, file, 1, report);
  if (yaml === null) return null;
  const { value } = yaml;
  const reader = createFieldReader(file, yaml, report);
  const known = ['id', 'form', 'languages', 'title', 'summary', 'outcomes', 'authors', 'licence', 'discipline', 'level', 'sdg', 'pass'];
  reportUnknownFields(reader, value, [], known);
  const id = readId(reader, value);
  if (id !== null && folder !== undefined && folder !== id) reader.fault('folder-id', ['id'], { id, name: folder });
  const languages = readField(reader, value, ['languages'], 'a list of language codes such as [en, zh]', (given) =>
    isListOf(isLanguage)(given) && given.length > 0 && new Set(given).size === given.length ? given : null,
  );
  if (languages === null) return null;
  const outcomes = readField(reader, value, ['outcomes'], 'a list of texts', (given) =>
    Array.isArray(given) && given.length > 0 ? given : null,
  );
  const form = Object.hasOwn(Object(value), 'form')
    ? readField(reader, value, ['form'], `one of ${forms.join(', ')}`, (given): Form | null => forms.find((one) => one === given) ?? null)
    : null;
  return {
    id: id ?? folder ?? 'course',
    ...(form === null ? {} : { form }),
    languages,
    title: readLocalized(reader, value, ['title'], languages),
    summary: readLocalized(reader, value, ['summary'], languages),
    outcomes: (outcomes ?? []).map((_, i) => readLocalized(reader, outcomesByIndex(outcomes), ['outcomes', i], languages)),
    authors: readField(reader, value, ['authors'], 'a list of names', asTexts) ?? [],
    licence: readField(reader, value, ['licence'], 'the name of a licence such as CC-BY-4.0', asText) ?? '',
    discipline: readField(reader, value, ['discipline'], `one of ${disciplines.join(', ')}`, asOneOf(disciplines)) ?? '',
    level: readField(reader, value, ['level'], `one of ${levels.join(', ')}`, asOneOf(levels)) ?? '',
    sdg: readField(reader, value, ['sdg'], 'a list of goals from 1 to 17', asList(asGoal, 0)) ?? [],
    pass: readField(reader, value, ['pass'], 'a share from 0 to 1', asShare) ?? 1,
  };
}

/** `readLocalized` looks a value up by the last part of its path. */
const outcomesByIndex = (outcomes: readonly unknown[] | null): Readonly<Record<string, unknown>> => ({ ...(outcomes ?? []) });

/** Reads a module.yaml; null where nothing of it can be used. */
export function parseModuleFile(
  text: string,
  file: string,
  languages: readonly Language[],
  report: Report,
): { readonly id: string; readonly title: Localized } | null {
  const yaml = parseYaml(text, file, 1, report);
  if (yaml === null) return null;
  const reader = createFieldReader(file, yaml, report);
  reportUnknownFields(reader, yaml.value, [], ['id', 'title']);
  const id = readId(reader, yaml.value);
  const title = readLocalized(reader, yaml.value, ['title'], languages);
  return id === null ? null : { id, title };
}

interface Entry {
  readonly id: string;
  readonly line: number;
}

/** Reads a list of entries with ids; what one entry lacks does not hide the others. */
function parseEntries<Value>(
  text: string,
  file: string,
  report: Report,
  read: (reader: FieldReader, value: unknown, index: number) => Value | null,
): readonly (Value & Entry)[] {
  const yaml = parseYaml(text, file, 1, report);
  if (yaml === null || yaml.value === null) return [];
  const root = createFieldReader(file, yaml, report);
  if (!Array.isArray(yaml.value)) {
    root.fault('bad-field', [], { name: file, expected: 'a list of entries that begin with - id:' });
    return [];
  }
  const lineById = new Map<string, number>();
  return yaml.value.flatMap((value: unknown, index): (Value & Entry)[] => {
    // Paths of an entry begin at the entry.
    const reader: FieldReader = {
      file,
      lineOf: (path) => yaml.lineOf([index, ...path]),
      fault: (code, path, values) => root.fault(code, [index, ...path], values),
    };
    const id = readId(reader, value);
    const entry = read(reader, value, index);
    if (id === null || entry === null) return [];
    const line = reader.lineOf(['id']);
    const before = lineById.get(id);
    if (before !== undefined) reader.fault('duplicate-id', ['id'], { id, other: `line ${String(before)}` });
    lineById.set(id, line);
    return [{ ...entry, id, line }];
  });
}

export type GlossaryEntry = CourseStructure['glossary'][number] & Entry;
export type ReferenceEntry = CourseStructure['references'][number] & Entry;

export const parseGlossary = (text: string, languages: readonly Language[], report: Report): readonly GlossaryEntry[] =>
  parseEntries(text, 'glossary.yaml', report, (reader, value) => {
    reportUnknownFields(reader, value, [], ['id', 'term', 'definition']);
    return { term: readLocalized(reader, value, ['term'], languages), definition: readLocalized(reader, value, ['definition'], languages) };
  });

/** `https://` and nothing that could end an attribute or a line. */
export const isSafeUrl = (url: string): boolean => /^https:\/\/[^\s"'<>\\]+$/.test(url);

export const parseReferences = (text: string, report: Report): readonly ReferenceEntry[] =>
  parseEntries(text, 'references.yaml', report, (reader, value) => {
    reportUnknownFields(reader, value, [], ['id', 'text', 'url']);
    const source = readField(reader, value, ['text'], 'a text', asText);
    const hasUrl = typeof value === 'object' && value !== null && 'url' in value;
    const url = hasUrl ? readField(reader, value, ['url'], 'an address that begins with https://', asText) : null;
    if (url !== null && !isSafeUrl(url)) reader.fault(url.startsWith('http://') ? 'insecure-link' : 'bad-field', ['url'], { url, name: 'url', expected: 'an address that begins with https://' }); // prettier-ignore
    return source === null ? null : { text: source, ...(url === null ? {} : { url }) };
  });
