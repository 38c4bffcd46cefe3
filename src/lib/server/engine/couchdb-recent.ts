/**
 * What this process wrote last. A listing and a feed of a cluster come from one copy of each part, which may lag behind what enough other copies took;
 * CouchDB has no listing that asks more of them. A document that is asked for by its name is asked of enough. So whatever this process wrote is remembered
 * by name for a while, and a listing that does not show it yet is completed: whoever writes and then lists finds what they wrote.
 */
import { parseRev } from './document.ts';
import type { Partition } from './engine.ts';

export interface CouchRecent {
  wrote(id: string, rev: string): void;
  forget(id: string): void;
  /** Names with the revision that was written; of one partition, or of all. */
  of(partition: Partition): ReadonlyMap<string, string>;
}

/** Names that are remembered in a database; 200 bytes each. */
const maxRecent = 5000;

const partitionOf = (id: string): string => id.slice(0, Math.max(0, id.indexOf(':')));

/** Whether what a copy shows, none or one of these revisions, is older than what was written. */
export function isBehind(shown: readonly string[], written: string): boolean {
  const pos = parseRev(written)?.pos ?? 0;
  return !shown.some((rev) => (parseRev(rev)?.pos ?? 0) >= pos);
}

export function createCouchRecent(): CouchRecent {
  const all = new Map<string, string>();
  const byPartition = new Map<string, Map<string, string>>();

  function forget(id: string): void {
    all.delete(id);
    const partition = partitionOf(id);
    const some = byPartition.get(partition);
    some?.delete(id);
    if (some?.size === 0) byPartition.delete(partition);
  }

  return {
    wrote(id, rev) {
      forget(id);
      all.set(id, rev);
      const partition = partitionOf(id);
      const some = byPartition.get(partition) ?? new Map<string, string>();
      byPartition.set(partition, some.set(id, rev));
      const [oldest] = all.keys();
      if (all.size > maxRecent && oldest !== undefined) forget(oldest);
    },
    forget,
    of: (partition) => (partition === null ? all : (byPartition.get(partition) ?? new Map<string, string>())),
  };
}
