/** People trained, counted from records: each human once, in the years of the activity, and no number that tells of somebody. */
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/lib/domain/clock.ts';
import type { PersonId } from '../../src/lib/domain/ids.ts';
import type { Plan } from '../../src/lib/cooperation/kinds/plan.ts';
import { createTrained } from '../../src/lib/server/cohorts/trained.ts';
import { commonsOf, compileReal } from '../cooperation/kit.ts';
import { aDevice, aPerson, aRecord } from '../fixtures/records.ts';

const plan = commonsOf(compileReal()).entries.find((entry): entry is Plan => entry.kind === 'plan' && entry.id === 'islemara-2024-2028');

const letters = [...'abcdefghjk'];

/** Registers of so many people, the first of whom has two devices. */
function documents(people: number, completed: string): Map<string, object> {
  const all = letters.slice(0, people).flatMap((letter) => {
    const person = aPerson(letter);
    return (letter === 'a' ? ['p', 'q'] : ['p']).map((device) => ({ ...aRecord('register', person, aDevice(device)), completed }));
  });
  return new Map(all.map((record) => [record._id, record]));
}

interface Around {
  readonly aliases?: readonly (readonly PersonId[])[];
  /** When the device of each of the first people was heard. */
  readonly heard?: readonly (string | null)[];
  /** Who is in the cohort of which country; everybody in one of the plan's where nothing is said. */
  readonly cohorts?: Readonly<Record<string, readonly string[]>>;
  /** Where the centre stands, and the code of the plan's country. */
  readonly home?: string | null;
  readonly code?: string | null;
  readonly issued?: readonly { readonly uuid: string; readonly at: string; readonly state: string }[];
}

async function count(
  stored: Map<string, object>,
  { aliases = [], heard = [], cohorts = { islemara: letters }, issued = [], home = null, code = null }: Around = {},
) {
  if (plan === undefined) throw new Error('no plan');
  const course = String([...stored.values()].map((record) => Reflect.get(record, 'course'))[0]);
  let reads = 0;
  const trained = createTrained({
    records: {
      list: () => {
        reads += 1;
        return Promise.resolve({ rows: [...stored.keys()].map((id) => ({ id, rev: '1-a' })), total: stored.size });
      },
      get: (id: string) => Promise.resolve(stored.get(id) ?? null),
    } as never,
    store: {
      list: (kind: string) =>
        Promise.resolve(
          kind === 'device'
            ? heard.map((lastContact, i) => ({ lastContact, person: aPerson(letters[i] ?? 'k') }))
            : Object.entries(cohorts).flatMap(([cohort, people]) => people.map((letter) => ({ cohort, person: aPerson(letter) }))),
        ),
    } as never,
    cohorts: {
      list: () =>
        Promise.resolve(Object.keys(cohorts).map((id) => (id === 'nowhere' ? { id } : { id, country: id.replace(/-.*/, '') }))) as never,
    },
    orders: {
      standing: () => Promise.resolve({ sameAs: (person: PersonId) => aliases.find((ids) => ids.includes(person)) ?? [person] }),
    } as never,
    book: { all: () => Promise.resolve(issued) as never },
    home: () => Promise.resolve(home),
    clock: () => Date.UTC(2026, 10, 30),
  });
  const activity = plan.activities[0]?.id ?? '';
  const answer = await trained(plan, new Map([[activity, [course]]]), code);
  expect(await trained(plan, new Map([[activity, [course]]]), code)).toEqual(answer);
  expect(reads).toBe(1);
  return answer;
}

