/**
 * What the device keeps, in one IndexedDB database named `perigee`. Learner work (journal, mirror) lies in stores of its own
 * and is never deleted by anything here; pieces of courses lie in another and are dropped when no course and no install
 * needs them. The service worker reads `courses` and `pieces` with plain IndexedDB calls, hence the names.
 *
 * A change of the shape is a new version below the old one, with an upgrade that keeps every row.
 */
import type { Instant } from '#lib/domain/clock.ts';
import type { Draft, Review } from '#lib/domain/drafts.ts';
import type { CohortId, CourseId, NodeId, PersonId, Sha256, UnitId } from '#lib/domain/ids.ts';
import type { BindingRecord, EvidenceRecord, PersonRecord, RecordId, RecordKind } from '#lib/domain/records.ts';
import type { ExamSessionId } from '#lib/certification/exam-code.ts';
import type { Signed } from '#lib/certification/signed.ts';
import type { Closed } from '#lib/certification/sitting.ts';
import type { SignedStatement } from '#lib/certification/statement.ts';
import type { SignedCommons } from '#lib/cooperation/package.ts';
import type { CourseStructure, Language, SignedManifest } from '#lib/course/package.ts';
import type { Mark, Revision } from '#lib/sync/session.ts';

export const databaseName = 'perigee';

/** Dexie's notation: primary key first, `[a+b]` compound, `*a` one entry for each element. */
export const stores = {
  people: 'id',
  journal: 'id, [person+waits], [person+course], [person+kind]',
  mirror: 'id, [person+waits], [person+course], [person+kind]',
  courses: 'course',
  pieces: 'sha256',
  jobs: 'course',
  settings: 'key',
  keys: 'person',
} as const;

/** How a PIN or a row of pictures is remembered: PBKDF2-HMAC-SHA-256, 32 bytes. */
export interface Verifier {
  readonly type: 'pin' | 'pictures';
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly key: Uint8Array<ArrayBuffer>;
}

export interface CentreRow {
  readonly node: NodeId;
  /** What the centre calls itself; `''` or missing where that was not known when they joined. */
  readonly title?: string;
  readonly epoch: string;
  readonly origin: string;
  readonly cohorts: readonly { readonly id: CohortId; readonly title: string }[];
  readonly token: string;
  readonly expires: Instant;
}

export interface PersonRow {
  readonly id: PersonId;
  readonly name: string;
  readonly made: Instant;
  readonly verifier: Verifier | null;
  /** Wrong tries since the last right one, and the moment (ms) before which none is looked at. */
  readonly tries: { readonly failed: number; readonly until: number };
  readonly centre: CentreRow | null;
  readonly lastPass: Instant | null;
  /** The place above the centre in the epoch that was last heard of, and up to what it was asked (`relayKey`); null where there is none. */
  readonly relay: { readonly node: NodeId; readonly epoch: string; readonly noted: string | null } | null;
  /** The person's other ids, as their centre said at the last pass: what they hold is read together with this one's. */
  readonly aliases?: readonly PersonId[];
  /** Their work was packed for another address of the centre; absent where it never was. */
  readonly moved?: Moved;
}

/** What is packed stays here as it is; joined at both addresses it would be counted twice. */
export interface Moved {
  readonly to: string;
  /** By this the other address shows that it took the parcel in. */
  readonly ticket: string;
  readonly packed: Instant;
  /** When it said that it did; null until then. */
  readonly taken: Instant | null;
}

/** A person's key pair on this device. */
export interface KeyRow {
  readonly person: PersonId;
  /** The private half cannot be read out: not by a page, not by a copy of a row. */
  readonly pair: CryptoKeyPair;
  /** The public half, base64url. */
  readonly key: string;
  /** The centre's word for it; null until one was given. */
  readonly binding: BindingRecord | null;
}

/** A signed statement that a member of staff wrote here, or that is about their teaching and came from the centre. */
export interface StatementRow {
  readonly id: RecordId;
  /** The member of staff whose session brought it. */
  readonly writer: PersonId;
  /** In whose range it lies. */
  readonly person: PersonId;
  readonly body: EvidenceRecord;
  /** The centre's own answer that it has it; null until then. */
  readonly receipt: Mark | null;
  /** Why the centre did not take it, in its own words. It stays here, and is offered again. */
  readonly refused: string | null;
}

