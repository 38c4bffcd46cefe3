/**
 * The staff's side of the node's HTTP surface (docs/http.md). Every answer is parsed from `unknown`; what is expected to go
 * wrong is a value. Nothing is kept here: the caller holds the token.
 */
import * as v from 'valibot';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import {
  isCohortId,
  isCourseId,
  isDeviceId,
  isNodeId,
  isPersonId,
  isUnitId,
  type CohortId,
  type CourseId,
  type DeviceId,
  type NodeId,
  type PersonId,
  type UnitId,
} from '#lib/domain/ids.ts';
import { revocationReasons, type RevocationReason } from '#lib/domain/orders.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { Named } from '#lib/domain/roster.ts';

/**
 * - `unreachable`: no answer, or a proxy that answers for a node that is down
 * - `not-accepted`: a wrong name, password or code; the node says no more than that
 * - `slow-down`: too many failures; the next try in so many seconds
 * - `forbidden`: signed in, but this is for another role
 * - `expired`: the session is over, or was taken back; sign in again
 * - `refused`: the node understood and said no, with its code
 * - `nonsense`: an answer that is not in the node's language, or half an answer
 */
export type TeachFailure =
  | { readonly type: 'unreachable' | 'not-accepted' | 'forbidden' | 'expired' | 'nonsense' }
  | { readonly type: 'slow-down'; readonly seconds: number }
  | { readonly type: 'refused'; readonly code: string };

export type TeachResult<Value> = Result<Value, TeachFailure>;

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const instant = v.custom<Instant>(isInstant);
const personId = v.custom<PersonId>(isPersonId);
const deviceId = v.custom<DeviceId>(isDeviceId);
const nodeId = v.custom<NodeId>(isNodeId);
const cohortId = v.custom<CohortId>(isCohortId);
const courseId = v.custom<CourseId>(isCourseId);
const unitId = v.custom<UnitId>(isUnitId);
/** By language. */
const title = v.record(text, text);

const nodeInfo = v.object({ node: nodeId, epoch: text, version: text, origin: text, claimed: v.boolean() });
export type NodeInfo = v.InferOutput<typeof nodeInfo>;

export const staffSession = v.object({
  token: text,
  expires: instant,
  person: personId,
  name: text,
  roles: v.array(text),
  countries: v.optional(v.array(text)),
  node: nodeId,
});
export type StaffSession = v.InferOutput<typeof staffSession>;

export const cohort = v.object({
  id: cohortId,
  title: text,
  courses: v.array(courseId),
  country: v.optional(text),
  made: instant,
  people: count,
  codes: count,
});
export type Cohort = v.InferOutput<typeof cohort>;

const figures = v.object({
  status: v.picklist(['new', 'started', 'completed']),
  /** 0 to 1; null where nothing was answered. */
  score: v.nullable(share),
  seconds: v.number(),
  attempts: count,
});

const learner = v.object({
  person: personId,
  name: text,
  joined: instant,
  lastContact: v.nullable(instant),
  devices: v.array(v.object({ device: deviceId, lastContact: v.nullable(instant) })),
  /** By course, then by unit; a unit that was never opened may be absent. */
  units: v.record(text, v.record(text, figures)),
  seconds: v.number(),
  score: v.nullable(share),
});
export type LearnerFigures = v.InferOutput<typeof learner>;

export const report = v.object({
  cohort: v.object({ id: cohortId, title: text }),
  courses: v.array(
    v.object({ course: courseId, title, units: v.array(v.object({ id: unitId, title, items: count, points: v.number() })) }),
  ),
  people: v.array(learner),
  /** Devices that should be heard from, those that were, and when the one longest unheard was last heard. */
  completeness: v.object({ expected: count, heard: count, oldest: v.nullable(instant) }),
  at: instant,
});
export type CohortReport = v.InferOutput<typeof report>;

const slip = v.object({ line: count, name: text, code: text, expires: instant });
export type CodeSlip = v.InferOutput<typeof slip>;
const refusedLine = v.object({ line: count, error: text, text });
export type RefusedLine = v.InferOutput<typeof refusedLine>;
const codeLines = v.object({ lines: v.array(v.union([slip, refusedLine])) });

const member = v.object({
  id: personId,
  name: text,
  roles: v.array(text),
  countries: v.optional(v.array(text)),
  since: instant,
  revoked: v.optional(instant),
});
export type StaffMember = v.InferOutput<typeof member>;
/** Members of staff, and who was invited and did not come yet. */
const everyStaff = v.object({
  people: v.array(member),
  invited: v.optional(v.array(v.object({ name: text, role: text, expires: instant })), []),
});
export type EveryStaff = v.InferOutput<typeof everyStaff>;

const invitation = v.object({ code: text, expires: instant });
export type Invitation = v.InferOutput<typeof invitation>;

