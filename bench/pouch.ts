/** PouchDB with what benchmarks need of it. The app's own replica brings its parts along, and PouchDB takes them once only. */
import '../src/lib/sync/client/pouch-replica.ts';
import memory from 'pouchdb-adapter-memory';
import PouchDB, { type Database } from 'pouchdb-core';

export default PouchDB.plugin(memory);
export type { Database };
