/**
 * What the simulated world is put together from. The shipped code stands here as it is; a planted fault (plants.ts) replaces one part by a
 * wrong one, to show that the simulation would notice.
 */
import type { DeviceId } from '#lib/domain/ids.ts';
import { advanceSession } from '#lib/sync/session.ts';
import type { Fetch } from '#lib/sync/client/centre.ts';
import type { Database } from '../../src/lib/server/engine/engine.ts';
import type { FileIdentity } from '../../src/lib/server/engine/same-file.ts';
import type { OwnEnd } from '#lib/sync/visit.ts';
import type { Relayed } from '../../src/lib/server/upstream/relayed.ts';
import type { Keepsake } from '../../src/lib/server/orders/keepsake.ts';
import { MemoryJournal } from './memory-journal.ts';

export interface Parts {
  readonly createJournal: (device: DeviceId) => MemoryJournal;
  /** The session: what a pass does next. */
  readonly advance: typeof advanceSession;
  /** What a browser's origin is called after everything of it was evicted: another device. */
  readonly evicted: (before: DeviceId, made: DeviceId) => DeviceId;
  /** Between the app and the line. */
  readonly fetchOfDevice: (fetch: Fetch) => Fetch;
  /** Between the node's handlers and the engine. */
  readonly database: (database: Database) => Database;
  /** Between the node's handlers and the line: sees each request, and may answer otherwise. */
  readonly answer: (request: Request, answer: () => Promise<Response>) => Promise<Response>;
  /** A node as a visit to its parent sees it. */
  readonly own: (own: OwnEnd) => OwnEnd;
  /** What a node keeps of its parent's receipts. */
  readonly relayed: (relayed: Relayed) => Relayed;
  /** A node's copy of its orders beside the database. */
  readonly keepsake: (keepsake: Keepsake) => Keepsake;
  /** Between the engine and SQLite. */
  readonly sql: (sql: string) => string;
  /** What the engine is told about which file it opened. */
  readonly identity: (identity: FileIdentity) => FileIdentity;
}

export const shipped: Parts = {
  createJournal: (device) => new MemoryJournal(device),
  advance: advanceSession,
  evicted: (_before, made) => made,
  fetchOfDevice: (fetch) => fetch,
  database: (database) => database,
  answer: (_request, answer) => answer(),
  own: (own) => own,
  relayed: (relayed) => relayed,
  keepsake: (keepsake) => keepsake,
  sql: (sql) => sql,
  identity: (identity) => identity,
};
