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

async function count(stored: Map<string, object>, aliases: readonly (readonly PersonId[])[] = [], heard: readonly (string | null)[] = []) {
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
    store: { list: () => Promise.resolve(heard.map((lastContact) => ({ lastContact }))) } as never,
    orders: {
      standing: () => Promise.resolve({ sameAs: (person: PersonId) => aliases.find((ids) => ids.includes(person)) ?? [person] }),
    } as never,
    book: { all: () => Promise.resolve([]) },
    clock: () => Date.UTC(2026, 10, 30),
  });
  const activity = plan.activities[0]?.id ?? '';
  const answer = await trained(plan, new Map([[activity, [course]]]));
  expect(await trained(plan, new Map([[activity, [course]]]))).toEqual(answer);
  expect(reads).toBe(1);
  return answer;
}

describe('people trained', () => {
  it('are counted once each, however many devices and ids they have', async () => {
    expect((await count(documents(7, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBe(7);
    const one = [aPerson('b'), aPerson('c')];
    expect((await count(documents(7, '2025-03-01T00:00:00.000Z'), [one])).activities[0]?.finished).toBe(6);
  });

  it('are those who finished in the years of the activity', async () => {
    expect((await count(documents(7, '2023-12-31T23:59:59.000Z'))).activities[0]?.finished).toBe(0);
  });

  it('are not told where they are fewer than five, but none is none', async () => {
    expect((await count(documents(4, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBeNull();
    expect((await count(documents(5, '2025-03-01T00:00:00.000Z'))).activities[0]?.finished).toBe(5);
  });

  it('come with the line that says how complete they are', async () => {
    const heard = ['2026-11-20T00:00:00.000Z', null, '2026-11-02T00:00:00.000Z'] as (Instant | null)[];
    expect((await count(documents(5, '2025-03-01T00:00:00.000Z'), [], heard)).completeness).toEqual({
      expected: 3,
      heard: 2,
      oldest: '2026-11-02T00:00:00.000Z',
    });
  });
});
