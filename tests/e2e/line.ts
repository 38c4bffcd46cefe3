/**
 * A line between a browser and a node that a test can hold, cut and spoil. It writes down what was asked and how many bytes went back.
 *
 *   test('…', async ({ startNode, openLine, openDevice }) => {   // in this order: what is named first ends last
 *   const line = await openLine(node);
 *   line.meddle = ({ path }) => (path === '/content/pack' ? { dead: true } : {});
 *   await device.page.goto(`${line.origin}/catalogue`);
 */
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeProcess } from '../../scripts/node-process.ts';
import { test as base } from './perigee.ts';

export interface Asked {
  readonly path: string;
  /** Hashes that a pack was asked for, or that of a single piece. */
  readonly pieces: readonly string[];
  /** Bytes of the answer's body that have gone to the browser so far, as transferred. */
  readonly sent: number;
}

/** What happens to one answer; without any of these it passes as it is. */
export interface Meddling {
  /** Something else in the node's place. */
  readonly answer?: { readonly status?: number; readonly type: string; readonly body: string | Buffer };
  /** The node's answer, uncompressed, with another body. */
  readonly change?: (body: Buffer) => Buffer | string;
  /** Nothing is said: the connection dies. */
  readonly dead?: true;
  /** So much of the body goes through, the rest only once the promise is fulfilled; where `dies`, the connection is dead then. */
  readonly hold?: { readonly after: number; readonly until: Promise<unknown>; readonly dies?: true };
}

export interface Line {
  readonly origin: string;
  readonly asked: readonly Asked[];
  meddle: (request: Pick<Asked, 'path' | 'pieces'>) => Meddling;
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function piecesOf(path: string, body: Buffer): readonly string[] {
  if (path === '/content/pack') return (JSON.parse(body.toString()) as { readonly pieces: readonly string[] }).pieces;
  return path.startsWith('/content/pieces/') ? [path.slice('/content/pieces/'.length)] : [];
}

/** The node's whole answer, as it would travel, or uncompressed where it is to be changed. */
function forward(
  node: NodeProcess,
  incoming: IncomingMessage,
  body: Buffer,
  plain: boolean,
): Promise<{ head: IncomingMessage; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers, ...(plain ? { 'accept-encoding': 'identity' } : {}) };
    const asking = ask(`${node.origin}${incoming.url ?? '/'}`, { method: incoming.method, headers, agent: false }, (head) => {
      bytesOf(head).then((whole) => {
        resolve({ head, body: whole });
      }, reject);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

async function open(node: NodeProcess): Promise<{ readonly line: Line; readonly server: Server }> {
  const asked: { path: string; pieces: readonly string[]; sent: number }[] = [];

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming);
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    const entry = { path, pieces: piecesOf(path, body), sent: 0 };
    asked.push(entry);
    const meddling: Meddling = line.meddle(entry);
    const { answer: other, change, dead, hold } = meddling;
    if (dead) {
      outgoing.destroy();
      return;
    }
    const write = (part: Buffer): void => {
      if (outgoing.destroyed) return;
      entry.sent += part.length;
      outgoing.write(part);
    };
    if (other !== undefined) {
      outgoing.writeHead(other.status ?? 200, { 'content-type': other.type });
      write(Buffer.from(other.body));
      outgoing.end();
      return;
    }
    const { head, body: whole } = await forward(node, incoming, body, change !== undefined);
    const sent = change === undefined ? whole : Buffer.from(change(whole));
    // What belongs to one connection stays with it; a body that was changed is not what its tag says.
    const own = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', ...(change === undefined ? [] : ['etag'])];
    for (const [name, value] of Object.entries(head.headers))
      if (value !== undefined && !own.includes(name)) outgoing.setHeader(name, value);
    outgoing.statusCode = head.statusCode ?? 502;
    if (outgoing.statusCode !== 304) outgoing.setHeader('content-length', sent.length);
    const first = Math.floor(sent.length * (hold?.after ?? 1));
    write(sent.subarray(0, first));
    await hold?.until;
    if (hold?.dies) {
      outgoing.destroy();
      return;
    }
    write(sent.subarray(first));
    outgoing.end();
  }

  const server = createServer((incoming, outgoing) => {
    // A node that is stopped is a line that is dead.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  // A connection that the browser means to use again must not be closed under it.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const line: Line = {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    meddle: () => ({}),
  };
  return { line, server };
}

export const test = base.extend<{ openLine: (node: NodeProcess) => Promise<Line> }>({
  openLine: async ({}, use) => {
    const servers: Server[] = [];
    await use(async (node) => {
      const { line, server } = await open(node);
      servers.push(server);
      return line;
    });
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  },
});

/** A promise and the word that fulfils it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
