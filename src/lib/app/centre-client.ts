/** An administrator's side of `/api/centre` (docs/http.md): how the node and its devices are. */
import * as v from 'valibot';
import { isInstant, type Instant } from '#lib/domain/clock.ts';
import { isPersonId, type PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { UpstreamFailure } from './upstream-client.ts';

const text = v.string();
const count = v.pipe(v.number(), v.minValue(0));
const instant = v.custom<Instant>(isInstant);

const state = v.object({
  node: text,
  version: text,
  origin: text,
  now: instant,
  behind: count,
  writable: v.boolean(),
  storage: v.object({
    state: v.picklist(['ok', 'slow', 'full', 'read-only', 'failing', 'damaged', 'unreachable']),
    commit: v.nullable(count),
  }),
  tls: v.nullable(v.object({ kind: v.picklist(['public', 'own', 'other']), until: instant, fingerprint: v.nullable(text) })),
  disk: v.object({ free: count, total: count, level: v.picklist(['ample', 'low', 'scarce']), database: count, courses: count }),
  people: count,
  devices: count,
  recent: count,
  oldest: v.nullable(instant),
  never: count,
  clocks: v.array(v.object({ person: v.custom<PersonId>(isPersonId), name: text, skew: v.number() })),
  versions: v.record(text, count),
  backup: v.nullable(v.object({ at: instant, bytes: count })),
  log: v.array(v.object({ at: instant, line: text })),
});
export type CentreState = v.InferOutput<typeof state>;

/** Milliseconds. */
const patience = 30_000;

export function createCentreClient(send: (path: string, init: RequestInit) => Promise<Response>) {
  async function ask(token: string, path: string): Promise<Result<unknown, UpstreamFailure>> {
    try {
      const response = await send(path, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(patience) });
      if (response.status === 401) return err('expired');
      if (response.status === 403) return err('forbidden');
      if (response.status >= 502) return err('unreachable');
      return response.ok ? ok(await response.json().catch(() => null)) : err('nonsense');
    } catch {
      return err('unreachable');
    }
  }
  return {
    async state(token: string): Promise<Result<CentreState, UpstreamFailure>> {
      const answer = await ask(token, '/api/centre');
      if (!answer.ok) return answer;
      const parsed = v.safeParse(state, answer.value);
      return parsed.success ? ok(parsed.output) : err('nonsense');
    },
    /** What helps a stranger to help, and is nobody's data: handed on as it comes. */
    diagnosis: (token: string) => ask(token, '/api/centre/diagnosis'),
  };
}
