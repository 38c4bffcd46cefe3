/**
 * `/api/learners`, `/api/people/<person>/…`, `/api/me/…`: the people of this node one by one. A trainer does for those of their cohorts what a lost phone
 * needs; whatever concerns a person as a whole is the administrator's; and everybody does for themselves what needs nobody else.
 */
import { instantOf, isInstant, type Clock, type Instant } from '../../domain/clock.ts';
import { isDeviceId, isPersonId, type DeviceId, type PersonId } from '../../domain/ids.ts';
import { deviceKey, isRevocationReason, type OrderStanding, type RevocationReason } from '../../domain/orders.ts';
import type { JsonObject } from '../../domain/shape.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import type { OrderBook } from '../orders/book.ts';
import type { Obedience } from '../orders/obey.ts';
import { badRequest, forbidden, json, notFound, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Asked, Route, OrganRequest } from '../http/organ.ts';
import { bearerOf, hasRole, unconfirmed } from './bearer.ts';
import { showCode } from './codes.ts';
import type { Contacts } from './contacts.ts';
import type { Bearer, Sessions, StaffBearer as Staff } from './sessions.ts';
import type { AccountStore, Device } from './store.ts';

type Own = Bearer & { readonly type: 'device' };

export function peopleRoutes(given: {
  readonly sessions: Sessions;
  readonly store: AccountStore;
  readonly cohorts: Cohorts;
  readonly contacts: Contacts;
  readonly orders: OrderBook;
  readonly obedience: Obedience;
  /** Whether this node holds any work of the person, also of another node's. */
  readonly holdsWork: (person: PersonId) => Promise<boolean>;
  readonly clock: Clock;
}): readonly Route[] {
  const { sessions, store, cohorts, contacts, orders, obedience, holdsWork, clock } = given;
  const now = (): Instant => instantOf(clock());
  const done = (): Response => json({ done: true });

  const showDevice = (standing: OrderStanding, { person, device, since, lastContact, binding }: Device): object => {
    const revoked = standing.devices.get(deviceKey(person, device));
    return { person, device, since, lastContact, key: binding !== undefined, ...(revoked === undefined ? {} : { revoked }) };
  };

  /** The person as whoever may see them sees them: with every id that is theirs. */
  async function show(person: PersonId): Promise<object> {
    const standing = await orders.standing();
    const ids = standing.sameAs(person);
    const [staff, learner] = await Promise.all([store.get('staff', person), store.get('learner', person)]);
    const devices = (await Promise.all(ids.map((id) => contacts.devicesOf(id)))).flat().sort((a, b) => (a.since < b.since ? -1 : 1));
    const revoked = standing.people.get(person)?.since ?? staff?.revoked ?? learner?.revoked;
    return {
      id: person,
      name: learner?.name || staff?.name || '',
      roles: [...(staff?.roles ?? []), ...(learner === null ? [] : ['learner'])],
      since: learner?.since ?? staff?.since ?? null,
      ...(revoked === undefined ? {} : { revoked }),
      ...(learner?.asksErasure === undefined ? {} : { asksErasure: learner.asksErasure }),
      aliases: ids.filter((id) => id !== person),
      cohorts: await cohorts.of(person),
      devices: devices.map((device) => showDevice(standing, device)),
    };
  }

  async function staffOf(request: OrganRequest): Promise<Staff | Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    const { value: staff } = bearer;
    return staff.type === 'staff' && hasRole(staff, 'trainer', 'master', 'administrator') ? staff : forbidden();
  }

  /** Does this node know of the person at all? */
  const isKnown = async (person: PersonId): Promise<boolean> =>
    (await store.get('learner', person)) !== null || (await store.get('staff', person)) !== null || (await holdsWork(person));

  interface About {
    readonly staff: Staff;
    readonly person: PersonId;
    readonly body: JsonObject;
  }

  /** The person of the address, for whoever may act on them; in the same words whether they exist or not. */
  const about =
    (who: 'trainer' | 'administrator', answer: (about: About) => Promise<Response>) =>
    async ({ request, parts }: Asked): Promise<Response> => {
      const staff = await staffOf(request);
      if (staff instanceof Response) return staff;
      const { person } = parts;
      const isAdministrator = hasRole(staff, 'administrator');
      if (!isPersonId(person)) return isAdministrator ? notFound() : forbidden();
      if (!isAdministrator && (who === 'administrator' || !(await cohorts.teaches(staff.person, person)))) return forbidden();
      if (isAdministrator && !(await isKnown(person))) return notFound();
      if (request.method !== 'POST') return answer({ staff, person, body: {} });
      const read = await readObject(request);
      return read.ok ? answer({ staff, person, body: read.value }) : read.error;
    };

  const asOwn =
    (answer: (own: Own, body: JsonObject) => Promise<Response>) =>
    async ({ request }: Asked): Promise<Response> => {
      const bearer = await bearerOf(request, sessions);
      if (!bearer.ok) return bearer.error;
      if (bearer.value.type !== 'device') return forbidden();
      if (request.method !== 'POST') return answer(bearer.value, {});
      const read = await readObject(request);
      return read.ok ? answer(bearer.value, read.value) : read.error;
    };

  /** Ends the sign-in on these devices and obeys at once. */
  async function revokeDevices(
    devices: readonly { readonly person: PersonId; readonly device: DeviceId }[],
    reason: RevocationReason,
    since?: Instant,
  ): Promise<void> {
    const standing = await orders.standing();
    for (const { person, device } of devices)
      if (!standing.devices.has(deviceKey(person, device))) await orders.revoke({ type: 'device', person, device }, reason, since);
    await obedience.round();
  }

  async function learners(staff: Staff): Promise<Response> {
    const standing = await orders.standing();
    const isAdministrator = hasRole(staff, 'administrator');
    const theirs = await cohorts.list(isAdministrator ? null : staff.person);
    const cohortsOf = new Map<PersonId, { id: string; title: string }[]>();
    for (const { id, title } of theirs)
      for (const { person } of await cohorts.members(id)) cohortsOf.set(person, [...(cohortsOf.get(person) ?? []), { id, title }]);
    const all = (await store.list('learner')).filter(({ person }) => isAdministrator || cohortsOf.has(person));
    const devicesOf = new Map<PersonId, Device[]>();
    for (const device of await store.list('device')) devicesOf.set(device.person, [...(devicesOf.get(device.person) ?? []), device]);
    return json({
      people: all.map(({ person, name, since, revoked, asksErasure }) => {
        const devices = devicesOf.get(person) ?? [];
        const over = standing.people.get(person)?.since ?? revoked;
        return {
          id: person,
          name,
          since,
          devices: devices.length,
          lastContact: devices.reduce<Instant | null>(
            (last, { lastContact }) => (lastContact !== null && (last === null || lastContact > last) ? lastContact : last),
            null,
          ),
          cohorts: cohortsOf.get(person) ?? [],
          aliases: standing.sameAs(person).filter((id) => id !== person),
          ...(over === undefined ? {} : { revoked: over }),
          ...(asksErasure === undefined ? {} : { asksErasure }),
        };
      }),
      invited: (await store.list('code')).flatMap(({ use, name, cohort, expires, used }) =>
        use === 'enrolment' && name !== '' && used === undefined && expires > now() && theirs.some(({ id }) => id === cohort)
          ? [{ name, cohort, expires }]
          : [],
      ),
      held: isAdministrator
        ? obedience.held().map(({ child, order }) => ({
            child,
            kind: order.kind,
            at: order.at,
            people: order.kind === 'erasure' ? [order.person] : order.kind === 'alias' ? order.people : [],
          }))
        : [],
    });
  }

  async function link({ staff, person, body }: About): Promise<Response> {
    const { revokeDevices: revoking, reason } = body;
    if (revoking !== undefined && typeof revoking !== 'boolean') return badRequest('revokeDevices is true or false.');
    if (reason !== undefined && !isRevocationReason(reason)) return badRequest('A reason is one of those that are known here.');
    const standing = await orders.standing();
    if (standing.people.has(person)) return refuse(409, 'revoked', 'The sign-ins of this person were ended. Restore the person first.');
    if ((await store.get('learner', person)) === null) return notFound();
    // The devices of this moment: the one that comes with the code is not among them.
    if (revoking === true) await revokeDevices(await contacts.devicesOf(person), reason ?? 'lost');
    const [made] = await sessions.createCodes([{ use: 'link', name: '', person, by: staff.person }]);
    return made === undefined ? badRequest('No code was made.') : json({ code: showCode(made.code), expires: made.expires }, 201);
  }

  async function revoke({ staff, person, body }: About): Promise<Response> {
    const { device, reason, since } = body;
    if (!isRevocationReason(reason)) return badRequest('A reason is one of those that are known here.');
    if (since !== undefined && (!isInstant(since) || since > now()))
      return badRequest('A date lies in the past and is written as RFC 3339 has it.');
    if (device !== undefined) {
      if (!isDeviceId(device)) return badRequest('A device is named by its id.');
      await revokeDevices([{ person, device }], reason, since);
      return done();
    }
    if (!hasRole(staff, 'administrator')) return forbidden();
    if (staff.person === person) return refuse(409, 'yourself', 'Nobody ends their own sign-ins here. Another administrator can.');
    if (!(await sessions.revoke(person, reason, since))) await orders.revoke({ type: 'person', person }, reason, since);
    await obedience.round();
    return done();
  }

  async function restore({ staff, person, body }: About): Promise<Response> {
    const { device } = body;
    if (device !== undefined && !isDeviceId(device)) return badRequest('A device is named by its id.');
    if (device === undefined && !hasRole(staff, 'administrator')) return forbidden();
    if (device === undefined) await sessions.restore(person);
    else await orders.restore({ type: 'device', person, device });
    await obedience.round();
    const standing = await orders.standing();
    const still = device === undefined ? standing.people.has(person) : standing.devices.has(deviceKey(person, device));
    return still ? refuse(409, 'other-node', 'Another node ordered this, and only that one can take it back.') : done();
  }

  async function erase({ staff, person, body }: About): Promise<Response> {
    // What cannot be taken back is said twice.
    if (body['confirm'] !== person) return badRequest('The body confirms whom: the id of the person in confirm.');
    if (!sessions.isConfirmed(staff)) return unconfirmed();
    const ids = (await orders.standing()).sameAs(person);
    if (ids.includes(staff.person)) return refuse(409, 'yourself', 'Nobody erases themselves here. Another administrator can.');
    for (const id of ids) await orders.erase(id);
    await obedience.round();
    return json({ erased: ids });
  }

  async function join({ person, body }: About): Promise<Response> {
    const { person: other } = body;
    if (!isPersonId(other) || other === person) return badRequest('An alias joins two different ids.');
    if (!(await isKnown(other))) return notFound();
    if (!(await orders.join(person, other))) return notFound();
    await obedience.round();
    return done();
  }

  async function part(person: PersonId, body: JsonObject): Promise<Response> {
    const { person: other } = body;
    if (!isPersonId(other)) return badRequest('An alias joins two different ids.');
    if (!(await orders.part(person, other))) return notFound();
    await obedience.round();
    return done();
  }

  /** Whoever holds the sign-ins of both on one device is both. */
  async function joinOwn(own: Own, body: JsonObject): Promise<Response> {
    const { token } = body;
    const other = typeof token === 'string' ? await sessions.bearer(token) : null;
    if (other?.ok !== true || other.value.type !== 'device' || other.value.device !== own.device || other.value.person === own.person)
      return badRequest('The body has the token of another person on this device.');
    await orders.join(own.person, other.value.person);
    await obedience.round();
    return done();
  }

  async function revokeOwn(own: Own, body: JsonObject): Promise<Response> {
    const { device, reason } = body;
    if (!isDeviceId(device) || !isRevocationReason(reason)) return badRequest('The body has a device and a reason.');
    if (device === own.device) return refuse(409, 'yourself', 'This is the device that asks. Sign out here instead.');
    const ids = (await orders.standing()).sameAs(own.person);
    const devices = (await Promise.all(ids.map((id) => contacts.devicesOf(id)))).flat().filter((known) => known.device === device);
    if (devices.length === 0) return forbidden();
    await revokeDevices(devices, reason);
    return done();
  }

  /** Notes that the person asks for erasure, or no longer does. The centre carries it out: nobody loses years of work to whoever holds their phone. */
  async function askErasure(own: Own, body: JsonObject): Promise<Response> {
    const { asks } = body;
    if (typeof asks !== 'boolean') return badRequest('The body says whether the person asks: true or false.');
    for (;;) {
      const known = await store.get('learner', own.person);
      const { asksErasure: _before, ...rest } = known ?? { person: own.person, name: '', since: now() };
      const changed = asks ? { ...rest, asksErasure: known?.asksErasure ?? now() } : rest;
      if (await store.put('learner', [own.person], changed, known?._rev)) return done();
    }
  }

  return [
    {
      method: 'GET',
      path: '/api/learners',
      async answer({ request }) {
        const staff = await staffOf(request);
        return staff instanceof Response ? staff : learners(staff);
      },
    },
    { method: 'GET', path: '/api/people/:person', answer: about('trainer', async ({ person }) => json(await show(person))) },
    { method: 'POST', path: '/api/people/:person/link', answer: about('trainer', link) },
    { method: 'POST', path: '/api/people/:person/revoke', answer: about('trainer', revoke) },
    { method: 'POST', path: '/api/people/:person/restore', answer: about('trainer', restore) },
    { method: 'POST', path: '/api/people/:person/erase', answer: about('administrator', erase) },
    { method: 'POST', path: '/api/people/:person/alias', answer: about('administrator', join) },
    { method: 'POST', path: '/api/people/:person/part', answer: about('administrator', ({ person, body }) => part(person, body)) },
    { method: 'GET', path: '/api/me', answer: asOwn(async (own) => json(await show(own.person))) },
    { method: 'POST', path: '/api/me/alias', answer: asOwn(joinOwn) },
    { method: 'POST', path: '/api/me/part', answer: asOwn((own, body) => part(own.person, body)) },
    { method: 'POST', path: '/api/me/revoke', answer: asOwn(revokeOwn) },
    { method: 'POST', path: '/api/me/erasure', answer: asOwn(askErasure) },
  ];
}
