/** Reads what CouchDB answers; whatever is not of its form is a StorageFailure. */
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { parseRev } from './document.ts';
import { StorageFailure, type CouchDocument, type Written } from './engine.ts';

export const malformed = (): StorageFailure => new StorageFailure('CouchDB gave an answer that is none of CouchDB’s');

export function objectOf(value: unknown): JsonObject {
  if (!isObject(value)) throw malformed();
  return value;
}
export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed();
  return value;
}
export function countOf(value: unknown): number {
  if (typeof value !== 'number') throw malformed();
  return value;
}
export function documentOf(value: unknown): CouchDocument {
  const { _id: id, _rev: rev, _deleted: deleted } = objectOf(value);
  if (typeof id !== 'string' || typeof rev !== 'string' || (deleted !== undefined && deleted !== true)) throw malformed();
  return value as CouchDocument;
}

export const query = (parameters: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, String(value));
  return search.toString();
};

/** A document's name in a path: CouchDB takes an escaped slash in a name, but not the one after `_design`. */
export const pathOfName = (id: string): string =>
  id.startsWith('_design/') ? `_design/${encodeURIComponent(id.slice('_design/'.length))}` : encodeURIComponent(id);

/** CouchDB's own documents stand among the others and are nobody's business here. */
export const isOwn = (id: string): boolean => !id.startsWith('_');

export const isPartition = (partition: string): boolean => /^[^_:][^:]*$/.test(partition);
export const isPartitioned = (id: string): boolean => /^[^_:][^:]*:./s.test(id);

/** CouchDB reads 32 characters as a number of 128 bits and refuses the whole request where they are none. */
export const isRevision = (rev: string): boolean => {
  const parsed = parseRev(rev);
  return parsed !== null && (parsed.hash.length !== 32 || /^[0-9a-f]+$/i.test(parsed.hash));
};

export const before = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** Leaves as CouchDB ranks them, the winner first: what stands before tombstones, longer before shorter, then by hash. */
export function byRank(a: CouchDocument, b: CouchDocument): number {
  const [alive, other] = [a._deleted !== true, b._deleted !== true];
  if (alive !== other) return alive ? -1 : 1;
  const [left, right] = [parseRev(a._rev), parseRev(b._rev)];
  if (left === null || right === null) throw malformed();
  return left.pos !== right.pos ? right.pos - left.pos : left.hash < right.hash ? 1 : -1;
}

/** `_revisions` of a leaf, as revisions, newest first. */
export function pathOf(leaf: CouchDocument): readonly string[] {
  const { start, ids } = objectOf(leaf['_revisions']);
  return listOf(ids).map((id, index) => `${String(countOf(start) - index)}-${textOf(id)}`);
}

export function withoutPath(leaf: CouchDocument): CouchDocument {
  const { _revisions, ...document } = leaf;
  return document;
}

/** Refusals that are about the document; every other word is about CouchDB. */
export function refusalOf(id: string, error: unknown, reason: unknown): Written {
  const words = typeof reason === 'string' ? reason : '';
  switch (error) {
    case 'conflict':
    case 'forbidden':
    case 'doc_validation':
    case 'bad_request':
    case 'missing_stub':
      return { ok: false, id, error, reason: words };
    case 'unauthorized':
      return { ok: false, id, error: 'forbidden', reason: words };
    case 'illegal_docid':
    case 'illegal_partition':
    case 'too_large':
    case 'document_too_large':
      return { ok: false, id, error: 'bad_request', reason: words };
    default:
      throw new StorageFailure(`CouchDB could not write: ${typeof error === 'string' ? error : 'no reason given'}`);
  }
}
