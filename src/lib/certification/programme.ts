/**
 * What a programme of certification asks, as data: `courses/+programmes/<id>.yaml`, read by `programme-file.ts`, published by a node at
 * `/content/programmes` and the same on every device.
 */
import type { Digest } from './signed.ts';

/** A text by language. */
export type Localized = Readonly<Record<string, string>>;

export interface Rubric {
  readonly id: string;
  readonly title: Localized;
  readonly criteria: readonly {
    readonly id: string;
    readonly title: Localized;
    /** What is seen at each level, the lowest first: level 1 is `levels[0]`. */
    readonly levels: readonly Localized[];
  }[];
}

/** Each leaf has an id of its own in its programme, by which results, evidence and pages speak of it. */
export type Leaf =
  /** The course passed with at least this share of its points. */
  | { readonly type: 'course'; readonly id: string; readonly course: string; readonly score: number }
  /** The exam unit passed under a proctor. */
  | { readonly type: 'exam'; readonly id: string; readonly course: string; readonly unit: string; readonly score: number }
  /** Sessions taught, each observed by a master trainer with every criterion of the rubric at the level or above. */
  | { readonly type: 'teaching'; readonly id: string; readonly sessions: number; readonly rubric: string; readonly level: number }
  /** Different people who attended a session of the person's and afterwards passed one of the courses. */
  | { readonly type: 'people'; readonly id: string; readonly people: number; readonly courses: readonly string[]; readonly score: number }
  /** Contributions to the practice library that a reviewer accepted. Nothing reports these yet: the leaf stays *not yet*. */
  | { readonly type: 'contribution'; readonly id: string; readonly contributions: number }
  /** A credential of another programme, in force at the time. */
  | { readonly type: 'holds'; readonly id: string; readonly programme: string };

export type Requirement =
  | { readonly type: 'all'; readonly of: readonly Requirement[] }
  | { readonly type: 'any'; readonly of: readonly Requirement[] }
  | { readonly type: 'some'; readonly n: number; readonly of: readonly Requirement[] }
  | Leaf;

export interface Programme {
  readonly id: string;
  /** Raised when what is asked changes. */
  readonly version: number;
  readonly title: Localized;
  readonly summary: Localized;
  /** For the certificate: what was shown, in a sentence or two. */
  readonly criteria: Localized;
  readonly alignment: readonly { readonly code: string; readonly name: string; readonly url: string }[];
  /** Months in which the work for a first award must lie together. */
  readonly within: number;
  /** Months that an award is in force. */
  readonly validity: number;
  /** What must be done anew in the months of an award, so that the next one follows it. */
  readonly renewal: Requirement;
  /** What is left when an award has ended: for how many months, what it is called, and the programme whose rights it keeps. */
  readonly lapse: { readonly months: number; readonly to: Localized; readonly programme?: string };
  readonly rubrics: readonly Rubric[];
  readonly requires: Requirement;
}

/** Every leaf of a tree, in its order. */
export function leavesOf(requirement: Requirement): readonly Leaf[] {
  return 'of' in requirement ? requirement.of.flatMap(leavesOf) : [requirement];
}

/** Every course that it asks for, for an award or a renewal. */
export const coursesOf = ({ requires, renewal }: Programme): readonly string[] =>
  [...leavesOf(requires), ...leavesOf(renewal)].flatMap((leaf) =>
    leaf.type === 'people' ? leaf.courses : leaf.type === 'course' || leaf.type === 'exam' ? [leaf.course] : [],
  );

/** Names a piece of evidence: the digest of what was signed, or the name of a record. */
export type EvidenceId = Digest | string;
