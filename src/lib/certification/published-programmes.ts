/** Programmes as a node publishes them (`GET /content/programmes`): read again by whoever keeps them. One that cannot be read is left out. */
import { isSlug } from '../domain/ids.ts';
import { isCount, isFiniteNumber, isListOf, isObject, isRecordOf, isString } from '../domain/shape.ts';
import type { Localized, Programme, Requirement, Rubric } from './programme.ts';

const isLocalized = (value: unknown): value is Localized => isRecordOf(isString)(value);
const isShare = (value: unknown): boolean => isFiniteNumber(value) && value >= 0 && value <= 1;
/** No programme nests deeper; a list that does is not walked. */
const deepest = 8;

function isRequirement(value: unknown, depth = 0): value is Requirement {
  if (!isObject(value) || depth > deepest) return false;
  const { type, of, id } = value;
  if (type === 'all' || type === 'any' || type === 'some')
    return Array.isArray(of) && of.every((child) => isRequirement(child, depth + 1)) && (type !== 'some' || isCount(value['n']));
  if (!isSlug(id)) return false;
  switch (type) {
    case 'course':
      return isSlug(value['course']) && isShare(value['score']);
    case 'exam':
      return isSlug(value['course']) && isSlug(value['unit']) && isShare(value['score']);
    case 'teaching':
      return isCount(value['sessions']) && isSlug(value['rubric']) && isCount(value['level']);
    case 'people':
      return isCount(value['people']) && isListOf(isSlug)(value['courses']) && isShare(value['score']);
    case 'contribution':
      return isCount(value['contributions']);
    case 'holds':
      return isSlug(value['programme']);
    default:
      return false;
  }
}

const isCriterion = (value: unknown): value is Rubric['criteria'][number] =>
  isObject(value) && isSlug(value['id']) && isLocalized(value['title']) && isListOf(isLocalized)(value['levels']);
const isRubric = (value: unknown): value is Rubric =>
  isObject(value) && isSlug(value['id']) && isLocalized(value['title']) && isListOf(isCriterion)(value['criteria']);

function isProgramme(value: unknown): value is Programme {
  if (!isObject(value)) return false;
  const { id, version, title, summary, criteria, within, validity, lapse, rubrics, requires, renewal } = value;
  if (!isSlug(id) || !isCount(version) || !isLocalized(title) || !isLocalized(summary) || !isLocalized(criteria)) return false;
  if (!isCount(within) || !isCount(validity) || !isObject(lapse) || !isCount(lapse['months']) || !isLocalized(lapse['to'])) return false;
  return isListOf(isRubric)(rubrics) && isRequirement(requires) && isRequirement(renewal) && Array.isArray(value['alignment']);
}

/** @param value the answer as it came, or as it was kept */
export function readProgrammes(value: unknown): readonly Programme[] {
  const list: unknown = isObject(value) ? value['programmes'] : undefined;
  return Array.isArray(list) ? list.filter(isProgramme) : [];
}

/** What the courses that programmes ask for are called, as the same answer says; a device need not have them. */
export function readCourseTitles(value: unknown): Readonly<Record<string, Localized>> {
  const courses: unknown = isObject(value) ? value['courses'] : undefined;
  return isRecordOf(isLocalized)(courses) ? courses : {};
}
