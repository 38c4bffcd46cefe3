/**
 * Reading one entry, whoever wrote it: an author's YAML, or a piece that came from a node. Every field is asked for by name; what is
 * missing or wrong is reported at its path and reading goes on, so that an author sees all faults at once. Links to other
 * entries are noted on the way: the collection checks that they lead somewhere (collect.ts).
 */
import { isSlug } from '../domain/ids.ts';
import { isFiniteNumber, isObject } from '../domain/shape.ts';
import type { EntryId, Kind, Text } from './entry.ts';
import type { FaultCode } from './faults.ts';
import { isDay, type Day } from './day.ts';

export type Path = readonly (string | number)[];
export type Fault = (code: FaultCode, path: Path, values?: Readonly<Record<string, string | number>>) => void;

/** A link to another entry: the kinds that it may lead to, and where it stands. */
export interface Link {
  readonly to: EntryId;
  readonly kinds: readonly Kind[];
  readonly path: Path;
}

/** Languages in which a text may be written, in the order in which another stands in for a missing one. */
export const textLanguages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'] as const;

/** Longer than any text of an entry should be. */
const mostCharacters = 4000;

const plain = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' && value.length <= mostCharacters ? value.trim().replace(/\s+/g, ' ') : null;

/** An address of the web, with nothing in it that could end an attribute or a line. */
export const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 500 && /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?:[/?#][^\s"'<>\\]*)?$/i.test(value);

const isYear = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1957 && value <= 2999;

export function createReader(
  value: unknown,
  fault: Fault,
  base: Path = [],
): { readonly reader: Reader; readonly id: () => EntryId | null; readonly end: () => readonly Link[] } {
  const fields = isObject(value) ? value : {};
  const asked = new Set<string>();
  const links: Link[] = [];
  const at = (...path: Path): Path => [...base, ...path];
  if (!isObject(value)) fault('bad-field', base, { name: 'entry', expected: 'a set of fields' });

  const given = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(fields, key) ? (fields[key] ?? undefined) : undefined;
  };

  /** The field as `parse` understands it; null, and a fault, where it is missing or is not `expected`. */
  function field<Value>(key: string, expected: string, parse: (given: unknown) => Value | null): Value | null {
    if (given(key) === undefined) {
      fault('missing-field', at(key), { name: key });
      return null;
    }
    return optional(key, expected, parse);
  }

  /** The same for a field that may be absent. */
  function optional<Value>(key: string, expected: string, parse: (given: unknown) => Value | null): Value | null {
    const found = given(key);
    if (found === undefined) return null;
    const parsed = parse(found);
    if (parsed === null) fault('bad-field', at(key), { name: key, expected });
    return parsed;
  }

  /** A list of at least so many; it may be absent where it may be empty. */
  function list(key: string, expected: string, least: number, is: (one: unknown) => boolean): readonly unknown[] {
    const parse = (found: unknown): readonly unknown[] | null =>
      Array.isArray(found) && found.length >= least && found.every(is) ? found : null;
    return (least === 0 ? optional(key, expected, parse) : field(key, expected, parse)) ?? [];
  }

  const localized = (found: unknown, path: Path, name: string): Text | null => {
    if (!isObject(found)) return null;
    const texts: Record<string, string> = {};
    for (const [language, text] of Object.entries(found)) {
      const read = plain(text);
      if (!textLanguages.some((known) => known === language)) fault('unknown-language', [...path, language], { language });
      else if (read === null) fault('bad-field', [...path, language], { name, expected: 'a text' });
      else texts[language] = read;
    }
    if (Object.keys(texts).length === 0) fault('missing-field', path, { name });
    else if (texts['en'] === undefined) fault('missing-english', path, { name });
    return texts;
  };

  const isText = (one: unknown): one is string => typeof one === 'string';
  const asDay = (found: unknown): Day | null => (isDay(found) ? found : null);
  const asAddress = (found: unknown): string | null => (isAddress(found) ? found : null);
  const words = {
    localized: 'a text by language',
    address: 'an address such as https://example.org/',
    day: 'a day such as 2026-11-20',
  };

  const reader: Reader = {
    text: (key) => field(key, 'a text', plain) ?? '',
    optionalText: (key) => optional(key, 'a text', plain),
    localized: (key) => field(key, words.localized, (found) => localized(found, at(key), key)) ?? {},
    optionalLocalized: (key) => optional(key, words.localized, (found) => localized(found, at(key), key)),
    localizedList: (key, least = 1) =>
      list(key, 'a list of texts by language', least, isObject).flatMap((found, i) => {
        const text = localized(found, at(key, i), key);
        return text === null ? [] : [text];
      }),
    oneOf: (key, names) => field(key, `one of ${names.join(', ')}`, (found) => names.find((name) => name === found) ?? null) ?? names[0],
    someOf(key, names, least = 0) {
      const found = list(key, `a list of ${names.join(', ')}`, least, (one) => names.some((name) => name === one));
      return names.filter((name) => found.includes(name));
    },
    links: (key, kinds, least = 0) =>
      list(key, `a list of ids of entries (${kinds.join(', ')})`, least, isText).map((one, i) => {
        const to = one as EntryId;
        links.push({ to, kinds, path: at(key, i) });
        return to;
      }),
    link(key, kinds) {
      const to = optional(key, `the id of an entry (${kinds.join(', ')})`, plain) as EntryId | null;
      if (to !== null) links.push({ to, kinds, path: at(key) });
      return to;
    },
    neededLink(key, kinds) {
      const to = reader.link(key, kinds);
      if (to === null) fault('missing-field', at(key), { name: key });
      return to ?? ('' as EntryId);
    },
    address: (key) => field(key, words.address, asAddress) ?? '',
    optionalAddress: (key) => optional(key, words.address, asAddress),
    day: (key) => field(key, words.day, asDay) ?? ('1970-01-01' as Day),
    optionalDay: (key) => optional(key, words.day, asDay),
    number: (key) => field(key, 'a number', (found) => (isFiniteNumber(found) ? found : null)) ?? 0,
    optionalNumber: (key) => optional(key, 'a number', (found) => (isFiniteNumber(found) ? found : null)),
    year: (key) => field(key, 'a year such as 2026', (found) => (isYear(found) ? found : null)) ?? 0,
    optionalFlag: (key) => optional(key, 'true or false', (found) => (typeof found === 'boolean' ? found : null)) ?? false,
    codes: (key, pattern, expected) => list(key, expected, 0, (one) => isText(one) && pattern.test(one)) as readonly string[],
    optionalCode: (key, pattern, expected) => optional(key, expected, (found) => (isText(found) && pattern.test(found) ? found : null)),
    parts: (key, least, read) =>
      list(key, 'a list of entries with fields', least, isObject).map((one, i) => {
        const part = createReader(one, fault, at(key, i));
        const value = read(part.reader);
        links.push(...part.end());
        return value;
      }),
    fault: (code, key, values) => {
      fault(code, at(key), values);
    },
  };

  return {
    reader,
    id(): EntryId | null {
      const id = field('id', 'a text', plain);
      if (id === null || isSlug(id)) return id as EntryId | null;
      fault('bad-id', at('id'), { id });
      return null;
    },
    /** Reports the fields that nobody asked for, and answers the links that were met. */
    end(): readonly Link[] {
      for (const key of Object.keys(fields)) if (!asked.has(key)) fault('unknown-field', at(key), { name: key });
      return links;
    },
  };
}

