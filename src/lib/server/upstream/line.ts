/**
 * The line to the parent: HTTP over one connection at a time, every byte of it counted, both ways paid out of one bucket (sync/link.ts).
 *
 * Not `fetch`: that unpacks answers before anybody can count them, and sends a body as fast as the socket takes it. A body leaves here in pieces that
 * each take at most a few seconds of the rate, so that a parent that gives up silent connections does not give up a slow one.
 */
import { request as requestPlain, Agent as PlainAgent, type IncomingMessage, type ClientRequest } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { PassThrough, pipeline, Readable, type Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { createBrotliDecompress, createGunzip, gzip } from 'node:zlib';
import type { Clock } from '../../domain/clock.ts';
import { takeBytes, type Bucket, type Rate } from '../../sync/link.ts';

const pack = promisify(gzip);

/** It broke, or nobody answers. */
export class LineBroken extends Error {
  override readonly name = 'LineBroken';
}

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Line {
  /**
   * Asks the parent. The answer's body arrives as the rate allows.
   *
   * @param path below the parent's origin, escaped
   * @throws LineBroken, also while the body is read
   */
  ask(path: string, question?: Question): Promise<Response>;
  /** Packs a body with gzip, where it is worth it; the line counts what is left. */
  pack(body: Uint8Array): Promise<Uint8Array>;
  /** Bytes of bodies and heads that have passed since the start. */
  readonly bytes: { readonly sent: number; readonly received: number };
  close(): void;
}

/** Milliseconds of silence after which a line counts as broken. */
const silence = 60_000;

const largestPiece = 4096;

/** Bytes of a head beside its fields: request or status line, the empty line. */
const headBytes = (fields: readonly string[]): number => fields.reduce((sum, field) => sum + field.length + 2, 32);

export function createLine(given: {
  readonly url: string;
  readonly token: string;
  readonly version: string;
  /** Null for as fast as it goes. */
  readonly rate: Rate | null;
  /** Told the other side's time, where nobody between can have changed it. */
  readonly heardTime?: ((time: number) => void) | undefined;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
}): Line {
  const { token, version, rate, heardTime, clock, sleep } = given;
  const base = new URL(given.url);
  const secure = base.protocol === 'https:';
  const agent = secure ? new SecureAgent({ keepAlive: true, maxSockets: 1 }) : new PlainAgent({ keepAlive: true, maxSockets: 1 });
  const bytes = { sent: 0, received: 0 };
  let bucket: Bucket = { tokens: rate?.burst ?? 0, at: clock() };
  let turn: Promise<void> = Promise.resolve();
  const piece = rate === null ? 64 * 1024 : Math.max(64, Math.min(largestPiece, Math.floor(rate.rate * 4)));

  /** Waits until what passed before is paid, then takes these. One after the other: whoever came first goes first. */
  function pay(count: number): Promise<void> {
    if (rate === null) return Promise.resolve();
    return (turn = turn.then(async () => {
      // Nothing new passes while something is owed.
      const { wait } = takeBytes(bucket, rate, 0, clock());
      if (wait > 0) await sleep(wait);
      ({ bucket } = takeBytes(bucket, rate, count, clock()));
    }));
  }

  const send = (path: string, method: string, headers: Readonly<Record<string, string>>): ClientRequest =>
    (secure ? requestSecure : requestPlain)(new URL(path, base), { method, headers, agent });

  async function writeBody(outgoing: ClientRequest, body: Uint8Array): Promise<void> {
    for (let at = 0; at < body.byteLength; at += piece) {
      const some = body.subarray(at, at + piece);
      await pay(some.byteLength);
      if (outgoing.destroyed) return;
      bytes.sent += some.byteLength;
      if (!outgoing.write(some)) await new Promise((resolve) => outgoing.once('drain', resolve).once('close', resolve));
    }
    outgoing.end();
  }

  /** What arrives, paid for as it is taken. */
  async function* paid(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
    const chunks = (incoming as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (;;) {
      // Only the wait for the other side is timed, not the wait for the rate.
      const timer = setTimeout(() => incoming.destroy(new LineBroken('silence')), silence);
      let chunk: IteratorResult<Buffer>;
      try {
        chunk = await chunks.next();
      } catch (error) {
        throw new LineBroken(error instanceof Error ? error.message : 'broken');
      } finally {
        clearTimeout(timer);
      }
      if (chunk.done === true) return;
      bytes.received += chunk.value.byteLength;
      await pay(chunk.value.byteLength);
      yield chunk.value;
    }
  }

  function unpacked(incoming: IncomingMessage): ReadableStream<Uint8Array> {
    const encoding = incoming.headers['content-encoding'];
    const decoder: Duplex = encoding === 'br' ? createBrotliDecompress() : encoding === 'gzip' ? createGunzip() : new PassThrough();
    // A break is told to whoever reads the stream.
    pipeline(Readable.from(paid(incoming), { objectMode: false, highWaterMark: largestPiece }), decoder, () => undefined);
    return Readable.toWeb(decoder) as ReadableStream<Uint8Array>;
  }

  return {
    bytes,
    pack: (body) => pack(body, { level: 9 }),
    async ask(path, { method = 'GET', headers = {}, body } = {}) {
      const fields: Record<string, string> = {
        authorization: `Bearer ${token}`,
        'accept-encoding': 'br, gzip',
        'user-agent': `Perigee/${version}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
      };
      const head = headBytes([...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), path, base.host]);
      await pay(head);
      bytes.sent += head;
      const outgoing = send(path, method, fields);
      let silenceTimer: NodeJS.Timeout | undefined;
      let hasAnswered = false;
      const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve);
        outgoing.on('error', (error) => {
          reject(new LineBroken(error.message));
        });
        outgoing.once('close', () => {
          reject(new LineBroken('closed'));
        });
        // While the body is written out slowly nothing is expected; the silence begins behind it.
        (body === undefined ? Promise.resolve(void outgoing.end()) : writeBody(outgoing, body)).then(() => {
          if (!hasAnswered) silenceTimer = setTimeout(() => outgoing.destroy(new LineBroken('silence')), silence);
        }, reject);
      }).finally(() => {
        hasAnswered = true;
        clearTimeout(silenceTimer);
      });
      if (secure) heardTime?.(Date.parse(incoming.headers.date ?? ''));
      const answered = headBytes(incoming.rawHeaders);
      bytes.received += answered;
      await pay(answered);
      const status = incoming.statusCode ?? 0;
      const known = new Headers();
      for (const [name, value] of Object.entries(incoming.headers)) if (typeof value === 'string') known.set(name, value);
      if ([204, 304].includes(status) || status < 200 || status > 599) {
        incoming.resume();
        return new Response(null, { status: status < 200 || status > 599 ? 502 : status, headers: known });
      }
      return new Response(unpacked(incoming), { status, headers: known });
    },
    close() {
      agent.destroy();
    },
  };
}
