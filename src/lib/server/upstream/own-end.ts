/** This node as a visit sees it: its engine, with access in front of whatever comes down. */
import { isNodeId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { isObject, isString } from '../../domain/shape.ts';
import { mayWrite } from '../../sync/access.ts';
import type { OwnEnd, Position } from '../../sync/visit.ts';
import type { Engine } from '../engine/engine.ts';
import type { Relayed } from './relayed.ts';

/** Places in feeds lie beside the data that they are about, so a copy that is put back has the places of its own moment. */
const space = (name: string): string => `upstream:${name}`;
const only = 'position';

function parsePosition(body: Readonly<Record<string, unknown>>): Position | null {
  const { place, own, since, end } = body;
  if (!isObject(place) || !isNodeId(place['node']) || !isString(place['epoch']) || !isString(own) || !isString(since)) return null;
  return { place: { node: place['node'], epoch: place['epoch'] }, own, since, ...(isString(end) ? { end } : {}) };
}

export function createOwnEnd(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly relayed: Relayed;
  readonly refused: OwnEnd['refused'];
  readonly obey: OwnEnd['obey'];
  /** Who was erased: nothing of them is taken back, whoever still holds it. */
  readonly erased: () => Promise<ReadonlySet<PersonId>>;
}): OwnEnd {
  const { node, engine, relayed, refused, obey, erased } = given;
  const notes = engine.database('private');
  return {
    node,
    epoch: engine.epoch,
    refused,
    obey,
    async changes(database, since, limit) {
      const { results, last } = await engine.database(database).changes({ partition: null, since, limit, style: 'all_docs' });
      return { changes: results.map(({ id, revs }) => ({ id, revs })), last };
    },
    async open(database, id, revs) {
      return (await engine.database(database).open(id, revs)).found;
    },
    async missing(database, revs) {
      const missing = await engine.database(database).missing(revs);
      return Object.fromEntries([...missing].map(([id, { missing: lacking }]) => [id, lacking]));
    },
    async store(database, documents) {
      const gone: ReadonlySet<string> = await erased();
      const written = await engine.database(database).bulk(documents, {
        newEdits: false,
        gate: (document, previous) => {
          if (gone.has(String(document['_id']).split(':')[0] ?? '')) return 'This person was erased.';
          const decision = mayWrite({ type: 'node', node }, { type: 'database', database, at: node }, document, previous);
          return decision.allow ? null : decision.reason;
        },
      });
      return written.flatMap((answer) => (answer.ok ? [] : [{ id: answer.id, reason: answer.reason }]));
    },
    async position(name) {
      const found = await notes.getLocal(space(name), only);
      return found === null ? null : parsePosition(found.body);
    },
    async keepPosition(name, { place, own, since, end }) {
      await notes.putLocal(space(name), only, { place, own, since, ...(end === undefined ? {} : { end }) });
    },
    met: (place) => relayed.met(place),
    confirmed: (place, database, revs) => (database === `records-${node}` ? relayed.confirm(place, revs) : Promise.resolve()),
  };
}
