/** Single documents: GET, PUT, DELETE and POST, as JSON or in parts. */
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { parseRev } from '../engine/document.ts';
import type { CouchDocument, OpenOptions } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { readBytes } from '../http/body.ts';
import { isStrings, newName, statusOf } from './bulk.ts';
import { answerMultipart, boundaryOf, joinDocument, mixedOf, relatedOf, wantsParts } from './multipart.ts';
import {
  badRequest,
  conflictsOf,
  contains,
  couchBodyError,
  couchError,
  isTrue,
  jsonParameter,
  maxQuestions,
  missing,
  outside,
  readCouchObject,
  readOnly,
  withoutHistory,
  wrongMethod,
  type Range,
} from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

export async function answerDocument(range: Range, request: OrganRequest, query: URLSearchParams, id: string): Promise<Response> {
  if (!contains(range, id)) return outside();
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return query.get('open_revs') === null ? readDocument(range, request, query, id) : readRevisions(range, request, query, id);
    case 'PUT':
    case 'DELETE':
      return writeDocument(range, request, query, id);
    default:
      return wrongMethod('DELETE,GET,HEAD,PUT');
  }
}

/** A document without a name in the address; where it has none of its own it is given one. */
export async function postDocument(range: Range, request: OrganRequest, query: URLSearchParams): Promise<Response> {
  if (range.gate === null) return readOnly();
  const read = await readCouchObject(request);
  if (!read.ok) return read.error;
  const id = read.value['_id'] ?? newName();
  if (typeof id !== 'string') return badRequest('Document id must be a string');
  return contains(range, id) ? write(range, query, { ...read.value, _id: id }, 201) : outside();
}

/** The revision that a request is about: in its address, or in a header. */
export const revisionOf = (request: OrganRequest, query: URLSearchParams): string | undefined =>
  query.get('rev') ?? request.headers.get('if-match')?.replaceAll('"', '') ?? undefined;

async function writeDocument(range: Range, request: OrganRequest, query: URLSearchParams, id: string): Promise<Response> {
  if (range.gate === null) return readOnly();
  const rev = revisionOf(request, query);
  let given: JsonObject = { _deleted: true };
  if (request.method === 'PUT') {
    const read = await readGiven(request);
    if (!read.ok) return read.error;
    given = read.value;
    if (given['_id'] !== undefined && given['_id'] !== id) return badRequest('Document ID must match the name in the address.');
    if (rev !== undefined && given['_rev'] !== undefined && given['_rev'] !== rev) return badRequest('Two different revisions were given.');
  } else if (rev === undefined && (await range.database.leaves(id)).length === 0) return missing();
  return write(range, query, { ...given, _id: id, ...(rev === undefined ? {} : { _rev: rev }) }, request.method === 'PUT' ? 201 : 200);
}

async function readGiven(request: OrganRequest): Promise<Result<JsonObject, Response>> {
  const boundary = boundaryOf(request.headers.get('content-type'), 'related');
  if (boundary === null) return readCouchObject(request);
  const bytes = await readBytes(request);
  if (!bytes.ok) return err(couchBodyError(bytes.error));
  const joined = joinDocument(bytes.value, boundary);
  return joined.ok ? ok(joined.value) : err(badRequest(joined.error));
}

export async function write(range: Range, query: URLSearchParams, document: JsonObject, status: number): Promise<Response> {
  const newEdits = query.get('new_edits') !== 'false';
  const [written] = await range.database.bulk([document], { newEdits, ...(range.gate === null ? {} : { gate: range.gate }) });
  if (written === undefined) return missing();
  if (written.ok) return json({ ok: true, id: written.id, rev: written.rev }, status, { etag: `"${written.rev}"` });
  return couchError(statusOf[written.error], written.error, written.reason);
}

