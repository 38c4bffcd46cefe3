/**
 * `/api/greeting`: a child begins a visit. `/api/nodes`: the children of this node. `/api/upstream`: this node and its parent, for the page of the
 * administrator.
 */
import { instantOf, isInstant, type Clock, type Instant } from '../../domain/clock.ts';
import { isCourseId, isNodeId, type CourseId, type NodeId } from '../../domain/ids.ts';
import { isCount, isListOf, isRecordOf, isString, type JsonObject } from '../../domain/shape.ts';
import { showHours } from '../../sync/link.ts';
import { mayEnter } from '../../sync/access.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Peers } from '../accounts/peers.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { CentreBook } from '../centre/facts.ts';
import type { Library } from '../content/library.ts';
import type { Engine } from '../engine/engine.ts';
import { badRequest, forbidden, json, notFound, refuse } from '../http/answer.ts';
import { readObject } from '../http/body.ts';
import type { Route, OrganRequest } from '../http/organ.ts';
import type { Held } from '../update/held.ts';
import { courseSizes, offeredCourses } from './courses.ts';
import type { Upstream } from './job.ts';

/** What a child said of itself when it was last here. */
interface ChildContact {
  readonly at: Instant;
  readonly version: string;
  /** Documents that it had not handed over yet. */
  readonly waiting: number;
  readonly waitingSince: Instant | null;
  /** Courses with the beginning of their manifests' SHA-256. */
  readonly courses: Readonly<Record<string, string>>;
  /** Courses that it carries; null for all. */
  readonly chosen: readonly CourseId[] | null;
}

const contactSpace = (node: NodeId): string => `child:${node}`;
const contactName = 'contact';
const maxCourses = 2000;

/** What a child's report says; what is missing or nonsense in it says nothing. */
function parseReport(value: JsonObject, at: Instant): ChildContact {
  const { version, waiting, waitingSince, courses, chosen } = value;
  const known = isRecordOf(isString)(courses) && Object.keys(courses).length <= maxCourses ? courses : {};
  return {
    at,
    version: isString(version) ? version.slice(0, 40) : '',
    waiting: isCount(waiting) ? waiting : 0,
    waitingSince: isInstant(waitingSince) ? waitingSince : null,
    courses: Object.fromEntries(Object.entries(known).filter(([course, digest]) => isCourseId(course) && digest.length <= 64)),
    chosen: isListOf(isCourseId)(chosen) && chosen.length <= maxCourses ? chosen : null,
  };
}

