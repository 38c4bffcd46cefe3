/** `/api/node`, `/api/session`, `/api/link`, `/api/me/key`, `/api/me/confirm`, `/api/me/sessions`, `/api/me/sign-out`, `/api/me/account`, `/api/me/about`, `/api/keys`, `/api/people`: who this node is, and who comes to it. */
import { isAbout, type About } from '../../domain/about.ts';
import { instantOf, type Clock } from '../../domain/clock.ts';
import { isDeviceId, isPersonId, isSlug, type NodeId, type PersonId } from '../../domain/ids.ts';
import type { Result } from '../../domain/result.ts';
import { isListOf, isString, type JsonObject } from '../../domain/shape.ts';
import { isRole } from '../../sync/access.ts';
import type { CentreBook } from '../centre/facts.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import type { Engine } from '../engine/engine.ts';
import { badRequest, forbidden, json, notAccepted, notFound, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, Route, OrganRequest } from '../http/organ.ts';
import { bearerOf, bearerSentences, fromOf, hasRole, readBearer, unconfirmed } from './bearer.ts';
import { readShownKey, type Bindings } from './bindings.ts';
import { readCode, showCode } from './codes.ts';
import { acceptable } from './acceptable.ts';
import { passwordLength } from './passwords.ts';
import type { Bearer, Session, SessionError, Sessions, StaffBearer } from './sessions.ts';
import { hashName, readName, type AccountStore, type Staff } from './store.ts';
import { addressName, type Throttle } from './throttle.ts';

/** For so many one sign-in speaks. */
const maxCountries = 50;
/** Of which one question asks whose they are. */
const maxKeys = 500;

const slowDown = (seconds: number): Response =>
  refuse(429, 'slow-down', `Too many tries. The next one in ${String(seconds)} seconds.`, { 'retry-after': String(seconds) });

/** Under which names a try is counted. */
interface Tries {
  readonly address: string;
  readonly account?: string;
}

