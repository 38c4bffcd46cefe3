/** A node on a real socket with a data folder of its own, and what tests do with it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { createDeviceId, createPersonId, type DeviceId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import type { Compiler } from '../../src/lib/server/content/library.ts';
import { listen, openNode, type Listening, type NodeSettings, type OpenNode } from '../../src/server/main.ts';
import { couchFor, removeCouchDatabases } from '../conformance/couch.ts';

export const random = (n: number): Uint8Array => randomBytes(n);

/** A compiler for tests that have no courses. */
const noCompiler: Compiler = {
  stamp: 'none',
  compile: () => Promise.resolve({ package: null, problems: ['no compiler'] }),
  isSafe: () => true,
};

export interface TestNode {
  readonly data: string;
  /** Null on the embedded engine. */
  readonly couchdb: NodeSettings['couchdb'];
  readonly url: string;
  readonly lines: string[];
  readonly node: OpenNode;
  /** Sets the node's clock forward, in ms. */
  advance(ms: number): void;
  /** Ends the node and starts it again on the same folder; `meanwhile` does something to the folder. */
  restart(meanwhile?: () => void): Promise<void>;
  /** Ends the node and starts it again with this parent. */
  join(parent: StartGiven['upstream']): Promise<void>;
  close(): Promise<void>;
}

export interface StartGiven {
  readonly courses?: string | null;
  readonly compiler?: Compiler;
  readonly publishing?: NonNullable<NodeSettings['publishing']>;
  readonly data?: string;
  /** A process of the same node, whose CouchDB this one shares; it has a data folder of its own. */
  readonly beside?: TestNode;
  /** `centre` where nothing is said. */
  readonly name?: string;
  /** Its canonical address; one that is not this machine's where nothing is said. */
  readonly origin?: string;
  /** The parent; visits are made when a test asks for them. */
  readonly upstream?: Omit<NonNullable<NodeSettings['upstream']>, 'byHand'> | null;
  readonly clock?: NonNullable<NodeSettings['clock']>;
  readonly sleep?: NonNullable<NodeSettings['sleep']>;
  readonly machine?: NonNullable<NodeSettings['machine']>;
  readonly installation?: NodeSettings['installation'];
}

export async function startTestNode(given: StartGiven = {}): Promise<TestNode> {
  const data = given.data ?? mkdtempSync(join(tmpdir(), 'perigee-node-'));
  mkdirSync(data, { recursive: true });
  const couchdb = given.beside === undefined ? couchFor(data) : given.beside.couchdb;
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  let ahead = 0;
  let node: OpenNode;
  let listening: Listening;
  let { upstream = null } = given;
  const { clock = Date.now, origin = 'http://centre.test' } = given;
  const start = async (): Promise<void> => {
    node = await openNode({
      node: (given.name ?? 'centre') as NodeId,
      origin,
      data,
      couchdb,
      courses: given.courses ?? null,
      version: '0.0.0',
      compiler: given.compiler ?? noCompiler,
      ...(given.publishing === undefined ? {} : { publishing: given.publishing }),
      log,
      book: { newest: (count) => lines.slice(-count).map((line) => ({ at: instantOf(clock() + ahead), line })) },
      clock: () => clock() + ahead,
      upstream: upstream === null ? null : { ...upstream, byHand: true },
      ...(given.sleep === undefined ? {} : { sleep: given.sleep }),
      ...(given.machine === undefined ? {} : { machine: given.machine }),
      ...(given.installation === undefined ? {} : { installation: given.installation }),
    });
    const pages = (_request: unknown, _response: unknown, next: () => void): void => next();
    listening = await listen(node, { host: '127.0.0.1', port: 0, origin, pages, log, bodyIdle: 1000 });
  };
  const stop = async (): Promise<void> => {
    await listening.close(100);
    await node.close();
  };
  await start();
  const restart = async (meanwhile?: () => void): Promise<void> => {
    await stop();
    meanwhile?.();
    await start();
  };
  return {
    data,
    couchdb,
    lines,
    get url() {
      return `http://127.0.0.1:${String(listening.port)}`;
    },
    get node() {
      return node;
    },
    advance(ms) {
      ahead += ms;
    },
    restart,
    async join(parent) {
      upstream = parent ?? null;
      await restart();
    },
    async close() {
      await stop();
      if (couchdb !== null && given.beside === undefined) await removeCouchDatabases(couchdb.url, couchdb.prefix);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: Record<string, unknown>;
}

export async function ask(
  url: string,
  given: { method?: string; token?: string; body?: unknown; raw?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: given.method ?? (given.body === undefined && given.raw === undefined ? 'GET' : 'POST'),
    headers: {
      ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(given.token === undefined ? {} : { authorization: `Bearer ${given.token}` }),
      ...given.headers,
    },
    ...(given.body === undefined ? (given.raw === undefined ? {} : { body: given.raw }) : { body: JSON.stringify(given.body) }),
  });
  const text = await response.text();
  let body: unknown = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { text };
  }
  return { status: response.status, headers: response.headers, body: body as Record<string, unknown> };
}

export interface Learner {
  readonly person: PersonId;
  readonly device: DeviceId;
  readonly token: string;
}

export const password = 'correct horse battery';

/** Claims the node and answers with the administrator's token. */
export async function claim({ url, node }: TestNode, name = 'Wangari'): Promise<string> {
  const code = await node.firstRunCode();
  const { status, body } = await ask(`${url}/api/session`, { body: { code, name, password } });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body['token'] as string;
}

/** Shows the password of somebody who is signed in: for ten minutes they may erase, invite and end sessions. */
export async function confirm({ url }: TestNode, token: string): Promise<void> {
  const { status, body } = await ask(`${url}/api/me/confirm`, { token, body: { password } });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

/** Makes a cohort and answers with its id. */
export async function makeCohort({ url }: TestNode, token: string, courses: readonly string[] = ['satellite-navigation']): Promise<string> {
  const { status, body } = await ask(`${url}/api/cohorts`, { token, body: { title: 'Nairobi, spring', courses } });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body['id'] as string;
}

/** Codes for these names. */
export async function codesFor({ url }: TestNode, token: string, cohort: string, names: readonly string[]): Promise<readonly string[]> {
  const { body } = await ask(`${url}/api/cohorts/${cohort}/codes`, { token, body: { names } });
  return (body['lines'] as { code: string }[]).map(({ code }) => code);
}

/** A person with one device joins by a code. */
export async function joinBy({ url }: TestNode, code: string, given: Partial<Learner> & { name?: string } = {}): Promise<Learner> {
  const device = given.device ?? createDeviceId(random);
  const person = given.person ?? createPersonId(random);
  const { status, body } = await ask(`${url}/api/session`, {
    body: { code, device, person, ...(given.name === undefined ? {} : { name: given.name }) },
    ...(given.token === undefined ? {} : { token: given.token }),
  });
  if (status !== 200) throw new Error(`${String(status)} ${JSON.stringify(body)}`);
  return { person: body['person'] as PersonId, device, token: body['token'] as string };
}
