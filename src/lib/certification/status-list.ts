/**
 * Which credentials are revoked or suspended: W3C Bitstring Status List 1.0. A list is a credential of its own, signed by the centre that
 * issued what it speaks of, with one bit for each number and at least 131,072 of them, so that nobody learns from asking who is asked about.
 */
import { isInstant, type Instant } from '../domain/clock.ts';
import { isCount, isObject, isString, type JsonObject } from '../domain/shape.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Contexts } from './canonize.ts';
import { credentialsContext } from './contexts.ts';
import { base64url, fromBase64url, type Bytes } from './encoding.ts';
import { isDid, type Did, type Tools } from './keys.ts';
import { checkProof, readProof } from './proof.ts';
import { momentOf } from './moment.ts';

export type StatusPurpose = 'revocation' | 'suspension';
export const statusPurposes: readonly StatusPurpose[] = ['revocation', 'suspension'];

/** 16 kB: the least that the standard allows. */
export const statusBits = 131_072;
/** 16 MB of bits, far more than any issuer's list: an end for a list that is made to fill memory. */
const mostBytes = 2 * 1024 * 1024;

/** The name of a centre's list. A centre begins its next list when one is full. */
export const statusListId = (issuer: Did, purpose: StatusPurpose, number: number): string =>
  `urn:perigee:status:${issuer.slice('did:key:'.length)}:${purpose}:${String(number)}`;

/** Bit 0 is the left-most of the first byte. */
export const isSet = (bits: Uint8Array, index: number): boolean => ((bits[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;

/** The numbers that are set, in their order. */
export function setIn(bits: Uint8Array): readonly number[] {
  const indices: number[] = [];
  for (const [at, byte] of bits.entries())
    if (byte !== 0) for (let bit = 0; bit < 8; bit++) if (isSet(bits, at * 8 + bit)) indices.push(at * 8 + bit);
  return indices;
}

export function bitsOf(indices: Iterable<number>): Bytes {
  const bits = new Uint8Array(statusBits / 8);
  for (const index of indices) {
    if (!isCount(index) || index >= statusBits) throw new RangeError(`A status list has no bit ${String(index)}`);
    bits[index >>> 3] = (bits[index >>> 3] ?? 0) | (0x80 >>> (index & 7));
  }
  return bits;
}

/** The list as a credential without its proof. `compressed` is the gzip of `bitsOf`. */
export const statusListDocument = (given: {
  readonly issuer: Did;
  /** Whose credentials it speaks of, where another key has taken over from theirs. */
  readonly of?: Did;
  readonly purpose: StatusPurpose;
  readonly number: number;
  readonly made: Instant;
  /** Beyond this a verifier is to say that its list is too old. */
  readonly until: Instant;
  readonly compressed: Uint8Array;
}): JsonObject => {
  const id = statusListId(given.of ?? given.issuer, given.purpose, given.number);
  return {
    '@context': [credentialsContext],
    id,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: given.issuer,
    validFrom: given.made,
    validUntil: given.until,
    credentialSubject: {
      id: `${id}#list`,
      type: 'BitstringStatusList',
      statusPurpose: given.purpose,
      encodedList: `u${base64url(given.compressed)}`,
    },
  };
};

export interface StatusList {
  readonly id: string;
  readonly issuer: Did;
  readonly purpose: string;
  readonly made: Instant;
  readonly until: Instant | null;
  /** When its proof says that it was signed. */
  readonly signed: Instant;
  /** The 64 bytes of its proof. */
  readonly signature: Bytes;
  readonly bits: Bytes;
}

export type StatusListFault = 'malformed' | 'bad-signature';

/** What can be told of a list without checking its proof, so that the newest of many is found before any is checked. */
export function readStatusListHead(value: unknown): { readonly id: string; readonly made: Instant; readonly document: JsonObject } | null {
  if (!isObject(value)) return null;
  const made = momentOf(value['validFrom']);
  return isString(value['id']) && made !== null ? { id: value['id'], made, document: value } : null;
}

/** Reads a list and checks its proof. Whether its issuer may speak of a credential is for whoever asks. */
export async function openStatusList(value: unknown, contexts: Contexts, tools: Tools): Promise<Result<StatusList, StatusListFault>> {
  const head = readStatusListHead(value);
  if (head === null) return err('malformed');
  const { id, made, document } = head;
  const { type, issuer, credentialSubject, proof, validUntil } = document;
  const context = document['@context'];
  if (!Array.isArray(type) || !type.includes('BitstringStatusListCredential') || !isDid(issuer) || !isObject(credentialSubject))
    return err('malformed');
  // One context and plain names: nothing in the list can mean another thing than what is read here.
  if (!Array.isArray(context) || context.length !== 1 || context[0] !== credentialsContext) return err('malformed');
  const keys = [...Object.keys(document).filter((key) => key !== '@context'), ...Object.keys(credentialSubject)];
  if (keys.some((key) => !/^[A-Za-z]+$/.test(key))) return err('malformed');
  const { statusPurpose, encodedList } = credentialSubject;
  const until = validUntil === undefined ? null : momentOf(validUntil);
  if (!isString(statusPurpose) || !isString(encodedList) || !encodedList.startsWith('u')) return err('malformed');
  if (validUntil !== undefined && until === null) return err('malformed');
  const read = readProof(proof);
  if (!read.ok || read.value.controller !== issuer || read.value.purpose !== 'assertionMethod') return err('bad-signature');
  const signed = momentOf(read.value.created);
  const checked = await checkProof(document, read.value, contexts, tools);
  if (!checked.ok || checked.value === 'altered' || signed === null || !isInstant(signed)) return err('bad-signature');
  const compressed = fromBase64url(encodedList.slice(1));
  const bits = compressed === null ? null : await tools.inflate('gzip', compressed, mostBytes);
  if (bits === null || bits.length * 8 < statusBits) return err('malformed');
  return ok({ id, issuer, purpose: statusPurpose, made, until, signed, signature: read.value.signature, bits });
}
