/**
 * `_changes`. A feed that waits sends a line feed at each heartbeat: JSON does not mind, and a proxy or phone that closes silent connections
 * is kept awake. Such answers are marked `no-transform`, as a compressor would hold the heartbeats back.
 */
import type { Change, Changes, ChangesQuery } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import { couchError, countParameter, jsonParameter, type Range } from './range.ts';

/** CouchDB's own default for a feed that waits without heartbeats, in ms. */
const defaultTimeout = 60_000;
/** A shorter heartbeat is taken as this: it would only be a cost. */
const shortestHeartbeat = 1000;

const row = ({ seq, id, revs, deleted, document }: Change): object => ({
  seq,
  id,
  changes: revs.map((rev) => ({ rev })),
  ...(deleted ? { deleted: true } : {}),
  ...(document === undefined ? {} : { doc: document }),
});

const whole = ({ results, last, pending }: Changes): object => ({ results: results.map(row), last_seq: last, pending });

export async function changesFeed(range: Range, request: Request, parameters: URLSearchParams): Promise<Response> {
  const query = await readQuery(range, request, parameters);
  if (query instanceof Response) return query;
  const { database, partition } = range;

  const feed = parameters.get('feed') ?? 'normal';
  if (feed === 'normal') return json(whole(await database.changes(query)));
  if (feed !== 'longpoll' && feed !== 'continuous') return couchError(400, 'bad_request', 'The feeds are normal, longpoll and continuous.');

  const given = parameters.get('heartbeat');
  const beat = given === 'true' ? defaultTimeout : countParameter(parameters, 'heartbeat');
  const timeout = countParameter(parameters, 'timeout');
  if (beat === null || timeout === null) return couchError(400, 'bad_request', 'heartbeat and timeout are milliseconds.');

  if (feed === 'longpoll') {
    const first = await database.changes(query);
    if (first.results.length > 0) return json(whole(first));
    return stream(beat, timeout, async (send, signal) => {
      await database.waitForChange(partition, first.last, signal);
      const answer = (await range.isOpen()) ? await database.changes({ ...query, since: first.last }) : { ...first, results: [] };
      send(JSON.stringify(whole(answer)) + '\n');
    });
  }

  return stream(beat, timeout, async (send, signal) => {
    let { since } = query;
    let left = query.limit ?? Number.MAX_SAFE_INTEGER;
    // A batch at a time, so that a long history is not held in memory.
    const batch = 1000;
    while (left > 0) {
      const { results, last, pending } = await database.changes({ ...query, since, limit: Math.min(left, batch) });
      for (const change of results) send(JSON.stringify(row(change)) + '\n');
      left -= results.length;
      since = last;
      if (pending > 0) continue;
      if (signal.aborted || left <= 0) break;
      await database.waitForChange(partition, since, signal);
      if (!(await range.isOpen())) break;
    }
    send(JSON.stringify({ last_seq: since, pending: 0 }) + '\n');
  });
}

async function readQuery(range: Range, request: Request, parameters: URLSearchParams): Promise<ChangesQuery | Response> {
  const limit = countParameter(parameters, 'limit');
  if (limit === null) return couchError(400, 'bad_request', 'limit is a count.');
  // `since` may come as text or as that text in JSON.
  const json = jsonParameter(parameters, 'since');
  const since = parameters.get('since') === 'now' ? 'now' : typeof json === 'string' ? json : (parameters.get('since') ?? '0');
  const filter = parameters.get('filter');
  let ids: unknown;
  if (request.method === 'POST') {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    ids = read.value['doc_ids'];
  }
  ids ??= jsonParameter(parameters, 'doc_ids');
  if (filter !== null && filter !== '_doc_ids') return couchError(400, 'bad_request', 'The only filter here is _doc_ids.');
  if (filter === '_doc_ids' && !(Array.isArray(ids) && ids.every((id) => typeof id === 'string')))
    return couchError(400, 'bad_request', '_doc_ids needs doc_ids, a list of names.');
  return {
    partition: range.partition,
    since,
    style: parameters.get('style') === 'all_docs' ? 'all_docs' : 'main_only',
    bodies: parameters.get('include_docs') === 'true',
    descending: parameters.get('descending') === 'true',
    // CouchDB takes a limit of 0 as 1.
    ...(limit === undefined ? {} : { limit: Math.max(1, limit) }),
    ...(filter === '_doc_ids' ? { ids: ids as readonly string[] } : {}),
  };
}

/** An answer that is written while its maker works; the maker's signal aborts at the timeout and when the client has gone. */
function stream(
  beat: number | undefined,
  timeout: number | undefined,
  make: (send: (text: string) => void, signal: AbortSignal) => Promise<void>,
): Response {
  const stop = new AbortController();
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  let gone = false;
  const clear = (): void => {
    clearInterval(heartbeat);
    clearTimeout(end);
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => {
        // A client that went away closed the stream; the maker learns it from its signal.
        if (!gone) controller.enqueue(encoder.encode(text));
      };
      if (beat !== undefined)
        heartbeat = setInterval(
          () => {
            send('\n');
          },
          Math.max(beat, shortestHeartbeat),
        );
      else
        end = setTimeout(
          () => {
            stop.abort();
          },
          Math.min(timeout ?? defaultTimeout, defaultTimeout),
        );
      // The head of the answer leaves now, so that the client knows that it is understood.
      send('\n');
      make(send, stop.signal)
        .then(
          () => {
            if (!gone) controller.close();
          },
          (error: unknown) => {
            if (!gone) controller.error(error);
          },
        )
        .finally(clear);
    },
    cancel() {
      gone = true;
      stop.abort();
      clear();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store, no-transform' } });
}
