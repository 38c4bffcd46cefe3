/** Who writes, reads and reviews what is on its way to the commons: said as a table, and asked of the module. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/lib/domain/clock.ts';
import { isConfidential, isForCountry, isOwnWord, type Draft, type Review } from '../../src/lib/domain/drafts.ts';
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { mayReadDraft, mayWriteDraft, mayWriteReview, roles, type Role, type Who } from '../../src/lib/sync/access.ts';
import { aDevice, aPerson } from '../fixtures/records.ts';

const [ann, rui] = [aPerson('a'), aPerson('r')];
const at = '2026-11-30T10:00:00.000Z' as Instant;
const staff = (person: typeof ann, ...own: readonly Role[]): Who => ({
  type: 'staff',
  person,
  roles: own,
  countries: ['islemara'],
  teaches: () => true,
});

const outsiders: readonly Who[] = [
  { type: 'stranger' },
  { type: 'device', person: ann, device: aDevice('p') },
  { type: 'peer', node: 'east' as NodeId },
  { type: 'node', node: 'centre' as NodeId },
];

const draft = (of: string, more: Partial<Draft> = {}): Draft => ({
  kind: 'draft',
  writer: ann,
  entry: 'an-entry',
  of,
  country: isForCountry(of) ? 'islemara' : null,
  fields: { id: 'an-entry' },
  changed: at,
  submitted: null,
  withdrawn: null,
  ...more,
});
const handedIn = (of: string, edition = 1): Draft => draft(of, { submitted: { edition, at, interest: '', fields: { id: 'an-entry' } } });
const review = (more: Partial<Review> = {}): Review => ({
  kind: 'review',
  writer: rui,
  entry: 'an-entry',
  author: ann,
  edition: 1,
  decision: 'accept',
  reasons: '',
  at,
  ...more,
});

/** Each kind of entry, and the roles that write it; none: nobody does on this road. Whoever teaches gives practices to the library. */
const pens: Readonly<Record<string, readonly Role[]>> = {
  assessment: ['focal-point'],
  indicator: ['focal-point'],
  plan: ['focal-point'],
  call: ['focal-point'],
  solution: ['provider'],
  practice: ['provider', 'trainer', 'master'],
  listing: ['provider'],
  organisation: ['provider'],
  offer: ['provider'],
  opportunity: ['provider'],
  resource: ['provider'],
  contribution: ['provider'],
  pair: ['provider'],
  mission: ['focal-point'],
  request: ['focal-point'],
  proposal: ['focal-point'],
  term: [],
  goal: [],
  target: [],
  country: [],
};

describe.each(Object.entries(pens))('a draft of %s', (of, writers) => {
  it.each(roles)(`asked by a %s`, (role) => {
    expect(mayWriteDraft(staff(ann, role), draft(of), null).allow).toBe(writers.includes(role));
    // Never under another's name.
    expect(mayWriteDraft(staff(rui, role), draft(of), null).allow).toBe(false);
    expect(mayReadDraft(staff(ann, role), draft(of)).allow).toBe(true);
    // Before it is handed in it is its author's alone.
    expect(mayReadDraft(staff(rui, role), draft(of)).allow).toBe(false);
    // What a country says of itself, and what names people, is read by nobody here but its author, handed in or not.
    const isReviewed = role === 'reviewer' && !isOwnWord(of) && !isConfidential(of);
    expect(mayReadDraft(staff(rui, role), handedIn(of)).allow).toBe(isReviewed);
    expect(mayWriteReview(staff(rui, role), review(), handedIn(of), false).allow).toBe(isReviewed);
  });

  it('is closed to whoever is no staff', () => {
    for (const who of outsiders) {
      expect(mayWriteDraft(who, draft(of), null).allow).toBe(false);
      expect(mayReadDraft(who, handedIn(of)).allow).toBe(false);
      expect(mayWriteReview(who, review(), handedIn(of), false).allow).toBe(false);
    }
  });
});

const country = fc.constantFrom('islemara', 'altavar', 'oruvana', 'elsewhere');
const forCountry = Object.keys(pens).filter(isForCountry);

