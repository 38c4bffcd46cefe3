/**
 * How much work is let in at once. What a node has taken in and not answered lies in its memory; beyond a bound it is kinder to say *come again in a moment* than to
 * answer everybody late or nobody. Whoever is put off has lost nothing: a pass goes on where it stopped.
 *
 * Only requests that bring something are counted: a question costs little, and a feed that waits for news would hold its place for ever.
 */
import { refuse } from './answer.ts';
import type { OrganRequest } from './organ.ts';

/** Requests with a body that are under way. */
const mostRequests = 1000;
/** What their bodies say that they weigh, together: 96 MB. One that does not say counts as 64 kB. */
const mostBytes = 96 * 1024 * 1024;
const unsaid = 64 * 1024;
/** About so many are answered in a second on a small machine; the wait that is told follows from it. */
const perSecond = 100;
const longestWait = 60;

export interface Admission {
  /** Does the work, or answers 503 `busy` with `Retry-After` and `place`, how many are before. */
  admit(request: OrganRequest, work: () => Promise<Response | null>): Promise<Response | null>;
}

export function createAdmission(
  limits: { readonly requests: number; readonly bytes: number } = { requests: mostRequests, bytes: mostBytes },
): Admission {
  let [requests, bytes] = [0, 0];
  /** Put off since the last one that was let in: each waits behind those before. */
  let putOff = 0;
  return {
    async admit(request, work) {
      if (request.body === null) return work();
      const declared = request.headers.get('content-length');
      const weight = declared === null ? unsaid : Number(declared);
      // One alone is let in, whatever it weighs: its size has a bound of its own.
      if (requests > 0 && (requests >= limits.requests || bytes + weight > limits.bytes)) {
        putOff += 1;
        const place = requests + putOff;
        const wait = Math.min(longestWait, Math.max(1, Math.ceil(place / perSecond)));
        const answer = refuse(503, 'busy', `The node is busy: ${String(place)} are before you. Come again in ${String(wait)} s.`, {
          'retry-after': String(wait),
        });
        answer.headers.set('perigee-place', String(place));
        return answer;
      }
      putOff = 0;
      requests += 1;
      bytes += weight;
      try {
        return await work();
      } finally {
        requests -= 1;
        bytes -= weight;
      }
    },
  };
}
