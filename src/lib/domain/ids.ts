/**
 * Ids. Between the colons of a document's name stands only `[a-z0-9-]`, so that a range of names is a range of strings
 * and `<person>:` … `<person>;` is exactly one person's documents.
 */
import type { RandomBytes } from './clock.ts';

export type PersonId = string & { readonly __brand: 'PersonId' };
export type DeviceId = string & { readonly __brand: 'DeviceId' };
export type NodeId = string & { readonly __brand: 'NodeId' };
export type CourseId = string & { readonly __brand: 'CourseId' };
export type UnitId = string & { readonly __brand: 'UnitId' };
export type ItemId = string & { readonly __brand: 'ItemId' };
export type CohortId = string & { readonly __brand: 'CohortId' };
/** Lower-case hexadecimal SHA-256 of a piece's uncompressed bytes. */
export type Sha256 = string & { readonly __brand: 'Sha256' };
export type Ulid = string & { readonly __brand: 'Ulid' };

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** A short name that people choose: a course, unit, item or node. 1 to 64 characters, no hyphen at either end. */
export const isSlug = (value: unknown): value is string => typeof value === 'string' && slugPattern.test(value);

export const isCourseId = (value: unknown): value is CourseId => isSlug(value);
export const isUnitId = (value: unknown): value is UnitId => isSlug(value);
export const isItemId = (value: unknown): value is ItemId => isSlug(value);
export const isNodeId = (value: unknown): value is NodeId => isSlug(value);
export const isCohortId = (value: unknown): value is CohortId => isSlug(value);

/** Crockford's base 32 in lower case: no i, l, o, u, so that a person can read an id or a code aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const randomIdPattern = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Writes bytes as base 32, five bits a character, most significant bit first, zero bits at the end. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(buffer << (5 - bits)) & 31] : text;
}

/** 128 random bits as 26 characters: made on the device, so that learning starts without anyone. */
const randomId = (random: RandomBytes): string => base32(random(16));

export const createPersonId = (random: RandomBytes): PersonId => randomId(random) as PersonId;
export const createDeviceId = (random: RandomBytes): DeviceId => randomId(random) as DeviceId;
export const isPersonId = (value: unknown): value is PersonId => typeof value === 'string' && randomIdPattern.test(value);
export const isDeviceId = (value: unknown): value is DeviceId => typeof value === 'string' && randomIdPattern.test(value);

const sha256Pattern = /^[0-9a-f]{64}$/;
export const isSha256 = (value: unknown): value is Sha256 => typeof value === 'string' && sha256Pattern.test(value);

/**
 * A ULID in lower case (https://github.com/ulid/spec): 48 bits of time in ms, 80 random bits, 26 characters that sort
 * by time. Documents that are written once are named by one.
 */
export function createUlid(now: number, random: RandomBytes): Ulid {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time;
  return (time + base32(random(10))) as Ulid;
}

export const isUlid = (value: unknown): value is Ulid => typeof value === 'string' && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(value);
