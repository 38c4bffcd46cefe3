/**
 * The course compiler: files in, package and diagnostics out. Pure, and the same in browser and node: hashing is an argument,
 * and the same files give the same bytes. Every fault is reported at once; while there is an error nothing is built.
 *
 *   files → course.yaml, glossary, references   course-file.ts
 *         → modules and units by name           outline.ts
 *         → pictures and data, hashed           assets.ts
 *         → front matter and text of each unit  unit-file.ts
 *         → blocks → Markdown → HTML, items     segments.ts, markdown.ts, item-block.ts, lesson.ts
 *         → translations in step                translations.ts
 *         → pieces and manifest                 assemble.ts
 */
import { isCourseId, isUnitId } from '../domain/ids.ts';
import { assemble, type BuiltModule, type BuiltUnit, type Package } from './assemble.ts';
import { readAssets, type Hash } from './assets.ts';
import { parseCourseFile, parseGlossary, parseModuleFile, parseReferences, type CourseFacts } from './course-file.ts';
import { createReport, type Diagnostic, type Report } from './diagnostics.ts';
import { renderLesson, type CourseContext, type Lesson } from './lesson.ts';
import { outlineOf, type OutlineModule, type OutlineUnit } from './outline.ts';
import { localizedPath, textOf, type CourseSource } from './source.ts';
import { compareTranslation } from './translations.ts';
import { parseUnitFile, type UnitSource } from './unit-file.ts';

