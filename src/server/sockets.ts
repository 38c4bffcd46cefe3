/** Between Node's sockets and the organs: requests in, answers out, within bounds of size and time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isNodePath, type NodeHandle } from '../lib/server/handle.ts';
import { refuse } from '../lib/server/http/answer.ts';
import { maxBodyBytes, tooLarge } from '../lib/server/http/body.ts';
import {
  chooseEncoding,
  compress,
  createCompressor,
  isCompressible,
  worthCompressing,
  type Effort,
  type Encoding,
} from '../lib/server/http/compression.ts';
import type { Caller } from '../lib/server/http/organ.ts';
import { isStreamed } from '../lib/server/http/streamed.ts';
import type { Log } from '../lib/server/log.ts';
import { compressPages } from './page-compression.ts';

/** 10 MB at 90 kbit/s. */
const bodyTotal = 15 * 60_000;
/** How long the rest of a refused body is read, so that the client gets to see the refusal. */
const drainTime = 2000;

/** For every answer, the files of the app included. */
const everywhere: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
/** Nothing that an organ answers is a page; should a browser show it as one, it may do nothing. */
const answersPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** The pages, as adapter-node or Vite hand them over. */
export type Pages = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export function createListener(given: {
  readonly node: NodeHandle & { respond(request: Request, caller: Caller): Promise<Response | null> };
  readonly origin: string;
  readonly pages: Pages;
  readonly log: Log;
  /** A body that brings nothing for so many ms is given up: a dead link must not hold a connection. Slow but alive is fine. */
  readonly bodyIdle: number;
}): (request: IncomingMessage, response: ServerResponse) => void {
  const { node, origin, pages, log, bodyIdle } = given;

  async function answerByOrgan(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.once('close', () => {
      gone.abort();
    });
    const request = toRequest(incoming, origin, bodyIdle, gone.signal);
    let answer: Response;
    try {
      answer =
        request === null
          ? refuse(400, 'bad-request', 'The address or method is not well formed.')
          : ((await node.respond(request, callerOf(incoming))) ?? refuse(404, 'not-found', 'There is nothing at this address.'));
    } catch (error) {
      if (gone.signal.aborted) return;
      answer = bodyFailure(error) ?? broken(error, log);
    }
    await send(answer, incoming, outgoing);
  }

  return (incoming, outgoing) => {
    for (const [name, value] of Object.entries(everywhere)) outgoing.setHeader(name, value);
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    if (isNodePath(path) || !path.startsWith('/')) {
      answerByOrgan(incoming, outgoing).catch((error: unknown) => {
        // Only the writing of an answer can fail here: the client has gone, or a file broke off.
        if (!outgoing.destroyed) outgoing.destroy(error instanceof Error ? error : undefined);
      });
      return;
    }
    // adapter-node hands its request to the hooks as `event.platform.req`.
    Reflect.set(incoming, 'perigee', node);
    compressPages(incoming, outgoing);
    pages(incoming, outgoing, () => {
      outgoing.statusCode = 404;
      outgoing.end();
    });
  };
}

/** A fault of the program: told in the log, not to the client. */
function broken(error: unknown, log: Log): Response {
  log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (error instanceof Error && error.name === 'StorageFailure')
    return refuse(503, 'storage', 'The node cannot use its storage. Nothing of this request counts as kept.', { 'retry-after': '60' });
  return refuse(500, 'fault', 'The node failed. Nothing is lost on your side; try again.');
}

function callerOf(incoming: IncomingMessage): Caller {
  const address = incoming.socket.remoteAddress ?? 'unknown';
  const loopback = /^(?:127\.|::1$|::ffff:127\.)/.test(address);
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => incoming.headers[name] !== undefined);
  const overTls = Reflect.get(incoming.socket, 'encrypted') === true;
  const proxyOverTls = loopback && incoming.headers['x-forwarded-proto'] === 'https';
  return { address, local: loopback && !forwarded, secure: overTls || proxyOverTls || (loopback && !forwarded) };
}

class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
  readonly kind: 'too-large' | 'too-slow';

  constructor(kind: 'too-large' | 'too-slow') {
    super(kind);
    this.kind = kind;
  }
}

function bodyFailure(error: unknown): Response | null {
  const failure = error instanceof BodyFailure ? error : error instanceof Error && error.cause instanceof BodyFailure ? error.cause : null;
  if (failure === null) return null;
  return failure.kind === 'too-large' ? tooLarge() : refuse(408, 'too-slow', 'The rest of the request did not come.');
}

