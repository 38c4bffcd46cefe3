/**
 * The standard road: CouchDB's replication protocol (https://docs.couchdb.org/en/stable/replication/protocol.html) for one key
 * range as if it were a database, or for a database. The calls that an unmodified PouchDB and a CouchDB replicator make:
 *
 *   GET  /                    that the range exists, and its update sequence
 *   POST /                    a document without a name (further databases)
 *   GET, POST /_changes       feed normal, longpoll, continuous or eventsource; heartbeat, timeout, since, limit, style, include_docs, conflicts,
 *                             attachments, doc_ids, descending, seq_interval
 *   POST /_revs_diff          which revisions are missing here; /_missing_revs the same without ancestors
 *   POST /_bulk_docs          new_edits true and false; a document that is refused does not hold up the others
 *   POST /_bulk_get           revisions with their histories and attachments, as JSON or multipart/mixed
 *   GET, POST /_all_docs      by key, keys and ranges
 *   GET, PUT, DELETE /<id>    rev, revs, revs_info, open_revs, latest, conflicts, attachments, atts_since; multipart/related and /mixed
 *   GET, PUT, DELETE /<id>/<attachment>
 *   GET, PUT, DELETE /_local/<id>
 *   POST /_ensure_full_commit what was answered is on disk already
 *   POST /_compact            further databases
 *
 * Refusals have CouchDB's form, `{ error, reason }`. Names outside the range are answered as if nothing were there or refused, and never looked up.
 */
import { json } from '../http/answer.ts';
import { allDocs } from './all-docs.ts';
import { answerAttachment } from './attachment-road.ts';
import { bulkDocs, bulkGet, missingRevs, revsDiff } from './bulk.ts';
import { changesFeed } from './changes-feed.ts';
import { answerDocument, postDocument } from './documents.ts';
import { local } from './locals.ts';
import { badRequest, couchError, missing, outside, wrongMethod, type Range } from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

/**
 * @param path segments after the range's own address, decoded; empty for the range itself
 */
export async function answerRoad(range: Range, request: OrganRequest, path: readonly string[]): Promise<Response> {
  const { searchParams: query } = new URL(request.url);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const [first = '', ...rest] = path;

  if (path.length === 0 || (path.length === 1 && first === '')) {
    if (method === 'GET') return info(range);
    if (method === 'PUT') return couchError(412, 'file_exists', 'The database could not be created, the file already exists.');
    return method === 'POST' ? postDocument(range, request, query) : wrongMethod('GET,HEAD,POST,PUT');
  }
  if (first === '_local')
    return rest.length > 1 ? badRequest('_local documents do not accept attachments.') : local(range, request, method, rest[0] ?? '');
  const isDesign = first === '_design' || first.startsWith('_design/');
  if (isDesign && range.further === null) return method === 'GET' ? missing() : outside();
  if (first.startsWith('_') && !isDesign) return rest.length > 0 ? missing() : question(range, request, query, `${method} ${first}`);

  // `_design/<name>` is a name with a slash of its own, which clients leave as it is.
  const [id, ...attachment] = first === '_design' ? [`_design/${rest[0] ?? ''}`, ...rest.slice(1)] : path;
  if (isDesign && attachment[0]?.startsWith('_') === true)
    return couchError(404, 'not_found', 'What a design document defines is stored, and not run here.');
  return attachment.length === 0
    ? answerDocument(range, request, query, id ?? '')
    : answerAttachment(range, request, query, id ?? '', attachment.join('/'));
}

async function question(range: Range, request: OrganRequest, query: URLSearchParams, asked: string): Promise<Response> {
  switch (asked) {
    case 'GET _changes':
    case 'POST _changes':
      return changesFeed(range, request, query);
    case 'POST _revs_diff':
      return revsDiff(range, request);
    case 'POST _missing_revs':
      return missingRevs(range, request);
    case 'POST _bulk_docs':
      return bulkDocs(range, request);
    case 'POST _bulk_get':
      return bulkGet(range, request, query);
    case 'GET _all_docs':
    case 'POST _all_docs':
      return allDocs(range, request, query);
    case 'POST _ensure_full_commit':
      return json({ ok: true, instance_start_time: '0' }, 201);
    case 'POST _compact':
      if (range.further === null) return missing();
      await range.further.compact();
      return json({ ok: true }, 202);
    default:
      return missing();
  }
}

async function info({ database, partition, name }: Range): Promise<Response> {
  const { documents, deleted, sequence } = await database.info(partition);
  return json({
    db_name: name,
    doc_count: documents,
    doc_del_count: deleted,
    update_seq: sequence,
    purge_seq: '0',
    compact_running: false,
    instance_start_time: '0',
    props: {},
  });
}
