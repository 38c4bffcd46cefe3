/**
 * A key on paper, in shares: any `need` of them give it back, and fewer tell nothing about it (Shamir, "How to share a secret", 1979), byte by byte over
 * GF(2⁸) with the polynomial of AES, x⁸ + x⁴ + x³ + x + 1.
 *
 *   PS1-<need>-<number>-<base 32 of the share's bytes and 4 bytes of a checksum, in groups of 4>
 *
 * The checksum is of the share alone: it finds a slip of the pen. Whether shares belong together shows in the key that comes out: its public half is printed beside them.
 */
import { err, ok, type Result } from '../domain/result.ts';
import { concat, utf8, type Bytes } from './encoding.ts';
import type { Tools } from './keys.ts';

const checkBytes = 4;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

function multiply(a: number, b: number): number {
  let product = 0;
  for (let [left, right] = [a, b]; right > 0; right >>>= 1) {
    if (right & 1) product ^= left;
    left = left & 0x80 ? ((left << 1) ^ 0x11b) & 0xff : left << 1;
  }
  return product;
}

/** a²⁵⁴ is the inverse of a: the field has 255 elements but zero. */
function inverse(a: number): number {
  let result = 1;
  for (let n = 0; n < 254; n++) result = multiply(result, a);
  return result;
}

function toText(bytes: Uint8Array): string {
  let text = '';
  let [buffer, bits] = [0, 0];
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; buffer &= (1 << bits) - 1) {
      bits -= 5;
      text += alphabet[buffer >>> bits] ?? '';
    }
  }
  return bits > 0 ? text + (alphabet[buffer << (5 - bits)] ?? '') : text;
}

function fromText(text: string): Bytes | null {
  const bytes: number[] = [];
  let [buffer, bits] = [0, 0];
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return null;
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >>> bits) & 0xff);
      buffer &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(bytes);
}

const checkOf = async (head: string, bytes: Bytes, { sha256 }: Pick<Tools, 'sha256'>): Promise<Bytes> =>
  (await sha256(concat(utf8(head), bytes))).slice(0, checkBytes);

/**
 * @param need how many give the secret back: 1 to `count`
 * @param count how many there are: at most 16
 * @param random `secret.length × (need − 1)` random bytes
 */
export async function shareSecret(
  secret: Uint8Array,
  { need, count, random }: { readonly need: number; readonly count: number; readonly random: Uint8Array },
  tools: Pick<Tools, 'sha256'>,
): Promise<readonly string[]> {
  if (need < 1 || count < need || count > 16) throw new RangeError(`No ${String(need)} of ${String(count)} shares`);
  if (random.length !== secret.length * (need - 1)) throw new RangeError('Not as much chance as the shares need');
  const shares: string[] = [];
  for (let x = 1; x <= count; x++) {
    const bytes = Uint8Array.from(secret, (byte, at) => {
      // Horner's scheme, the secret is the value at 0.
      let value = 0;
      for (let power = need - 2; power >= 0; power--) value = multiply(value ^ (random[power * secret.length + at] ?? 0), x);
      return value ^ byte;
    });
    const head = `PS1-${String(need)}-${String(x)}`;
    const text = toText(concat(bytes, await checkOf(head, bytes, tools)));
    shares.push(`${head}-${(text.match(/.{1,4}/g) ?? []).join('-')}`);
  }
  return shares;
}

export type ShareFault =
  | { readonly type: 'not-share' | 'damaged'; readonly share: string }
  | { readonly type: 'too-few'; readonly need: number; readonly have: number }
  | { readonly type: 'not-together' };

/** The secret out of shares as they were printed; letters may be large, and o, i and l stand for the figures they look like. */
export async function joinShares(shares: readonly string[], tools: Pick<Tools, 'sha256'>): Promise<Result<Bytes, ShareFault>> {
  const byNumber = new Map<number, Bytes>();
  let need = 0;
  for (const share of shares) {
    const [, needed = '', number = '', text = ''] = /^PS1-([0-9]{1,2})-([0-9]{1,2})-([0-9A-Z-]+)$/.exec(share.trim().toUpperCase()) ?? [];
    const plain = text.toLowerCase().replaceAll('-', '').replaceAll('o', '0').replace(/[il]/g, '1');
    const bytes = fromText(plain);
    if (text === '' || bytes === null || bytes.length <= checkBytes) return err({ type: 'not-share', share });
    const body = bytes.slice(0, -checkBytes);
    const check = await checkOf(`PS1-${needed}-${number}`, body, tools);
    if (!check.every((byte, at) => byte === bytes[body.length + at])) return err({ type: 'damaged', share });
    if (need !== 0 && need !== Number(needed)) return err({ type: 'not-together' });
    need = Number(needed);
    byNumber.set(Number(number), body);
  }
  if (byNumber.size < need || need === 0) return err({ type: 'too-few', need, have: byNumber.size });
  const used = [...byNumber].slice(0, need);
  const length = used[0]?.[1].length ?? 0;
  if (used.some(([, bytes]) => bytes.length !== length)) return err({ type: 'not-together' });
  const secret = new Uint8Array(length);
  for (const [x, bytes] of used) {
    // Lagrange's basis at 0; in this field minus is plus.
    let basis = 1;
    for (const [other] of used) if (other !== x) basis = multiply(basis, multiply(other, inverse(other ^ x)));
    for (let at = 0; at < length; at++) secret[at] = (secret[at] ?? 0) ^ multiply(bytes[at] ?? 0, basis);
  }
  return ok(secret);
}
