/** `_all_docs`: by key, keys and ranges; read a page at a time, so that no listing is held in memory whole. */
import type { JsonObject } from '../../domain/shape.ts';
import type { Listing, ListingRow } from '../engine/engine.ts';
import { streamedList } from '../http/streamed.ts';
import { isStrings } from './bulk.ts';
import { badRequest, contains, couchError, dressed, maxQuestions, readCouchObject, type Extras, type Range } from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

/** Rows that are read at once: names alone, and with documents of 256 kB at most. */
const page = { names: 2000, bodies: 100 };

interface Asked {
  readonly bodies: boolean;
  readonly extras: Extras;
  readonly descending: boolean;
  readonly inclusiveEnd: boolean;
  readonly start: unknown;
  readonly end: unknown;
  readonly keys: unknown;
  readonly isOneKey: boolean;
  readonly sequence: boolean;
  readonly limit: unknown;
  readonly skip: unknown;
}

/** Parameters stand in the address, in JSON; a POST may have them in its body. */
function readQuestion(query: URLSearchParams, body: JsonObject): Asked | null {
  try {
    const valueOf = (...names: readonly string[]): unknown => {
      const inBody = names.find((name) => body[name] !== undefined);
      const inQuery = names.find((name) => query.has(name));
      if (inBody !== undefined) return body[inBody];
      return inQuery === undefined ? undefined : (JSON.parse(query.get(inQuery) ?? '') as unknown);
    };
    const key = valueOf('key');
    return {
      bodies: valueOf('include_docs') === true,
      extras: { conflicts: valueOf('conflicts') === true, attachments: valueOf('attachments') === true },
      descending: valueOf('descending') === true,
      inclusiveEnd: valueOf('inclusive_end') !== false,
      start: key ?? valueOf('startkey', 'start_key'),
      end: key ?? valueOf('endkey', 'end_key'),
      keys: valueOf('keys'),
      isOneKey: key !== undefined,
      sequence: valueOf('update_seq') === true,
      limit: valueOf('limit'),
      skip: valueOf('skip'),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const isCount = (value: unknown): value is number | undefined => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0);
const isName = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

export async function allDocs(range: Range, request: OrganRequest, query: URLSearchParams): Promise<Response> {
  let body: JsonObject = {};
  if (request.method === 'POST') {
    const read = await readCouchObject(request);
    if (!read.ok) return read.error;
    body = read.value;
  }
  const asked = readQuestion(query, body);
  if (asked === null) return badRequest('A parameter is not JSON.');
  const { start, end, keys, limit, skip } = asked;
  if (!isCount(limit) || !isCount(skip)) return badRequest('limit and skip are counts.');
  if (keys !== undefined) {
    if (asked.isOneKey) return couchError(400, 'query_parse_error', '`keys` is incompatible with `key`');
    if (!isStrings(keys) || keys.length > maxQuestions) return badRequest('keys is a list of names.');
    const wanted = (asked.descending ? keys.toReversed() : keys).slice(skip ?? 0, limit === undefined ? undefined : (skip ?? 0) + limit);
    return streamedList('rows', () => rowsByKey(range, asked, wanted));
  }
  if (!isName(start) || !isName(end)) return badRequest('Keys are names, in JSON.');
  return streamedList('rows', () => rowsByRange(range, asked, { start, end, limit: limit ?? Infinity, skip: skip ?? 0 }));
}

async function* rowsByKey(range: Range, { bodies, extras, sequence }: Asked, keys: readonly string[]): AsyncGenerator<object, object> {
  const { database } = range;
  const rowOf = async (key: string): Promise<object> => {
    const found = contains(range, key) ? await database.get(key) : null;
    if (found === null) return { key, error: 'not_found' };
    const deleted = found._deleted === true;
    const value = { rev: found._rev, ...(deleted ? { deleted: true } : {}) };
    return { id: key, key, value, ...(bodies ? { doc: deleted ? null : await dressed(database, found, extras) } : {}) };
  };
  for (let at = 0; at < keys.length; at += page.bodies) yield* await Promise.all(keys.slice(at, at + page.bodies).map(rowOf));
  const { documents, sequence: at } = await database.info(range.partition);
  return { total_rows: documents, offset: null, ...(sequence ? { update_seq: at } : {}) };
}

async function* rowsByRange(
  range: Range,
  { bodies, extras, descending, inclusiveEnd, sequence }: Asked,
  { start, end, limit, skip }: { start: string | undefined; end: string | undefined; limit: number; skip: number },
): AsyncGenerator<object, object> {
  const { database, partition } = range;
  const size = bodies ? page.bodies : page.names;
  const listing: Listing = { partition, descending, inclusiveEnd, bodies, ...(end === undefined ? {} : { end }) };
  // Of the moment before: whoever goes on from it is told too much, never too little.
  const at = sequence ? { update_seq: (await database.info(partition)).sequence } : {};
  let after: string | null = null;
  let total = 0;
  for (let left = limit; left >= 0;) {
    const from = after ?? start;
    // A page begins with the last row of the one before, which is told already, or is gone meanwhile.
    const found: { readonly rows: readonly ListingRow[]; readonly total: number } = await database.list({
      ...listing,
      ...(from === undefined ? {} : { start: from }),
      limit: Math.min(left, size) + (after === null ? 0 : 1),
      skip: after === null ? skip : 0,
    });
    ({ total } = found);
    const rows = found.rows.filter(({ id }) => id !== after).slice(0, left);
    for (const { id, rev, document } of rows) {
      const value = { rev };
      yield { id, key: id, value, ...(document === undefined ? {} : { doc: await dressed(database, document, extras) }) };
    }
    const last = rows.at(-1);
    left -= rows.length;
    if (last === undefined || rows.length < size || left <= 0) break;
    after = last.id;
  }
  return { total_rows: total, offset: skip, ...at };
}
