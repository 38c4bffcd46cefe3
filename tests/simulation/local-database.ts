/**
 * A PouchDB adapter over maps: the device's replica in the simulation. PouchDB itself, its replication and its HTTP side run as they are shipped; only
 * the browser's storage is replaced, because it has to be copied, thrown back to an older state and evicted, and must not need timers. What
 * it does to a document is `pouchdb-adapter-utils`' doing, as in PouchDB's own adapters; `local-database.test.ts` holds it to `pouchdb-adapter-memory`.
 */
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient module cannot be imported as a type
/// <reference path="./pouchdb-adapter.d.ts" />
import PouchDB from 'pouchdb-core';
import { allDocsKeysQuery, isLocalId, parseDoc, processDocs, type DocInfo, type Metadata } from 'pouchdb-adapter-utils';
import { createError, MISSING_DOC, REV_CONFLICT } from 'pouchdb-errors';
import { compactTree } from 'pouchdb-merge';
import { filterChange } from 'pouchdb-utils';

type Data = Record<string, unknown>;

interface Entry {
  /** JSON: what is stored is a copy, and so is what is read. */
  readonly metadata: string;
  readonly bodies: ReadonlyMap<string, string>;
}

/** What one database keeps. Entries are replaced, never changed, so a copy is cheap. */
export class LocalDisk {
  entries: ReadonlyMap<string, Entry> = new Map();
  locals: ReadonlyMap<string, string> = new Map();
  sequence = 0;
  /** PouchDB's name for this very database; one that is made anew has another. */
  instance: string;

  constructor(instance: string) {
    this.instance = instance;
  }

  copy(): LocalDisk {
    const copy = new LocalDisk(this.instance);
    copy.become(this);
    return copy;
  }

  become(other: LocalDisk): void {
    this.entries = other.entries;
    this.locals = other.locals;
    this.sequence = other.sequence;
    this.instance = other.instance;
  }
}

/** By name of the database: PouchDB knows nothing but names. */
const disks = new Map<string, LocalDisk>();

export const mountLocalDisk = (name: string, disk: LocalDisk): unknown => disks.set(name, disk);
export const unmountLocalDisk = (name: string): unknown => disks.delete(name);

export const adapterName = 'simulated';

type Callback = (error: unknown, value?: unknown) => void;

interface ChangesOptions {
  readonly since?: number;
  readonly limit?: number;
  readonly descending?: boolean;
  readonly doc_ids?: readonly string[];
  readonly return_docs?: boolean;
  processChange(doc: object, metadata: Metadata, options: object): Data;
  onChange(change: Data): void;
  complete(error: unknown, value?: unknown): void;
}

