import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import type { Leaf, Programme, Requirement } from '#lib/certification/programme.ts';
import { addMonths, standing, type Evidence, type Progress, type Standing } from '#lib/certification/standing.ts';

const start = Date.parse('2026-01-15T09:00:00.000Z');
const day = 24 * 60 * 60 * 1000;
const on = (days: number): Instant => instantOf(start + days * day);
const months = (from: Instant, n: number): Instant => instantOf(addMonths(Date.parse(from), n));

const words = { en: 'x' };
const rubric = { id: 'teaching', title: words, criteria: ['a', 'b'].map((id) => ({ id, title: words, levels: [words, words, words] })) };
const programmeOf = (change: Partial<Programme> = {}): Programme => ({
  id: 'trainer',
  version: 1,
  title: words,
  summary: words,
  criteria: words,
  alignment: [],
  within: 12,
  validity: 24,
  requires: {
    type: 'all',
    of: [
      {
        type: 'some',
        n: 1,
        of: [
          { type: 'course', id: 'law', course: 'law', score: 0.8 },
          { type: 'course', id: 'gnss', course: 'gnss', score: 0.8 },
        ],
      },
      { type: 'teaching', id: 'teaching', sessions: 2, rubric: 'teaching', level: 2 },
      { type: 'people', id: 'people', people: 2, courses: ['law'], score: 0.5 },
    ],
  },
  renewal: { type: 'teaching', id: 'again', sessions: 1, rubric: 'teaching', level: 2 },
  lapse: { months: 6, to: words },
  rubrics: [rubric],
  ...change,
});
const programme = programmeOf();

const me = 'me';
const pass = (days: number, person = me, course = 'law', score = 0.9): Evidence => ({ type: 'pass', id: `pass-${person}-${course}-${String(days)}-${String(score)}`, at: on(days), person, course, score }); // prettier-ignore
const session = (days: number, attended: readonly string[] = [], trainer = me): Evidence => ({ type: 'session', id: `session-${trainer}-${String(days)}-${attended.join('.')}`, at: on(days), trainer, attended }); // prettier-ignore
const observation = (held: Evidence, level = 2, days = 0): Evidence => {
  if (held.type !== 'session') throw new Error('Only a session is observed');
  return { type: 'observation', id: `seen-${held.id}-${String(level)}`, at: instantOf(Date.parse(held.at) + days * day), session: held.id, trainer: held.trainer, programme: 'trainer', rubric: 'teaching', levels: { a: level, b: 3 } }; // prettier-ignore
};
const first = session(10, ['ana', 'ben']);
const second = session(20);
const whole: readonly Evidence[] = [
  pass(1),
  first,
  second,
  observation(first),
  observation(second),
  pass(12, 'ana'),
  pass(15, 'ben', 'law', 0.5),
];

const leafOf = (progress: Progress, id: string): Progress | undefined =>
  progress.leaf?.id === id ? progress : progress.of.map((child) => leafOf(child, id)).find((found) => found !== undefined);

