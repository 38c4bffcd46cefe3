/**
 * What pages may expect of the controllers in this folder. Pages import the controllers; the controllers implement these.
 * Every verb that touches the store is async and commits before it resolves.
 */
import type { Instant } from '#lib/domain/clock.ts';
import type { CohortId, CourseId, DeviceId, ItemId, NodeId, PersonId, UnitId } from '#lib/domain/ids.ts';
import type { NoteRecord, PersonRecord, Place } from '#lib/domain/records.ts';
import type { Result } from '#lib/domain/result.ts';
import type { CourseStructure, Language } from '#lib/course/package.ts';
import type { UnitContent } from '#lib/course/unit-page.ts';
import type { Marking } from '#lib/exercise/item.ts';
import type { Moved } from '#lib/storage/schema.ts';
import type { InstallFailure } from '#lib/sync/client/install.ts';
import type { PassFailure } from '#lib/sync/session.ts';

export type { InstallFailure };
/** A unit as a page shows it, wherever it came from. */
export type UnitPage = UnitContent;
export type SyncFailure = PassFailure;

export interface Person {
  readonly id: PersonId;
  /** `''` for somebody who started to learn without saying who they are. */
  readonly name: string;
  readonly made: Instant;
  /** How they sign in on this device. */
  readonly secret: 'none' | 'pin' | 'pictures';
  readonly centre?: {
    readonly node: NodeId;
    /** What the centre calls itself, or the node's short name where it has not said. */
    readonly title: string;
    readonly epoch: string;
    readonly origin: string;
    readonly cohorts: readonly { readonly id: CohortId; readonly title: string }[];
  };
  /** Their work was packed for another address of the centre. */
  readonly moved?: Moved;
}

/** A PIN of 4 to 12 digits, or three to six of the twelve pictures in order, written as their keys joined by `-`. */
export interface Secret {
  readonly type: 'pin' | 'pictures';
  readonly value: string;
}

export interface PeopleController {
  /** False until the store was read for the first time. */
  readonly ready: boolean;
  readonly all: readonly Person[];
  readonly current: Person | null;
  /** Reads the store; called by the layout in the browser, after the first paint. Safe to call again. */
  load(): Promise<void>;
  create(name: string, secret?: Secret): Promise<Person>;
  /** After five wrong tries a wait that doubles, at most five minutes; `wait` in seconds. */
  signIn(person: PersonId, secret?: Secret): Promise<Result<Person, { type: 'wrong-secret' } | { type: 'wait'; wait: number }>>;
  signOut(): Promise<void>;
  rename(name: string): Promise<void>;
  setSecret(secret: Secret | null): Promise<void>;
}

/** Bytes as they will be transferred (compressed), and as they will lie on the device. */
export interface Price {
  readonly transfer: number;
  readonly disk: number;
}

export interface Quote {
  readonly course: CourseId;
  readonly language: Language;
  readonly text: Price;
  readonly withMedia: Price;
  /** Bytes free for this origin, where the browser says; it may say more than there is. */
  readonly free: number | null;
}

export type InstallState =
  | { readonly type: 'running' | 'paused'; readonly received: number; readonly total: number }
  | { readonly type: 'failed'; readonly received: number; readonly total: number; readonly reason: InstallFailure }
  | { readonly type: 'done'; readonly transferred: number };

export interface InstalledCourse {
  readonly course: CourseId;
  readonly title: Readonly<Record<Language, string>>;
  readonly languages: readonly Language[];
  readonly media: boolean;
  readonly bytes: number;
  readonly transferred: number;
  readonly installed: Instant;
  /** A newer package is known at the node. */
  readonly update: boolean;
}

export interface SearchHit {
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly language: Language;
  readonly courseTitle: string;
  readonly unitTitle: string;
  readonly anchor: string;
  readonly heading: string;
  /** Text around the hit, cut into stretches; the marked ones are the words found. */
  readonly excerpt: readonly { readonly text: string; readonly hit: boolean }[];
}

