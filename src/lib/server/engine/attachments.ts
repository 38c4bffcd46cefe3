/**
 * Attachments of documents: read from what a client sends, bounded, and told as stubs. They are small: a photograph of a form or a signature, not a
 * lesson's media, which are pieces of a package.
 *
 *   inline   { content_type, data (base64), revpos?, digest?, encoding? "gzip" }
 *   stub     { stub: true, content_type?, digest?, revpos?, length? }: as an earlier revision has it
 *
 * A digest is MD5, as CouchDB's is: it names bytes and protects nothing. It is always made here and never believed.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';

/** Bytes of one attachment. */
export const maxAttachmentBytes = 2 * 1024 * 1024;
/** Bytes of all attachments of one document. In a request they stand as base64, a third longer, and a request holds 10 MB. */
export const maxAttachmentsBytes = 5 * 1024 * 1024;
/** Attachments of one document. */
export const maxAttachments = 100;

/** As it comes. */
export interface GivenAttachment {
  readonly name: string;
  readonly contentType: string;
  /** Null for a stub. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** Of the bytes, or what a stub says; null where it says nothing. */
  readonly digest: string | null;
  /** Generation in which it came; null where it is not said. */
  readonly revpos: number | null;
}

/** As a document of the engine's tells it. */
export interface AttachmentStub {
  readonly content_type: string;
  readonly digest: string;
  readonly length: number;
  readonly revpos: number;
  readonly stub: true;
}

export interface AttachmentError {
  readonly error: 'bad_request' | 'doc_validation' | 'too_large';
  readonly reason: string;
}

const bad = (reason: string): Result<never, AttachmentError> => err({ error: 'bad_request', reason });

export const digestOf = (bytes: Uint8Array): string => `md5-${createHash('md5').update(bytes).digest('base64')}`;

/** A type that can stand in a header; what cannot is told as mere bytes. */
export const contentTypeOf = (value: unknown): string =>
  typeof value === 'string' && value.length > 0 && value.length <= 200 && /^[\x20-\x7e]+$/.test(value) ? value : 'application/octet-stream';

/** Null where it is a name; otherwise why it is none. */
export function attachmentNameProblem(name: string): string | null {
  if (name === '' || name.length > 250 || !name.isWellFormed() || /\p{Cc}/u.test(name))
    return 'An attachment has a name of 1 to 250 characters, without control characters.';
  return name.startsWith('_') ? "Attachment name must not start with '_'" : null;
}

function bytesOf(data: unknown, encoding: unknown): Result<Uint8Array<ArrayBuffer>, AttachmentError> {
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return bad('The data of an attachment is not base64.');
  const bytes = Buffer.from(data, 'base64');
  if (encoding === undefined || encoding === 'identity') return ok(bytes);
  if (encoding !== 'gzip') return bad('An attachment may be encoded with gzip, and with nothing else.');
  try {
    return ok(gunzipSync(bytes, { maxOutputLength: maxAttachmentBytes + 1 }));
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge()
      : bad('An attachment is not the gzip that it says.');
  }
}

const tooLarge = (): Result<never, AttachmentError> =>
  err({
    error: 'too_large',
    reason: `An attachment holds at most ${String(maxAttachmentBytes / 1024 / 1024)} MB, and those of a document ${String(maxAttachmentsBytes / 1024 / 1024)} MB together.`,
  });

/** Reads `_attachments`, in the order of their names. */
export function parseAttachments(value: unknown): Result<readonly GivenAttachment[], AttachmentError> {
  if (!isObject(value)) return bad('_attachments is an object.');
  const entries = Object.entries(value);
  if (entries.length > maxAttachments) return bad(`A document has at most ${String(maxAttachments)} attachments.`);
  const parsed: GivenAttachment[] = [];
  let total = 0;
  for (const [name, given] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const problem = attachmentNameProblem(name);
    if (problem !== null) return bad(problem);
    if (!isObject(given)) return bad('An attachment is an object.');
    const revpos = Number.isSafeInteger(given['revpos']) && Number(given['revpos']) > 0 ? Number(given['revpos']) : null;
    const contentType = contentTypeOf(given['content_type']);
    if (given['stub'] === true) {
      parsed.push({ name, contentType, bytes: null, digest: typeof given['digest'] === 'string' ? given['digest'] : null, revpos });
      continue;
    }
    if (given['follows'] === true) return bad('An attachment that follows comes in a body of the type multipart/related.');
    const bytes = bytesOf(given['data'], given['encoding']);
    if (!bytes.ok) return bytes;
    total += bytes.value.byteLength;
    if (bytes.value.byteLength > maxAttachmentBytes || total > maxAttachmentsBytes) return tooLarge();
    parsed.push({ name, contentType, bytes: bytes.value, digest: digestOf(bytes.value), revpos });
  }
  return ok(parsed);
}

/** The stubs of a stored document; empty where it has none. Only the engine writes them, so they are what they seem. */
export const stubsOf = (document: JsonObject | null): Readonly<Record<string, AttachmentStub>> =>
  (document?.['_attachments'] as Readonly<Record<string, AttachmentStub>> | undefined) ?? {};