/** An exam that a member of staff holds on this device as its proctor, from the code until they sign for all of it. */
export interface ExamRow {
  /** The session, as its code names it. */
  readonly id: ExamSessionId;
  readonly proctor: PersonId;
  readonly programme: string;
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly place: string;
  readonly code: string;
  readonly opened: Instant;
  /** Whom the proctor saw there, of those whose names they have. */
  readonly present: readonly PersonId[];
  /** Those who handed in and for whom the proctor signed, each by themself. */
  readonly signed: readonly {
    readonly person: PersonId;
    readonly name: string;
    readonly closed: Signed<Closed>;
    readonly statement: SignedStatement;
  }[];
  /** When it was ended and signed as a whole; null while it goes on. */
  readonly over: Instant | null;
}

/** How far the time of a sitting had run when this device last looked: what a reload goes on from. */
export interface ExamClock {
  /** Seconds. */
  readonly elapsed: number;
  /** By the device's clock, milliseconds since 1970. */
  readonly at: number;
}

interface WorkRow {
  readonly id: RecordId;
  readonly person: PersonId;
  readonly kind: RecordKind;
  /** `''` where the document belongs to no course. */
  readonly course: CourseId | '';
  readonly body: PersonRecord;
  /** 1 as long as no receipt of the centre covers this body. */
  readonly waits: 0 | 1;
  /** The receipt that was last given for this document; it covers this body only where `waits` is 0. */
  readonly receipt: Mark | null;
  /** The receipt that the place above the centre gave for this document; it covers this body only where it names the revision that this body has. */
  readonly relay: Mark | null;
}

/** A document that this device wrote. */
export interface JournalRow extends WorkRow {
  /** Counts the bodies that this document has had. */
  readonly version: number;
  /** The version that was last handed to the replica, and the revision it got there. */
  readonly handed: {
    readonly version: number;
    readonly rev: Revision;
    /** What it follows, newest first; absent where an earlier version of the app wrote this. */
    readonly before?: readonly Revision[];
  } | null;
}

/** A document of the same person that another device or the node wrote. */
export interface MirrorRow extends WorkRow {
  readonly rev: Revision;
}

export interface CourseRow {
  readonly course: CourseId;
  readonly signed: SignedManifest;
  /** SHA-256 of the manifest's canonical JSON. */
  readonly digest: Sha256;
  readonly structure: CourseStructure;
  /** Languages whose lessons are on the device, the one asked for last first. */
  readonly languages: readonly Language[];
  readonly media: boolean;
  /** The pieces that keep the course whole. */
  readonly pieces: readonly Sha256[];
  /** Uncompressed. */
  readonly bytes: number;
  /** What the last transfer cost, as transferred. */
  readonly transferred: number;
  readonly installed: Instant;
  /** SHA-256 of a newer manifest that the node was heard to have. */
  readonly newer: Sha256 | null;
}

export interface PieceRow {
  readonly sha256: Sha256;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface JobRow {
  readonly course: CourseId;
  readonly language: Language;
  readonly media: boolean;
  readonly state: 'running' | 'paused' | 'failed';
  readonly reason: string | null;
  /** Uncompressed bytes that are here, and that will be. */
  readonly received: number;
  readonly total: number;
  /** Bytes as transferred so far, over all runs of this job. */
  readonly transferred: number;
  /** Pieces that have arrived and must not be swept while the job lives. */
  readonly pieces: readonly Sha256[];
}

/** A draft or a review of this device's staff, as they wrote it here last. */
export interface PaperRow {
  /** `<kind> <entry> <author> …`: one for each document. */
  readonly id: string;
  /** Who wrote it. */
  readonly writer: PersonId;
  readonly body: Draft | Review;
  /** Whose receipt this body has, in which epoch; null until one was given. */
  readonly receipt: Pick<Mark, 'node' | 'epoch'> | null;
  /** Why the centre did not take this body, in its own words; null where it did or was not asked. */
  readonly refused: string | null;
}

/** The commons: entries of the compendium and what they are searched by. One row, `commons`. */
export interface CommonsRow {
  readonly id: 'commons';
  /** Null until a first installation is whole. */
  readonly installed: {
    readonly signed: SignedCommons;
    /** SHA-256 of the manifest's canonical JSON. */
    readonly digest: Sha256;
    readonly language: Language;
    readonly pieces: readonly Sha256[];
    /** Uncompressed. */
    readonly bytes: number;
    readonly transferred: number;
    readonly at: Instant;
  } | null;
  /** Pieces of an installation under way, which must not be swept. */
  readonly coming: readonly Sha256[];
}

export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
}
