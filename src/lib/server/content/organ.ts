/** `/content/…`: what this node publishes. Open to all. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { isCourseId, isSha256, type Sha256 } from '../../domain/ids.ts';
import { badRequest, json, notFound } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import { chooseEncoding, isCompressible } from '../http/compression.ts';
import type { Organ, Route, OrganRequest } from '../http/organ.ts';
import { createRouter } from '../http/router.ts';
import { summaryOf, type Library } from './library.ts';
import { packType } from './pack.ts';
import type { Packs } from './packs.ts';
import type { Pieces } from './pieces.ts';
import type { Prices } from './prices.ts';

/** One pack is made in memory. */
const maxPack = { pieces: 500, bytes: 8 * 1024 * 1024 };

/** A piece larger than this is sent from the disk as it lies; pieces of text are far smaller. */
const streamFrom = 1024 * 1024;

const pieceHeaders = {
  'cache-control': 'public, max-age=31536000, immutable',
  // Another publisher's SVG or HTML must never run beside a learner's data.
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'content-disposition': 'attachment',
  'accept-ranges': 'bytes',
};

const encodingOf = (request: OrganRequest): keyof Prices => chooseEncoding(request.headers.get('accept-encoding')) ?? 'identity';

/** Whether the client has this already (RFC 9110, section 13.1.2). */
export const isKnown = (request: OrganRequest, etag: string): boolean =>
  (request.headers.get('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === etag || tag === '*');

/** One range of bytes, first and last; null to send the whole, `unsatisfiable` where it lies outside. Lists of ranges are answered whole. */
export function readRange(header: string | null, size: number): { readonly first: number; readonly last: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  if (from === '') return Number(to) === 0 || size === 0 ? 'unsatisfiable' : { first: Math.max(0, size - Number(to)), last: size - 1 };
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return null;
  return first >= size ? 'unsatisfiable' : { first, last };
}

export function createContent({
  library,
  offer,
  pieces,
  packs,
  more,
}: {
  readonly library: Library;
  /** The courses that stand in the catalogue. */
  readonly offer: Pick<Library, 'all'>;
  readonly pieces: Pieces;
  readonly packs: Packs;
  /** What else stands under `/content`. */
  readonly more: readonly Route[];
}): Organ {
  function revalidated(request: OrganRequest, etag: string, make: () => unknown): Response {
    const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
    return isKnown(request, etag) ? new Response(null, { status: 304, headers }) : json(make(), 200, headers);
  }

  async function piece(request: OrganRequest, sha256: Sha256): Promise<Response> {
    const size = await pieces.sizeOf(sha256);
    if (size === null) return notFound();
    const type = library.typeOf(sha256) ?? 'application/octet-stream';
    const contentType = /^text\/|json$/.test(type) ? `${type}; charset=utf-8` : type;
    const headers: Record<string, string> = { ...pieceHeaders, etag: `"${sha256}"`, 'content-type': contentType };
    if (isKnown(request, `"${sha256}"`)) return new Response(null, { status: 304, headers });

    // A range of what is compressed would be a range of other bytes, so ranges are of the bytes as they are.
    const ifRange = request.headers.get('if-range');
    const range = ifRange === null || ifRange === `"${sha256}"` ? readRange(request.headers.get('range'), size) : null;
    if (range === 'unsatisfiable')
      return new Response(null, { status: 416, headers: { ...headers, 'content-range': `bytes */${String(size)}` } });
    if (range !== null)
      return new Response(streamOf(pieces.pathOf(sha256), range.first, range.last), {
        status: 206,
        headers: {
          ...headers,
          'content-range': `bytes ${String(range.first)}-${String(range.last)}/${String(size)}`,
          'content-length': String(range.last - range.first + 1),
        },
      });
    if (size >= streamFrom || !isCompressible(type))
      return new Response(size === 0 ? '' : streamOf(pieces.pathOf(sha256), 0, size - 1), {
        headers: { ...headers, 'content-length': String(size) },
      });
    const bytes = await pieces.read(sha256);
    return bytes === null ? notFound() : new Response(new Uint8Array(bytes), { headers });
  }

  async function pack(request: OrganRequest): Promise<Response> {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { pieces: asked } = read.value;
    if (!Array.isArray(asked) || asked.length > maxPack.pieces || !asked.every(isSha256))
      return badRequest(`The body has pieces: at most ${String(maxPack.pieces)} hashes.`);
    const wanted: Sha256[] = [];
    let total = 0;
    for (const sha256 of new Set(asked)) {
      // What does not fit is left out like what is not here: the device asks again for what it lacks.
      const size = await pieces.sizeOf(sha256);
      if (size === null || (wanted.length > 0 && total + size > maxPack.bytes)) continue;
      total += size;
      wanted.push(sha256);
    }
    const encoding = chooseEncoding(request.headers.get('accept-encoding'));
    const bytes = await packs.of(wanted, encoding);
    return new Response(new Uint8Array(bytes), {
      headers: {
        'content-type': packType,
        'content-length': String(bytes.byteLength),
        'cache-control': 'no-store',
        vary: 'accept-encoding',
        ...(encoding === null ? {} : { 'content-encoding': encoding }),
      },
    });
  }

  return createRouter('content', [
    {
      method: 'GET',
      path: '/content/manifests',
      async answer({ request }) {
        const encoding = encodingOf(request);
        const all = offer.all();
        return revalidated(request, `"${encoding}-${all.map(({ digest }) => digest.slice(0, 16)).join('-')}"`, () => ({
          courses: all.map((course) => summaryOf(course, encoding)),
        }));
      },
    },
    {
      method: 'GET',
      path: '/content/manifests/:course',
      async answer({ request, parts }) {
        const course = isCourseId(parts['course']) ? library.get(parts['course']) : null;
        if (course === null) return notFound();
        const encoding = encodingOf(request);
        return revalidated(request, `"${encoding}-${course.digest}"`, () => ({ ...course.signed, price: course.prices[encoding] }));
      },
    },
    {
      method: 'GET',
      path: '/content/pieces/:sha256',
      answer: async ({ request, parts }) => (isSha256(parts['sha256']) ? piece(request, parts['sha256']) : notFound()),
    },
    { method: 'POST', path: '/content/pack', answer: ({ request }) => pack(request) },
    ...more,
  ]);
}

const streamOf = (path: string, start: number, end: number): ReadableStream<Uint8Array> =>
  Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream<Uint8Array>;
