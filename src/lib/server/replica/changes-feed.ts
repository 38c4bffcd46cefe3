/**
 * `_changes`. A feed that waits sends a line feed at each heartbeat: JSON does not mind, and a proxy or phone that closes silent connections
 * is kept awake. Such answers are marked `no-transform`, as a compressor would hold the heartbeats back.
 *
 * Whatever its length, a feed is read from the engine a batch at a time, and no faster than its client takes it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, ChangesQuery } from '../engine/engine.ts';
import { streamed, streamedList } from '../http/streamed.ts';
import {
  badRequest,
  countParameter,
  dressed,
  isTrue,
  jsonParameter,
  maxQuestions,
  readCouchObject,
  type Extras,
  type Range,
} from './range.ts';
import type { OrganRequest } from '../http/organ.ts';

/** CouchDB's own default for a feed that waits without heartbeats, in ms. */
const defaultTimeout = 60_000;
/** A shorter heartbeat is taken as this: it would only be a cost. */
const shortestHeartbeat = 1000;
const longestHeartbeat = 10 * 60_000;

/** Milliseconds of rest where something changed and there is nothing to tell of it. */
const nothingToTell = 200;

/** Changes that are read at once: names alone, and with documents of 256 kB at most. */
const batch = { names: 1000, bodies: 100 };

interface Asked {
  readonly query: ChangesQuery;
  readonly feed: 'normal' | 'longpoll' | 'continuous' | 'eventsource';
  /** Milliseconds; null for none. */
  readonly heartbeat: number | null;
  readonly timeout: number;
  readonly extras: Extras;
  /** Only every so many rows carry a sequence: it is long, and a replicator keeps one for each batch. */
  readonly interval: number;
}

export async function changesFeed(range: Range, request: OrganRequest, parameters: URLSearchParams): Promise<Response> {
  const asked = await readQuestion(range, request, parameters);
  if (asked instanceof Response) return asked;
  const { query, feed } = asked;
  if (feed === 'continuous' || feed === 'eventsource') return follow(range, asked);
  if (feed === 'normal') return streamedList('results', () => rowsUntilNow(range, asked, query));

  const first = await range.database.changes({ ...query, limit: 1, bodies: false });
  if (first.results.length > 0) return streamedList('results', () => rowsUntilNow(range, asked, query));
  return streamed(waitingHeaders('application/json; charset=utf-8'), async function* (signal) {
    const until = performance.now() + asked.timeout;
    const results: object[] = [];
    let end = { last_seq: first.last, pending: 0 };
    for (let goesOn = true; goesOn && results.length === 0;) {
      const left = Math.max(0, until - performance.now());
      goesOn = yield* untilChange(range, { ...asked, timeout: left }, end.last_seq, signal);
      if (!(await range.isOpen())) break;
      const rows = rowsUntilNow(range, asked, { ...query, since: end.last_seq });
      for (let step = await rows.next(); ; step = await rows.next()) {
        if (step.done === true) {
          end = step.value;
          break;
        }
        results.push(step.value);
      }
      // What changed is not what was asked for, or the copy of a cluster that was read does not have it yet.
      if (goesOn && results.length === 0) await sleep(nothingToTell);
    }
    yield JSON.stringify({ results, ...end }) + '\n';
  });
}

const waitingHeaders = (type: string): Readonly<Record<string, string>> => ({
  'content-type': type,
  'cache-control': 'no-store, no-transform',
});

async function rowOf({ database }: Range, { extras }: Asked, change: Change, seq: string | null): Promise<object> {
  const { id, revs, deleted, document } = change;
  return {
    seq,
    id,
    changes: revs.map((rev) => ({ rev })),
    ...(deleted ? { deleted: true } : {}),
    ...(document === undefined ? {} : { doc: await dressed(database, document, extras) }),
  };
}

/** Rows up to what stands now; at the end `last_seq` and `pending`. */
async function* rowsUntilNow(
  range: Range,
  asked: Asked,
  query: ChangesQuery,
): AsyncGenerator<object, { last_seq: string; pending: number }> {
  const { database } = range;
  // Backwards the feed has no place in its middle to go on from: it is asked for at once, by name, and the documents come one by one.
  if (query.descending === true) {
    const { results, last } = await database.changes({ ...query, bodies: false });
    for (const change of results) {
      const document = query.bodies === true ? await database.get(change.id) : null;
      yield await rowOf(range, asked, document === null ? change : { ...change, document }, change.seq);
    }
    return { last_seq: last, pending: 0 };
  }
  let { since } = query;
  const size = query.bodies === true ? batch.bodies : batch.names;
  for (let left = query.limit ?? Infinity, told = 0; ;) {
    const { results, last, pending } = await database.changes({ ...query, since, limit: Math.min(left, size) });
    for (const [place, change] of results.entries()) {
      told++;
      const isLast = place === results.length - 1;
      yield await rowOf(range, asked, change, isLast || told % asked.interval === 0 ? change.seq : null);
    }
    left -= results.length;
    if (pending === 0 || left <= 0 || last === since) return { last_seq: last, pending };
    since = last;
  }
}