export function upstreamRoutes(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly peers: Peers;
  readonly library: Pick<Library, 'all'>;
  readonly upstream: Pick<Upstream, 'status' | 'visit' | 'choose'>;
  readonly centre: Pick<CentreBook, 'factsOf'>;
  /** Versions of the node that are handed on. */
  readonly held: Pick<Held, 'offered'>;
  readonly clock: Clock;
}): readonly Route[] {
  const { node, version, engine, sessions, peers, library, upstream, centre, held, clock } = given;
  const notes = engine.database('private');

  /** The databases that a child may come near, and where each one's feed ends. */
  async function databasesFor(child: NodeId): Promise<Readonly<Record<string, string>>> {
    const own = [`records-${child}`, `desk-${child}`, `commons-${node}`, `orders-${node}`];
    const names = [...new Set([...(await engine.databases()), ...own])].filter(
      (database) => mayEnter({ type: 'peer', node: child }, 'read', { type: 'database', database, at: node }).allow,
    );
    const ends = names.map(async (name): Promise<[string, string]> => [name, (await engine.database(name).info(null)).sequence]);
    return Object.fromEntries(await Promise.all(ends));
  }

  async function administrator(request: OrganRequest): Promise<Response | null> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    return hasRole(bearer.value, 'administrator') ? null : forbidden();
  }

  /** An answer for administrators alone. */
  const forAdministrator =
    (answer: Route['answer']): Route['answer'] =>
    async (asked) =>
      (await administrator(asked.request)) ?? answer(asked);

  async function contactOf(child: NodeId): Promise<ChildContact | null> {
    const found = await notes.getLocal(contactSpace(child), contactName);
    return found === null || !isInstant(found.body['at']) ? null : parseReport(found.body, found.body['at']);
  }

  /** Courses that are published here, that the child wants, and that it has not, or has in another version. */
  function lackedBy({ courses, chosen }: ChildContact): readonly string[] {
    return Object.entries(offeredCourses(library)).flatMap(([course, digest]) =>
      courses[course] !== digest && (chosen === null || chosen.some((wanted) => wanted === course)) ? [course] : [],
    );
  }

  async function childOf(path: string | undefined): Promise<NodeId | null> {
    return isNodeId(path) && (await peers.list()).some((peer) => peer.node === path) ? path : null;
  }

  return [
    {
      method: 'POST',
      path: '/api/greeting',
      async answer({ request }) {
        const bearer = await bearerOf(request, sessions);
        if (!bearer.ok) return bearer.error;
        if (bearer.value.type !== 'peer') return forbidden();
        const { node: child } = bearer.value;
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const databases = await databasesFor(child);
        const release = await held.offered();
        const greeting = {
          node,
          epoch: engine.epoch,
          version,
          child,
          databases,
          courses: offeredCourses(library),
          ...(release === null ? {} : { release }),
        };
        // Before it joins, a centre asks what it would carry, and has nothing to report.
        if (read.value['sizes'] === true) return json({ ...greeting, sizes: courseSizes(library) });
        const contact = parseReport(read.value, instantOf(clock()));
        await notes.putLocal(contactSpace(child), contactName, { ...contact });
        return json(greeting);
      },
    },
    {
      method: 'GET',
      path: '/api/nodes',
      answer: forAdministrator(async () => {
        const list = await Promise.all(
          (await peers.list()).map(async ({ node: child, made, revoked }) => {
            const contact = await contactOf(child);
            return {
              node: child,
              made,
              ...(revoked === undefined ? {} : { revoked }),
              contact:
                contact === null
                  ? null
                  : { at: contact.at, version: contact.version, waiting: contact.waiting, waitingSince: contact.waitingSince },
              lacks: contact === null ? [] : lackedBy(contact),
              about: await centre.factsOf(child),
            };
          }),
        );
        return json({ nodes: list });
      }),
    },
    {
      method: 'POST',
      path: '/api/nodes',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { name } = read.value;
        if (!isNodeId(name)) return badRequest('A node is named with a-z, 0-9 and hyphens, at most 64.');
        if (name === node) return refuse(409, 'name-taken', 'This node has that name itself. A child has another one.');
        return json({ node: name, token: await peers.add(name) }, 201);
      }),
    },
    {
      method: 'DELETE',
      path: '/api/nodes/:node',
      answer: forAdministrator(async ({ parts }) => {
        const child = await childOf(parts['node']);
        if (child === null) return notFound();
        await peers.revoke(child);
        return json({ node: child });
      }),
    },
    {
      method: 'GET',
      path: '/api/upstream',
      answer: forAdministrator(async () => {
        const { hours, ...status } = await upstream.status();
        return json({ ...status, hours: hours === null ? null : showHours(hours) });
      }),
    },
    {
      method: 'POST',
      path: '/api/upstream/visit',
      answer: forAdministrator(async () => {
        // Its end may be hours away: the page asks for the state. What goes wrong is noted and logged there.
        upstream.visit().catch(() => undefined);
        return json({ started: true }, 202);
      }),
    },
    {
      method: 'PUT',
      path: '/api/upstream/courses',
      answer: forAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { courses } = read.value;
        if (courses !== null && !(isListOf(isCourseId)(courses) && courses.length <= maxCourses))
          return badRequest('The body has courses: null for all of them, or a list of names.');
        await upstream.choose(courses);
        return json({ courses });
      }),
    },
  ];
}
