/**
 * Staff passwords: scrypt with N = 2^15, r = 8, p = 3 (32 MB and some 0.2 s on a small machine; OWASP's figures for this memory), a salt of 16 bytes.
 * Two at a time, so that a crowd at the door costs 64 MB and no more.
 */
import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import type { RandomBytes } from '../../domain/clock.ts';
import { leastPasswordLength } from '../../domain/common-passwords.ts';

export interface PasswordHash {
  readonly scheme: 'scrypt-15-8-3';
  /** base64url */
  readonly salt: string;
  /** base64url, 32 bytes */
  readonly hash: string;
}

const cost: ScryptOptions = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const maxAtOnce = 2;

let running = 0;
const queue: (() => void)[] = [];

async function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  while (running >= maxAtOnce) await new Promise<void>((resolve) => queue.push(resolve));
  running++;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      // Two ways of writing é are one password.
      scrypt(password.normalize('NFKC'), salt, 32, cost, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  } finally {
    running--;
    queue.shift()?.();
  }
}

export async function hashPassword(password: string, random: RandomBytes): Promise<PasswordHash> {
  const salt = random(16);
  const hash = await derive(password, salt);
  return { scheme: 'scrypt-15-8-3', salt: Buffer.from(salt).toString('base64url'), hash: hash.toString('base64url') };
}

const nobody: PasswordHash = { scheme: 'scrypt-15-8-3', salt: 'AAAAAAAAAAAAAAAAAAAAAA', hash: '' };

/** Does the same work whether or not there is such an account (`null`), so that time does not tell. */
export async function verifyPassword(password: string, kept: PasswordHash | null): Promise<boolean> {
  const { salt, hash } = kept ?? nobody;
  const derived = await derive(password, Buffer.from(salt, 'base64url'));
  const expected = Buffer.from(hash, 'base64url');
  return kept !== null && expected.length === derived.length && timingSafeEqual(derived, expected);
}

/** Characters of a password. A long one is cheap to hash all the same: scrypt begins with PBKDF2 over SHA-256. */
export const passwordLength = { least: leastPasswordLength, most: 200 };

export const isPassword = (value: unknown): value is string =>
  typeof value === 'string' && [...value].length >= passwordLength.least && value.length <= passwordLength.most;
