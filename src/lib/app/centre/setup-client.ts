/** An administrator's side of setting up a centre, and of changing later what was said then (docs/http.md). Every answer is parsed; what is expected to go wrong is a value. */
import * as v from 'valibot';
import { isCountry, type Country } from '#lib/domain/about.ts';
import type { CentreFacts } from '#lib/domain/centre.ts';
import { isCourseId, isNodeId, type CourseId, type NodeId } from '#lib/domain/ids.ts';
import { createAsker, staffSession, type Fetch, type StaffSession, type TeachResult } from '../teach-client.ts';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const node = v.custom<NodeId>(isNodeId);
const course = v.custom<CourseId>(isCourseId);

const summary = v.object({
  course,
  languages: v.array(text),
  title: v.record(text, text),
  /** By language: bytes that a learner's device fetches. */
  price: v.record(text, v.object({ text: count, media: count })),
});
const here = v.object({ ...summary.entries, bytes: count });
export type OwnCourse = v.InferOutput<typeof here>;

const facts = v.object({ title: text, country: v.custom<Country>(isCountry), languages: v.array(text) });

const open = v.object({
  claimed: v.literal(true),
  node,
  step: v.picklist(['centre', 'parent', 'courses', 'ready']),
  facts: v.nullable(facts),
  parent: v.object({ fixed: v.boolean(), url: v.nullable(text), kbps: v.nullable(v.number()), hours: v.nullable(text) }),
  offered: v.nullable(v.array(course)),
  carried: v.nullable(v.array(course)),
  courses: v.array(here),
});
/** What an administrator sees. */
export type Setup = v.InferOutput<typeof open>;

const standing = v.union([
  open,
  v.object({ claimed: v.literal(true), node, step: v.null() }),
  v.object({ claimed: v.literal(false), node, step: v.literal('centre'), here: v.boolean() }),
]);
/** What whoever asks may see: before there is an administrator, whether they may become it without the code. */
export type SetupStanding = v.InferOutput<typeof standing>;

export const trialFailures = ['unreachable', 'busy', 'no-node', 'own', 'not-accepted', 'revoked', 'other-node', 'not-credential'] as const;

const trial = v.variant('ok', [
  v.object({
    ok: v.literal(true),
    node,
    title: v.nullable(text),
    courses: v.array(summary),
    bytes: v.record(text, count),
  }),
  v.object({ ok: v.literal(false), failure: v.picklist(trialFailures), for: v.nullable(text) }),
]);
export type Trial = v.InferOutput<typeof trial>;

export interface NewParent {
  readonly url: string;
  /** Left out where the one that is kept stays in use. */
  readonly token?: string;
  readonly kbps: number | null;
  readonly hours: string;
}

export interface SetupClient {
  /** Without a token: how far a centre is, as a stranger may know it. */
  standing(token: string | null): Promise<TeachResult<SetupStanding>>;
  /** Makes the first administrator, and the centre's facts with it. */
  begin(given: {
    readonly code: string;
    readonly name: string;
    readonly password: string;
    readonly facts: CentreFacts;
  }): Promise<TeachResult<StaffSession>>;
  say(token: string, facts: CentreFacts): Promise<TeachResult<Setup>>;
  /** Asks a centre whether it would be this one's parent; without an address, the one that is. */
  try(token: string, parent: Pick<NewParent, 'url' | 'token'> | null): Promise<TeachResult<Trial>>;
  join(token: string, parent: NewParent | null): Promise<TeachResult<Setup>>;
  choose(token: string, offered: readonly string[] | null, carried?: readonly string[] | null): Promise<TeachResult<Setup>>;
  account(
    token: string,
    given: { readonly password: string; readonly name: string; readonly newPassword?: string },
  ): Promise<TeachResult<StaffSession>>;
}

export function createSetupClient(send: Fetch, now: () => number): SetupClient {
  const ask = createAsker(send, now);
  return {
    standing: (token) => ask(standing, 'GET', '/api/setup', token === null ? {} : { token }),
    begin: ({ code, ...body }) => ask(staffSession, 'POST', '/api/setup', { body: code === '' ? body : { ...body, code } }),
    say: (token, body) => ask(open, 'PUT', '/api/centre/about', { token, body }),
    try: (token, parent) => ask(trial, 'POST', '/api/upstream/try', { token, body: parent ?? {} }),
    join: (token, parent) => ask(open, 'PUT', '/api/upstream/parent', { token, body: parent ?? { url: null } }),
    choose: (token, offered, carried) =>
      ask(open, 'PUT', '/api/centre/courses', { token, body: { offered, ...(carried === undefined ? {} : { carried }) } }),
    account: (token, body) => ask(staffSession, 'POST', '/api/me/account', { token, body }),
  };
}

export const setupClient = (): SetupClient => createSetupClient((path, init) => fetch(path, init), Date.now);
