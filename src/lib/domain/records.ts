/**
 * The documents of a person's range. Each is named `<person>:<kind>:<rest>`, has exactly one writer (a device of the person, the
 * member of staff who signed in, or a node), and names it.
 *
 *   <person>:register:<course>:<device>        state of each unit and item, replaced by its own device only
 *   <person>:attempt:<course>:<item>:<ulid>    one response set with its score, never changed
 *   <person>:note:<course>:<unit>:<ulid>       a note or bookmark; replaced or withdrawn by its own writer
 *   <person>:withdrawal:<course>:<unit>:<ulid>:<device>  takes back a note that another device of the person wrote
 *   <person>:application:<opportunity>:<ulid>  what the person writes to apply for something; replaced by its own writer, or by a later one that names it
 *   <person>:enrolment:<cohort>                written by the node: the person belongs to a cohort
 *   <person>:profile:<device>                  the name that the person gave themselves on this device
 *   <person>:binding:<device>:<ulid>          written by the node: it signed that a key is this person's on this device
 *   <person>:feedback:<course>:<unit>:<ulid>   a trainer's words on a unit, an item or an attempt, and the mark they give it; never changed
 *   <person>:evidence:<ulid>                   a signed statement about the person by somebody who saw it; never changed
 *   <person>:credential:<uuid>                 written by the node: a certificate that it issued to the person, as a file and as a printed code; never changed
 *   <person>:sitting:<course>:<unit>:<ulid>    an exam that the person sat: a chain of signed links, which only grows at its end
 *
 * Nothing here is ever deleted: taking back is a later document or a field.
 */
import type { About } from './about.ts';
import type { Instant } from './clock.ts';
import type { CohortId, CourseId, DeviceId, ItemId, NodeId, PersonId, Ulid, UnitId } from './ids.ts';

export type RecordKind =
  | 'register'
  | 'attempt'
  | 'note'
  | 'withdrawal'
  | 'application'
  | 'enrolment'
  | 'profile'
  | 'binding'
  | 'feedback'
  | 'evidence'
  | 'credential'
  | 'sitting';

/** `<person>:<kind>:<rest>` */
export type RecordId = string & { readonly __brand: 'RecordId' };

interface RecordBase {
  readonly _id: RecordId;
  readonly kind: RecordKind;
  readonly person: PersonId;
  /** Who writes this document, now and ever: a device of the person, a member of staff (by their own person's id), or a node. */
  readonly writer: DeviceId | PersonId | NodeId;
}

export interface UnitState {
  readonly first: Instant;
  readonly last: Instant;
  /** Seconds that the unit was in view on this device. */
  readonly seconds: number;
  /** When the learner finished it on this device: every item answered, and the end reached. */
  readonly completed?: Instant;
}

export interface ItemState {
  /** Version of the item's meaning that these figures are about. */
  readonly v: number;
  /** Best score, 0 to 1. */
  readonly best: number;
  /** Attempts on this device. */
  readonly attempts: number;
  readonly first: Instant;
  readonly last: Instant;
}

export interface Place {
  readonly unit: UnitId;
  readonly at: Instant;
  /** How far down the unit, 0 to 1. */
  readonly offset: number;
}

export interface RegisterRecord extends RecordBase {
  readonly kind: 'register';
  readonly course: CourseId;
  readonly writer: DeviceId;
  readonly units: Readonly<Record<UnitId, UnitState>>;
  /** For each item the newest version of its meaning that this device saw. */
  readonly items: Readonly<Record<ItemId, ItemState>>;
  readonly place?: Place;
  readonly completed?: Instant;
}

export interface AttemptRecord extends RecordBase {
  readonly kind: 'attempt';
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly item: ItemId;
  readonly v: number;
  readonly ulid: Ulid;
  readonly writer: DeviceId;
  readonly at: Instant;
  /** Language the item was shown in, BCP 47. */
  readonly language: string;
  /** Exercise kind, and the response in that kind's own shape. */
  readonly exercise: string;
  readonly response: unknown;
  /** 0 to 1. */
  readonly score: number;
  readonly points: number;
  readonly seconds: number;
}

export interface NoteRecord extends RecordBase {
  readonly kind: 'note';
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly ulid: Ulid;
  readonly writer: DeviceId;
  readonly type: 'note' | 'bookmark';
  readonly text: string;
  readonly made: Instant;
  readonly changed: Instant;
  readonly withdrawn?: Instant;
}

export interface WithdrawalRecord extends RecordBase {
  readonly kind: 'withdrawal';
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly ulid: Ulid;
  readonly writer: DeviceId;
  readonly at: Instant;
}

