/** From the organs to Node's sockets: an answer, compressed where that is worth it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { textOf } from '../lib/server/http/answer.ts';
import {
  chooseEncoding,
  compress,
  createCompressor,
  isCompressible,
  worthCompressing,
  type Encoding,
} from '../lib/server/http/compression.ts';
import { takeChunks, type Chunks } from '../lib/server/http/streamed.ts';

/** How long the rest of a refused body is read, so that the client gets to see the refusal. */
const drainTime = 2000;

/** Nothing that an organ answers is a page; should a browser show it as one, it may do nothing. */
const answersPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** What goes before the body. Written at once: Node looks at each header that is set by itself a second time. */
class Head {
  readonly #outgoing: ServerResponse;
  readonly #status: number;
  readonly #headers: Map<string, string>;

  constructor(outgoing: ServerResponse, status: number, headers: Iterable<readonly [string, string]>) {
    this.#outgoing = outgoing;
    this.#status = status;
    this.#headers = new Map(headers);
  }

  set(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  varies(by: string): void {
    const before = this.#headers.get('vary');
    this.set('vary', before === undefined ? by : `${before}, ${by}`);
  }

  /** Names what the body is packed with. A strong tag stands for bytes as they are sent, so it becomes a weak one. */
  packedWith(encoding: Encoding): void {
    this.set('content-encoding', encoding);
    const tag = this.#headers.get('etag');
    if (tag?.startsWith('W/') === false) this.set('etag', `W/${tag}`);
  }

  write(): ServerResponse {
    return this.#outgoing.writeHead(this.#status, [...this.#headers].flat());
  }
}

/**
 * Writes the answer.
 *
 * @param everywhere headers that every answer of the node has
 */
export async function send(
  answer: Response,
  everywhere: Readonly<Record<string, string>>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (outgoing.destroyed) {
    await answer.body?.cancel();
    return;
  }
  const head = new Head(outgoing, answer.status, [
    ...Object.entries(everywhere),
    ['content-security-policy', answersPolicy],
    ...answer.headers,
  ]);
  if (!incoming.complete && incoming.method !== 'GET' && incoming.method !== 'HEAD') {
    head.set('connection', 'close');
    incoming.resume();
    setTimeout(() => incoming.socket.destroy(), drainTime).unref();
  }
  if (answer.body === null || incoming.method === 'HEAD') {
    await answer.body?.cancel();
    head.write().end();
    return;
  }

  const compressible =
    isCompressible(answer.headers.get('content-type')) &&
    !answer.headers.has('content-encoding') &&
    answer.status !== 206 &&
    !/no-transform/.test(answer.headers.get('cache-control') ?? '');
  const encoding = compressible ? chooseEncoding(incoming.headers['accept-encoding']?.toString() ?? null) : null;
  if (compressible) head.varies('accept-encoding');
  const text = textOf(answer);
  if (text !== null) {
    await sendWhole(text, encoding, head);
    return;
  }
  const chunks = takeChunks(answer);
  if (answer.headers.has('content-length') || !compressible) {
    const source =
      chunks === null
        ? Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
        : Readable.from(chunks, { objectMode: false });
    await pipeline(source, head.write());
    return;
  }
  if (chunks !== null) {
    await sendChunks(chunks, encoding, head);
    return;
  }
  await sendWhole(new Uint8Array(await answer.arrayBuffer()), encoding, head);
}

/** Most answers that are made while they are sent are one piece after all, and leave as any other. */
async function sendChunks(chunks: Chunks, encoding: Encoding | null, head: Head): Promise<void> {
  const [first, second] = [await chunks.next(), await chunks.next()];
  if (second.done === true) {
    await sendWhole(first.value ?? '', encoding, head);
    return;
  }
  const source = Readable.from(rejoin([first.value as Uint8Array, second.value], chunks), { objectMode: false });
  if (encoding === null) await pipeline(source, head.write());
  else {
    head.packedWith(encoding);
    await pipeline(source, createCompressor(encoding, 5), head.write());
  }
}

/** Pieces that were read already, and those to come. */
async function* rejoin(read: readonly Uint8Array[], rest: Chunks): AsyncGenerator<Uint8Array> {
  try {
    yield* read;
    yield* rest;
  } finally {
    await rest.return?.();
  }
}

async function sendWhole(plain: string | Uint8Array, encoding: Encoding | null, head: Head): Promise<void> {
  const size = typeof plain === 'string' ? Buffer.byteLength(plain) : plain.byteLength;
  const packs = encoding !== null && size >= worthCompressing;
  const body = packs ? await compress(typeof plain === 'string' ? Buffer.from(plain) : plain, encoding, 5) : plain;
  if (packs) head.packedWith(encoding);
  head.set('content-length', String(typeof body === 'string' ? size : body.byteLength));
  head.write().end(body);
}
