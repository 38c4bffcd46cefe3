/**
 * Processes that edit one document at once on a cluster of three copies, each of which accepts what reaches it first. Every message to every copy arrives
 * when the scheduler says so; those of one process to one copy arrive in their order, as on one connection.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCouchEdits } from './couchdb-edits.ts';
import type { CouchLeaves } from './couchdb-leaves.ts';
import type { CouchLink } from './couchdb-link.ts';
import type { CouchDocument } from './engine.ts';

const id = 'code:x';
const base = '1-base';
type Outcome = 'ok' | 'conflict';
/** A message's way to a copy and back. */
type Deliver = <Answer>(copy: number, act: () => Answer) => Promise<Answer>;

/** Revisions with what each follows: one copy of one document, as CouchDB keeps it. */
class Copy {
  readonly tree = new Map<string, string | null>([[base, null]]);

  leaves(): string[] {
    const followed = new Set(this.tree.values());
    return [...this.tree.keys()].filter((rev) => !followed.has(rev));
  }
  pathOf(rev: string): string[] {
    const followed = this.tree.get(rev) ?? null;
    return followed === null ? [rev] : [rev, ...this.pathOf(followed)];
  }
  edit(rev: string): Outcome {
    if (!this.leaves().includes(base)) return 'conflict';
    this.tree.set(rev, base);
    return 'ok';
  }
  merge(path: readonly string[]): void {
    for (const [place, rev] of path.entries()) if (this.tree.get(rev) === undefined) this.tree.set(rev, path[place + 1] ?? null);
  }
  purge(rev: string): void {
    for (let at: string | null = rev; at !== null && this.leaves().includes(at);) {
      const next: string | null = this.tree.get(at) ?? null;
      this.tree.delete(at);
      at = next;
    }
  }
}

const documentOf = (path: readonly string[]): CouchDocument => ({
  _id: id,
  _rev: path[0] ?? '',
  _revisions: { start: path.length, ids: path.map((rev) => rev.slice(2)) },
});
const revsOf = ({ _rev: rev, _revisions: path }: CouchDocument): string[] => {
  const { ids } = path as { readonly ids: readonly string[] };
  return ids.map((hash, place) => `${String(Number(rev[0]) - place)}-${hash}`);
};

/** What several copies say together. */
function together(copies: readonly Copy[]): readonly CouchDocument[] {
  const all = new Copy();
  all.tree.clear();
  for (const copy of copies) for (const leaf of copy.leaves()) all.merge(copy.pathOf(leaf));
  return all
    .leaves()
    .map((leaf) => documentOf(all.pathOf(leaf)))
    .sort((a, b) => (a._rev < b._rev ? 1 : -1));
}

const unused = (): never => {
  throw new Error('Not asked for here');
};

interface Attempt {
  readonly rev: string;
  /** Copies that the edit itself reached in time. */
  readonly reached: readonly number[];
}

/** A process that edits the document. `up` are the copies that are reached. */
async function editor(
  { rev, reached }: Attempt,
  copies: readonly Copy[],
  up: readonly number[],
  deliver: Deliver,
  sleep: (ms: number) => Promise<unknown>,
) {
  const copy = (n: number): Copy => copies[n] ?? unused();
  const fromAll = <Answer>(act: (copy: Copy) => Answer): Promise<Answer>[] => up.map((n) => deliver(n, () => act(copy(n))));
  /** Resolves when two copies did it; the third may come later. */
  const byTwo = (act: (copy: Copy) => void): Promise<void> => {
    const done = Promise.withResolvers<void>();
    let count = 0;
    for (const answer of fromAll(act))
      void answer.then(() => {
        if (++count === 2) done.resolve();
      });
    return done.promise;
  };
  const everywhere: CouchLeaves['leavesEverywhere'] = async () => {
    const seen = await Promise.all(fromAll((one) => new Map(one.tree)));
    const leaves = together(
      seen.map((tree) => {
        const one = new Copy();
        one.tree.clear();
        for (const [key, followed] of tree) one.tree.set(key, followed);
        return one;
      }),
    );
    return new Map(leaves.length === 0 ? [] : [[id, leaves]]);
  };
  const link: CouchLink = {
    host: 'test',
    epoch: '',
    further: false,
    holds: () => true,
    copies: () => 3,
    enoughUp: () => Promise.resolve(true),
    ready: () => Promise.resolve(),
    read: unused,
    close: unused,
    async ask(_method, path, { json } = {}) {
      if (path !== '_purge') return unused();
      const [purged = ''] = (json as Record<string, string[]>)[id] ?? [];
      await byTwo((one) => {
        one.purge(purged);
      });
      return { status: 201, body: {} };
    },
  };
  const leaves: CouchLeaves = { leavesOf: everywhere, leavesEverywhere: everywhere, leafRevs: unused, rangeOf: unused, changeOf: unused };
  const spread = (documents: readonly CouchDocument[]): Promise<void> =>
    byTwo((one) => {
      for (const document of documents) one.merge(revsOf(document));
    });
  const { settle } = createCouchEdits(link, leaves, spread, sleep);

  const answers = up.filter((n) => reached.includes(n)).map((n) => deliver(n, () => copy(n).edit(rev)));
  let accepted = 0;
  const most = Promise.withResolvers<'most'>();
  for (const answer of answers)
    void answer.then((said) => {
      if (said === 'ok' && ++accepted === 2) most.resolve('most');
    });
  if ((await Promise.race([most.promise, Promise.all(answers)])) === 'most' || accepted >= 2) return 'ok';
  if (accepted === 0) return 'conflict';
  return (await settle([{ id, rev, before: [documentOf([base])], base }])).size === 0 ? 'ok' : 'conflict';
}

