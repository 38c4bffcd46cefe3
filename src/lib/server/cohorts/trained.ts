/**
 * `/content/compendium/plans/<plan>/people`: how many people finished the courses of a plan at this centre, and hold its certificates, counted from the records. Open to
 * all, therefore without names, and a number below five is not told: it would tell of somebody.
 *
 *   finished     people with a register that says so, at a moment in a year of the activity or later; two ids of one human count once
 *   certified    certificates issued here since the plan began that are in force
 *   completeness as in a cohort's report (report.ts), for all devices of this centre
 *
 * Counting reads the names of all documents, so an answer serves for ten minutes.
 */
import { instantOf, type Clock, type Instant } from '../../domain/clock.ts';
import { isPersonId, type PersonId } from '../../domain/ids.ts';
import { parseRecord } from '../../domain/parse-record.ts';
import type { EntryId } from '../../cooperation/entry.ts';
import type { Plan } from '../../cooperation/kinds/plan.ts';
import { coursesOf } from '../../cooperation/plan-state.ts';
import type { AccountStore } from '../accounts/store.ts';
import type { Book } from '../certification/book.ts';
import type { CommonsLibrary } from '../commons/library.ts';
import type { Database } from '../engine/engine.ts';
import { json, notFound } from '../http/answer.ts';
import type { Route } from '../http/organ.ts';
import type { OrderBook } from '../orders/book.ts';

/** Below this a number is told as null: fewer than so many. */
export const leastTold = 5;
const served = 10 * 60_000;

export interface Trained {
  readonly activities: readonly { readonly id: string; readonly course: string; readonly finished: number | null }[];
  readonly certified: number | null;
  readonly completeness: { readonly expected: number; readonly heard: number; readonly oldest: Instant | null };
  readonly at: Instant;
}

const told = (n: number): number | null => (n > 0 && n < leastTold ? null : n);

export function createTrained(given: {
  readonly records: Database;
  readonly store: AccountStore;
  readonly orders: OrderBook;
  readonly book: Pick<Book, 'all'>;
  readonly clock: Clock;
}): (plan: Plan, coursesByActivity: ReadonlyMap<string, readonly string[]>) => Promise<Trained> {
  const { records, store, orders, book, clock } = given;
  const kept = new Map<string, { readonly until: number; readonly trained: Promise<Trained> }>();

  /** By course, when each human first finished it. */
  async function finishes(courses: ReadonlySet<string>): Promise<ReadonlyMap<string, ReadonlyMap<PersonId, Instant>>> {
    const standing = await orders.standing();
    const found = new Map<string, Map<PersonId, Instant>>([...courses].map((course) => [course, new Map()]));
    const { rows } = await records.list({ partition: null });
    for (const { id } of rows) {
      const [person, kind, course] = id.split(':');
      const first = found.get(course ?? '');
      if (kind !== 'register' || first === undefined || !isPersonId(person)) continue;
      const parsed = parseRecord(await records.get(id));
      if (!parsed.ok || parsed.value.kind !== 'register' || parsed.value.completed === undefined) continue;
      const human = standing.sameAs(person)[0] ?? person;
      const before = first.get(human);
      if (before === undefined || parsed.value.completed < before) first.set(human, parsed.value.completed);
    }
    return found;
  }

  async function count(plan: Plan, coursesByActivity: ReadonlyMap<string, readonly string[]>): Promise<Trained> {
    const byCourse = await finishes(new Set([...coursesByActivity.values()].flat()));
    const since = `${String(plan.from)}-01-01`;
    const contacts = (await store.list('device')).map(({ lastContact }) => lastContact);
    const heard = contacts.filter((at) => at !== null).sort();
    return {
      activities: plan.activities.flatMap(({ id, from }) =>
        (coursesByActivity.get(id) ?? []).map((course) => ({
          id,
          course,
          finished: told([...(byCourse.get(course)?.values() ?? [])].filter((at) => at >= `${String(from)}-01-01`).length),
        })),
      ),
      certified: told((await book.all()).filter(({ at, state }) => state === 'in-force' && at >= since).length),
      completeness: { expected: contacts.length, heard: heard.length, oldest: heard[0] ?? null },
      at: instantOf(clock()),
    };
  }

  return (plan, coursesByActivity) => {
    const known = kept.get(plan.id);
    if (known !== undefined && known.until > clock()) return known.trained;
    const trained = count(plan, coursesByActivity);
    kept.set(plan.id, { until: clock() + served, trained });
    trained.catch(() => kept.delete(plan.id));
    return trained;
  };
}

export function trainedRoutes({
  trained,
  commons,
}: {
  readonly trained: ReturnType<typeof createTrained>;
  readonly commons: Pick<CommonsLibrary, 'read'>;
}): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/content/compendium/plans/:id/people',
      async answer({ parts }) {
        const read = await commons.read('en');
        const plan = read?.byId.get((parts['id'] ?? '') as EntryId);
        if (read === null || plan?.kind !== 'plan') return notFound();
        return json(await trained(plan, new Map(plan.activities.map((activity) => [activity.id, coursesOf(activity, read)]))));
      },
    },
  ];
}
