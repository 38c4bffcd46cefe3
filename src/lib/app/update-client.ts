/** An administrator's side of `/api/update` (docs/http.md): the node's version, a file with another one, and one that the centre above has. */
import * as v from 'valibot';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { UpstreamFailure } from './upstream-client.ts';

const state = v.object({
  version: v.string(),
  updated: v.boolean(),
  before: v.nullable(v.string()),
  stage: v.picklist(['trial', 'kept', 'back']),
  why: v.nullable(v.string()),
  supervised: v.boolean(),
  publishers: v.number(),
  received: v.number(),
  above: v.nullable(
    v.object({
      version: v.string(),
      bytes: v.number(),
      from: v.nullable(v.string()),
      is: v.picklist(['newer', 'same', 'older']),
      stage: v.picklist(['offered', 'coming', 'ready']),
      here: v.number(),
      hour: v.nullable(v.number()),
      failure: v.nullable(
        v.object({
          version: v.string(),
          code: v.picklist(['no-room', 'refused', 'damaged', 'gone', 'failed', 'interrupted']),
          said: v.string(),
        }),
      ),
    }),
  ),
  below: v.nullable(v.object({ version: v.string(), bytes: v.number() })),
});
export type UpdateState = v.InferOutput<typeof state>;

/** Why the node does not take a version: `older` is asked about again, `no-room` is said in the page's language; `said` in the node's own words. */
export interface NotTaken {
  readonly code: string;
  readonly said: string;
}

/** Bytes of one part: a line that breaks repeats at most this. */
const partBytes = 2 * 1024 * 1024;

export function createUpdateClient(send: (path: string, init: RequestInit) => Promise<Response>, token: string) {
  async function ask(method: string, path: string, body?: BodyInit): Promise<Result<unknown, UpstreamFailure | NotTaken>> {
    try {
      const response = await send(path, { method, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body }) });
      const value: unknown = await response.json().catch(() => null);
      if (response.ok) return ok(value);
      if (response.status === 401) return err('expired');
      if (response.status === 403) return err('forbidden');
      const refusal = v.safeParse(v.object({ error: v.string(), message: v.string() }), value);
      return err(
        response.status < 502 || response.status === 507
          ? refusal.success
            ? { code: refusal.output.error, said: refusal.output.message }
            : 'nonsense'
          : 'unreachable',
      );
    } catch {
      return err('unreachable');
    }
  }
  return {
    async state(): Promise<Result<UpdateState, UpstreamFailure | NotTaken>> {
      const answer = await ask('GET', '/api/update');
      if (!answer.ok) return answer;
      const parsed = v.safeParse(state, answer.value);
      return parsed.success ? ok(parsed.output) : err('nonsense');
    },
    /** @param progress told the share that is over, 0 to 1 */
    async handOver(file: Blob, progress: (share: number) => void): Promise<Result<unknown, UpstreamFailure | NotTaken>> {
      for (let at = 0; at < file.size; at += partBytes) {
        const answer = await ask('PUT', `/api/update/file?at=${String(at)}`, file.slice(at, at + partBytes));
        if (!answer.ok) return answer;
        progress(Math.min(1, (at + partBytes) / file.size));
      }
      return ask('POST', '/api/update', JSON.stringify({ older: false }));
    },
    /** Takes the file that was handed over although it is older than what runs: the way back. */
    takeOlder: () => ask('POST', '/api/update', JSON.stringify({ older: true })),
    /** @param hour of the node's day, 0 to 23; null for as soon as it is there */
    agree: (version: string, hour: number | null, older: boolean) =>
      ask('POST', '/api/update/above', JSON.stringify({ version, hour, older })),
    withdraw: () => ask('DELETE', '/api/update/above'),
    back: (version: string) => ask('POST', '/api/update/back', JSON.stringify({ confirm: version })),
  };
}
