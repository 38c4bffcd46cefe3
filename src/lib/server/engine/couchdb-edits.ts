/**
 * Edits that not enough copies of a cluster accepted at first (202), and what becomes of them.
 *
 * Each copy of a document accepts one edit of what stands there. Where two processes of a node edit it at once, the copies may disagree which of the two
 * came first: CouchDB then answers 201 to the one that most copies accepted, or to none, keeps both, and answers 202 to whoever was not the one. The rules,
 * each of which is about one's own edit alone, so that nobody has to know who else is there:
 *
 *   - A 201 stands: most copies accepted this edit and will accept no other, so there is no second 201.
 *   - A 202 is nothing yet. Its writer looks on all copies for rivals: other edits of the same revision.
 *   - Outranked by one (by CouchDB's own rank), it withdraws: its branch is purged, and the answer is `conflict`.
 *   - Ranked above all of them it waits for them to withdraw. Those that do not (a 201, or a process that died) stand: it withdraws then.
 *   - Alone, it is written to enough copies, which accept no rival from then on, and looked for once more. Still alone, it is an edit like any other.
 *
 * So no two rivals are both told that they are written; and one of them is, unless a process dies or takes longer than it is waited for. An edit whose
 * process dies between its 202 and the end of this was answered to nobody, and stays as a branch of a conflict, as CouchDB leaves it.
 */
import { setTimeout } from 'node:timers/promises';
import { byRank, documentOf, pathOf, pathOfName, query } from './couchdb-answers.ts';
import type { CouchLeaves } from './couchdb-leaves.ts';
import type { CouchLink } from './couchdb-link.ts';
import { StorageFailure, type CouchDocument } from './engine.ts';

/** Milliseconds between looks at rivals that may withdraw: 1.5 s in all, where a purge takes tenths of that. */
const looksAfter = [50, 100, 200, 400, 800];

/** An edit that was answered with 202. */
export interface Undecided {
  readonly id: string;
  /** Its own revision. */
  readonly rev: string;
  /** Leaves that stood before it, the winner first. */
  readonly before: readonly CouchDocument[];
  /** What it is an edit of; null where the name was never written. */
  readonly base: string | null;
}

export interface CouchEdits {
  /**
   * Decides each of these edits; they are of different documents.
   *
   * @returns names of those that are withdrawn
   * @throws StorageFailure where too few machines take part
   */
  settle(edits: readonly Undecided[]): Promise<ReadonlySet<string>>;
  /** Leaves of documents before they are edited. Where two edits of one revision stand beside each other, one of which may be withdrawn, it waits for that. */
  settledLeaves(ids: readonly string[]): Promise<ReadonlyMap<string, readonly CouchDocument[]>>;
}

interface Look {
  /** The leaf that the edit is, or that follows it; null where it is on no copy that answers. */
  readonly own: CouchDocument | null;
  readonly rivals: readonly CouchDocument[];
}

function lookAt({ rev, base, before }: Undecided, leaves: readonly CouchDocument[]): Look {
  const stood = new Set(before.map((leaf) => leaf._rev));
  const others = leaves.filter((leaf) => !stood.has(leaf._rev) && !pathOf(leaf).includes(rev));
  return {
    own: leaves.find((leaf) => pathOf(leaf).includes(rev)) ?? null,
    rivals: base === null ? others : others.filter((leaf) => pathOf(leaf).includes(base)),
  };
}

/** Whether two of the leaves follow the same revision, or both follow none. */
const areBeside = (leaves: readonly CouchDocument[]): boolean => new Set(leaves.map((leaf) => pathOf(leaf)[1] ?? '')).size < leaves.length;

/**
 * @param spread writes leaves as they stand until enough copies have them
 * @param sleep waits
 */
export function createCouchEdits(
  { host, copies, enoughUp, read, ask }: CouchLink,
  { leavesOf, leavesEverywhere }: CouchLeaves,
  spread: (leaves: readonly CouchDocument[]) => Promise<void>,
  sleep: (milliseconds: number) => Promise<unknown> = (milliseconds) => setTimeout(milliseconds),
): CouchEdits {
  /** A leaf with the bytes of its attachments: where it was let go, it can be written again from this alone. */
  async function withBytes(leaf: CouchDocument): Promise<CouchDocument> {
    if (leaf['_attachments'] === undefined) return leaf;
    const parameters = query({ rev: leaf._rev, revs: true, attachments: true });
    return documentOf(await read('GET', `${pathOfName(leaf._id)}?${parameters}`));
  }

  /** Takes the edit back. Where its rivals did the same in the same moment, what they were edits of is put back. */
  async function withdraw({ id, rev, before }: Undecided, hadRivals: boolean): Promise<void> {
    const standing = hadRivals ? await Promise.all(before.map(withBytes)) : [];
    for (const wait of [0, ...looksAfter]) {
      await sleep(wait);
      const { status } = await ask('POST', '_purge', { json: { [id]: [rev] }, repeatable: true });
      if (status !== 201 && status !== 202) throw new StorageFailure(`CouchDB at ${host} did not purge (${String(status)})`);
      const leaves = (await leavesEverywhere([id])).get(id) ?? [];
      if (leaves.some((leaf) => leaf._rev === rev)) continue;
      if (leaves.length === 0) await spread(standing);
      return;
    }
    throw new StorageFailure(`Too few machines of the cluster at ${host} purged what they were told to`);
  }

  /** Writes edits without rivals to enough copies; answers those that have none then either. */
  async function establish(edits: readonly (readonly [Undecided, CouchDocument])[]): Promise<readonly Undecided[]> {
    if (edits.length === 0) return [];
    await spread(edits.map(([, own]) => own));
    const leaves = await leavesEverywhere(edits.map(([{ id }]) => id));
    if (!(await enoughUp())) throw new StorageFailure(`Too few machines of the cluster at ${host} take writes`);
    return edits.flatMap(([edit]) => {
      const { own, rivals } = lookAt(edit, leaves.get(edit.id) ?? []);
      return own !== null && rivals.length === 0 ? [edit] : [];
    });
  }

  return {
    async settle(edits) {
      const lost = new Set<string>();
      const giveUp = async (edit: Undecided, hadRivals: boolean): Promise<void> => {
        await withdraw(edit, hadRivals);
        lost.add(edit.id);
      };
      if (edits.length === 0) return lost;
      let open = edits;
      for (const wait of [0, ...looksAfter]) {
        await sleep(wait);
        const leaves = await leavesEverywhere(open.map(({ id }) => id));
        const looks = open.map((edit) => ({ edit, ...lookAt(edit, leaves.get(edit.id) ?? []) }));
        const established = new Set(
          await establish(looks.flatMap(({ edit, own, rivals }) => (own !== null && rivals.length === 0 ? [[edit, own] as const] : []))),
        );
        const waiting: Undecided[] = [];
        for (const { edit, own, rivals } of looks) {
          if (established.has(edit)) continue;
          if (own === null || rivals.some((rival) => byRank(rival, own) < 0)) await giveUp(edit, rivals.length > 0);
          else waiting.push(edit);
        }
        open = waiting;
        if (open.length === 0) return lost;
      }
      for (const edit of open) await giveUp(edit, true);
      return lost;
    },

    async settledLeaves(ids) {
      const found = new Map(await leavesOf(ids));
      if (copies() === 1) return found;
      for (const wait of looksAfter) {
        const beside = ids.filter((id) => areBeside(found.get(id) ?? []));
        if (beside.length === 0) break;
        await sleep(wait);
        const again = await leavesOf(beside);
        for (const id of beside) found.set(id, again.get(id) ?? []);
      }
      return found;
    },
  };
}
