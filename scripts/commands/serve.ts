import { existsSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isNodeId, type NodeId } from '../../src/lib/domain/ids.ts';
import { UsageError, type Command, type ExitCode, type Io } from './command.ts';

/** What the system says when it does not give the socket. */
const socketSentences: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${String(port)} on ${host} is taken by another program. Stop that one, or choose another with PORT=8081.`,
  EACCES: (_host, port) => `This user may not listen on port ${String(port)}. Choose one above 1023.`,
  EADDRNOTAVAIL: (host) => `This machine does not have the address ${host}. Use 127.0.0.1, or 0.0.0.0 for every network.`,
  ENOTFOUND: (host) => `The name ${host} is not known. Use 127.0.0.1, or 0.0.0.0 for every network.`,
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

/** Asks on a terminal; without one takes what was suggested. */
async function askName(suggested: NodeId): Promise<NodeId> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return suggested;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await terminal.question(`A short name for this node (a-z, 0-9, -) [${suggested}]: `)).trim();
      if (answer === '') return suggested;
      if (isNodeId(answer)) return answer;
    }
  } finally {
    terminal.close();
  }
}

async function serve(args: readonly string[], io: Io): Promise<ExitCode> {
  const { readSettings, serveOptions } = await import('../../src/server/settings.ts');
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(Object.keys(serveOptions).map((name) => [name, { type: 'string' as const }])),
      dev: { type: 'boolean' },
      lan: { type: 'boolean' },
    },
  });
  const { dev, lan, ...options } = values;
  const read = readSettings(options as Partial<Record<keyof typeof serveOptions, string>>, io.env, {
    dev: dev === true,
    lan: lan === true,
  });
  if (!read.ok) throw new UsageError(read.error);
  const settings = { ...read.value, data: resolve(read.value.data) };
  // Half of a start is spent on taking types out of the sources and compiling them. It lies with the build: another version begins anew.
  if (dev !== true) enableCompileCache(fileURLToPath(new URL('../../build/.compile-cache', import.meta.url)));

  const [
    { couchPrefix, listen, openNode },
    { readNodeName, settleNodeName, suggestNodeName },
    pagesOf,
    { createCompiler },
    { nodeOfCredential },
    { appVersion },
    { openTls },
    { openLogBook },
    { firstAddress },
    { createSteadyClock, readTime, saveTime },
  ] = await Promise.all([
    import('../../src/server/main.ts'),
    import('../../src/server/identity.ts'),
    import('../../src/server/pages.ts'),
    import('../../src/server/compiler.ts'),
    import('../../src/lib/server/accounts/peers.ts'),
    import('../version.mjs'),
    import('../../src/server/certificate.ts'),
    import('../../src/lib/server/status/log-book.ts'),
    import('../../src/lib/server/tls/organ.ts'),
    import('../../src/lib/server/status/steady-clock.ts'),
  ]);
  if (dev !== true && !pagesOf.isBuilt()) {
    io.say('The pages are not built yet. Run «npm start», which builds them first, or «npm run build».');
    return 1;
  }
  const suggested = suggestNodeName();
  const asked = settings.node ?? (readNodeName(settings.data) === null ? await askName(suggested) : null);
  const name = settleNodeName(settings.data, asked, suggested);
  if (!name.ok) {
    io.say(name.error);
    return 1;
  }

  const holder = settings.upstream === null ? null : nodeOfCredential(settings.upstream.token);
  if (holder !== null && holder !== name.value) {
    io.say(`PERIGEE_UPSTREAM_TOKEN is the credential of «${holder}», but this node is «${name.value}». Each node has its own.`);
    return 1;
  }
  const timeFile = join(settings.data, 'clock');
  const steady = createSteadyClock({
    machine: () => Date.now(),
    elapsed: () => performance.now(),
    // When this version came onto the machine: it cannot have run before.
    built: statSync(fileURLToPath(new URL('../../package.json', import.meta.url))).mtimeMs,
    kept: readTime(timeFile),
    save: (time) => {
      saveTime(timeFile, time);
    },
  });
  const book = openLogBook(join(settings.data, 'node.log'), steady.now, io.say);
  const log = book.write;
  const behind = steady.behind();
  if (behind > 0)
    log(
      `This machine's clock is behind by ${String(Math.ceil(behind / 3_600_000))} h. The node counts on from ${new Date(steady.now()).toISOString()}. Set the machine's clock.`,
    );
  const { host, port, data, couchdb, upstream } = settings;
  const certified = openTls({ settings, node: name.value, clock: steady.now, log });
  if (!certified.ok) {
    io.say(certified.error);
    return 1;
  }
  const { tls, origin } = certified.value;
  const courses = fileURLToPath(new URL('../../courses', import.meta.url));
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const { pinnedKeys } = await import('../../src/lib/server/update/update-file.ts');
  const version = appVersion();
  const node = await openNode({
    node: name.value,
    origin,
    tls,
    data,
    couchdb: couchdb === null ? null : { url: couchdb, prefix: couchPrefix(name.value) },
    upstream: upstream === null ? null : { ...upstream, heardTime: steady.heard },
    heardTime: steady.heard,
    courses: existsSync(courses) ? courses : null,
    version,
    compiler: createCompiler(),
    publishing: 'behind',
    installation: { root, keys: () => pinnedKeys(root, data, io.env), supervised: io.env['PERIGEE_SUPERVISED'] !== undefined },
    log,
    book,
    behind: steady.behind,
    clock: steady.now,
  });

  let pages = dev === true ? null : await pagesOf.builtPages(origin);
  let listening;
  try {
    listening = await listen(node, {
      host,
      port,
      origin,
      pages: (request, response, next) => (pages ?? missing)(request, response, next),
      log,
      tls,
    });
  } catch (error) {
    tls?.close();
    await node.close();
    const sentence = socketSentences[codeOf(error)];
    if (sentence === undefined) throw error;
    io.say(sentence(host, port));
    return 1;
  }
  const development = dev === true ? await pagesOf.developmentPages(node.handle, listening.servers[0] as Server) : null;
  if (development !== null) ({ pages } = development);

  io.out(`Perigee, node «${name.value}», is at ${origin}`);
  if (tls?.kind === 'own') io.out(`Phones learn to trust it at ${firstAddress(tls.authority?.scope.addresses ?? [], String(port))}`);
  book.write(`Started, version ${version}, at ${origin}.`);
  io.out(`Its data is in ${data}`);
  const code = await node.firstRunCode();
  if (code !== null) {
    // On the machine itself the plain address is the surest: its browser has not learnt to trust a certificate of the node's own.
    const here = tls === null ? origin : `http://localhost:${String(port)}`;
    io.out('Nobody administers it yet. Set it up in a browser:');
    io.out(`  on this machine    ${here}/centre/start`);
    io.out(`  on another device  ${origin}/centre/start  with this code, which works once:  ${code}`);
  }

  // A process that loses its power does not come to keep what it compiled.
  if (dev !== true) flushCompileCache();
  node.publish().catch((error: unknown) => {
    log(`What is published could not be brought in step with its sources: ${error instanceof Error ? error.message : String(error)}`);
  });

  steady.keep();
  const keeping = setInterval(steady.keep, 60 * 60_000);
  const over = await Promise.race([stopped(), moved(data, host, listening.port)]);
  clearInterval(keeping);
  steady.keep();
  await listening.close();
  tls?.close();
  await development?.close();
  await node.close();
  return over;
}

