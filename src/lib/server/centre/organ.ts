/**
 * `/api/setup`: the first steps of a new centre, in the order of its page: what the centre is and who administers it, the centre above, the courses. Each step is kept when it is taken, so a cut in between loses nothing, and
 * the next step is read from what is there. `/api/centre/about`, `/api/centre/courses`, `/api/upstream/parent`: the same, changed later.
 */
import { parseCentreFacts, type CentreFact } from '../../domain/centre.ts';
import type { Clock } from '../../domain/clock.ts';
import { isCourseId, type CourseId, type NodeId } from '../../domain/ids.ts';
import { isListOf, isString } from '../../domain/shape.ts';
import { showHours } from '../../sync/link.ts';
import { acceptable } from '../accounts/acceptable.ts';
import { bearerOf, fromOf, hasRole, readBearer } from '../accounts/bearer.ts';
import { readCode } from '../accounts/codes.ts';
import { nodeOfCredential } from '../accounts/peers.ts';
import type { Session, SessionError, Sessions } from '../accounts/sessions.ts';
import { readName } from '../accounts/store.ts';
import { addressName, type Throttle } from '../accounts/throttle.ts';
import type { Engine } from '../engine/engine.ts';
import { badRequest, forbidden, json, notAccepted, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, OrganRequest, Route } from '../http/organ.ts';
import type { Tls } from '../tls/tls.ts';
import type { ChangeableUpstream } from '../upstream/changeable.ts';
import type { ParentSettings } from '../upstream/job.ts';
import { tryParent } from '../upstream/trial.ts';
import { comesFromHere } from './here.ts';
import { isOrigin, isRate, readHours, type CentreBook, type Choices, type ChosenParent } from './facts.ts';
import type { Offer } from './offer.ts';
import { summaryOf, type Library } from '../content/library.ts';
import { chooseEncoding } from '../http/compression.ts';
import { courseSizes } from '../upstream/courses.ts';
import type { Result } from '../../domain/result.ts';

/** What is asked next; `ready` when everything was. */
export type SetupStep = 'centre' | 'parent' | 'courses' | 'ready';

const maxCourses = 2000;

const factSentences: Readonly<Record<CentreFact, string>> = {
  title: 'The name of the centre has 1 to 120 characters.',
  country: 'The country is a code of two letters (ISO 3166-1), such as SN.',
  languages: 'The languages are codes, such as ["fr", "en"], at least one.',
};

const isCourses = (value: unknown): value is readonly CourseId[] | null =>
  value === null || (isListOf(isCourseId)(value) && value.length <= maxCourses);

