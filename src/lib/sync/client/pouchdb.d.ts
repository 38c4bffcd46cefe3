/**
 * The part of PouchDB that is used here. The types of DefinitelyTyped declare a global `Buffer` of their own, which contradicts
 * the one that comes with Node's types as soon as both are in one program.
 */
declare module 'pouchdb-core' {
  export interface Stored {
    readonly _id: string;
    readonly _rev: string;
  }

  export interface Plugin {
    readonly pouchdbPlugin?: never;
  }

  export interface ReplicationOptions {
    readonly batch_size?: number;
    readonly doc_ids?: readonly string[];
    readonly checkpoint?: false;
  }

  export interface Database {
    get<Content extends object>(id: string, options?: { readonly rev: string; readonly revs: true }): Promise<Content & Stored>;
    put(document: object): Promise<{ readonly rev: string }>;
    allDocs(options: {
      readonly keys: readonly string[];
      readonly include_docs: true;
    }): Promise<{ readonly rows: readonly { readonly doc?: (object & Stored) | null }[] }>;
    bulkDocs(
      documents: readonly object[],
      options?: { readonly new_edits: false },
    ): Promise<readonly ({ readonly ok: true; readonly id: string; readonly rev: string } | { readonly error: unknown })[]>;
    changes(options: { readonly since: number; readonly limit: number; readonly include_docs: true }): Promise<{
      readonly results: readonly { readonly doc?: object & Stored }[];
      readonly last_seq: number | string;
    }>;
    info(): Promise<{ readonly doc_count: number; readonly update_seq: number | string }>;
    /** From pouchdb-replication. */
    sync(remote: Database, options: ReplicationOptions): Promise<unknown>;
    readonly replicate: {
      to(remote: Database, options: ReplicationOptions): Promise<unknown>;
      from(remote: Database, options: ReplicationOptions): Promise<unknown>;
    };
    close(): Promise<void>;
    destroy(): Promise<void>;
  }

  export interface Options {
    readonly adapter: string;
    readonly auto_compaction?: boolean;
    readonly skip_setup?: boolean;
    readonly fetch?: (input: string | Request, init?: RequestInit) => Promise<Response>;
  }

  export interface PouchConstructor {
    new (name: string, options: Options): Database;
    plugin(plugin: Plugin): PouchConstructor;
  }

  const PouchDB: PouchConstructor;
  export default PouchDB;
}

declare module 'pouchdb-adapter-http' {
  import type { Plugin } from 'pouchdb-core';
  const plugin: Plugin;
  export default plugin;
}

declare module 'pouchdb-adapter-idb' {
  import type { Plugin } from 'pouchdb-core';
  const plugin: Plugin;
  export default plugin;
}

declare module 'pouchdb-adapter-memory' {
  import type { Plugin } from 'pouchdb-core';
  const plugin: Plugin;
  export default plugin;
}

declare module 'pouchdb-replication' {
  import type { Plugin } from 'pouchdb-core';
  const plugin: Plugin;
  export default plugin;
}
