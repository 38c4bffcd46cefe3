/** The root key of a list of trust: a file that a passphrase opens, and shares of it on paper. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError, type Io } from './commands/command.ts';

/** DER of a PKCS #8 key before the 32 bytes of an Ed25519 seed (RFC 8410, section 7). */
const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const shortest = 12;

export const makeRootKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
export const keyOfSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
export const seedOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }).subarray(prefix.length));

/** From `PERIGEE_ROOT_PASSPHRASE`, or the standard input. */
export async function readPassphrase({ env, readStdin }: Io): Promise<string> {
  const passphrase = (env['PERIGEE_ROOT_PASSPHRASE'] ?? (await readStdin())).trim();
  if (passphrase.length < shortest)
    throw new UsageError(
      `Give a passphrase of at least ${String(shortest)} characters in PERIGEE_ROOT_PASSPHRASE or on the standard input.`,
    );
  return passphrase;
}

/** Never over a file that is there: another root key would be lost with it. */
export async function writeRootKey(file: string, key: KeyObject, passphrase: string): Promise<void> {
  const pem = key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase });
  await writeFile(file, pem, { flag: 'wx', mode: 0o600 });
}

/** Null where the passphrase is another's, or the file holds no Ed25519 key. */
export async function readRootKey(file: string, passphrase: string): Promise<KeyObject | null> {
  const pem = await readFile(file, 'utf8');
  try {
    const key = createPrivateKey({ key: pem, format: 'pem', passphrase });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}
