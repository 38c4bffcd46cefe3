/** Node's own cryptography, as certification asks for it. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, inflateRaw } from 'node:zlib';
import type { Tools } from '../../certification/keys.ts';

/** A public key in DER is this prefix and its 32 bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b6570032100', 'hex');
const [gunzipped, inflated] = [promisify(gunzip), promisify(inflateRaw)];

export const nodeTools: Tools = {
  sha256: (bytes) => Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest())),
  verify: (key, signature, message) => {
    try {
      const publicKey = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' });
      return Promise.resolve(verify(null, message, publicKey, signature));
    } catch {
      // 32 bytes that are no point of the curve.
      return Promise.resolve(false);
    }
  },
  inflate: async (format, bytes, most) => {
    try {
      return new Uint8Array(await (format === 'gzip' ? gunzipped : inflated)(bytes, { maxOutputLength: most }));
    } catch {
      // Damaged, or more than `most`.
      return null;
    }
  },
};
