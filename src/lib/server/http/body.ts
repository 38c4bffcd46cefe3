/** Reads a request's body within bounds, and JSON without surprises. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, type JsonObject } from '../../domain/shape.ts';
import { badRequest, refuse } from './answer.ts';
import type { OrganRequest } from './organ.ts';

/** Bytes of a body, as sent and as unpacked. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** Levels of arrays and objects in each other. A document of ours has six; beyond this a recursion over it could run out of stack. */
const maxDepth = 64;

/** What is wrong with a body; each family of paths says it in its own form. */
export interface BodyProblem {
  readonly status: 400 | 413 | 415;
  readonly message: string;
}

const largeBody: BodyProblem = {
  status: 413,
  message: `A request holds at most ${String(maxBodyBytes / 1024 / 1024)} MB; send it in smaller parts.`,
};
const bad = (message: string): BodyProblem => ({ status: 400, message });

const codes = { 400: 'bad-request', 413: 'too-large', 415: 'unknown-encoding' } as const;
const refuseBody = ({ status, message }: BodyProblem): Response => refuse(status, codes[status], message);

export const tooLarge = (): Response => refuseBody(largeBody);

const decoders: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** The body's bytes, unpacked. */
export async function readBytes(request: OrganRequest): Promise<Result<Buffer, BodyProblem>> {
  const declared = Number(request.headers.get('content-length') ?? '0');
  if (declared > maxBodyBytes) return err(largeBody);
  const chunks: Uint8Array[] = [];
  let total = 0;
  if (request.body !== null)
    for await (const chunk of request.body) {
      total += chunk.byteLength;
      if (total > maxBodyBytes) return err(largeBody);
      chunks.push(chunk);
    }
  const bytes = Buffer.concat(chunks);

  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return ok(bytes);
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decode === undefined) return err({ status: 415, message: 'A body may be sent as it is, or as gzip, deflate or br.' });
  try {
    return ok(await decode(bytes, { maxOutputLength: maxBodyBytes }));
  } catch (error) {
    // A small body can unpack to a very large one.
    return err(
      error instanceof RangeError || (error instanceof Error && Reflect.get(error, 'code') === 'ERR_BUFFER_TOO_LARGE')
        ? largeBody
        : bad('The body is not what its Content-Encoding says.'),
    );
  }
}

/** Why a JSON text is refused, or its value. */
export function parseJson(bytes: Uint8Array): Result<unknown, string> {
  let value: unknown;
  try {
    // A byte order mark is not JSON, but many programs write one.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return err(error instanceof SyntaxError ? 'The body is not JSON.' : 'The body is not text in UTF-8.');
  }
  const open: { value: object; depth: number }[] = typeof value === 'object' && value !== null ? [{ value, depth: 1 }] : [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.depth > maxDepth) return err(`The JSON is nested deeper than ${String(maxDepth)} levels.`);
    if (Object.hasOwn(at.value, '__proto__')) return err('The name __proto__ is not used here.');
    for (const child of Object.values(at.value) as unknown[])
      if (typeof child === 'object' && child !== null) open.push({ value: child, depth: at.depth + 1 });
  }
  return ok(value);
}

/** The body as JSON, or what is wrong with it. */
export async function readValue(request: OrganRequest): Promise<Result<unknown, BodyProblem>> {
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  const parsed = parseJson(bytes.value);
  return parsed.ok ? parsed : err(bad(parsed.error));
}

/** The body as JSON, or the answer that says what is wrong with it. */
export async function readJson(request: OrganRequest): Promise<Result<unknown, Response>> {
  const read = await readValue(request);
  return read.ok ? read : err(refuseBody(read.error));
}

/** The same for bodies that are objects, as nearly all are. */
export async function readObject(request: OrganRequest): Promise<Result<JsonObject, Response>> {
  const read = await readJson(request);
  if (!read.ok) return read;
  return isObject(read.value) ? ok(read.value) : err(badRequest('The body is a JSON object.'));
}
