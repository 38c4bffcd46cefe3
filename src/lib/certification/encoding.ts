/** Bytes as text: base64url (RFC 4648), base58 as Bitcoin writes it, base45 (RFC 9285). A reader answers null for what is no such text. */

export type Bytes = Uint8Array<ArrayBuffer>;

const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const base58Alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Exactly the characters of a QR code's alphanumeric mode, eleven bits a pair. */
const base45Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

const valuesOf = (alphabet: string): ReadonlyMap<string, number> => new Map([...alphabet].map((character, value) => [character, value]));
const base64urlValues = valuesOf(base64urlAlphabet);
const base58Values = valuesOf(base58Alphabet);
const base45Values = valuesOf(base45Alphabet);

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** Text of UTF-8 bytes; null where they are none. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The only thing that a fatal decoder throws for.
    return null;
  }
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Lower case. */
export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Without padding. */
export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(4, bytes.length - i + 1);
    for (let j = 0; j < characters; j++) text += base64urlAlphabet[(group >>> (18 - 6 * j)) & 63];
  }
  return text;
}

/** One text for each bytes: bits beyond the last byte must be zero. */
export function fromBase64url(text: string): Bytes | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = base64urlValues.get(character);
    if (value === undefined) return null;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >>> bits;
      buffer &= (1 << bits) - 1;
    }
  }
  return buffer === 0 ? bytes : null;
}

/** Leading zero bytes are as many leading ones. */
export function base58(bytes: Uint8Array): string {
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < digits.length || carry > 0; i++) {
      carry += (digits[i] ?? 0) * 256;
      digits[i] = carry % 58;
      carry = Math.floor(carry / 58);
    }
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  const text = digits.reduceRight((sum, digit) => sum + (base58Alphabet[digit] ?? ''), '');
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** Quadratic in its length, so that only texts of up to 128 characters are read: keys and signatures. */
export function fromBase58(text: string): Bytes | null {
  if (text.length > 128) return null;
  const digits: number[] = [];
  for (const character of text) {
    let carry = base58Values.get(character) ?? -1;
    if (carry < 0) return null;
    for (let i = 0; i < digits.length || carry > 0; i++) {
      carry += (digits[i] ?? 0) * 58;
      digits[i] = carry & 255;
      carry >>>= 8;
    }
  }
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...digits.reverse()]);
}

export function base45(bytes: Uint8Array): string {
  let text = '';
  const put = (value: number, count: number): void => {
    for (let i = 0, rest = value; i < count; i++, rest = Math.floor(rest / 45)) text += base45Alphabet[rest % 45];
  };
  for (let i = 0; i + 1 < bytes.length; i += 2) put((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0), 3);
  if (bytes.length % 2 === 1) put(bytes.at(-1) ?? 0, 2);
  return text;
}

export function fromBase45(text: string): Bytes | null {
  if (text.length % 3 === 1) return null;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i += 3) {
    const group = [...text.slice(i, i + 3)].map((character) => base45Values.get(character) ?? -1);
    if (group.includes(-1)) return null;
    const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (value > (group.length === 3 ? 0xffff : 0xff)) return null;
    if (group.length === 3) bytes.push(value >>> 8);
    bytes.push(value & 255);
  }
  return Uint8Array.from(bytes);
}
