/** The questions that replicators ask about many documents at once. */
import { randomBytes } from 'node:crypto';
import { isListOf, isObject, isString, type JsonObject } from '../../domain/shape.ts';
import { furtherNames, parseEdit } from '../engine/document.ts';
import type { BulkOptions, Written } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { streamedList } from '../http/streamed.ts';
import { writeLocal } from './locals.ts';
import { answerMultipart, mixedOf, wantsParts } from './multipart.ts';
import {
  badRequest,
  contains,
  couchError,
  isTrue,
  maxQuestions,
  outsideReason,
  readCouchObject,
  readOnly,
  withoutHistory,
  type Range,
} from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

/** Documents of an answer that are read at once: with attachments a few of them fill the memory. */
const readAtOnce = { documents: 100, attachments: 5 };

export const isStrings = isListOf(isString);

/** A name for a document that came without one: 128 random bits. */
export const newName = (): string => randomBytes(16).toString('hex');

export const statusOf = {
  conflict: 409,
  forbidden: 403,
  bad_request: 400,
  doc_validation: 400,
  missing_stub: 412,
  too_large: 413,
} as const;

type Revisions = readonly (readonly [string, readonly string[]])[];

async function readRevisions(request: OrganRequest): Promise<Revisions | Response> {
  const read = await readCouchObject(request);
  if (!read.ok) return read.error;
  const entries = Object.entries(read.value);
  if (entries.length > maxQuestions) return badRequest('Too many names in one question.');
  return entries.every((entry): entry is [string, readonly string[]] => isStrings(entry[1]))
    ? entries
    : badRequest('For each name a list of revisions.');
}

export async function revsDiff(range: Range, request: OrganRequest): Promise<Response> {
  const entries = await readRevisions(request);
  if (entries instanceof Response) return entries;
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

/** The older question, without ancestors. */
export async function missingRevs(range: Range, request: OrganRequest): Promise<Response> {
  const entries = await readRevisions(request);
  if (entries instanceof Response) return entries;
  const answer = await range.database.missing(Object.fromEntries(entries.filter(([id]) => contains(range, id))));
  const absent = entries.flatMap(([id, revs]): [string, readonly string[]][] => {
    const lacking = contains(range, id) ? (answer.get(id)?.missing ?? []) : revs;
    return lacking.length === 0 ? [] : [[id, lacking]];
  });
  return json({ missing_revs: Object.fromEntries(absent) });
}

export async function bulkDocs(range: Range, request: OrganRequest): Promise<Response> {
  const { gate, further } = range;
  if (gate === null) return readOnly();
  const read = await readCouchObject(request);
  if (!read.ok) return read.error;
  const { docs, new_edits: newEdits = true } = read.value;
  if (!Array.isArray(docs) || typeof newEdits !== 'boolean') return badRequest('The body has docs, a list, and new_edits, true or false.');
  if (!docs.every(isObject)) return badRequest('Document must be a JSON object');
  if (docs.length > maxQuestions) return badRequest('Too many documents in one request.');
  const named =
    further === null
      ? docs
      : docs.map((document): JsonObject => (document['_id'] === undefined ? { ...document, _id: newName() } : document));
  if (further !== null && named.some(isLocal)) return bulkWithLocals(range, named, newEdits);
  // CouchDB refuses the whole request for one document that is not well formed; in a node's own range the others are kept.
  if (further !== null)
    for (const document of named) {
      const parsed = parseEdit(document, newEdits, furtherNames);
      if (!parsed.ok) return couchError(statusOf[parsed.error.error], parsed.error.error, parsed.error.reason);
    }
  const written = await writeWithin(range, named, { newEdits, gate });
  const answers = written.map((answer) => ({
    ...rowOf(answer),
    ...(answer.ok ? {} : { status: answer.error === 'conflict' ? 409 : 403 }),
  }));
  return json(newEdits ? answers : answers.filter((_answer, index) => written[index]?.ok !== true), 201);
}

const isLocal = ({ _id: id }: JsonObject): boolean => typeof id === 'string' && /^_local\/./s.test(id);

/** A further database takes local documents among the others, as CouchDB does. */
async function bulkWithLocals(range: Range, documents: readonly JsonObject[], newEdits: boolean): Promise<Response> {
  const answers: object[] = [];
  for (const document of documents) {
    const id = String(document['_id']);
    if (!isLocal(document)) {
      const [written] = await writeWithin(range, [document], { newEdits, ...(range.gate === null ? {} : { gate: range.gate }) });
      if (written !== undefined) answers.push(rowOf(written));
      continue;
    }
    const written = await writeLocal(range, id.slice('_local/'.length), document);
    if (written.ok) answers.push({ ok: true, id, rev: written.value });
    else answers.push({ id, ...((await written.error.json()) as object) });
  }
  return json(answers, 201);
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

type Opened = { readonly id: string | null; readonly documents: Parameters<typeof mixedOf>[0] };

export async function bulkGet(range: Range, request: OrganRequest, query: URLSearchParams): Promise<Response> {
  const read = await readCouchObject(request);
  if (!read.ok) return read.error;
  const { docs } = read.value;
  if (!Array.isArray(docs) || docs.length > maxQuestions || !docs.every(isObject))
    return badRequest('The body has docs, a list of { id, rev }.');
  const [latest, revs, attachments] = ['latest', 'revs', 'attachments'].map((name) => isTrue(query, name));

  async function open({ id, rev, atts_since: since }: JsonObject): Promise<Opened> {
    if (typeof id !== 'string' || (rev !== undefined && typeof rev !== 'string') || (since !== undefined && !isStrings(since)))
      return { id: null, documents: [{ error: { id: null, rev: null, error: 'bad_request', reason: 'A name is text' } }] };
    if (!contains(range, id)) return { id, documents: [{ error: { id, rev: rev ?? null, error: 'forbidden', reason: outsideReason } }] };
    const opened = await range.database.open(id, rev === undefined ? 'all' : [rev], {
      latest: latest === true,
      ...(attachments === true ? { attachments: since ?? 'all' } : {}),
    });
    const absent = opened.found.length === 0 && opened.missing.length === 0 ? ['undefined'] : opened.missing;
    return {
      id,
      documents: [
        ...opened.found.map((document) => ({ document: revs === true ? document : withoutHistory(document) })),
        ...absent.map((lost) => ({ error: { id, rev: lost, error: 'not_found', reason: 'missing' } })),
      ],
    };
  }

  if (wantsParts(request, 'mixed')) {
    // Whoever reads parts reads them as they come, but asks for few at once.
    const opened: Opened[] = [];
    for (const document of docs) opened.push(await open(document));
    return answerMultipart(mixedOf(opened.flatMap(({ documents }) => documents)));
  }
  return streamedList('results', async function* () {
    const size = attachments === true ? readAtOnce.attachments : readAtOnce.documents;
    for (let at = 0; at < docs.length; at += size)
      for (const { id, documents } of await Promise.all(docs.slice(at, at + size).map(open)))
        yield { id, docs: documents.map((entry) => ('document' in entry ? { ok: entry.document } : entry)) };
    return {};
  });
}
