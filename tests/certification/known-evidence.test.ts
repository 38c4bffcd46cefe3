/** What a centre knows and what lies on a device, joined for one standing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { joinEvidence, parseKnownEvidence, type KnownEvidence } from '#lib/certification/known-evidence.ts';
import type { Programme } from '#lib/certification/programme.ts';
import { standing, type Evidence } from '#lib/certification/standing.ts';

const personOf = (n: number): PersonId => String(n).padStart(26, '0') as PersonId;
const [self, other, learner] = [personOf(1), personOf(2), personOf(3)];
const at = (days: number) => instantOf(Date.parse('2026-11-01T00:00:00Z') + days * 86_400_000);
const knownOf = (evidence: readonly Evidence[]): KnownEvidence => ({ person: other, ids: [other, self], at: at(5), evidence });

const anyEvidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.record({
    type: fc.constant('pass' as const),
    id: fc.constantFrom('p1', 'p2'),
    at: fc.nat(9).map(at),
    person: fc.constantFrom<string>(self, other, learner),
    course: fc.constantFrom('space-law', 'disaster-risk'),
    score: fc.constantFrom(0.5, 0.8, 1),
  }),
  fc.record({
    type: fc.constant('exam' as const),
    id: fc.constantFrom('e1', 'e2'),
    at: fc.nat(9).map(at),
    person: fc.constantFrom<string>(self, other, learner),
    course: fc.constant('disaster-risk'),
    unit: fc.constant('exam'),
    score: fc.constantFrom(0.5, 0.8),
  }),
  fc.record({
    type: fc.constant('session' as const),
    id: fc.constantFrom('s1', 's2'),
    at: fc.nat(9).map(at),
    trainer: fc.constantFrom<string>(self, other),
    attended: fc.subarray<string>([learner, personOf(4), personOf(5)]),
  }),
  fc.record({
    type: fc.constant('observation' as const),
    id: fc.constantFrom('o1', 'o2'),
    at: fc.nat(9).map(at),
    session: fc.constantFrom('s1', 's2'),
    trainer: fc.constantFrom<string>(self, other),
    programme: fc.constant('trainer'),
    rubric: fc.constant('teaching'),
    levels: fc.constant({ subject: 2 }),
  }),
  fc.record({ type: fc.constant('withdrawal' as const), of: fc.constantFrom('s1', 'o1', 'e1') }),
);

const programme: Programme = {
  id: 'trainer',
  version: 1,
  title: {},
  summary: {},
  criteria: {},
  alignment: [],
  within: 24,
  validity: 36,
  lapse: { months: 12, to: {} },
  rubrics: [{ id: 'teaching', title: {}, criteria: [{ id: 'subject', title: {}, levels: [{}, {}] }] }],
  requires: {
    type: 'all',
    of: [
      { type: 'course', id: 'law', course: 'space-law', score: 0.8 },
      { type: 'exam', id: 'exam', course: 'disaster-risk', unit: 'exam', score: 0.7 },
      { type: 'teaching', id: 'teaching', sessions: 1, rubric: 'teaching', level: 2 },
    ],
  },
  renewal: { type: 'teaching', id: 'again', sessions: 1, rubric: 'teaching', level: 2 },
};

describe('what a centre knows', () => {
  it('is read as it was told, and what is none is left out', () => {
    fc.assert(
      fc.property(fc.array(anyEvidence), (evidence) => {
        const known = knownOf(evidence);
        expect(parseKnownEvidence(JSON.parse(JSON.stringify(known)))).toEqual(known);
      }),
    );
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => parseKnownEvidence(value) === null || Array.isArray((value as { evidence?: unknown }).evidence),
      ),
    );
    const odd = { ...knownOf([]), evidence: [{ type: 'magic', id: 'x', at: at(1) }, { type: 'pass', id: 'x' }, 7] };
    expect(parseKnownEvidence(odd)).toMatchObject({ evidence: [] });
  });

  it('and what is on the device are the same joined twice, and one human whatever id they are under', () => {
    fc.assert(
      fc.property(fc.array(anyEvidence), fc.array(anyEvidence), (own, told) => {
        const known = knownOf(told);
        const once = joinEvidence(own, known, { person: self, ids: [] });
        expect(once.person).toBe(other);
        expect(joinEvidence(once.evidence, known, { person: self, ids: [] })).toEqual(once);
        const named = JSON.stringify(once.evidence);
        expect(named).not.toContain(self);
      }),
    );
  });

  it('never lowers a standing that the device reaches alone, unless something was taken back', () => {
    const rank = { 'in-force': 2, lapsed: 1, 'not-yet': 0 };
    const stays = anyEvidence.filter(({ type }) => type !== 'withdrawal');
    fc.assert(
      fc.property(fc.array(stays, { maxLength: 12 }), fc.array(stays, { maxLength: 6 }), (own, told) => {
        const alone = joinEvidence(own, knownOf([]), { person: self, ids: [] });
        // The same piece is the same wherever it lies: what has the name of another is none.
        const names = new Set(own.flatMap((piece) => ('id' in piece ? [piece.id] : [])));
        const more = joinEvidence(own, knownOf(told.filter((piece) => !('id' in piece) || !names.has(piece.id))), {
          person: self,
          ids: [],
        });
        const of = ({ person, evidence }: typeof alone) => rank[standing(programme, person, evidence, at(20)).state];
        expect(of(more)).toBeGreaterThanOrEqual(of(alone));
      }),
    );
  });
});