const revocation = v.object({ since: instant, reason: v.picklist(revocationReasons) });
/** One of the people who joined here, as a list shows them. */
const listed = v.object({
  id: personId,
  name: text,
  since: instant,
  devices: count,
  lastContact: v.nullable(instant),
  cohorts: v.array(v.object({ id: cohortId, title: text })),
  aliases: v.array(personId),
  revoked: v.optional(instant),
  asksErasure: v.optional(instant),
});
export type ListedPerson = v.InferOutput<typeof listed>;
/** What another node asks and an administrator here decides. */
const held = v.object({ child: nodeId, kind: text, at: instant, people: v.array(personId) });
export type HeldOrder = v.InferOutput<typeof held>;
/** Who has a code that nobody used yet. A node of an earlier version does not say. */
const enrolled = v.object({ name: text, cohort: cohortId, expires: instant });
const learners = v.object({ people: v.array(listed), invited: v.optional(v.array(enrolled), []), held: v.array(held) });
export type Learners = v.InferOutput<typeof learners>;

const shownDevice = v.object({
  person: personId,
  device: deviceId,
  since: instant,
  lastContact: v.nullable(instant),
  key: v.boolean(),
  revoked: v.optional(revocation),
});
export type ShownDevice = v.InferOutput<typeof shownDevice>;
const shownPerson = v.object({
  id: personId,
  name: text,
  roles: v.array(text),
  since: v.nullable(instant),
  revoked: v.optional(instant),
  asksErasure: v.optional(instant),
  aliases: v.array(personId),
  cohorts: v.array(v.object({ id: cohortId, title: text })),
  devices: v.array(shownDevice),
});
export type ShownPerson = v.InferOutput<typeof shownPerson>;

/** What can be done about one person. */
export type PersonAct =
  | { readonly do: 'revoke'; readonly device?: DeviceId; readonly reason: RevocationReason }
  | { readonly do: 'restore'; readonly device?: DeviceId }
  | { readonly do: 'alias' | 'part'; readonly person: PersonId }
  | { readonly do: 'erase'; readonly confirm: PersonId };

const openSession = v.object({ id: text, since: instant, used: instant, address: text, agent: text, here: v.boolean() });
export type OpenSession = v.InferOutput<typeof openSession>;

const offered = v.object({ course: courseId, title, units: count });
export type OfferedCourse = v.InferOutput<typeof offered>;

export interface TeachClient {
  node(): Promise<TeachResult<NodeInfo>>;
  signIn(name: string, password: string): Promise<TeachResult<StaffSession>>;
  /** The first-run code of an unclaimed node, or an invitation: makes the account and signs in. */
  accept(code: string, name: string, password: string): Promise<TeachResult<StaffSession>>;
  /** Every other session ends with the password before. */
  changePassword(token: string, before: string, password: string): Promise<TeachResult<StaffSession>>;
  /** Shows the password again: for ten minutes this session may do what cannot be taken back. */
  confirm(token: string, password: string): Promise<TeachResult<unknown>>;
  /** Where they are signed in, the newest first. */
  sessions(token: string): Promise<TeachResult<readonly OpenSession[]>>;
  /** Ends the session that asks, another one, or all. */
  endSession(token: string, which: { readonly session?: string; readonly everywhere?: true }): Promise<TeachResult<unknown>>;
  courses(): Promise<TeachResult<readonly OfferedCourse[]>>;
  cohorts(token: string): Promise<TeachResult<readonly Cohort[]>>;
  /** @param country the id of the one for whose plan its people count; null for nobody's */
  makeCohort(token: string, title: string, courses: readonly CourseId[], country: string | null): Promise<TeachResult<Cohort>>;
  setCohortCountry(token: string, cohort: CohortId, country: string | null): Promise<TeachResult<{ country: string | null }>>;
  report(token: string, cohort: CohortId): Promise<TeachResult<CohortReport>>;
  /** One code for each name in its order, or so many codes without a name. `line` counts from 1. */
  enrol(
    token: string,
    cohort: CohortId,
    who: { readonly names: readonly Named[] } | { readonly count: number },
  ): Promise<TeachResult<readonly (CodeSlip | RefusedLine)[]>>;
  staff(token: string): Promise<TeachResult<EveryStaff>>;
  /** @param countries for which a focal point speaks; none for other roles */
  invite(token: string, name: string, role: string, countries: readonly string[]): Promise<TeachResult<Invitation>>;
  /** Says for which countries a focal point speaks from now on. */
  setCountries(token: string, person: PersonId, countries: readonly string[]): Promise<TeachResult<unknown>>;
  learners(token: string): Promise<TeachResult<Learners>>;
  person(token: string, person: PersonId): Promise<TeachResult<ShownPerson>>;
  /** A code with which another device becomes this person. */
  linkCode(token: string, person: PersonId, revokeDevices: boolean): Promise<TeachResult<Invitation>>;
  act(token: string, person: PersonId, act: PersonAct): Promise<TeachResult<unknown>>;
}

/** What `fetch` is, as far as it is used here. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** A geostationary hop and a node that hashes a password slowly stay far below this. */
const patience = 60_000;

/** Asked of us when a node says `slow-down` without saying for how long. */
const defaultWait = 60;

/**
 * Requests to the node. Without a token a 401 is about the secret in the body; with one it is about the session.
 *
 * @param send the page's `fetch`
 * @param now milliseconds, for a `Retry-After` that is a date
 */
