/**
 * Documents with their attachments as parts of one body, as CouchDB's replicator reads and writes them: `multipart/related` is one document and
 * its attachments, `multipart/mixed` several revisions, each by itself or as such a body.
 */
import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { digestOf, maxAttachments } from '../engine/attachments.ts';
import type { CouchDocument } from '../engine/engine.ts';
import { parseJson } from '../http/body.ts';
import type { OrganRequest } from '../http/organ.ts';

export interface Part {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** The boundary that a content type names; null where it is no multipart of this kind. */
export function boundaryOf(contentType: string | null, kind: 'related' | 'mixed'): string | null {
  const match = new RegExp(`^multipart/${kind}\\s*;(?:.*;)?\\s*boundary=(?:"([^"\\r\\n]{1,70})"|([^\\s;"]{1,70})(?=[\\s;]|$))`, 'i').exec(
    (contentType ?? '').slice(0, 500),
  );
  return match?.[1] ?? match?.[2] ?? null;
}

/** Parts of a body, or why it is none. */
export function splitParts(body: Buffer, boundary: string): Result<readonly Part[], string> {
  const parts: Part[] = [];
  const mark = Buffer.from(`\r\n--${boundary}`);
  const opening = mark.subarray(2);
  let at = body.subarray(0, opening.length).equals(opening) ? opening.length : body.indexOf(mark) + mark.length;
  if (at < mark.length && at !== opening.length) return err('The body does not begin with its boundary.');
  while (body.subarray(at, at + 2).toString('latin1') !== '--') {
    const lineEnd = body.indexOf('\r\n', at);
    const end = body.indexOf(mark, lineEnd);
    if (lineEnd < 0 || end < 0) return err('The body ends before its last part does.');
    if (parts.length > maxAttachments) return err('The body has too many parts.');
    const part = readPart(body.subarray(lineEnd + 2, end));
    if (part === null) return err('A part of the body has no head.');
    parts.push(part);
    at = end + mark.length;
  }
  return ok(parts);
}

function readPart(bytes: Buffer): Part | null {
  if (bytes.subarray(0, 2).toString('latin1') === '\r\n') return { headers: new Map(), body: bytes.subarray(2) };
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 || end > 8192) return null;
  const lines = bytes.subarray(0, end).toString('utf8').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: bytes.subarray(end + 4) };
}

const filenameOf = ({ headers }: Part): string | undefined =>
  /filename="((?:[^"\\]|\\.)*)"/.exec(headers.get('content-disposition') ?? '')?.[1]?.replace(/\\(.)/g, '$1');

/** A document and its attachments, which are put back into it. */
export function joinDocument(body: Buffer, boundary: string): Result<JsonObject, string> {
  const split = splitParts(body, boundary);
  if (!split.ok) return split;
  const [first, ...rest] = split.value;
  if (first === undefined) return err('The body has no document.');
  const parsed = parseJson(first.body);
  if (!parsed.ok) return parsed;
  if (!isObject(parsed.value)) return err('The first part is a document, a JSON object.');
  const document = parsed.value;
  const attachments = isObject(document['_attachments']) ? document['_attachments'] : {};
  const following = Object.entries(attachments).flatMap(([name, told]) =>
    isObject(told) && told['follows'] === true ? [{ name, told }] : [],
  );
  if (following.length !== rest.length) return err('There are not as many parts as attachments that follow.');
  // They come in the order in which the document names them, which JavaScript does not keep for names that are numbers.
  const named = new Map(rest.map((part) => [filenameOf(part), part]));
  const byName = following.every(({ name }) => named.has(name));
  const joined = following.map(({ name, told }, index): [string, JsonObject] | null => {
    const part = byName ? named.get(name) : rest[index];
    if (part === undefined) return null;
    const { follows: _follows, encoded_length: encodedLength, length, encoding, ...kept } = told;
    const isEncoded = encoding === 'gzip' || part.headers.get('content-encoding') === 'gzip';
    const expected = isEncoded ? encodedLength : length;
    if (typeof expected === 'number' && expected !== part.body.byteLength) return null;
    return [name, { ...kept, data: part.body.toString('base64'), ...(isEncoded ? { encoding: 'gzip' } : {}) }];
  });
  const whole = joined.filter((entry) => entry !== null);
  if (whole.length < joined.length) return err('An attachment is not as long as the document says.');
  return ok(rest.length === 0 ? document : { ...document, _attachments: { ...attachments, ...Object.fromEntries(whole) } });
}