/** Waits for a change, with a beat now and then. Ends at the timeout too. */
async function* untilChange(range: Range, asked: Asked, since: string, gone: AbortSignal): AsyncGenerator<string, boolean> {
  const { heartbeat, timeout, feed, query } = asked;
  const stop = new AbortController();
  const end = (): void => {
    stop.abort();
  };
  gone.addEventListener('abort', end, { once: true });
  const limit = heartbeat === null ? setTimeout(end, timeout) : undefined;
  try {
    if (gone.aborted) return false;
    const changed = range.database.waitForChange(query.partition, since, stop.signal).then(() => 'changed' as const);
    // Where it fails while a beat is on its way, that is told when it is waited for.
    changed.catch(() => undefined);
    // The head of the answer leaves now, so that the client knows that it is understood.
    const beat = feed === 'eventsource' ? 'event: heartbeat\ndata: \n\n' : '\n';
    yield beat;
    yield '';
    while (heartbeat !== null) {
      const woken = new AbortController();
      const first = await Promise.race([
        changed,
        sleep(heartbeat, 'beat' as const, { signal: woken.signal }).catch(() => 'changed' as const),
      ]);
      woken.abort();
      if (first === 'changed') break;
      yield beat;
      yield '';
    }
    await changed;
    return !stop.signal.aborted;
  } finally {
    clearTimeout(limit);
    gone.removeEventListener('abort', end);
    end();
  }
}

function follow(range: Range, asked: Asked): Response {
  const { query, feed } = asked;
  const lineOf = (row: object, seq: string): string =>
    feed === 'eventsource' ? `data: ${JSON.stringify(row)}\nid: ${seq}\n\n` : JSON.stringify(row) + '\n';
  return streamed(waitingHeaders(feed === 'eventsource' ? 'text/event-stream' : 'application/json; charset=utf-8'), async function* (gone) {
    let { since } = query;
    let left = query.limit ?? Infinity;
    let woken = false;
    while (!gone.aborted) {
      const rows = rowsUntilNow(range, asked, { ...query, since, ...(left === Infinity ? {} : { limit: left }) });
      let told = false;
      for (let step = await rows.next(); ; step = await rows.next()) {
        if (step.done === true) {
          since = step.value.last_seq;
          break;
        }
        left--;
        told = true;
        const seq: unknown = Reflect.get(step.value, 'seq');
        yield lineOf(step.value, typeof seq === 'string' ? seq : since);
      }
      if (left <= 0) break;
      if (woken && !told) await sleep(nothingToTell);
      woken = yield* untilChange(range, asked, since, gone);
      if (!woken || !(await range.isOpen())) break;
    }
    if (feed === 'continuous') yield JSON.stringify({ last_seq: since, pending: 0 }) + '\n';
  });
}

const feeds = ['normal', 'longpoll', 'continuous', 'eventsource'] as const;

async function readQuestion(range: Range, request: OrganRequest, parameters: URLSearchParams): Promise<Asked | Response> {
  const feed = feeds.find((name) => name === (parameters.get('feed') ?? 'normal'));
  if (feed === undefined) return badRequest(`The feeds are ${feeds.join(', ')}.`);
  const [limit, interval, timeout] = ['limit', 'seq_interval', 'timeout'].map((name) => countParameter(parameters, name));
  const beat = parameters.get('heartbeat');
  const heartbeat = beat === 'true' ? defaultTimeout : beat === 'false' ? undefined : countParameter(parameters, 'heartbeat');
  if (limit === null || interval === null) return badRequest('limit and seq_interval are counts.');
  if (heartbeat === null || timeout === null) return badRequest('heartbeat and timeout are milliseconds.');

  const filter = parameters.get('filter');
  let ids: unknown;
  if (request.method === 'POST') {
    const read = await readCouchObject(request);
    if (!read.ok) return read.error;
    ids = read.value['doc_ids'];
  }
  ids ??= jsonParameter(parameters, 'doc_ids');
  if (filter !== null && filter !== '_doc_ids')
    return badRequest('The only filter here is _doc_ids: no other code than the node’s own is run.');
  if (filter === '_doc_ids' && !(Array.isArray(ids) && ids.length <= maxQuestions && ids.every((id) => typeof id === 'string')))
    return badRequest(`_doc_ids needs doc_ids, a list of at most ${String(maxQuestions)} names.`);

  // `since` may come as text or as that text in JSON.
  const given = parameters.get('since') ?? request.headers.get('last-event-id') ?? '0';
  const quoted = jsonParameter(parameters, 'since');
  const bodies = isTrue(parameters, 'include_docs');
  return {
    feed,
    heartbeat: heartbeat === undefined ? null : Math.min(Math.max(heartbeat, shortestHeartbeat), longestHeartbeat),
    timeout: Math.min(timeout ?? defaultTimeout, defaultTimeout),
    interval: Math.max(1, interval ?? 1),
    extras: { conflicts: isTrue(parameters, 'conflicts'), attachments: isTrue(parameters, 'attachments') },
    query: {
      partition: range.partition,
      since: typeof quoted === 'string' ? quoted : given,
      style: parameters.get('style') === 'all_docs' ? 'all_docs' : 'main_only',
      bodies,
      // A feed that goes on goes forwards.
      descending: isTrue(parameters, 'descending') && feed === 'normal',
      // CouchDB takes a limit of 0 as 1.
      ...(limit === undefined ? {} : { limit: Math.max(1, limit) }),
      ...(filter === '_doc_ids' ? { ids: ids as readonly string[] } : {}),
    },
  };
}