export function accountRoutes(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly origin: string;
  /** The key that courses are signed with here, base64url. */
  readonly key: string;
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly store: AccountStore;
  readonly cohorts: Cohorts;
  readonly bindings: Bindings;
  readonly throttle: Throttle;
  /** Ids of the countries that the compendium here knows. */
  readonly knownCountries: () => Promise<ReadonlySet<string>>;
  readonly centre: Pick<CentreBook, 'facts'>;
  readonly clock: Clock;
}): readonly Route[] {
  const { clock, node, version, origin, key, engine, sessions, store, cohorts, bindings, throttle, knownCountries, centre } = given;

  const answerSession = async (session: Session, more: object = {}): Promise<Response> =>
    json({
      ...session,
      node,
      epoch: engine.epoch,
      title: (await centre.facts())?.title ?? null,
      cohorts: session.roles.includes('learner') ? await cohorts.of(session.person) : [],
      ...more,
    });

  /**
   * Runs a try at getting in: slowed where it failed often, counted where it fails again. A try at an account is counted before the work and taken
   * back where it succeeds, so that many at the same moment do not all pass. Tries with codes and with passwords are counted apart: a
   * class behind one address mistypes its codes, and its first success, which used up a code, shows that it is a class; a good password would show
   * nothing about guesses at others.
   */
  async function tried(
    names: Tries,
    attempt: () => Promise<Result<Session, SessionError>>,
    more: (session: Session) => Promise<object> = async () => ({}),
  ): Promise<Response> {
    const { address, account } = names;
    const seconds = throttle.wait(account === undefined ? [address] : [address, account]);
    if (seconds > 0) return slowDown(seconds);
    if (account !== undefined) throttle.failed([account]);
    const result = await attempt();
    if (result.ok) {
      throttle.succeeded(account ?? address);
      return answerSession(result.value, await more(result.value));
    }
    if (result.error.type === 'erased') return refuse(403, 'erased', bearerSentences.erased);
    if (result.error.type === 'name-taken') return refuse(409, 'name-taken', 'Somebody signs in here under this name. Choose another one.');
    throttle.failed([address]);
    return notAccepted();
  }

  async function startSession({ request, caller }: Asked): Promise<Response> {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { code, device, person, password } = read.value;
    const address = addressName(caller.address);
    const from = fromOf(request, caller.address);

    if (code === undefined) {
      const name = readName(read.value['name']);
      if (name === null || typeof password !== 'string' || password.length > passwordLength.most)
        return badRequest('The body has a code and a device, or a code, a name and a password, or a name and a password.');
      return tried({ address: `password:${address}`, account: `account:${hashName(name)}` }, () => sessions.signIn(name, password, from));
    }

    const typed = readCode(code);
    const rejected = (): Promise<Result<Session, SessionError>> => Promise.resolve({ ok: false, error: { type: 'not-accepted' } });
    if (password !== undefined) {
      const name = readName(read.value['name']);
      if (name === null) return badRequest('A name has 1 to 100 characters.');
      const chosen = acceptable(password, [name, node]);
      if (!chosen.ok) return chosen.error;
      return tried({ address: `code:${address}` }, () => (typed === null ? rejected() : sessions.accept(typed, name, chosen.value, from)));
    }

    if (!isDeviceId(device) || (person !== undefined && !isPersonId(person)))
      return badRequest('A code comes with the device that it is for.');
    const name = readName(read.value['name']);
    const shown = readShownKey(read.value['key'], device);
    if (!shown.ok) return badRequest('The key of the device is not shown to be its own.');
    const bearer = await readBearer(request, sessions);
    const joining = { device, ...(person === undefined ? {} : { person }), ...(name === null ? {} : { name }) };
    return tried(
      { address: `code:${address}` },
      () => (typed === null ? rejected() : sessions.join(typed, joining, bearer.ok ? bearer.value : null)),
      async (session) => (shown.value === null ? {} : { binding: await bindings.bind(session.person, device, shown.value) }),
    );
  }

  async function administrator(request: OrganRequest): Promise<Response | null> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    return hasRole(bearer.value, 'administrator') ? null : forbidden();
  }

  /** As above, for what gives somebody power: whoever finds a tab that was left open gives nobody any. */
  async function confirmedAdministrator(request: OrganRequest): Promise<Response | null> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    if (bearer.value.type !== 'staff' || !hasRole(bearer.value, 'administrator')) return forbidden();
    return sessions.isConfirmed(bearer.value) ? null : unconfirmed();
  }

  /** Countries of a body; null where it names none, or what is no country that is known here. */
  async function countriesOf(body: JsonObject): Promise<readonly string[] | null> {
    const { countries } = body;
    if (!isListOf(isString)(countries) || countries.length === 0 || countries.length > maxCountries || !countries.every(isSlug))
      return null;
    const known = await knownCountries();
    return countries.every((country) => known.has(country)) ? [...new Set(countries)] : null;
  }
  const namesNoCountry = async (): Promise<Response> => {
    const known = [...(await knownCountries())];
    return refuse(
      400,
      'no-country',
      `A focal point speaks for the countries that the body names in countries, a list of ids${known.length === 0 ? '; the compendium of this centre has none yet' : `: ${known.join(', ')}`}.`,
    );
  };

  async function invite(body: JsonObject): Promise<Response> {
    const name = readName(body['name']);
    const { role } = body;
    if (name === null || !isRole(role) || role === 'learner')
      return badRequest('An invitation has a name and a role of staff; learners join by the code of their cohort.');
    const countries = role === 'focal-point' ? await countriesOf(body) : [];
    if (countries === null) return namesNoCountry();
    const [made] = await sessions.createCodes([{ use: 'invitation', name, role, ...(countries.length === 0 ? {} : { countries }) }]);
    return made === undefined ? badRequest('No code was made.') : json({ code: showCode(made.code), expires: made.expires }, 201);
  }

  /** An administrator says for which countries a focal point speaks from now on. */
  async function setCountries({ request, parts }: Asked): Promise<Response> {
    const refusal = await confirmedAdministrator(request);
    if (refusal !== null) return refusal;
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const countries = await countriesOf(read.value);
    if (countries === null) return namesNoCountry();
    return isPersonId(parts['person']) && (await sessions.setCountries(parts['person'], countries)) ? json({ countries }) : notFound();
  }

  async function bindStaffKey(person: PersonId, { device, key: given }: JsonObject): Promise<Response> {
    if (!isDeviceId(device)) return badRequest('The body has a device, and the key that it shows.');
    const shown = readShownKey(given, device);
    if (!shown.ok || shown.value === null) return badRequest('The key of the device is not shown to be its own.');
    return json({ binding: await bindings.bind(person, device, shown.value) });
  }

  /** Another name or password for whoever asks, who shows that they know the present one. */
  async function changeAccount({ request, caller }: Asked): Promise<Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    if (bearer.value.type !== 'staff') return forbidden();
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { password, newPassword } = read.value;
    const name = read.value['name'] === undefined ? bearer.value.name : readName(read.value['name']);
    if (typeof password !== 'string' || password.length > passwordLength.most)
      return badRequest('The body has the present password, and a name or newPassword.');
    if (name === null) return refuse(400, 'bad-name', 'A name has 1 to 100 characters.');
    const chosen = newPassword === undefined ? null : acceptable(newPassword, [name, node]);
    if (chosen?.ok === false) return chosen.error;
    const to = { name, ...(chosen === null ? {} : { password: chosen.value }) };
    const { person } = bearer.value;
    const answer = await tried(
      { address: `password:${addressName(caller.address)}`, account: `account:${hashName(bearer.value.name)}` },
      () => sessions.change(person, password, to, fromOf(request, caller.address)),
    );
    // The sign-in is good; the password is what was not.
    return answer.status === 401 ? refuse(400, 'wrong-password', 'This is not the present password.') : answer;
  }

  async function staffOf(request: OrganRequest): Promise<StaffBearer | Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    // A learner's device is signed out of by ending that device (`/api/me/revoke`).
    return bearer.value.type === 'staff' ? bearer.value : forbidden();
  }

  /** Takes the password of whoever is signed in: for ten minutes they may do what cannot be taken back. */
  async function confirm({ request }: Asked): Promise<Response> {
    const staff = await staffOf(request);
    if (staff instanceof Response) return staff;
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { password } = read.value;
    if (typeof password !== 'string' || password.length > passwordLength.most) return badRequest('The body has the password.');
    // As a sign-in is: a tab that was left open is no place to guess at.
    const account = `account:${hashName(staff.name)}`;
    const seconds = throttle.wait([account]);
    if (seconds > 0) return slowDown(seconds);
    throttle.failed([account]);
    if (!(await sessions.confirm(staff, password))) return refuse(400, 'wrong-password', 'This is not the present password.');
    throttle.succeeded(account);
    return json({ ok: true });
  }

  /** Where they are signed in. A session of an earlier version stands in no list and ends with all others. */
  async function ownSessions({ request }: Asked): Promise<Response> {
    const staff = await staffOf(request);
    if (staff instanceof Response) return staff;
    const open = await sessions.openSessions(staff.person);
    return json({ sessions: open.map((session) => ({ ...session, here: session.id === staff.token.session })) });
  }

  /** Ends the session that asks; another one of theirs, or all, once the password was shown again. */
  async function signOut({ request }: Asked): Promise<Response> {
    const staff = await staffOf(request);
    if (staff instanceof Response) return staff;
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { everywhere, session } = read.value;
    if ((everywhere !== undefined && everywhere !== true) || (session !== undefined && typeof session !== 'string'))
      return badRequest(
        'The body is empty for the session that asks, or has the id of another one in session, or everywhere, which is true.',
      );
    const own = everywhere === undefined && (session === undefined || session === staff.token.session);
    if (!own && !sessions.isConfirmed(staff)) return unconfirmed();
    if (everywhere === true) await sessions.endSessions(staff.person);
    else {
      const id = session ?? staff.token.session;
      if (id === undefined) return json({ ok: true });
      if (!(await sessions.endSession(staff.person, id))) return notFound();
    }
    return json({ ok: true });
  }

  /** What a member of staff said of themselves: a learner's device keeps that in its own profile. */
  async function aboutStaff(request: OrganRequest, answer: (person: PersonId) => Promise<Staff | Response | null>): Promise<Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    if (bearer.value.type !== 'staff') return forbidden();
    const found = await answer(bearer.value.person);
    return found instanceof Response ? found : json({ about: found?.about ?? null });
  }

  async function link(bearer: Bearer & { readonly type: 'device' }): Promise<Response> {
    const person: PersonId = bearer.person;
    const [made] = await sessions.createCodes([{ use: 'link', name: '', person }]);
    return made === undefined ? badRequest('No code was made.') : json({ code: showCode(made.code), expires: made.expires }, 201);
  }

  return [
    {
      method: 'GET',
      path: '/api/node',
      answer: async () =>
        json({ node, epoch: engine.epoch, version, origin, claimed: await sessions.isClaimed(), key, centre: await centre.facts() }),
    },
    { method: 'POST', path: '/api/session', answer: startSession },
    { method: 'POST', path: '/api/me/confirm', answer: confirm },
    { method: 'GET', path: '/api/me/sessions', answer: ownSessions },
    { method: 'POST', path: '/api/me/sign-out', answer: signOut },
    {
      method: 'POST',
      path: '/api/link',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        return bearer.value.type === 'device' ? link(bearer.value) : forbidden();
      },
    },
    {
      method: 'POST',
      path: '/api/me/key',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        // A learner's device shows its key when it joins and when it syncs.
        if (bearer.value.type !== 'staff') return forbidden();
        const read = await readObject(request);
        return read.ok ? bindStaffKey(bearer.value.person, read.value) : read.error;
      },
    },
    { method: 'POST', path: '/api/me/account', answer: changeAccount },
    { method: 'GET', path: '/api/me/about', answer: ({ request }) => aboutStaff(request, (person) => store.get('staff', person)) },
    {
      method: 'POST',
      path: '/api/me/about',
      answer: ({ request }) =>
        aboutStaff(request, async (person) => {
          const read = await readObject(request);
          if (!read.ok) return read.error;
          const { about } = read.value;
          if (!isAbout(about))
            return badRequest('The body has about: gender, which is woman, man or other, and country, two letters; each may be missing.');
          for (;;) {
            const known = await store.get('staff', person);
            if (known === null) return null;
            const { gender, country } = about;
            const said: About = { ...(gender === undefined ? {} : { gender }), ...(country === undefined ? {} : { country }) };
            if (await store.put('staff', [person], { ...known, about: said }, known._rev)) return { ...known, about: said };
          }
        }),
    },
    {
      method: 'POST',
      path: '/api/keys',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        // Another node has the bindings of its own people, and those of others do not concern it.
        if (bearer.value.type === 'peer') return forbidden();
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { keys } = read.value;
        if (!isListOf(isString)(keys) || keys.length > maxKeys)
          return badRequest(`The body has keys: a list of at most ${String(maxKeys)} public keys.`);
        return json({ bindings: await bindings.of(new Set(keys)) });
      },
    },
    {
      method: 'GET',
      path: '/api/people',
      async answer({ request }) {
        const refusal = await administrator(request);
        if (refusal !== null) return refusal;
        const [staff, codes] = await Promise.all([store.list('staff'), store.list('code')]);
        const now = instantOf(clock());
        return json({
          invited: codes.flatMap(({ use, name, role, expires, used }) =>
            use === 'invitation' && used === undefined && expires > now ? [{ name, role, expires }] : [],
          ),
          people: staff.map(({ person, name, roles, countries, since, revoked }) => ({
            id: person,
            name,
            roles,
            ...(countries === undefined ? {} : { countries }),
            since,
            ...(revoked === undefined ? {} : { revoked }),
          })),
        });
      },
    },
    {
      method: 'POST',
      path: '/api/people',
      async answer({ request }) {
        const refusal = await confirmedAdministrator(request);
        if (refusal !== null) return refusal;
        const read = await readObject(request);
        return read.ok ? invite(read.value) : read.error;
      },
    },
    { method: 'POST', path: '/api/people/:person/countries', answer: setCountries },
  ];
}
