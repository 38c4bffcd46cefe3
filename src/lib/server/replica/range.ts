/** The key range that a road leads to, and how CouchDB's questions and refusals are written. */
import type { Database, Gate, Partition } from '../engine/engine.ts';
import { json } from '../http/answer.ts';

export interface Range {
  readonly database: Database;
  readonly partition: Partition;
  /** What the range is called in its own answers. */
  readonly name: string;
  /** Where its replications' local documents are kept. */
  readonly space: string;
  /** Decides on each document; null where nothing may be written. */
  readonly gate: Gate | null;
  /** Whether it may still be read: asked again whenever a feed that waited has something to say. */
  readonly isOpen: () => Promise<boolean>;
}

export const couchError = (status: number, error: string, reason: string): Response => json({ error, reason }, status);

/** A value of a query in JSON, as CouchDB has them; undefined where it is absent, null where it is not JSON. */
export function jsonParameter(query: URLSearchParams, ...names: readonly string[]): unknown {
  const text = names.map((name) => query.get(name)).find((value) => value !== null);
  if (text === undefined || text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** A count of a query: undefined where absent, null where it is none. */
export function countParameter(query: URLSearchParams, name: string): number | undefined | null {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
