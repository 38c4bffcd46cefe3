/**
 * What the node asks of a database engine. Two adapters answer it, and one suite (`tests/conformance/engine.ts`) holds both to it.
 *
 *   - A document has CouchDB's revisions: a tree whose leaves are what stands; the winner is the one that CouchDB would choose.
 *   - A name is `<partition>:<rest>`. A partition is a key range, `<partition>:` to `<partition>;`, and the unit of authority:
 *     most questions are about one partition, and cost what that partition holds, not what the database holds.
 *   - A promise of a write resolves after its bytes are on disk, and never before.
 *   - `since` is opaque: it comes from this engine, for the same database and partition. One that the engine does not know (of another epoch) means
 *     "from the beginning": too much is told, never too little.
 */

/** `accounts`, `records-<node>`, `desk-<node>` … */
export type DatabaseName = string;

/** `null` is the whole database. */
export type Partition = string | null;

/**
 * A document as CouchDB writes it: `_id`, `_rev`, `_deleted`, `_revisions` and `_attachments` beside its own fields. An attachment is told as a stub;
 * where its bytes were asked for they stand in `data`, in base64.
 */
export type CouchDocument = { readonly _id: string; readonly _rev: string; readonly _deleted?: true } & Readonly<Record<string, unknown>>;

export interface Leaf {
  readonly rev: string;
  readonly deleted: boolean;
}

export type Written =
  | { readonly ok: true; readonly id: string; readonly rev: string }
  | {
      readonly ok: false;
      readonly id: string;
      readonly error: 'conflict' | 'forbidden' | 'bad_request' | 'doc_validation' | 'missing_stub' | 'too_large';
      readonly reason: string;
    };

/**
 * Asked for each document of a batch, with what stands now, before it is written: null to allow, or the reason to refuse. Attachments are described in
 * both as stubs, `{ content_type, digest, length, revpos }`, never with their bytes.
 * The embedded engine asks inside the transaction, so nothing can come in between.
 */
export type Gate = (document: Readonly<Record<string, unknown>>, previous: CouchDocument | null) => string | null;

export interface BulkOptions {
  /** False: the revisions are those of another replica and are merged into the tree; true: each is an edit here. */
  readonly newEdits: boolean;
  readonly gate?: Gate;
}

export interface Listing {
  readonly partition: Partition;
  /** First and last name, in the order of their UTF-8 bytes. */
  readonly start?: string;
  readonly end?: string;
  /** Default true. */
  readonly inclusiveEnd?: boolean;
  readonly descending?: boolean;
  readonly limit?: number;
  readonly skip?: number;
  readonly bodies?: boolean;
}

export interface ListingRow {
  readonly id: string;
  readonly rev: string;
  /** Only where `bodies` was asked for. */
  readonly document?: CouchDocument;
}

export interface ChangesQuery {
  readonly partition: Partition;
  /** `'0'` is the beginning, `'now'` what stands now. */
  readonly since: string;
  readonly limit?: number;
  /** Every leaf, or the winner alone. */
  readonly style: 'all_docs' | 'main_only';
  readonly bodies?: boolean;
  readonly ids?: readonly string[];
  readonly descending?: boolean;
}

export interface Change {
  readonly seq: string;
  readonly id: string;
  readonly revs: readonly string[];
  readonly deleted: boolean;
  readonly document?: CouchDocument;
}

export interface Changes {
  readonly results: readonly Change[];
  /** Where to go on. */
  readonly last: string;
  /** How many more there are after the last one given. */
  readonly pending: number;
}

