/**
 * Reads the programmes of certification: `courses/+programmes/<id>.yaml`. Every text stands in all six languages, and what a programme names
 * (courses, units, rubrics, other programmes) has to be there; each fault is told with its file and line and what to do.
 */
import { isSlug } from '../domain/ids.ts';
import { isObject } from '../domain/shape.ts';
import { createReport, suggestion, type Diagnostic, type Fault, type FaultCode, type Report } from '../course/diagnostics.ts';
import {
  asText,
  createFieldReader,
  parseYaml,
  readField,
  readLocalized,
  reportUnknownFields,
  type FieldReader,
  type Path,
} from '../course/yaml-source.ts';
import { leavesOf, type Leaf, type Localized, type Programme, type Requirement, type Rubric } from './programme.ts';

const fault = (message: string, hint: string): Fault => ({ severity: 'error', message, hint });

const faults = {
  'bad-requirement': fault(
    'This is no requirement: {reason}',
    'A branch is all:, any: or some: n with of:. A leaf has an id and one of course:, exam:, sessions:, people:, contributions:, holds:.',
  ),
  'empty-branch': fault('Nothing is required here.', 'List at least one requirement under it.'),
  'impossible-branch': fault('{n} of {count} can never be met.', 'Ask for fewer, or list more.'),
  'unknown-course': fault('There is no course «{id}» here.{suggestion}', 'Name the folder of a course in courses/.'),
  'unknown-exam': fault(
    'The course «{course}» has no exam «{unit}».{suggestion}',
    'Name a unit that has exam: in its front matter, by the id that stands there.',
  ),
  'unknown-rubric': fault('There is no rubric «{id}» in this file.{suggestion}', 'Add it under rubrics:, or correct the name.'),
  'unknown-level': fault('The rubric «{id}» has no level {level}.', 'Levels are counted from 1, the lowest first.'),
  'unknown-programme': fault('There is no programme «{id}» here.{suggestion}', 'Name a file of courses/+programmes/ without its ending.'),
  'circular-programme': fault('The programme «{id}» asks for itself: {way}.', 'Take one of the holds: away.'),
  'ragged-rubric': fault(
    'The criterion «{id}» has {count} levels, the first one has {expected}.',
    'Describe the same number of levels for each criterion.',
  ),
} as const;
type ProgrammeFault = keyof typeof faults;
export type ProgrammeDiagnostic = Diagnostic<FaultCode | ProgrammeFault>;
export const programmeFaults = Object.keys(faults);

export interface ProgrammeContext {
  /** The languages that every text is in. */
  readonly languages: readonly string[];
  /** Ids of exams by course. */
  readonly courses: ReadonlyMap<string, ReadonlySet<string>>;
}

type Faults = Report<FaultCode | ProgrammeFault>;
interface Reading {
  readonly reader: FieldReader;
  readonly report: Faults;
  readonly context: ProgrammeContext;
}

const asSlug = (value: unknown): string | null => (isSlug(value) ? value : null);
const asCount = (value: unknown): number | null => (Number.isSafeInteger(value) && Number(value) >= 1 ? Number(value) : null);
const asShare = (value: unknown): number | null => (typeof value === 'number' && value > 0 && value <= 1 ? value : null);
const asObjects = (value: unknown): readonly unknown[] | null =>
  Array.isArray(value) && value.length > 0 && value.every(isObject) ? value : null;
const asSlugs = (value: unknown): readonly string[] | null =>
  Array.isArray(value) && value.length > 0 && value.every(isSlug) ? value : null;
