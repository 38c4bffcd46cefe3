/** The staff's side of the cascade and the evaluation (docs/http.md). Every answer is parsed; what is expected to go wrong is a value. */
import * as v from 'valibot';
import type { CostSort } from '#lib/certification/cost.ts';
import { isAbout, type About } from '#lib/domain/about.ts';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const instant = v.custom<Instant>(isInstant);

const coverage = v.object({ expected: count, heard: count, oldest: v.nullable(instant), nodes: count });
export type Coverage = v.InferOutput<typeof coverage>;
const programmes = v.array(v.object({ id: text, title: v.record(text, text) }));
export type ProgrammeTitles = v.InferOutput<typeof programmes>;

const shownPerson = v.object({
  /** A person's id, or of somebody without a name a place in this list. */
  id: text,
  /** Null where it is not told; `''` where nobody gave one. */
  name: v.nullable(text),
  generation: count,
  first: v.nullable(v.object({ trainer: text, at: instant, by: v.picklist(['session', 'cohort', 'observation']) })),
  trained: count,
  reach: count,
  last: v.nullable(instant),
  certificates: v.array(v.object({ programme: text, until: instant, state: v.picklist(['in-force', 'suspended']) })),
});
export type CascadePerson = v.InferOutput<typeof shownPerson>;

export const cascade = v.object({
  at: instant,
  /** Whose branch it is; null for the whole. */
  self: v.nullable(text),
  people: v.array(shownPerson),
  soon: v.array(v.object({ name: text, programme: text, until: instant })),
  coverage,
  programmes,
});
export type Cascade = v.InferOutput<typeof cascade>;

const figures = v.object({
  total: v.nullable(count),
  columns: v.array(v.object({ groups: v.array(text), rest: v.boolean(), total: count })),
  tables: v.array(
    v.object({ division: text, rows: v.array(v.object({ group: v.nullable(text), total: count, cells: v.nullable(v.array(count)) })) }),
  ),
});
export type PublishedFigures = v.InferOutput<typeof figures>;

const amounts = v.record(text, v.number());
const year = v.object({
  year: count,
  trained: count,
  handedOn: count,
  certified: count,
  costs: v.array(v.object({ currency: text, sum: v.number(), kinds: amounts })),
  costPerTrained: v.nullable(v.number()),
});
export type EvaluationYear = v.InferOutput<typeof year>;

/** The same as the node knows (certification/cost.ts), whose code verifiers load and this page need not. */
export const costSorts = [
  'staff',
  'travel',
  'rooms',
  'equipment',
  'connection',
  'materials',
  'other',
] as const satisfies readonly CostSort[];
const cost = v.object({
  id: text,
  year: count,
  sort: v.picklist(costSorts),
  amount: v.number(),
  currency: text,
  note: text,
  at: instant,
  withdrawn: v.optional(instant),
});
export type EnteredCost = v.InferOutput<typeof cost>;

const evaluation = v.object({
  at: instant,
  evaluation: v.object({
    years: v.array(year),
    total: v.object({
      trained: count,
      handedOn: count,
      certified: count,
      inForce: count,
      active: v.object({ of: count, are: count }),
      generations: count,
      trainers: count,
    }),
  }),
  costs: v.array(cost),
  years: v.array(v.object({ year: count, at: instant, figures })),
  running: v.object({ year: count, people: count, figures }),
  closable: v.nullable(count),
  coverage,
  programmes,
  /** Titles of the courses of the figures, by their id. */
  courses: v.record(text, v.record(text, text)),
});
export type ShownEvaluation = v.InferOutput<typeof evaluation>;

export type CascadeFailure = 'unreachable' | 'expired' | 'forbidden' | 'nonsense' | 'refused';
export type CascadeResult<Value> = Result<Value, CascadeFailure>;

const aboutOf = v.custom<About>(isAbout);

/** Milliseconds. */
const patience = 60_000;

export function createCascadeClient(send: (path: string, init: RequestInit) => Promise<Response>) {
  async function ask<Value>(
    schema: v.GenericSchema<unknown, Value>,
    token: string,
    path: string,
    body?: object,
  ): Promise<CascadeResult<Value>> {
    let response: Response;
    let answer: unknown;
    try {
      response = await send(path, {
        method: body === undefined ? 'GET' : 'POST',
        cache: 'no-store',
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
    if (response.status >= 502) return err('unreachable');
    if (response.status >= 400 && response.status < 500) return err('refused');
    const parsed = v.safeParse(schema, answer);
    return response.ok && parsed.success ? ok(parsed.output) : err('nonsense');
  }

  return {
    whole: (token: string) => ask(cascade, token, '/api/cascade'),
    about: (token: string) => ask(v.object({ about: v.nullable(aboutOf) }), token, '/api/me/about'),
    sayAbout: (token: string, said: About) => ask(v.object({ about: v.nullable(aboutOf) }), token, '/api/me/about', { about: said }),
    own: (token: string) => ask(cascade, token, '/api/cascade/own'),
    evaluation: (token: string) => ask(evaluation, token, '/api/evaluation'),
    enter: (token: string, entered: Omit<EnteredCost, 'id' | 'at' | 'withdrawn'>) =>
      ask(evaluation, token, '/api/evaluation/costs', entered),
    withdraw: (token: string, id: string) => ask(evaluation, token, `/api/evaluation/costs/${id}/withdraw`, {}),
    close: (token: string, closed: number) => ask(evaluation, token, '/api/evaluation/years', { year: closed }),
  };
}
