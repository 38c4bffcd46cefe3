/** Attachments of the embedded engine: their stubs stand in the revision's body, their bytes once for each document and digest. */
import { stubsOf, type AttachmentStub, type GivenAttachment } from './attachments.ts';
import type { Edit } from './document.ts';
import { revisionDepth, StorageFailure, type Attachment, type CouchDocument, type OpenOptions } from './engine.ts';
import { revOf } from './revisions.ts';
import type { EmbeddedRows } from './embedded-rows.ts';
import { text, type SqliteFile } from './sqlite-file.ts';

type Stubs = Readonly<Record<string, AttachmentStub>>;

/** Attachments of an edit, found and described. */
export interface Resolved {
  readonly stubs: Stubs;
  /** Bytes that came with the edit, by digest. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

export interface EmbeddedAttachments {
  /**
   * Finds what stubs stand for among the revisions that are kept, nearest first; the name of the first that stands for nothing where one does.
   *
   * @param ancestors revisions that the edit follows, newest first
   * @param pos generation of the edit
   * @param isNew whether it is made here: what comes with it came in its generation, whatever it says
   */
  resolve(edit: Edit, ancestors: readonly string[], pos: number, isNew: boolean): Resolved | { readonly unknown: string };
  /** Keeps what came. Within a commit only. */
  keep(id: string, resolved: Resolved): void;
  /** Lets go what no kept revision of the document names. Within a commit only. */
  prune(id: string): void;
  read(id: string, stub: AttachmentStub): Attachment;
  /** The document with the bytes that are asked for, where it has `_revisions`. */
  withBytes(document: CouchDocument, choice: NonNullable<OpenOptions['attachments']>): CouchDocument;
}

/** Generation of the newest revision of the document's path that is among these; 0 where none is. */
function knownUpTo(document: CouchDocument, revs: readonly string[]): number {
  const { start, ids } = document['_revisions'] as { readonly start: number; readonly ids: readonly string[] };
  const at = ids.findIndex((hash, index) => revs.includes(revOf(start - index, hash)));
  return at < 0 ? 0 : start - at;
}

/** Attachments whose bytes are asked for. */
export function wantedOf(
  document: CouchDocument,
  choice: NonNullable<OpenOptions['attachments']>,
): readonly (readonly [string, AttachmentStub])[] {
  const stubs = Object.entries(stubsOf(document));
  if (choice === 'all') return stubs;
  const known = knownUpTo(document, choice);
  return stubs.filter(([, stub]) => stub.revpos > known);
}

export function openAttachments({ all, run }: SqliteFile, rows: EmbeddedRows, db: number): EmbeddedAttachments {
  const stubsAt = (id: string, rev: string): Stubs => {
    const body = rows.body(id, rev);
    return body === null ? {} : stubsOf(JSON.parse(body) as CouchDocument);
  };
  const stubsOfAll = (id: string): readonly Stubs[] => rows.bodies(id).map((body) => stubsOf(JSON.parse(body) as CouchDocument));

  /** Another replica may name the same bytes by another digest (CouchDB: of their gzip); the generation in which they came is the same. */
  const isMeant = ({ digest, revpos }: GivenAttachment, stub: AttachmentStub | undefined): stub is AttachmentStub =>
    stub !== undefined && (digest === null || digest === stub.digest || revpos === stub.revpos);

  const read = (id: string, { digest, content_type: contentType }: AttachmentStub): Attachment => {
    const bytes = rows.attachment(id, digest);
    if (bytes === null) throw new StorageFailure(`An attachment of ${id} is not where it was kept`);
    return { contentType, digest, bytes };
  };

  return {
    read,

    resolve(edit, ancestors, pos, isNew) {
      const stubs: Record<string, AttachmentStub> = {};
      const bytes = new Map<string, Uint8Array>();
      const hasStubs = edit.attachments.some((given) => given.bytes === null);
      const kept = hasStubs ? [...ancestors.slice(0, revisionDepth).map((rev) => stubsAt(edit.id, rev)), ...stubsOfAll(edit.id)] : [];
      for (const given of edit.attachments) {
        if (given.bytes !== null && given.digest !== null) {
          bytes.set(given.digest, given.bytes);
          const { contentType, digest } = given;
          const revpos = isNew || given.revpos === null ? pos : Math.min(given.revpos, pos);
          stubs[given.name] = { content_type: contentType, digest, length: given.bytes.byteLength, revpos, stub: true };
          continue;
        }
        const found = kept
          .map((stubs) => (Object.hasOwn(stubs, given.name) ? stubs[given.name] : undefined))
          .find((stub) => isMeant(given, stub));
        if (found === undefined) return { unknown: given.name };
        stubs[given.name] = found;
      }
      return { stubs, bytes };
    },

    keep(id, { bytes }) {
      for (const [digest, content] of bytes) rows.writeAttachment(id, digest, content);
    },

    prune(id) {
      const kept = all('SELECT digest FROM attachments WHERE db = ? AND id = ?', db, id).map((row) => text(row, 'digest'));
      if (kept.length === 0) return;
      const named = new Set(stubsOfAll(id).flatMap((stubs) => Object.values(stubs).map(({ digest }) => digest)));
      for (const digest of kept)
        if (!named.has(digest)) run('DELETE FROM attachments WHERE db = ? AND id = ? AND digest = ?', db, id, digest);
    },

    withBytes(document, choice) {
      const wanted = wantedOf(document, choice);
      if (wanted.length === 0) return document;
      const inline = wanted.map(([name, stub]) => {
        const { stub: _, length: _length, ...told } = stub;
        return [name, { ...told, data: Buffer.from(read(document._id, stub).bytes).toString('base64') }];
      });
      return { ...document, _attachments: { ...stubsOf(document), ...Object.fromEntries(inline) } };
    },
  };
}
