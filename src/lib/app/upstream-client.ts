/** An administrator's side of what the node says of its parent and its children (docs/http.md). Every answer is parsed; what is expected to go wrong is a value. */
import * as v from 'valibot';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isCourseId, isNodeId, type CourseId, type NodeId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';

export type UpstreamFailure = 'unreachable' | 'expired' | 'forbidden' | 'name-taken' | 'nonsense';
export type UpstreamResult<Value> = Result<Value, UpstreamFailure>;

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const instant = v.custom<Instant>(isInstant);
const node = v.custom<NodeId>(isNodeId);
const course = v.custom<CourseId>(isCourseId);

const courseState = v.variant('type', [
  v.object({ type: v.picklist(['here', 'own', 'left-out']) }),
  v.object({ type: v.literal('coming'), here: count, bytes: count }),
  v.object({
    type: v.literal('failed'),
    fault: v.picklist(['bad-signature', 'other-publisher', 'damaged', 'unsafe', 'nonsense', 'no-room']),
  }),
]);
export type CourseState = v.InferOutput<typeof courseState>;

const parent = v.object({
  state: v.picklist(['none', 'visiting', 'closed', 'failing', 'resting']),
  url: v.nullable(text),
  place: v.nullable(v.object({ node, epoch: text })),
  lastContact: v.nullable(instant),
  failure: v.nullable(
    v.object({
      code: v.picklist(['unreachable', 'not-accepted', 'revoked', 'busy', 'nonsense', 'other-node', 'moved', 'storage']),
      since: instant,
    }),
  ),
  waiting: count,
  waitingSince: v.nullable(instant),
  next: v.nullable(instant),
  kbps: v.nullable(v.number()),
  hours: v.nullable(text),
  bytes: v.object({ sent: count, received: count }),
  refused: v.object({ count, newest: v.array(v.object({ database: text, id: text, reason: text, at: instant })) }),
  courses: v.object({ chosen: v.nullable(v.array(course)), states: v.record(text, courseState) }),
});
export type ParentStatus = v.InferOutput<typeof parent>;

const child = v.object({
  node,
  made: instant,
  revoked: v.optional(instant),
  contact: v.nullable(v.object({ at: instant, version: text, waiting: count, waitingSince: v.nullable(instant) })),
  lacks: v.array(text),
});
export type Child = v.InferOutput<typeof child>;

const credential = v.object({ node, token: text });
export type Credential = v.InferOutput<typeof credential>;

/** Milliseconds. */
const patience = 30_000;

export function createUpstreamClient(send: (path: string, init: RequestInit) => Promise<Response>) {
  async function ask<Value>(
    schema: v.GenericSchema<unknown, Value>,
    token: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<UpstreamResult<Value>> {
    let response: Response;
    let answer: unknown;
    try {
      response = await send(path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patience),
      });
      answer = await response.json().catch(() => null);
    } catch {
      return err('unreachable');
    }
    if (response.status === 401) return err('expired');
    if (response.status === 403) return err('forbidden');
    if (response.status === 409) return err('name-taken');
    if (response.status >= 502) return err('unreachable');
    const parsed = v.safeParse(schema, answer);
    return response.ok && parsed.success ? ok(parsed.output) : err('nonsense');
  }

  return {
    parent: (token: string) => ask(parent, token, 'GET', '/api/upstream'),
    visit: (token: string) => ask(v.object({ started: v.boolean() }), token, 'POST', '/api/upstream/visit', {}),
    choose: (token: string, courses: readonly CourseId[] | null) =>
      ask(v.object({ courses: v.nullable(v.array(course)) }), token, 'PUT', '/api/upstream/courses', { courses }),
    async children(token: string): Promise<UpstreamResult<readonly Child[]>> {
      const answer = await ask(v.object({ nodes: v.array(child) }), token, 'GET', '/api/nodes');
      return answer.ok ? ok(answer.value.nodes) : answer;
    },
    add: (token: string, name: string) => ask(credential, token, 'POST', '/api/nodes', { name }),
    revoke: (token: string, name: NodeId) => ask(v.object({ node }), token, 'DELETE', `/api/nodes/${name}`),
  };
}