export interface Compiled {
  /** Null where a diagnostic is an error. */
  readonly package: Package | null;
  /** By file, line and column. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Files that speak to authors and tools, not to learners. */
const isIgnored = (path: string): boolean =>
  path.split('/').some((part) => part.startsWith('.')) || /^(?:readme|licen[cs]e)(?:\.\w+)?$/i.test(path);

interface ReadUnit {
  readonly outline: OutlineUnit;
  readonly sourceByLanguage: ReadonlyMap<string, UnitSource>;
}

/** Compiles a course. Throws on no input; what is wrong with it is in the diagnostics. */
export async function compileCourse(source: CourseSource, deps: { readonly sha256: Hash }): Promise<Compiled> {
  const { report, diagnostics } = createReport();
  const files = new Map([...source.files].filter(([path]) => !isIgnored(path)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  const text = (path: string): string | null => {
    const content = files.get(path);
    return content === undefined ? null : textOf(content, path, report);
  };

  const courseText = text('course.yaml');
  if (courseText === null) report('missing-file', { file: 'course.yaml', line: 1 }, { name: 'course.yaml' });
  const facts = courseText === null ? null : parseCourseFile(courseText, source.folder, report);
  if (facts === null) return { package: null, diagnostics: diagnostics() };

  const outline = outlineOf(files.keys(), facts.languages, report);
  const glossary = parseGlossary(text('glossary.yaml') ?? '[]', facts.languages, report);
  const references = parseReferences(text('references.yaml') ?? '[]', report);
  const assets = await readAssets({ files }, deps.sha256, report);
  const units = new Map(outline.flatMap((module) => module.units).map((unit) => [unit, readUnit(unit, text, report)]));
  reportDuplicateUnits([...units.values()], facts, report);

  const context: CourseContext = {
    course: facts.id,
    // Nothing leads into an exam: it is opened with its proctor.
    unitIds: new Set(
      [...units.values()]
        .flatMap(({ sourceByLanguage }) => [...sourceByLanguage.values()].filter(({ exam }) => exam === null).map(({ id }) => id))
        .filter((id) => id !== ''),
    ),
    termIds: new Set(glossary.map(({ id }) => id)),
    referenceById: new Map(references.map((entry) => [entry.id, entry])),
    assets,
    report,
  };
  const itemPlaces = new Map<string, string>();
  const modules = outline.flatMap((module): BuiltModule[] => {
    const heading = readModule(module, text, facts, report);
    const built = module.units.flatMap((unit) => buildUnit(units.get(unit), facts, context, itemPlaces));
    return heading === null ? [] : [{ ...heading, units: built }];
  });
  reportDuplicateModules(modules, outline, report);
  for (const path of files.keys())
    if (!/\.(?:md|yaml)$/.test(path) && !assets.isUsed(path)) report('unused-file', { file: path, line: 1 }, { name: path });

  const found = diagnostics();
  if (found.some(({ severity }) => severity === 'error') || !isCourseId(facts.id)) return { package: null, diagnostics: found };
  const built = await assemble({ course: facts.id, facts, modules, glossary, references, assets }, deps.sha256);
  return { package: built, diagnostics: found };
}

function readUnit(outline: OutlineUnit, text: (path: string) => string | null, report: Report): ReadUnit {
  const sourceByLanguage = new Map<string, UnitSource>();
  for (const [language, path] of outline.fileByLanguage) sourceByLanguage.set(language, parseUnitFile(text(path) ?? '', path, report));
  return { outline, sourceByLanguage };
}

function reportDuplicateUnits(units: readonly ReadUnit[], { languages }: CourseFacts, report: Report): void {
  const placeById = new Map<string, string>();
  for (const { sourceByLanguage } of units) {
    const source = sourceByLanguage.get(languages[0] ?? '') ?? [...sourceByLanguage.values()][0];
    if (source === undefined || source.id === '') continue;
    const { id, file, idLine } = source;
    const other = placeById.get(id);
    if (other !== undefined) report('duplicate-id', { file, line: idLine }, { id, other });
    else placeById.set(id, file);
  }
}

function reportDuplicateModules(modules: readonly BuiltModule[], outline: readonly OutlineModule[], report: Report): void {
  const placeById = new Map<string, string>();
  for (const { id, file } of modules) {
    const other = placeById.get(id);
    if (other !== undefined) report('duplicate-id', { file, line: 1 }, { id, other });
    else placeById.set(id, file);
  }
  if (outline.length > 0 && outline.every(({ units }) => units.length === 0)) report('no-unit', { file: 'course.yaml', line: 1 });
}

function readModule({ folder }: OutlineModule, text: (path: string) => string | null, { languages }: CourseFacts, report: Report) {
  const file = `${folder}/module.yaml`;
  const content = text(file);
  if (content === null) report('missing-file', { file, line: 1 }, { name: file });
  const module = content === null ? null : parseModuleFile(content, file, languages, report);
  return module === null ? null : { ...module, file };
}

/** An exam asks something, and says nothing of what it asks. */
function reportExam({ file, examLine }: UnitSource, { items, itemLines }: Lesson, report: Report): void {
  if (itemLines.length === 0) report('empty-exam', { file, line: examLine });
  for (const { item, line } of items) {
    const told = 'options' in item && item.options.some(({ feedback }) => feedback !== undefined);
    if (told || item.hint !== undefined || item.because !== undefined) report('exam-tells', { file, line }, { id: item.id });
  }
}

/** A unit in all its languages; none where it lacks what it cannot be built without, which is reported. */
function buildUnit(
  unit: ReadUnit | undefined,
  { languages }: CourseFacts,
  context: CourseContext,
  itemPlaces: Map<string, string>,
): readonly BuiltUnit[] {
  const { report } = context;
  const [language = ''] = languages;
  const first = unit?.sourceByLanguage.get(language);
  if (unit === undefined) return [];
  const { outline, sourceByLanguage } = unit;
  const lessonByLanguage = new Map<string, { source: UnitSource; lesson: Lesson }>();
  for (const [spoken, source] of sourceByLanguage) lessonByLanguage.set(spoken, { source, lesson: renderLesson(source, spoken, context) });

  const firstPath = first?.file ?? [...outline.fileByLanguage.values()][0] ?? outline.stem;
  for (const wanted of languages) {
    if (sourceByLanguage.has(wanted)) continue;
    const name = wanted === language ? `${outline.stem}.md` : localizedPath(`${outline.stem}.md`, wanted);
    report('missing-translation', { file: firstPath, line: 1 }, { language: wanted, name });
  }
  const original = lessonByLanguage.get(language);
  if (first === undefined || original === undefined) return [];
  for (const { id, line } of original.lesson.itemLines) {
    const other = itemPlaces.get(id);
    if (other !== undefined) report('duplicate-id', { file: first.file, line }, { id, other });
    else itemPlaces.set(id, `${first.file}:${String(line)}`);
  }
  for (const [spoken, { source, lesson }] of lessonByLanguage) {
    if (spoken === language) continue;
    const { file, id, idLine } = source;
    if (id !== '' && first.id !== '' && id !== first.id) report('translation-id', { file, line: idLine }, { id, expected: first.id });
    compareTranslation(original.lesson, lesson, file, report);
    const rules = [first, source].map(({ exam, minutes }) => (exam === null ? 'none' : `${String(exam.attempts)} ${String(minutes)}`));
    if (rules[0] !== rules[1]) report('translation-exam', { file, line: source.examLine });
  }
  if (first.exam !== null) reportExam(first, original.lesson, report);
  return isUnitId(first.id) ? [{ id: first.id, minutes: first.minutes, exam: first.exam, lessonByLanguage }] : [];
}
