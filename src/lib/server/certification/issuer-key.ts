/**
 * The key with which this node signs certificates. It is another one than the node's own: a list of trust names it, it can end and be followed by another, and courses
 * that devices pinned stay as they are. It lies with the node's key in `accounts`, which leaves the node in no way but a backup.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { didOf, type Signer } from '../../certification/keys.ts';
import type { AccountStore } from '../accounts/store.ts';

/** DER before the 32 bytes of a public key (RFC 8410). */
const spkiLength = 12;

/** Signs in the name of the key's `did:key`. */
export function issuerBy(privateKey: KeyObject): Signer {
  const key = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(spkiLength));
  return { did: didOf(key), sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
}

/** Reads the key, and makes it the first time. */
export async function openIssuerKey(store: AccountStore): Promise<Signer> {
  if ((await store.get('key', 'issuer')) === null) {
    const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // Of two processes that start together one is first, and both take what it wrote.
    await store.put('key', ['issuer'], { value: made });
  }
  const kept = await store.get('key', 'issuer');
  if (kept === null) throw new Error('The key that signs certificates could not be kept');
  return issuerBy(createPrivateKey(kept.value));
}
