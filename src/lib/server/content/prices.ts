/** What a course costs to transfer, found by making what would be sent: the packs that a device asks for, compressed as they leave the node. */
import type { Sha256 } from '../../domain/ids.ts';
import { nextBatch, wantedPieces } from '../../course/wanted.ts';
import type { CourseSummary, Piece, SignedManifest } from '../../course/package.ts';
import { compress, type Encoding } from '../http/compression.ts';
import { packOf } from './pack.ts';

export type Price = CourseSummary['price'];
/** By what the client takes: a page over plain HTTP is not given brotli by its browser. */
export type Prices = Readonly<Record<Encoding | 'identity', Price>>;

/** Bytes of the packs in which a device would ask for these pieces. */
export async function transferred(
  wanted: readonly Pick<Piece, 'sha256' | 'bytes'>[],
  read: (sha256: Sha256) => Promise<Uint8Array>,
  encoding: Encoding | 'identity',
): Promise<number> {
  let total = 0;
  let rest = wanted;
  while (rest.length > 0) {
    const batch = nextBatch(rest);
    rest = rest.slice(batch.length);
    const pack = packOf(await Promise.all(batch.map(async ({ sha256 }) => ({ sha256, bytes: await read(sha256) }))));
    total += encoding === 'identity' ? pack.byteLength : (await compress(pack, encoding, 9)).byteLength;
  }
  return total;
}

/** Prices in bytes by language: the manifest and the text alone, and with all media. */
export async function pricesOf(signed: SignedManifest, read: (sha256: Sha256) => Promise<Uint8Array>): Promise<Prices> {
  const { manifest } = signed;
  const head = Buffer.from(JSON.stringify(signed));
  const priceIn = async (encoding: Encoding | 'identity'): Promise<Price> => {
    const manifestBytes = encoding === 'identity' ? head.byteLength : (await compress(head, encoding, 5)).byteLength;
    const entries = manifest.languages.map(async (language) => {
      const cost = async (media: boolean): Promise<number> =>
        manifestBytes + (await transferred(wantedPieces(manifest, [language], media), read, encoding));
      return [language, { text: await cost(false), media: await cost(true) }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  return { br: await priceIn('br'), gzip: await priceIn('gzip'), identity: await priceIn('identity') };
}
