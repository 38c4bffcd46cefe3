import PouchDB from 'pouchdb-core';
import adapterIdb from 'pouchdb-adapter-idb';
import { parseRecord } from '#lib/domain/parse-record.ts';
import { PouchReplica, type ReplicaOptions } from './pouch-replica.ts';

PouchDB.plugin(adapterIdb);

/** The person's PouchDB in this browser. `idb`, because the newer `indexeddb` adapter loses writes when two tabs have it open. */
export const openReplica = (options: Omit<ReplicaOptions, 'adapter' | 'parse'>): PouchReplica =>
  new PouchReplica({
    ...options,
    adapter: 'idb',
    parse: (document) => {
      const record = parseRecord(document);
      return record.ok ? record.value : null;
    },
  });
