/** Local documents at a CouchDB: under hashed names, so that any space and name will do, and bounded for each space. */
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

  async function localOf(path: string): Promise<{ readonly n: number; readonly body: JsonObject } | null> {
    await ready();
    const { status, body } = await ask('GET', path, { repeatable: true });
    if (status === 404) return null;
    const { n, body: own } = objectOf(body);
    return { n: countOf(n), body: objectOf(own) };
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
      const local = await localOf(`_local/${localName(space)}.${localName(id)}`);
      return local === null ? null : { rev: `0-${String(local.n)}`, body: local.body };
    },

    putLocal(space, id, body) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        const standing = await localOf(path);
        const n = (standing?.n ?? 0) + 1;
        lastTouch = Math.max(lastTouch + 1, Date.now() * 1000);
        // One copy is enough here: a replication that does not find where it stopped compares again.
        const { status } = await ask('PUT', path, { json: { n, touched: lastTouch, body }, repeatable: true });
        if (status >= 300) throw new StorageFailure(`CouchDB at ${host} did not take a local document (${String(status)})`);
        if (standing === null) await boundLocals(localName(space), path);
        return `0-${String(n)}`;
      });
    },

    removeLocal(space, id) {
      const path = `_local/${localName(space)}.${localName(id)}`;
      return locks.hold([path], async () => {
        await ready();
        return (await ask('DELETE', path)).status < 300;
      });
    },
  };
}