export function setupRoutes(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly origin: string;
  readonly tls: Tls | null;
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly centre: CentreBook;
  readonly offer: Offer;
  /** All that lies here, offered or not. */
  readonly library: Pick<Library, 'all'>;
  readonly upstream: ChangeableUpstream;
  /** The parent that was given when the node was started, and is changed there; null where one may be chosen here. */
  readonly parent: Pick<ParentSettings, 'url' | 'token'> | null;
  readonly settingsOf: (parent: ChosenParent) => ParentSettings;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
}): readonly Route[] {
  const { node, version, origin, tls, engine, sessions, throttle, centre, offer, library, upstream, settingsOf, clock, sleep } = given;
  const fixed = given.parent !== null;

  const stepOf = (hasFacts: boolean, { parent, offered }: Choices): SetupStep =>
    !hasFacts ? 'centre' : parent === undefined && !fixed ? 'parent' : offered === undefined ? 'courses' : 'ready';

  async function standing(request: OrganRequest) {
    const encoding = chooseEncoding(request.headers.get('accept-encoding')) ?? 'identity';
    const sizes = courseSizes(library);
    const [facts, choices, { url, kbps, hours, courses }] = await Promise.all([centre.facts(), centre.choices(), upstream.status()]);
    return {
      claimed: true,
      node,
      step: stepOf(facts !== null, choices),
      facts,
      // The credential opens this node's own work at the parent: it is written, and not read again.
      parent: { fixed, url, kbps, hours: hours === null ? null : showHours(hours) },
      offered: choices.offered ?? null,
      carried: courses.chosen,
      courses: library.all().map((course) => ({ ...summaryOf(course, encoding), bytes: sizes[course.signed.manifest.course] ?? 0 })),
    };
  }

  async function administrator(request: OrganRequest): Promise<Response | null> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    return hasRole(bearer.value, 'administrator') ? null : forbidden();
  }
  const forAdministrator =
    (answer: Route['answer']): Route['answer'] =>
    async (asked) =>
      (await administrator(asked.request)) ?? answer(asked);

  /** Makes the first administrator: by the printed code, or without one at the node's own machine. */
  async function begin({ request, caller }: Asked): Promise<Response> {
    const here = comesFromHere(request, caller, { origin, tls });
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { code, password } = read.value;
    const name = readName(read.value['name']);
    const facts = parseCentreFacts(read.value['facts']);
    if (!facts.ok) return refuse(400, `bad-${facts.error}`, factSentences[facts.error]);
    if (name === null) return refuse(400, 'bad-name', 'A name has 1 to 100 characters.');
    const chosen = acceptable(password, [name, node]);
    if (!chosen.ok) return chosen.error;
    const typed = code === undefined || code === '' ? null : readCode(code);
    if (typed === null && !here)
      return refuse(
        400,
        'needs-code',
        'Only at the node’s own machine is the first administrator made without a code. The code stands where the node was started.',
      );

    // Counted with the codes that are typed elsewhere (accounts/organ.ts): a guess here is a guess.
    const address = `code:${addressName(caller.address)}`;
    const seconds = throttle.wait([address]);
    if (seconds > 0)
      return refuse(429, 'slow-down', `Too many tries. The next one in ${String(seconds)} seconds.`, { 'retry-after': String(seconds) });
    const made: Result<Session, SessionError> = await (typed === null
      ? sessions.claim(name, chosen.value, fromOf(request, caller.address))
      : sessions.accept(typed, name, chosen.value, fromOf(request, caller.address)));
    if (!made.ok) {
      if (made.error.type === 'name-taken') return refuse(409, 'name-taken', 'Somebody signs in here under this name. Choose another one.');
      throttle.failed([address]);
      return notAccepted();
    }
    throttle.succeeded(address);
    // Behind the account: who was cut off here signs in, and is asked for the facts again.
    if (made.value.roles.includes('administrator')) await centre.say(facts.value);
    return json({ ...made.value, node, epoch: engine.epoch, cohorts: [] });
  }

  interface Wanted {
    readonly url: string;
    readonly token: string;
  }
  function readWanted({ url, token }: Readonly<Record<string, unknown>>): Wanted | Response {
    const address = isString(url) ? url.trim().replace(/\/+$/, '') : '';
    const credential = isString(token) ? token.trim() : '';
    if (!isOrigin(address)) return refuse(400, 'bad-address', 'A centre’s address is like https://sitc.example.org: no path behind it.');
    if (nodeOfCredential(credential) === null)
      return refuse(400, 'not-credential', 'A credential looks like peer_<this node’s name>_ and 52 letters and digits.');
    return { url: address, token: credential };
  }

  const present = async (): Promise<Wanted | null> => given.parent ?? (await centre.choices()).parent ?? null;

  return [
    {
      method: 'GET',
      path: '/api/setup',
      async answer({ request, caller }) {
        // Of a centre without an administrator there is nothing to hide: not even whether this is its own machine.
        if (!(await sessions.isClaimed()))
          return json({ claimed: false, node, here: comesFromHere(request, caller, { origin, tls }), step: 'centre' });
        const bearer = await readBearer(request, sessions);
        return bearer.ok && hasRole(bearer.value, 'administrator')
          ? json(await standing(request))
          : json({ claimed: true, node, step: null });
      },
    },
    { method: 'POST', path: '/api/setup', answer: begin },
    {
      method: 'PUT',
      path: '/api/centre/about',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const facts = parseCentreFacts(read.value);
        if (!facts.ok) return refuse(400, `bad-${facts.error}`, factSentences[facts.error]);
        await centre.say(facts.value);
        return json(await standing(request));
      }),
    },
    {
      method: 'PUT',
      path: '/api/centre/courses',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { offered, carried } = read.value;
        if (!isCourses(offered) || !(carried === undefined || isCourses(carried)))
          return badRequest('The body has offered, and carried where a centre stands above: null for all courses, or a list of names.');
        await offer.choose(offered);
        if (carried !== undefined) await upstream.choose(carried);
        return json(await standing(request));
      }),
    },
    {
      method: 'POST',
      path: '/api/upstream/try',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        // With nothing in it: the parent that there is.
        const wanted = read.value['url'] === undefined ? await present() : readWanted(read.value);
        if (wanted === null) return refuse(409, 'no-parent', 'No centre stands above this one.');
        if (wanted instanceof Response) return wanted;
        const trial = await tryParent({ node, version, ...wanted, clock, sleep });
        // A refusal of the parent's is no refusal of this node's: what it said is the answer.
        return json(trial.ok ? { ok: true, ...trial.value } : { ok: false, failure: trial.error, for: nodeOfCredential(wanted.token) });
      }),
    },
    {
      method: 'PUT',
      path: '/api/upstream/parent',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        if (fixed)
          return refuse(
            409,
            'fixed',
            'The centre above was given when the node was started (PERIGEE_UPSTREAM). It is changed there, or chosen here when it is taken away there.',
          );
        if (read.value['url'] === null) {
          await centre.choose({ parent: null });
          await upstream.change(null);
          return json(await standing(request));
        }
        // Without a credential the one that is kept goes on being used: the limits alone are changed.
        const kept = (await centre.choices()).parent ?? null;
        const wanted = readWanted(
          read.value['token'] === undefined && kept?.url === read.value['url'] ? { ...read.value, token: kept?.token } : read.value,
        );
        if (wanted instanceof Response) return wanted;
        if (nodeOfCredential(wanted.token) !== node)
          return refuse(409, 'other-node', `This credential is another centre’s. The one for this centre begins with peer_${node}_.`);
        const { kbps = null } = read.value;
        const hours = readHours(read.value['hours']);
        if (!(kbps === null || isRate(kbps))) return refuse(400, 'bad-rate', 'A rate is a number of kilobits a second, at least 1.');
        if (hours === undefined) return refuse(400, 'bad-hours', 'Hours are like 22-06 or 21:30-05:15, in this machine’s own time.');
        const parent = { ...wanted, kbps, hours };
        // The line is paid for by the byte: of another centre's courses none comes before somebody chose.
        if (kept?.url !== parent.url) await upstream.choose([]);
        await centre.choose({ parent });
        await upstream.change(settingsOf(parent));
        return json(await standing(request));
      }),
    },
  ];
}
