/**
 * `/replica/db/<database>/…`: whole databases, for administrators and for other nodes. The node's own are there because the node is; further ones are
 * made with PUT and dropped with DELETE. To a client of the CouchDB family `/replica/db/` is the root of a CouchDB.
 */
import type { NodeId } from '../../domain/ids.ts';
import { isFurtherDatabase, mayEnter, mayWrite, notOpen, type Scope, type Who } from '../../sync/access.ts';
import { readNodeDatabase } from '../../sync/document-rules.ts';
import { DatabaseGone, type Database, type Engine, type FurtherDatabase } from '../engine/engine.ts';
import { json } from '../http/answer.ts';
import { couchError, type Range } from './range.ts';
import { answerRoad } from './road.ts';
import type { OrganRequest } from '../http/organ.ts';

export interface DatabaseRoads {
  /** Names that `who` may read, in order. */
  names(who: Who): Promise<readonly string[]>;
  /**
   * @param path segments after the database's name
   * @param still asks again who it is, for feeds that wait
   */
  answer(request: OrganRequest, who: Who, name: string, path: readonly string[], still: () => Promise<Who>): Promise<Response>;
}

const closed = (): Response => couchError(403, 'forbidden', notOpen);
const noDatabase = (): Response => couchError(404, 'not_found', 'Database does not exist.');

export function createDatabaseRoads({ node, engine }: { readonly node: NodeId; readonly engine: Engine }): DatabaseRoads {
  /** The node's own that were found: none of them ever goes. */
  const known = new Set<string>();

  const scopeOf = (database: string): Scope => ({ type: 'database', database, at: node });

  /** A database of a node; null where it is not here. This node's own are here although nothing was written yet, and a child's are as soon as the child is. */
  async function openOwn(name: string, who: Who): Promise<Database | null> {
    const owner = readNodeDatabase(name)?.owner;
    const isHere = owner === node || (who.type === 'peer' && owner === who.node);
    if (!known.has(name) && !isHere) for (const found of await engine.databases()) known.add(found);
    return known.has(name) || isHere ? engine.database(name) : null;
  }

  async function find(name: string, who: Who): Promise<{ readonly database: Database; readonly further: FurtherDatabase | null } | null> {
    if (readNodeDatabase(name) !== null) {
      const database = await openOwn(name, who);
      return database === null ? null : { database, further: null };
    }
    const further = await engine.further.open(name);
    return further === null ? null : { database: further, further };
  }

  function rangeOf(name: string, who: Who, found: NonNullable<Awaited<ReturnType<typeof find>>>, still: () => Promise<Who>): Range {
    const scope = scopeOf(name);
    return {
      ...found,
      partition: null,
      name,
      // Checkpoints of the nodes below and of administrators do not push out each other.
      space: who.type === 'peer' ? `peer:${who.node}` : 'database',
      keepsLocals: true,
      gate: mayEnter(who, 'write', scope).allow
        ? (document, previous) => {
            const decision = mayWrite(who, scope, document, previous);
            return decision.allow ? null : decision.reason;
          }
        : null,
      isOpen: async () =>
        mayEnter(await still(), 'read', scope).allow && (found.further === null || (await engine.further.open(name)) === found.further),
    };
  }

  async function create(name: string, who: Who): Promise<Response> {
    const made = readNodeDatabase(name) === null ? await engine.further.create(name) : (await find(name, who)) === null ? null : false;
    if (made === null) return couchError(403, 'forbidden', 'A database of this name is a node’s own: the node makes it.');
    return made ? json({ ok: true }, 201) : couchError(412, 'file_exists', 'The database could not be created, the file already exists.');
  }

  async function drop(name: string): Promise<Response> {
    if (readNodeDatabase(name) !== null)
      return couchError(403, 'forbidden', 'A database of this name is a node’s own, and is not dropped.');
    return (await engine.further.drop(name)) ? json({ ok: true }) : noDatabase();
  }

  return {
    async names(who) {
      const own = ['records', 'desk', 'commons', 'orders'].map((use) => `${use}-${node}`);
      const all = new Set([...own, ...(await engine.databases()), ...(await engine.further.list())]);
      return [...all].filter((name) => mayEnter(who, 'read', scopeOf(name)).allow).sort();
    },

    async answer(request, who, name, path, still) {
      const isAdministrator = who.type === 'staff' && who.roles.includes('administrator');
      const isItself = path.length === 0 || (path.length === 1 && path[0] === '');
      // Only to administrators it makes a difference whether a name could be a database's.
      if (isAdministrator && readNodeDatabase(name) === null && !isFurtherDatabase(name) && isItself && request.method === 'PUT')
        return couchError(
          400,
          'illegal_database_name',
          'A database has a name of a-z, 0-9 and _$()+/- that begins with a letter, and not one of the node’s own.',
        );
      if (!mayEnter(who, 'read', scopeOf(name)).allow) return closed();
      try {
        if (isItself && request.method === 'PUT') return await create(name, who);
        if (isItself && request.method === 'DELETE') return await drop(name);
        const found = await find(name, who);
        return found === null ? noDatabase() : await answerRoad(rangeOf(name, who, found, still), request, path);
      } catch (error) {
        if (error instanceof DatabaseGone) return noDatabase();
        throw error;
      }
    },
  };
}
