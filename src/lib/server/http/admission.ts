/**
 * How much work is let in at once. What a node has taken in and not answered lies in its memory; beyond a bound it is kinder to say *come again in a moment* than to
 * answer everybody late or nobody. Whoever is put off has lost nothing: a pass goes on where it stopped.
 *
 * What is counted is what lies in memory and what will lie there soon. A body that comes at the pace of a slow line may say that it weighs 10 MB: it fills the memory no faster than it comes, and holds nobody else up. So for its first
 * moments a request counts as what it says, and after them as what came of it, with what comes at its pace in the next ten seconds. Should more come all the same than there is room for, the body that has the longest way to go is given up,
 * which is never a quick one before a slow one.
 *
 * Only requests that bring something are counted: a question costs little, and a feed that waits for news would hold its place for ever.
 */
import { refuse } from './answer.ts';
import type { OrganRequest } from './organ.ts';

/** Requests whose bodies are here and whose answers are not. */
const mostRequests = 1000;
/** Requests whose bodies are still coming: each is a socket and little more. */
const mostArriving = 2000;
/** Bytes of bodies, together: 96 MB. One that does not say counts as 64 kB. */
const mostBytes = 96 * 1024 * 1024;
const unsaid = 64 * 1024;
/** Milliseconds for which a body is taken at its word. */
const trusted = 2000;
/** Milliseconds that are looked ahead. */
const ahead = 10_000;
/** About so many are answered in a second on a small machine; the wait that is told follows from it. */
const perSecond = 100;
const longestWait = 60;

export interface Admission {
  /**
   * Does the work, or answers 503 `busy` with `Retry-After` and `place`, how many are before.
   *
   * @param work is given the request as it is to be read: its body is counted
   */
  admit(request: OrganRequest, work: (request: OrganRequest) => Promise<Response | null>): Promise<Response | null>;
}

interface Limits {
  readonly requests: number;
  readonly bytes: number;
  readonly arriving?: number;
}

/** A request that was let in. */
interface Guest {
  /** Bytes that it says to bring. */
  readonly declared: number;
  readonly since: number;
  arrived: number;
  /** Its body is here whole. */
  whole: boolean;
  readonly giveUp: PromiseWithResolvers<never>;
}

class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** @param clock milliseconds that only ever go on */
export function createAdmission(
  limits: Limits = { requests: mostRequests, bytes: mostBytes },
  clock: () => number = () => performance.now(),
): Admission {
  const { arriving: arrivingLimit = mostArriving } = limits;
  const guests = new Set<Guest>();
  /** Put off since the last one that was let in: each waits behind those before. */
  let putOff = 0;

  /** Bytes a millisecond, of what came so far. */
  const paceOf = ({ arrived, since }: Guest): number => arrived / Math.max(1, clock() - since);

  function weightOf(guest: Guest): number {
    if (guest.whole) return guest.arrived;
    if (clock() - guest.since < trusted) return Math.max(guest.declared, guest.arrived);
    return Math.min(Math.max(guest.declared, guest.arrived), guest.arrived + paceOf(guest) * ahead);
  }

  /** The body that has the longest way to go; null where none is on its way. */
  function slowest(): Guest | null {
    let found: Guest | null = null;
    let longest = -1;
    for (const guest of guests) {
      if (guest.whole) continue;
      const left = Math.max(0, guest.declared - guest.arrived) / Math.max(paceOf(guest), Number.MIN_VALUE);
      if (left > longest) [found, longest] = [guest, left];
    }
    return found;
  }

  const held = (): number => [...guests].reduce((sum, { arrived }) => sum + arrived, 0);
  const coming = (): number => [...guests].filter(({ whole }) => !whole).length;

  function busy(): Response {
    putOff += 1;
    const place = guests.size + putOff;
    const wait = Math.min(longestWait, Math.max(1, Math.ceil(place / perSecond)));
    const answer = refuse(503, 'busy', `The node is busy: ${String(place)} are before you. Come again in ${String(wait)} s.`, {
      'retry-after': String(wait),
    });
    answer.headers.set('perigee-place', String(place));
    return answer;
  }

  /** The body as it comes; what is too much for the memory ends the body that is furthest from its end. */
  async function* counted(guest: Guest, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const chunk = await Promise.race([chunks.next(), guest.giveUp.promise]);
      if (chunk.done === true) break;
      guest.arrived += chunk.value.byteLength;
      // One alone is let in, whatever it weighs: its size has a bound of its own.
      while (guests.size > 1 && held() > limits.bytes) {
        const last = slowest();
        if (last === null) break;
        guests.delete(last);
        last.giveUp.reject(new GivenUp());
        if (last === guest) throw new GivenUp();
      }
      yield chunk.value;
    }
    guest.whole = true;
  }

  return {
    async admit(request, work) {
      const { body } = request;
      if (body === null) return work(request);
      const said = request.headers.get('content-length');
      const guest: Guest = {
        declared: said === null ? unsaid : Number(said),
        since: clock(),
        arrived: 0,
        whole: false,
        giveUp: Promise.withResolvers<never>(),
      };
      // Nobody may be listening when it is given up.
      guest.giveUp.promise.catch(() => undefined);
      if (guests.size > 0) {
        const expected = [...guests].reduce((sum, one) => sum + weightOf(one), 0);
        const working = guests.size - coming();
        if (working >= limits.requests || expected + guest.declared > limits.bytes) return busy();
        if (coming() >= arrivingLimit) {
          const last = slowest();
          // Those that came just now have had no time to show what they are.
          if (last === null || clock() - last.since < trusted) return busy();
          guests.delete(last);
          last.giveUp.reject(new GivenUp());
        }
      }
      putOff = 0;
      guests.add(guest);
      try {
        return await work({ method: request.method, url: request.url, headers: request.headers, body: counted(guest, body) });
      } catch (error) {
        if (error instanceof GivenUp) return busy();
        throw error;
      } finally {
        guests.delete(guest);
      }
    },
  };
}
