/**
 * The standard road: an unmodified PouchDB between the journal and the node. Whatever goes wrong here, the journal has the work.
 */
import PouchDB, { type Database } from 'pouchdb-core';
import adapterHttp from 'pouchdb-adapter-http';
import replication from 'pouchdb-replication';
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { maxRecordBytes, type PersonRecord, type RecordId } from '#lib/domain/records.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isObject } from '#lib/domain/shape.ts';
import {
  generationOf,
  rememberedRevisions,
  type Descent,
  type PassFailure,
  type Replica,
  type Revision,
  type Waiting,
} from '#lib/sync/session.ts';
import { failureOf, type Fetch } from './centre.ts';
import { sha256Hex } from './signature.ts';

PouchDB.plugin(adapterHttp).plugin(replication);

export interface ReplicaOptions {
  readonly person: PersonId;
  /** PouchDB's local adapter: `idb` in a browser; its plugin is given to PouchDB by whoever chooses it. */
  readonly adapter: string;
  readonly origin: string;
  readonly token: string;
  readonly fetch: Fetch;
  /** In front of the local database's name, where one process plays several devices. */
  readonly prefix?: string;
  /** The range is read and never written: it is of another id of the same human. */
  readonly readOnly?: boolean;
  /** Reads a document that came from elsewhere; null where it is none of a person's records. */
  readonly parse: (document: unknown) => PersonRecord | null;
}

/** A person has some thousand documents at most; at 250 bytes each a batch stays far below what a node accepts. */
const batch = 500;

const mirrorState = '_local/perigee-mirror';

const slices = <Value>(values: readonly Value[]): Value[][] =>
  Array.from({ length: Math.ceil(values.length / batch) }, (_, i) => values.slice(i * batch, (i + 1) * batch));

/** The document without PouchDB's own fields but its name. */
function bodyOf(document: object): object {
  return Object.fromEntries(Object.entries(document).filter(([key]) => key === '_id' || !key.startsWith('_')));
}

/** How CouchDB writes a document's history: newest first. */
interface History {
  readonly _revisions: { readonly start: number; readonly ids: readonly string[] };
}

interface ExactDocument extends History {
  readonly _id: RecordId;
  readonly _rev: Revision;
}

const hashOf = (rev: Revision): string => rev.slice(rev.indexOf('-') + 1);

/**
 * The document as the revision that was handed over before the replica lost it, or as the next one after that. Deterministic, so that
 * the same loss twice makes the same revision.
 */
async function onTopOf({ rev, before, same }: NonNullable<Waiting['handed']>, body: PersonRecord): Promise<ExactDocument> {
  const start = same ? generationOf(rev) : generationOf(rev) + 1;
  const hash = same ? hashOf(rev) : (await sha256Hex(new TextEncoder().encode(canonicalJson({ body, rev })))).slice(0, 32);
  const ids = [hash, ...(same ? before : [rev, ...before]).map(hashOf)];
  return { ...body, _rev: `${String(start)}-${hash}`, _revisions: { start, ids } };
}

const bytesOf = (body: PersonRecord): number => new TextEncoder().encode(JSON.stringify(body)).length;

export class PouchReplica implements Replica {
  readonly #local: Database;
  readonly #remote: Database;
  readonly #person: PersonId;
  readonly #parse: ReplicaOptions['parse'];
  readonly #readOnly: boolean;
  /** Why the last request that failed did; PouchDB's own errors no longer tell. */
  #reason: PassFailure | null = null;

