import type { IncomingMessage, ServerResponse } from 'node:http';
import { chooseEncoding, createCompressor, isCompressible, worthCompressing } from '../lib/server/http/compression.ts';

/** adapter-node compresses only the files it built beforehand: pages that are made per request are compressed here. */
export function compressPages(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const encoding = chooseEncoding(incoming.headers['accept-encoding']?.toString() ?? null);
  const writeHead = outgoing.writeHead.bind(outgoing);
  const write = outgoing.write.bind(outgoing);
  const end = outgoing.end.bind(outgoing);
  let compressor: ReturnType<typeof createCompressor> | null = null;

  const start = (): void => {
    const type = outgoing.getHeader('content-type')?.toString() ?? null;
    if (!isCompressible(type) || outgoing.hasHeader('content-encoding')) return;
    outgoing.appendHeader('vary', 'accept-encoding');
    const length = outgoing.getHeader('content-length');
    if (encoding === null || incoming.method === 'HEAD' || [204, 206, 304].includes(outgoing.statusCode)) return;
    if (length !== undefined && Number(length) < worthCompressing) return;
    outgoing.removeHeader('content-length');
    outgoing.setHeader('content-encoding', encoding);
    const etag = outgoing.getHeader('etag')?.toString();
    if (etag !== undefined && !etag.startsWith('W/')) outgoing.setHeader('etag', `W/${etag}`);
    compressor = createCompressor(encoding, 5);
    compressor.on('data', (chunk: Buffer) => {
      if (!write(chunk)) {
        compressor?.pause();
        outgoing.once('drain', () => compressor?.resume());
      }
    });
    compressor.on('end', () => end());
    // Whoever writes waits for the answer's own `drain`.
    compressor.on('drain', () => outgoing.emit('drain'));
    outgoing.once('close', () => compressor?.destroy());
  };

  let started = false;
  const startOnce = (): void => {
    if (started) return;
    started = true;
    start();
  };

  // Node's own signatures have many forms; each is handed on as it came.
  Object.assign(outgoing, {
    writeHead(status: number, ...rest: unknown[]) {
      outgoing.statusCode = status;
      const headers = rest.find(
        (value): value is Record<string, string | number | string[]> => typeof value === 'object' && value !== null,
      );
      for (const [name, value] of Object.entries(headers ?? {})) outgoing.setHeader(name, value);
      startOnce();
      return writeHead(status);
    },
    write(...args: Parameters<typeof write>) {
      startOnce();
      if (!outgoing.headersSent) writeHead(outgoing.statusCode);
      return compressor === null ? write(...args) : compressor.write(args[0] as Uint8Array);
    },
    end(...args: unknown[]) {
      const chunk = args.find((value): value is string | Uint8Array => typeof value === 'string' || value instanceof Uint8Array);
      startOnce();
      if (compressor === null) return chunk === undefined ? end() : end(chunk);
      if (!outgoing.headersSent) writeHead(outgoing.statusCode);
      if (chunk === undefined) compressor.end();
      else compressor.end(chunk);
      return outgoing;
    },
  });
}