describe('standing', () => {
  it('is reached by the last piece that was missing, and explains itself', () => {
    const reached = standing(programme, me, whole, on(40));
    expect(reached).toMatchObject({
      state: 'in-force',
      since: on(20),
      until: months(on(20), 24),
      requirement: { met: true, have: 3, need: 3 },
    });
    expect(leafOf(reached.requirement, 'teaching')).toMatchObject({ met: true, have: 2, need: 2, ends: months(on(10), 12) });
    expect(leafOf(reached.requirement, 'teaching')?.by).toEqual([second.type === 'session' ? second.id : '', observation(second).type === 'observation' ? `seen-${(second as { id: string }).id}-2` : '', (first as { id: string }).id, `seen-${(first as { id: string }).id}-2`]); // prettier-ignore
    expect(leafOf(reached.requirement, 'people')).toMatchObject({ have: 2, need: 2 });
    expect(leafOf(reached.requirement, 'gnss')).toMatchObject({ met: false, have: 0 });
    const before = standing(programme, me, whole, on(19));
    expect(before).toMatchObject({ state: 'not-yet', since: null, until: null, requirement: { met: false, have: 2 } });
    expect(leafOf(before.requirement, 'teaching')).toMatchObject({ met: false, have: 1, need: 2 });
  });

  it.each([
    ['a pass below the score', [pass(1), pass(1, me, 'law', 0.79)]],
    ['an observation below the level', [observation(second), observation(second, 1)]],
    ['a session that nobody saw', [observation(second), undefined]],
    ['a learner who failed', [pass(15, 'ben', 'law', 0.5), pass(15, 'ben', 'law', 0.4)]],
    ['a learner who had passed before', [pass(15, 'ben', 'law', 0.5), pass(5, 'ben')]],
    ['a learner of another course', [pass(15, 'ben', 'law', 0.5), pass(15, 'ben', 'gnss')]],
    ['a learner who was not there', [first, session(10, ['ana'])]],
  ] as const)('is not reached with %s', (_, [out, instead]) => {
    const text = JSON.stringify(out);
    const evidence = whole.flatMap((piece) => (JSON.stringify(piece) === text ? (instead === undefined ? [] : [instead]) : [piece]));
    expect(evidence).not.toEqual(whole);
    expect(standing(programme, me, evidence, on(40)).state).toBe('not-yet');
  });

  it('counts a session once, however often it was observed', () => {
    const evidence = [pass(1), first, observation(first), observation(first, 3), pass(12, 'ana'), pass(15, 'ben')];
    expect(leafOf(standing(programme, me, evidence, on(40)).requirement, 'teaching')).toMatchObject({ have: 1, met: false });
  });

  it('asks that the work lies together', () => {
    const late = session(400);
    const apart = [pass(1), first, late, observation(first), observation(late), pass(12, 'ana'), pass(15, 'ben')];
    expect(standing(programme, me, apart, on(410)).state).toBe('not-yet');
  });

  it('ends, lapses and is gone when the programme says', () => {
    const end = months(on(20), 24);
    const gone = months(on(20), 30);
    const just = (moment: Instant): Instant => instantOf(Date.parse(moment) - 1);
    expect(standing(programme, me, whole, just(end))).toMatchObject({ state: 'in-force', until: end });
    expect(standing(programme, me, whole, end)).toMatchObject({ state: 'lapsed', since: on(20), until: gone });
    expect(standing(programme, me, whole, just(gone)).state).toBe('lapsed');
    expect(standing(programme, me, whole, gone)).toMatchObject({ state: 'not-yet', since: on(20), until: null });
  });

  it('is renewed by going on, also while it is lapsed, and not afterwards', () => {
    for (const [days, state] of [
      [600, 'in-force'],
      [860, 'in-force'],
      [960, 'not-yet'],
    ] as const) {
      const more = session(days);
      const renewed = standing(programme, me, [...whole, more, observation(more)], on(days + 1));
      expect(renewed.state, String(days)).toBe(state);
      if (state === 'in-force') expect(renewed).toMatchObject({ since: on(days), until: months(on(days), 24), renewal: { met: true } });
    }
  });

  it('needs a credential of another programme to be in force when it completes', () => {
    const master = programmeOf({ id: 'master', requires: { type: 'all', of: [{ type: 'holds', id: 'trainer', programme: 'trainer' }, { type: 'course', id: 'gnss', course: 'gnss', score: 0.5 }] } }); // prettier-ignore
    const credential: Evidence = { type: 'credential', id: 'c', at: on(10), until: on(100), person: me, programme: 'trainer' };
    expect(standing(master, me, [credential, pass(50, me, 'gnss')], on(60))).toMatchObject({ state: 'in-force', since: on(50) });
    expect(standing(master, me, [credential, pass(5, me, 'gnss')], on(60))).toMatchObject({ state: 'in-force', since: on(10) });
    expect(standing(master, me, [credential, pass(101, me, 'gnss')], on(110)).state).toBe('not-yet');
    expect(standing(master, me, [credential, pass(50, me, 'gnss'), { type: 'withdrawal', of: 'c' }], on(60)).state).toBe('not-yet');
  });

  it('has nothing stand in for a contribution, and counts each practice once', () => {
    const author = programmeOf({ requires: { type: 'contribution', id: 'x', contributions: 2 } });
    const practice = (id: string, days: number, person = me): Evidence => ({ type: 'contribution', id, at: on(days), person, entry: id, title: words }); // prettier-ignore
    expect(standing(author, me, whole, on(40))).toMatchObject({ state: 'not-yet', requirement: { met: false, have: 0, need: 2 } });
    const one = [practice('flood', 5), practice('flood', 6), practice('drought', 7, 'ana')];
    expect(standing(author, me, one, on(40))).toMatchObject({ state: 'not-yet', requirement: { met: false, have: 1 } });
    expect(standing(author, me, [...one, practice('drought', 9)], on(40))).toMatchObject({ state: 'in-force', since: on(9) });
    expect(standing(author, me, [...one, practice('drought', 9), { type: 'withdrawal', of: 'flood' }], on(40)).state).toBe('not-yet');
  });

  it('adds months as a calendar does', () => {
    const of = (text: string, n: number): string => instantOf(addMonths(Date.parse(`${text}T12:00:00Z`), n)).slice(0, 10);
    expect(of('2026-01-31', 1)).toBe('2026-02-28');
    expect(of('2028-01-31', 1)).toBe('2028-02-29');
    expect(of('2026-03-31', -1)).toBe('2026-02-28');
    expect(of('2026-11-20', 36)).toBe('2029-11-20');
    expect(of('2026-01-15', -13)).toBe('2024-12-15');
  });
});

