/**
 * A certificate as an Open Badges 3.0 AchievementCredential over Verifiable Credentials 2.0: how this house writes it, and how it reads
 * anyone's. Sets are lists, nothing is null and no list is empty (Open Badges 3.0, "Serialization").
 */
import type { Instant } from '../domain/clock.ts';
import type { PersonId } from '../domain/ids.ts';
import { isObject, isString, type JsonObject } from '../domain/shape.ts';
import { badgesContext, credentialsContext } from './contexts.ts';
import type { Did } from './keys.ts';
import { momentOf } from './moment.ts';
import type { Digest } from './signed.ts';
import { statusListId, statusPurposes } from './status-list.ts';

/** What became known of the holder, in the words of the certificate's language. */
export interface AwardResult {
  /** Of the requirement in its programme. */
  readonly requirement: string;
  readonly name: string;
  /** One of Open Badges' ResultType. */
  readonly type: 'Percent' | 'RubricCriterionLevel' | 'RawScore' | 'Status';
  readonly value: string;
}

export interface AwardEvidence {
  readonly digest: Digest;
  /** What kind of thing it is, and who vouches for it. */
  readonly genre: 'course' | 'exam' | 'teaching-session' | 'observation' | 'people-trained' | 'contribution';
  readonly name: string;
  readonly narrative: string;
}

export interface Award {
  /** 128 random bits as a UUID. */
  readonly uuid: string;
  readonly issuer: { readonly did: Did; readonly name: string };
  readonly holder: { readonly person: PersonId; readonly name: string };
  readonly programme: {
    readonly id: string;
    readonly version: number;
    readonly title: string;
    readonly summary: string;
    readonly criteria: string;
  };
  readonly language: string;
  readonly from: Instant;
  readonly until: Instant;
  /** Of the first award, where this is a renewal. */
  readonly awarded: Instant;
  readonly results: readonly AwardResult[];
  readonly evidence: readonly AwardEvidence[];
  readonly alignment: readonly { readonly code: string; readonly name: string; readonly url: string }[];
  readonly status: { readonly list: number; readonly index: number };
}

export const achievementId = (programme: string, version: number): string => `urn:perigee:programme:${programme}:${String(version)}`;

/** The programme that an achievement of this house is of. */
export function programmeOf(id: string): { readonly id: string; readonly version: number } | null {
  const [, programme, version] = /^urn:perigee:programme:([a-z0-9-]+):([0-9]{1,6})$/.exec(id) ?? [];
  return programme === undefined ? null : { id: programme, version: Number(version) };
}

const listed = <Value>(name: string, values: readonly Value[]): Readonly<Record<string, readonly Value[]>> =>
  values.length === 0 ? {} : { [name]: values };

/** The credential without its proof. */
export function credentialOf(award: Award): JsonObject {
  const { uuid, issuer, holder, programme, language, results, evidence, alignment, status } = award;
  const achievement = achievementId(programme.id, programme.version);
  const resultId = (requirement: string): string => `${achievement}#${requirement}`;
  return {
    '@context': [credentialsContext, badgesContext],
    id: `urn:uuid:${uuid}`,
    type: ['VerifiableCredential', 'AchievementCredential'],
    name: programme.title,
    issuer: { id: issuer.did, type: ['Profile'], name: issuer.name },
    validFrom: award.from,
    validUntil: award.until,
    awardedDate: award.awarded,
    credentialSubject: {
      id: `urn:perigee:person:${holder.person}`,
      type: ['AchievementSubject'],
      identifier: [{ type: 'IdentityObject', hashed: false, identityHash: holder.name, identityType: 'name' }],
      achievement: {
        id: achievement,
        type: ['Achievement'],
        achievementType: 'Certification',
        name: programme.title,
        description: programme.summary,
        criteria: { narrative: programme.criteria },
        inLanguage: language,
        version: String(programme.version),
        ...listed(
          'alignment',
          alignment.map(({ code, name, url }) => ({ type: ['Alignment'], targetCode: code, targetName: name, targetUrl: url })),
        ),
        ...listed(
          'resultDescription',
          results.map(({ requirement, name, type }) => ({
            id: resultId(requirement),
            type: ['ResultDescription'],
            name,
            resultType: type,
          })),
        ),
      },
      ...listed(
        'result',
        results.map(({ requirement, value }) => ({ type: ['Result'], resultDescription: resultId(requirement), value })),
      ),
    },
    ...listed(
      'evidence',
      evidence.map(({ digest, genre, name, narrative }) => ({
        id: `urn:perigee:evidence:${digest}`,
        type: ['Evidence'],
        genre,
        name,
        narrative,
      })),
    ),
    credentialStatus: statusPurposes.map((statusPurpose) => {
      const list = statusListId(issuer.did, statusPurpose, status.list);
      return {
        id: `${list}#${String(status.index)}`,
        type: 'BitstringStatusListEntry',
        statusPurpose,
        statusListIndex: String(status.index),
        statusListCredential: list,
      };
    }),
  };
}

