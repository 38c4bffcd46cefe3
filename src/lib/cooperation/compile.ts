/** From YAML files to a commons: read, checked, shelved. Pure: hashing is an argument. */
import type { Sha256 } from '../domain/ids.ts';
import { isObject, type JsonObject } from '../domain/shape.ts';
import { parseYaml } from '../course/yaml-source.ts';
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

export interface CompiledCommons {
  /** Null where there are errors. */
  readonly commons: { readonly manifest: CommonsManifest; readonly pieces: ReadonlyMap<Sha256, Uint8Array> } | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** One entry in so many ends a shelf: entries of about a kilobyte make pieces of about sixteen. Solutions stand in six languages at length, four times as much. */
const shelfLengthOf = (kind: string): number => (kind === 'solution' ? 4 : 16);

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
  const yaml = parseYaml(text, path, 1, (_code, { line }, values) => {
    report('bad-yaml', { file: path, line }, values);
  });
  if (yaml === null) return [];
  if (!Array.isArray(yaml.value)) {
    report('not-a-list', { file: path, line: 1 });
    return [];
  }
  return yaml.value.flatMap((value: unknown, i): readonly Read[] => {
    const lineOf = (path: readonly (string | number)[]): number => yaml.lineOf([i, ...path]);
    const read = readEntry(kind, value, (code, at, values) => {
      report(code, { file: path, line: lineOf(at) }, values);
    });
    return read === null || !isObject(value) ? [] : [{ ...read, fields: value, file: path, lineOf }];
  });
}

function readAccepted({ kind, ...fields }: JsonObject, report: Report): readonly Read[] {
  const place = { file: placeOfAccepted(fields['id']), line: 1 };
  const known = kinds.find((one) => one === kind);
  if (known === undefined) {
    report('unknown-place', place, { name: String(kind) });
    return [];
  }
  const read = readEntry(known, fields, (code, _path, values) => {
    report(code, place, values);
  });
  return read === null ? [] : [{ ...read, fields, file: place.file, lineOf: () => 1 }];
}

/** The same source gives the same bytes. */
export function compileCommons(
  { files, courses, accepted = [] }: CommonsSource,
  { sha256 }: { sha256: (bytes: Uint8Array) => Sha256 },
): CompiledCommons {
  const { report, diagnostics } = createReport();
  const own = accepted.flatMap((one) => readAccepted(one, report));
  const replaced = new Set(own.map(({ entry }) => `${entry.kind} ${entry.id}`));
  const written = [...files]
    .filter(([path]) => path.endsWith('.yaml'))
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([path, bytes]) => readFile(path, new TextDecoder('utf-8').decode(bytes), report));
  const placed = [...written.filter(({ entry }) => !replaced.has(`${entry.kind} ${entry.id}`)), ...own];
  checkLinks(placed, courses, report);
  if (placed.length === 0 || diagnostics().some(({ severity }) => severity === 'error'))
    return { commons: null, diagnostics: diagnostics() };

  const pieces = new Map<Sha256, Uint8Array>();
  const encoder = new TextEncoder();
  const keep = (text: string): ShelfPiece => {
    const bytes = encoder.encode(text);
    const hash = sha256(bytes);
    pieces.set(hash, bytes);
    return { sha256: hash, bytes: bytes.byteLength };
  };

  const byId = new Map(placed.map((one) => [one.entry.id, one.entry]));
  const titleIn =
    (language: string) =>
    (id: EntryId): string => {
      const entry = byId.get(id);
      return entry === undefined ? '' : textFor(entry.title, language);
    };

  const counts: Partial<Record<Kind, number>> = {};
  const shelves: Shelf[] = [];
  for (const kind of kinds) {
    const own = placed.filter(({ entry }) => entry.kind === kind).sort((a, b) => compare(a.entry.id, b.entry.id));
    if (own.length > 0) counts[kind] = own.length;
    let shelf: Read[] = [];
    const end = (): void => {
      if (shelf.length === 0) return;
      const entries = keep(JSON.stringify(shelf.map(({ fields }) => ({ kind, ...fields }))));
      const index = Object.fromEntries(
        textLanguages.map((language) => {
          const titleOf = titleIn(language);
          return [language, keep(shelf.map(({ entry }) => indexLine(entry, language, titleOf)).join('\n'))];
        }),
      );
      shelves.push({ kind, entries, index });
      shelf = [];
    };
    for (const one of own) {
      shelf.push(one);
      if (endsShelf(kind, one.entry.id)) end();
    }
    end();
  }
  return {
    commons: { manifest: { format: 'perigee-commons/1', languages: [...textLanguages], counts, shelves }, pieces },
    diagnostics: diagnostics(),
  };
}