// Evidence of two or three people over three years, dense enough that most runs reach something.
const someone = fc.constantFrom(me, 'ana', 'ben', 'cy');
const sessions = fc.record({ days: fc.integer({ min: 0, max: 1100 }), attended: fc.uniqueArray(fc.constantFrom('ana', 'ben', 'cy'), { maxLength: 3 }), level: fc.integer({ min: 1, max: 3 }), seen: fc.boolean() }); // prettier-ignore
const evidenceOf = fc
  .record({
    sessions: fc.array(sessions, { minLength: 2, maxLength: 6 }),
    passes: fc.array(fc.record({ days: fc.integer({ min: 0, max: 1100 }), person: someone, course: fc.constantFrom('law', 'gnss'), score: fc.constantFrom(0.4, 0.6, 0.9) }), { minLength: 3, maxLength: 10 }), // prettier-ignore
    contributions: fc.array(fc.record({ days: fc.integer({ min: 0, max: 1100 }), entry: fc.constantFrom('flood', 'drought') }), {
      maxLength: 3,
    }),
    credentials: fc.array(fc.record({ from: fc.integer({ min: 0, max: 1000 }), days: fc.integer({ min: 1, max: 600 }) }), { maxLength: 2 }),
  })
  .map(({ sessions, passes, credentials, contributions }) => [
    ...sessions.flatMap(({ days, attended, level, seen }) => {
      const held = session(days, attended);
      return seen ? [held, observation(held, level)] : [held];
    }),
    ...passes.map(({ days, person, course, score }) => pass(days, person, course, score)),
    ...contributions.map(({ days, entry }): Evidence => ({ type: 'contribution', id: `${entry}-${String(days)}`, at: on(days), person: me, entry, title: words })), // prettier-ignore
    ...credentials.map(({ from, days }, i): Evidence => ({ type: 'credential', id: `credential-${String(i)}`, at: on(from), until: on(from + days), person: me, programme: 'other' })), // prettier-ignore
  ]);
const leafArbitrary: fc.Arbitrary<Leaf> = fc.constantFrom<Leaf>(
  { type: 'course', id: 'law', course: 'law', score: 0.5 },
  { type: 'course', id: 'gnss', course: 'gnss', score: 0.5 },
  { type: 'teaching', id: 'teaching', sessions: 2, rubric: 'teaching', level: 2 },
  { type: 'teaching', id: 'teaching-one', sessions: 1, rubric: 'teaching', level: 1 },
  { type: 'people', id: 'people', people: 2, courses: ['law', 'gnss'], score: 0.5 },
  { type: 'contribution', id: 'contribution', contributions: 1 },
  { type: 'holds', id: 'other', programme: 'other' },
);
const { requirement: requirementOf } = fc.letrec<{ requirement: Requirement; branch: Requirement }>((tie) => ({
  requirement: fc.oneof({ maxDepth: 2 }, leafArbitrary, tie('branch')),
  branch: fc
    .record({
      type: fc.constantFrom('all' as const, 'any' as const, 'some' as const),
      of: fc.array(tie('requirement'), { minLength: 1, maxLength: 3 }),
    })
    .map(({ type, of }) => (type === 'some' ? { type, n: Math.max(1, of.length - 1), of } : { type, of })),
}));
const programmeArbitrary = fc
  .record({
    requires: requirementOf,
    renewal: requirementOf,
    within: fc.integer({ min: 1, max: 24 }),
    validity: fc.integer({ min: 1, max: 24 }),
    lapse: fc.integer({ min: 1, max: 12 }),
  }) // prettier-ignore
  .map(({ requires, renewal, within, validity, lapse }) =>
    programmeOf({ requires, renewal, within, validity, lapse: { months: lapse, to: words } }),
  );
const moments = fc.integer({ min: 0, max: 1600 }).map(on);
const runs = { seed: 20_261_120, numRuns: 1500 };

