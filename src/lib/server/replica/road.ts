/**
 * The standard road: CouchDB's replication protocol (https://docs.couchdb.org/en/stable/replication/protocol.html) for one key
 * range, as if it were a database. The calls that an unmodified PouchDB and a CouchDB replicator make:
 *
 *   GET  /                    that the range exists, and its update sequence
 *   GET  /_changes            feed normal, longpoll or continuous; heartbeat, timeout, since, limit, style, include_docs, doc_ids, descending
 *   POST /_revs_diff          which revisions are missing here
 *   POST /_bulk_docs          new_edits true and false; a document that is refused does not hold up the others
 *   POST /_bulk_get           revisions with their histories
 *   GET, POST /_all_docs      by key, keys and ranges
 *   GET, PUT /<id>            rev, revs, open_revs, latest, conflicts
 *   GET, PUT, DELETE /_local/<id>
 *   POST /_ensure_full_commit what was answered is on disk already
 *
 * Refusals have CouchDB's form, `{ error, reason }`. Names outside the range are answered as if nothing were there or refused, and never looked up.
 */
import { isListOf, isObject, isString, type JsonObject } from '../../domain/shape.ts';
import type { BulkOptions, CouchDocument, Written } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import { changesFeed } from './changes-feed.ts';
import { couchError, countParameter, jsonParameter, type Range } from './range.ts';

/** Bytes of JSON of a local document. PouchDB's checkpoints have about 1 kB. */
const maxLocalBytes = 64 * 1024;

/** Entries of one question. */
const maxQuestions = 20_000;

const missing = (): Response => couchError(404, 'not_found', 'missing');
const badRequest = (reason: string): Response => couchError(400, 'bad_request', reason);
const outsideReason = 'This name is outside the range.';
const outside = (): Response => couchError(403, 'forbidden', outsideReason);
const readOnly = (): Response => couchError(403, 'forbidden', 'Nothing is written here.');
const wrongMethod = (allow: string): Response => json({ error: 'method_not_allowed', reason: `Only ${allow} allowed` }, 405, { allow });

const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name) === 'true';

const contains = (range: Range, id: string): boolean => range.partition === null || id.startsWith(`${range.partition}:`);

const isStrings = isListOf(isString);

/**
 * @param path segments after the range's own address, decoded; empty for the range itself
 */
export async function answerRoad(range: Range, request: Request, path: readonly string[]): Promise<Response> {
  const { searchParams: query } = new URL(request.url);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const [first = '', ...rest] = path;

  if (path.length === 0 || (path.length === 1 && first === '')) {
    if (method === 'GET') return info(range);
    if (method === 'PUT') return couchError(412, 'file_exists', 'The database could not be created, the file already exists.');
    return wrongMethod('GET,HEAD,PUT');
  }
  if (first === '_local') return local(range, request, method, rest.join('/'));
  if (first.startsWith('_') && first !== '_design') {
    if (rest.length > 0) return missing();
    switch (`${method} ${first}`) {
      case 'GET _changes':
      case 'POST _changes':
        return changesFeed(range, request, query);
      case 'POST _revs_diff':
        return revsDiff(range, request);
      case 'POST _bulk_docs':
        return bulkDocs(range, request);
      case 'POST _bulk_get':
        return bulkGet(range, request, query);
      case 'GET _all_docs':
      case 'POST _all_docs':
        return allDocs(range, request, query);
      case 'POST _ensure_full_commit':
        return json({ ok: true, instance_start_time: '0' }, 201);
      default:
        return missing();
    }
  }
  if (first === '_design') return method === 'GET' ? missing() : outside();
  // A slash in a name may come as it is or as %2F.
  return document(range, request, query, method, path.join('/'));
}

async function info({ database, partition, name }: Range): Promise<Response> {
  const { documents, deleted, sequence } = await database.info(partition);
  return json({ db_name: name, doc_count: documents, doc_del_count: deleted, update_seq: sequence, instance_start_time: '0', props: {} });
}

async function revsDiff(range: Range, request: Request): Promise<Response> {
  const read = await readObject(request);
  if (!read.ok) return read.error;
  const entries = Object.entries(read.value);
  if (entries.length > maxQuestions) return badRequest('Too many names in one question.');
  if (!entries.every((entry): entry is [string, readonly string[]] => isStrings(entry[1])))
    return badRequest('For each name a list of revisions.');
  const within = entries.filter(([id]) => contains(range, id));
  const answer = await range.database.missing(Object.fromEntries(within));
  return json(
    Object.fromEntries(
      entries.flatMap(([id, revs]): [string, object][] => {
        const lacking = answer.get(id);
        // What is outside is missing here and always will be; it is refused when it comes.
        if (lacking === undefined) return contains(range, id) || revs.length === 0 ? [] : [[id, { missing: revs }]];
        const { missing: absent, ancestors } = lacking;
        return [[id, { missing: absent, ...(ancestors.length > 0 ? { possible_ancestors: ancestors } : {}) }]];
      }),
    ),
  );
}

