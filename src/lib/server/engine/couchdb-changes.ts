/** `_changes` at a CouchDB: of a whole database its own, of a partition one that `range-feed.ts` makes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { countOf, listOf, malformed, objectOf, query, textOf, withoutPath } from './couchdb-answers.ts';
import type { CouchLeaves } from './couchdb-leaves.ts';
import type { CouchLink } from './couchdb-link.ts';
import { createTail, type Tail } from './couchdb-tail.ts';
import {
  StorageFailure,
  type Change,
  type Changes,
  type ChangesQuery,
  type CouchDocument,
  type Database,
  type Partition,
} from './engine.ts';
import { positionAfter, toldAfter } from './range-feed.ts';

/**
 * Milliseconds after which one who waits at a cluster looks again. What the check is shown may come from a copy that lags behind, while the feed had passed the
 * change on another one already: nobody would be woken for it. A copy is seconds behind, or for long; each step is twice the one before.
 */
const looksAgain = [500, 1000, 2000, 4000, 8000, 16_000];

/** Milliseconds that a feed waits for a change before it is asked anew. Below what proxies allow a silent connection. */
const feedWaits = 25_000;

export interface CouchChanges extends Pick<Database, 'changes' | 'waitForChange'> {
  /** Ends what waits. */
  close(): void;
}

export function createCouchChanges(
  { read, ready, ask, epoch, holds, copies }: CouchLink,
  { leavesOf, rangeOf, changeOf }: CouchLeaves,
): CouchChanges {
  async function rangeChanges(
    partition: string,
    { since, style, bodies, ids, descending = false, limit = Infinity }: Omit<ChangesQuery, 'partition'>,
  ): Promise<Changes> {
    const rows = await rangeOf(partition);
    const end = positionAfter(rows);
    const wanted = ids === undefined ? null : new Set(ids);
    const told = since === 'now' ? [] : toldAfter(rows, since).filter(({ row }) => wanted === null || wanted.has(row.id));
    // Backwards there is no position in the middle: where it ends, everything is taken as told, as with a sequence.
    const ordered = descending ? told.map(({ row }) => ({ row, seq: end })).toReversed() : told;
    const page = ordered.slice(0, limit);
    const documents = bodies === true ? await leavesOf(page.map(({ row }) => row.id)) : new Map<string, never>();
    const results = page.map(({ row, seq }): Change => {
      const leaves: readonly CouchDocument[] = documents.get(row.id) ?? [];
      const document = leaves.find(({ _rev }) => _rev === row.revs[0]);
      return {
        seq,
        id: row.id,
        revs: style === 'main_only' ? row.revs.slice(0, 1) : row.revs,
        deleted: false,
        ...(document === undefined ? {} : { document: withoutPath(document) }),
      };
    });
    const pending = descending ? 0 : ordered.length - page.length;
    return { results, pending, last: pending === 0 ? end : (page.at(-1)?.seq ?? since) };
  }

  const decodeSeq = (since: string): string => {
    if (since === 'now') return since;
    return since.endsWith(`.${epoch}`) ? since.slice(0, -epoch.length - 1) : '0';
  };

  async function allChanges({ since, style, bodies, ids, descending, limit }: Omit<ChangesQuery, 'partition'>): Promise<Changes> {
    // CouchDB takes 0 for 1.
    const none = limit === 0;
    const parameters = query({
      since: decodeSeq(since),
      style,
      include_docs: bodies === true ? true : undefined,
      descending: descending === true ? true : undefined,
      limit: none ? 1 : limit,
      filter: ids === undefined ? undefined : '_doc_ids',
    });
    const named = ids?.filter(holds);
    const answer = await read(
      named === undefined ? 'GET' : 'POST',
      `_changes?${parameters}`,
      named === undefined ? undefined : { doc_ids: named },
    );
    const results = listOf(answer['results'])
      .map(changeOf)
      .filter(({ id }) => holds(id));
    const pending = descending === true ? 0 : countOf(answer['pending']);
    if (none) return { results: [], last: since, pending: pending + results.length };
    return { results, last: `${textOf(answer['last_seq'])}.${epoch}`, pending };
  }

  const changes = ({ partition, ...asked }: ChangesQuery): Promise<Changes> =>
    partition === null ? allChanges(asked) : rangeChanges(partition, asked);

  const tail: Tail = createTail(async (since, signal) => {
    await ready();
    const parameters = since === null ? { since: 'now', limit: 1 } : { since, feed: 'longpoll', timeout: feedWaits };
    const { status, body } = await ask('GET', `_changes?${query(parameters)}`, { signal, timeLimit: 2 * feedWaits });
    if (status !== 200) throw malformed();
    const { results, last_seq: last } = objectOf(body);
    return { ids: listOf(results).map((row) => textOf(objectOf(row)['id'])), last: textOf(last) };
  });

  /** Waits like the tail, and looks again by itself. */
  async function waitAtCluster(partition: Partition, check: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const found = Promise.withResolvers<void>();
    const lookAgain = async (): Promise<void> => {
      for (const wait of looksAgain) {
        await sleep(wait, undefined, { ref: false });
        if (over.signal.aborted) return;
        if (await check()) found.resolve();
      }
    };
    const end = (): void => {
      over.abort();
    };
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    lookAgain().catch((error: unknown) => {
      // Whoever waited asks by themselves, and is told what is wrong with CouchDB.
      if (error instanceof StorageFailure) found.resolve();
      else found.reject(error);
    });
    try {
      await Promise.race([tail.wait(partition, check, over.signal), found.promise]);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  return {
    changes,
    waitForChange(partition, since, signal) {
      const check = async (): Promise<boolean> =>
        since !== 'now' && (await changes({ partition, since, style: 'main_only', limit: 1 })).results.length > 0;
      return copies() === 1 ? tail.wait(partition, check, signal) : waitAtCluster(partition, check, signal);
    },
    close() {
      tail.close();
    },
  };
}
