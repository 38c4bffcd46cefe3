/**
 * What somebody did at one address of a centre, on its way to another: to a browser each address is a place of its own, and whoever never joined has no centre that could carry it across.
 *
 * A parcel holds documents as they stand in the journal. Whoever takes it in rewrites each under an id of their own, for every document has one writer; what makes two parcels meet is what the
 * documents are named by apart from person and device: an attempt, a note, an application by its ulid, a register by whose it was.
 */
import { isInstant, type Instant } from './clock.ts';
import { isPersonId, type CourseId, type DeviceId, type PersonId } from './ids.ts';
import { parseRecord } from './parse-record.ts';
import {
  applicationId,
  attemptId,
  maxRecordBytes,
  noteId,
  profileId,
  withdrawalId,
  type ApplicationRecord,
  type AttemptRecord,
  type NoteRecord,
  type PersonRecord,
  type ProfileRecord,
  type RegisterRecord,
  type WithdrawalRecord,
} from './records.ts';
import { err, ok, type Result } from './result.ts';
import { bytesOf, isCount, isObject } from './shape.ts';

/** The kinds that a person writes by themselves. What others signed or wrote for them is bound to the place where they did it. */
export type Carried = RegisterRecord | AttemptRecord | NoteRecord | WithdrawalRecord | ApplicationRecord | ProfileRecord;

const carriedKinds: readonly PersonRecord['kind'][] = ['register', 'attempt', 'note', 'withdrawal', 'application', 'profile'];

export const isCarried = (body: PersonRecord): body is Carried => carriedKinds.includes(body.kind);

export interface Parcel {
  readonly parcel: 1;
  /** Known to the two browsers alone: by it the old address believes that its parcel was taken in. 26 characters of an id. */
  readonly ticket: string;
  /** The origin at which it was packed. */
  readonly from: string;
  readonly made: Instant;
  /** Whose work it is, by their id there. */
  readonly person: PersonId;
  readonly name: string;
  readonly documents: readonly Carried[];
  /** How many documents could not come along. */
  readonly stays: number;
}

export type ParcelError =
  { readonly type: 'not-a-parcel' } | { readonly type: 'newer' } | { readonly type: 'bad-document'; readonly id: string };

/** Years of one person's work: whoever has more has a centre. */
export const maxParcelDocuments = 20_000;

/** As browsers write `location.origin`: a name (also one of other scripts is Latin there), or an address, and a port that is not the usual one. */
const isOrigin = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\/(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/.test(value);

/** Only the fields of the document itself: no revision, no attachment, nothing that a database reads. */
const plain = <Body extends PersonRecord>(body: Body): Body =>
  Object.fromEntries(Object.entries(body).filter(([field]) => field === '_id' || !field.startsWith('_'))) as Body;

export function parseParcel(value: unknown): Result<Parcel, ParcelError> {
  if (!isObject(value) || !('parcel' in value)) return err({ type: 'not-a-parcel' });
  const { parcel, ticket, from, made, person, name, documents, stays } = value;
  if (parcel !== 1) return err({ type: typeof parcel === 'number' && parcel > 1 ? 'newer' : 'not-a-parcel' });
  if (!isPersonId(ticket) || !isOrigin(from) || !isInstant(made) || !isPersonId(person) || !isCount(stays))
    return err({ type: 'not-a-parcel' });
  if (typeof name !== 'string' || name.length > 100) return err({ type: 'not-a-parcel' });
  if (!Array.isArray(documents) || documents.length > maxParcelDocuments) return err({ type: 'not-a-parcel' });
  const read: Carried[] = [];
  for (const [place, document] of (documents as unknown[]).entries()) {
    const record = parseRecord(document);
    const bad = err({
      type: 'bad-document',
      id: isObject(document) && typeof document['_id'] === 'string' ? document['_id'] : String(place),
    } as const);
    if (!record.ok || !isCarried(record.value)) return bad;
    const body = plain(record.value);
    // A register may be of somebody whom this person's register took in before.
    if (body.kind !== 'register' && body.person !== person) return bad;
    if (bytesOf(JSON.stringify(body)) > maxRecordBytes) return bad;
    read.push(body);
  }
  return ok({ parcel, ticket, from, made, person, name, documents: read, stays });
}

export interface Contents {
  readonly answers: number;
  readonly notes: number;
  readonly applications: number;
  readonly courses: readonly CourseId[];
}

/** What is in it, as a person counts. */
export function contentsOf(documents: readonly Carried[]): Contents {
  const standing = <Body extends { readonly withdrawn?: Instant }>(body: Body): boolean => body.withdrawn === undefined;
  return {
    answers: documents.filter(({ kind }) => kind === 'attempt').length,
    notes: documents.filter((body) => body.kind === 'note' && standing(body)).length,
    applications: documents.filter((body) => body.kind === 'application' && standing(body)).length,
    courses: [...new Set(documents.flatMap((body) => ('course' in body ? [body.course] : [])))].sort(),
  };
}

/** The document as this person's on this device. Registers are taken in otherwise (`absorb.ts`). */
export function rewritten(
  body: Exclude<Carried, RegisterRecord>,
  { person, writer }: { readonly person: PersonId; readonly writer: DeviceId },
): Exclude<Carried, RegisterRecord> {
  switch (body.kind) {
    case 'attempt':
      return { ...body, _id: attemptId(person, body.course, body.item, body.ulid), person, writer };
    case 'note':
      return { ...body, _id: noteId(person, body.course, body.unit, body.ulid), person, writer };
    case 'withdrawal':
      return { ...body, _id: withdrawalId(person, body.course, body.unit, body.ulid, writer), person, writer };
    case 'application':
      return { ...body, _id: applicationId(person, body.opportunity, body.ulid), person, writer };
    case 'profile':
      return { ...body, _id: profileId(person, writer), person, writer };
  }
}

/**
 * What stands after a document of a parcel met the one of that name which is there; null where nothing changes. An attempt is never changed; of a note or an application the later words stand; of
 * oneself one keeps what one said here.
 */
export function replaces(
  before: PersonRecord | undefined,
  body: Exclude<Carried, RegisterRecord>,
): Exclude<Carried, RegisterRecord> | null {
  if (before === undefined) return body;
  if (before.kind === 'note' && body.kind === 'note') return body.changed > before.changed ? body : null;
  if (before.kind === 'application' && body.kind === 'application') return body.changed > before.changed ? body : null;
  if (before.kind === 'profile' && body.kind === 'profile')
    return before.about === undefined && body.about !== undefined ? { ...before, about: body.about } : null;
  return null;
}