/** A question of an application, as it was put, and the person's answer. */
export interface Answered {
  readonly ask: string;
  readonly text: string;
}

/** Written for the person's own use: nobody hands it in for them. */
export interface ApplicationRecord extends RecordBase {
  readonly kind: 'application';
  /** The entry of the compendium that it is for. */
  readonly opportunity: string;
  readonly ulid: Ulid;
  readonly writer: DeviceId;
  /** The opportunity's name as it was read, for when the entry is no longer at hand. */
  readonly title: string;
  /** Of the questions, BCP 47. */
  readonly language: string;
  readonly answers: readonly Answered[];
  readonly made: Instant;
  readonly changed: Instant;
  /** When the person says that they handed it in. */
  readonly sent?: Instant;
  readonly withdrawn?: Instant;
  /** The application of another device in whose place this one stands. */
  readonly replaces?: Ulid;
}

export interface EnrolmentRecord extends RecordBase {
  readonly kind: 'enrolment';
  readonly cohort: CohortId;
  readonly writer: NodeId;
  readonly title: string;
  readonly courses: readonly CourseId[];
  readonly at: Instant;
  /** What the roster said of the person. */
  readonly about?: About;
}

export interface ProfileRecord extends RecordBase {
  readonly kind: 'profile';
  readonly writer: DeviceId;
  readonly name: string;
  readonly changed: Instant;
  /** What the person said of themselves on this device; absent where they said nothing, or took it back. */
  readonly about?: About;
}

/** An Ed25519 signature over the canonical JSON of what is signed, and the key that made it; both base64url. */
export interface Signature {
  /** The public key, 32 bytes. */
  readonly key: string;
  /** 64 bytes. */
  readonly value: string;
}

/** The node's word that whoever signs with `key` is this person on this device. Written when the device joins, and again when it comes with a new key. */
export interface BindingRecord extends RecordBase {
  readonly kind: 'binding';
  readonly writer: NodeId;
  readonly device: DeviceId;
  /** The device's public Ed25519 key, base64url, 32 bytes. The private one never leaves the device's browser. */
  readonly key: string;
  readonly ulid: Ulid;
  readonly at: Instant;
  /** The node's, over `bindingStatement`. */
  readonly signature: Signature;
}

/** What a device signs to show that it holds the private half of its key. */
export const deviceKeyStatement = (device: DeviceId, key: string): object => ({ statement: 'device-key', device, key });

/** What a node signs of a binding. */
export const bindingStatement = ({
  person,
  device,
  key,
  writer,
  at,
}: Omit<BindingRecord, '_id' | 'kind' | 'ulid' | 'signature'>): object => ({
  statement: 'binding',
  person,
  device,
  key,
  node: writer,
  at,
});

/** A mark that a person gives to an item. It stands in place of what the devices counted. */
export interface GivenMark {
  /** Version of the item's meaning that the mark is about. */
  readonly v: number;
  /** 0 to 1; null takes back every earlier mark, so that the devices' own score counts again. */
  readonly score: number | null;
}

/**
 * Of several marks for one item the one with the greatest `ulid` stands: whoever replaces a mark gives theirs a later ulid than the one they
 * see, also where their clock is behind.
 */
export interface FeedbackRecord extends RecordBase {
  readonly kind: 'feedback';
  readonly course: CourseId;
  readonly unit: UnitId;
  /** The item that it is about; absent where it is about the unit as a whole. There is no mark without it. */
  readonly item?: ItemId;
  /** The attempt that it is about. */
  readonly attempt?: Ulid;
  readonly ulid: Ulid;
  /** The member of staff who says so. */
  readonly writer: PersonId;
  readonly at: Instant;
  /** What they say to the person; may be empty where there is a mark. */
  readonly text: string;
  readonly mark?: GivenMark;
}

/**
 * A signed statement about the person. What it says is the business of its `type`; here it is bytes that arrive as they were signed, whichever
 * store and replication they came through.
 */
export interface EvidenceRecord extends RecordBase {
  readonly kind: 'evidence';
  readonly ulid: Ulid;
  /** The member of staff whose session brought it. Who *signed* is for the signature to show. */
  readonly writer: PersonId;
  readonly at: Instant;
  /** What kind of statement it is: `teaching-session`, `withdrawal` … */
  readonly type: string;
  /** The statement: an object in canonical JSON (RFC 8785), at most `maxSignedBytes`. */
  readonly signed: string;
  /** Over the UTF-8 bytes of `signed`. */
  readonly signature: Signature;
}