/** The body as it comes, counted and timed. */
async function* bodyOf(incoming: IncomingMessage, idle: number): AsyncGenerator<Uint8Array> {
  const chunks = (incoming as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const end = Date.now() + bodyTotal;
  for (let received = 0; ;) {
    const chunk = await soon(chunks.next(), Math.min(idle, end - Date.now()));
    if (chunk.done === true) return;
    received += chunk.value.byteLength;
    if (received > maxBodyBytes) throw new BodyFailure('too-large');
    yield chunk.value;
  }
}

/** What comes within so many ms. What comes too late, or breaks off after that, is nobody's. */
async function soon<Value>(coming: Promise<Value>, ms: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      coming.catch(() => undefined);
      reject(new BodyFailure('too-slow'));
    }, ms);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The request as organs take it; null where Node let something in that is none. */
function toRequest(incoming: IncomingMessage, origin: string, idle: number, signal: AbortSignal): Request | null {
  const { url = '', method = 'GET' } = incoming;
  if (!url.startsWith('/')) return null;
  const headers = new Headers();
  try {
    for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2)
      headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
    const body =
      method === 'GET' || method === 'HEAD'
        ? null
        : (Readable.toWeb(Readable.from(bodyOf(incoming, idle), { objectMode: false })) as ReadableStream);
    return new Request(`${origin}${url}`, { method, headers, body, signal, ...(body === null ? {} : { duplex: 'half' as const }) });
  } catch (error) {
    // A method, header or address that `Request` does not know; anything else is a bug.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

async function send(answer: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) {
    await answer.body?.cancel();
    return;
  }
  outgoing.statusCode = answer.status;
  for (const [name, value] of answer.headers) outgoing.setHeader(name, value);
  if (!answer.headers.has('content-security-policy')) outgoing.setHeader('content-security-policy', answersPolicy);
  if (!incoming.complete && incoming.method !== 'GET' && incoming.method !== 'HEAD') {
    outgoing.setHeader('connection', 'close');
    incoming.resume();
    setTimeout(() => incoming.socket.destroy(), drainTime).unref();
  }

  const { body } = answer;
  if (body === null || incoming.method === 'HEAD') {
    await body?.cancel();
    outgoing.end();
    return;
  }
  const compressible =
    isCompressible(answer.headers.get('content-type')) &&
    !answer.headers.has('content-encoding') &&
    answer.status !== 206 &&
    !/no-transform/.test(answer.headers.get('cache-control') ?? '');
  const encoding = compressible ? chooseEncoding(incoming.headers['accept-encoding']?.toString() ?? null) : null;
  if (compressible) outgoing.appendHeader('vary', 'accept-encoding');
  if (answer.headers.has('content-length') || !compressible) {
    await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
    return;
  }
  if (isStreamed(answer)) {
    // Most of them are one piece after all, and leave as any other answer.
    const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const [first, second] = [await pieces.next(), await pieces.next()];
    if (second.done === true) {
      await sendWhole(first.done === true ? new Uint8Array() : first.value, answer, encoding, outgoing);
      return;
    }
    const source = Readable.from(rejoin([first.value as Uint8Array, second.value], pieces), { objectMode: false });
    if (encoding === null) await pipeline(source, outgoing);
    else {
      outgoing.setHeader('content-encoding', encoding);
      await pipeline(source, createCompressor(encoding, 5), outgoing);
    }
    return;
  }
  await sendWhole(new Uint8Array(await answer.arrayBuffer()), answer, encoding, outgoing);
}

/** Pieces that were read already, and those to come. */
async function* rejoin(read: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* read;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function sendWhole(plain: Uint8Array, answer: Response, encoding: Encoding | null, outgoing: ServerResponse): Promise<void> {
  const effort: Effort = answer.headers.get('content-type') === 'application/x-perigee-pack' ? 9 : 5;
  const bytes = encoding === null || plain.byteLength < worthCompressing ? plain : await compress(plain, encoding, effort);
  if (bytes !== plain && encoding !== null) {
    outgoing.setHeader('content-encoding', encoding);
    const etag = answer.headers.get('etag');
    if (etag !== null && !etag.startsWith('W/')) outgoing.setHeader('etag', `W/${etag}`);
  }
  outgoing.setHeader('content-length', bytes.byteLength);
  outgoing.end(bytes);
}
