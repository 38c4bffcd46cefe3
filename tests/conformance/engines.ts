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
import { couchPrefix, couchUrl, removeCouchDatabases } from './couch.ts';

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
