/**
 * Reads what a package says of itself, from outside. A manifest is read before its signature is believed and its structure is read
 * after its hash was checked; neither is believed to be well formed.
 */
import { isCourseId, isItemId, isSha256, isSlug, isUnitId } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isCount, isFiniteNumber, isListOf, isObject, isRecordOf, isString } from '../domain/shape.ts';
import type { CourseStructure, CourseSummary, Language, Manifest, Piece, PieceRole, SignedManifest, TextSection } from './package.ts';

const roles: readonly PieceRole[] = ['structure', 'lesson', 'items', 'text', 'picture', 'data'];

/** The media types that a package may hold; a piece of any other is not stored. */
const types =
  /^(text\/html|application\/json|image\/svg\+xml|image\/png|image\/jpeg|image\/webp|image\/avif|text\/csv|text\/plain|application\/fits|audio\/ogg)$/;

const isLanguage = (value: unknown): value is Language => isString(value) && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(value);
const isLanguages = (value: unknown): value is readonly Language[] =>
  isListOf(isLanguage)(value) && value.length > 0 && new Set(value).size === value.length;
const isLocalized = isRecordOf(isString);
const isLocalizedList = isRecordOf(isListOf(isString));
const isShare = (value: unknown): boolean => isFiniteNumber(value) && value >= 0 && value <= 1;

/** 64 MB: more than any piece of a course, far less than what would end a page. */
const maxPieceBytes = 64 * 1024 * 1024;

const isPiece = (value: unknown): value is Piece =>
  isObject(value) &&
  isSha256(value['sha256']) &&
  roles.some((role) => role === value['role']) &&
  (value['language'] === undefined || isLanguage(value['language'])) &&
  isCount(value['bytes']) &&
  value['bytes'] <= maxPieceBytes &&
  isString(value['type']) &&
  types.test(value['type']) &&
  (value['name'] === undefined || isString(value['name']));

/** A package of a form that this version does not know is shown as what it is closest to: something to read. */
const isForm = (value: unknown): boolean => value === undefined || isString(value);

const isManifest = (value: unknown): value is Manifest =>
  isObject(value) &&
  value['format'] === 'perigee-course/1' &&
  isCourseId(value['course']) &&
  isForm(value['form']) &&
  isLanguages(value['languages']) &&
  isLocalized(value['title']) &&
  isLocalized(value['summary']) &&
  [value['licence'], value['discipline'], value['level']].every(isString) &&
  isListOf(isCount)(value['sdg']) &&
  [value['units'], value['items'], value['minutes']].every(isCount) &&
  isSha256(value['structure']) &&
  isListOf(isPiece)(value['pieces']) &&
  value['pieces'].some((piece) => piece.sha256 === value['structure'] && piece.role === 'structure');

/** A signed manifest as a node or a file brings it. Whether the signature is right is another question. */
export function parseSignedManifest(value: unknown): Result<SignedManifest, 'nonsense'> {
  if (!isObject(value) || !isManifest(value['manifest'])) return err('nonsense');
  const { manifest, signature } = value;
  if (!isObject(signature) || !isString(signature['key']) || !isString(signature['value'])) return err('nonsense');
  return ok({ manifest, signature: { key: signature['key'], value: signature['value'] } });
}

const isShas = isListOf(isSha256);

const isUnitPieces = (value: unknown): boolean =>
  isObject(value) && [value['lesson'], value['items'], value['text']].every(isSha256) && isShas(value['pictures']) && isShas(value['data']);

const isStructureItem = (value: unknown): boolean =>
  isObject(value) && isItemId(value['id']) && isCount(value['v']) && isFiniteNumber(value['points']) && isString(value['kind']);

const isStructureUnit = (value: unknown): boolean =>
  isObject(value) &&
  isUnitId(value['id']) &&
  isLocalized(value['title']) &&
  isCount(value['minutes']) &&
  isLocalizedList(value['outcomes']) &&
  Array.isArray(value['items']) &&
  value['items'].every(isStructureItem) &&
  isObject(value['pieces']) &&
  Object.values(value['pieces']).every(isUnitPieces);

const isExam = (value: unknown): boolean =>
  isStructureUnit(value) && isObject(value) && isCount(value['attempts']) && value['attempts'] > 0;

const isModule = (value: unknown): boolean =>
  isObject(value) &&
  isSlug(value['id']) &&
  isLocalized(value['title']) &&
  Array.isArray(value['units']) &&
  value['units'].every(isStructureUnit);

const isTerm = (value: unknown): boolean =>
  isObject(value) && isSlug(value['id']) && isLocalized(value['term']) && isLocalized(value['definition']);

const isReference = (value: unknown): boolean =>
  isObject(value) && isSlug(value['id']) && isString(value['text']) && (value['url'] === undefined || isString(value['url']));

const isListWhere = (value: unknown, is: (entry: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);

const isStructure = (value: unknown): value is CourseStructure =>
  isObject(value) &&
  isCourseId(value['course']) &&
  isForm(value['form']) &&
  isLanguages(value['languages']) &&
  isLocalized(value['title']) &&
  isLocalized(value['summary']) &&
  isListWhere(value['outcomes'], isLocalized) &&
  isListOf(isString)(value['authors']) &&
  [value['licence'], value['discipline'], value['level']].every(isString) &&
  isListOf(isCount)(value['sdg']) &&
  isShare(value['pass']) &&
  isListWhere(value['modules'], isModule) &&
  (value['exams'] === undefined || isListWhere(value['exams'], isExam)) &&
  isListWhere(value['glossary'], isTerm) &&
  isListWhere(value['references'], isReference);

/** The piece with role `structure`, after `JSON.parse`. */
export const parseStructure = (value: unknown): Result<CourseStructure, 'nonsense'> => (isStructure(value) ? ok(value) : err('nonsense'));

/** The piece with role `text`, after `JSON.parse`. */
export const isTextSections = isListOf(
  (value): value is TextSection => isObject(value) && [value['anchor'], value['heading'], value['text']].every(isString),
);

type LanguagePrice = CourseSummary['price'][Language];

const isPrices = isRecordOf((value): value is LanguagePrice => isObject(value) && isCount(value['text']) && isCount(value['media']));

/** `price` as a node puts it beside a manifest; null where it does not. */
export const parsePrices = (value: unknown): CourseSummary['price'] | null =>
  isObject(value) && isPrices(value['price']) ? value['price'] : null;

const isSummary = (value: unknown): value is CourseSummary =>
  isObject(value) &&
  isCourseId(value['course']) &&
  isForm(value['form']) &&
  isLanguages(value['languages']) &&
  isLocalized(value['title']) &&
  isLocalized(value['summary']) &&
  [value['licence'], value['discipline'], value['level']].every(isString) &&
  isListOf(isCount)(value['sdg']) &&
  [value['units'], value['items'], value['minutes']].every(isCount) &&
  isSha256(value['manifest']) &&
  isPrices(value['price']);

/** The answer of `GET /content/manifests`. */
export const parseCatalogue = (value: unknown): Result<readonly CourseSummary[], 'nonsense'> =>
  isObject(value) && isListOf(isSummary)(value['courses']) ? ok(value['courses']) : err('nonsense');