  constructor({ person, adapter, origin, token, fetch, parse, prefix, readOnly = false }: ReplicaOptions) {
    this.#person = person;
    this.#parse = parse;
    this.#readOnly = readOnly;
    this.#local = new PouchDB(`${prefix === undefined ? '' : `${prefix}-`}perigee-${person}`, { adapter, auto_compaction: true });
    this.#remote = new PouchDB(`${origin}/replica/person/${person}`, {
      adapter: 'http',
      skip_setup: true,
      fetch: (input, init) => this.#request(fetch, token, typeof input === 'string' ? input : input.url, init),
    });
  }

  async #request(fetch: Fetch, token: string, url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    // PouchDB asks the root above a database which server this is, to name its checkpoint; the path names it well enough.
    if (pathname === '/replica/person/') return Response.json({});
    // And the database itself how much there is, for a progress that nobody shows: two requests of every pass, the second of which nobody waits for,
    // so that where it fails its rejection is never handled.
    if (pathname === `/replica/person/${this.#person}/`) return Response.json({ db_name: this.#person, update_seq: 0 });
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    try {
      const response = await fetch(url, { ...init, headers });
      // A checkpoint that is not there yet is no failure.
      if (!response.ok && response.status !== 404) this.#reason = failureOf(response.status, await errorCode(response.clone()));
      return response;
    } catch (error) {
      // Where one direction fails, PouchDB gives up the other: that tells nothing of the road, and not why the first one failed.
      if (init.signal?.aborted !== true) this.#reason = 'unreachable';
      throw error;
    }
  }

  async put(documents: readonly Waiting[]): Promise<{ revisions: Map<RecordId, Descent>; changed: number }> {
    const revisions = new Map<RecordId, Descent>();
    let changed = 0;
    // What no road accepts would make the node refuse its whole batch; it stays in the journal, waiting and visible.
    const accepted = documents.filter(({ body }) => bytesOf(body) <= maxRecordBytes);
    for (const some of slices(accepted)) {
      const { rows } = await this.#local.allDocs({ keys: some.map(({ id }) => id), include_docs: true });
      const puts: object[] = [];
      const exact: ExactDocument[] = [];
      const stands: { readonly id: RecordId; readonly rev: Revision }[] = [];
      for (const [i, { id, body, handed }] of some.entries()) {
        const held = rows[i]?.doc ?? null;
        const fellBack = handed !== null && (held === null || generationOf(held._rev) < generationOf(handed.rev));
        if (fellBack) exact.push(await onTopOf(handed, body));
        else if (held === null) puts.push({ ...body });
        else if (canonicalJson(bodyOf(held)) !== canonicalJson(body)) puts.push({ ...body, _rev: held._rev });
        else if (handed !== null && held._rev === handed.rev && (handed.before.length > 0 || generationOf(held._rev) === 1))
          revisions.set(id, handed);
        else stands.push({ id, rev: held._rev });
      }
      if (exact.length > 0) await this.#local.bulkDocs(exact, { new_edits: false });
      for (const { _id, _rev } of exact) stands.push({ id: _id, rev: _rev });
      if (puts.length > 0)
        for (const answer of await this.#local.bulkDocs(puts))
          if ('ok' in answer) stands.push({ id: answer.id as RecordId, rev: answer.rev });
      for (const { id, rev } of stands) revisions.set(id, { rev, before: await this.#before(id, rev) });
      changed += puts.length + exact.length;
    }
    return { revisions, changed };
  }

  /** What a revision in the local database follows, newest first. */
  async #before(id: RecordId, rev: Revision): Promise<readonly Revision[]> {
    if (generationOf(rev) === 1) return [];
    const { _revisions } = await this.#local.get<History>(id, { rev, revs: true });
    const { start, ids } = _revisions;
    return ids.slice(1, 1 + rememberedRevisions).map((hash, i) => `${String(start - 1 - i)}-${hash}`);
  }

  replicate(): Promise<Result<void, PassFailure>> {
    return this.#attempt(async () => {
      if (this.#readOnly) await this.#local.replicate.from(this.#remote, { batch_size: batch });
      else await this.#local.sync(this.#remote, { batch_size: batch });
    });
  }

  sendAgain(ids: readonly RecordId[]): Promise<Result<void, PassFailure>> {
    if (this.#readOnly) return Promise.resolve(ok(undefined));
    return this.#attempt(async () => {
      for (const some of slices(ids)) await this.#local.replicate.to(this.#remote, { doc_ids: some, checkpoint: false, batch_size: batch });
    });
  }

  async #attempt(work: () => Promise<void>): Promise<Result<void, PassFailure>> {
    this.#reason = null;
    try {
      await work();
      return ok(undefined);
    } catch {
      return err(this.#reason ?? 'nonsense');
    }
  }

  async mirror(take: Parameters<Replica['mirror']>[0]): Promise<void> {
    for (;;) {
      const state = await this.#local.get<{ since: number }>(mirrorState).catch(() => null);
      const { results, last_seq } = await this.#local.changes({ since: state?.since ?? 0, limit: batch, include_docs: true });
      const documents = results.flatMap(({ doc }) => {
        if (doc === undefined) return [];
        const body = this.#parse(bodyOf(doc));
        return body === null ? [] : [{ rev: doc._rev, body }];
      });
      await take(documents);
      if (results.length === 0) return;
      // Beside the data it is about: a replica that was lost is read again from its start.
      await this.#local.put({ _id: mirrorState, ...(state === null ? {} : { _rev: state._rev }), since: Number(last_seq) });
    }
  }

  /** Both ends: PouchDB keeps whatever was not closed for as long as the page is open, and a page makes one for each pass. */
  async close(): Promise<void> {
    await this.#remote.close();
    await this.#local.close();
  }
}

async function errorCode(response: Response): Promise<unknown> {
  try {
    const answer: unknown = await response.json();
    return isObject(answer) ? answer['error'] : undefined;
  } catch {
    return undefined;
  }
}