describe('people trained', () => {
  it('are counted once each, however many devices and ids they have', async () => {
    expect((await count(documents(7, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBe(7);
    const one = [aPerson('b'), aPerson('c')];
    expect((await count(documents(7, '2025-03-01T00:00:00.000Z'), { aliases: [one] })).activities[0]?.finished).toBe(6);
  });

  it('are those who finished in the years of the activity', async () => {
    expect((await count(documents(7, '2023-12-31T23:59:59.000Z'))).activities[0]?.finished).toBe(0);
  });

  it('are not told where they are fewer than five, but none is none', async () => {
    expect((await count(documents(4, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBeNull();
    expect((await count(documents(5, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBe(5);
  });

  it('are those of the country alone: in a cohort that names it, whatever else is learned here', async () => {
    const all = documents(9, '2025-03-01T00:00:00.000Z');
    const mixed = await count(all, { cohorts: { islemara: letters.slice(0, 6), altavar: letters.slice(6, 8), nowhere: ['j'] } });
    expect(mixed).toMatchObject({ people: 6, activities: [{ finished: 6 }], unplaced: null });
    // Somebody in cohorts of two countries counts in both.
    const both = { 'islemara-1': letters.slice(0, 5), 'islemara-2': letters.slice(0, 6), altavar: letters.slice(4, 9) };
    expect(await count(all, { cohorts: both })).toMatchObject({ people: 6, unplaced: 0 });
    expect(await count(all, { cohorts: {} })).toMatchObject({ people: 0, activities: [{ finished: 0 }], unplaced: 9 });
    expect((await count(all, { cohorts: { altavar: letters }, heard: ['2026-11-20T00:00:00.000Z'] })).completeness.expected).toBe(0);
  });

  it('are also those without a country, where the centre stands in the plan’s; the cohort’s country comes first', async () => {
    const all = documents(9, '2025-03-01T00:00:00.000Z');
    const some = { islemara: letters.slice(0, 2), altavar: letters.slice(2, 4), nowhere: letters.slice(4, 9) };
    const here = await count(documents(10, '2025-03-01T00:00:00.000Z'), {
      cohorts: { altavar: letters.slice(0, 4) },
      home: 'FJ',
      code: 'FJ',
    });
    expect(here).toMatchObject({ centre: 'here', people: 6, unplaced: 6, activities: [{ finished: 6 }] });
    // Two in a cohort that names it, five that do not: neither the two nor, by subtracting, the five are told apart.
    expect(await count(all, { cohorts: some, home: 'FJ', code: 'FJ' })).toMatchObject({ people: 7, unplaced: null, centre: 'here' });
    expect(await count(all, { cohorts: some, home: 'FJ', code: 'KE' })).toMatchObject({ people: null, unplaced: 5, centre: 'elsewhere' });
    // A country that does not exist has no code, and no centre stands in it.
    expect(await count(all, { cohorts: some, home: 'FJ', code: null })).toMatchObject({ people: null, unplaced: 5, centre: 'elsewhere' });
    expect(await count(all, { cohorts: some, home: null, code: null })).toMatchObject({ people: null, unplaced: 5, centre: 'unsaid' });
  });

  it('and whoever holds a certificate, by the holder’s cohort', async () => {
    const all = documents(6, '2025-03-01T00:00:00.000Z');
    const uuids = letters.slice(0, 6).map((letter, i) => {
      const record = aRecord('credential', aPerson(letter), 'centre' as never, i + 1);
      all.set(record._id, record);
      return String(Reflect.get(record, 'uuid'));
    });
    const issued = uuids.map((uuid) => ({ uuid, at: '2025-06-01T00:00:00.000Z', state: 'in-force' }));
    expect((await count(all, { issued })).certified).toBe(6);
    expect((await count(all, { issued, cohorts: { altavar: letters } })).certified).toBe(0);
    expect((await count(all, { issued: issued.map((one) => ({ ...one, at: '2020-01-01T00:00:00.000Z' })) })).certified).toBe(0);
  });

  it('come with the line that says how complete they are', async () => {
    const heard = ['2026-11-20T00:00:00.000Z', null, '2026-11-02T00:00:00.000Z'] as (Instant | null)[];
    expect((await count(documents(5, '2025-03-01T00:00:00.000Z'), { heard })).completeness).toEqual({
      expected: 3,
      heard: 2,
      oldest: '2026-11-02T00:00:00.000Z',
    });
  });
});