/** While Vite starts, a page waits for nothing that will come by itself: the browser asks again. */
const missing = (
  _request: unknown,
  response: { statusCode: number; setHeader(name: string, value: string): unknown; end(text: string): unknown },
): void => {
  response.statusCode = 503;
  response.setHeader('retry-after', '1');
  response.end('Starting …');
};

/**
 * Under `scripts/supervise.ts`: tells it when this node answers its own `/health` with ok, and resolves when the pointer to the version that is to run was moved. Without it: never.
 */
async function moved(data: string, host: string, port: number): Promise<ExitCode> {
  if (process.env['PERIGEE_SUPERVISED'] === undefined) return new Promise(() => undefined);
  const [{ changeOver }, { readPointer }] = await Promise.all([
    import('../../src/lib/server/update/change-over.ts'),
    import('../../src/lib/server/update/versions.ts'),
  ]);
  const { version } = readPointer(data);
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  let isTold = false;
  return new Promise((resolved) => {
    const look = async (): Promise<void> => {
      if (!isTold) {
        isTold = await fetch(`http://${address}:${String(port)}/health`, { signal: AbortSignal.timeout(5000) }).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isTold) process.send?.('healthy');
      }
      if (readPointer(data).version === version) setTimeout(() => void look(), isTold ? 1000 : 250).unref();
      else resolved(changeOver);
    };
    void look();
  });
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopped(): Promise<ExitCode> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  return new Promise((resolved) => {
    const stop = (): void => {
      for (const signal of signals) {
        process.off(signal, stop);
        process.once(signal, () => process.exit(1));
      }
      resolved(0);
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run the node: pages, courses, accounts and the replica',
  usage: `
Usage: perigee serve [options]

Runs one node until it is stopped. What «npm start» does after installing and building. Each option has a variable.

  --port N         PORT             where it listens; 8080
  --host ADDRESS   HOST             127.0.0.1; 0.0.0.0 for every network of this machine
  --data FOLDER    PERIGEE_DATA     database, pieces and keys; ./data
  --node NAME      PERIGEE_NODE     its short name, [a-z0-9-]; asked at the first start, kept in the data folder
  --origin URL     PERIGEE_ORIGIN   its one canonical address; from host and port
  --lan                             a certificate of the node's own, for phones in the local network; listens on every network
  --tls-cert FILE  PERIGEE_TLS_CERT a certificate from elsewhere, PEM, the node's own first; read again when it changes
  --tls-key FILE   PERIGEE_TLS_KEY  its private key
  --couchdb-url URL COUCHDB_URL     an Apache CouchDB in place of the embedded engine, with name and password
  --upstream URL   PERIGEE_UPSTREAM a parent node, to which this one hands on what it holds
  --upstream-token TOKEN PERIGEE_UPSTREAM_TOKEN  this node's credential there («perigee nodes add» at the parent)
  --link-kbps N    PERIGEE_LINK_KBPS  at most so many kilobits a second with the parent, both ways together
  --link-hours H   PERIGEE_LINK_HOURS only at these hours of this machine's time: 22-06 is from 22:00 over midnight to 6:00
  --dev                             pages from their sources, with live reload

Exit code: 0 it was stopped, 1 it could not start, 64 wrong usage.`,
  run: serve,
};
