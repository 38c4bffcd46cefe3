/** Between what somebody types into a form and the fields of an entry; and what the reader of its kind says of them, field by field. */
import { isFiniteNumber, isObject, isString, type JsonObject } from '../domain/shape.ts';
import { readNumber } from '../domain/typed-number.ts';
import { fieldsByKind, type Field, type WrittenKind } from './fields.ts';
import { isError, type FaultCode } from './faults.ts';
import { readEntry } from './kinds.ts';
import { readPair } from './pair.ts';
import { textLanguages, type Path } from './reader.ts';

/** A text as it is typed, by language. */
export type TypedWords = Record<string, string>;
export interface TypedPart {
  [name: string]: Typed;
}
/** As a form holds it: texts and numbers as they were typed, `''` where nothing was. */
export type Typed = string | string[] | TypedWords | TypedWords[] | TypedPart | TypedPart[] | null;

const wordsOf = (value: unknown): TypedWords =>
  isObject(value)
    ? Object.fromEntries(textLanguages.flatMap((language) => (isString(value[language]) ? [[language, value[language]] as const] : [])))
    : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Nothing typed yet. What is one of a short list begins with its first, as a list shows it. */
function emptyOf(field: Field): Typed {
  switch (field.type) {
    case 'words':
      return {};
    case 'wordsList':
    case 'some':
    case 'links':
    case 'languages':
    case 'objectives':
    case 'parts':
      return [];
    case 'part':
      return null;
    case 'one':
      return field.needed ? (field.of[0] ?? '') : '';
    default:
      return '';
  }
}

function typedOf(field: Field, value: unknown): Typed {
  if (value === undefined || value === null) return emptyOf(field);
  switch (field.type) {
    case 'words':
      return wordsOf(value);
    case 'wordsList':
      return listOf(value).map(wordsOf);
    case 'some':
    case 'links':
    case 'languages':
    case 'objectives':
      return listOf(value).filter(isString);
    case 'parts':
      return listOf(value).flatMap((one) => (isObject(one) ? [{ ...(field.named === true && isString(one['id']) ? { id: one['id'] } : {}), ...fieldsToTyped(field.fields, one) }] : [])); // prettier-ignore
    case 'part': {
      // An entry that was read has the one itself; as it is written it is a list of at most one.
      const [found] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
      return isObject(found) ? fieldsToTyped(field.fields, found) : null;
    }
    case 'number':
    case 'year':
      return isFiniteNumber(value) ? String(value) : isString(value) ? value : '';
    default:
      return isString(value) ? value : '';
  }
}

/** The form of an entry, whole or not, as its fields or as it was read. */
export const fieldsToTyped = (fields: readonly Field[], entry: Readonly<Record<string, unknown>>): TypedPart =>
  Object.fromEntries(fields.map((field) => [field.name, typedOf(field, entry[field.name])]));

const trimmed = (words: TypedWords): JsonObject | undefined => {
  const kept = Object.entries(words).flatMap(([language, text]) => (text.trim() === '' ? [] : [[language, text.trim()] as const]));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};
const isWords = (value: Typed): value is TypedWords => isObject(value);
const isPart = (value: Typed): value is TypedPart => isObject(value);

/** What the entry has in this field; undefined where nothing was typed. */
function valueOf(field: Field, typed: Typed | undefined): unknown {
  if (typed === undefined || typed === null) return undefined;
  switch (field.type) {
    case 'words':
      return isWords(typed) ? trimmed(typed) : undefined;
    case 'wordsList': {
      const texts = listOf(typed).flatMap((one) => trimmed(wordsOf(one)) ?? []);
      return texts.length === 0 ? undefined : texts;
    }
    case 'some':
    case 'links':
    case 'languages':
    case 'objectives': {
      // Copies: a page's own lists are proxies, which no store takes.
      const ids = listOf(typed).filter(isString);
      return ids.length === 0 ? undefined : ids;
    }
    case 'parts': {
      const parts = listOf(typed).flatMap((one) =>
        isObject(one)
          ? [
              {
                ...(field.named === true && isString(one['id']) ? { id: one['id'] } : {}),
                ...typedToFields(field.fields, one as TypedPart),
              },
            ]
          : [],
      );
      return parts.length === 0 ? undefined : parts;
    }
    case 'part':
      return isPart(typed) ? [typedToFields(field.fields, typed)] : undefined;
    case 'number':
    case 'year':
      if (!isString(typed) || typed.trim() === '') return undefined;
      // What is no number stays as it was typed: the reader says so.
      return readNumber(typed) ?? typed.trim();
    default:
      return isString(typed) && typed.trim() !== '' ? typed.trim() : undefined;
  }
}

export const typedToFields = (fields: readonly Field[], typed: TypedPart): JsonObject =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(field, typed[field.name]);
      return value === undefined ? [] : [[field.name, value] as const];
    }),
  );

