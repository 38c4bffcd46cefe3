import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from './clock.ts';
import type { PersonId } from './ids.ts';
import { decisions, decisionOn, parseDraft, parseReview, standingOfDraft, type Draft, type Review } from './drafts.ts';

const person = (letter: string): PersonId => letter.repeat(26) as PersonId;
const [ann, rui, sana] = [person('a'), person('r'), person('s')];
const at = (n: number): Instant => new Date(Date.UTC(2026, 10, 30, 0, n)).toISOString() as Instant;

const draft = (more: Partial<Draft> = {}): Draft => ({
  kind: 'draft',
  writer: ann,
  entry: 'flood-maps',
  of: 'solution',
  country: null,
  fields: { id: 'flood-maps' },
  changed: at(0),
  submitted: { edition: 1, at: at(0), interest: '', fields: { id: 'flood-maps' } },
  withdrawn: null,
  ...more,
});

const anyReview: fc.Arbitrary<Review> = fc
  .record({
    writer: fc.constantFrom(ann, rui, sana),
    edition: fc.integer({ min: 1, max: 2 }),
    decision: fc.constantFrom(...decisions),
    minute: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ writer, edition, decision, minute }) => ({
    kind: 'review',
    writer,
    entry: 'flood-maps',
    author: ann,
    edition,
    decision,
    reasons: 'because',
    at: at(minute),
  }));
const anyReviews = fc.uniqueArray(anyReview, { selector: ({ writer, edition }) => `${writer} ${String(edition)}`, maxLength: 6 });

describe('where an entry stands', () => {
  it('is the same in whatever order reviews arrive', () => {
    fc.assert(
      fc.property(anyReviews, (reviews) => {
        expect(standingOfDraft(draft(), [...reviews].reverse(), null)).toEqual(standingOfDraft(draft(), reviews, null));
      }),
    );
  });

  it('is decided by nobody’s own word, by no abstention, and by no review of another edition', () => {
    fc.assert(
      fc.property(anyReviews, (reviews) => {
        const decided = decisionOn(draft(), 1, reviews);
        const may = reviews.filter(({ writer, edition, decision }) => writer !== ann && edition === 1 && decision !== 'abstain');
        expect(decided === null).toBe(may.length === 0);
        for (const one of may) expect(decided !== null && decided.at <= one.at).toBe(true);
        const { stage } = standingOfDraft(draft(), reviews, null);
        expect(stage).toBe(decided === null ? 'submitted' : decided.decision === 'accept' ? 'accepted' : 'returned');
      }),
    );
  });

  it('goes from draft over submitted and returned to accepted, superseded, withdrawn', () => {
    const review = (edition: number, decision: Review['decision']): Review => ({
      kind: 'review',
      writer: rui,
      entry: 'flood-maps',
      author: ann,
      edition,
      decision,
      reasons: 'why',
      at: at(edition),
    });
    const stage = (one: Draft, reviews: readonly Review[], published: Parameters<typeof standingOfDraft>[2] = null) =>
      standingOfDraft(one, reviews, published).stage;
    expect(stage(draft({ submitted: null }), [])).toBe('draft');
    expect(stage(draft(), [])).toBe('submitted');
    expect(stage(draft(), [review(1, 'return')])).toBe('returned');
    const second = draft({ submitted: { edition: 2, at: at(5), interest: 'It is our product', fields: {} } });
    expect(stage(second, [review(1, 'return')])).toBe('submitted');
    expect(stage(second, [review(1, 'return'), review(2, 'accept')], { author: ann, edition: 2 })).toBe('accepted');
    expect(stage(second, [review(2, 'accept')], { author: sana, edition: 1 })).toBe('superseded');
    expect(stage({ ...second, withdrawn: at(9) }, [review(2, 'accept')])).toBe('withdrawn');
    // A country's own word waits for nobody.
    expect(stage(draft({ of: 'assessment' }), [])).toBe('accepted');
  });
});

describe('what comes from outside', () => {
  it('is read back as it was written', () => {
    expect(parseDraft(JSON.parse(JSON.stringify({ ...draft(), _id: 'x', newer: 1 })))).toEqual({ ok: true, value: draft() });
    fc.assert(
      fc.property(anyReview, (review) => {
        expect(parseReview(JSON.parse(JSON.stringify(review)))).toEqual({ ok: true, value: review });
      }),
    );
  });

  it('is a fault with the name of its field otherwise, never a thrown error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseDraft(value).ok).toBe(false);
        expect(parseReview(value).ok).toBe(false);
      }),
    );
    for (const field of Object.keys(draft()).filter((name) => name !== 'kind'))
      expect(parseDraft({ ...draft(), [field]: 7 })).toEqual({ ok: false, error: `bad-field:${field}` });
    expect(parseReview({ ...draft(), kind: 'review' }).ok).toBe(false);
  });

  it('is no return without reasons', () => {
    const review = { kind: 'review', writer: rui, entry: 'e', author: ann, edition: 1, decision: 'return', reasons: ' ', at: at(1) };
    expect(parseReview(review)).toEqual({ ok: false, error: 'bad-field:reasons' });
    expect(parseReview({ ...review, decision: 'accept' }).ok).toBe(true);
  });
});
