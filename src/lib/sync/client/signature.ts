import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { isObject } from '#lib/domain/shape.ts';

/** base64url without padding; null where it is none. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** SHA-256 in lower-case hexadecimal. A page over plain HTTP has no `crypto.subtle`: there it is computed in script. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Typed as always there; it is missing outside secure contexts.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  const digest =
    subtle === undefined ? (await import('@noble/hashes/sha2.js')).sha256(bytes) : new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function verifyInScript(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  const [{ verify, hashes }, { sha512 }] = await Promise.all([import('@noble/ed25519'), import('@noble/hashes/sha2.js')]);
  hashes.sha512 = sha512;
  try {
    return verify(signature, message, key);
  } catch {
    return false;
  }
}

/**
 * Is this the Ed25519 signature of the key's holder over the manifest's canonical JSON? Where the browser's WebCrypto has no Ed25519, or the
 * page no WebCrypto, the same is computed in script.
 */
export async function verifySignature(manifest: unknown, signature: { readonly key: string; readonly value: string }): Promise<boolean> {
  const key = fromBase64url(signature.key);
  const value = fromBase64url(signature.value);
  if (!isObject(manifest) || key?.length !== 32 || value?.length !== 64) return false;
  const message = new TextEncoder().encode(canonicalJson(manifest));
  // Typed as always there; it is missing outside secure contexts.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined) {
    try {
      const imported = await subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
      return await subtle.verify('Ed25519', imported, value, message);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotSupportedError') return false;
    }
  }
  return verifyInScript(key, value, message);
}
