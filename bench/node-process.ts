/** A node of its own for one benchmark: a free port, an empty data folder, the courses of the checkout. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NodeProcess {
  readonly port: number;
  readonly data: string;
  /** What it printed for its first administrator. */
  readonly firstRunCode: string;
  /** Ends the process and keeps its data, so that it can be started again on the same port. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when the node answers its health check; rejects with what it printed when it ended instead. */
export async function startNode({ port, origin }: { port: number; origin: string }): Promise<NodeProcess> {
  const data = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
  const child = spawn(process.execPath, ['scripts/perigee.ts', 'serve'], {
    env: { ...process.env, PORT: String(port), PERIGEE_DATA: data, PERIGEE_NODE: 'bench', PERIGEE_ORIGIN: origin },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 600) throw new Error(`The node did not start:\n${printed.join('')}`);
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    if (answer?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return {
    port,
    data,
    firstRunCode: /\b[0-9A-Z]{5}-[0-9A-Z]{5}\b/.exec(printed.join(''))?.[0] ?? '',
    stop,
    async remove() {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
