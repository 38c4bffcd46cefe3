/**
 * The commons as it travels: a manifest and the pieces it names, as with a course (course/package.ts), and under the same rules: a piece
 * is named by the SHA-256 of its bytes, the manifest is signed, and installing or updating is fetching what is missing.
 *
 * Entries lie in **shelves**, a few of one kind in each, in the order of their ids. A shelf ends behind an entry whose own id says so
 * (compile.ts), never at a number: an entry that is added, changed or taken away touches its own shelf and no other, and an update costs what
 * changed. For each shelf and language there is an index: what is searched in, folded already (find.ts).
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { isSha256, type Sha256 } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { isCount, isListOf, isObject, isRecordOf, isString } from '../domain/shape.ts';
import type { Kind } from './entry.ts';
import { textLanguages } from './reader.ts';

/** Bytes of a piece, uncompressed. */
export interface ShelfPiece {
  readonly sha256: Sha256;
  readonly bytes: number;
}

export interface Shelf {
  readonly kind: Kind;
  /** JSON: a list of entries. */
  readonly entries: ShelfPiece;
  /** By language; text, a line for each entry. */
  readonly index: Readonly<Record<string, ShelfPiece>>;
}

export interface CommonsManifest {
  readonly format: 'perigee-commons/1';
  readonly languages: readonly string[];
  readonly counts: Readonly<Partial<Record<Kind, number>>>;
  readonly shelves: readonly Shelf[];
}

export interface SignedCommons {
  readonly manifest: CommonsManifest;
  /** Ed25519 over the manifest's canonical JSON, as with a course. */
  readonly signature: { readonly key: string; readonly value: string };
}

const mostShelves = 5000;

const isPiece = (value: unknown): value is ShelfPiece => isObject(value) && isSha256(value['sha256']) && isCount(value['bytes']);

const isShelf = (value: unknown): value is Shelf =>
  isObject(value) &&
  isString(value['kind']) &&
  isPiece(value['entries']) &&
  isRecordOf(isPiece)(value['index']) &&
  textLanguages.every((language) => isObject(value['index']) && language in value['index']);

/** A signed commons as a node or a file brings it. Whether the signature is right is another question. */
export function parseSignedCommons(value: unknown): Result<SignedCommons, 'nonsense'> {
  if (!isObject(value)) return err('nonsense');
  const { manifest, signature } = value;
  if (
    !isObject(manifest) ||
    manifest['format'] !== 'perigee-commons/1' ||
    !isListOf(isString)(manifest['languages']) ||
    !isRecordOf(isCount)(manifest['counts']) ||
    !isListOf(isShelf)(manifest['shelves']) ||
    manifest['shelves'].length > mostShelves ||
    !isObject(signature) ||
    !isString(signature['key']) ||
    !isString(signature['value'])
  )
    return err('nonsense');
  return ok({
    manifest: {
      format: 'perigee-commons/1',
      languages: manifest['languages'],
      counts: manifest['counts'],
      shelves: manifest['shelves'],
    },
    signature: { key: signature['key'], value: signature['value'] },
  });
}

/** What a reader of one language needs: every entry, and the index of that language. */
export const piecesFor = (manifest: CommonsManifest, language: string): readonly ShelfPiece[] =>
  manifest.shelves.flatMap(({ entries, index }) => {
    const own = index[language] ?? index['en'];
    return own === undefined ? [entries] : [entries, own];
  });

/** Shelves that stay as they are: so many, from a place in the earlier manifest on. */
type Run = readonly [from: number, count: number];

/** A manifest told by what is new since an earlier one: 350 bytes for a shelf that changed in place of 15 kB of hashes. */
export interface CommonsChange {
  /** SHA-256 of the earlier manifest's canonical JSON. */
  readonly since: Sha256;
  readonly counts: CommonsManifest['counts'];
  readonly shelves: readonly (Run | Shelf)[];
}

export function changeSince(since: Sha256, earlier: CommonsManifest, now: CommonsManifest): CommonsChange {
  const places = new Map(earlier.shelves.map((shelf, at) => [canonicalJson(shelf), at]));
  const shelves: (Run | Shelf)[] = [];
  for (const shelf of now.shelves) {
    const at = places.get(canonicalJson(shelf));
    const last = shelves.at(-1);
    if (at === undefined) shelves.push(shelf);
    else if (Array.isArray(last) && Number(last[0]) + Number(last[1]) === at)
      shelves[shelves.length - 1] = [Number(last[0]), Number(last[1]) + 1];
    else shelves.push([at, 1]);
  }
  return { since, counts: now.counts, shelves };
}

const isRun = (value: unknown): value is Run => Array.isArray(value) && value.length === 2 && value.every(isCount);

/** The manifest that a change tells of; whether it is the right one, its signature says. */
export function applyChange(earlier: CommonsManifest, value: unknown): Result<CommonsManifest, 'nonsense'> {
  if (!isObject(value) || !isRecordOf(isCount)(value['counts']) || !Array.isArray(value['shelves'])) return err('nonsense');
  const shelves: Shelf[] = [];
  for (const one of value['shelves'] as readonly unknown[]) {
    if (isRun(one)) shelves.push(...earlier.shelves.slice(one[0], one[0] + one[1]));
    else if (isShelf(one)) shelves.push(one);
    else return err('nonsense');
    if (shelves.length > mostShelves) return err('nonsense');
  }
  return ok({ ...earlier, counts: value['counts'], shelves });
}
