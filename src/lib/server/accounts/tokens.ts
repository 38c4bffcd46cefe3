/**
 * Session tokens: `<payload>.<mac>`, both base64url; the payload is JSON, the MAC is HMAC-SHA256 under a key of this node. What a bearer may do is
 * looked up at each request, so a token holds only who they are and until when.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isDeviceId, isPersonId, type DeviceId, type PersonId } from '../../domain/ids.ts';

export interface Token {
  readonly person: PersonId;
  /** A learner's device; absent for staff. */
  readonly device?: DeviceId;
  /** A session of staff, by which it can be ended alone; absent in tokens of earlier versions, and where the disk took no more. */
  readonly session?: string;
  /** Milliseconds since 1970. */
  readonly issued: number;
  readonly expires: number;
}

const macOf = (payload: string, key: Uint8Array): Buffer => createHmac('sha256', key).update(`token:${payload}`).digest();

export function signToken(token: Token, key: Uint8Array): string {
  const payload = Buffer.from(
    JSON.stringify({
      p: token.person,
      ...(token.device === undefined ? {} : { d: token.device }),
      ...(token.session === undefined ? {} : { s: token.session }),
      i: token.issued,
      e: token.expires,
    }),
  ).toString('base64url');
  return `${payload}.${macOf(payload, key).toString('base64url')}`;
}

/** The token, where this node signed it; its time is for the caller to judge. */
export function readToken(text: string, key: Uint8Array): Token | null {
  const [payload = '', mac = '', ...rest] = text.length > 1000 ? [] : text.split('.');
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(payload, key);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const value = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    p?: unknown;
    d?: unknown;
    s?: unknown;
    i?: unknown;
    e?: unknown;
  };
  if (!isPersonId(value.p) || typeof value.i !== 'number' || typeof value.e !== 'number') return null;
  if (value.d !== undefined && !isDeviceId(value.d)) return null;
  if (value.s !== undefined && typeof value.s !== 'string') return null;
  const session = value.s === undefined ? {} : { session: value.s };
  return { person: value.p, ...(value.d === undefined ? {} : { device: value.d }), ...session, issued: value.i, expires: value.e };
}

/** Tokens that are remembered: of everybody who comes by within a while. About 500 bytes each. */
const mostRemembered = 2000;

/** Reads tokens as `readToken` does, and remembers those that were right: in one pass a device shows its own a dozen times. */
export function createTokenReader(key: Uint8Array): (text: string) => Token | null {
  const right = new Map<string, Token>();
  return (text) => {
    const known = right.get(text);
    if (known !== undefined) return known;
    const token = readToken(text, key);
    if (token === null) return null;
    const [oldest] = right.keys();
    if (right.size >= mostRemembered && oldest !== undefined) right.delete(oldest);
    right.set(text, token);
    return token;
  };
}