async function bulkDocs(range: Range, request: Request): Promise<Response> {
  const { gate } = range;
  if (gate === null) return readOnly();
  const read = await readObject(request);
  if (!read.ok) return read.error;
  const { docs, new_edits: newEdits = true } = read.value;
  if (!Array.isArray(docs) || typeof newEdits !== 'boolean') return badRequest('The body has docs, a list, and new_edits, true or false.');
  if (!docs.every(isObject)) return badRequest('Document must be a JSON object');
  const written = await writeWithin(range, docs, { newEdits, gate });
  const answers = written.map((answer) => ({
    ...rowOf(answer),
    ...(answer.ok ? {} : { status: answer.error === 'conflict' ? 409 : 403 }),
  }));
  return json(newEdits ? answers : answers.filter((_answer, index) => written[index]?.ok !== true), 201);
}

/** Writes what lies in the range. The rest never comes near the engine: whether it met a conflict there would tell that it exists. */
async function writeWithin(range: Range, documents: readonly JsonObject[], options: BulkOptions): Promise<readonly Written[]> {
  const outsider = ({ _id: id }: JsonObject): string | null => (typeof id === 'string' && !contains(range, id) ? id : null);
  const written = (
    await range.database.bulk(
      documents.filter((document) => outsider(document) === null),
      options,
    )
  ).values();
  return documents.flatMap((document): readonly Written[] => {
    const id = outsider(document);
    if (id !== null) return [{ ok: false, id, error: 'forbidden', reason: outsideReason }];
    const next = written.next();
    return next.done === true ? [] : [next.value];
  });
}

/**
 * The row of a document that was written or not. A document that is not well formed is refused like one that is not allowed: replicators go
 * on after `forbidden`, but give up the whole batch, for ever, after any other error.
 */
const rowOf = (written: Written): object =>
  written.ok
    ? { ok: true, id: written.id, rev: written.rev }
    : { id: written.id, error: written.error === 'conflict' ? 'conflict' : 'forbidden', reason: written.reason };

async function bulkGet(range: Range, request: Request, query: URLSearchParams): Promise<Response> {
  const read = await readObject(request);
  if (!read.ok) return read.error;
  const { docs } = read.value;
  if (!Array.isArray(docs) || docs.length > maxQuestions || !docs.every(isObject))
    return badRequest('The body has docs, a list of { id, rev }.');
  const latest = isTrue(query, 'latest');
  const results = await Promise.all(
    docs.map(async ({ id, rev }: JsonObject) => {
      if (typeof id !== 'string' || (rev !== undefined && typeof rev !== 'string'))
        return { id: null, docs: [{ error: { id: null, rev: null, error: 'bad_request', reason: 'A name is text' } }] };
      if (!contains(range, id)) return { id, docs: [{ error: { id, rev: rev ?? null, error: 'forbidden', reason: outsideReason } }] };
      const opened = await range.database.open(id, rev === undefined ? 'all' : [rev], { latest });
      const absent = opened.found.length === 0 && opened.missing.length === 0 ? ['undefined'] : opened.missing;
      return {
        id,
        docs: [
          ...opened.found.map((found) => ({ ok: isTrue(query, 'revs') ? found : withoutHistory(found) })),
          ...absent.map((lost) => ({ error: { id, rev: lost, error: 'not_found', reason: 'missing' } })),
        ],
      };
    }),
  );
  return json({ results });
}

function withoutHistory(document: CouchDocument): object {
  const { _revisions: _, ...rest } = document;
  return rest;
}

