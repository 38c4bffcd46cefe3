/**
 * What this node's people gave to the library of practices: entries of theirs that a reviewer accepted, each as of its first acceptance, whatever its author writes on it since. What
 * its author took back is none.
 */
import { decisionOn, parseDraft, parseReview, type Draft, type Review } from '../../domain/drafts.ts';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import type { Evidence } from '../../certification/standing.ts';
import { isRecordOf, isString } from '../../domain/shape.ts';
import type { Database } from '../engine/engine.ts';

/** The kind of entries that the library of practices is made of. */
const kind = 'practice';

function acceptedIn(draft: Draft, reviews: readonly Review[]): Review | null {
  if (draft.of !== kind || draft.withdrawn !== null || draft.submitted === null) return null;
  for (let edition = 1; edition <= draft.submitted.edition; edition++) {
    const review = decisionOn(draft, edition, reviews);
    if (review?.decision === 'accept') return review;
  }
  return null;
}

/** @param desk the node's own, where drafts and reviews are */
export async function readContributions({
  node,
  desk,
}: {
  readonly node: NodeId;
  readonly desk: Database;
}): Promise<ReadonlyMap<PersonId, readonly Evidence[]>> {
  const documents = async (of: 'draft' | 'review') =>
    (await desk.list({ partition: node, start: `${node}:${of}:`, end: `${node}:${of};`, inclusiveEnd: false, bodies: true })).rows;
  const drafts = (await documents('draft')).flatMap(({ document }) => {
    const parsed = parseDraft(document);
    return parsed.ok && parsed.value.of === kind ? [parsed.value] : [];
  });
  if (drafts.length === 0) return new Map();
  const reviews = (await documents('review')).flatMap(({ document }) => {
    const parsed = parseReview(document);
    return parsed.ok ? [parsed.value] : [];
  });
  const found = new Map<PersonId, Evidence[]>();
  for (const draft of drafts) {
    const review = acceptedIn(draft, reviews);
    if (review === null) continue;
    const { writer: person, entry, submitted } = draft;
    const title = submitted?.fields['title'];
    const piece: Evidence = {
      type: 'contribution',
      id: `${node}:draft:${entry}:${person}`,
      at: review.at,
      person,
      entry,
      title: isRecordOf(isString)(title) ? title : {},
    };
    found.set(person, [...(found.get(person) ?? []), piece]);
  }
  return found;
}
