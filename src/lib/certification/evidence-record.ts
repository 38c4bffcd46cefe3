/**
 * A signed statement as a document of a person's range, and back. The document carries the statement as the text that was signed; both say the same, or the
 * document is nothing to this room. Statements about a trainer's work lie in the trainer's own range, whoever brought them.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Ulid, PersonId } from '../domain/ids.ts';
import { evidenceId, maxSignedBytes, type BindingRecord, type EvidenceRecord } from '../domain/records.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { base64url, fromBase64url, utf8 } from './encoding.ts';
import { didOf, keyOf, type Did } from './keys.ts';
import { parseStatement, type SignedStatement } from './statement.ts';

/** The key of a signature as an identifier; null where it is no Ed25519 key. */
export function didOfKey(key: string): Did | null {
  const bytes = fromBase64url(key);
  return bytes?.length === 32 ? didOf(bytes) : null;
}

/**
 * @param about whose range it goes into
 * @param writer whose session brings it
 * @returns an error where the statement has more than `maxSignedBytes`
 */
export function statementToRecord(
  { body, signature }: SignedStatement,
  { about, writer, ulid }: { readonly about: PersonId; readonly writer: PersonId; readonly ulid: Ulid },
): Result<EvidenceRecord, 'too-large'> {
  const key = keyOf(body.by);
  if (key === null) throw new Error(`${body.by} is no key`);
  const signed = canonicalJson(body);
  if (utf8(signed).length > maxSignedBytes) return err('too-large');
  return ok({
    _id: evidenceId(about, ulid),
    kind: 'evidence',
    person: about,
    writer,
    ulid,
    at: body.at,
    type: body.type,
    signed,
    signature: { key: base64url(key), value: signature },
  });
}

/** The statement in a document; null where it carries none that this room knows, or one by another key than the signature's. */
export function statementInRecord({ signed, signature }: Pick<EvidenceRecord, 'signed' | 'signature'>): SignedStatement | null {
  let body: unknown;
  try {
    body = JSON.parse(signed);
  } catch {
    return null;
  }
  const parsed = parseStatement({ body, signature: signature.value });
  return parsed.ok && parsed.value.body.by === didOfKey(signature.key) ? parsed.value : null;
}

/** Whose keys these are, by what nodes signed. */
export function ownersOf(bindings: readonly Pick<BindingRecord, 'key' | 'person'>[]): ReadonlyMap<Did, PersonId> {
  return new Map(
    bindings.flatMap(({ key, person }): [Did, PersonId][] => {
      const did = didOfKey(key);
      return did === null ? [] : [[did, person]];
    }),
  );
}
