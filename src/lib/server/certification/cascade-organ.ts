/** `/api/cascade…` and `/api/evaluation…`: who trained whom, and the figures by which the centre is judged. */
import { instantOf, type Clock, type Instant, type RandomBytes } from '../../domain/clock.ts';
import { createUlid, isCourseId, isUlid, type CourseId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { figuresOf, peopleOf, uncounted, type Figures } from '../../domain/suppression.ts';
import { branchOf, cascadeOf, type Cascade } from '../../certification/cascade.ts';
import { parseNewCost } from '../../certification/cost.ts';
import { evaluationOf } from '../../certification/evaluation.ts';
import type { Programme } from '../../certification/programme.ts';
import type { CourseStructure, Localized } from '../../course/package.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Bearer, Sessions } from '../accounts/sessions.ts';
import type { AccountStore } from '../accounts/store.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import type { Database, Engine } from '../engine/engine.ts';
import { badRequest, forbidden, json, notFound, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { OrderBook } from '../orders/book.ts';
import type { Gathering } from './gathering.ts';
import type { Issuing } from './issuing.ts';
import { figuresPlan, openLedger } from './ledger.ts';
import { isErased, readRecords, type CentreRecords } from './records.ts';

/** A certificate that ends within this is worth a word: milliseconds. */
const soon = 180 * 24 * 60 * 60 * 1000;

type Staff = Bearer & { readonly type: 'staff' };

export function cascadeRoutes(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly desk: Database;
  readonly store: AccountStore;
  readonly sessions: Sessions;
  readonly cohorts: Cohorts;
  readonly gathering: Gathering;
  readonly issuing: Issuing;
  readonly orders: OrderBook;
  readonly programmes: () => readonly Programme[];
  readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>;
  readonly clock: Clock;
  readonly random: RandomBytes;
}): readonly Route[] {
  const { node, engine, desk, store, sessions, cohorts, gathering, issuing, orders, programmes, structureOf, clock, random } = given;
  const ledger = openLedger({ node, desk });
  const now = (): Instant => instantOf(clock());

  async function records(): Promise<CentreRecords> {
    const everybody = await issuing.standings();
    return readRecords({
      node,
      engine,
      store,
      gathering,
      everybody,
      orders: await orders.standing(),
      programmes: programmes(),
      now: now(),
    });
  }

  const titles = (): readonly object[] => programmes().map(({ id, title }) => ({ id, title }));

  /** What the courses of these figures are called; one that is published here no more is left to its id. */
  async function courseTitles(all: readonly Figures[]): Promise<Readonly<Record<string, Localized>>> {
    const groups = all.flatMap(({ tables }) => tables.filter(({ division }) => division === 'course').flatMap(({ rows }) => rows));
    const courses = [...new Set(groups.flatMap(({ group }) => (isCourseId(group) ? [group] : [])))];
    const named = await Promise.all(courses.map(async (course) => [course, (await structureOf(course))?.title] as const));
    return Object.fromEntries(named.flatMap(([course, title]) => (title === undefined ? [] : [[course, title]])));
  }

  /**
   * A cascade as pages show it: everybody with who trained them, and certificates.
   *
   * @param named whose name may be told; the others are there without one
   */
  function show(found: CentreRecords, { people, trainers }: Cascade, named: (person: string) => boolean): object {
    const at = now();
    const certificates = Map.groupBy(found.certified, ({ person }) => person);
    const trainerByPerson = new Map(trainers.map((trainer) => [trainer.person, trainer]));
    // Somebody without a name has no id either: a place in this list.
    const idByPerson = new Map(people.map(({ person }, i) => [person, named(person) ? person : `n${String(i)}`]));
    const idOf = (person: string): string => idByPerson.get(person) ?? '';
    const limit = instantOf(clock() + soon);
    const standing = (person: string) => (certificates.get(person) ?? []).filter(({ state }) => state !== 'revoked');
    return {
      at,
      people: people.map(({ person, generation, first }) => {
        const trainer = trainerByPerson.get(person);
        return {
          id: idOf(person),
          name: named(person) ? found.nameOf(person) : null,
          generation,
          first: first === null ? null : { trainer: idOf(first.trainer), at: first.at, by: first.by },
          trained: trainer?.trained ?? 0,
          reach: trainer?.reach ?? 0,
          last: trainer?.last ?? null,
          certificates: standing(person).map(({ programme, until, state }) => ({ programme, until, state })),
        };
      }),
      // Of several certificates of one programme the last counts.
      soon: [...certificates]
        .flatMap(([person]) =>
          [...Map.groupBy(standing(person), ({ programme }) => programme).values()].flatMap((all) => {
            const last = all.reduce((latest, one) => (one.until > latest.until ? one : latest));
            return named(person) && last.until <= limit
              ? [{ name: found.nameOf(person), programme: last.programme, until: last.until }]
              : [];
          }),
        )
        .sort((a, b) => (a.until < b.until ? -1 : 1)),
      programmes: titles(),
    };
  }

  const staffOnly =
    (is: (staff: Staff) => boolean, answer: (staff: Staff, asked: Asked) => Promise<Response>): Route['answer'] =>
    async (asked) => {
      const bearer = await bearerOf(asked.request, sessions);
      if (!bearer.ok) return bearer.error;
      return bearer.value.type === 'staff' && is(bearer.value) ? answer(bearer.value, asked) : forbidden();
    };
  const forAdministrator = (answer: (staff: Staff, asked: Asked) => Promise<Response>): Route['answer'] =>
    staffOnly((staff) => hasRole(staff, 'administrator'), answer);

  /** The trainer's own branch: names of those whom they trained themselves, of the others how many there are. */
  async function own({ person: asked }: Staff): Promise<Response> {
    const found = await records();
    const person = (await orders.standing()).sameAs(asked)[0] ?? asked;
    const branch = branchOf(found.links, person);
    const inBranch = new Set([person, ...branch.map((place) => place.person)]);
    const direct = new Set([person, ...found.links.flatMap(({ trainer, learner }) => (trainer === person ? [learner] : []))]);
    const cascade = cascadeOf(branch.flatMap(({ first }) => first ?? []));
    const cohortsOf = new Set<string>((await cohorts.list(asked)).map(({ id }) => id));
    return json({ self: person, ...show(found, cascade, (who) => direct.has(who)), coverage: found.coverageOf(inBranch, cohortsOf) });
  }

  /** The answer that every change gives: the page shows the whole again. */
  async function evaluation(): Promise<Response> {
    const [found, costs, years] = await Promise.all([records(), ledger.costs(), ledger.years()]);
    const { cascade, certified, activities, countable } = found;
    const year = Number(now().slice(0, 4));
    const running = peopleOf(uncounted(years, countable, year));
    const runningFigures = figuresOf(running, figuresPlan);
    return json({
      at: now(),
      evaluation: evaluationOf({ cascade, certified, activities, costs, now: now() }),
      costs,
      years: years.map(({ year: one, at, figures }) => ({ year: one, at, figures })),
      // Of those that no closed year counts: what would be published if the year were closed now.
      running: { year, people: running.length, figures: runningFigures },
      closable: closableIn(
        years.map((one) => one.year),
        countable.map((one) => one.year),
        year,
      ),
      coverage: found.coverageOf(null, null),
      programmes: titles(),
      courses: await courseTitles([...years.map(({ figures }) => figures), runningFigures]),
    });
  }

  return [
    { method: 'GET', path: '/api/cascade/own', answer: staffOnly((staff) => hasRole(staff, 'trainer', 'master', 'administrator'), own) },
    {
      method: 'GET',
      path: '/api/cascade',
      answer: forAdministrator(async () => {
        const found = await records();
        return json({ self: null, ...show(found, found.cascade, (who) => !isErased(who)), coverage: found.coverageOf(null, null) });
      }),
    },
    { method: 'GET', path: '/api/evaluation', answer: forAdministrator(() => evaluation()) },
    {
      method: 'POST',
      path: '/api/evaluation/costs',
      answer: forAdministrator(async ({ person }: { readonly person: PersonId }, { request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const cost = parseNewCost(read.value);
        if (cost === null)
          return badRequest(
            'A cost has year, sort, amount (above 0, at most two decimals), currency (three letters), and note (at most 200 characters).',
          );
        await ledger.enter(cost, createUlid(clock(), random), now(), person);
        return evaluation();
      }),
    },
    {
      method: 'POST',
      path: '/api/evaluation/costs/:id/withdraw',
      answer: forAdministrator(async (_, { parts }) => {
        const { id } = parts;
        return isUlid(id) && (await ledger.withdraw(id, now())) !== null ? evaluation() : notFound();
      }),
    },
    {
      method: 'POST',
      path: '/api/evaluation/years',
      answer: forAdministrator(async (_, { request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { year } = read.value;
        if (!Number.isSafeInteger(year) || typeof year !== 'number' || year < 1971)
          return badRequest('The body has the year that is to be closed.');
        if (year >= Number(now().slice(0, 4)))
          return refuse(409, 'not-over', 'A year is closed when it is over: until then people are added to it.');
        const closed = await ledger.close(year, (await records()).countable, now());
        return closed === null
          ? refuse(409, 'closed', 'The figures of this year, or of a later one, are published already, and stay as they are.')
          : evaluation();
      }),
    },
  ];
}

/** The next year that can be closed: the first that is over, has anything in it, and comes after every closed one. Null where there is none. */
function closableIn(closed: readonly number[], known: readonly number[], current: number): number | null {
  const last = Math.max(0, ...closed);
  const years = known.filter((year) => year < current);
  if (years.length === 0) return null;
  // What arrived late is counted with the year after the last that was closed.
  const next = Math.max(last + 1, Math.min(...years));
  return next < current ? next : null;
}
