/** A commons in memory: its entries by id, what leads to each, and its index in one language. */
import { err, ok, type Result } from '../domain/result.ts';
import type { EntryId, Kind } from './entry.ts';
import { parseEntry, type Entry, type EntryByKind } from './kinds.ts';

export interface Commons {
  readonly entries: readonly Entry[];
  readonly byId: ReadonlyMap<EntryId, Entry>;
  /** Entries that link to this one. */
  readonly from: ReadonlyMap<EntryId, readonly Entry[]>;
  /** For each entry, at its place in `entries`, its line of the index. */
  readonly lines: readonly string[];
}

/** Entries of one kind. */
export const ofKind = <K extends Kind>(entries: readonly Entry[], kind: K): readonly EntryByKind[K][] =>
  entries.filter((entry): entry is EntryByKind[K] => entry.kind === kind);

/** One shelf's pieces as they were read. */
export interface ShelfTexts {
  readonly entries: string;
  readonly index: string;
}

/** The entries of a shelf, each with the entries that it leads to. */
type ReadShelf = readonly (readonly [Entry, readonly EntryId[]])[];

/** Shelves that were read before, by their text: a commons that changed, or the same in another language, reads again what is new in it. */
export type ShelfMemory = Map<string, ReadShelf>;

function readShelf(text: string): Result<ReadShelf, string> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return err('A shelf is no JSON.');
  }
  if (!Array.isArray(values)) return err('A shelf is no list.');
  const read: (readonly [Entry, readonly EntryId[]])[] = [];
  for (const value of values as readonly unknown[]) {
    const parsed = parseEntry(value);
    if (!parsed.ok) return parsed;
    read.push([parsed.value.entry, [...new Set(parsed.value.links.map(({ to }) => to))]]);
  }
  return ok(read);
}

/**
 * Puts a commons together. Nothing is believed: an entry that is not well formed, a shelf that is no JSON, or an index with other lines
 * than the shelf has entries makes all of it nonsense.
 */
export function readCommons(shelves: readonly ShelfTexts[], memory: ShelfMemory = new Map()): Result<Commons, string> {
  const entries: Entry[] = [];
  const lines: string[] = [];
  const from = new Map<EntryId, Entry[]>();
  const links: (readonly [Entry, readonly EntryId[]])[] = [];
  for (const shelf of shelves) {
    const known = memory.get(shelf.entries);
    const read = known === undefined ? readShelf(shelf.entries) : ok(known);
    if (!read.ok) return read;
    memory.set(shelf.entries, read.value);
    const own = shelf.index.split('\n');
    if (own.length !== read.value.length) return err('An index does not belong to its shelf.');
    for (const [i, [entry, targets]] of read.value.entries()) {
      entries.push(entry);
      lines.push(own[i] ?? '');
      links.push([entry, targets]);
    }
  }
  for (const [entry, targets] of links)
    for (const to of targets) {
      const there = from.get(to);
      if (there === undefined) from.set(to, [entry]);
      else there.push(entry);
    }
  return ok({ entries, byId: new Map(entries.map((entry) => [entry.id, entry])), from, lines });
}

/** The entries of a kind that link to this one. */
export const linkedFrom = <K extends Kind>({ from }: Commons, id: EntryId, kind: K): readonly EntryByKind[K][] =>
  ofKind(from.get(id) ?? [], kind);
