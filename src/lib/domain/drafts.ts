/**
 * An entry of the commons on its way to being published: what its author writes, and what reviewers say of it. Two documents, each with one writer, never edited
 * by another; where the entry stands is what they say together.
 *
 *   <node>:draft:<entry>:<author>                         by the author, again and again
 *   <node>:review:<entry>:<author>:<edition>-<reviewer>   by a reviewer, once
 *
 *   draft → submitted → returned, with reasons → submitted again …
 *                     → accepted → superseded by a later edition or another's
 *   withdrawn, by its author, at any time
 *
 * Handing in makes an **edition**: a copy that stays as it was handed in while the author writes on. Of several reviews of an edition the earliest decides, and
 * of those of one moment the one whose writer's id comes first: the same everywhere. Whoever has an interest in an entry says so and does not decide.
 *
 * What a country says of itself (`ownWord`) is decided by nobody else: handing it in is releasing it. Until then it lies in a database that no node replicates.
 * Such a draft names its country, and is written only by those whose sign-in is for that country. What names people (`confidential`) lies there too, and for good.
 */
import { isInstant, type Instant } from './clock.ts';
import { isPersonId, isSlug, type NodeId, type PersonId } from './ids.ts';
import { err, ok, type Result } from './result.ts';
import { isCount, isObject, type JsonObject } from './shape.ts';

/** Kinds of entries by which a country speaks of itself. */
const ownKinds: readonly string[] = ['assessment', 'indicator', 'plan', 'call', 'mission', 'request'];
export const isOwnWord = (of: string): boolean => ownKinds.includes(of);

/** Kinds that are written in the name of a country; a new centre is proposed by a State, and judged by others. */
export const isForCountry = (of: string): boolean => isOwnWord(of) || of === 'proposal';

/** Kinds that name people: they are kept, and never published. */
export const isConfidential = (of: string): boolean => of === 'pair';

/** Roles that write. */
export type Pen = 'focal-point' | 'provider';

/** The one role that writes a kind. */
const pens: Readonly<Record<string, Pen>> = {
  assessment: 'focal-point',
  indicator: 'focal-point',
  plan: 'focal-point',
  call: 'focal-point',
  mission: 'focal-point',
  request: 'focal-point',
  proposal: 'focal-point',
  solution: 'provider',
  practice: 'provider',
  listing: 'provider',
  organisation: 'provider',
  offer: 'provider',
  opportunity: 'provider',
  resource: 'provider',
  contribution: 'provider',
  pair: 'provider',
};

/** The role that writes entries of a kind; null where nobody does on this road. */
export const penOf = (of: string): Pen | null => (Object.hasOwn(pens, of) ? (pens[of] ?? null) : null);

/** Whoever teaches gives practices to the library, as providers do. */
const teaching: readonly string[] = ['trainer', 'master'];

/** The roles that write entries of a kind; none where nobody does on this road. */
export const pensOf = (of: string): readonly string[] => [penOf(of), ...(of === 'practice' ? teaching : [])].filter((pen) => pen !== null);

/** Whether somebody with these roles writes entries of a kind. */
export const mayPen = (roles: readonly string[], of: string): boolean => pensOf(of).some((pen) => roles.includes(pen));

/** A copy as it was handed in. */
export interface Edition {
  /** Counted from 1. */
  readonly edition: number;
  readonly at: Instant;
  /** The author's interest in being published, in their own words; empty where they declare none. */
  readonly interest: string;
  readonly fields: JsonObject;
}

export interface Draft {
  readonly kind: 'draft';
  readonly writer: PersonId;
  readonly entry: string;
  /** The kind of the entry. */
  readonly of: string;
  /** The id of the country for which it speaks; null where it speaks for none. */
  readonly country: string | null;
  /** The entry as its author has it now: fields as docs/compendium.md shows them, perhaps not whole. */
  readonly fields: JsonObject;
  readonly changed: Instant;
  /** The last one handed in. */
  readonly submitted: Edition | null;
  readonly withdrawn: Instant | null;
}

export const decisions = ['accept', 'return', 'abstain'] as const;

export interface Review {
  readonly kind: 'review';
  readonly writer: PersonId;
  readonly entry: string;
  readonly author: PersonId;
  readonly edition: number;
  /** `abstain`: the reviewer has an interest in the entry, and leaves it to another. */
  readonly decision: (typeof decisions)[number];
  /** What is to be done, or what the interest is; empty only where it is accepted. */
  readonly reasons: string;
  readonly at: Instant;
}

export type DraftFault = 'not-an-object' | 'unknown-kind' | `bad-field:${string}`;