function SimulatedDatabase(this: Record<string, unknown>, options: { name: string; auto_compaction?: boolean }, ready: Callback): void {
  const disk = disks.get(options.name);
  if (disk === undefined) throw new Error(`No disk is mounted for ${options.name}`);

  const metadataOf = (id: string): Metadata | null => {
    const entry = disk.entries.get(id);
    return entry === undefined ? null : (JSON.parse(entry.metadata) as Metadata);
  };
  const documentOf = (id: string, rev: string): Data | null => {
    const body = disk.entries.get(id)?.bodies.get(rev);
    return body === undefined ? null : (JSON.parse(body) as Data);
  };
  const later = (callback: Callback, error: unknown, value?: unknown): void => {
    queueMicrotask(() => {
      callback(error, value);
    });
  };

  Object.assign(this, {
    _remote: false,
    _id: (callback: Callback) => {
      later(callback, null, disk.instance);
    },
    _info: (callback: Callback) => {
      const count = [...disk.entries.values()].filter(({ metadata }) => (JSON.parse(metadata) as Metadata).deleted !== true).length;
      later(callback, null, { doc_count: count, update_seq: disk.sequence });
    },
    _get: (id: string, { rev }: { rev?: string }, callback: Callback) => {
      const metadata = metadataOf(id);
      if (metadata === null) {
        later(callback, createError(MISSING_DOC, 'missing'));
        return;
      }
      if (rev === undefined && metadata.deleted === true) {
        later(callback, createError(MISSING_DOC, 'deleted'));
        return;
      }
      const doc = documentOf(id, rev ?? metadata.winningRev);
      later(callback, doc === null ? createError(MISSING_DOC, 'missing') : null, { doc, metadata });
    },
    _getRevisionTree: (id: string, callback: Callback) => {
      const metadata = metadataOf(id);
      later(callback, metadata === null ? createError(MISSING_DOC, 'missing') : null, metadata?.rev_tree);
    },
    _bulkDocs: (request: { docs: Data[] }, given: { new_edits: boolean }, callback: Callback) => {
      const infos = request.docs.map((doc) => (isLocalId(doc['_id']) ? doc : parseDoc(doc, given.new_edits, this['__opts'])));
      const wrong = infos.find((info) => 'error' in info && info['error'] === true);
      if (wrong !== undefined || infos.length === 0) {
        later(callback, wrong ?? null, []);
        return;
      }
      const metadatas = new Map<string, Metadata>();
      for (const { _id } of request.docs) {
        const metadata = typeof _id === 'string' && !isLocalId(_id) ? metadataOf(_id) : null;
        if (metadata !== null) metadatas.set(metadata.id, metadata);
      }
      const bodies = new Map<string, Map<string, string>>();
      const results: unknown[] = [];
      let { sequence } = disk;
      const write = (
        info: DocInfo,
        winningRev: string,
        winningDeleted: boolean,
        deleted: boolean,
        _isUpdate: boolean,
        _delta: number,
        index: number,
        done: () => void,
      ): void => {
        const { metadata, data } = info;
        metadata.winningRev = winningRev;
        metadata.deleted = winningDeleted;
        metadata.seq = ++sequence;
        const kept = bodies.get(metadata.id) ?? new Map(disk.entries.get(metadata.id)?.bodies);
        kept.set(metadata.rev, JSON.stringify({ ...data, _id: metadata.id, _rev: metadata.rev, ...(deleted ? { _deleted: true } : {}) }));
        for (const rev of info.stemmedRevs ?? []) kept.delete(rev);
        bodies.set(metadata.id, kept);
        metadatas.set(metadata.id, metadata);
        results[index] = { ok: true, id: metadata.id, rev: metadata.rev };
        done();
      };
      processDocs(1000, infos, this, metadatas, null, results, write, given, () => {
        const entries = new Map(disk.entries);
        for (const [id, kept] of bodies) {
          const metadata = metadatas.get(id);
          if (metadata === undefined) continue;
          if (options.auto_compaction === true) for (const rev of compactTree(metadata)) kept.delete(rev);
          entries.set(id, { metadata: JSON.stringify(metadata), bodies: kept });
        }
        disk.entries = entries;
        disk.sequence = sequence;
        later(callback, null, results);
      });
    },
    _allDocs: (given: { keys?: readonly string[]; key?: string; include_docs?: boolean; deleted?: string }, callback: Callback) => {
      if (given.keys !== undefined) return allDocsKeysQuery(this, given);
      const ids = [...disk.entries.keys()].filter((id) => given.key === undefined || id === given.key).sort();
      const rows = ids.flatMap((id) => {
        const metadata = metadataOf(id);
        if (metadata === null || (metadata.deleted === true && given.deleted !== 'ok')) return [];
        const deleted = metadata.deleted === true;
        const value = { rev: metadata.winningRev, ...(deleted ? { deleted } : {}) };
        return [
          { id, key: id, value, ...(given.include_docs === true ? { doc: deleted ? null : documentOf(id, metadata.winningRev) } : {}) },
        ];
      });
      later(callback, null, { total_rows: disk.entries.size, offset: 0, rows });
      return undefined;
    },
    _changes: (given: ChangesOptions) => {
      const { since = 0, limit, descending = false } = given;
      const wanted = given.doc_ids === undefined ? null : new Set(given.doc_ids);
      const filter = filterChange(given);
      const changed = [...disk.entries.keys()]
        .flatMap((id) => metadataOf(id) ?? [])
        .filter(({ id, seq }) => (descending || seq > since) && (wanted === null || wanted.has(id)))
        .sort((a, b) => (descending ? b.seq - a.seq : a.seq - b.seq));
      // Whoever asks listens only after this returned.
      queueMicrotask(() => {
        const results: Data[] = [];
        let last = since;
        for (const metadata of changed) {
          if (limit !== undefined && limit > 0 && results.length >= limit) break;
          const doc = documentOf(metadata.id, metadata.winningRev);
          if (doc === null) throw new Error(`${metadata.id} has no winner on the simulated disk`);
          last = metadata.seq;
          const change: Data = { ...given.processChange(doc, metadata, given), seq: metadata.seq };
          const fits: unknown = filter(change);
          if (typeof fits === 'object') {
            given.complete(fits);
            return;
          }
          if (fits !== true) continue;
          results.push(change);
          given.onChange(change);
        }
        given.complete(null, { results: given.return_docs === false ? [] : results, last_seq: last });
      });
      return { cancel: () => undefined };
    },
    _getLocal: (id: string, callback: Callback) => {
      const text = disk.locals.get(id);
      if (text === undefined) later(callback, createError(MISSING_DOC, 'missing'));
      else later(callback, null, JSON.parse(text));
    },
    _putLocal: (doc: Data, given: unknown, callback?: Callback) => {
      const answer = callback ?? (given as Callback);
      const { _revisions: _, _rev: before, ...rest } = doc;
      const id = String(doc['_id']);
      const held = disk.locals.get(id);
      const heldRev = held === undefined ? undefined : (JSON.parse(held) as Data)['_rev'];
      if (heldRev !== before) {
        later(answer, createError(REV_CONFLICT));
        return;
      }
      const rev = typeof before === 'string' ? `0-${String(Number(before.slice(2)) + 1)}` : '0-1';
      disk.locals = new Map(disk.locals).set(id, JSON.stringify({ ...rest, _rev: rev }));
      later(answer, null, { ok: true, id, rev });
    },
    _close: (callback: Callback) => {
      later(callback, null);
    },
  });
  later(ready, null, this);
}

PouchDB.adapter(adapterName, Object.assign(SimulatedDatabase, { valid: () => true, use_prefix: false }), false);
