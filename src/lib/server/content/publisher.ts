/** The key that this node signs its courses with: Ed25519, in the data folder, readable by its owner alone. Devices pin it at the first install. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Manifest, SignedManifest } from '../../course/package.ts';

export interface Publisher {
  /** The public key, base64url, 32 bytes. */
  readonly key: string;
  sign(manifest: Manifest): SignedManifest;
}

/** A public key in DER is this prefix and its 32 bytes (RFC 8410). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const rawKey = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(derPrefix.length).toString('base64url');

/** Signs with this private key, an Ed25519 one. */
export function publisherOf(privateKey: KeyObject): Publisher {
  const key = rawKey(privateKey);
  return {
    key,
    sign: (manifest) => ({
      manifest,
      signature: { key, value: sign(null, Buffer.from(canonicalJson(manifest)), privateKey).toString('base64url') },
    }),
  };
}

/** Reads the key from its file, and makes both the first time. */
export function openPublisher(file: string): Publisher {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx', flush: true });
  }
  return publisherOf(createPrivateKey(readFileSync(file)));
}

export function isSignedRight({ manifest, signature }: SignedManifest): boolean {
  const raw = Buffer.from(signature.key, 'base64url');
  const value = Buffer.from(signature.value, 'base64url');
  if (raw.length !== 32 || value.length !== 64) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(canonicalJson(manifest)), key, value);
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}
