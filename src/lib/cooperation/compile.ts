/** From YAML files to a commons: read, checked, shelved. Pure: hashing is an argument. */
import type { Sha256 } from '../domain/ids.ts';
import { isObject, type JsonObject } from '../domain/shape.ts';
import { parseYaml, type YamlSource } from '../course/yaml-source.ts';
import { checkLinks, type Placed } from './collect.ts';
import type { EntryId, Kind } from './entry.ts';
import { createReport, type Diagnostic, type Report } from './faults.ts';
import { indexLine, textFor } from './index-line.ts';
import { kindOfFile, kinds, readEntry } from './kinds.ts';
import type { CommonsManifest, Shelf, ShelfPiece } from './package.ts';
import { textLanguages } from './reader.ts';

export interface CommonsSource {
  /** Files by path in the folder of courses: `+goals/goals.yaml`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Ids of the courses of the same folder. */
  readonly courses: ReadonlySet<string>;
  /** Entries that were accepted or released at a node, as pieces hold them; each takes the place of one of its kind and id in the files. */
  readonly accepted?: readonly JsonObject[];
}

/** Where faults of an accepted entry are told. */
export const placeOfAccepted = (id: unknown): string => `accepted/${String(id)}`;

/** An accepted entry that cannot stand beside the others, and why. */
export interface LeftOut {
  readonly id: string;
  readonly faults: readonly string[];
}

export interface CompiledCommons {
  /** Null where the files have errors. */
  readonly commons: { readonly manifest: CommonsManifest; readonly pieces: ReadonlyMap<Sha256, Uint8Array> } | null;
  /** What is wrong with the files. */
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Accepted entries that are not in it. One may come from a node above whose files are newer, and lead to what is not here yet: it waits, and the rest is
   * published.
   */
  readonly leftOut: readonly LeftOut[];
}

/** What was worked out before and holds for the same bytes: with it a change costs what changed, and what comes out is the same. */
export interface CompileMemory {
  readonly files: Map<string, ReadFile>;
  readonly shelves: Map<Sha256, MadeShelf>;
}

export const createMemory = (): CompileMemory => ({ files: new Map(), shelves: new Map() });

interface ReadFile {
  readonly sum: Sha256;
  readonly read: readonly Read[];
  readonly faults: readonly Parameters<Report>[];
}

interface MadeShelf {
  /** Titles of other entries that stand in its indexes. */
  readonly titles: ReadonlyMap<EntryId, string>;
  readonly shelf: Shelf;
  readonly pieces: ReadonlyMap<Sha256, Uint8Array>;
}

interface Tools {
  readonly sha256: (bytes: Uint8Array) => Sha256;
  readonly memory?: CompileMemory;
}

/** One entry in so many ends a shelf: entries of about a kilobyte make pieces of about sixteen. Solutions and opportunities stand in six languages at length, eight times as much. */
const shelfLengthOf = (kind: string): number => (kind === 'solution' || kind === 'opportunity' ? 2 : 16);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** FNV-1a, 32 bits: whether a shelf ends behind this id depends on the id alone. */
function endsShelf(kind: string, id: string): boolean {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  // The low bits of FNV are the weakest for such short names.
  return (hash >>> 8) % shelfLengthOf(kind) === 0;
}

interface Read extends Placed {
  /** Its fields as the author wrote them. */
  readonly fields: Readonly<Record<string, unknown>>;
}

function readFile(path: string, text: string, report: Report): readonly Read[] {
  const kind = kindOfFile(path);
  if (kind === null) {
    report('unknown-place', { file: path, line: 1 }, { name: path });
    return [];
  }
  const parse = (onFault: (...fault: Parameters<Report>) => void): YamlSource | null =>
    parseYaml(text, path, 1, (_code, { line }, values) => {
      onFault('bad-yaml', { file: path, line }, values);
    });
  const yaml = parse(report);
  if (yaml === null) return [];
  if (!Array.isArray(yaml.value)) {
    report('not-a-list', { file: path, line: 1 });
    return [];
  }
  return yaml.value.flatMap((value: unknown, i): readonly Read[] => {
    const read = readEntry(kind, value, (code, at, values) => {
      report(code, { file: path, line: yaml.lineOf([i, ...at]) }, values);
    });
    // The tree of a file is many times as large as its text, and is asked for nothing more unless a link is wrong.
    const lineOf = (at: readonly (string | number)[]): number => parse(() => undefined)?.lineOf([i, ...at]) ?? 1;
    return read === null || !isObject(value) ? [] : [{ ...read, fields: value, file: path, lineOf }];
  });
}

