/**
 * The book of issued certificates, in the desk of this node: one document for each number in its status list.
 *
 *   <node>:issued:<list>-<index>
 *
 * The name is the allocation: whoever writes it first has the number, whichever process of the node they are. It names no person, only the certificate: when everything
 * about a person is erased, the number stays taken, and what was revoked stays revoked.
 */
import type { Instant } from '../../domain/clock.ts';
import { isInstant } from '../../domain/clock.ts';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import { isObject, isString } from '../../domain/shape.ts';
import type { Digest } from '../../certification/signed.ts';
import { statusBits } from '../../certification/status-list.ts';
import type { CouchDocument, Database } from '../engine/engine.ts';

export type IssuedState = 'in-force' | 'suspended' | 'revoked';
export const isIssuedState = (value: unknown): value is IssuedState => value === 'in-force' || value === 'suspended' || value === 'revoked';

export interface Change {
  readonly state: IssuedState;
  readonly at: Instant;
  readonly by: PersonId;
  /** In the words of whoever did it. */
  readonly reason: string;
}

export interface Issued {
  readonly uuid: string;
  /** Of person, programme and moment: the same award is found again by it, and nobody is named. */
  readonly award: Digest;
  readonly list: number;
  readonly index: number;
  readonly programme: string;
  readonly at: Instant;
  readonly by: PersonId;
  readonly from: Instant;
  readonly until: Instant;
  readonly state: IssuedState;
  /** The newest last. */
  readonly changes: readonly Change[];
}

export interface Book {
  /**
   * Each as it stands. On a cluster the copy that lists may lag behind and lack the newest; those whose numbers are given are there in any case.
   */
  all(indices?: readonly number[]): Promise<readonly Issued[]>;
  /** Takes a number for an award. Answers the entry that stands: this one, or one that was made for the same award and is not revoked. */
  enter(entry: Omit<Issued, 'list' | 'index' | 'state' | 'changes'>, indexAt: (attempt: number) => Promise<number>): Promise<Issued>;
  /** Null where there is no such certificate; an entry that is as it was where the change is none, or it is revoked for good. */
  change(uuid: string, change: Change): Promise<Issued | null>;
}

/** Of the one list of a node: as many numbers as the standard's smallest list has, more than a centre issues in a century. */
const list = 1;

export function openBook({ node, desk }: { readonly node: NodeId; readonly desk: Database }): Book {
  const nameOf = (index: number): string => `${node}:issued:${String(list)}-${String(index)}`;
  const read = (document: CouchDocument): readonly Issued[] =>
    isString(document['uuid']) && isInstant(document['at']) && isObject(document) ? [document as unknown as Issued] : [];
  const bodyOf = (entry: Issued): object => ({ _id: nameOf(entry.index), kind: 'issued', writer: node, ...entry });

  async function all(indices: readonly number[] = []): Promise<readonly Issued[]> {
    const { rows } = await desk.list({
      partition: node,
      start: `${node}:issued:`,
      end: `${node}:issued;`,
      inclusiveEnd: false,
    });
    // By name, as most copies have them: one that was revoked must not be in force again where a copy lags behind.
    const names = new Set([...rows.map(({ id }) => id), ...indices.map(nameOf)]);
    const documents = await Promise.all([...names].map((name) => desk.get(name)));
    return documents.flatMap((document) => (document === null ? [] : read(document)));
  }

  return {
    all,

    async enter(entry, indexAt) {
      for (let attempt = 0; attempt < statusBits; attempt++) {
        const index = await indexAt(attempt);
        const whole: Issued = { ...entry, list, index, state: 'in-force', changes: [] };
        const [written] = await desk.bulk([bodyOf(whole)], { newEdits: true });
        if (written?.ok === true) return whole;
        if (written?.error !== 'conflict') throw new Error(`A certificate could not be entered: ${written?.reason ?? ''}`);
        const standing = (await desk.get(nameOf(index))) ?? null;
        const found = standing === null ? undefined : read(standing)[0];
        if (found?.award === entry.award && found.state !== 'revoked') return found;
      }
      throw new Error('The status list is full');
    },

    async change(uuid, change) {
      for (;;) {
        const found = (await all()).find((entry) => entry.uuid === uuid);
        if (found === undefined) return null;
        if (found.state === 'revoked' || found.state === change.state) return found;
        const { _rev: rev } = found as unknown as CouchDocument;
        const { uuid: _, ...rest } = found;
        const after: Issued = { uuid, ...rest, state: change.state, changes: [...found.changes, change] };
        const [written] = await desk.bulk([{ ...bodyOf(after), _rev: rev }], { newEdits: true });
        if (written?.ok === true) return after;
        if (written?.error !== 'conflict') throw new Error(`A certificate could not be changed: ${written?.reason ?? ''}`);
      }
    },
  };
}