export interface Multipart {
  readonly type: string;
  readonly body: Buffer;
}

const newBoundary = (): string => randomBytes(16).toString('hex');
const quoted = (name: string): string => name.replace(/["\\]/g, '\\$&');

/** The document and those of its attachments that stand in it with their bytes; null where none does. */
export function relatedOf(document: CouchDocument): Multipart | null {
  const attachments = isObject(document['_attachments']) ? document['_attachments'] : {};
  const inline = Object.entries(attachments).flatMap(([name, told]) => {
    const data = isObject(told) ? told['data'] : undefined;
    return isObject(told) && typeof data === 'string' ? [{ name, told, bytes: Buffer.from(data, 'base64') }] : [];
  });
  if (inline.length === 0) return null;
  const boundary = newBoundary();
  const following = inline.map(({ name, told, bytes }) => {
    const { data: _, ...rest } = told;
    // A CouchDB behind us names an attachment by its gzip; whoever receives the bytes compares with them.
    return [name, { ...rest, digest: digestOf(bytes), length: bytes.byteLength, follows: true }];
  });
  const head = { ...document, _attachments: { ...attachments, ...Object.fromEntries(following) } };
  // In the order of the document as it is written, by which some readers go.
  const order = Object.keys(head._attachments);
  const parts = inline
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .map(({ name, told, bytes }) => {
      const type = typeof told['content_type'] === 'string' ? told['content_type'] : 'application/octet-stream';
      const lines = [
        `\r\n--${boundary}`,
        `Content-Disposition: attachment; filename="${quoted(name)}"`,
        `Content-Type: ${type}`,
        `Content-Length: ${String(bytes.byteLength)}`,
      ];
      return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]);
    });
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(head)}`),
    ...parts,
    Buffer.from(`\r\n--${boundary}--`),
  ]);
  return { type: `multipart/related; boundary="${boundary}"`, body };
}

/** Revisions of documents, and what is told in place of those that are not here. */
export function mixedOf(entries: readonly ({ readonly document: CouchDocument } | { readonly error: object })[]): Multipart {
  const boundary = newBoundary();
  const parts = entries.map((entry): Buffer => {
    const related = 'document' in entry ? relatedOf(entry.document) : null;
    if (related !== null) return Buffer.concat([Buffer.from(`Content-Type: ${related.type}\r\n\r\n`), related.body]);
    const [type, value] = 'document' in entry ? ['application/json', entry.document] : ['application/json; error="true"', entry.error];
    return Buffer.from(`Content-Type: ${type}\r\n\r\n${JSON.stringify(value)}`);
  });
  const body = Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`\r\n--${boundary}\r\n`), part]),
    Buffer.from(`\r\n--${boundary}--`),
  ]);
  // The first boundary has no line end before it.
  return { type: `multipart/mixed; boundary="${boundary}"`, body: body.subarray(2) };
}

export const answerMultipart = ({ type, body }: Multipart, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(new Uint8Array(body), { headers: { 'content-type': type, 'cache-control': 'no-store', ...headers } });

/** Whether the client wants several parts: only where it names them, as those do that can read them. */
export const wantsParts = (request: OrganRequest, kind: 'related' | 'mixed'): boolean =>
  (request.headers.get('accept') ?? '').toLowerCase().includes(`multipart/${kind}`);