/** A file as it was read before, where its bytes are the same. */
function remembered(path: string, bytes: Uint8Array, { sha256, memory }: Tools): ReadFile {
  const sum = sha256(bytes);
  const known = memory?.files.get(path);
  if (known?.sum === sum) return known;
  const faults: Parameters<Report>[] = [];
  const read = readFile(path, new TextDecoder('utf-8').decode(bytes), (...fault) => void faults.push(fault));
  const made: ReadFile = { sum, read, faults };
  memory?.files.set(path, made);
  return made;
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

function readAccepted({ kind, ...fields }: JsonObject): { readonly read: Read | null; readonly faults: readonly string[] } {
  const { report, diagnostics } = createReport();
  const place = { file: placeOfAccepted(fields['id']), line: 1 };
  const known = kinds.find((one) => one === kind);
  if (known === undefined) report('unknown-place', place, { name: String(kind) });
  const read =
    known === undefined
      ? null
      : readEntry(known, fields, (code, _path, values) => {
          report(code, place, values);
        });
  const faults = diagnostics()
    .filter(isError)
    .map(({ message }) => message);
  return { read: read === null || faults.length > 0 ? null : { ...read, fields, file: place.file, lineOf: () => 1 }, faults };
}

interface Composed {
  readonly placed: readonly Read[];
  readonly diagnostics: readonly Diagnostic[];
  readonly leftOut: readonly LeftOut[];
}

/** All entries that stand beside each other, and what is wrong with them. An accepted one that cannot stand falls, and with it what leads to it. */
function compose({ files, courses, accepted = [] }: CommonsSource, tools: Tools): Composed {
  const paths = [...files.keys()].filter((path) => path.endsWith('.yaml')).sort(compare);
  const written = paths.map((path) => remembered(path, files.get(path) ?? new Uint8Array(), tools));
  const leftOut: LeftOut[] = [];
  let standing = accepted.flatMap((entry): readonly Read[] => {
    const { read, faults } = readAccepted(entry);
    if (read === null) leftOut.push({ id: String(entry['id']), faults });
    return read === null ? [] : [read];
  });
  for (;;) {
    const { report, diagnostics } = createReport();
    for (const { faults } of written) for (const fault of faults) report(...fault);
    const replaced = new Set(standing.map(({ entry }) => `${entry.kind} ${entry.id}`));
    const own = written.flatMap(({ read }) => read);
    const placed = [...own.filter(({ entry }) => !replaced.has(`${entry.kind} ${entry.id}`)), ...standing];
    checkLinks(placed, courses, report);
    const found = diagnostics();
    const errors = found.filter(isError);
    const faulty = new Set(errors.map(({ file }) => file));
    const named = standing.filter(({ file }) => faulty.has(file));
    // What took the place of a file's entry may lack what another file leads to.
    const linked = new Set(own.filter(({ file }) => faulty.has(file)).flatMap(({ links }) => links.map(({ to }) => to)));
    const fallen = named.length > 0 ? named : standing.filter(({ entry }) => linked.has(entry.id));
    if (fallen.length === 0) return { placed, diagnostics: found.filter(({ file }) => files.has(file)), leftOut };
    for (const one of fallen) {
      const mine = errors.filter(({ file }) => file === one.file);
      const faults =
        mine.length > 0
          ? mine.map(({ message }) => message)
          : errors.map(({ file, line, message }) => `${file}:${String(line)}: ${message}`);
      leftOut.push({ id: one.entry.id, faults });
    }
    standing = standing.filter((one) => !fallen.includes(one));
  }
}

/**
 * What would be wrong with an accepted entry beside all others; empty where nothing is. It is wrong as well where another accepted entry could not stand any
 * more: whoever releases a plan does not take a call off without being told.
 */
export function faultsBeside(source: CommonsSource, entry: JsonObject, tools: Tools): readonly string[] {
  const { accepted = [] } = source;
  const others = accepted.filter(({ kind, id }) => kind !== entry['kind'] || id !== entry['id']);
  const { leftOut } = compose({ ...source, accepted: [...others, entry] }, tools);
  const own = leftOut.find(({ id }) => id === String(entry['id']));
  if (own !== undefined) return own.faults;
  if (leftOut.length === 0) return [];
  const before = new Set(compose(source, tools).leftOut.map(({ id }) => id));
  return leftOut.filter(({ id }) => !before.has(id)).flatMap(({ id, faults }) => faults.map((fault) => `${id}: ${fault}`));
}

/** The same source gives the same bytes, with a memory and without one. */
export function compileCommons(source: CommonsSource, tools: Tools): CompiledCommons {
  const { sha256, memory } = tools;
  const { placed, diagnostics, leftOut } = compose(source, tools);
  if (placed.length === 0 || diagnostics.some(isError)) return { commons: null, diagnostics, leftOut };

  const encoder = new TextEncoder();
  const byId = new Map(placed.map((one) => [one.entry.id, one.entry]));
  const titles = (id: EntryId): string => JSON.stringify(byId.get(id)?.title ?? null);

  function makeShelf(kind: Kind, own: readonly Read[]): MadeShelf {
    const text = encoder.encode(JSON.stringify(own.map(({ fields }) => ({ kind, ...fields }))));
    const name = sha256(text);
    const known = memory?.shelves.get(name);
    if (known !== undefined && [...known.titles].every(([id, title]) => titles(id) === title)) return known;
    const asked = new Map<EntryId, string>();
    const titleIn =
      (language: string) =>
      (id: EntryId): string => {
        const title = byId.get(id)?.title;
        asked.set(id, titles(id));
        return title === undefined ? '' : textFor(title, language);
      };
    const pieces = new Map<Sha256, Uint8Array>([[name, text]]);
    const index = Object.fromEntries(
      textLanguages.map((language): [string, ShelfPiece] => {
        const bytes = encoder.encode(own.map(({ entry }) => indexLine(entry, language, titleIn(language))).join('\n'));
        const hash = sha256(bytes);
        pieces.set(hash, bytes);
        return [language, { sha256: hash, bytes: bytes.byteLength }];
      }),
    );
    return { titles: asked, shelf: { kind, entries: { sha256: name, bytes: text.byteLength }, index }, pieces };
  }

  const counts: Partial<Record<Kind, number>> = {};
  const made: MadeShelf[] = [];
  for (const kind of kinds) {
    const own = placed.filter(({ entry }) => entry.kind === kind).sort((a, b) => compare(a.entry.id, b.entry.id));
    if (own.length > 0) counts[kind] = own.length;
    let shelf: Read[] = [];
    const end = (): void => {
      if (shelf.length > 0) made.push(makeShelf(kind, shelf));
      shelf = [];
    };
    for (const one of own) {
      shelf.push(one);
      if (endsShelf(kind, one.entry.id)) end();
    }
    end();
  }
  if (memory !== undefined) {
    memory.shelves.clear();
    for (const one of made) memory.shelves.set(one.shelf.entries.sha256, one);
    for (const path of [...memory.files.keys()]) if (!source.files.has(path)) memory.files.delete(path);
  }
  const manifest: CommonsManifest = {
    format: 'perigee-commons/1',
    languages: [...textLanguages],
    counts,
    shelves: made.map(({ shelf }) => shelf),
  };
  return { commons: { manifest, pieces: new Map(made.flatMap(({ pieces }) => [...pieces])) }, diagnostics, leftOut };
}
