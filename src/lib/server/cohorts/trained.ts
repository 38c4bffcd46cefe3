/**
 * `/content/compendium/plans/<plan>/people`: how many people of the plan's country finished its courses at this centre, and hold its certificates, counted from the
 * records. Open to all, therefore without names, and a number below five is not told: it would tell of somebody.
 *
 *   whose        a person counts for a country by being in a cohort of this centre that names it; whoever is in none that names any counts for the country in which
 *                the centre stands, or for none where nobody said which that is. How many these are is told beside the figures (decisions/0062)
 *   finished     people with a register that says so, at a moment in a year of the activity or later; two ids of one human count once
 *   certified    certificates issued here to them since the plan began that are in force
 *   completeness as in a cohort's report (report.ts), for the devices of these people
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
import type { Cohorts } from './cohorts.ts';

/** Below this a number is told as null: fewer than so many. */
export const leastTold = 5;
const served = 10 * 60_000;

export interface Trained {
  readonly activities: readonly { readonly id: string; readonly course: string; readonly finished: number | null }[];
  readonly certified: number | null;
  /** Who counts for the country. */
  readonly people: number | null;
  /** Who learns or learned here and is in no cohort that names a country. Null also where telling it would tell how many fewer than five the others are. */
  readonly unplaced: number | null;
  /** Whether the centre stands in the plan's country, so that these count for it; `unsaid` where nobody said where it stands. */
  readonly centre: 'here' | 'elsewhere' | 'unsaid';
  readonly completeness: { readonly expected: number; readonly heard: number; readonly oldest: Instant | null };
  readonly at: Instant;
}

const told = (n: number): number | null => (n > 0 && n < leastTold ? null : n);

export function createTrained(given: {
  readonly records: Database;
  readonly store: AccountStore;
  readonly cohorts: Pick<Cohorts, 'list'>;
  readonly orders: OrderBook;
  readonly book: Pick<Book, 'all'>;
  /** The country in which this centre stands, by ISO 3166; null where nobody said. */
  readonly home: () => Promise<string | null>;
  readonly clock: Clock;
}): (plan: Plan, coursesByActivity: ReadonlyMap<string, readonly string[]>, code: string | null) => Promise<Trained> {
  const { records, store, cohorts, orders, book, home, clock } = given;
  const kept = new Map<string, { readonly until: number; readonly trained: Promise<Trained> }>();

  type Standing = Awaited<ReturnType<OrderBook['standing']>>;
  const humanOf = (standing: Standing, person: PersonId): PersonId => standing.sameAs(person)[0] ?? person;

  /** Each human who is in a cohort, with the countries that their cohorts name. */
  async function placed(standing: Standing): Promise<ReadonlyMap<PersonId, ReadonlySet<string>>> {
    const countryOf = new Map((await cohorts.list(null)).map(({ id, country }) => [id, country]));
    const found = new Map<PersonId, Set<string>>();
    for (const { cohort, person } of await store.list('member')) {
      const human = humanOf(standing, person);
      const countries = found.get(human) ?? new Set<string>();
      const country = countryOf.get(cohort);
      if (country !== undefined) countries.add(country);
      found.set(human, countries);
    }
    return found;
  }

  interface Work {
    /** By course, when each human first finished it. */
    readonly finishes: ReadonlyMap<string, ReadonlyMap<PersonId, Instant>>;
    /** Whose certificate a number is. */
    readonly holders: ReadonlyMap<string, PersonId>;
    readonly humans: ReadonlySet<PersonId>;
  }

  async function work(standing: Standing, courses: ReadonlySet<string>): Promise<Work> {
    const finishes = new Map<string, Map<PersonId, Instant>>([...courses].map((course) => [course, new Map()]));
    const holders = new Map<string, PersonId>();
    const humans = new Set<PersonId>();
    const { rows } = await records.list({ partition: null });
    for (const { id } of rows) {
      const [person, kind, course] = id.split(':');
      if (!isPersonId(person)) continue;
      const human = humanOf(standing, person);
      if (kind === 'register') humans.add(human);
      const first = finishes.get(course ?? '');
      if (kind === 'credential') {
        const parsed = parseRecord(await records.get(id));
        if (parsed.ok && parsed.value.kind === 'credential') holders.set(parsed.value.uuid, human);
      }
      if (kind !== 'register' || first === undefined) continue;
      const parsed = parseRecord(await records.get(id));
      if (!parsed.ok || parsed.value.kind !== 'register' || parsed.value.completed === undefined) continue;
      const before = first.get(human);
      if (before === undefined || parsed.value.completed < before) first.set(human, parsed.value.completed);
    }
    return { finishes, holders, humans };
  }

  async function count(plan: Plan, coursesByActivity: ReadonlyMap<string, readonly string[]>, code: string | null): Promise<Trained> {
    const [standing, at] = await Promise.all([orders.standing(), home()]);
    const centre = at === null ? 'unsaid' : at === code ? 'here' : 'elsewhere';
    const places = await placed(standing);
    const { finishes, holders, humans } = await work(standing, new Set([...coursesByActivity.values()].flat()));
    const isPlaced = (human: PersonId): boolean => (places.get(human)?.size ?? 0) > 0;
    const isTheirs = (human: PersonId | undefined): boolean =>
      human !== undefined && (isPlaced(human) ? places.get(human)?.has(plan.country) === true : centre === 'here');
    const since = `${String(plan.from)}-01-01`;
    const contacts = (await store.list('device'))
      .filter(({ person }) => isTheirs(humanOf(standing, person)))
      .map(({ lastContact }) => lastContact);
    const heard = contacts.filter((at) => at !== null).sort();
    const everybody = [...new Set([...humans, ...places.keys()])];
    const theirs = everybody.filter(isTheirs).length;
    const unplaced = everybody.filter((human) => !isPlaced(human)).length;
    return {
      activities: plan.activities.flatMap(({ id, from }) =>
        (coursesByActivity.get(id) ?? []).map((course) => ({
          id,
          course,
          finished: told(
            [...(finishes.get(course) ?? [])].filter(([human, at]) => isTheirs(human) && at >= `${String(from)}-01-01`).length,
          ),
        })),
      ),
      certified: told(
        (await book.all()).filter(({ uuid, at, state }) => state === 'in-force' && at >= since && isTheirs(holders.get(uuid))).length,
      ),
      people: told(theirs),
      unplaced: centre === 'here' && told(theirs - unplaced) === null ? null : told(unplaced),
      centre,
      completeness: { expected: contacts.length, heard: heard.length, oldest: heard[0] ?? null },
      at: instantOf(clock()),
    };
  }

  return (plan, coursesByActivity, code) => {
    const known = kept.get(plan.id);
    if (known !== undefined && known.until > clock()) return known.trained;
    const trained = count(plan, coursesByActivity, code);
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
        const country = read.byId.get(plan.country);
        const courses = new Map(plan.activities.map((activity) => [activity.id, coursesOf(activity, read)]));
        return json(await trained(plan, courses, country?.kind === 'country' ? country.code : null));
      },
    },
  ];
}