export interface LocalDocument {
  readonly rev: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One attachment with its bytes. */
export interface Attachment {
  readonly contentType: string;
  /** `md5-` and the hash in base64. */
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface OpenOptions {
  /** Where a revision was followed, its leaves in its place. */
  readonly latest?: boolean;
  /**
   * Which attachments come with their bytes: all, or those that came after the newest of these revisions of which the document is an edit (CouchDB's
   * `atts_since`). Left out: none.
   */
  readonly attachments?: 'all' | readonly string[];
}

export interface Database {
  readonly name: DatabaseName;
  info(partition: Partition): Promise<{ readonly documents: number; readonly deleted: number; readonly sequence: string }>;
  /** The winner, also where it is a tombstone; null where the name was never written. */
  get(id: string): Promise<CouchDocument | null>;
  /** Leaves of the document's tree, the winner first; empty where the name was never written. */
  leaves(id: string): Promise<readonly Leaf[]>;
  /**
   * Revisions of a document, each with `_revisions`. A revision whose bytes are not here (never sent, or followed and compacted) is in `missing`. In a
   * database of the node's own that is every revision that was followed; a further one keeps them until it is compacted.
   */
  open(
    id: string,
    revs: 'all' | readonly string[],
    options?: OpenOptions,
  ): Promise<{ readonly found: readonly CouchDocument[]; readonly missing: readonly string[] }>;
  /** An attachment of a revision, or of the winner; null where there is none. A tombstone that wins has none. */
  attachment(id: string, name: string, rev?: string): Promise<Attachment | null>;
  /**
   * Writes each document by itself: one that is refused does not hold up the others. Answers stand in the order of the documents. A revision that
   * is known already is answered with `ok` and changes nothing.
   */
  bulk(documents: readonly unknown[], options: BulkOptions): Promise<readonly Written[]>;
  list(listing: Listing): Promise<{ readonly rows: readonly ListingRow[]; readonly total: number }>;
  changes(query: ChangesQuery): Promise<Changes>;
  /** Resolves when the partition may have changed after `since`, or when the signal aborts. */
  waitForChange(partition: Partition, since: string, signal: AbortSignal): Promise<void>;
  /** Of the revisions named, those that no tree holds, and what the tree holds in their place. */
  missing(
    revs: Readonly<Record<string, readonly string[]>>,
  ): Promise<ReadonlyMap<string, { readonly missing: readonly string[]; readonly ancestors: readonly string[] }>>;
  /** Of these revisions, one for each name, those whose bytes are on this disk: what a receipt may say. */
  held(revisions: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>;
  /**
   * Removes these documents with every revision, as if they had never been written, and does not replicate that. Resolves when their bytes are
   * gone: the embedded engine has overwritten them in its file and its log; CouchDB has dropped them and was told to compact. Names that
   * were never written are passed over.
   */
  purge(ids: readonly string[]): Promise<void>;
  /** Documents of a replication's own, which never replicate. Each space is bounded: the longest unwritten is dropped. */
  getLocal(space: string, id: string): Promise<LocalDocument | null>;
  /** Answers the new revision. */
  putLocal(space: string, id: string, body: Readonly<Record<string, unknown>>): Promise<string>;
  removeLocal(space: string, id: string): Promise<boolean>;
}

/** A database that somebody made over a road, with CouchDB's own rules: names of any form, design documents, followed revisions until it is compacted. */
export interface FurtherDatabase extends Database {
  /** Lets the bytes of followed revisions go. */
  compact(): Promise<void>;
}

export interface FurtherDatabases {
  /** Names, in order. */
  list(): Promise<readonly DatabaseName[]>;
  /** Null where there is none. */
  open(name: DatabaseName): Promise<FurtherDatabase | null>;
  /** False where there is one already. */
  create(name: DatabaseName): Promise<boolean>;
  /** Removes it with all that it holds, durably. False where there is none. */
  drop(name: DatabaseName): Promise<boolean>;
}

export interface Engine {
  readonly kind: 'embedded' | 'couchdb';
  /**
   * Random, made with the storage and kept in it. A restore makes a new one: receipts of an older epoch say nothing about what is
   * on this disk.
   */
  readonly epoch: string;
  /** Whether there was an epoch before this one: devices may hold what this disk does not. */
  readonly isRestored: boolean;
  /** Opens a database of the node's own, and makes it where it does not exist. */
  database(name: DatabaseName): Database;
  /** Names of the node's own databases that exist, in order. */
  databases(): Promise<readonly DatabaseName[]>;
  /** Those that are not the node's own. Their names are apart: one may be called as one of the node's is. */
  readonly further: FurtherDatabases;
  /** Writes and syncs a mark. False where nothing can be written (disk full, read-only, unreachable). */
  writable(): Promise<boolean>;
  /** Waits for the writes under way. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** Why the storage cannot be used. */
export type Trouble = 'full' | 'read-only' | 'failing' | 'damaged' | 'unreachable';

/** The storage refused the write: full, read-only or broken. Nothing of the batch counts as written. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';
  readonly trouble: Trouble | null;
  constructor(message: string, trouble: Trouble | null = null) {
    super(message);
    this.trouble = trouble;
  }
}

/** What the operating system says of a file that cannot be written or read, and what that means. */
const troubleByCode: Readonly<Record<string, Trouble>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
  EIO: 'failing',
};

/** What is wrong with the disk, from an error of the system or of the storage; null where it is about something else. */
export function troubleOf(error: unknown): Trouble | null {
  if (error instanceof StorageFailure) return error.trouble;
  return error instanceof Error ? (troubleByCode[String(Reflect.get(error, 'code'))] ?? null) : null;
}

/** A further database was dropped while it was in use. */
export class DatabaseGone extends Error {
  override readonly name = 'DatabaseGone';
}

/** How many spaces' documents are kept; a replication writes one, so this is the number of replications that can go on where they stopped. */
export const maxLocalsPerSpace = 100;

/** Revisions of a branch that are remembered. Devices that wrote more edits between two passes still connect, because they send the whole path. */
export const revisionDepth = 200;

/** The same in a further database: as many as CouchDB keeps. */
export const furtherDepth = 1000;