/** Hands each message over when `arrive` resolves, in the order of one process and one copy. */
function lineOf(arrive: () => Promise<unknown>): Deliver {
  const last = new Map<number, Promise<unknown>>();
  return (copy, act) => {
    const before = last.get(copy) ?? Promise.resolve();
    const done = Promise.all([arrive(), before]).then(act);
    last.set(copy, done);
    return done.then(async (answer) => {
      await arrive();
      return answer;
    });
  };
}

const attempts: fc.Arbitrary<Attempt[]> = fc.uniqueArray(
  fc.record({
    rev: fc.constantFrom('2-a', '2-b', '2-c', '2-d'),
    reached: fc.oneof({ weight: 3, arbitrary: fc.constant([0, 1, 2]) }, fc.subarray([0, 1, 2], { minLength: 1 })),
  }),
  { minLength: 2, maxLength: 3, selector: ({ rev }) => rev },
);
const machines: fc.Arbitrary<readonly number[]> = fc.constantFrom<readonly number[]>([0, 1, 2], [0, 1], [1, 2]);

describe('edits of one document by several processes on a cluster', () => {
  it('never lets in two, and never loses the document, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(attempts, machines, fc.scheduler(), async (edits, up, scheduler) => {
        const copies = [new Copy(), new Copy(), new Copy()];
        const arrive = (): Promise<unknown> => scheduler.schedule(Promise.resolve());
        const outcomes = await scheduler.waitFor(Promise.all(edits.map((edit) => editor(edit, copies, up, lineOf(arrive), arrive))));
        await scheduler.waitIdle();
        const winners = edits.flatMap(({ rev }, n) => (outcomes[n] === 'ok' ? [rev] : []));
        expect(winners.length).toBeLessThanOrEqual(1);
        const standing = together(up.map((n) => copies[n] ?? unused())).map(({ _rev }) => _rev);
        expect(standing).toEqual(winners.length === 1 ? winners : [base]);
      }),
      { numRuns: 1500 },
    );
  });

  it('let one in and leave no conflict where each is waited for', async () => {
    await fc.assert(
      fc.asyncProperty(attempts, machines, fc.scheduler(), async (edits, up, scheduler) => {
        const copies = [new Copy(), new Copy(), new Copy()];
        const arrive = (): Promise<unknown> => scheduler.schedule(Promise.resolve());
        // Time goes by only while nothing is on its way.
        const quiet: (() => void)[] = [];
        const sleep = (milliseconds: number): Promise<void> =>
          milliseconds === 0 ? Promise.resolve() : new Promise((over) => quiet.push(over));
        let outcomes: readonly Outcome[] | null = null;
        const all = Promise.all(edits.map((edit) => editor(edit, copies, up, lineOf(arrive), sleep))).then((said) => {
          outcomes = said;
        });
        while (outcomes === null) {
          await scheduler.waitIdle();
          quiet.splice(0).forEach((over) => {
            over();
          });
          await new Promise((turn) => setImmediate(turn));
        }
        await all;
        await scheduler.waitIdle();
        const winners = edits.flatMap(({ rev }, n) => ((outcomes ?? [])[n] === 'ok' ? [rev] : []));
        const isAnyWritten = edits.some(({ reached }) => reached.some((n) => up.includes(n)));
        expect(winners).toHaveLength(isAnyWritten ? 1 : 0);
        expect(together(up.map((n) => copies[n] ?? unused())).map(({ _rev }) => _rev)).toEqual(isAnyWritten ? winners : [base]);
      }),
      { numRuns: 1500 },
    );
  });
});
