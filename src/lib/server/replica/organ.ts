/**
 * `/replica/person/<person>/…`, `/replica/commons/…` and `/replica/db/<database>/…`: which range a road leads to, and for whom. Whoever comes shows a token
 * (`Bearer`), or a name and password as clients of the CouchDB family send them (`Basic`, basic.ts).
 */
import { randomUUID } from 'node:crypto';
import { isPersonId, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { mayEnter, mayWrite, notOpen, type Scope, type Who } from '../../sync/access.ts';
import type { Basic } from '../accounts/basic.ts';
import { bearerSentences, readBearer, whoFor } from '../accounts/bearer.ts';
import type { Bearer, Sessions } from '../accounts/sessions.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import type { Database, Engine } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import type { Caller, Organ, OrganRequest } from '../http/organ.ts';
import { segmentsOf } from '../http/router.ts';
import { createDatabaseRoads } from './databases.ts';
import { badRequest, countParameter, couchError, wrongMethod } from './range.ts';
import { answerRoad } from './road.ts';

const closed = (): Response => couchError(403, 'forbidden', notOpen);

/** Whoever signs in, where no single person is asked about. */
function whoOf(bearer: Bearer): Who {
  switch (bearer.type) {
    case 'device':
      return { type: 'device', person: bearer.person, device: bearer.device, aliases: bearer.aliases };
    case 'peer':
      return { type: 'peer', node: bearer.node };
    case 'staff':
      return { type: 'staff', person: bearer.person, roles: bearer.roles, teaches: () => false };
  }
}

export function createReplica(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly records: Database;
  readonly commons: Database;
  readonly sessions: Sessions;
  readonly basic: Basic;
  readonly cohorts: Cohorts;
}): Organ {
  const { node, version, engine, records, commons, sessions, basic, cohorts } = given;
  const databases = createDatabaseRoads({ node, engine });

  /**
   * What a client finds above a database. PouchDB names its checkpoints after the `uuid`; with the epoch in it, a restored node is another place, and
   * devices compare everything again instead of going on where the lost disk was.
   */
  const welcome = (): Response =>
    json({ couchdb: 'Welcome', uuid: `${node}-${engine.epoch}`, version: '3.3.0', vendor: { name: 'Perigee', version }, features: [] });

  async function bearerOf(request: OrganRequest, caller: Caller): Promise<Result<Bearer, Response>> {
    const byName = await basic.bearer(request, caller);
    if (byName !== null) {
      if (byName.ok) return byName;
      const { status, reason, retryAfter } = byName.error;
      const error = { 401: 'unauthorized', 403: 'forbidden', 429: 'too_many_requests' }[status];
      return err(couchError(status, error, reason, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }));
    }
    const read = await readBearer(request, sessions);
    if (read.ok) return ok(read.value);
    return err(
      read.error === 'expired'
        ? couchError(401, 'unauthorized', bearerSentences.expired)
        : couchError(403, read.error === 'erased' ? 'erased' : 'forbidden', bearerSentences[read.error]),
    );
  }

  async function answerPerson(request: OrganRequest, caller: Caller, path: readonly string[]): Promise<Response> {
    const [person, ...rest] = path;
    const bearer = await bearerOf(request, caller);
    if (!bearer.ok) return bearer.error;
    // A name that cannot be anybody's is refused in the same words as somebody else's.
    if (!isPersonId(person)) return closed();
    const scope: Scope = { type: 'person', person };
    const who = await whoFor(bearer.value, person, cohorts, engine.isRestored);
    const entered = mayEnter(who, 'read', scope);
    if (!entered.allow) return couchError(403, 'forbidden', entered.reason);
    const mayEdit = mayEnter(who, 'write', scope).allow;
    return answerRoad(
      {
        database: records,
        further: null,
        partition: person,
        name: person,
        // A trainer's checkpoints do not push out those of the person's devices.
        space: who.type === 'staff' ? `staff:${who.person}:${person}` : `person:${person}`,
        keepsLocals: mayEdit,
        gate: mayEdit
          ? (document, previous) => {
              const decision = mayWrite(who, scope, document, previous);
              return decision.allow ? null : decision.reason;
            }
          : null,
        isOpen: async () => {
          const still = await bearerOf(request, caller);
          return mayEnter(await whoFor(still.ok ? still.value : null, person, cohorts, engine.isRestored), 'read', scope).allow;
        },
      },
      request,
      rest,
    );
  }

  /** Who asks, as CouchDB's `_session` tells it; nobody is somebody here. */
  async function session(request: OrganRequest, caller: Caller): Promise<Response> {
    // CouchDB's own clients fall back to Basic authentication where sessions by cookie are not to be had.
    if (request.method !== 'GET' && request.method !== 'HEAD') return noCookies();
    const bearer = request.headers.has('authorization') ? await bearerOf(request, caller) : null;
    if (bearer?.ok === false) return bearer.error;
    const name =
      bearer === null
        ? null
        : bearer.value.type === 'staff'
          ? bearer.value.name
          : bearer.value.type === 'peer'
            ? bearer.value.node
            : bearer.value.person;
    const isAdministrator = bearer?.value.type === 'staff' && bearer.value.roles.includes('administrator');
    return json({ ok: true, userCtx: { name, roles: isAdministrator ? ['_admin'] : [] }, info: { authentication_handlers: ['default'] } });
  }

  async function answerDatabases(request: OrganRequest, caller: Caller, path: readonly string[]): Promise<Response> {
    const [name = '', ...rest] = path;
    if (name === '') return welcome();
    if (name === '_session') return session(request, caller);
    if (name === '_up') return json({ status: 'ok' });
    const bearer = await bearerOf(request, caller);
    if (!bearer.ok) return bearer.error;
    const who = whoOf(bearer.value);
    if (name === '_all_dbs') return request.method === 'GET' ? json(await databases.names(who)) : wrongMethod('GET,HEAD');
    if (name === '_uuids') {
      const count = countParameter(new URL(request.url).searchParams, 'count') ?? 1;
      return count > 1000
        ? badRequest('At most 1000 at once.')
        : json({ uuids: Array.from({ length: count }, () => randomUUID().replaceAll('-', '')) });
    }
    return databases.answer(request, who, name, rest, async () => {
      const still = await bearerOf(request, caller);
      return still.ok ? whoOf(still.value) : { type: 'stranger' };
    });
  }

  return async (request, caller) => {
    const segments = segmentsOf(new URL(request.url).pathname);
    if (segments === null) return badRequest('The address is not well formed.');
    const [organ, kind, ...path] = segments;
    if (organ !== 'replica') return null;
    const isRoot = kind === undefined || kind === '' || (kind === 'person' && (path.length === 0 || (path.length === 1 && path[0] === '')));
    if (isRoot) return welcome();
    switch (kind) {
      case 'commons':
        return answerRoad(
          {
            database: commons,
            further: null,
            partition: null,
            name: 'commons',
            space: 'commons',
            keepsLocals: false,
            gate: null,
            isOpen: () => Promise.resolve(true),
          },
          request,
          path,
        );
      case 'person':
        return answerPerson(request, caller, path);
      case 'db':
        return answerDatabases(request, caller, path);
      case '_session':
        return session(request, caller);
      default:
        return couchError(404, 'not_found', 'There is nothing at this address.');
    }
  };
}

const noCookies = (): Response =>
  couchError(404, 'not_found', 'No sessions by cookie are kept here: send the name and password, or a token, with each request.');

/** `/_session` of the host itself, where CouchDB's replicator asks first, whatever the path of the database is. */
export const createCouchSession = (): Organ => (request) =>
  Promise.resolve(new URL(request.url).pathname === '/_session' ? noCookies() : null);