/** A certificate in its two forms. Both are bytes that arrive as they were signed; what is in them is read where they are verified. */
export interface CredentialRecord extends RecordBase {
  readonly kind: 'credential';
  readonly writer: NodeId;
  /** Of the credential. */
  readonly uuid: string;
  readonly at: Instant;
  readonly programme: string;
  readonly version: number;
  /** Of the texts in the certificate, BCP 47. */
  readonly language: string;
  /** When the award begins and ends. */
  readonly from: Instant;
  readonly until: Instant;
  /** The Open Badges 3.0 credential with its proof, as JSON. */
  readonly credential: string;
  /** The text of the printed code. */
  readonly paper: string;
}

/** A statement as it was signed: an object in canonical JSON, and who signed its UTF-8 bytes. */
export type SignedText = Pick<EvidenceRecord, 'signed' | 'signature'>;

/**
 * An exam under a proctor, as it went on the person's device. What its links say is the business of `certification/sitting.ts`; here it is a list that
 * grows at its end, so that no later version says less, or something else, than an earlier one.
 */
export interface SittingRecord extends RecordBase {
  readonly kind: 'sitting';
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly ulid: Ulid;
  readonly writer: DeviceId;
  /** The public key that signs each link, base64url, 32 bytes. */
  readonly key: string;
  readonly links: readonly {
    /** An object in canonical JSON, at most `maxLinkBytes`. */
    readonly signed: string;
    /** Over the UTF-8 bytes of `signed`, 64 bytes, base64url. */
    readonly value: string;
  }[];
  /** What the proctor signed about it and showed to this device; written once. */
  readonly proctored?: SignedText;
}

export type PersonRecord =
  | RegisterRecord
  | AttemptRecord
  | NoteRecord
  | WithdrawalRecord
  | ApplicationRecord
  | EnrolmentRecord
  | ProfileRecord
  | BindingRecord
  | FeedbackRecord
  | EvidenceRecord
  | CredentialRecord
  | SittingRecord;

/** No road accepts a larger document into a person's range. Bytes of JSON in UTF-8. */
export const maxRecordBytes = 256 * 1024;

/** Bytes of the statement of a piece of evidence, in UTF-8. Rubrics and a roster take a few kB; pictures are not evidence of this kind. */
export const maxSignedBytes = 32 * 1024;

/** Bytes of one link of a sitting, in UTF-8: an answer, and what surrounds it. */
export const maxLinkBytes = 4 * 1024;
/** Answers may be changed, and each change is a link; together they stay far below what a record holds. */
export const maxLinks = 400;

const recordId = (...parts: readonly string[]): RecordId => parts.join(':') as RecordId;

export const registerId = (person: PersonId, course: CourseId, device: DeviceId): RecordId => recordId(person, 'register', course, device);
export const attemptId = (person: PersonId, course: CourseId, item: ItemId, ulid: Ulid): RecordId =>
  recordId(person, 'attempt', course, item, ulid);
export const noteId = (person: PersonId, course: CourseId, unit: UnitId, ulid: Ulid): RecordId =>
  recordId(person, 'note', course, unit, ulid);
/** Named after the note it takes back and its own device, so that two devices that take back one note do not meet. */
export const withdrawalId = (person: PersonId, course: CourseId, unit: UnitId, ulid: Ulid, device: DeviceId): RecordId =>
  recordId(person, 'withdrawal', course, unit, ulid, device);
export const applicationId = (person: PersonId, opportunity: string, ulid: Ulid): RecordId =>
  recordId(person, 'application', opportunity, ulid);
export const enrolmentId = (person: PersonId, cohort: CohortId): RecordId => recordId(person, 'enrolment', cohort);
export const bindingId = (person: PersonId, device: DeviceId, ulid: Ulid): RecordId => recordId(person, 'binding', device, ulid);
export const profileId = (person: PersonId, device: DeviceId): RecordId => recordId(person, 'profile', device);
export const feedbackId = (person: PersonId, course: CourseId, unit: UnitId, ulid: Ulid): RecordId =>
  recordId(person, 'feedback', course, unit, ulid);
export const evidenceId = (person: PersonId, ulid: Ulid): RecordId => recordId(person, 'evidence', ulid);
export const credentialId = (person: PersonId, uuid: string): RecordId => recordId(person, 'credential', uuid);
export const sittingId = (person: PersonId, course: CourseId, unit: UnitId, ulid: Ulid): RecordId =>
  recordId(person, 'sitting', course, unit, ulid);
