/** Node's own cryptography, as certification asks for it. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, inflateRaw } from 'node:zlib';
import type { Tools } from '../../certification/keys.ts';
import { Memory } from './memory.ts';

/** A public key in DER is this prefix and its 32 bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b6570032100', 'hex');
const [gunzipped, inflated] = [promisify(gunzip), promisify(inflateRaw)];

function isSignature(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' });
    return verify(null, message, publicKey, signature);
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}

/**
 * Signatures that were looked at before, by the hash of key, signature and message. Whether a signature is right never changes, whatever becomes of the key: who
 * may sign, and until when, is asked of the list of trust each time. A hash costs a fiftieth of looking at the signature.
 */
const seen = new Memory<boolean>(65_536);

export const nodeTools: Tools = {
  sha256: (bytes) => Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest())),
  verify: (key, signature, message) => {
    // Of these two the length is fixed: no two triples have the same bytes.
    if (key.length !== 32 || signature.length !== 64) return Promise.resolve(false);
    const name = createHash('sha256').update(key).update(signature).update(message).digest('base64');
    return Promise.resolve(seen.get(name) ?? seen.put(name, isSignature(key, signature, message)));
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
