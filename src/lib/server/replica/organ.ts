/** `/replica/person/<person>/…` and `/replica/commons/…`: which range a road leads to, and for whom. */
import { isPersonId, type NodeId } from '../../domain/ids.ts';
import { mayEnter, mayWrite, notOpen, type Scope } from '../../sync/access.ts';
import { bearerSentences, readBearer, whoFor } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import type { Database, Engine } from '../engine/engine.ts';
import { badRequest, json, notFound } from '../http/answer.ts';
import type { Organ } from '../http/organ.ts';
import { segmentsOf } from '../http/router.ts';
import { couchError } from './range.ts';
import { answerRoad } from './road.ts';

export function createReplica(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly records: Database;
  readonly commons: Database;
  readonly sessions: Sessions;
  readonly cohorts: Cohorts;
}): Organ {
  const { node, version, engine, records, commons, sessions, cohorts } = given;

  /**
   * What a client finds above a database. PouchDB names its checkpoints after the `uuid`; with the epoch in it, a restored node is another place, and
   * devices compare everything again instead of going on where the lost disk was.
   */
  const welcome = (): Response =>
    json({ couchdb: 'Welcome', uuid: `${node}-${engine.epoch}`, version: '3.3.0', vendor: { name: 'Perigee', version }, features: [] });

  return async (request) => {
    const segments = segmentsOf(new URL(request.url).pathname);
    if (segments === null) return badRequest('The address is not well formed.');
    const [organ, kind, ...path] = segments;
    if (organ !== 'replica') return null;
    const isRoot = kind === undefined || kind === '' || (kind === 'person' && (path.length === 0 || (path.length === 1 && path[0] === '')));
    if (isRoot) return welcome();

    if (kind === 'commons')
      return answerRoad(
        { database: commons, partition: null, name: 'commons', space: 'commons', gate: null, isOpen: () => Promise.resolve(true) },
        request,
        path,
      );
    if (kind !== 'person') return notFound();

    const [person, ...rest] = path;
    const bearer = await readBearer(request, sessions);
    if (!bearer.ok)
      return bearer.error === 'expired'
        ? couchError(401, 'unauthorized', bearerSentences.expired)
        : couchError(403, bearer.error === 'erased' ? 'erased' : 'forbidden', bearerSentences[bearer.error]);
    // A name that cannot be anybody's is refused in the same words as somebody else's.
    if (!isPersonId(person)) return couchError(403, 'forbidden', notOpen);
    const scope: Scope = { type: 'person', person };
    const who = await whoFor(bearer.value, person, cohorts);
    const entered = mayEnter(who, 'read', scope);
    if (!entered.allow) return couchError(403, 'forbidden', entered.reason);
    return answerRoad(
      {
        database: records,
        partition: person,
        name: person,
        // A trainer's checkpoints do not push out those of the person's devices.
        space: who.type === 'staff' ? `staff:${who.person}:${person}` : `person:${person}`,
        gate: mayEnter(who, 'write', scope).allow
          ? (document, previous) => {
              const decision = mayWrite(who, scope, document, previous);
              return decision.allow ? null : decision.reason;
            }
          : null,
        isOpen: async () => {
          const still = await readBearer(request, sessions);
          return mayEnter(await whoFor(still.ok ? still.value : null, person, cohorts), 'read', scope).allow;
        },
      },
      request,
      rest,
    );
  };
}
