/** `/api/cohorts/…`: what trainers and administrators do with cohorts. A trainer sees their own, an administrator all. */
import { isAbout } from '../../domain/about.ts';
import { instantOf, type Clock } from '../../domain/clock.ts';
import { isCohortId, isCourseId, isSlug, type CourseId } from '../../domain/ids.ts';
import { maxRosterLines, parseRoster, rosterOf, type Named, type RosterLine } from '../../domain/roster.ts';
import { isListOf, isObject, isString, type JsonObject } from '../../domain/shape.ts';
import type { CourseStructure } from '../../course/package.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import { showCode } from '../accounts/codes.ts';
import type { Contacts } from '../accounts/contacts.ts';
import type { Bearer, Sessions } from '../accounts/sessions.ts';
import { readName, type AccountStore } from '../accounts/store.ts';
import type { Database } from '../engine/engine.ts';
import type { OrderBook } from '../orders/book.ts';
import { badRequest, forbidden, json } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, Route, OrganRequest } from '../http/organ.ts';
import type { Cohort, Cohorts } from './cohorts.ts';
import { createReport, workOf } from './report.ts';

const maxCourses = 50;

/** A name, or a name with what is known about the person. */
const isNamed = (value: unknown): value is string | Named =>
  isString(value) || (isObject(value) && isString(value['name']) && (value['about'] === undefined || isAbout(value['about'])));

