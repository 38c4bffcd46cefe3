/**
 * Everything that is signed and is no credential: a plain object that names its format and its signer, signed over its canonical JSON
 * (RFC 8785) in UTF-8. The format is part of what is signed, so that nothing signed as one thing passes for another.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { base32 } from '../domain/ids.ts';
import { isObject, isString, type JsonObject } from '../domain/shape.ts';
import { base64url, fromBase64url, utf8, type Bytes } from './encoding.ts';
import { isDid, keyOf, type Did, type Signer, type Tools } from './keys.ts';

export interface SignedBody {
  readonly format: string;
  /** Whose key signs this. */
  readonly by: Did;
}

export interface Signed<Body extends SignedBody> {
  readonly body: Body;
  /** 64 bytes, base64url. */
  readonly signature: string;
}

/** SHA-256 in base 32, 52 characters: fit for the name of a document. */
export type Digest = string & { readonly __brand: 'Digest' };

export const isDigest = (value: unknown): value is Digest => isString(value) && /^[0-9a-hjkmnp-tv-z]{52}$/.test(value);

export const digestOf = async (bytes: Bytes, { sha256 }: Pick<Tools, 'sha256'>): Promise<Digest> => base32(await sha256(bytes)) as Digest;

export const signedBytes = (body: SignedBody): Bytes => utf8(canonicalJson(body));

/** What names a signed object wherever another one speaks of it. */
export const idOf = (body: SignedBody, tools: Pick<Tools, 'sha256'>): Promise<Digest> => digestOf(signedBytes(body), tools);

/** Signs in the name of the body; throws where the body names another. */
export async function signBody<Body extends SignedBody>(body: Body, signer: Signer): Promise<Signed<Body>> {
  if (body.by !== signer.did) throw new Error(`${body.by} cannot be signed for by ${signer.did}`);
  return { body, signature: base64url(await signer.sign(signedBytes(body))) };
}

export async function isSignedRight({ body, signature }: Signed<SignedBody>, { verify }: Pick<Tools, 'verify'>): Promise<boolean> {
  const key = keyOf(body.by);
  const bytes = fromBase64url(signature);
  return key !== null && bytes?.length === 64 && verify(key, bytes, signedBytes(body));
}

/** The envelope of something signed, whose body is for another to read. */
export function readEnvelope(value: unknown): { readonly body: JsonObject; readonly by: Did; readonly signature: string } | null {
  if (!isObject(value)) return null;
  const { body, signature } = value;
  if (!isObject(body) || !isString(signature) || !isDid(body['by']) || Object.keys(value).length !== 2) return null;
  return { body, by: body['by'], signature };
}