async function allDocs(range: Range, request: Request, query: URLSearchParams): Promise<Response> {
  let body: JsonObject = {};
  if (request.method === 'POST') {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    body = read.value;
  }
  const bodies = isTrue(query, 'include_docs') || body['include_docs'] === true;
  const keys = body['keys'] ?? jsonParameter(query, 'keys');
  if (keys !== undefined) {
    if (!isStrings(keys) || keys.length > maxQuestions) return badRequest('keys is a list of names.');
    const rows = await Promise.all(
      keys.map(async (key) => {
        const found = contains(range, key) ? await range.database.get(key) : null;
        if (found === null) return { key, error: 'not_found' };
        const value = { rev: found._rev, ...(found._deleted === true ? { deleted: true } : {}) };
        return { id: key, key, value, ...(bodies ? { doc: found._deleted === true ? null : found } : {}) };
      }),
    );
    const { documents } = await range.database.info(range.partition);
    return json({ total_rows: documents, offset: null, rows });
  }

  const key = jsonParameter(query, 'key');
  const start = key ?? jsonParameter(query, 'startkey', 'start_key');
  const end = key ?? jsonParameter(query, 'endkey', 'end_key');
  const limit = countParameter(query, 'limit');
  const skip = countParameter(query, 'skip');
  if ([start, end].some((bound) => bound !== undefined && typeof bound !== 'string')) return badRequest('Keys are names, in JSON.');
  if (limit === null || skip === null) return badRequest('limit and skip are counts.');
  const { rows, total } = await range.database.list({
    partition: range.partition,
    descending: isTrue(query, 'descending'),
    inclusiveEnd: query.get('inclusive_end') !== 'false',
    bodies,
    ...(typeof start === 'string' ? { start } : {}),
    ...(typeof end === 'string' ? { end } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(skip === undefined ? {} : { skip }),
  });
  return json({
    total_rows: total,
    offset: skip ?? 0,
    rows: rows.map(({ id, rev, document: doc }) => ({ id, key: id, value: { rev }, ...(doc === undefined ? {} : { doc }) })),
  });
}

async function document(range: Range, request: Request, query: URLSearchParams, method: string, id: string): Promise<Response> {
  if (!contains(range, id)) return outside();
  if (method === 'GET') return readDocument(range, query, id);
  if (method !== 'PUT' && method !== 'DELETE') return wrongMethod('DELETE,GET,HEAD,PUT');
  const { gate } = range;
  if (gate === null) return readOnly();

  const rev = query.get('rev') ?? request.headers.get('if-match')?.replaceAll('"', '') ?? undefined;
  let given: JsonObject = { _deleted: true };
  if (method === 'PUT') {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    given = read.value;
    if (given['_id'] !== undefined && given['_id'] !== id) return badRequest('Document ID must match the name in the address.');
    if (rev !== undefined && given['_rev'] !== undefined && given['_rev'] !== rev) return badRequest('Two different revisions were given.');
  }
  const newEdits = query.get('new_edits') !== 'false';
  const [written] = await range.database.bulk([{ ...given, _id: id, ...(rev === undefined ? {} : { _rev: rev }) }], { newEdits, gate });
  if (written === undefined) return missing();
  if (written.ok) return json({ ok: true, id, rev: written.rev }, method === 'PUT' ? 201 : 200, { etag: `"${written.rev}"` });
  const status = { conflict: 409, forbidden: 403, bad_request: 400, doc_validation: 400, missing_stub: 412, too_large: 413 }[written.error];
  return couchError(status, written.error, written.reason);
}

async function readDocument(range: Range, query: URLSearchParams, id: string): Promise<Response> {
  const { database } = range;
  const latest = isTrue(query, 'latest');
  const shape = (found: CouchDocument): object => (isTrue(query, 'revs') ? found : withoutHistory(found));

  if (query.get('open_revs') !== null) {
    const revs = query.get('open_revs') === 'all' ? 'all' : jsonParameter(query, 'open_revs');
    if (revs !== 'all' && (!isStrings(revs) || revs.length > maxQuestions)) return badRequest('open_revs is all, or a list of revisions.');
    const { found, missing: absent } = await database.open(id, revs, { latest });
    if (found.length === 0 && absent.length === 0) return missing();
    return json([...found.map((ok) => ({ ok: shape(ok) })), ...absent.map((lost) => ({ missing: lost }))]);
  }

  const leaves = await database.leaves(id);
  const winner = leaves[0];
  if (winner === undefined) return missing();
  const rev = query.get('rev');
  if (rev === null && winner.deleted) return couchError(404, 'not_found', 'deleted');
  const [found] = (await database.open(id, [rev ?? winner.rev], { latest })).found;
  if (found === undefined) return missing();
  const conflicts = leaves.filter((leaf) => leaf.rev !== winner.rev && !leaf.deleted).map((leaf) => leaf.rev);
  return json({ ...shape(found), ...(isTrue(query, 'conflicts') && conflicts.length > 0 ? { _conflicts: conflicts } : {}) }, 200, {
    etag: `"${found._rev}"`,
  });
}

async function local(range: Range, request: Request, method: string, id: string): Promise<Response> {
  const { database, space, gate } = range;
  if (id === '' || id.length > 500) return missing();
  const name = `_local/${id}`;
  switch (method) {
    case 'GET': {
      const found = await database.getLocal(space, id);
      return found === null ? missing() : json({ ...found.body, _id: name, _rev: found.rev });
    }
    case 'PUT': {
      if (gate === null) return readOnly();
      const read = await readObject(request);
      if (!read.ok) return read.error;
      const body = Object.fromEntries(Object.entries(read.value).filter(([field]) => !field.startsWith('_')));
      if (Buffer.byteLength(JSON.stringify(body)) > maxLocalBytes)
        return couchError(413, 'too_large', 'A local document holds at most 64 kB.');
      return json({ ok: true, id: name, rev: await database.putLocal(space, id, body) }, 201);
    }
    case 'DELETE':
      if (gate === null) return readOnly();
      return (await database.removeLocal(space, id)) ? json({ ok: true, id: name, rev: '0-0' }) : missing();
    default:
      return wrongMethod('DELETE,GET,HEAD,PUT');
  }
}
