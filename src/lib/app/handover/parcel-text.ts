/**
 * A parcel as one line of text: for the last part of an address, which no browser sends to a server and no server writes into a log, and for a file. `p1.` and gzip in base64url; `p0.` where the
 * browser that packed it has no gzip.
 */
import { parseParcel, type Parcel } from '#lib/domain/parcel.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';

/** Every browser of today opens a longer address; some programs that hand one on do not. */
export const maxAddressText = 60_000;
/** No parcel that is unpacked grows larger: a small text may be made to unpack to anything. */
const maxBytes = 32 * 1024 * 1024;

export type ParcelTextError = 'damaged' | 'not-a-parcel' | 'newer' | 'no-gzip';

const toBase64url = (bytes: Uint8Array): string => {
  let text = '';
  // One call takes some ten thousand arguments at most.
  for (let i = 0; i < bytes.length; i += 8190) text += btoa(String.fromCharCode(...bytes.subarray(i, i + 8190)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

const hasGzip = (): boolean => typeof CompressionStream === 'function';

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}

/** Null where it is no gzip, was cut off, or unpacks to more than a parcel has. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    // What a decoder of the browser throws for bytes that are no whole gzip.
    return null;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function writeParcelText(parcel: Parcel): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parcel));
  return hasGzip() ? `p1.${toBase64url(await gzip(bytes))}` : `p0.${toBase64url(bytes)}`;
}

/** Is this what a parcel's text begins with? */
export const isParcelText = (text: string): boolean => /^p[01]\./.test(text);

export async function readParcelText(text: string): Promise<Result<Parcel, ParcelTextError>> {
  const [, form, line] = /^(p[01])\.([\s\S]*)$/.exec(text.trim()) ?? [];
  if (form === undefined || line === undefined) return err('not-a-parcel');
  const packed = fromBase64url(line);
  if (packed === null) return err('damaged');
  if (form === 'p1' && !hasGzip()) return err('no-gzip');
  const bytes = form === 'p1' ? await gunzip(packed) : packed;
  if (bytes === null) return err('damaged');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return err('damaged');
  }
  const parcel = parseParcel(value);
  if (parcel.ok) return ok(parcel.value);
  return err(parcel.error.type === 'newer' ? 'newer' : 'not-a-parcel');
}
