/** A node in a process of its own, for tests in a browser, benchmarks and pictures: started, stopped, killed and started again on its data. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { serveFlags } from './find-node.mjs';

export interface NodeProcess {
  /** Where it listens; what `PERIGEE_ORIGIN` says may be another address. */
  readonly origin: string;
  /** Its data folder. */
  readonly data: string;
  /** The code that it printed on its first run. */
  readonly firstRunCode: string;
  /** What it has printed so far, over all its starts. */
  readonly printed: string;
  /** Milliseconds from the beginning of the newest start until `/health` said ok. */
  readonly answeredAfter: number;
  /** Resolves when it answers and its courses are there; rejects with what it printed where it ends or is silent for a minute. Again: the same address, the same data. */
  start(): Promise<void>;
  /** Ends the process as a service manager does, or as a power cut does. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });

const codePattern = /\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/;

/** `healthy`: it answers everybody; on a first start its courses are still made ready. */
async function stateOf(origin: string): Promise<'silent' | 'healthy' | 'ready'> {
  try {
    const response = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) return 'silent';
    return ((await response.json()) as { publishing?: boolean }).publishing === true ? 'healthy' : 'ready';
  } catch {
    return 'silent';
  }
}

/** A node that is not started yet. */
export function createNodeProcess({
  port,
  data,
  environment = {},
  options = [],
  supervised = false,
}: {
  readonly port: number;
  readonly data: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Of `perigee serve`. */
  readonly options?: readonly string[];
  /** Under `scripts/supervise.ts`, as `npm start` starts it. */
  readonly supervised?: boolean;
}): NodeProcess {
  const origin = `http://127.0.0.1:${String(port)}`;
  let child: ChildProcess | null = null;
  let output = '';
  let code = '';
  let answeredAfter = 0;

  return {
    origin,
    data,
    get firstRunCode() {
      if (code === '') throw new Error(`The node printed no first-run code:\n${output}`);
      return code;
    },
    get printed() {
      return output;
    },
    get answeredAfter() {
      return answeredAfter;
    },
    async start() {
      const began = performance.now();
      answeredAfter = 0;
      const program = supervised ? ['scripts/supervise.ts'] : [...serveFlags, 'scripts/perigee.ts', 'serve'];
      const started = spawn(process.execPath, [...program, ...options], {
        cwd: join(import.meta.dirname, '..'),
        env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', PERIGEE_DATA: data, PERIGEE_NODE: 'test-centre', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      const listen = (chunk: Buffer): void => {
        output += chunk.toString();
        code = codePattern.exec(output)?.[0] ?? code;
      };
      started.stdout.on('data', listen);
      started.stderr.on('data', listen);
      const until = Date.now() + 60_000;
      for (;;) {
        const state = await stateOf(origin);
        if (state !== 'silent' && answeredAfter === 0) answeredAfter = performance.now() - began;
        if (state === 'ready') break;
        if (started.exitCode !== null) throw new Error(`The node ended with ${String(started.exitCode)}:\n${output}`);
        if (Date.now() > until) throw new Error(`The node did not answer within a minute:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop(signal = 'SIGTERM') {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill(signal);
      await ended;
    },
  };
}
