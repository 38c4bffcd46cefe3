/** A database at a CouchDB, as engine.ts asks for it. */
import { isObject } from '../../domain/shape.ts';
import { contentTypeOf } from './attachments.ts';
import { documentOf, isRevision, listOf, objectOf, pathOf, pathOfName, query, textOf, withoutPath } from './couchdb-answers.ts';
import { createCouchChanges } from './couchdb-changes.ts';
import type { CouchClient } from './couchdb-http.ts';
import { createCouchLeaves } from './couchdb-leaves.ts';
import { createCouchLink, type CouchPlace } from './couchdb-link.ts';
import { createCouchListing } from './couchdb-listing.ts';
import { createCouchLocals } from './couchdb-locals.ts';
import { createCouchRecent } from './couchdb-recent.ts';
import { createCouchWrites } from './couchdb-writes.ts';
import type { CouchDocument, Database, DatabaseName, FurtherDatabase, OpenOptions } from './engine.ts';
import { createLocks } from './locks.ts';

export interface CouchDatabase {
  readonly database: FurtherDatabase;
  /** Ends what waits for changes. */
  close(): void;
}

/**
 * @param given where it stands at CouchDB
 */
export function openCouchDatabase(client: CouchClient, name: DatabaseName, given: Omit<CouchPlace, 'client'>): CouchDatabase {
  const link = createCouchLink({ ...given, client });
  const { ask, copies, further, holds, read, ready } = link;
  const locks = createLocks();
  const recent = createCouchRecent();
  const leaves = createCouchLeaves(link, recent);
  const { countsOf, list } = createCouchListing(link, leaves, recent);
  const writes = createCouchWrites(link, leaves, locks, recent);
  const { leavesOf } = leaves;
  const { changes, waitForChange, close: endWaiting } = createCouchChanges(link, leaves);

  /** The document with the bytes of attachments, where it has any. */
  async function withBytes(document: CouchDocument, choice: OpenOptions['attachments']): Promise<CouchDocument> {
    if (choice === undefined || document['_attachments'] === undefined) return document;
    const since = choice === 'all' ? undefined : JSON.stringify(choice);
    const parameters = query({ rev: document._rev, revs: true, attachments: true, atts_since: since });
    return documentOf(await read('GET', `${pathOfName(document._id)}?${parameters}`));
  }

  async function openRevisions(
    id: string,
    revs: 'all' | readonly string[],
    { latest = false, attachments }: OpenOptions,
  ): ReturnType<Database['open']> {
    const leaves = (await leavesOf([id])).get(id) ?? [];
    const found = new Set<CouchDocument>(revs === 'all' ? leaves : []);
    // Bytes of a revision that was followed stay in CouchDB until it compacts, and are not counted on in a database of the node's own.
    const followed = (revs === 'all' ? [] : revs).filter((rev) => {
      const matching = leaves.filter((leaf) => leaf._rev === rev || (latest && pathOf(leaf).includes(rev)));
      for (const leaf of matching) found.add(leaf);
      return matching.length === 0;
    });
    const missing: string[] = [];
    for (const rev of followed) {
      const old = further && isRevision(rev) && holds(id) ? await followedRevision(id, rev) : null;
      if (old === null) missing.push(rev);
      else found.add(old);
    }
    return { found: await Promise.all([...found].map((document) => withBytes(document, attachments))), missing };
  }

  async function followedRevision(id: string, rev: string): Promise<CouchDocument | null> {
    await ready();
    const { status, body } = await ask('GET', `${pathOfName(id)}?${query({ rev, revs: true })}`, { repeatable: true });
    return status === 200 ? documentOf(body) : null;
  }

  const database: FurtherDatabase = {
    name,

    async compact() {
      await ready();
      await ask('POST', '_compact', { json: {}, repeatable: true });
    },

    async info(partition) {
      const counts = await countsOf(partition);
      const { last } = await changes({ partition, since: 'now', style: 'main_only' });
      return { ...counts, sequence: last };
    },

    async get(id) {
      const winner = (await leavesOf([id])).get(id)?.[0];
      return winner === undefined ? null : withoutPath(winner);
    },

    async leaves(id) {
      return ((await leavesOf([id])).get(id) ?? []).map(({ _rev: rev, _deleted: deleted }) => ({ rev, deleted: deleted === true }));
    },

    open: (id, revs, options = {}) => openRevisions(id, revs, options),

    async attachment(id, name, rev) {
      const leaves = (await leavesOf([id])).get(id) ?? [];
      if (rev === undefined && leaves[0]?._deleted === true) return null;
      const wanted = rev ?? leaves[0]?._rev;
      const [document] = wanted === undefined ? [] : (await openRevisions(id, [wanted], { attachments: 'all' })).found;
      const attachments = document?.['_attachments'];
      const found = isObject(attachments) && Object.hasOwn(attachments, name) ? objectOf(attachments[name]) : null;
      if (found === null) return null;
      return {
        contentType: contentTypeOf(found['content_type']),
        digest: textOf(found['digest']),
        bytes: Buffer.from(textOf(found['data']), 'base64'),
      };
    },

    bulk: writes.bulk,
    held: writes.held,
    purge: writes.purge,
    ...createCouchLocals(link, locks),

    list,

    changes,
    waitForChange,

    async missing(revs) {
      await ready();
      const askable = Object.entries(revs).flatMap(([id, asked]) => {
        const known = holds(id) ? asked.filter(isRevision) : [];
        return known.length === 0 ? [] : [[id, known] as const];
      });
      // On a cluster one copy answers `_revs_diff`, which may lag behind the others or be the only one that has a revision. Whoever asks sends what is missing, and
      // takes what is not for kept: in the node's own databases a majority says so, and keeps it.
      const answer =
        askable.length === 0
          ? {}
          : copies() === 1 || further
            ? await read('POST', '_revs_diff', Object.fromEntries(askable))
            : await writes.missing(askable);
      return new Map(
        Object.entries(revs).flatMap(([id, asked]) => {
          const row = Object.hasOwn(answer, id) ? objectOf(answer[id]) : {};
          const absent = new Set(row['missing'] === undefined ? [] : listOf(row['missing']));
          const missing = asked.filter((rev) => absent.has(rev) || !holds(id) || !isRevision(rev));
          const ancestors = row['possible_ancestors'] === undefined ? [] : listOf(row['possible_ancestors']).map(textOf);
          return missing.length === 0 ? [] : [[id, { missing, ancestors }] as const];
        }),
      );
    },
  };

  return {
    database,
    close() {
      endWaiting();
      link.close();
    },
  };
}
