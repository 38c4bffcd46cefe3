/**
 * Reads a document of a person's range from outside: whether it is of a known kind, whole, and named after what it says. Fields that this version does
 * not know are let through: a newer app may write to an older node.
 */
import { isAbout } from './about.ts';
import { readCanonicalObject } from './canonical-json.ts';
import { isInstant } from './clock.ts';
import {
  isCohortId,
  isCourseId,
  isDeviceId,
  isItemId,
  isNodeId,
  isPersonId,
  isSlug,
  isUlid,
  isUnitId,
  type CohortId,
  type CourseId,
  type DeviceId,
  type ItemId,
  type PersonId,
  type Ulid,
  type UnitId,
} from './ids.ts';
import {
  applicationId,
  attemptId,
  bindingId,
  credentialId,
  enrolmentId,
  evidenceId,
  feedbackId,
  maxLinkBytes,
  maxLinks,
  maxSignedBytes,
  noteId,
  profileId,
  registerId,
  sittingId,
  withdrawalId,
  type PersonRecord,
  type RecordId,
  type RecordKind,
} from './records.ts';
import { err, ok, type Result } from './result.ts';
import { bytesOf, isCount, isObject, type JsonObject } from './shape.ts';

/** The first thing that is wrong, and where. */
export type RecordError =
  | { readonly type: 'not-an-object' }
  | { readonly type: 'unknown-kind' }
  | { readonly type: 'bad-field'; readonly field: string }
  | { readonly type: 'wrong-name' };

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.isWellFormed();
const isAmount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isVersion: Check = (value) => isCount(value) && value >= 1;
const isShare: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const isLanguage: Check = (value) => typeof value === 'string' && /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i.test(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([field, check]) => check(own(value, field)));
const recordOf =
  (isKey: Check, check: Check): Check =>
  (value) =>
    isObject(value) && Object.entries(value).every(([key, entry]) => isKey(key) && check(entry));

/** `constructor` must not find what every object inherits. */
const own = (value: JsonObject, field: string): unknown => (Object.hasOwn(value, field) ? value[field] : undefined);

const isUnitState = shape({ first: isInstant, last: isInstant, seconds: isAmount, completed: optional(isInstant) });
const isItemState = shape({ v: isVersion, best: isShare, attempts: isCount, first: isInstant, last: isInstant });
const isPlace = shape({ unit: isUnitId, at: isInstant, offset: isShare });

/** 32 and 64 bytes in base64url: the last character carries four bits, and two. */
const isKey: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value);
const isSignatureValue: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{85}[AQgw]$/.test(value);
const isSignature = shape({ key: isKey, value: isSignatureValue });

const isGivenMark = shape({ v: isVersion, score: (value) => value === null || isShare(value) });
const isObjectText =
  (most: number): Check =>
  (value) =>
    typeof value === 'string' && bytesOf(value) <= most && readCanonicalObject(value) !== null;
const isStatement = isObjectText(maxSignedBytes);
const isLinks: Check = (value) =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= maxLinks &&
  value.every(shape({ signed: isObjectText(maxLinkBytes), value: isSignatureValue }));

const isUuid: Check = (value) => typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const isNote: Check = (value) => value === 'note' || value === 'bookmark';
const isDefined: Check = (value) => value !== undefined;

