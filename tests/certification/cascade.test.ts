/** Who trained whom: any links, circles among them, in any order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import { branchOf, cascadeOf, linksOf, passMarksOf, type Link } from '#lib/certification/cascade.ts';
import { parseCost, parseNewCost } from '#lib/certification/cost.ts';
import { evaluationOf, type Certified } from '#lib/certification/evaluation.ts';

const day = 24 * 60 * 60 * 1000;
const on = (days: number): Instant => instantOf(Date.parse('2024-01-01T00:00:00.000Z') + days * day);

const link = (trainer: string, learner: string, days: number, by: Link['by'] = 'session'): Link => ({ trainer, learner, at: on(days), by });
const links: fc.Arbitrary<readonly Link[]> = fc.array(
  fc.record({
    trainer: fc.integer({ min: 0, max: 9 }).map((n) => `p${String(n)}`),
    learner: fc.integer({ min: 0, max: 9 }).map((n) => `p${String(n)}`),
    at: fc.integer({ min: 0, max: 20 }).map(on),
    by: fc.constantFrom<Link['by']>('session', 'cohort', 'observation'),
  }),
  { maxLength: 60 },
);
const shuffled = <T>(values: fc.Arbitrary<readonly T[]>) =>
  values.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })));

describe('the cascade', () => {
  it('follows who trained whom, through generations', () => {
    const { people, trainers, generations } = cascadeOf([
      link('amina', 'ben', 10),
      link('amina', 'chipo', 11),
      link('ben', 'dan', 20),
      link('dan', 'eva', 30),
      // Eva had been trained by Dan before.
      link('chipo', 'eva', 40),
    ]);
    expect(people.map(({ person, generation, first }) => [person, generation, first?.trainer ?? null])).toEqual([
      ['amina', 0, null],
      ['ben', 1, 'amina'],
      ['chipo', 1, 'amina'],
      ['dan', 2, 'ben'],
      ['eva', 3, 'dan'],
    ]);
    expect(trainers.map(({ person, trained, reach }) => [person, trained, reach])).toEqual([
      ['amina', 2, 4],
      ['ben', 1, 2],
      ['chipo', 1, 1],
      ['dan', 1, 1],
    ]);
    expect(generations).toEqual([1, 2, 1, 1]);
  });

  it('gives nobody what was handed on before they came', () => {
    const all = [link('ben', 'dan', 5), link('ben', 'eva', 6), link('amina', 'ben', 10), link('ben', 'fay', 20)];
    expect(branchOf(all, 'amina').map(({ person, generation }) => [person, generation])).toEqual([
      ['ben', 1],
      ['fay', 2],
    ]);
    // Who had trained before begins a branch.
    expect(cascadeOf(all).people.find(({ person }) => person === 'ben')).toMatchObject({ generation: 0, first: null });
  });

  it('comes to an end in circles, with everybody once and every generation below that of who trained first', () => {
    fc.assert(
      fc.property(links, (all) => {
        const { people, trainers, generations } = cascadeOf(all);
        const everybody = new Set(all.flatMap(({ trainer, learner }) => (trainer === learner ? [] : [trainer, learner])));
        expect(people).toHaveLength(everybody.size);
        expect(generations.reduce((sum, n) => sum + n, 0)).toBe(everybody.size);
        const places = new Map(people.map((place) => [place.person, place]));
        for (const { generation, first } of people)
          expect(generation).toBe(first === null ? 0 : (places.get(first.trainer)?.generation ?? -9) + 1);
        // A trainer stands before those whom they trained first.
        const order = people.map(({ person }) => person);
        for (const { person, first } of people)
          if (first !== null) expect(order.indexOf(first.trainer)).toBeLessThan(order.indexOf(person));
        for (const { trained, reach } of trainers) expect(reach).toBeGreaterThanOrEqual(trained);
      }),
    );
  });

  it('does not depend on the order of links', () => {
    fc.assert(
      fc.property(shuffled(links), ([all, other]) => {
        expect(cascadeOf(other)).toEqual(cascadeOf(all));
      }),
    );
  });

  it('a branch has nobody twice, not its own root, and only who was trained by somebody in it before', () => {
    const ordered = links.map((all) => linksOf({ evidence: [], observed: all.map(({ trainer, learner, at }) => ({ observer: trainer, trainer: learner, at })), enrolled: [], passMark: () => 0.6 })); // prettier-ignore
    fc.assert(
      fc.property(ordered, (all) => {
        const branch = branchOf(all, 'p0');
        const since = new Map(branch.map(({ person, first }) => [person, first?.at ?? '']));
        expect(since.size).toBe(branch.length);
        expect(since.has('p0')).toBe(false);
        for (const { first } of branch)
          if (first?.trainer !== 'p0') expect((since.get(first?.trainer ?? '') ?? '9') < (first?.at ?? '')).toBe(true);
      }),
    );
  });
});

describe('links', () => {
  const pass = (person: string, days: number, score = 1, course = 'space-law') =>
    ({ type: 'pass', id: `${person}:${String(days)}`, at: on(days), person, course, score }) as const;
  const session = (trainer: string, days: number, ...attended: readonly string[]) =>
    ({ type: 'session', id: `s${trainer}${String(days)}`, at: on(days), trainer, attended }) as const;
  const none = { evidence: [], observed: [], enrolled: [], passMark: () => 0.6 };

  it('are those who came and then passed, not who had passed before or did not', () => {
    const evidence = [
      session('amina', 10, 'ben', 'chipo', 'dan', 'amina'),
      pass('ben', 12),
      pass('chipo', 5),
      pass('dan', 20, 0.5),
      pass('amina', 20),
    ];
    expect(linksOf({ ...none, evidence })).toEqual([{ ...link('amina', 'ben', 12), course: 'space-law' }]);
  });

  it('are those in a cohort who passed a course of it, with the earliest moment of all', () => {
    const enrolled = [{ person: 'ben', at: on(3), trainers: ['amina', 'lina'], courses: ['space-law'] }];
    const evidence = [
      session('lina', 1, 'ben'),
      pass('ben', 2, 1, 'disaster-risk'),
      pass('ben', 9),
      pass('ben', 8, 1, 'satellite-navigation'),
    ];
    expect(linksOf({ ...none, evidence, enrolled })).toEqual([
      { ...link('lina', 'ben', 2), course: 'disaster-risk' },
      { ...link('amina', 'ben', 9, 'cohort'), course: 'space-law' },
    ]);
  });

  it('are those whose teaching was observed', () => {
    const observed = [{ observer: 'lina', trainer: 'amina', at: on(4) }, { observer: 'lina', trainer: 'lina', at: on(5) }]; // prettier-ignore
    expect(linksOf({ ...none, observed })).toEqual([link('lina', 'amina', 4, 'observation')]);
  });

  it('have marks as programmes ask them of people trained', () => {
    const programme = { requires: { type: 'all', of: [{ type: 'people', id: 'people', people: 3, courses: ['space-law'], score: 0.7 }] }, renewal: { type: 'people', id: 'again', people: 1, courses: ['space-law'], score: 0.65 } } as unknown as Parameters<typeof passMarksOf>[0][number]; // prettier-ignore
    const mark = passMarksOf([programme]);
    expect([mark('space-law'), mark('disaster-risk')]).toEqual([0.65, 0.6]);
  });
});

describe('the evaluation', () => {
  const certified = (person: string, days: number, more: Partial<Certified> = {}): Certified => ({ person, programme: 'trainer', at: on(days), until: on(days + 1096), state: 'in-force', ...more }); // prettier-ignore
  const cost = (amount: number, more: object = {}) => {
    const made = parseCost({
      id: '01hzzzzzzzzzzzzzzzzzzzzzzz',
      at: on(0),
      year: 2024,
      sort: 'travel',
      amount,
      currency: 'USD',
      note: '',
      ...more,
    });
    if (made === null) throw new Error('No cost');
    return made;
  };
  const cascade = cascadeOf([link('amina', 'ben', 10), link('amina', 'chipo', 400), link('ben', 'dan', 500)]);

  it('counts by year, once each, and says what a person costs', () => {
    const evaluation = evaluationOf({
      cascade,
      certified: [certified('ben', 20), certified('ben', 600), certified('ben', 30, { programme: 'master' }), certified('chipo', 450, { state: 'revoked' }), certified('dan', 520, { state: 'suspended' })], // prettier-ignore
      activities: [{ person: 'ben', at: on(500) }],
      costs: [
        cost(100.1),
        cost(0.2),
        cost(99, { withdrawn: on(1) }),
        cost(50, { sort: 'rooms' }),
        cost(10, { year: 2025, currency: 'EUR' }),
        cost(10, { year: 2025 }),
      ],
      now: on(610),
    });
    expect(evaluation.total).toEqual({
      trained: 3,
      handedOn: 1,
      certified: 2,
      inForce: 1,
      active: { of: 1, are: 1 },
      generations: 2,
      trainers: 2,
    });
    expect(evaluation.years).toEqual([
      { year: 2025, trained: 2, handedOn: 1, certified: 1, costs: [{ currency: 'EUR', sum: 10, kinds: { travel: 10 } }, { currency: 'USD', sum: 10, kinds: { travel: 10 } }], costPerTrained: null },
      { year: 2024, trained: 1, handedOn: 0, certified: 1, costs: [{ currency: 'USD', sum: 150.3, kinds: { travel: 100.3, rooms: 50 } }], costPerTrained: 150.3 },
    ]); // prettier-ignore
  });

  it('asks who is active of those only whose certificate is a year old', () => {
    const ask = (activities: readonly { person: string; at: Instant }[], now: number) =>
      evaluationOf({ cascade: cascadeOf([]), certified: [certified('ben', 0), certified('dan', 300)], activities, costs: [], now: on(now) })
        .total.active;
    expect(ask([{ person: 'ben', at: on(100) }, { person: 'dan', at: on(350) }], 400)).toEqual({ of: 1, are: 1 }); // prettier-ignore
    expect(ask([{ person: 'ben', at: on(20) }], 400)).toEqual({ of: 1, are: 0 });
    expect(ask([], 200)).toEqual({ of: 0, are: 0 });
  });

  it('takes costs that can be added up, and no others', () => {
    const good = { year: 2026, sort: 'travel', amount: 12.34, currency: 'XOF', note: ' Dakar ' };
    expect(parseNewCost(good)).toEqual({ ...good, note: 'Dakar' });
    const bad = [{ year: 26 }, { sort: 'gifts' }, { amount: -1 }, { amount: 0 }, { amount: 1.234 }, { amount: '1' }, { currency: 'usd' }, { note: 'x'.repeat(201) }, { note: '\ud800' }]; // prettier-ignore
    for (const change of bad) expect(parseNewCost({ ...good, ...change }), JSON.stringify(change)).toBeNull();
    expect(parseCost({ ...good, id: 'x', at: on(0) })).toBeNull();
  });
});
