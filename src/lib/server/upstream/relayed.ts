/**
 * What the parent said that it has: its receipts, relayed to devices.
 *
 * For each person one document `relayed:<person>` in the database `private`: of every document that the parent confirmed, and of each leaf where it is in
 * conflict, six bytes that stand for its name and six for its revision, from their SHA-256. A false mark would need both to agree by chance, 1 in 2^96; two
 * names that agree in six bytes only take the mark from one of them. Why not a place in the feed: on a cluster a feed may run ahead of a document that a slow
 * copy still lacks, and what the parent refused stands before the place as well. Only what was named in the parent's own answer is said to be there.
 *
 * All of it is of one parent in one epoch; of another it says nothing.
 */
import { createHash } from 'node:crypto';
import { isNodeId, isPersonId, type NodeId, type PersonId } from '../../domain/ids.ts';
import { isString } from '../../domain/shape.ts';
import type { CouchDocument, Database } from '../engine/engine.ts';
import type { Place, Revs } from '../../sync/visit.ts';

/** What `/sync` tells of one place above this node. */
export interface RelayedReceipt {
  readonly node: NodeId;
  readonly epoch: string;
  readonly revisions: Readonly<Record<string, string>>;
  /** Says something else whenever more of this person has come to stand there. */
  readonly state: string;
}

export interface Relayed {
  /** The parent that was met last, in the epoch that it had; null where none ever was. */
  place(): Promise<Place | null>;
  /** From now on only what this place confirms counts. */
  met(place: Place): Promise<void>;
  confirm(place: Place, revs: Revs): Promise<void>;
  /** Of these revisions, one for each name, those that the parent has. Empty where no parent was met. */
  of(person: PersonId, revisions: Readonly<Record<string, string>>): Promise<readonly RelayedReceipt[]>;
}

const markBytes = 6;
const markOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, markBytes);

const placeName = 'upstream:parent';
/** The document about a person, which is purged with all else of them. */
export const relayedName = (person: PersonId): string => `relayed:${person}`;

/** Marks of names to marks of their leaves, in hexadecimal. */
function readMarks(document: CouchDocument | null, place: Place): Map<string, Set<string>> {
  const marks = new Map<string, Set<string>>();
  if (document === null || document['node'] !== place.node || document['epoch'] !== place.epoch || !isString(document['marks']))
    return marks;
  const bytes = Buffer.from(document['marks'], 'base64');
  for (let at = 0; at + 2 * markBytes <= bytes.length; at += 2 * markBytes) {
    const name = bytes.toString('hex', at, at + markBytes);
    marks.set(name, (marks.get(name) ?? new Set()).add(bytes.toString('hex', at + markBytes, at + 2 * markBytes)));
  }
  return marks;
}

const writeMarks = (marks: ReadonlyMap<string, ReadonlySet<string>>): string =>
  Buffer.concat([...marks].flatMap(([name, revs]) => [...revs].map((rev) => Buffer.from(name + rev, 'hex')))).toString('base64');

/** Writes documents over what stands; answers false where somebody else wrote one of them first. */
async function put(database: Database, documents: readonly object[]): Promise<boolean> {
  const written = await database.bulk(documents, { newEdits: true });
  for (const answer of written) if (!answer.ok && answer.error !== 'conflict') throw new Error(`private: ${answer.reason}`);
  return written.every(({ ok }) => ok);
}

export function createRelayed(database: Database): Relayed {
  const readPlace = async (): Promise<{ readonly place: Place | null; readonly rev: string | undefined }> => {
    const found = await database.get(placeName);
    const [node, epoch] = [found?.['node'], found?.['epoch']];
    return { place: isNodeId(node) && isString(epoch) ? { node, epoch } : null, rev: found?._rev };
  };

  return {
    place: async () => (await readPlace()).place,

    async met({ node, epoch }) {
      for (let met = false; !met;) {
        const { place, rev } = await readPlace();
        met =
          (place?.node === node && place.epoch === epoch) ||
          (await put(database, [{ _id: placeName, node, epoch, ...(rev === undefined ? {} : { _rev: rev }) }]));
      }
    },

    async confirm(place, revs) {
      const byPerson = new Map<PersonId, [string, readonly string[]][]>();
      for (const [id, some] of Object.entries(revs)) {
        const person = id.slice(0, id.indexOf(':'));
        if (!isPersonId(person)) continue;
        byPerson.set(person, [...(byPerson.get(person) ?? []), [id, some]]);
      }
      for (let done = byPerson.size === 0; !done;) {
        const documents = await Promise.all(
          [...byPerson].map(async ([person, confirmed]) => {
            const standing = await database.get(relayedName(person));
            const marks = readMarks(standing, place);
            // Every leaf of a document in conflict, as a device holds one of them; what they followed nobody asks about any more.
            for (const [id, leaves] of confirmed)
              marks.set(markOf(id).toString('hex'), new Set(leaves.map((rev) => markOf(`${id} ${rev}`).toString('hex'))));
            const { node, epoch } = place;
            return {
              _id: relayedName(person),
              node,
              epoch,
              marks: writeMarks(marks),
              ...(standing === null ? {} : { _rev: standing._rev }),
            };
          }),
        );
        done = await put(database, documents);
      }
    },

    async of(person, revisions) {
      const { place } = await readPlace();
      if (place === null) return [];
      const document = await database.get(relayedName(person));
      const marks = readMarks(document, place);
      const there = Object.entries(revisions).filter(
        ([id, rev]) => marks.get(markOf(id).toString('hex'))?.has(markOf(`${id} ${rev}`).toString('hex')) === true,
      );
      const state = marks.size === 0 ? '0' : (document?._rev ?? '0');
      return [{ ...place, revisions: Object.fromEntries(there), state }];
    },
  };
}