const mostWords = 4000;
const isWords = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed() && value.length <= mostWords;
const isEdition = (value: unknown): value is number => isCount(value) && value >= 1;

const first = (value: JsonObject, checks: Readonly<Record<string, (field: unknown) => boolean>>): DraftFault | null => {
  const wrong = Object.entries(checks).find(([name, check]) => !check(Object.hasOwn(value, name) ? value[name] : undefined));
  return wrong === undefined ? null : `bad-field:${wrong[0]}`;
};

const isSubmitted = (value: unknown): boolean =>
  value === null || (isObject(value) && first(value, { edition: isEdition, at: isInstant, interest: isWords, fields: isObject }) === null);

export function parseDraft(value: unknown): Result<Draft, DraftFault> {
  if (!isObject(value)) return err('not-an-object');
  if (value['kind'] !== 'draft') return err('unknown-kind');
  const fault = first(value, {
    writer: isPersonId,
    entry: isSlug,
    of: isSlug,
    country: (country) => country === undefined || country === null || isSlug(country),
    fields: isObject,
    changed: isInstant,
    submitted: isSubmitted,
    withdrawn: (at) => at === null || isInstant(at),
  });
  if (fault !== null) return err(fault);
  const { writer, entry, of, country, fields, changed, submitted, withdrawn } = value as unknown as Draft;
  // Drafts of before this field was known have their country among the entry's own fields, or name none.
  const told = isSlug(fields['country']) ? fields['country'] : null;
  return ok({
    kind: 'draft',
    writer,
    entry,
    of,
    country: isForCountry(of) ? (country ?? told) : null,
    fields,
    changed,
    submitted:
      submitted === null ? null : { edition: submitted.edition, at: submitted.at, interest: submitted.interest, fields: submitted.fields },
    withdrawn,
  });
}

export function parseReview(value: unknown): Result<Review, DraftFault> {
  if (!isObject(value)) return err('not-an-object');
  if (value['kind'] !== 'review') return err('unknown-kind');
  const fault = first(value, {
    writer: isPersonId,
    entry: isSlug,
    author: isPersonId,
    edition: isEdition,
    decision: (decision) => decisions.some((one) => one === decision),
    reasons: (reasons) => isWords(reasons) && (value['decision'] === 'accept' || reasons.trim() !== ''),
    at: isInstant,
  });
  if (fault !== null) return err(fault);
  const { writer, entry, author, edition, decision, reasons, at } = value as unknown as Review;
  return ok({ kind: 'review', writer, entry, author, edition, decision, reasons, at });
}

export const draftId = (node: NodeId, { entry, writer }: Pick<Draft, 'entry' | 'writer'>): string => `${node}:draft:${entry}:${writer}`;
export const reviewId = (
  node: NodeId,
  { entry, author, edition, writer }: Pick<Review, 'entry' | 'author' | 'edition' | 'writer'>,
): string => `${node}:review:${entry}:${author}:${String(edition)}-${writer}`;

export const stages = ['draft', 'submitted', 'returned', 'accepted', 'superseded', 'withdrawn'] as const;
export type Stage = (typeof stages)[number];

export interface Standing {
  readonly stage: Stage;
  /** The review that decided; null where none did. */
  readonly review: Review | null;
}

const inOrder = (a: Review, b: Review): number =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : 0;

/** The review that decides an edition; null where none does. The author's own never counts. */
export const decisionOn = (draft: Pick<Draft, 'entry' | 'writer'>, edition: number, reviews: readonly Review[]): Review | null =>
  reviews
    .filter(
      (review) =>
        review.entry === draft.entry &&
        review.author === draft.writer &&
        review.edition === edition &&
        review.writer !== draft.writer &&
        review.decision !== 'abstain',
    )
    .sort(inOrder)[0] ?? null;

/**
 * Where an entry stands.
 *
 * @param published whose edition stands under the entry's id in the commons; null where nobody's does, or it is not known
 */
export function standingOfDraft(
  draft: Draft,
  reviews: readonly Review[],
  published: { readonly author: PersonId; readonly edition: number } | null,
): Standing {
  const { submitted } = draft;
  const review = submitted === null ? null : decisionOn(draft, submitted.edition, reviews);
  if (draft.withdrawn !== null) return { stage: 'withdrawn', review };
  if (submitted === null) return { stage: 'draft', review: null };
  const accepted = isOwnWord(draft.of) || review?.decision === 'accept';
  if (!accepted) return { stage: review === null ? 'submitted' : 'returned', review };
  const isReplaced = published !== null && (published.author !== draft.writer || published.edition > submitted.edition);
  return { stage: isReplaced ? 'superseded' : 'accepted', review };
}
