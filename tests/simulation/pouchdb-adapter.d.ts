/** What PouchDB's adapters are made with: the part of it that `local-database.ts` uses. */
declare module 'pouchdb-adapter-utils' {
  import type { RevisionTree } from 'pouchdb-merge';

  export interface Metadata {
    readonly id: string;
    readonly rev: string;
    readonly rev_tree: RevisionTree;
    winningRev: string;
    deleted?: boolean;
    seq: number;
  }

  export interface DocInfo {
    readonly metadata: Metadata;
    readonly data: Record<string, unknown>;
    readonly stemmedRevs?: readonly string[];
  }

  export function isLocalId(id: unknown): boolean;
  export function parseDoc(document: object, newEdits: boolean, options: unknown): DocInfo | { readonly error: true };
  export function processDocs(
    revisionLimit: number,
    infos: readonly object[],
    api: object,
    fetched: Map<string, Metadata>,
    context: null,
    results: unknown[],
    write: (
      info: DocInfo,
      winningRev: string,
      winningDeleted: boolean,
      deleted: boolean,
      isUpdate: boolean,
      delta: number,
      index: number,
      done: () => void,
    ) => void,
    options: { readonly new_edits: boolean },
    done: () => void,
  ): void;
  export function allDocsKeysQuery(api: object, options: object): Promise<unknown>;
}

declare module 'pouchdb-errors' {
  export const MISSING_DOC: object;
  export const REV_CONFLICT: object;
  export function createError(error: object, reason?: string): Error;
}

declare module 'pouchdb-utils' {
  export function filterChange(options: object): (change: object) => unknown;
}

declare module 'pouchdb-core' {
  interface PouchConstructor {
    adapter(name: string, adapter: unknown, preferred: boolean): void;
  }
}
