/** What every adapter does to a document before it is stored: reads its revision fields, and names a new revision. */
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../../domain/result.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { parseAttachments, type GivenAttachment } from './attachments.ts';

export interface Edit {
  readonly id: string;
  /** The revision itself (merged) or the one that it follows (edited); absent for a first edit. */
  readonly rev?: { readonly pos: number; readonly hash: string };
  /** Hashes of the revision and its ancestors, newest first; at least the revision itself where there is one. */
  readonly path: readonly string[];
  readonly deleted: boolean;
  /** The document's own fields. */
  readonly body: Readonly<Record<string, unknown>>;
  /** In the order of their names. */
  readonly attachments: readonly GivenAttachment[];
}

export interface EditError {
  readonly id: string;
  readonly error: 'bad_request' | 'doc_validation' | 'too_large';
  readonly reason: string;
}

/** What a document may be like: in the node's own databases, and in further ones. */
export interface DocumentRules {
  /** `_design/…` too: stored as any other document, and never run. */
  readonly designs: boolean;
  /** Characters of a name. */
  readonly longest: number;
  /** Fields that begin with a line below and are the document's own: CouchDB lets its replicator keep its state in such. */
  readonly fields: RegExp | null;
  /** Whether `_revisions` stands where it and `_rev` are about different revisions, as CouchDB has it; else that is refused. */
  readonly pathWins: boolean;
}
export const ownNames: DocumentRules = { designs: false, longest: 1024, fields: null, pathWins: false };
export const furtherNames: DocumentRules = {
  designs: true,
  longest: 4096,
  fields: /^_replication_(?:id|state|state_time|state_reason|stats)$/,
  pathWins: true,
};

const revPattern = /^([1-9]\d{0,8})-([0-9A-Za-z_]{1,64})$/;

export function parseRev(rev: unknown): { readonly pos: number; readonly hash: string } | null {
  const match = typeof rev === 'string' ? revPattern.exec(rev) : null;
  return match === null ? null : { pos: Number(match[1]), hash: match[2] ?? '' };
}

/** Ancestors beyond these are cut before anything is computed from them. */
const maxPath = 1000;

/** Fields that CouchDB adds to its answers and ignores when they come back. */
const ignored = new Set(['_conflicts', '_deleted_conflicts', '_local_seq', '_revs_info']);

/** Reads a document in CouchDB's form. `newEdits` false asks for a `_rev` (or `_revisions`), which the document then keeps. */
export function parseEdit(
  value: unknown,
  newEdits: boolean,
  { designs, longest, fields, pathWins }: DocumentRules = ownNames,
): Result<Edit, EditError> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return err({ id: '', error: 'bad_request', reason: 'Document must be a JSON object' });
  const id: unknown = Reflect.get(value, '_id');
  if (typeof id !== 'string' || id === '') return err({ id: '', error: 'bad_request', reason: 'Document must have an _id' });
  if (!id.isWellFormed() || id.includes('\0') || id.length > longest)
    return err({ id: '', error: 'bad_request', reason: 'The _id is too long or not text' });
  if (id.startsWith('_') && !(designs && /^_design\/./s.test(id)))
    return err({ id, error: 'bad_request', reason: 'Only reserved document ids may start with underscore.' });

  const body: Record<string, unknown> = {};
  let rev: Edit['rev'];
  let path: readonly string[] = [];
  let stated: Edit['rev'];
  let deleted = false;
  let attachments: Edit['attachments'] = [];
  for (const [key, field] of Object.entries(value)) {
    if (!key.startsWith('_') || fields?.test(key) === true) body[key] = field;
    else if (key === '_rev') {
      const parsed = parseRev(field);
      if (parsed === null) return err({ id, error: 'bad_request', reason: 'Invalid rev format' });
      rev = parsed;
    } else if (key === '_deleted') {
      if (typeof field !== 'boolean') return err({ id, error: 'bad_request', reason: '_deleted must be true or false' });
      deleted = field;
    } else if (key === '_revisions') {
      const parsed = parsePath(field);
      if (parsed === null) return err({ id, error: 'bad_request', reason: 'Invalid _revisions' });
      path = parsed.ids;
      stated = { pos: parsed.start, hash: parsed.ids[0] ?? '' };
    } else if (key === '_attachments') {
      const parsed = parseAttachments(field);
      if (!parsed.ok) return err({ id, ...parsed.error });
      attachments = parsed.value;
    } else if (key !== '_id' && !ignored.has(key))
      return err({ id, error: 'doc_validation', reason: `Bad special document member: ${key.slice(0, 40)}` });
  }
  if (stated !== undefined) {
    if (!pathWins && rev !== undefined && (rev.pos !== stated.pos || rev.hash !== stated.hash))
      return err({ id, error: 'bad_request', reason: '_rev and _revisions are about different revisions' });
    rev = stated;
  }
  if (rev === undefined)
    return newEdits ? ok({ id, path: [], deleted, body, attachments }) : err({ id, error: 'bad_request', reason: 'Missing _rev' });
  return ok({ id, rev, path: path.length > 0 ? path : [rev.hash], deleted, body, attachments });
}

function parsePath(value: unknown): { readonly start: number; readonly ids: readonly string[] } | null {
  if (typeof value !== 'object' || value === null) return null;
  const start: unknown = Reflect.get(value, 'start');
  const ids: unknown = Reflect.get(value, 'ids');
  if (!Number.isSafeInteger(start) || !Array.isArray(ids) || ids.length === 0 || ids.length > (start as number)) return null;
  const newest: readonly unknown[] = ids.slice(0, maxPath);
  if (!newest.every((id): id is string => typeof id === 'string' && parseRev(`1-${id}`) !== null)) return null;
  if (parseRev(`${String(start)}-${newest[0] ?? ''}`) === null) return null;
  return { start: start as number, ids: newest };
}

/**
 * The name of a new edit, as CouchDB makes it: generation and MD5 over (deleted, what it follows, fields, attachments), so that the same edit
 * made in two places is the same revision. MD5 is a name here, it protects nothing.
 *
 * @param attachments name, type and digest of each, in the order of their names
 */
export function nameRevision(
  edit: Edit,
  attachments: readonly (readonly [string, string, string])[] = [],
): { readonly pos: number; readonly hash: string } {
  const said = [edit.deleted, edit.rev?.pos ?? 0, edit.rev?.hash ?? '', edit.body, ...(attachments.length === 0 ? [] : [attachments])];
  return { pos: (edit.rev?.pos ?? 0) + 1, hash: createHash('md5').update(canonicalJson(said)).digest('hex') };
}
