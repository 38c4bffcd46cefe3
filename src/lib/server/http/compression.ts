/** Compression of answers: what the client takes, and how hard to press. */
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  gzipSync,
  type BrotliCompress,
  type Gzip,
} from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** The best that the client takes, or null for bytes as they are. */
export function chooseEncoding(acceptEncoding: string | null): Encoding | null {
  const accepted = new Map(
    (acceptEncoding ?? '').split(',').map((entry) => {
      const [name = '', ...parameters] = entry.trim().toLowerCase().split(';');
      const q = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined);
      return [name.trim(), q === undefined ? 1 : Number(q)] as const;
    }),
  );
  const takes = (name: Encoding): boolean => (accepted.get(name) ?? accepted.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null;
}

/** Text and what is text underneath. Pictures other than SVG, archives and fonts are compressed already; packs are by themselves. */
export const isCompressible = (contentType: string | null): boolean =>
  /^(?:text\/|application\/(?:json|javascript|xml|manifest\+json|ld\+json)|image\/svg\+xml)/.test(contentType ?? '');

/** Below this an answer fits one packet anyway. */
export const worthCompressing = 400;

/** Brotli's quality: 5 for what is made once, 9 for course packs, which cost a learner money and a node 30 ms. */
export type Effort = 5 | 9;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/**
 * How far back Brotli looks, as a power of two: as far as the answer is long, at most 4 MB; 256 kB where that is not known. Each answer under way costs that
 * much memory and more, and a hundred may be.
 */
const windowOf = (size: number | undefined): number => (size === undefined ? 18 : Math.min(22, Math.max(10, Math.ceil(Math.log2(size)))));

const brotliParameters = (effort: Effort, size?: number) => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: effort,
    [constants.BROTLI_PARAM_LGWIN]: windowOf(size),
    ...(size === undefined ? {} : { [constants.BROTLI_PARAM_SIZE_HINT]: size }),
  },
});

/** Up to 4 kB are packed on the spot, in 15 to 50 µs: to hand them to another thread and wait for it takes longer than that. */
const longestAtOnce = 4096;

/** The same for gzip: its window is at most 32 kB, and of a short answer it needs as much as that is long. */
const gzipParameters = (effort: Effort, size: number) => ({
  level: effort,
  ...(size > longestAtOnce ? {} : { windowBits: Math.max(9, Math.ceil(Math.log2(size))), memLevel: 4 }),
});

export async function compress(bytes: Uint8Array, encoding: Encoding, effort: Effort): Promise<Uint8Array> {
  const size = bytes.byteLength;
  if (size <= longestAtOnce)
    return encoding === 'br' ? brotliCompressSync(bytes, brotliParameters(effort, size)) : gzipSync(bytes, gzipParameters(effort, size));
  return encoding === 'br' ? compressBrotli(bytes, brotliParameters(effort, size)) : compressGzip(bytes, gzipParameters(effort, size));
}

/** For answers that are made while they are sent. */
export const createCompressor = (encoding: Encoding, effort: Effort): BrotliCompress | Gzip =>
  encoding === 'br' ? createBrotliCompress(brotliParameters(effort)) : createGzip({ level: effort });
