/** A line between two nodes that counts what passes and breaks after so many bytes. */
import { connect, createServer, type Socket } from 'node:net';

export interface CutLine {
  readonly url: string;
  /** Bytes that passed in both directions since the start. */
  readonly passed: number;
  /** Breaks every connection after so many more bytes; Infinity for never. */
  breakAfter(bytes: number): void;
  /** Where it leads from now on. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

export async function openCutLine(to: string): Promise<CutLine> {
  let target = new URL(to);
  let passed = 0;
  let left = Infinity;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('data', (chunk: Buffer) => {
        const some = chunk.subarray(0, Math.max(0, left));
        passed += some.length;
        left -= chunk.length;
        if (some.length > 0) into.write(some);
        if (left < 0) setImmediate(end);
      });
      from.on('error', end);
      from.on('close', () => {
        open.delete(from);
        into.end();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    get passed() {
      return passed;
    },
    breakAfter(bytes) {
      left = bytes;
      if (bytes <= 0) for (const socket of open) socket.destroy();
    },
    leadTo(url) {
      target = new URL(url);
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
