/**
 * `DataIntegrityProof` with `eddsa-rdfc-2022` (W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", section 3.2): SHA-256 of the
 * canonical proof options, then SHA-256 of the canonical document without its proof, signed with Ed25519.
 */
import type { Instant } from '../domain/clock.ts';
import { isObject, isString, type JsonObject } from '../domain/shape.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { canonize, type CanonizeFault, type Contexts } from './canonize.ts';
import { base58, concat, fromBase58, utf8, type Bytes } from './encoding.ts';
import { keyOf, methodOf, type Did, type Signer, type Tools } from './keys.ts';
import { momentOf } from './moment.ts';

export interface Proof {
  readonly type: 'DataIntegrityProof';
  readonly cryptosuite: 'eddsa-rdfc-2022';
  /** XML Schema dateTimeStamp. */
  readonly created: string;
  readonly verificationMethod: string;
  readonly proofPurpose: string;
  readonly proofValue: string;
}

/** What can be said of a proof before anything is computed. */
export type ProofFault =
  | { readonly type: 'no-proof' }
  | { readonly type: 'unknown-proof'; readonly name: string }
  | { readonly type: 'unknown-key'; readonly name: string }
  | { readonly type: 'malformed-proof' };

export interface ReadProof {
  readonly options: JsonObject;
  readonly created: string | null;
  /** When the proof itself ends; null where it does not. */
  readonly expires: Instant | null;
  readonly purpose: string;
  readonly method: string;
  /** Whose key it is: the method without its fragment. */
  readonly controller: string;
  readonly key: Bytes;
  readonly signature: Bytes;
}

/** Reads one proof; a fault says what this verifier does not know, which is no fault of the proof. */
export function readProof(proof: unknown): Result<ReadProof, ProofFault> {
  if (!isObject(proof)) return err({ type: 'malformed-proof' });
  const { type, cryptosuite, created, expires, previousProof, verificationMethod, proofPurpose, proofValue } = proof;
  if (type !== 'DataIntegrityProof') return err({ type: 'unknown-proof', name: isString(type) ? type : '?' });
  if (cryptosuite !== 'eddsa-rdfc-2022') return err({ type: 'unknown-proof', name: isString(cryptosuite) ? cryptosuite : '?' });
  // A link of a chain signs the proofs before it too ("Data Integrity 1.0", 4.5): checked by itself it would look altered.
  if (previousProof !== undefined) return err({ type: 'unknown-proof', name: 'previousProof' });
  if (!isString(verificationMethod)) return err({ type: 'unknown-key', name: '?' });
  const [controller = '', fragment] = verificationMethod.split('#');
  const key = keyOf(controller);
  if (key === null) return err({ type: 'unknown-key', name: verificationMethod.slice(0, 120) });
  // A did:key document has the one method that is named like the key.
  if (fragment !== undefined && fragment !== controller.slice('did:key:'.length)) return err({ type: 'malformed-proof' });
  const signature = isString(proofValue) && proofValue.startsWith('z') ? fromBase58(proofValue.slice(1)) : null;
  if (signature?.length !== 64 || !isString(proofPurpose) || (created !== undefined && !isString(created)))
    return err({ type: 'malformed-proof' });
  const ends = expires === undefined ? null : momentOf(expires);
  if (expires !== undefined && ends === null) return err({ type: 'malformed-proof' });
  const { proofValue: _, ...options } = proof;
  return ok({
    options,
    created: created ?? null,
    expires: ends,
    purpose: proofPurpose,
    method: verificationMethod,
    controller,
    key,
    signature,
  });
}

export interface HashData {
  readonly document: string;
  readonly proof: string;
  /** 64 bytes: the hash of the options, then of the document. */
  readonly bytes: Bytes;
}

/** The bytes that are signed. `options` is the proof without its value. */
export async function hashData(
  document: JsonObject,
  options: JsonObject,
  contexts: Contexts,
  tools: Pick<Tools, 'sha256'>,
): Promise<Result<HashData, CanonizeFault>> {
  const { proof: _, ...unsigned } = document;
  const canonicalDocument = await canonize(unsigned, contexts, tools);
  if (!canonicalDocument.ok) return canonicalDocument;
  const canonicalProof = await canonize({ ...options, '@context': document['@context'] }, contexts, tools);
  if (!canonicalProof.ok) return canonicalProof;
  const bytes = concat(await tools.sha256(utf8(canonicalProof.value)), await tools.sha256(utf8(canonicalDocument.value)));
  return ok({ document: canonicalDocument.value, proof: canonicalProof.value, bytes });
}

/** `'altered'` where the signature is another's or of something else. */
export async function checkProof(
  document: JsonObject,
  proof: ReadProof,
  contexts: Contexts,
  tools: Tools,
): Promise<Result<'right' | 'altered', CanonizeFault>> {
  const hashed = await hashData(document, proof.options, contexts, tools);
  if (!hashed.ok) return hashed;
  return ok((await tools.verify(proof.key, proof.signature, hashed.value.bytes)) ? 'right' : 'altered');
}

/** The document with its proof. Throws for a document that has no canonical form: it is our own. */
export async function signDocument<Document extends JsonObject>(
  document: Document,
  signer: Signer,
  created: string,
  contexts: Contexts,
  tools: Pick<Tools, 'sha256'>,
): Promise<Document & { readonly proof: Proof }> {
  const options = proofOptions(signer.did, created);
  const hashed = await hashData(document, options, contexts, tools);
  if (!hashed.ok) throw new Error(`A document of this house cannot be signed: ${hashed.error.message}`);
  const signature = await signer.sign(hashed.value.bytes);
  return { ...document, proof: { ...options, proofValue: `z${base58(signature)}` } };
}

const proofOptions = (did: Did, created: string): Omit<Proof, 'proofValue'> => ({
  type: 'DataIntegrityProof',
  cryptosuite: 'eddsa-rdfc-2022',
  created,
  verificationMethod: methodOf(did),
  proofPurpose: 'assertionMethod',
});