/** For each kind: what each field must be. */
const fields: Readonly<Record<RecordKind, Readonly<Record<string, Check>>>> = {
  register: {
    writer: isDeviceId,
    course: isCourseId,
    units: recordOf(isUnitId, isUnitState),
    items: recordOf(isItemId, isItemState),
    place: optional(isPlace),
    completed: optional(isInstant),
  },
  attempt: {
    writer: isDeviceId,
    course: isCourseId,
    unit: isUnitId,
    item: isItemId,
    v: isVersion,
    ulid: isUlid,
    at: isInstant,
    language: isLanguage,
    exercise: isSlug,
    response: isDefined,
    score: isShare,
    points: isAmount,
    seconds: isAmount,
  },
  note: {
    writer: isDeviceId,
    course: isCourseId,
    unit: isUnitId,
    ulid: isUlid,
    type: isNote,
    text: isText,
    made: isInstant,
    changed: isInstant,
    withdrawn: optional(isInstant),
  },
  withdrawal: { writer: isDeviceId, course: isCourseId, unit: isUnitId, ulid: isUlid, at: isInstant },
  application: {
    writer: isDeviceId,
    opportunity: isSlug,
    ulid: isUlid,
    title: isText,
    language: isLanguage,
    answers: listOf(shape({ ask: isText, text: isText })),
    made: isInstant,
    changed: isInstant,
    sent: optional(isInstant),
    withdrawn: optional(isInstant),
    replaces: optional(isUlid),
  },
  enrolment: { writer: isNodeId, cohort: isCohortId, title: isText, courses: listOf(isCourseId), at: isInstant, about: optional(isAbout) },
  profile: { writer: isDeviceId, name: isText, changed: isInstant, about: optional(isAbout) },
  binding: {
    writer: isNodeId,
    device: isDeviceId,
    key: isKey,
    ulid: isUlid,
    at: isInstant,
    signature: isSignature,
  },
  feedback: {
    writer: isPersonId,
    course: isCourseId,
    unit: isUnitId,
    item: optional(isItemId),
    attempt: optional(isUlid),
    ulid: isUlid,
    at: isInstant,
    text: isText,
    mark: optional(isGivenMark),
  },
  evidence: { writer: isPersonId, ulid: isUlid, at: isInstant, type: isSlug, signed: isStatement, signature: isSignature },
  credential: {
    writer: isNodeId,
    uuid: isUuid,
    at: isInstant,
    programme: isSlug,
    version: isVersion,
    language: isLanguage,
    from: isInstant,
    until: isInstant,
    credential: isText,
    paper: isText,
  },
  sitting: {
    writer: isDeviceId,
    course: isCourseId,
    unit: isUnitId,
    ulid: isUlid,
    key: isKey,
    links: isLinks,
    proctored: optional(shape({ signed: isStatement, signature: isSignature })),
  },
};

const isKind = (value: unknown): value is RecordKind => typeof value === 'string' && Object.hasOwn(fields, value);

/** The name that a document of this kind and these fields must have. The fields were checked. */
function nameOf(kind: RecordKind, value: JsonObject): RecordId {
  const person = value['person'] as PersonId;
  const device = value['writer'] as DeviceId;
  const course = value['course'] as CourseId;
  const unit = value['unit'] as UnitId;
  const ulid = value['ulid'] as Ulid;
  switch (kind) {
    case 'register':
      return registerId(person, course, device);
    case 'attempt':
      return attemptId(person, course, value['item'] as ItemId, ulid);
    case 'note':
      return noteId(person, course, unit, ulid);
    case 'withdrawal':
      return withdrawalId(person, course, unit, ulid, device);
    case 'application':
      return applicationId(person, value['opportunity'] as string, ulid);
    case 'enrolment':
      return enrolmentId(person, value['cohort'] as CohortId);
    case 'profile':
      return profileId(person, device);
    case 'binding':
      return bindingId(person, value['device'] as DeviceId, ulid);
    case 'feedback':
      return feedbackId(person, course, unit, ulid);
    case 'evidence':
      return evidenceId(person, ulid);
    case 'credential':
      return credentialId(person, value['uuid'] as string);
    case 'sitting':
      return sittingId(person, course, unit, ulid);
  }
}

/** @param value a document as it stands in a database: fields that start with `_` other than `_id` are not looked at */
export function parseRecord(value: unknown): Result<PersonRecord, RecordError> {
  if (!isObject(value)) return err({ type: 'not-an-object' });
  const kind = own(value, 'kind');
  if (!isKind(kind)) return err({ type: 'unknown-kind' });
  if (!isPersonId(own(value, 'person'))) return err({ type: 'bad-field', field: 'person' });
  for (const [field, check] of Object.entries(fields[kind])) if (!check(own(value, field))) return err({ type: 'bad-field', field });
  // What is marked is an item.
  if (kind === 'feedback' && own(value, 'mark') !== undefined && own(value, 'item') === undefined)
    return err({ type: 'bad-field', field: 'item' });
  if (own(value, '_id') !== nameOf(kind, value)) return err({ type: 'wrong-name' });
  return ok(value as unknown as PersonRecord);
}