/** What a kind reads its fields with. */
export interface Reader {
  text(key: string): string;
  optionalText(key: string): string | null;
  localized(key: string): Text;
  optionalLocalized(key: string): Text | null;
  localizedList(key: string, least?: number): readonly Text[];
  /** The first of the names where the field is none of them; that is a fault then. */
  oneOf<Name extends string>(key: string, names: readonly [Name, ...Name[]]): Name;
  someOf<Name extends string>(key: string, names: readonly Name[], least?: number): readonly Name[];
  links(key: string, kinds: readonly Kind[], least?: number): readonly EntryId[];
  link(key: string, kinds: readonly Kind[]): EntryId | null;
  /** The empty id where it is missing; that is a fault then. */
  neededLink(key: string, kinds: readonly Kind[]): EntryId;
  address(key: string): string;
  optionalAddress(key: string): string | null;
  optionalDay(key: string): Day | null;
  day(key: string): Day;
  number(key: string): number;
  optionalNumber(key: string): number | null;
  /** A calendar year; no record of spaceflight is older than 1957. */
  year(key: string): number;
  /** False where it is absent. */
  optionalFlag(key: string): boolean;
  codes(key: string, pattern: RegExp, expected: string): readonly string[];
  optionalCode(key: string, pattern: RegExp, expected: string): string | null;
  parts<Part>(key: string, least: number, read: (part: Reader) => Part): readonly Part[];
  fault(code: FaultCode, key: string, values?: Readonly<Record<string, string | number>>): void;
}