const asUrl = (value: unknown): string | null => (typeof value === 'string' && /^https:\/\/[^\s"'<>\\]+$/.test(value) ? value : null);

/** Reads something of an entry of a list, whose path goes on from there. */
const within = (reader: FieldReader, path: Path): FieldReader => ({
  file: reader.file,
  lineOf: (rest) => reader.lineOf([...path, ...rest]),
  fault: (code, rest, values) => reader.fault(code, [...path, ...rest], values),
});

const leafKinds = ['course', 'exam', 'sessions', 'people', 'contributions', 'holds'] as const;
const branchKinds = ['all', 'any', 'some'] as const;

function readLeaf(
  { reader, report, context }: Reading,
  value: Readonly<Record<string, unknown>>,
  kind: (typeof leafKinds)[number],
): Leaf | null {
  const known = { course: ['course', 'score'], exam: ['exam', 'course', 'score'], sessions: ['sessions', 'rubric', 'level'], people: ['people', 'courses', 'score'], contributions: ['contributions'], holds: ['holds'] }[kind]; // prettier-ignore
  reportUnknownFields(reader, value, [], ['id', ...known]);
  const id = readField(reader, value, ['id'], 'an id of a-z, 0-9 and hyphens', asSlug);
  const slug = (name: string): string | null => readField(reader, value, [name], 'an id of a-z, 0-9 and hyphens', asSlug);
  const count = (name: string): number | null => readField(reader, value, [name], 'a whole number from 1', asCount);
  const share = (): number | null => readField(reader, value, ['score'], 'a share above 0, at most 1', asShare);
  const tell = (code: ProgrammeFault, name: string, values: Readonly<Record<string, string | number>>): void =>
    report(code, { file: reader.file, line: reader.lineOf([name]) }, values);
  const checkCourse = (course: string, name: string): void => {
    if (!context.courses.has(course)) tell('unknown-course', name, { id: course, suggestion: suggestion(course, context.courses.keys()) });
  };
  switch (kind) {
    case 'course': {
      const [course, score] = [slug('course'), share()];
      if (id === null || course === null || score === null) return null;
      checkCourse(course, 'course');
      return { type: 'course', id, course, score };
    }
    case 'exam': {
      const [unit, course, score] = [slug('exam'), slug('course'), share()];
      if (id === null || unit === null || course === null || score === null) return null;
      checkCourse(course, 'course');
      const units = context.courses.get(course);
      if (units?.has(unit) === false) tell('unknown-exam', 'exam', { course, unit, suggestion: suggestion(unit, units) });
      return { type: 'exam', id, course, unit, score };
    }
    case 'sessions': {
      const [sessions, rubric, level] = [count('sessions'), slug('rubric'), count('level')];
      return id === null || sessions === null || rubric === null || level === null
        ? null
        : { type: 'teaching', id, sessions, rubric, level };
    }
    case 'people': {
      const [people, score] = [count('people'), share()];
      const courses = readField(reader, value, ['courses'], 'a list of courses', asSlugs);
      if (id === null || people === null || courses === null || score === null) return null;
      for (const course of courses) checkCourse(course, 'courses');
      return { type: 'people', id, people, courses, score };
    }
    case 'contributions': {
      const contributions = count('contributions');
      return id === null || contributions === null ? null : { type: 'contribution', id, contributions };
    }
    case 'holds': {
      const programme = slug('holds');
      return id === null || programme === null ? null : { type: 'holds', id, programme };
    }
  }
}

function readRequirement(reading: Reading, value: unknown): Requirement | null {
  const { reader, report } = reading;
  const refuse = (code: ProgrammeFault, path: Path, values?: Readonly<Record<string, string | number>>): null => {
    report(code, { file: reader.file, line: reader.lineOf(path) }, values);
    return null;
  };
  if (!isObject(value)) return refuse('bad-requirement', [], { reason: 'it has no fields.' });
  // An exam names its course, too.
  const kinds = [...branchKinds, ...leafKinds].filter((name) => name in value && !(name === 'course' && 'exam' in value));
  const [kind, ...more] = kinds;
  if (kind === undefined) return refuse('bad-requirement', [], { reason: 'it has none of the fields that say what is required.' });
  if (more.length > 0) return refuse('bad-requirement', [], { reason: `it has ${kinds.join(' and ')} at once.` });
  if (kind !== 'all' && kind !== 'any' && kind !== 'some') return readLeaf(reading, value, kind);
  const name = kind === 'some' ? 'of' : kind;
  reportUnknownFields(reader, value, [], kind === 'some' ? ['some', 'of'] : [kind]);
  const list = value[name];
  if (!Array.isArray(list) || list.length === 0) return refuse('empty-branch', [kind]);
  const of = list.map((child, i) => readRequirement({ ...reading, reader: within(reader, [name, i]) }, child));
  const read = of.filter((child) => child !== null);
  if (read.length < of.length) return null;
  if (kind !== 'some') return { type: kind, of: read };
  const n = readField(reader, value, ['some'], 'a whole number from 1', asCount);
  if (n === null) return null;
  return n > read.length ? refuse('impossible-branch', ['some'], { n, count: read.length }) : { type: 'some', n, of: read };
}

function readRubrics({ reader, report, context }: Reading, value: unknown): readonly Rubric[] {
  if (!isObject(value) || value['rubrics'] === undefined) return [];
  const list = readField(reader, value, ['rubrics'], 'a list of rubrics', asObjects) ?? [];
  return list.flatMap((given, i): Rubric[] => {
    const here = within(reader, ['rubrics', i]);
    reportUnknownFields(here, given, [], ['id', 'title', 'criteria']);
    const id = readField(here, given, ['id'], 'an id of a-z, 0-9 and hyphens', asSlug);
    const title = readLocalized(here, given, ['title'], context.languages);
    let expected = 0;
    const criteria = (readField(here, given, ['criteria'], 'a list of criteria', asObjects) ?? []).flatMap(
      (criterion, j): Rubric['criteria'] => {
        const there = within(here, ['criteria', j]);
        reportUnknownFields(there, criterion, [], ['id', 'title', 'levels']);
        const name = readField(there, criterion, ['id'], 'an id of a-z, 0-9 and hyphens', asSlug);
        const words = readLocalized(there, criterion, ['title'], context.languages);
        const levels = (readField(there, criterion, ['levels'], 'a list of levels, the lowest first', asObjects) ?? []).map((_, k, all) =>
          readLocalized(within(there, ['levels', k]), { level: all[k] }, ['level'], context.languages),
        );
        if (name === null || levels.length === 0) return [];
        expected ||= levels.length;
        if (levels.length !== expected)
          report('ragged-rubric', { file: reader.file, line: there.lineOf(['levels']) }, { id: name, count: levels.length, expected });
        return [{ id: name, title: words, levels }];
      },
    );
    reportTwice(
      here,
      criteria.map((criterion) => criterion.id),
      ['criteria'],
    );
    return id === null ? [] : [{ id, title, criteria }];
  });
}

function reportTwice(reader: FieldReader, ids: readonly string[], path: Path): void {
  ids.forEach((id, i) => {
    if (ids.indexOf(id) < i) reader.fault('duplicate-id', [...path, i], { id, other: 'this file' });
  });
}

function readAlignment({ reader }: Reading, value: unknown): Programme['alignment'] {
  if (!isObject(value) || value['alignment'] === undefined) return [];
  return (readField(reader, value, ['alignment'], 'a list of targets', asObjects) ?? []).flatMap((target, i) => {
    const here = within(reader, ['alignment', i]);
    reportUnknownFields(here, target, [], ['code', 'name', 'url']);
    const code = readField(here, target, ['code'], 'a text', asText);
    const name = readField(here, target, ['name'], 'a text', asText);
    const url = readField(here, target, ['url'], 'an address that begins with https://', asUrl);
    return code === null || name === null || url === null ? [] : [{ code, name, url }];
  });
}

function checkRubrics({ reader, report }: Reading, requirement: Requirement, rubrics: readonly Rubric[], path: Path): void {
  for (const leaf of leavesOf(requirement)) {
    if (leaf.type !== 'teaching') continue;
    const rubric = rubrics.find(({ id }) => id === leaf.rubric);
    const place = { file: reader.file, line: reader.lineOf(path) };
    if (rubric === undefined)
      report('unknown-rubric', place, {
        id: leaf.rubric,
        suggestion: suggestion(
          leaf.rubric,
          rubrics.map(({ id }) => id),
        ),
      });
    else if (rubric.criteria.some(({ levels }) => levels.length < leaf.level))
      report('unknown-level', place, { id: rubric.id, level: leaf.level });
  }
}

function parseProgramme(name: string, text: string, report: Faults, context: ProgrammeContext): Programme | null {
  const file = `${name}.yaml`;
  const yaml = parseYaml(text, file, 1, report);
  if (yaml === null) return null;
  const { value } = yaml;
  const reader = createFieldReader(file, yaml, report);
  const reading: Reading = { reader, report, context };
  reportUnknownFields(reader, value, [], ['id', 'version', 'title', 'summary', 'criteria', 'alignment', 'within', 'validity', 'renewal', 'lapse', 'rubrics', 'requires']); // prettier-ignore
  const id = readField(reader, value, ['id'], 'an id of a-z, 0-9 and hyphens', asSlug);
  if (id !== null && id !== name) reader.fault('folder-id', ['id'], { id, name });
  const count = (field: string): number | null => readField(reader, value, [field], 'a whole number from 1', asCount);
  const [version, months, validity] = [count('version'), count('within'), count('validity')];
  const localized = (field: string): Localized => readLocalized(reader, value, [field], context.languages);
  const texts = { title: localized('title'), summary: localized('summary'), criteria: localized('criteria') };
  const rubrics = readRubrics(reading, value);
  reportTwice(
    reader,
    rubrics.map((rubric) => rubric.id),
    ['rubrics'],
  );
  const required = (field: 'requires' | 'renewal'): Requirement | null => {
    const given = readField(reader, value, [field], 'a requirement', (found) => (isObject(found) ? found : null));
    const requirement = given === null ? null : readRequirement({ ...reading, reader: within(reader, [field]) }, given);
    if (requirement === null) return null;
    reportTwice(reader, leavesOf(requirement).map((leaf) => leaf.id), [field]); // prettier-ignore
    checkRubrics(reading, requirement, rubrics, [field]);
    return requirement;
  };
  const [requires, renewal] = [required('requires'), required('renewal')];
  const left = readField(reader, value, ['lapse'], 'months: and to:', (found) => (isObject(found) ? found : null));
  const here = within(reader, ['lapse']);
  reportUnknownFields(here, left, [], ['months', 'to', 'programme']);
  const lapseMonths = left === null ? null : readField(here, left, ['months'], 'a whole number from 1', asCount);
  const lapseTo = left === null ? {} : readLocalized(here, left, ['to'], context.languages);
  const lapseProgramme =
    left?.['programme'] === undefined ? undefined : readField(here, left, ['programme'], 'the id of a programme', asSlug);
  const alignment = readAlignment(reading, value);
  if (id === null || version === null || months === null || validity === null || requires === null || renewal === null) return null;
  if (lapseMonths === null || lapseProgramme === null) return null;
  const lapse = { months: lapseMonths, to: lapseTo, ...(lapseProgramme === undefined ? {} : { programme: lapseProgramme }) };
  return { id, version, ...texts, alignment, within: months, validity, renewal, lapse, rubrics, requires };
}

/** What a programme asks to be held, and where it lapses to. */
const named = ({ requires, renewal, lapse }: Programme): readonly string[] => [
  ...[...leavesOf(requires), ...leavesOf(renewal)].flatMap((leaf) => (leaf.type === 'holds' ? [leaf.programme] : [])),
  ...(lapse.programme === undefined ? [] : [lapse.programme]),
];

/**
 * Reads every programme together, because they name each other.
 *
 * @param files text of each file by its name without `.yaml`
 * @returns the programmes, in the order of their ids; null where there is an error
 */
export function parseProgrammes(
  files: ReadonlyMap<string, string>,
  context: ProgrammeContext,
): { readonly programmes: readonly Programme[] | null; readonly diagnostics: readonly ProgrammeDiagnostic[] } {
  const { report, diagnostics } = createReport(faults);
  const byId = new Map<string, Programme>();
  for (const [name, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const programme = parseProgramme(name, text, report, context);
    if (programme !== null) byId.set(programme.id, programme);
  }
  for (const programme of byId.values()) {
    const place = { file: `${programme.id}.yaml`, line: 1 };
    // A name is looked for among the files: one that has faults of its own is there all the same.
    for (const id of named(programme))
      if (!files.has(id)) report('unknown-programme', place, { id, suggestion: suggestion(id, [...files.keys()].filter((other) => other !== programme.id)) }); // prettier-ignore
    const way = wayBack(programme.id, byId);
    if (way !== null) report('circular-programme', place, { id: programme.id, way: way.join(' → ') });
  }
  const found = diagnostics();
  const failed = found.some(({ severity }) => severity === 'error');
  return { programmes: failed ? null : [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), diagnostics: found };
}

/** From a programme over what it asks to be held back to itself; null where no way leads there. */
function wayBack(start: string, byId: ReadonlyMap<string, Programme>): readonly string[] | null {
  const seen = new Set<string>();
  const follow = (id: string, way: readonly string[]): readonly string[] | null => {
    const programme = byId.get(id);
    if (programme === undefined) return null;
    for (const next of [...leavesOf(programme.requires)].flatMap((leaf) => (leaf.type === 'holds' ? [leaf.programme] : []))) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = follow(next, [...way, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return follow(start, [start]);
}
