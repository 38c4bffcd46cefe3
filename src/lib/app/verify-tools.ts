/** The browser's own cryptography, as certification asks for it; what a page lacks is computed in script, which is loaded then. */
import type { Bytes } from '#lib/certification/encoding.ts';
import type { Tools } from '#lib/certification/keys.ts';

// Typed as always there; it is missing outside secure contexts.
const subtle = (): SubtleCrypto | undefined => globalThis.crypto.subtle as SubtleCrypto | undefined;

async function verifyInScript(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  const [{ verify, hashes }, { sha512 }] = await Promise.all([import('@noble/ed25519'), import('@noble/hashes/sha2.js')]);
  hashes.sha512 = sha512;
  try {
    // As WebCrypto does it: the equation of RFC 8032, points in their one form.
    return verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

async function verifyInBrowser(crypto: SubtleCrypto, key: Bytes, signature: Bytes, message: Bytes): Promise<boolean | 'unsupported'> {
  try {
    const imported = await crypto.importKey('raw', key, 'Ed25519', false, ['verify']);
    return await crypto.verify('Ed25519', imported, signature, message);
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unsupported' : false;
  }
}

/** Reads a stream until it ends; null where it breaks or is more than `most`. */
async function readAll(stream: ReadableStream<Uint8Array>, most: number): Promise<Bytes | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > most) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    // Damaged bytes.
    return null;
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export const browserTools: Tools = {
  async sha256(bytes) {
    const crypto = subtle();
    return crypto === undefined
      ? new Uint8Array((await import('@noble/hashes/sha2.js')).sha256(bytes))
      : new Uint8Array(await crypto.digest('SHA-256', bytes));
  },
  async verify(key, signature, message) {
    const crypto = subtle();
    const answer = crypto === undefined ? 'unsupported' : await verifyInBrowser(crypto, key, signature, message);
    return answer === 'unsupported' ? verifyInScript(key, signature, message) : answer;
  },
  async inflate(format, bytes, most) {
    try {
      return await readAll(new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)), most);
    } catch {
      // A browser that does not know the format.
      return null;
    }
  },
};
