/**
 * Basic authentication, for clients of the CouchDB family, which know nothing else: a member of staff with name and password, or another node with
 * its name and its credential.
 *
 *   - It is taken where nobody between can read it: over TLS, or on this machine itself.
 *   - It is never asked for: without the challenge a browser keeps no password to send by itself. And what a browser sends is refused: it marks its
 *     requests with `Sec-Fetch-Site` or `Sec-Fetch-Dest`. (`Sec-Fetch-Mode` alone is what the fetch of Node sends, and no browser.)
 *   - A password is slow to check, on purpose, and a replicator sends it with every request. So a credential that was right is remembered for a few
 *     minutes, as a keyed hash and beside a token; the token says with each request whether the person is still who they were. What was taken back
 *     is over at once.
 *   - Tries are slowed as tries to sign in are, and counted together with them.
 */
import { createHmac } from 'node:crypto';
import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Caller, OrganRequest } from '../http/organ.ts';
import { passwordLength } from './passwords.ts';
import { nodeOfCredential } from './peers.ts';
import type { Bearer, Sessions } from './sessions.ts';
import { hashName } from './store.ts';
import { addressName, type Throttle } from './throttle.ts';

export interface BasicRefusal {
  readonly status: 401 | 403 | 429;
  readonly reason: string;
  /** Seconds, with 429. */
  readonly retryAfter?: number;
}

export interface Basic {
  /** Whoever the header says, or why not. Null where it is none of Basic authentication. */
  bearer(request: OrganRequest, caller: Caller): Promise<Result<Bearer, BasicRefusal>> | null;
}

/** Milliseconds for which a credential that was right is remembered. */
const remembered = 5 * 60_000;
const maxRemembered = 500;

const notAccepted: BasicRefusal = { status: 401, reason: 'Name or password is incorrect.' };

interface Known {
  readonly until: number;
  /** Null where it was not right. */
  readonly token: Promise<string | null>;
}

export function createBasic(given: {
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly clock: Clock;
  readonly random: RandomBytes;
}): Basic {
  const { sessions, throttle, clock, random } = given;
  const key = random(32);
  const known = new Map<string, Known>();

  /** The token of a sign-in, once for all who ask with the same credential at the same time. */
  function tokenOf(name: string, password: string, address: string): Promise<string | null> | number {
    const mark = createHmac('sha256', key)
      .update(JSON.stringify([name, password]))
      .digest('base64');
    const before = known.get(mark);
    if (before !== undefined && before.until > clock()) return before.token;
    const names = [`password:${address}`, `account:${hashName(name)}`];
    const seconds = throttle.wait(names);
    if (seconds > 0) return seconds;
    const token = signIn(name, password, names);
    known.delete(mark);
    known.set(mark, { until: clock() + remembered, token });
    const [oldest] = known.keys();
    if (known.size > maxRemembered && oldest !== undefined) known.delete(oldest);
    token.then(
      (right) => {
        if (right === null) known.delete(mark);
      },
      () => known.delete(mark),
    );
    return token;
  }

  async function signIn(name: string, password: string, [address = '', account = '']: readonly string[]): Promise<string | null> {
    // Counted before the work and taken back where it succeeds, so that many at the same moment do not all pass.
    throttle.failed([account]);
    const session = await sessions.signIn(name, password);
    if (session.ok) throttle.succeeded(account);
    else throttle.failed([address]);
    return session.ok ? session.value.token : null;
  }

  async function read(name: string, password: string, caller: Caller): Promise<Result<Bearer, BasicRefusal>> {
    const address = addressName(caller.address);
    if (nodeOfCredential(password) !== null) {
      const names = [`password:${address}`];
      const seconds = throttle.wait(names);
      if (seconds > 0) return slow(seconds);
      const peer = await sessions.bearer(password);
      if (peer.ok && peer.value.type === 'peer' && peer.value.node === name) return peer;
      throttle.failed(names);
      return err(notAccepted);
    }
    const token = tokenOf(name, password, address);
    if (typeof token === 'number') return slow(token);
    const text = await token;
    if (text === null) return err(notAccepted);
    const bearer = await sessions.bearer(text);
    return bearer.ok ? ok(bearer.value) : err(notAccepted);
  }

  return {
    bearer(request, caller) {
      const encoded = /^Basic +([A-Za-z0-9+/]{1,2000}={0,2})$/i.exec(request.headers.get('authorization') ?? '')?.[1];
      if (encoded === undefined) return null;
      const refused = (status: 401 | 403, reason: string): Promise<Result<Bearer, BasicRefusal>> =>
        Promise.resolve(err({ status, reason }));
      if (!caller.secure) return refused(403, 'A name and password are taken over TLS or on this machine only: use https.');
      if (['sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'].some((name) => request.headers.has(name)))
        return refused(403, 'A browser does not sign in this way: use the token of a session.');
      const text = Buffer.from(encoded, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      if (colon < 1 || text.length - colon - 1 > passwordLength.most) return refused(401, notAccepted.reason);
      return read(text.slice(0, colon), text.slice(colon + 1), caller);
    },
  };
}

const slow = (seconds: number): Result<Bearer, BasicRefusal> =>
  err({ status: 429, reason: `Too many tries. The next one in ${String(seconds)} seconds.`, retryAfter: seconds });