/** What a machine found of a course's address, which no author writes: it holds as long as the address is the same. */
function foundOf(before: JsonObject, after: JsonObject): JsonObject {
  if (!isString(before['lastChecked']) || before['url'] !== after['url']) return {};
  // An entry that was read has `dead` where its fields have `link`.
  return { lastChecked: before['lastChecked'], ...(before['link'] === 'dead' || before['dead'] === true ? { link: 'dead' } : {}) };
}

/** The fields of a whole entry: what was typed, its name, the day, and what of an earlier edition no form shows. */
export function entryOf(kind: WrittenKind, id: string, typed: TypedPart, day: string, before: JsonObject = {}): JsonObject {
  const fields = typedToFields(fieldsByKind[kind], typed);
  return {
    id,
    ...(before['invented'] === true && (kind === 'offer' || kind === 'contribution') ? { invented: true } : {}),
    ...fields,
    ...(kind === 'listing' ? foundOf(before, fields) : {}),
    written: day,
  };
}

export interface FormFault {
  /** From the entry down: `['objectives', 0, 'title']`. */
  readonly path: Path;
  readonly code: FaultCode;
  readonly values: Readonly<Record<string, string | number>>;
}

/** What keeps an entry from being handed in, as its reader sees it; empty where nothing does. */
export function faultsOf(kind: WrittenKind, fields: JsonObject): readonly FormFault[] {
  const faults: FormFault[] = [];
  const fault = (code: FaultCode, path: Path, values: FormFault['values'] = {}): void => {
    if (isError(code)) faults.push({ path, code, values });
  };
  if (kind === 'pair') readPair(fields, fault);
  else readEntry(kind, fields, fault);
  // An indicator without a country is everybody's, which nobody writes here.
  if (kind === 'indicator' && fields['country'] === undefined) fault('missing-field', ['country']);
  return faults;
}

/** The faults that stand at a field: those of its own path, or, where nothing beneath it is shown apart, beneath it. */
export const faultsAt = (faults: readonly FormFault[], path: Path, whole: boolean): readonly FormFault[] =>
  faults.filter(
    (fault) =>
      fault.path.length >= path.length && path.every((step, i) => fault.path[i] === step) && (whole || fault.path.length === path.length),
  );

/** Letters of Cyrillic that become more than one of Latin, or none; the others stand in `cyrillic` in the same order as `latin`. */
const cyrillicLong: Readonly<Record<string, string>> = { ж: 'zh', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'shch', ю: 'yu', я: 'ya', ё: 'e', ъ: '', ь: '', ї: 'yi', є: 'ye' }; // prettier-ignore
const cyrillic = 'абвгдезийклмнопрстуфыэіґ';
const latin = 'abvgdeziyklmnoprstufyeig';

/** In Latin letters, as far as one letter stands for one sound: Latin without its marks, Cyrillic by a short table. Arabic and Chinese give nothing. */
const inLatin = (text: string): string =>
  [...text.toLowerCase().normalize('NFC')]
    .map((letter) => cyrillicLong[letter] ?? latin[cyrillic.indexOf(letter)] ?? letter)
    .join('')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 56)
    .replace(/^-+|-+$/g, '');

/**
 * A name for the address, which it keeps for good (decisions/0056): the first of the titles that has three Latin letters or more, else what it is and the day. Another number
 * behind it where that is taken.
 *
 * @param titles in the order in which they are to be tried
 * @param otherwise the kind, and the country for which it speaks: `plan-islemara`
 * @param day on which it was begun
 */
export function idFrom(titles: readonly string[], otherwise: string, day: string, taken: ReadonlySet<string>): string {
  const plain = titles.map(inLatin).find((name) => (name.match(/[a-z]/g) ?? []).length >= 3) ?? `${otherwise}-${day}`;
  if (!taken.has(plain)) return plain;
  let n = 2;
  while (taken.has(`${plain}-${String(n)}`)) n++;
  return `${plain}-${String(n)}`;
}

/** The next free id of a part in its list: `a1`, `a2` … */
export function nextPartId(parts: readonly unknown[], letter: string): string {
  const taken = new Set(parts.flatMap((one) => (isObject(one) && isString(one['id']) ? [one['id']] : [])));
  let n = 1;
  while (taken.has(`${letter}${String(n)}`)) n++;
  return `${letter}${String(n)}`;
}

/** Languages in which something is written anywhere in a form. */
export function languagesOf(fields: readonly Field[], typed: TypedPart): readonly string[] {
  const found = new Set<string>();
  const look = (all: readonly Field[], part: TypedPart): void => {
    for (const field of all) {
      const value = part[field.name];
      if (value === undefined || value === null) continue;
      if (field.type === 'words') for (const language of Object.keys(trimmed(wordsOf(value)) ?? {})) found.add(language);
      else if (field.type === 'wordsList')
        for (const one of listOf(value)) for (const language of Object.keys(trimmed(wordsOf(one)) ?? {})) found.add(language);
      else if ('fields' in field)
        for (const one of Array.isArray(value) ? value : [value]) if (isObject(one)) look(field.fields, one as TypedPart);
    }
  };
  look(fields, typed);
  return textLanguages.filter((language) => found.has(language));
}
