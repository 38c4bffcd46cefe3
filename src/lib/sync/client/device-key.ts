/**
 * The device's own key: Ed25519 by WebCrypto, made here, its private half never readable. A browser without Ed25519, and a page over plain HTTP, which has
 * no WebCrypto, has none: the device works without, and what needs a signature of the device is not offered there.
 */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import type { DeviceId } from '#lib/domain/ids.ts';
import { deviceKeyStatement, type Signature } from '#lib/domain/records.ts';

export interface OwnKey {
  readonly pair: CryptoKeyPair;
  /** The public half, base64url, 32 bytes. */
  readonly key: string;
}

const base64url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** A new pair; null where this browser makes none. */
export async function createOwnKey(): Promise<OwnKey | null> {
  // Typed as always there; it is missing outside secure contexts.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return null;
  try {
    const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return { pair, key: base64url(await subtle.exportKey('raw', pair.publicKey)) };
  } catch (error) {
    // Every other trouble is a bug; an algorithm that is not there is how browsers are.
    if (error instanceof DOMException && error.name === 'NotSupportedError') return null;
    throw error;
  }
}

/** Signs the statement's canonical JSON. */
export async function signWith({ pair, key }: OwnKey, statement: object): Promise<Signature> {
  const value = await crypto.subtle.sign('Ed25519', pair.privateKey, new TextEncoder().encode(canonicalJson(statement)));
  return { key, value: base64url(value) };
}

export interface ShownKey {
  readonly key: string;
  /** The signature that the holder of the private half alone can make. */
  readonly proof: string;
}

/** The key as a node is shown it. */
export async function showKey(own: OwnKey, device: DeviceId): Promise<ShownKey> {
  return { key: own.key, proof: (await signWith(own, deviceKeyStatement(device, own.key))).value };
}