export function createAsker(send: Fetch, now: () => number) {
  return async function ask<Value>(
    schema: v.GenericSchema<unknown, Value>,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options: { readonly token?: string; readonly body?: unknown } = {},
  ): Promise<TeachResult<Value>> {
    let response: Response;
    let body: unknown;
    try {
      response = await send(path, {
        method,
        cache: 'no-store',
        credentials: 'omit',
        headers: {
          accept: 'application/json',
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: AbortSignal.timeout(patience),
      });
    } catch {
      // fetch says no more than "it did not work": no network, no name, no TLS, too slow.
      return err({ type: 'unreachable' });
    }
    try {
      body = await response.json();
    } catch {
      body = undefined;
    }
    if (!response.ok) return err(failureOf(response, body, options.token !== undefined, now()));
    const parsed = v.safeParse(schema, body);
    return parsed.success ? ok(parsed.output) : err({ type: 'nonsense' });
  };
}

/**
 * @param send the page's `fetch`
 * @param now milliseconds, for a `Retry-After` that is a date
 */
export function createTeachClient(send: Fetch, now: () => number): TeachClient {
  const ask = createAsker(send, now);

  const map = <From, To>(result: TeachResult<From>, to: (value: From) => To): TeachResult<To> =>
    result.ok ? ok(to(result.value)) : result;

  return {
    node: () => ask(nodeInfo, 'GET', '/api/node'),
    signIn: (name, password) => ask(staffSession, 'POST', '/api/session', { body: { name, password } }),
    accept: (code, name, password) => ask(staffSession, 'POST', '/api/session', { body: { code, name, password } }),
    changePassword: (token, before, password) =>
      ask(staffSession, 'POST', '/api/me/account', { token, body: { password: before, newPassword: password } }),
    confirm: (token, password) => ask(v.unknown(), 'POST', '/api/me/confirm', { token, body: { password } }),
    sessions: async (token) =>
      map(await ask(v.object({ sessions: v.array(openSession) }), 'GET', '/api/me/sessions', { token }), ({ sessions }) => sessions),
    endSession: (token, which) => ask(v.unknown(), 'POST', '/api/me/sign-out', { token, body: which }),
    courses: async () => map(await ask(v.object({ courses: v.array(offered) }), 'GET', '/content/manifests'), ({ courses }) => courses),
    cohorts: async (token) =>
      map(await ask(v.object({ cohorts: v.array(cohort) }), 'GET', '/api/cohorts', { token }), ({ cohorts }) => cohorts),
    makeCohort: (token, title, courses, country) =>
      ask(cohort, 'POST', '/api/cohorts', { token, body: { title, courses, ...(country === null ? {} : { country }) } }),
    setCohortCountry: (token, id, country) =>
      ask(v.object({ country: v.nullable(text) }), 'POST', `/api/cohorts/${encodeURIComponent(id)}/country`, { token, body: { country } }),
    report: (token, id) => ask(report, 'GET', `/api/cohorts/${encodeURIComponent(id)}`, { token }),
    enrol: async (token, id, who) =>
      map(await ask(codeLines, 'POST', `/api/cohorts/${encodeURIComponent(id)}/codes`, { token, body: who }), ({ lines }) => lines),
    staff: (token) => ask(everyStaff, 'GET', '/api/people', { token }),
    learners: (token) => ask(learners, 'GET', '/api/learners', { token }),
    person: (token, person) => ask(shownPerson, 'GET', `/api/people/${person}`, { token }),
    linkCode: (token, person, revokeDevices) =>
      ask(invitation, 'POST', `/api/people/${person}/link`, { token, body: { revokeDevices, reason: 'lost' } }),
    act: (token, person, { do: path, ...body }) => ask(v.unknown(), 'POST', `/api/people/${person}/${path}`, { token, body }),
    invite: (token, name, role, countries) =>
      ask(invitation, 'POST', '/api/people', { token, body: { name, role, ...(countries.length === 0 ? {} : { countries }) } }),
    setCountries: (token, person, countries) => ask(v.unknown(), 'POST', `/api/people/${person}/countries`, { token, body: { countries } }),
  };
}

function failureOf(response: Response, body: unknown, hadToken: boolean, now: number): TeachFailure {
  if (response.status === 401) return { type: hadToken ? 'expired' : 'not-accepted' };
  const refusal = v.safeParse(v.object({ error: text }), body);
  // A sign-in that the centre took back is over like one that ran out.
  if (response.status === 403) return { type: refusal.success && refusal.output.error === 'revoked' ? 'expired' : 'forbidden' };
  if (response.status === 429) return { type: 'slow-down', seconds: secondsOf(response.headers.get('retry-after'), now) };
  if (response.status === 502 || response.status === 503 || response.status === 504) return { type: 'unreachable' };
  if (response.status >= 400 && response.status < 500 && refusal.success) return { type: 'refused', code: refusal.output.error };
  return { type: 'nonsense' };
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). At least 1. */
function secondsOf(header: string | null, now: number): number {
  if (header === null || header.trim() === '') return defaultWait;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isFinite(seconds) ? Math.max(1, seconds) : defaultWait;
}
