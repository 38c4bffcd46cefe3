/** What two phones show each other as a code: a session to be observed or confirmed, and what was signed about it. Pure. */
import { base64url, fromBase64url, fromUtf8, utf8 } from '#lib/certification/encoding.ts';
import { isDigest, readEnvelope, type Digest, type Signed } from '#lib/certification/signed.ts';
import { parseLink, type Closed } from '#lib/certification/sitting.ts';
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

const [sessionMark, signedMark, examMark, sittingMark] = ['perigee-session:', 'perigee-signed:', 'perigee-exam:', 'perigee-sitting:'];
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

/** The code that opens an exam, as it is said. */
export const examToCode = (code: string): string => examMark + code;

/** What somebody who sat an exam shows to the proctor: its last link, and the name by which the proctor knows them, which nobody signs. */
export interface SittingCode {
  readonly closed: Signed<Closed>;
  readonly name: string;
}

export const sittingToCode = ({ closed, name }: SittingCode): string => sittingMark + pack([closed, short(name)]);

export type Shown =
  | { readonly type: 'session'; readonly session: SessionCode }
  | { readonly type: 'signed'; readonly statement: SignedStatement }
  | { readonly type: 'exam'; readonly code: string }
  | { readonly type: 'sitting'; readonly sitting: SittingCode };

function readSittingCode(value: unknown): Shown | null {
  const [given, name] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const envelope = readEnvelope(given);
  const closed = envelope === null ? null : parseLink(envelope.body);
  if (envelope === null || closed?.type !== 'closed' || !isString(name)) return null;
  return { type: 'sitting', sitting: { closed: { body: closed, signature: envelope.signature }, name: short(name) } };
}

/** What a code says; null where it is none of these. */
export function readCode(given: string): Shown | null {
  const text = given.trim();
  if (text.startsWith(signedMark)) {
    const parsed = parseStatement(unpack(text.slice(signedMark.length)));
    return parsed.ok ? { type: 'signed', statement: parsed.value } : null;
  }
  if (text.startsWith(examMark)) return { type: 'exam', code: text.slice(examMark.length).trim() };
  if (text.startsWith(sittingMark)) return readSittingCode(unpack(text.slice(sittingMark.length)));
  const value = text.startsWith(sessionMark) ? unpack(text.slice(sessionMark.length)) : null;
  if (!Array.isArray(value) || isObject(value)) return null;
  const [session, trainer, title, place, starts] = value as readonly unknown[];
  if (!isDigest(session) || !isPersonId(trainer) || !isString(title) || !isString(place) || !isInstant(starts)) return null;
  return { type: 'session', session: { session, trainer, title: short(title), place: short(place), starts } };
}
