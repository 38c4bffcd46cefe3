/** What the tests of this room stand on: Node's own tools, keys from a seed, contexts from files. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isObject, type JsonObject } from '#lib/domain/shape.ts';
import { didOf, type Did, type Signer } from '#lib/certification/keys.ts';

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');

export { nodeTools } from '../../src/lib/server/trust/tools.ts';

export interface TestSigner extends Signer {
  readonly did: Did;
  readonly key: Uint8Array<ArrayBuffer>;
}

/** A signer whose key is the SHA-256 of its name, or the seed itself. */
export function signerOf(seed: string | Uint8Array): TestSigner {
  const bytes = typeof seed === 'string' ? createHash('sha256').update(seed).digest() : Buffer.from(seed);
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, bytes]), format: 'der', type: 'pkcs8' });
  const key = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(spki.length));
  return { did: didOf(key), key, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
}

export const fixture = (path: string): string => readFileSync(new URL(`../fixtures/credentials/${path}`, import.meta.url), 'utf8');

export function jsonFixture(path: string): JsonObject {
  const value: unknown = JSON.parse(fixture(path));
  if (!isObject(value)) throw new Error(`${path} is no object`);
  return value;
}
