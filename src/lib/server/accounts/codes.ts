/**
 * Codes that a person types: 50 random bits, ten characters of Crockford's base 32, shown as `XXXXX-XXXXX`. Reading one ignores case, spaces
 * and hyphens and takes `O` as `0`, `I` and `L` as `1`. Guessing: at one try in five minutes and address, half of 2^50 takes 5 × 10^9 years.
 */
import { createHmac } from 'node:crypto';
import type { RandomBytes } from '../../domain/clock.ts';
import { base32 } from '../../domain/ids.ts';

/** Ten characters of base 32 in lower case, as they are hashed. */
export type Code = string & { readonly __brand: 'Code' };

/** Seven bytes hold 56 bits; the first ten characters are the first 50 of them. */
export const createCode = (random: RandomBytes): Code => base32(random(7)).slice(0, 10) as Code;

export const showCode = (code: Code): string => `${code.slice(0, 5)}-${code.slice(5)}`.toUpperCase();

export function readCode(value: unknown): Code | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  const plain = value
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('o', '0')
    .replace(/[il]/g, '1');
  return /^[0-9a-hjkmnp-tv-z]{10}$/.test(plain) ? (plain as Code) : null;
}

/** What the node keeps of a code. With a key, so that a list of hashes alone says nothing. */
export const hashCode = (code: Code, key: Uint8Array): string => createHmac('sha256', key).update(`code:${code}`).digest('hex');
