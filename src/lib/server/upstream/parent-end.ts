/** The parent as a visit sees it, over the line: `POST /api/greeting` and CouchDB's replication protocol under `/replica/db/`. */
import { isNodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isListOf, isObject, isRecordOf, isString, type JsonObject } from '../../domain/shape.ts';
import type { LinkFailure } from '../../sync/link.ts';
import type { FeedPage, Greeting, ParentEnd, Place, Refusal, Travelling } from '../../sync/visit.ts';
import { worthCompressing } from '../http/compression.ts';
import { parseOffered } from '../update/held.ts';
import { LineBroken, type Line } from './line.ts';

/** Bytes of an answer, unpacked. A page of a feed or a part of documents has far less. */
const largestAnswer = 32 * 1024 * 1024;

/** What a status, with the parent's own code where it gave one, means for a visit. */
export function failureOf(status: number, code: unknown): LinkFailure {
  if (status === 401) return 'not-accepted';
  if (status === 403 && code === 'revoked') return 'revoked';
  if (status === 429 || status === 502 || status === 503 || status === 504 || status === 507) return 'busy';
  return 'nonsense';
}

/** What an error says of the line; a bug is thrown on. */
export function brokenBy(error: unknown): 'unreachable' | 'nonsense' {
  if (error instanceof LineBroken) return 'unreachable';
  // What came is not packed as it says.
  if (error instanceof Error && /^(Z_|ERR__ERROR_)/.test(String(Reflect.get(error, 'code')))) return 'nonsense';
  throw error;
}

export async function textOf(response: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > largestAnswer) return null;
  }
  return text + decoder.decode();
}

interface Answered {
  readonly body: unknown;
  readonly headers: Headers;
}

/** Asks and reads JSON. What breaks, and what is no JSON, is a value. */
export async function askJson(line: Line, path: string, body?: unknown): Promise<Result<Answered, LinkFailure>> {
  try {
    let question = {};
    if (body !== undefined) {
      const plain = Buffer.from(JSON.stringify(body));
      const packed = plain.byteLength >= worthCompressing ? await line.pack(plain) : null;
      const encoded: Record<string, string> = packed === null ? {} : { 'content-encoding': 'gzip' };
      question = { method: 'POST', headers: { 'content-type': 'application/json', ...encoded }, body: packed ?? plain };
    }
    const response = await line.ask(path, question);
    const text = await textOf(response);
    let value: unknown = null;
    try {
      value = text === null ? null : JSON.parse(text);
    } catch {
      // A gateway's page; its status says more than its words.
    }
    if (!response.ok) return err(failureOf(response.status, isObject(value) ? value['error'] : undefined));
    return value === null ? err('nonsense') : ok({ body: value, headers: response.headers });
  } catch (error) {
    return err(brokenBy(error));
  }
}

const isRevs = isRecordOf(isListOf(isString));

const isTravelling = (value: unknown): value is Travelling => isObject(value) && isString(value['_id']) && isString(value['_rev']);

function placeOf(node: unknown, epoch: unknown): Place | null {
  return isNodeId(node) && isString(epoch) && epoch !== '' ? { node, epoch } : null;
}

function parseGreeting(value: unknown): Greeting | null {
  if (!isObject(value)) return null;
  const { node, epoch, child, databases, courses = {} } = value;
  const place = placeOf(node, epoch);
  if (place === null || !isNodeId(child) || !isRecordOf(isString)(databases) || !isRecordOf(isString)(courses)) return null;
  const release = parseOffered(value['release']);
  return { place, child, databases, courses, ...(release === null ? {} : { release }) };
}

function parsePage(value: unknown): FeedPage | null {
  if (!isObject(value)) return null;
  const { results, last_seq: last } = value;
  if (!Array.isArray(results) || (!isString(last) && typeof last !== 'number')) return null;
  const changes = results.flatMap((row: unknown) => {
    if (!isObject(row) || !isString(row['id']) || !Array.isArray(row['changes'])) return [];
    const revs = row['changes'].flatMap((change: unknown) => (isObject(change) && isString(change['rev']) ? [change['rev']] : []));
    return [{ id: row['id'], revs }];
  });
  return { changes, last: String(last) };
}

const parsed = <Value>(value: Value | null): Result<Value, LinkFailure> => (value === null ? err('nonsense') : ok(value));

const roadTo = (database: string): string => `/replica/db/${encodeURIComponent(database)}`;

export function createParentEnd(given: {
  readonly line: Line;
  /** What this node says of itself. */
  readonly report: () => Promise<JsonObject>;
}): ParentEnd {
  const { line, report } = given;
  return {
    async greet() {
      const answer = await askJson(line, '/api/greeting', await report());
      return answer.ok ? parsed(parseGreeting(answer.value.body)) : answer;
    },
    async changes(database, since, limit) {
      const query = new URLSearchParams({ style: 'all_docs', since, limit: String(limit) });
      const answer = await askJson(line, `${roadTo(database)}/_changes?${query.toString()}`);
      return answer.ok ? parsed(parsePage(answer.value.body)) : answer;
    },
    async missing(database, revs) {
      const answer = await askJson(line, `${roadTo(database)}/_revs_diff`, revs);
      if (!answer.ok) return answer;
      const { body, headers } = answer.value;
      const place = placeOf(headers.get('perigee-node'), headers.get('perigee-epoch'));
      if (place === null || !isObject(body)) return err('nonsense');
      const missing = Object.fromEntries(Object.entries(body).map(([id, row]) => [id, isObject(row) ? (row['missing'] ?? []) : null]));
      return isRevs(missing) ? ok({ place, missing }) : err('nonsense');
    },
    async open(database, revs) {
      const docs = Object.entries(revs).flatMap(([id, some]) => some.map((rev) => ({ id, rev })));
      const answer = await askJson(line, `${roadTo(database)}/_bulk_get?revs=true`, { docs });
      if (!answer.ok) return answer;
      const results = isObject(answer.value.body) ? answer.value.body['results'] : null;
      if (!Array.isArray(results)) return err('nonsense');
      return ok(
        results.flatMap((row: unknown) => {
          const found = isObject(row) && Array.isArray(row['docs']) ? (row['docs'] as readonly unknown[]) : [];
          return found.flatMap((one) => (isObject(one) && isTravelling(one['ok']) ? [one['ok']] : []));
        }),
      );
    },
    async store(database, documents) {
      const answer = await askJson(line, `${roadTo(database)}/_bulk_docs`, { docs: documents, new_edits: false });
      if (!answer.ok) return answer;
      if (!Array.isArray(answer.value.body)) return err('nonsense');
      return ok(
        answer.value.body.flatMap((row: unknown): Refusal[] =>
          isObject(row) && isString(row['id']) && row['error'] !== undefined ? [{ id: row['id'], reason: String(row['reason']) }] : [],
        ),
      );
    },
  };
}