/** 16 random bytes as RFC 9562 writes a UUID of version 4. */
export function uuidOf(random: Uint8Array): string {
  const text = Array.from(random.slice(0, 16), (byte, i) =>
    (i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0'),
  ).join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

export interface StatusEntry {
  readonly purpose: string;
  readonly list: string;
  readonly index: number;
}

/** What a credential says, of whatever issuer. Texts are as they stand in it. */
export interface Facts {
  readonly id: string;
  readonly issuer: { readonly id: string; readonly name: string | null };
  readonly holder: string | null;
  readonly achievement: {
    readonly id: string | null;
    readonly name: string | null;
    /** By language, where the verifier's own list knows the programme. */
    readonly titles: Readonly<Record<string, string>>;
  };
  readonly from: Instant;
  readonly until: Instant | null;
  readonly awarded: Instant | null;
  readonly results: readonly { readonly name: string; readonly value: string }[];
  readonly evidence: readonly { readonly genre: string | null; readonly name: string | null; readonly narrative: string | null }[];
  /** Null where it has a status of a kind that is not known here. */
  readonly status: readonly StatusEntry[] | null;
}

const asList = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const textOf = (value: unknown): string | null => (isString(value) && value !== '' ? value : null);

function statusOf(value: unknown): readonly StatusEntry[] | null {
  const entries = asList(value).map((entry): StatusEntry | null => {
    if (!isObject(entry) || entry['type'] !== 'BitstringStatusListEntry') return null;
    const { statusPurpose, statusListIndex, statusListCredential, statusSize } = entry;
    // Several bits to a number are a scheme of messages, whose index counts otherwise.
    if (statusSize !== undefined && statusSize !== 1) return null;
    if (!isString(statusPurpose) || !isString(statusListCredential) || !isString(statusListIndex) || !/^\d{1,9}$/.test(statusListIndex))
      return null;
    return { purpose: statusPurpose, list: statusListCredential, index: Number(statusListIndex) };
  });
  return entries.includes(null) ? null : entries.filter((entry) => entry !== null);
}

/** Reads what is needed of a badge; null where it is none. */
export function factsOf(document: JsonObject): Facts | null {
  const { id, type, issuer, validFrom, validUntil, awardedDate, credentialSubject, evidence, credentialStatus } = document;
  const types = asList(type);
  if (!types.includes('VerifiableCredential') || !(types.includes('AchievementCredential') || types.includes('OpenBadgeCredential')))
    return null;
  const issuerId = isObject(issuer) ? issuer['id'] : issuer;
  const from = momentOf(validFrom);
  const until = validUntil === undefined ? null : momentOf(validUntil);
  if (!isString(id) || !isString(issuerId) || from === null || (validUntil !== undefined && until === null) || !isObject(credentialSubject))
    return null;
  const { achievement, identifier, result } = credentialSubject;
  const named = asList(identifier).find((entry) => isObject(entry) && entry['identityType'] === 'name' && entry['hashed'] === false);
  const about = isObject(achievement) ? achievement : {};
  const descriptions = asList(about['resultDescription']).filter(isObject);
  return {
    id,
    issuer: { id: issuerId, name: isObject(issuer) ? textOf(issuer['name']) : null },
    holder: isObject(named) ? textOf(named['identityHash']) : textOf(credentialSubject['name']),
    achievement: { id: textOf(about['id']), name: textOf(about['name']) ?? textOf(document['name']), titles: {} },
    from,
    until,
    awarded: awardedDate === undefined ? null : momentOf(awardedDate),
    results: asList(result)
      .filter(isObject)
      .flatMap(({ resultDescription, value }) => {
        const name = textOf(descriptions.find((description) => description['id'] === resultDescription)?.['name']);
        const given = textOf(value);
        return name === null || given === null ? [] : [{ name, value: given }];
      }),
    evidence: asList(evidence)
      .filter(isObject)
      .map((entry) => ({ genre: textOf(entry['genre']), name: textOf(entry['name']), narrative: textOf(entry['narrative']) })),
    status: statusOf(credentialStatus),
  };
}

/**
 * Whether the JSON can only be read in the one way in which its terms were signed. JSON-LD may say the same in many forms: a field moved into
 * another object with the same `id`, a keyword in place of a name. The signature covers what is said, this reader reads the form; so a form
 * that it would not itself have written is not trusted. Open Badges of others that nest signed endorsements have one.
 */
export function hasPlainForm(document: JsonObject): boolean {
  const { '@context': context, ...rest } = document;
  if (!Array.isArray(context) || !context.every(isString) || context[0] !== credentialsContext) return false;
  const described = new Set<string>();
  const visit = (value: unknown, depth: number): boolean => {
    if (depth > 16) return false;
    if (Array.isArray(value)) return value.every((entry) => !Array.isArray(entry) && visit(entry, depth + 1));
    if (!isObject(value)) return value !== null;
    if (!Object.keys(value).every((key) => /^[A-Za-z][A-Za-z0-9]*$/.test(key))) return false;
    const { id } = value;
    if (id !== undefined) {
      if (!isString(id) || described.has(id)) return false;
      described.add(id);
    }
    return Object.values(value).every((field) => visit(field, depth + 1));
  };
  return visit(rest, 0);
}
