/** From Node's sockets to the organs: a request, within bounds of size and time. */
import type { IncomingMessage } from 'node:http';
import { refuse } from '../lib/server/http/answer.ts';
import { maxBodyBytes, tooLarge } from '../lib/server/http/body.ts';
import type { Caller, OrganRequest } from '../lib/server/http/organ.ts';

/** 10 MB at 90 kbit/s. */
const bodyTotal = 15 * 60_000;

/** Methods that a web `Request` refuses as well: they ask something of a proxy. */
const noMethods: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];

export function callerOf(incoming: IncomingMessage): Caller {
  const address = incoming.socket.remoteAddress ?? 'unknown';
  const loopback = /^(?:127\.|::1$|::ffff:127\.)/.test(address);
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => incoming.headers[name] !== undefined);
  const overTls = Reflect.get(incoming.socket, 'encrypted') === true;
  const proxyOverTls = loopback && incoming.headers['x-forwarded-proto'] === 'https';
  return { address, local: loopback && !forwarded, secure: overTls || proxyOverTls || (loopback && !forwarded) };
}

/**
 * The request as organs take it; null where Node let something in that is none.
 *
 * @param incoming from a server with `joinDuplicateHeaders`: a header that came twice is read as one, as everywhere on the web
 * @param idle ms without a byte after which the body is given up
 */
export function readRequest(incoming: IncomingMessage, origin: string, idle: number): OrganRequest | null {
  const { url = '', method = 'GET', headers } = incoming;
  if (!url.startsWith('/') || noMethods.includes(method) || !URL.canParse(url, origin)) return null;
  return {
    method,
    url: origin + url,
    headers: {
      get: (name) => headers[name]?.toString() ?? null,
      has: (name) => headers[name] !== undefined,
    },
    body: method === 'GET' || method === 'HEAD' ? null : bodyOf(incoming, idle),
  };
}

class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
  readonly kind: 'too-large' | 'too-slow';

  constructor(kind: 'too-large' | 'too-slow') {
    super(kind);
    this.kind = kind;
  }
}

/** The answer to a body that was too much or came too slowly; null for any other fault. */
export function bodyFailure(error: unknown): Response | null {
  if (!(error instanceof BodyFailure)) return null;
  return error.kind === 'too-large' ? tooLarge() : refuse(408, 'too-slow', 'The rest of the request did not come.');
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