describe('a focal point', () => {
  it('writes for the countries of their sign-in and for no other, whatever else they are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...forCountry),
        fc.uniqueArray(country),
        fc.option(country, { nil: null }),
        fc.subarray([...roles]),
        (of, countries, wanted, further) => {
          const who: Who = { type: 'staff', person: ann, roles: [...further, 'focal-point'], countries, teaches: () => true };
          expect(mayWriteDraft(who, draft(of, { country: wanted }), null).allow).toBe(wanted !== null && countries.includes(wanted));
        },
      ),
    );
  });

  it('carries no draft over from one country to another', () => {
    fc.assert(
      fc.property(fc.constantFrom(...forCountry), country, country, (of, before, after) => {
        const who: Who = { type: 'staff', person: ann, roles: ['focal-point'], countries: ['islemara', 'altavar', 'oruvana', 'elsewhere'], teaches: () => true }; // prettier-ignore
        expect(mayWriteDraft(who, draft(of, { country: after }), draft(of, { country: before })).allow).toBe(before === after);
      }),
    );
  });

  it('speaks for nobody where their sign-in names no country', () => {
    for (const of of forCountry)
      expect(mayWriteDraft({ type: 'staff', person: ann, roles: ['focal-point'], teaches: () => true }, draft(of), null).allow).toBe(false);
  });
});

describe('what names people', () => {
  it('is kept and never handed in', () => {
    expect(mayWriteDraft(staff(ann, 'provider'), draft('pair'), null).allow).toBe(true);
    expect(mayWriteDraft(staff(ann, 'provider'), handedIn('pair'), null).allow).toBe(false);
  });
});

describe('editions', () => {
  const ask = (after: Draft, before: Draft | null) => mayWriteDraft(staff(ann, 'provider'), after, before).allow;
  const of = 'solution';
  it('are counted one by one from 1', () => {
    expect(ask(handedIn(of), null)).toBe(true);
    expect(ask(handedIn(of, 2), null)).toBe(false);
    expect(ask(handedIn(of, 2), handedIn(of))).toBe(true);
    expect(ask(handedIn(of, 3), handedIn(of))).toBe(false);
    expect(ask(handedIn(of), handedIn(of, 2))).toBe(false);
    expect(ask(draft(of), handedIn(of))).toBe(false);
  });
  it('stay as they were handed in, while the author writes on', () => {
    expect(ask({ ...handedIn(of), fields: { id: 'an-entry', title: 'new' } }, handedIn(of))).toBe(true);
    const altered = draft(of, { submitted: { edition: 1, at, interest: '', fields: { id: 'an-entry', title: 'altered' } } });
    expect(ask(altered, handedIn(of))).toBe(false);
  });
  it('are not taken back by what is older, and keep their kind', () => {
    expect(ask({ ...draft(of), changed: '2026-11-30T09:00:00.000Z' as Instant }, draft(of))).toBe(false);
    expect(ask(draft('practice'), draft(of))).toBe(false);
  });
});

describe('a review', () => {
  const ask = (one: Review, of: Draft | null, isDecided = false, who = staff(rui, 'reviewer')) =>
    mayWriteReview(who, one, of, isDecided).allow;
  it('is of the edition that stands, once, by somebody else, in their own name', () => {
    expect(ask(review(), handedIn('solution'))).toBe(true);
    expect(ask(review({ edition: 2 }), handedIn('solution'))).toBe(false);
    expect(ask(review(), handedIn('solution', 2))).toBe(false);
    expect(ask(review(), handedIn('solution'), true)).toBe(false);
    expect(ask(review(), null)).toBe(false);
    expect(ask(review(), draft('solution'))).toBe(false);
    expect(ask(review(), { ...handedIn('solution'), withdrawn: at })).toBe(false);
    expect(ask(review({ writer: ann }), handedIn('solution'))).toBe(false);
    expect(ask(review({ writer: ann }), handedIn('solution'), false, staff(ann, 'reviewer', 'provider'))).toBe(false);
    expect(ask(review({ entry: 'another' }), handedIn('solution'))).toBe(false);
  });
});
