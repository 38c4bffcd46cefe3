/**
 * A PIN or a row of pictures, remembered as a salted PBKDF2 key. It hides one person's work from the next who takes the device; it does
 * not lock it, as nothing on the device is encrypted.
 */
import type { RandomBytes } from '#lib/domain/clock.ts';
import type { Verifier } from './schema.ts';

/** 210,000 rounds took 28 ms in WebCrypto and 250 ms in script on a 2-core virtual machine; a cheap phone needs several times that. */
export const iterations = 210_000;

const secretPatterns = {
  pin: /^[0-9]{4,12}$/,
  pictures: /^[a-z]+(-[a-z]+){2,5}$/,
} as const;

export const isSecretValue = (type: 'pin' | 'pictures', value: string): boolean => secretPatterns[type].test(value);

/** 32 bytes of PBKDF2-HMAC-SHA-256. A page over plain HTTP has no `crypto.subtle`: there the same is computed in script. */
async function derive(value: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<Uint8Array<ArrayBuffer>> {
  const password = new TextEncoder().encode(value);
  // Typed as always there; it is missing outside secure contexts.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined) {
    const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    return new Uint8Array(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, key, 256));
  }
  const [{ pbkdf2Async }, { sha256 }] = await Promise.all([import('@noble/hashes/pbkdf2.js'), import('@noble/hashes/sha2.js')]);
  return new Uint8Array(await pbkdf2Async(sha256, password, salt, { c: rounds, dkLen: 32 }));
}

/** Remembers a secret. `type` is part of what is derived: a PIN never opens what pictures locked. */
export async function createVerifier(type: 'pin' | 'pictures', value: string, random: RandomBytes): Promise<Verifier> {
  const salt = new Uint8Array(random(16));
  return { type, salt, iterations, key: await derive(`${type}:${value}`, salt, iterations) };
}

export async function matchesVerifier(verifier: Verifier, type: 'pin' | 'pictures', value: string): Promise<boolean> {
  const key = await derive(`${type}:${value}`, verifier.salt, verifier.iterations);
  let difference = 0;
  for (const [i, byte] of verifier.key.entries()) difference |= byte ^ (key[i] ?? 0);
  return difference === 0;
}

/**
 * Seconds to wait after the n-th wrong try in a row: none for four, then 10, 20, 40 … at most 300. Five digits at 300 s each
 * are half a year of trying.
 */
export const waitAfter = (failed: number): number => (failed < 5 ? 0 : Math.min(300, 10 * 2 ** (failed - 5)));
