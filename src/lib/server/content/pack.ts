/** `POST /content/pack`: pieces one after the other; for each, 32 bytes of hash, 4 bytes of length (big-endian), the bytes. */
import type { Sha256 } from '../../domain/ids.ts';

export const packType = 'application/x-perigee-pack';

export function packOf(pieces: readonly { readonly sha256: Sha256; readonly bytes: Uint8Array }[]): Uint8Array {
  return Buffer.concat(
    pieces.flatMap(({ sha256, bytes }) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.byteLength);
      return [Buffer.from(sha256, 'hex'), length, bytes];
    }),
  );
}