export function cohortRoutes(given: {
  readonly records: Database;
  readonly store: AccountStore;
  readonly sessions: Sessions;
  readonly contacts: Contacts;
  readonly cohorts: Cohorts;
  readonly orders: OrderBook;
  readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>;
  readonly clock: Clock;
  /** Ids of the countries that the compendium here knows. */
  readonly knownCountries: () => Promise<ReadonlySet<string>>;
}): readonly Route[] {
  const { records, store, sessions, contacts, cohorts, orders, structureOf, clock, knownCountries } = given;

  type Staff = Bearer & { readonly type: 'staff' };

  /** Who may come here at all, or the refusal. */
  async function staffOf(request: OrganRequest): Promise<Staff | Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    const { value: staff } = bearer;
    return staff.type === 'staff' && hasRole(staff, 'trainer', 'master', 'administrator') ? staff : forbidden();
  }

  /** The cohort of the address where it is theirs; refused in the same words whether it exists or not. */
  async function cohortOf({ request, parts }: Asked): Promise<Cohort | Response> {
    const staff = await staffOf(request);
    if (staff instanceof Response) return staff;
    const cohort = isCohortId(parts['id']) ? await cohorts.get(parts['id']) : null;
    return cohort !== null && (hasRole(staff, 'administrator') || cohort.trainers.includes(staff.person)) ? cohort : forbidden();
  }

  /** Codes that are out: valid and unused, by cohort. */
  async function codesOut(): Promise<ReadonlyMap<string, number>> {
    const now = instantOf(clock());
    const counts = new Map<string, number>();
    for (const { cohort, used, expires } of await store.list('code'))
      if (cohort !== undefined && used === undefined && expires > now) counts.set(cohort, (counts.get(cohort) ?? 0) + 1);
    return counts;
  }

  const summary = (cohort: Cohort, people: number, codes: number): object => ({
    id: cohort.id,
    title: cohort.title,
    courses: cohort.courses,
    ...(cohort.country === undefined ? {} : { country: cohort.country }),
    made: cohort.made,
    people,
    codes,
  });

  async function list(staff: Staff): Promise<Response> {
    const codes = await codesOut();
    const found = await cohorts.list(hasRole(staff, 'administrator') ? null : staff.person);
    const summaries = await Promise.all(
      found.map(async (cohort) => summary(cohort, (await cohorts.members(cohort.id)).length, codes.get(cohort.id) ?? 0)),
    );
    return json({ cohorts: summaries });
  }

  async function create(staff: Staff, body: JsonObject): Promise<Response> {
    const title = readName(body['title']);
    const { courses } = body;
    if (title === null) return badRequest('A cohort has a title of 1 to 100 characters.');
    if (!Array.isArray(courses) || courses.length > maxCourses || !courses.every(isCourseId))
      return badRequest(`A cohort has courses: a list of at most ${String(maxCourses)} ids.`);
    const { country } = body;
    if (country !== undefined && !(isSlug(country) && (await isCountry(country)))) return unknownCountry();
    return json(summary(await cohorts.create(title, [...new Set(courses)], staff.person, country), 0, 0), 201);
  }

  const isCountry = async (country: string): Promise<boolean> => (await knownCountries()).has(country);
  const unknownCountry = (): Response => badRequest('A country is named by its id in the compendium of this centre, or by null for none.');

  async function setCountry(cohort: Cohort, { country }: JsonObject): Promise<Response> {
    if (country !== null && !(isSlug(country) && (await isCountry(country)))) return unknownCountry();
    const changed = await cohorts.setCountry(cohort.id, country);
    return changed === null ? forbidden() : json({ country: changed.country ?? null });
  }

  async function report(cohort: Cohort): Promise<Response> {
    const structures = new Map<CourseId, CourseStructure>();
    for (const course of cohort.courses) {
      const structure = await structureOf(course);
      if (structure !== null) structures.set(course, structure);
    }
    const standing = await orders.standing();
    const members = [...(await cohorts.members(cohort.id))].sort((a, b) => (a.joined < b.joined ? -1 : 1));
    // Somebody with two ids stands here once, under the id that joined first, with the work of both.
    const first = new Map(members.toReversed().map((member) => [standing.sameAs(member.person)[0], member.person]));
    const people = await Promise.all(
      members
        .filter(({ person }) => first.get(standing.sameAs(person)[0]) === person)
        .map(async (member) => {
          const ids = standing.sameAs(member.person);
          return {
            member,
            records: (await Promise.all(ids.map((id) => workOf(records, id)))).flat(),
            devices: (await Promise.all(ids.map((id) => contacts.devicesOf(id)))).flat(),
          };
        }),
    );
    const out = (await codesOut()).get(cohort.id) ?? 0;
    return json(createReport({ cohort, structures, people, codesOut: out, at: instantOf(clock()) }));
  }

  /** Reads who the codes are for; null where the body says none of the three. */
  function readLines({ names, count, csv }: JsonObject): readonly RosterLine[] | null {
    if (typeof csv === 'string') return parseRoster(csv);
    if (isListOf(isNamed)(names)) return rosterOf(names.map((one) => (isString(one) ? { name: one } : one)));
    if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0)
      return Array.from({ length: Math.min(count, maxRosterLines + 1) }, (_, index) => ({ line: index + 1, name: '', repeated: false }));
    return null;
  }

  async function codes(cohort: Cohort, body: JsonObject): Promise<Response> {
    const lines = readLines(body);
    if (lines === null) return badRequest('The body has names, a list; or count, a number; or csv, a text.');
    if (lines.length > maxRosterLines) return badRequest(`At most ${String(maxRosterLines)} lines at once.`);
    const good = lines.flatMap((line) => ('error' in line ? [] : [line]));
    const made = await sessions.createCodes(
      good.map(({ name, about }) => ({ use: 'enrolment', name, cohort: cohort.id, ...(about === undefined ? {} : { about }) })),
    );
    const codeByLine = new Map(good.map(({ line }, index) => [line, made[index]]));
    return json(
      {
        lines: lines.map((line) => {
          if ('error' in line) return line;
          const created = codeByLine.get(line.line);
          if (created === undefined) throw new Error(`No code was made for line ${String(line.line)}`);
          return { line: line.line, name: line.name, code: showCode(created.code), expires: created.expires };
        }),
      },
      201,
    );
  }

  const forStaff =
    (answer: (staff: Staff, asked: Asked) => Promise<Response>) =>
    async (asked: Asked): Promise<Response> => {
      const staff = await staffOf(asked.request);
      return staff instanceof Response ? staff : answer(staff, asked);
    };
  const forCohort =
    (answer: (cohort: Cohort, asked: Asked) => Promise<Response>) =>
    async (asked: Asked): Promise<Response> => {
      const cohort = await cohortOf(asked);
      return cohort instanceof Response ? cohort : answer(cohort, asked);
    };
  const withBody = async (asked: Asked, answer: (body: JsonObject) => Promise<Response>): Promise<Response> => {
    const read = await readObject(asked.request);
    return read.ok ? answer(read.value) : read.error;
  };

  return [
    { method: 'GET', path: '/api/cohorts', answer: forStaff((staff) => list(staff)) },
    { method: 'POST', path: '/api/cohorts', answer: forStaff((staff, asked) => withBody(asked, (body) => create(staff, body))) },
    { method: 'GET', path: '/api/cohorts/:id', answer: forCohort((cohort) => report(cohort)) },
    {
      method: 'POST',
      path: '/api/cohorts/:id/country',
      answer: forCohort((cohort, asked) => withBody(asked, (body) => setCountry(cohort, body))),
    },
    {
      method: 'POST',
      path: '/api/cohorts/:id/codes',
      answer: forCohort((cohort, asked) => withBody(asked, (body) => codes(cohort, body))),
    },
  ];
}
