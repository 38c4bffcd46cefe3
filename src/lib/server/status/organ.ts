/** `/health` and `/metrics`. */
import type { Clock } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Engine } from '../engine/engine.ts';
import { forbidden, json } from '../http/answer.ts';
import type { Organ } from '../http/organ.ts';
import { createRouter } from '../http/router.ts';
import type { Upstream } from '../upstream/job.ts';
import type { Disk } from './disk.ts';
import type { Metrics } from './metrics.ts';
import type { StorageState, StorageWatch } from './storage-watch.ts';

/** An answer about the disk is good for so long, so that asking often costs no more syncs. Milliseconds. */
const goodFor = 1000;

/** A storage that cannot be written and has not said why is one that is not reached. */
export const stateOf = (writable: boolean, storage: Pick<StorageWatch, 'state'>): StorageState => {
  const state = storage.state();
  return writable || (state !== 'ok' && state !== 'slow') ? state : 'unreachable';
};

export function createHealth(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly upstream: Upstream;
  readonly disk: Disk;
  readonly storage: Pick<StorageWatch, 'state'>;
  /** The courses are being made ready for the first time. */
  readonly publishing: () => boolean;
  readonly clock: Clock;
}): Organ {
  const { node, version, engine, upstream, disk, storage, publishing, clock } = given;

  /** What an administrator's watch looks at; who the parent is and what it refused is for the administrator alone. */
  async function look(): Promise<{
    readonly writable: boolean;
    readonly state: StorageState;
    readonly disk: string;
    readonly upstream: object;
  }> {
    const writable = await engine.writable();
    const { level } = await disk.room();
    const state = stateOf(writable, storage);
    // Where nothing can be written, nothing may be readable either.
    if (!writable) return { writable, state, disk: level, upstream: { state: 'unknown', lastContact: null, waiting: 0 } };
    const { state: link, lastContact, waiting } = await upstream.status();
    return { writable, state, disk: level, upstream: { state: link, lastContact, waiting } };
  }
  let last: { readonly at: number; readonly seen: ReturnType<typeof look> } | null = null;
  return createRouter('health', [
    {
      method: 'GET',
      path: '/health',
      async answer() {
        const now = clock();
        if (last === null || now - last.at > goodFor || now < last.at) last = { at: now, seen: look() };
        const { writable, state, disk: room, upstream: parent } = await last.seen;
        return json(
          {
            status: writable ? 'ok' : 'cannot write',
            version,
            engine: engine.kind,
            node,
            ...(publishing() ? { publishing: true } : {}),
            storage: state,
            disk: room,
            upstream: parent,
          },
          writable ? 200 : 503,
        );
      },
    },
  ]);
}

export const createMetricsOrgan = ({
  metrics,
  sessions,
  upstream,
  storage,
}: {
  readonly metrics: Metrics;
  readonly storage: Pick<StorageWatch, 'pace'>;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
}): Organ =>
  createRouter('metrics', [
    {
      method: 'GET',
      path: '/metrics',
      async answer({ request, caller }) {
        if (!caller.local) {
          const bearer = await bearerOf(request, sessions);
          if (!bearer.ok) return bearer.error;
          if (!hasRole(bearer.value, 'administrator')) return forbidden();
        }
        return new Response(metrics.text(await upstream.status(), storage.pace()), {
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
        });
      },
    },
  ]);
