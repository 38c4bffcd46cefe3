/** What two phones show each other as a code: a session to be observed or confirmed, and what was signed about it. Pure. */
import { base64url, fromBase64url, fromUtf8, utf8 } from '#lib/certification/encoding.ts';
import { isDigest, type Digest } from '#lib/certification/signed.ts';
import { parseStatement, type SignedStatement } from '#lib/certification/statement.ts';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isPersonId, type PersonId } from '#lib/domain/ids.ts';
import { isObject, isString } from '#lib/domain/shape.ts';

/** Enough of a session to sign about it: what is signed names it by its digest. */
export interface SessionCode {
  readonly session: Digest;
  readonly trainer: PersonId;
  readonly title: string;
  readonly place: string;
  readonly starts: Instant;
}

const [sessionMark, signedMark] = ['perigee-session:', 'perigee-signed:'];
/** A code holds 2,953 bytes at most (ISO/IEC 18004, version 40-L); far fewer are read well from a screen. */
const longestText = 60;

const short = (text: string): string => [...text].slice(0, longestText).join('');
const pack = (value: unknown): string => base64url(utf8(JSON.stringify(value)));

function unpack(text: string): unknown {
  const bytes = fromBase64url(text);
  const json = bytes === null ? null : fromUtf8(bytes);
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}

export const sessionToCode = ({ session, trainer, title, place, starts }: SessionCode): string =>
  sessionMark + pack([session, trainer, short(title), short(place), starts]);

export const statementToCode = (statement: SignedStatement): string => signedMark + pack(statement);

export type Shown =
  { readonly type: 'session'; readonly session: SessionCode } | { readonly type: 'signed'; readonly statement: SignedStatement };

/** What a code says; null where it is none of these. */
export function readCode(given: string): Shown | null {
  const text = given.trim();
  if (text.startsWith(signedMark)) {
    const parsed = parseStatement(unpack(text.slice(signedMark.length)));
    return parsed.ok ? { type: 'signed', statement: parsed.value } : null;
  }
  const value = text.startsWith(sessionMark) ? unpack(text.slice(sessionMark.length)) : null;
  if (!Array.isArray(value) || isObject(value)) return null;
  const [session, trainer, title, place, starts] = value as readonly unknown[];
  if (!isDigest(session) || !isPersonId(trainer) || !isString(title) || !isString(place) || !isInstant(starts)) return null;
  return { type: 'session', session: { session, trainer, title: short(title), place: short(place), starts } };
}
