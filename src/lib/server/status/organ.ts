/** `/health` and `/metrics`. */
import type { Clock } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Engine } from '../engine/engine.ts';
import { forbidden, json } from '../http/answer.ts';
import type { Organ } from '../http/organ.ts';
import { createRouter } from '../http/router.ts';
import type { Metrics } from './metrics.ts';

/** An answer about the disk is good for so long, so that asking often costs no more syncs. Milliseconds. */
const goodFor = 1000;

export function createHealth(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly clock: Clock;
}): Organ {
  const { node, version, engine, clock } = given;
  let last: { readonly at: number; readonly writable: Promise<boolean> } | null = null;
  return createRouter('health', [
    {
      method: 'GET',
      path: '/health',
      async answer() {
        const now = clock();
        if (last === null || now - last.at > goodFor || now < last.at) last = { at: now, writable: engine.writable() };
        const writable = await last.writable;
        // A node without a parent waits for nobody.
        const upstream = { state: 'none', lastContact: null, waiting: 0 };
        return json({ status: writable ? 'ok' : 'cannot write', version, engine: engine.kind, node, upstream }, writable ? 200 : 503);
      },
    },
  ]);
}

export const createMetricsOrgan = ({ metrics, sessions }: { readonly metrics: Metrics; readonly sessions: Sessions }): Organ =>
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
        return new Response(metrics.text(), {
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
        });
      },
    },
  ]);
