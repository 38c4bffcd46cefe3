/** The key range or database that a road leads to, and how CouchDB's questions and refusals are written. */
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import type { CouchDocument, Database, FurtherDatabase, Gate, Partition } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { readValue, type BodyProblem } from '../http/body.ts';
import type { OrganRequest } from '../http/organ.ts';

export interface Range {
  readonly database: Database;
  /** The same, where it is a further one: CouchDB's own rules hold. */
  readonly further: FurtherDatabase | null;
  readonly partition: Partition;
  /** What the range is called in its own answers. */
  readonly name: string;
  /** Where its replications' local documents are kept. */
  readonly space: string;
  /** Whether whoever asks may keep local documents there. */
  readonly keepsLocals: boolean;
  /** Decides on each document; null where nothing may be written. */
  readonly gate: Gate | null;
  /** Whether it may still be read: asked again whenever a feed that waited has something to say. */
  readonly isOpen: () => Promise<boolean>;
}

export const couchError = (status: number, error: string, reason: string, headers: Readonly<Record<string, string>> = {}): Response =>
  json({ error, reason }, status, headers);

export const missing = (): Response => couchError(404, 'not_found', 'missing');
export const badRequest = (reason: string): Response => couchError(400, 'bad_request', reason);
export const outsideReason = 'This name is outside the range.';
export const outside = (): Response => couchError(403, 'forbidden', outsideReason);
export const readOnly = (): Response => couchError(403, 'forbidden', 'Nothing is written here.');
export const wrongMethod = (allow: string): Response =>
  json({ error: 'method_not_allowed', reason: `Only ${allow} allowed` }, 405, { allow });

/** Entries of one question. */
export const maxQuestions = 20_000;

export const contains = (range: Range, id: string): boolean => range.partition === null || id.startsWith(`${range.partition}:`);

const problems = { 400: 'bad_request', 413: 'too_large', 415: 'bad_content_type' } as const;
export const couchBodyError = ({ status, message }: BodyProblem): Response => couchError(status, problems[status], message);

/** The body as a JSON object, or the answer that says what is wrong with it. */
export async function readCouchObject(request: OrganRequest): Promise<Result<JsonObject, Response>> {
  const read = await readValue(request);
  if (!read.ok) return err(couchBodyError(read.error));
  return isObject(read.value) ? ok(read.value) : err(badRequest('The body is a JSON object.'));
}

export const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name) === 'true';

/** A value of a query in JSON, as CouchDB has them; undefined where it is absent, null where it is not JSON. */
export function jsonParameter(query: URLSearchParams, ...names: readonly string[]): unknown {
  const text = names.map((name) => query.get(name)).find((value) => value !== null);
  if (text === undefined || text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** A count of a query: undefined where absent, null where it is none. */
export function countParameter(query: URLSearchParams, name: string): number | undefined | null {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

export function withoutHistory(document: CouchDocument): CouchDocument {
  const { _revisions: _, ...rest } = document;
  return rest;
}

/** Leaves beside the winner, as `_conflicts` and `_deleted_conflicts` list them. */
export async function conflictsOf(
  database: Database,
  id: string,
): Promise<{ readonly standing: readonly string[]; readonly deleted: readonly string[] }> {
  const [, ...others] = await database.leaves(id);
  return {
    standing: others.filter(({ deleted }) => !deleted).map(({ rev }) => rev),
    deleted: others.filter(({ deleted }) => deleted).map(({ rev }) => rev),
  };
}

/** What `include_docs` adds to a row besides the document itself. */
export interface Extras {
  readonly conflicts: boolean;
  readonly attachments: boolean;
}

/** A document of a listing or a feed with what else was asked for. */
export async function dressed(database: Database, document: CouchDocument, { conflicts, attachments }: Extras): Promise<CouchDocument> {
  let dressing = document;
  if (attachments && document['_attachments'] !== undefined) {
    const [found] = (await database.open(document._id, [document._rev], { attachments: 'all' })).found;
    if (found !== undefined) dressing = withoutHistory(found);
  }
  if (!conflicts) return dressing;
  const { standing } = await conflictsOf(database, document._id);
  return standing.length === 0 ? dressing : { ...dressing, _conflicts: standing };
}
