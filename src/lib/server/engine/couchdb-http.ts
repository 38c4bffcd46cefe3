/**
 * Speaks HTTP with one CouchDB. Credentials come in the address and leave as Basic authentication only: no message holds them.
 *
 * Whatever keeps CouchDB from answering (away, too slow, broken, credentials refused) is a StorageFailure with a sentence. Answers that
 * say something about the question (2xx, 400, 404, 409, 412, 413) are for the one who asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../../domain/shape.ts';
import { StorageFailure } from './engine.ts';

export interface CouchAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Ask {
  /** A value to be sent as JSON, or JSON text. */
  readonly json?: unknown;
  readonly text?: string;
  /** The same request twice does the same as once: it is sent again where the connection broke. */
  readonly repeatable?: boolean;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeLimit?: number;
}

export interface CouchClient {
  /** Host and port, for messages. */
  readonly host: string;
  /** @param path below the address, escaped, without a slash in front */
  ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, ask?: Ask): Promise<CouchAnswer>;
  /** Waits a few seconds for what is under way, and ends it. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** It did not answer, or said that it cannot for now: asking later may help. */
export class CouchAway extends StorageFailure {}

/** It answered that it cannot. */
class CouchTroubled extends CouchAway {}

/**
 * Milliseconds before it is asked again what it said that it cannot answer. While a machine of a cluster ends or starts, the others fail some questions for
 * a second or two, though enough of them are there ("nodedown, progress not possible"; seen with 3.5).
 */
export const troubledAgain = [100, 300, 1000, 2000] as const;

/** Milliseconds before it is asked again where the connection broke: what stands in front of a cluster takes a second or two to notice that a machine went. */
const brokenAgain = [0, 300, 1500] as const;

/** Milliseconds to wait before a question that failed so often is asked again; undefined where that is of no use. */
function waitAfter(error: unknown, attempt: number): number | undefined {
  // CouchDB begins to answer before it has everything: what it cannot finish ends in the middle of the JSON.
  if (error instanceof CouchTroubled || error instanceof SyntaxError) return troubledAgain[attempt - 1];
  return error instanceof TypeError ? brokenAgain[attempt - 1] : undefined;
}

/** Milliseconds. A disk that syncs slowly and a cluster that waits for a copy take seconds; a device gives up its own request not much later. */
export const usualTimeLimit = 20_000;

/** Milliseconds that an answer under way is waited for when the node ends, which it does within 5 s. */
const grace = 3000;

const forWhoAsked = new Set([400, 404, 409, 412, 413]);

function parseAddress(address: string): { readonly url: URL; readonly name: string; readonly password: string } {
  try {
    const url = new URL(address);
    if (/^https?:$/.test(url.protocol)) return { url, name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    // No address, or a % in it that escapes nothing: the same sentence, which shows nothing of it.
  }
  throw new StorageFailure('COUCHDB_URL is not an address such as http://name:password@couch.example.org:5984/');
}

/**
 * @param address the address of CouchDB, with name and password
 * @param usual milliseconds that an answer may take
 * @throws StorageFailure where it is no such address
 */
export function createCouchClient(address: string, usual: number): CouchClient {
  const { url, name, password } = parseAddress(address);
  const { host } = url;
  const base = `${url.origin}${url.pathname.replace(/\/*$/, '/')}`;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (name !== '') headers['authorization'] = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const underWay = new Set<Promise<unknown>>();
  const running = new Set<AbortController>();
  let closed = false;

  async function once(method: string, path: string, { json, text, signal, timeLimit = usual }: Ask): Promise<CouchAnswer> {
    const body = text ?? (json === undefined ? null : JSON.stringify(json));
    // Not AbortSignal.any: what it makes is kept as long as its longest-lived source, and a feed asks many times with one signal.
    const stop = new AbortController();
    const end = (): void => {
      stop.abort();
    };
    const limit = setTimeout(() => {
      stop.abort(new DOMException('', 'TimeoutError'));
    }, timeLimit);
    running.add(stop);
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end);
    try {
      const response = await fetch(base + path, {
        method,
        headers: body === null ? headers : { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: stop.signal,
      });
      const answer = await response.text();
      const { status } = response;
      if (status === 401 || status === 403)
        throw new StorageFailure(`CouchDB at ${host} does not accept the name and password of COUCHDB_URL`);
      if (!response.ok && !forWhoAsked.has(status))
        throw new CouchTroubled(`CouchDB at ${host} answered with the status ${String(status)}`);
      const parsed: unknown = JSON.parse(answer);
      // 412 stands for more than one thing.
      if (status === 412 && isObject(parsed) && parsed['error'] === 'nodedown')
        throw new CouchTroubled(`CouchDB at ${host} has too few machines for now`);
      return { status, body: parsed };
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener('abort', end);
      running.delete(stop);
    }
  }

  async function ask(method: string, path: string, options: Ask): Promise<CouchAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(method, path, options);
      } catch (error) {
        const wait = options.repeatable === true && !closed ? waitAfter(error, attempt) : undefined;
        if (wait !== undefined) {
          await sleep(wait);
          continue;
        }
        if (error instanceof StorageFailure) throw error;
        if (error instanceof SyntaxError) throw new StorageFailure(`What answers at ${host} is not CouchDB`);
        if (error instanceof DOMException && error.name === 'TimeoutError')
          throw new CouchAway(`CouchDB at ${host} does not answer in time`);
        // `fetch` fails with a TypeError for every trouble of the network, and with an AbortError where it was ended from here.
        const ended = error instanceof DOMException && error.name === 'AbortError';
        if (!(error instanceof TypeError) && !ended) throw error;
        throw new CouchAway(`CouchDB at ${host} cannot be reached`);
      }
    }
  }

  return {
    host,
    async ask(method, path, options = {}) {
      if (closed) throw new StorageFailure('The database is closed');
      const answer = ask(method, path, options);
      underWay.add(answer);
      try {
        return await answer;
      } finally {
        underWay.delete(answer);
      }
    },
    async close() {
      closed = true;
      await Promise.race([Promise.allSettled(underWay), sleep(grace, undefined, { ref: false })]);
      for (const stop of running) stop.abort();
      await Promise.allSettled(underWay);
    },
  };
}
