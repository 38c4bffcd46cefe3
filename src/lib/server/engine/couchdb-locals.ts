/**
 * Local documents at a CouchDB: under hashed names, so that any space and name will do, and bounded for each space.
 *
 * CouchDB copies no local document over to a machine of a cluster that was down, and where copies differ it takes the one with the highest revision. So each is written
 * after the revision that stands, and what is removed stays as a mark that it was: else a machine that comes back would bring it back.
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../domain/shape.ts';
import { countOf, listOf, objectOf, query, textOf } from './couchdb-answers.ts';
import type { CouchLink } from './couchdb-link.ts';
import { maxLocalsPerSpace, StorageFailure, type Database } from './engine.ts';
import type { Locks } from './locks.ts';

export function createCouchLocals(
  { host, read, ready, ask }: CouchLink,
  locks: Locks,
): Pick<Database, 'getLocal' | 'putLocal' | 'removeLocal'> {
  const localName = (text: string): string => createHash('sha256').update(text).digest('base64url');
  let lastTouch = 0;

  interface Standing {
    /** CouchDB's own. */
    readonly rev: string;
    /** Null where it was removed. */
    readonly local: { readonly n: number; readonly body: JsonObject } | null;
  }

  async function standingAt(path: string): Promise<Standing | null> {
    await ready();
    const { status, body } = await ask('GET', path, { repeatable: true });
    if (status === 404) return null;
    const { _rev: rev, n, body: own } = objectOf(body);
    return { rev: textOf(rev), local: own === undefined ? null : { n: countOf(n), body: objectOf(own) } };
  }

  async function write(path: string, standing: Standing | null, content: JsonObject): Promise<void> {
    lastTouch = Math.max(lastTouch + 1, Date.now() * 1000);
    const json = { ...(standing === null ? {} : { _rev: standing.rev }), touched: lastTouch, ...content };
    // One copy is enough here: a replication that does not find where it stopped compares again.
    const { status } = await ask('PUT', path, { json, repeatable: true });
    if (status >= 300) throw new StorageFailure(`CouchDB at ${host} did not take a local document (${String(status)})`);
  }

  /** Drops those of a space that were not written for longest. `newest` was written just now: a copy that lags behind does not list it yet. */
  async function boundLocals(space: string, newest: string): Promise<void> {
    const range = query({
      start_key: JSON.stringify(`_local/${space}.`),
      end_key: JSON.stringify(`_local/${space}.~`),
      include_docs: true,
    });
    const locals = listOf((await read('GET', `_local_docs?${range}`))['rows']).map((row) => {
      const { id, doc } = objectOf(row);
      return { id: textOf(id), touched: countOf(objectOf(doc)['touched']) };
    });
    const others = locals.filter(({ id }) => id !== newest).sort((a, b) => b.touched - a.touched);
    for (const { id } of others.slice(maxLocalsPerSpace - 1)) await ask('DELETE', id);
  }

  return {
    async getLocal(space, id) {
      const local = (await standingAt(`_local/${localName(space)}.${localName(id)}`))?.local ?? null;
      return local === null ? null : { rev: `0-${String(local.n)}`, body: local.body };
    },

    putLocal(space, id, body) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        const standing = await standingAt(path);
        const n = (standing?.local?.n ?? 0) + 1;
        await write(path, standing, { n, body });
        if (standing === null || standing.local === null) await boundLocals(localName(space), path);
        return `0-${String(n)}`;
      });
    },

    removeLocal(space, id) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        const standing = await standingAt(path);
        if (standing === null || standing.local === null) return false;
        await write(path, standing, {});
        return true;
      });
    },
  };
}
