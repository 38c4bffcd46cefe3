import { readPieces } from './device.ts';

/** What the node sends with a piece: shown by itself, another publisher's picture or page runs nothing beside a learner's data. */
const walls = {
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'content-disposition': 'attachment',
  'cache-control': 'public, max-age=31536000, immutable',
} as const;

/** A piece of a course: from the device where it is installed, else from the node, and kept by nobody but the browser. */
export async function answerPiece(request: Request, sha256: string): Promise<Response> {
  const [piece] = await readPieces([sha256]);
  if (piece === undefined) return fetch(request);
  const { bytes, type } = piece;
  const headers = { ...walls, 'content-type': type, 'accept-ranges': 'bytes' };
  const range = rangeOf(request.headers.get('range'), bytes.length);
  if (range === null) return new Response(bytes, { headers: { ...headers, 'content-length': String(bytes.length) } });
  const part = bytes.slice(range.from, range.to + 1);
  return new Response(part, {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(part.length),
      'content-range': `bytes ${String(range.from)}-${String(range.to)}/${String(bytes.length)}`,
    },
  });
}

/** One range of bytes that lies in the piece (RFC 9110, 14.1.2); null for the whole. Players ask for ranges, and some play nothing else. */
export function rangeOf(header: string | null, length: number): { readonly from: number; readonly to: number } | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? length - 1 : Math.min(length - 1, Number(last));
  return from <= to && from < length ? { from, to } : null;
}
