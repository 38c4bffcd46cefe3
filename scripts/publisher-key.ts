/** The key that a publisher signs with, from a file: a PKCS #8 PEM, or the 32 bytes of an Ed25519 seed in base64url. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { err, ok, type Result } from '../src/lib/domain/result.ts';
import { publisherOf, type Publisher } from '../src/lib/server/content/publisher.ts';

/** DER of a PKCS #8 key before the 32 bytes of an Ed25519 seed (RFC 8410, section 7). */
const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKeyOf(text: string): KeyObject | null {
  const isSeed = /^[A-Za-z0-9_-]{43}$/.test(text.trim());
  try {
    return isSeed
      ? createPrivateKey({ key: Buffer.concat([prefix, Buffer.from(text.trim(), 'base64url')]), format: 'der', type: 'pkcs8' })
      : createPrivateKey({ key: text, format: 'pem' });
  } catch {
    // Node's reader throws for what is no key, and for one that needs a password.
    return null;
  }
}

/** Rejects as `node:fs` does where the file cannot be read; the error is a sentence. */
export async function readSigningKey(file: string): Promise<Result<KeyObject, string>> {
  const key = privateKeyOf(await readFile(file, 'utf8'));
  return key?.asymmetricKeyType === 'ed25519'
    ? ok(key)
    : err(`${file} is no Ed25519 key. It holds a PKCS #8 PEM (openssl genpkey -algorithm ed25519) or 32 bytes in base64url.`);
}

/** The same key, for courses. */
export async function readPublisher(file: string): Promise<Result<Publisher, string>> {
  const key = await readSigningKey(file);
  return key.ok ? ok(publisherOf(key.value)) : key;
}