/** Which attachments come with their bytes; null where the question makes no sense. */
function attachmentsAsked(query: URLSearchParams): OpenOptions | null {
  const since = jsonParameter(query, 'atts_since');
  if (since !== undefined) return isStrings(since) && since.length <= maxQuestions ? { attachments: since } : null;
  return isTrue(query, 'attachments') ? { attachments: 'all' } : {};
}

async function readRevisions(range: Range, request: OrganRequest, query: URLSearchParams, id: string): Promise<Response> {
  const revs = query.get('open_revs') === 'all' ? 'all' : jsonParameter(query, 'open_revs');
  if (revs !== 'all' && (!isStrings(revs) || revs.length > maxQuestions)) return badRequest('open_revs is all, or a list of revisions.');
  if (revs !== 'all' && revs.some((rev) => parseRev(rev) === null)) return badRequest('Invalid rev format');
  const inParts = wantsParts(request, 'mixed');
  // Who reads parts wants the bytes of attachments with them, as CouchDB gives them.
  const asked = attachmentsAsked(inParts && !query.has('atts_since') ? new URLSearchParams('attachments=true') : query);
  if (asked === null) return badRequest('atts_since is a list of revisions.');
  const { found, missing: absent } = await range.database.open(id, revs, { latest: isTrue(query, 'latest'), ...asked });
  if (found.length === 0 && absent.length === 0) return missing();
  const shaped = found.map((document) => (isTrue(query, 'revs') ? document : withoutHistory(document)));
  if (inParts)
    return answerMultipart(mixedOf([...shaped.map((document) => ({ document })), ...absent.map((rev) => ({ error: { missing: rev } }))]));
  return json([...shaped.map((document) => ({ ok: document })), ...absent.map((rev) => ({ missing: rev }))]);
}

async function readDocument(range: Range, request: OrganRequest, query: URLSearchParams, id: string): Promise<Response> {
  const { database } = range;
  const asked = attachmentsAsked(query);
  if (asked === null) return badRequest('atts_since is a list of revisions.');
  const winner = (await database.leaves(id))[0];
  if (winner === undefined) return missing();
  const rev = query.get('rev');
  if (rev === null && winner.deleted) return couchError(404, 'not_found', 'deleted');
  const [found] = (await database.open(id, [rev ?? winner.rev], { latest: isTrue(query, 'latest'), ...asked })).found;
  if (found === undefined) return missing();

  const meta = isTrue(query, 'meta');
  const wants = (name: string): boolean => meta || isTrue(query, name);
  const { standing, deleted } =
    wants('conflicts') || wants('deleted_conflicts') ? await conflictsOf(database, id) : { standing: [], deleted: [] };
  const document: CouchDocument = {
    ...(isTrue(query, 'revs') ? found : withoutHistory(found)),
    ...(wants('conflicts') && standing.length > 0 ? { _conflicts: standing } : {}),
    ...(wants('deleted_conflicts') && deleted.length > 0 ? { _deleted_conflicts: deleted } : {}),
    ...(wants('revs_info') ? { _revs_info: await revisionsInfo(range, found) } : {}),
  };
  const headers = { etag: `"${found._rev}"` };
  const related = wantsParts(request, 'related') ? relatedOf(document) : null;
  return related === null ? json(document, 200, headers) : answerMultipart(related, headers);
}

/** Of each revision that the document follows, whether its bytes are still here. */
async function revisionsInfo({ database }: Range, document: CouchDocument): Promise<readonly object[]> {
  const history = document['_revisions'];
  if (!isObject(history) || !Array.isArray(history['ids'])) return [];
  const start = Number(history['start']);
  const revs = history['ids'].map((hash, index) => `${String(start - index)}-${String(hash)}`);
  const { found, missing: absent } = await database.open(document._id, revs);
  const deleted = new Set(found.flatMap(({ _rev: rev, _deleted }) => (_deleted === true ? [rev] : [])));
  return revs.map((rev) => ({ rev, status: absent.includes(rev) ? 'missing' : deleted.has(rev) ? 'deleted' : 'available' }));
}