export interface LibraryController {
  readonly ready: boolean;
  readonly installed: readonly InstalledCourse[];
  /** Jobs under way, paused or failed, by course; kept over a reload. */
  readonly jobs: Readonly<Record<CourseId, InstallState>>;
  load(): Promise<void>;
  quote(course: CourseId, language: Language): Promise<Result<Quote, InstallFailure>>;
  install(course: CourseId, options: { language: Language; media: boolean }): Promise<void>;
  pause(course: CourseId): void;
  resume(course: CourseId): Promise<void>;
  cancel(course: CourseId): Promise<void>;
  remove(course: CourseId): Promise<void>;
  /** The structure of an installed course, for the titles of its units and items; null where it is not installed. */
  structure(course: CourseId): Promise<CourseStructure | null>;
  search(query: string): Promise<readonly SearchHit[]>;
}

/** Why a page has nothing to show: there is no such thing, no node answers, or what it answered is not what it should be. */
export type SourceFailure = 'missing' | 'unreachable' | 'nonsense';

export interface CoursePage {
  readonly structure: CourseStructure;
  readonly from: 'device' | 'node';
}

/** The farthest place that a piece of work is known to be at; `above`: the node above the centre, by its own receipt. */
export type Where = 'device' | 'centre' | { readonly above: NodeId };

export interface UnitProgress {
  readonly status: 'new' | 'started' | 'completed';
  /** Points earned over points possible, 0 to 1; null where nothing was answered. */
  readonly score: number | null;
  readonly seconds: number;
}

export interface ItemProgress {
  readonly best: number;
  readonly attempts: number;
  /** The device's last response to the item, where this device knows it. */
  readonly response: unknown;
  /** Where the newest attempt is. */
  readonly where: Where;
}

export interface CourseProgress {
  readonly units: Readonly<Record<UnitId, UnitProgress>>;
  readonly items: Readonly<Record<ItemId, ItemProgress>>;
  readonly place: Place | null;
  /** Points earned over points possible, 0 to 1. */
  readonly score: number;
  readonly completed: boolean;
  readonly passed: boolean;
}

export interface LearningController {
  /** Progress of the current person, joined over their devices; null until `open` resolved. */
  readonly progress: Readonly<Record<CourseId, CourseProgress>>;
  readonly notes: readonly (NoteRecord & { readonly where: Where })[];
  open(structure: CourseStructure): Promise<CourseProgress>;
  /** Marks nothing as kept before the commit: resolves after the strict transaction. Makes a nameless person if there is none. */
  answer(given: {
    structure: CourseStructure;
    unit: UnitId;
    item: ItemId;
    language: Language;
    response: unknown;
    marking: Marking;
    seconds: number;
  }): Promise<Where>;
  visit(structure: CourseStructure, unit: UnitId, offset: number, seconds: number): Promise<void>;
  complete(structure: CourseStructure, unit: UnitId): Promise<void>;
  note(course: CourseId, unit: UnitId, type: 'note' | 'bookmark', text: string): Promise<void>;
  change(note: NoteRecord, text: string): Promise<void>;
  withdraw(note: NoteRecord): Promise<void>;
  /** Everything the current person has done, newest first, with where it is. */
  record(): Promise<readonly RecordEntry[]>;
  /** Every document of the current person as it lies on this device, responses and withdrawn notes too: what an export holds. */
  documents(): Promise<readonly PersonRecord[]>;
}

export interface RecordEntry {
  readonly id: string;
  readonly kind: 'attempt' | 'note' | 'bookmark' | 'progress';
  readonly course: CourseId;
  readonly unit: UnitId | null;
  readonly item: ItemId | null;
  readonly score: number | null;
  readonly at: Instant;
  readonly device: DeviceId;
  readonly where: Where;
}

/** What a centre says that has too much under way: how many are before, and after how many seconds to come again. */
export interface Queue {
  readonly place: number;
  readonly seconds: number;
}

export interface SyncController {
  readonly state: 'idle' | 'running' | 'failed';
  readonly failure: SyncFailure | null;
  /** Where the centre put the last pass off; it is tried again by itself. */
  readonly queue: Queue | null;
  /** Documents of the current person that no receipt covers. */
  readonly waiting: number;
  readonly lastPass: Instant | null;
  /** Joins the centre at this origin with an enrolment or link code. A link code may make another person current. */
  join(code: string): Promise<Result<Person, SyncFailure>>;
  linkCode(): Promise<Result<{ code: string; expires: Instant }, SyncFailure>>;
  pass(): Promise<void>;
}

export interface StorageController {
  readonly used: number | null;
  readonly free: number | null;
  readonly persisted: boolean | null;
  load(): Promise<void>;
  persist(): Promise<boolean>;
}
