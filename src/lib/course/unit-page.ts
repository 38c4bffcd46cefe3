/**
 * A unit in a page that came whole: as the server rendered it, or as the worker composed it from the device. The text stands in the page once,
 * as HTML, and is read from there; beside it, as JSON, stands what the text does not say.
 */
import { isCourseId, isItemId, isUnitId, type ItemId, type UnitId } from '../domain/ids.ts';
import { isListOf, isObject, isString } from '../domain/shape.ts';
import { isItem } from '../exercise/read-item.ts';
import { lessonBlocks, type CourseStructure, type Language, type LessonItems, type Localized } from './package.ts';
import { parseStructure } from './parse-package.ts';

export interface UnitContent {
  readonly structure: CourseStructure;
  readonly unit: UnitId;
  readonly language: Language;
  readonly fragment: string;
  readonly items: LessonItems;
  readonly from: 'device' | 'node';
}

/** `id` of the JSON's script element. */
export const unitDataId = 'unit-data';

/** The words of one language, with the first that there is where it lacks them. */
function only<Value>(values: Localized<Value>, language: Language): Localized<Value> {
  const value = Object.hasOwn(values, language) ? values[language] : Object.values(values)[0];
  return value === undefined ? {} : { [language]: value };
}

/** What a lesson's page needs of the structure: the order and titles of the units in its language, and what progress needs. */
const structureForUnit = ({ exams: _, ...structure }: CourseStructure, language: Language): CourseStructure => ({
  ...structure,
  title: only(structure.title, language),
  summary: {},
  outcomes: [],
  authors: [],
  glossary: [],
  references: [],
  modules: structure.modules.map((module) => ({
    ...module,
    title: only(module.title, language),
    units: module.units.map((unit) => ({ ...unit, title: only(unit.title, language), outcomes: {}, pieces: {} })),
  })),
});

/**
 * What a lesson's page carries beside its text, as JSON, safe inside a script element (`id` is `unitDataId`). With it and the blocks' own HTML
 * (`<div data-block>`) the unit is read back without sending anything twice.
 */
export function unitPageJson({ structure, unit, language, fragment, items, from }: UnitContent): string {
  const blocks = lessonBlocks(fragment).map((block) => ('item' in block ? block.item : null));
  const outcomes = structure.modules.flatMap(({ units }) => units).find(({ id }) => id === unit)?.outcomes ?? {};
  const slim = structureForUnit(structure, language);
  const withOutcomes: CourseStructure = {
    ...slim,
    modules: slim.modules.map((module) => ({
      ...module,
      units: module.units.map((one) => (one.id === unit ? { ...one, outcomes: only(outcomes, language) } : one)),
    })),
  };
  return JSON.stringify({ structure: withOutcomes, unit, language, items, blocks, from }).replaceAll('<', '\\u003c');
}

const isBlock = (value: unknown): value is ItemId | null => value === null || isItemId(value);
/**
 * Items as they came from a node or with a page; null where they are no list. An item of a shape that this version does not know is left out, and
 * the lesson is shown without it.
 */
export const parseItems = (value: unknown): LessonItems | null => (Array.isArray(value) ? value.filter(isItem) : null);

/** The unit again, from the JSON and the HTML of the page's `[data-block]` elements in their order; null where they do not fit. */
export function parseUnitPage(json: string, html: readonly string[]): UnitContent | null {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isObject(data)) return null;
  const { unit, language, blocks, from } = data;
  const items = parseItems(data['items']);
  const structure = parseStructure(data['structure']);
  if (!structure.ok || !isCourseId(structure.value.course) || !isUnitId(unit) || !isString(language) || items === null) return null;
  if (!isListOf(isBlock)(blocks) || blocks.filter((block) => block === null).length !== html.length) return null;
  const rest = [...html];
  const fragment = blocks.map((block) => (block === null ? rest.shift() : `<div data-item="${block}"></div>`)).join('\n');
  return { structure: structure.value, unit, language, fragment, items, from: from === 'device' ? 'device' : 'node' };
}

/** `id` of the script element with a course's JSON. */
export const courseDataId = 'course-data';

/** A course for its own page: all but the names of the pieces, which only an installation needs. */
export const coursePageJson = (structure: CourseStructure): string =>
  JSON.stringify({
    ...structure,
    modules: structure.modules.map((module) => ({ ...module, units: module.units.map((unit) => ({ ...unit, pieces: {} })) })),
    ...(structure.exams === undefined ? {} : { exams: structure.exams.map((exam) => ({ ...exam, pieces: {} })) }),
  } satisfies CourseStructure).replaceAll('<', '\\u003c');

export function parseCoursePage(json: string): CourseStructure | null {
  try {
    const structure = parseStructure(JSON.parse(json));
    return structure.ok ? structure.value : null;
  } catch {
    return null;
  }
}
