/**
 * A course package: a manifest and the pieces it names.
 *
 * A piece is a run of bytes named by the SHA-256 of those bytes, uncompressed. The manifest lists every piece with its
 * role, language, media type and byte count; it has no timestamp, so the same source gives the same bytes. Its signature
 * is detached: Ed25519 over the manifest's canonical JSON (RFC 8785). Pieces of different courses and versions that have
 * the same bytes are the same piece; installing, resuming and updating are all "fetch what is missing".
 */
import type { CourseId, ItemId, Sha256, UnitId } from '../domain/ids.ts';
import type { Item } from '../exercise/item.ts';

/** BCP 47 tag of a language: `en`, `fr`, `zh` … */
export type Language = string;
export type Localized<Value = string> = Readonly<Record<Language, Value>>;

export type PieceRole = 'structure' | 'lesson' | 'items' | 'text' | 'picture' | 'data';

export interface Piece {
  readonly sha256: Sha256;
  readonly role: PieceRole;
  /** Absent where the piece serves every language. */
  readonly language?: Language;
  /** Uncompressed bytes. */
  readonly bytes: number;
  /** Media type, without parameters. */
  readonly type: string;
  /** Path in the source, for pictures and data: the name under which a learner saves it. */
  readonly name?: string;
}

/** What a package is, where it is no course: a guide to read, slides, a guide for teachers, a practice step by step, a recording with its transcript. */
export const forms = ['guide', 'presentation', 'teachers-guide', 'practice', 'recording'] as const;
export type Form = (typeof forms)[number];

export interface Manifest {
  readonly format: 'perigee-course/1';
  readonly course: CourseId;
  /** Absent: a course. */
  readonly form?: Form;
  readonly languages: readonly Language[];
  readonly title: Localized;
  readonly summary: Localized;
  readonly licence: string;
  readonly discipline: string;
  readonly level: string;
  readonly sdg: readonly number[];
  readonly units: number;
  readonly items: number;
  readonly minutes: number;
  readonly structure: Sha256;
  readonly pieces: readonly Piece[];
}

/** What a catalogue says about a course: `GET /content/manifests`. */
export interface CourseSummary extends Pick<
  Manifest,
  'course' | 'form' | 'languages' | 'title' | 'summary' | 'licence' | 'discipline' | 'level' | 'sdg' | 'units' | 'items' | 'minutes'
> {
  /** Of the canonical manifest: another value is another version of the course. */
  readonly manifest: Sha256;
  /** Bytes as transferred (compressed), text alone and with all media, by language. */
  readonly price: Localized<{ readonly text: number; readonly media: number }>;
}

export interface SignedManifest {
  readonly manifest: Manifest;
  readonly signature: {
    /** Ed25519 public key of the publisher, base64url, 32 bytes. */
    readonly key: string;
    /** Ed25519 signature over the manifest's canonical JSON in UTF-8, base64url, 64 bytes. */
    readonly value: string;
  };
}

/** What one unit is made of in one language. */
export interface UnitPieces {
  readonly lesson: Sha256;
  readonly items: Sha256;
  readonly text: Sha256;
  readonly pictures: readonly Sha256[];
  readonly data: readonly Sha256[];
}

export interface StructureUnit {
  readonly id: UnitId;
  readonly title: Localized;
  readonly minutes: number;
  readonly outcomes: Localized<readonly string[]>;
  /** Items in their order, with what progress needs to know without opening the unit. */
  readonly items: readonly { readonly id: ItemId; readonly v: number; readonly points: number; readonly kind: string }[];
  readonly pieces: Localized<UnitPieces>;
}

/** A unit that is opened by a proctor's code, and sat within its `minutes`. */
export interface StructureExam extends StructureUnit {
  /** How often a person may open it. */
  readonly attempts: number;
}

/** The piece with role `structure`: everything about the course but the lessons' texts. */
export interface CourseStructure {
  readonly course: CourseId;
  /** Absent: a course. */
  readonly form?: Form;
  readonly languages: readonly Language[];
  readonly title: Localized;
  readonly summary: Localized;
  readonly outcomes: readonly Localized[];
  readonly authors: readonly string[];
  readonly licence: string;
  readonly discipline: string;
  readonly level: string;
  readonly sdg: readonly number[];
  /** Share of the points that passes the course, 0 to 1. */
  readonly pass: number;
  readonly modules: readonly { readonly id: string; readonly title: Localized; readonly units: readonly StructureUnit[] }[];
  /** Apart from the modules: what a course counts and leads through is what is learned in it. Absent where there are none. */
  readonly exams?: readonly StructureExam[];
  readonly glossary: readonly { readonly id: string; readonly term: Localized; readonly definition: Localized }[];
  readonly references: readonly { readonly id: string; readonly text: string; readonly url?: string }[];
}

/**
 * The piece with role `lesson`: an HTML fragment in UTF-8. Where an item belongs, it holds
 * `<div data-item="<item>"></div>` on a line of its own, at the top level. Pictures and data point to `/content/pieces/<sha256>`, units to
 * `/courses/<course>/<unit>`, glossary terms to `/courses/<course>#term-<id>`.
 *
 * The piece with role `items`: JSON, `readonly Item[]` in the order of the fragment.
 *
 * The piece with role `text`: JSON, `readonly TextSection[]`: the words of the unit for the search, by heading.
 */
export interface TextSection {
  /** The `id` of the heading in the fragment, or `''` for what stands before the first heading. */
  readonly anchor: string;
  readonly heading: string;
  readonly text: string;
}

export type LessonItems = readonly Item[];

/** A fragment cut at its items: what a page shows one after the other. */
export type LessonBlock = { readonly html: string } | { readonly item: ItemId };

const itemLine = /^<div data-item="([a-z0-9-]+)"><\/div>$/gm;

/** Cuts a lesson fragment at its item lines. Empty stretches between two items are left out. */
export function lessonBlocks(fragment: string): readonly LessonBlock[] {
  const blocks: LessonBlock[] = [];
  let from = 0;
  for (const match of fragment.matchAll(itemLine)) {
    const html = fragment.slice(from, match.index).trim();
    if (html !== '') blocks.push({ html });
    blocks.push({ item: match[1] as ItemId });
    from = match.index + match[0].length;
  }
  const rest = fragment.slice(from).trim();
  if (rest !== '') blocks.push({ html: rest });
  return blocks;
}