/** Of a standing: what one holds, and until when. A later award is the higher one. */
const height = ({ state, since }: Standing): readonly [number, string] => [{ 'in-force': 2, lapsed: 1, 'not-yet': 0 }[state], since ?? ''];
const isAtLeast = (a: Standing, b: Standing): boolean => {
  const [[stateA, sinceA], [stateB, sinceB]] = [height(a), height(b)];
  return stateA > stateB || (stateA === stateB && sinceA >= sinceB);
};

describe('for every programme and every evidence', () => {
  it('more evidence never lowers a standing', () => {
    let reached = 0;
    fc.assert(
      fc.property(programmeArbitrary, evidenceOf, evidenceOf, moments, (any, evidence, more, now) => {
        const without = standing(any, me, evidence, now);
        const withMore = standing(any, me, [...evidence, ...more], now);
        if (without.state !== 'not-yet') reached += 1;
        expect(isAtLeast(withMore, without)).toBe(true);
      }),
      runs,
    );
    expect(reached).toBeGreaterThan(runs.numRuns / 10);
  });

  it('a withdrawal only ever lowers it, and is the same as if the evidence had never been', () => {
    fc.assert(
      fc.property(programmeArbitrary, evidenceOf, fc.nat(), moments, (any, evidence, which, now) => {
        const piece = evidence[which % evidence.length];
        if (piece === undefined || piece.type === 'withdrawal') return;
        const { id } = piece;
        const withdrawn = standing(any, me, [...evidence, { type: 'withdrawal', of: id }], now);
        expect(isAtLeast(standing(any, me, evidence, now), withdrawn)).toBe(true);
        expect(withdrawn).toEqual(standing(any, me, evidence.filter((other) => other.type === 'withdrawal' || other.id !== id), now)); // prettier-ignore
      }),
      runs,
    );
  });

  it('the order of evidence, and evidence twice, never matter', () => {
    fc.assert(
      fc.property(
        programmeArbitrary,
        evidenceOf.chain((evidence) =>
          fc.tuple(fc.constant(evidence), fc.shuffledSubarray([...evidence, ...evidence], { minLength: evidence.length * 2 })),
        ),
        moments,
        (any, [evidence, shuffled], now) => {
          expect(standing(any, me, shuffled, now)).toEqual(standing(any, me, evidence, now));
        },
      ),
      runs,
    );
  });

  it('time does what the programme says and nothing else', () => {
    fc.assert(
      fc.property(programmeArbitrary, evidenceOf, moments, fc.integer({ min: 0, max: 900 }), (any, evidence, now, days) => {
        const later = instantOf(Date.parse(now) + days * day);
        const known = evidence.filter((piece) => piece.type === 'withdrawal' || piece.at <= now);
        const before = standing(any, me, known, now);
        const afterwards = standing(any, me, known, later);
        expect(afterwards.since).toBe(before.since);
        const { since } = before;
        if (since === null) {
          expect(afterwards.state).toBe('not-yet');
          return;
        }
        const [end, gone] = [months(since, any.validity), months(since, any.validity + any.lapse.months)];
        for (const [result, at] of [
          [before, now],
          [afterwards, later],
        ] as const) {
          expect(result.state).toBe(at < end ? 'in-force' : at < gone ? 'lapsed' : 'not-yet');
          expect(result.until).toBe(at < end ? end : at < gone ? gone : null);
        }
      }),
      runs,
    );
  });

  it('evidence of others who are no learners of the person changes nothing', () => {
    fc.assert(
      fc.property(programmeArbitrary, evidenceOf, moments, (any, evidence, now) => {
        const strangers = evidence.flatMap((piece): Evidence[] => (piece.type === 'pass' ? [{ ...piece, id: `x${piece.id}`, person: 'stranger' }] : piece.type === 'session' ? [{ ...piece, id: `x${piece.id}`, trainer: 'stranger' }] : [])); // prettier-ignore
        expect(standing(any, me, [...evidence, ...strangers], now)).toEqual(standing(any, me, evidence, now));
      }),
      runs,
    );
  });

  it('what is in force has its requirement or its renewal met', () => {
    fc.assert(
      fc.property(programmeArbitrary, evidenceOf, moments, (any, evidence, now) => {
        const { state, requirement, since } = standing(any, me, evidence, now);
        if (state === 'not-yet' || since === null) return;
        const atAward = standing(any, me, evidence.filter((piece) => piece.type === 'withdrawal' || piece.at <= since), since); // prettier-ignore
        expect(requirement.met || atAward.renewal?.met).toBe(true);
      }),
      runs,
    );
  });
});
