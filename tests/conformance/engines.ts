/**
 * The engines that suites run on: each suite that talks to an engine takes all of `engines`. Where no CouchDB is at hand
 * (COUCHDB_URL is not set), a line says that nothing ran on it.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCouch } from '../../src/lib/server/engine/couchdb.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import type { Engine } from '../../src/lib/server/engine/engine.ts';

export interface EngineUnderTest {
  readonly engine: Engine;
  /** Ends the process' hold on the storage and opens it again. */
  reopen(): Promise<Engine>;
  /** Removes all that was stored. */
  dispose(): Promise<void>;
}

export interface EngineKind {
  readonly name: Engine['kind'];
  open(): Promise<EngineUnderTest>;
}

const random = (n: number): Uint8Array => randomBytes(n);

const embedded: EngineKind = {
  name: 'embedded',
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
    let engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
    return {
      engine,
      async reopen() {
        await engine.close();
        engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
        return engine;
      },
      async dispose() {
        await engine.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

/** Address of the CouchDB for tests, with credentials; null where there is none. */
export const couchUrl = process.env['COUCHDB_URL'] ?? null;

/** Asks CouchDB past the engine. */
export async function askCouch(address: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const { origin, username, password } = new URL(address);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const response = await fetch(`${origin}/${path}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return response.json();
}

/** Removes every database whose name begins so. */
export async function removeCouchDatabases(address: string, prefix: string): Promise<void> {
  const range = new URLSearchParams({ start_key: JSON.stringify(prefix), end_key: JSON.stringify(`${prefix}~`) });
  const names = (await askCouch(address, 'GET', `_all_dbs?${range.toString()}`)) as string[];
  await Promise.all(names.map((name) => askCouch(address, 'DELETE', encodeURIComponent(name))));
}

/** A prefix that nobody else uses. */
export const couchPrefix = (): string => `perigee_test-${randomBytes(6).toString('hex')}_`;

const couch = (url: string): EngineKind => ({
  name: 'couchdb',
  async open() {
    const prefix = couchPrefix();
    let engine = await openCouch({ url, prefix, random, patience: 0 });
    return {
      engine,
      async reopen() {
        await engine.close();
        engine = await openCouch({ url, prefix, random, patience: 0 });
        return engine;
      },
      async dispose() {
        await engine.close();
        await removeCouchDatabases(url, prefix);
      },
    };
  },
});

if (couchUrl === null) process.stdout.write('not run on CouchDB: COUCHDB_URL is not set\n');

export const engines: readonly EngineKind[] = couchUrl === null ? [embedded] : [embedded, couch(couchUrl)];
