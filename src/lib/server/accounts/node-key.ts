/**
 * The key of this node: Ed25519. It signs courses (devices pin it at the first install), device keys and aliases. It lies in the database `accounts`, so that
 * every process of a node has the same one; a data folder of an earlier version holds it in a file, which is taken over once.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Signature } from '../../domain/records.ts';
import type { AccountStore } from './store.ts';

export interface Signer {
  /** The public key, base64url, 32 bytes. */
  readonly key: string;
  /** Over the statement's canonical JSON. */
  sign(statement: object): Signature;
}

/** A public key in DER is this prefix and its 32 bytes (RFC 8410). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const rawKey = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(derPrefix.length).toString('base64url');

/** Signs with this private key, an Ed25519 one. */
export function signerOf(privateKey: KeyObject): Signer {
  const key = rawKey(privateKey);
  return {
    key,
    sign: (statement) => ({ key, value: sign(null, Buffer.from(canonicalJson(statement)), privateKey).toString('base64url') }),
  };
}

/** Is this the signature of the named key's holder over the statement's canonical JSON? */
export function isSignedBy(statement: unknown, { key, value }: Signature): boolean {
  const raw = Buffer.from(key, 'base64url');
  const signature = Buffer.from(value, 'base64url');
  if (raw.length !== 32 || signature.length !== 64) return false;
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(canonicalJson(statement)), publicKey, signature);
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/**
 * Reads the node's key, and makes it the first time.
 *
 * @param earlier the file in which an earlier version kept it
 * @throws where the file or the document holds no such key: a node that signed with another one would be a stranger to its devices
 */
export async function openNodeKey(store: AccountStore, earlier: string): Promise<Signer> {
  const inFile = existsSync(earlier) ? createPrivateKey(readFileSync(earlier)) : null;
  // Of two processes that start together one is first, and both take what it wrote.
  if ((await store.get('key', 'node')) === null)
    await store.put('key', ['node'], { value: pemOf(inFile ?? generateKeyPairSync('ed25519').privateKey) });
  const kept = await store.get('key', 'node');
  if (kept === null) throw new Error('The key of the node could not be kept');
  const signer = signerOf(createPrivateKey(kept.value));
  // The database has it on its disk: `put` resolves no earlier. Another key is not ours to throw away.
  if (inFile !== null && rawKey(inFile) === signer.key) rmSync(earlier);
  return signer;
}
