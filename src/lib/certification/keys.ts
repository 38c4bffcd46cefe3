/**
 * Keys and what is done with them. Everything in this room takes these as arguments: the page gives what its browser has, the node what
 * Node has, a test what it likes.
 */
import { concat, base58, fromBase58, type Bytes } from './encoding.ts';

/** An Ed25519 public key as an identifier that needs no network to resolve: `did:key:z6Mk…` (W3C CCG did:key). */
export type Did = string & { readonly __brand: 'Did' };

export interface Tools {
  sha256(bytes: Bytes): Promise<Bytes>;
  /** Is this the Ed25519 signature (RFC 8032, 64 bytes) of the holder of `key` (32 bytes)? False, never thrown, for what is no key. */
  verify(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean>;
  /** The uncompressed bytes; null where they are damaged or more than `most`. */
  inflate(format: 'gzip' | 'deflate-raw', bytes: Bytes, most: number): Promise<Bytes | null>;
}

/** Whoever holds a private key; where it lies is their affair. */
export interface Signer {
  readonly did: Did;
  sign(message: Bytes): Promise<Bytes>;
}

/** Multicodec of an Ed25519 public key: 0xed as a varint. */
const ed25519Prefix = [0xed, 0x01];

export const didOf = (key: Uint8Array): Did => `did:key:z${base58(concat(Uint8Array.from(ed25519Prefix), key))}` as Did;

/** The 32 bytes in a multibase text `z6Mk…`; null for other kinds of key. */
export function keyOfMultibase(multibase: string): Bytes | null {
  const bytes = multibase.startsWith('z') ? fromBase58(multibase.slice(1)) : null;
  return bytes?.length === 34 && bytes[0] === ed25519Prefix[0] && bytes[1] === ed25519Prefix[1] ? bytes.slice(2) : null;
}

/** The 32 bytes of the key; null where it is no did:key of Ed25519. */
export const keyOf = (did: string): Bytes | null => (did.startsWith('did:key:') ? keyOfMultibase(did.slice('did:key:'.length)) : null);

export const isDid = (value: unknown): value is Did => typeof value === 'string' && keyOf(value) !== null;

/** The one verification method of a did:key. */
export const methodOf = (did: Did): string => `${did}#${did.slice('did:key:'.length)}`;
