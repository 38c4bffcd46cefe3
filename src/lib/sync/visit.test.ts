/** Two ends in memory and a line that breaks between any two answers: what a visit leaves behind is right after each break. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../domain/ids.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { LinkFailure, VisitEnd } from './link.ts';
import { runVisit, type OwnEnd, type ParentEnd, type Place, type Position, type Revs, type Travelling } from './visit.ts';

/** A database whose documents have one revision each time: enough to see who has what. */
class Store {
  readonly leaves = new Map<string, Map<string, Travelling>>();
  feed: string[] = [];
  epoch: string;

  constructor(epoch: string) {
    this.epoch = epoch;
  }
  add(document: Travelling): void {
    const revs = this.leaves.get(document._id) ?? new Map<string, Travelling>();
    if (revs.has(document._rev)) return;
    this.leaves.set(document._id, revs.set(document._rev, document));
    this.feed = [...this.feed.filter((id) => id !== document._id), document._id];
    this.written += 1;
    this.feedAt.set(document._id, this.written);
  }
  written = 0;
  readonly feedAt = new Map<string, number>();
  get end(): string {
    return this.written === 0 ? '0' : `${String(this.written)}-${this.epoch}`;
  }
  changes(since: string, limit: number) {
    const [at = '0', epoch] = since.split('-');
    const from = epoch === this.epoch ? Number(at) : 0;
    const ids = this.feed.filter((id) => (this.feedAt.get(id) ?? 0) > from).slice(0, limit);
    const last = ids.at(-1);
    return {
      changes: ids.map((id) => ({ id, revs: [...(this.leaves.get(id)?.keys() ?? [])] })),
      last: last === undefined ? this.end : `${String(this.feedAt.get(last))}-${this.epoch}`,
    };
  }
  missing(revs: Revs): Record<string, string[]> {
    return Object.fromEntries(
      Object.entries(revs)
        .map(([id, asked]) => [id, asked.filter((rev) => this.leaves.get(id)?.has(rev) !== true)] as const)
        .filter(([, asked]) => asked.length > 0),
    );
  }
  open(revs: Revs): Travelling[] {
    return Object.entries(revs).flatMap(([id, asked]) =>
      asked.flatMap((rev) => {
        const found = this.leaves.get(id)?.get(rev);
        return found === undefined ? [] : [found];
      }),
    );
  }
  copy(epoch: string): Store {
    const made = new Store(epoch);
    for (const id of this.feed) for (const document of this.leaves.get(id)?.values() ?? []) made.add(document);
    return made;
  }
  text(): string {
    return JSON.stringify([...this.leaves].map(([id, revs]) => [id, [...revs.keys()].sort()]).sort());
  }
}

class MemoryNode {
  readonly name: NodeId;
  epoch: string;
  stores = new Map<string, Store>();
  positions = new Map<string, Position>();
  confirmedBy: Place | null = null;
  confirmed = new Set<string>();
  refusals = new Map<string, string>();
  obeyed = 0;

  constructor(name: string, epoch: string) {
    this.name = name as NodeId;
    this.epoch = epoch;
  }
  store(database: string): Store {
    const known = this.stores.get(database);
    if (known !== undefined) return known;
    const made = new Store(this.epoch);
    this.stores.set(database, made);
    return made;
  }
  /** A copy of a moment, put back under a new epoch. */
  restoredFrom(epoch: string): MemoryNode {
    const made = new MemoryNode(this.name, epoch);
    made.stores = new Map([...this.stores].map(([name, store]) => [name, store.copy(epoch)]));
    made.positions = new Map(this.positions);
    return made;
  }
  get place(): Place {
    return { node: this.name, epoch: this.epoch };
  }
}

const ownEndOf = (node: MemoryNode): OwnEnd => ({
  node: node.name,
  epoch: node.epoch,
  changes: (database, since, limit) => Promise.resolve(node.store(database).changes(since, limit)),
  open: (database, id, revs) => Promise.resolve(node.store(database).open({ [id]: revs })),
  missing: (database, revs) => Promise.resolve(node.store(database).missing(revs)),
  store(database, documents) {
    for (const document of documents) node.store(database).add(document);
    return Promise.resolve([]);
  },
  position: (name) => Promise.resolve(node.positions.get(name) ?? null),
  keepPosition: (name, position) => Promise.resolve(void node.positions.set(name, position)),
  met(place) {
    if (node.confirmedBy?.epoch !== place.epoch) node.confirmed.clear();
    node.confirmedBy = place;
    return Promise.resolve();
  },
  confirmed(_place, database, revs) {
    for (const [id, some] of Object.entries(revs)) for (const rev of some) node.confirmed.add(`${database}/${id}/${rev}`);
    return Promise.resolve();
  },
  refused(_database, refusals) {
    for (const { id, reason } of refusals) node.refusals.set(id, reason);
    return Promise.resolve();
  },
  obey: () => Promise.resolve(void (node.obeyed += 1)),
});

interface Line {
  /** Answers until it breaks; the request that it breaks in may have arrived. */
  left: number;
  arrives: boolean;
  largest: number;
  requests: number;
  bodies: string[];
}
const goodLine = (): Line => ({ left: Infinity, arrives: true, largest: 0, requests: 0, bodies: [] });

function parentEndOf(parent: () => MemoryNode, child: string, line: Line): ParentEnd {
  async function over<Value>(asked: unknown, work: () => Value): Promise<Result<Value, LinkFailure>> {
    line.requests += 1;
    line.largest = Math.max(line.largest, JSON.stringify(asked).length);
    if (line.left-- > 0) return ok(work());
    if (line.arrives) work();
    return err('unreachable');
  }
  return {
    greet: () =>
      over(null, () => ({
        place: parent().place,
        child: child as NodeId,
        databases: Object.fromEntries([...parent().stores].map(([name, store]) => [name, store.end])),
      })),
    changes: (database, since, limit) => over(since, () => parent().store(database).changes(since, limit)),
    missing: (database, revs) => over(revs, () => ({ place: parent().place, missing: parent().store(database).missing(revs) })),
    open: (database, revs) => over(revs, () => parent().store(database).open(revs)),
    store: (database, documents) =>
      over(documents, () => {
        line.bodies.push(...documents.map(({ _id, _rev }) => `${_id}/${_rev}`));
        const taken = documents.filter(({ _id }) => !_id.includes('refused'));
        for (const document of taken) parent().store(database).add(document);
        return documents.filter((document) => !taken.includes(document)).map(({ _id: id }) => ({ id, reason: 'Not this one.' }));
      }),
  };
}

const visit = (child: MemoryNode, parent: MemoryNode | (() => MemoryNode), line = goodLine(), part = 2048): Promise<VisitEnd> =>
  runVisit({
    own: ownEndOf(child),
    parent: parentEndOf(typeof parent === 'function' ? parent : () => parent, child.name, line),
    part,
    mayGoOn: () => true,
    moved: () => undefined,
  });

const documentOf = (name: string, text = 'x'.repeat(200)): Travelling => ({ _id: name, _rev: `1-${name}`, text });

function pairOf(): { child: MemoryNode; parent: MemoryNode } {
  const child = new MemoryNode('accra', 'a1');
  const parent = new MemoryNode('sitc', 's1');
  for (let i = 0; i < 40; i++) child.store('records-accra').add(documentOf(`p${String(i)}:attempt:${String(i)}`));
  child.store('desk-accra').add(documentOf('accra:cohort:1'));
  child.store('private').add(documentOf('private:secret'));
  child.store('accounts').add(documentOf('staff:secret'));
  child.store('commons-accra').add(documentOf('accra:page:1'));
  for (let i = 0; i < 30; i++) parent.store('commons-sitc').add(documentOf(`sitc:entry:${String(i)}`));
  parent.store('commons-lagos').add(documentOf('lagos:entry:1'));
  parent.store('orders-sitc').add(documentOf('sitc:erasure:1'));
  parent.store('records-accra');
  parent.store('desk-accra');
  return { child, parent };
}

const shared = ['records-accra', 'desk-accra', 'commons-sitc', 'commons-lagos', 'orders-sitc'];
const expectEqual = (child: MemoryNode, parent: MemoryNode): void => {
  for (const database of shared) expect(child.store(database).text(), database).toBe(parent.store(database).text());
};

describe('a visit', () => {
  it('brings up what is the child’s, down what is for all, and nothing else', async () => {
    const { child, parent } = pairOf();
    expect((await visit(child, parent)).type).toBe('done');
    expectEqual(child, parent);
    for (const never of ['private', 'accounts', 'commons-accra']) expect(parent.stores.has(never)).toBe(false);
    expect(child.confirmed.size).toBe(41);
    expect(child.obeyed).toBe(1);
  });

  it('is one request where nothing is new', async () => {
    const { child, parent } = pairOf();
    await visit(child, parent);
    await visit(child, parent);
    const line = goodLine();
    expect(await visit(child, parent, line)).toEqual({ type: 'done', moved: 0 });
    expect(line.requests).toBe(1);
  });

  it('is one request where nothing is new at a parent that writes the end of a feed in other words than the place before it', async () => {
    const { child, parent } = pairOf();
    const line = goodLine();
    const end = parentEndOf(() => parent, 'accra', line);
    const greet = async (): ReturnType<ParentEnd['greet']> => {
      const greeting = await end.greet();
      if (!greeting.ok) return greeting;
      const { databases } = greeting.value;
      return ok({ ...greeting.value, databases: Object.fromEntries(Object.entries(databases).map(([name, at]) => [name, `end:${at}`])) });
    };
    const visitThere = (): Promise<VisitEnd> =>
      runVisit({ own: ownEndOf(child), parent: { ...end, greet }, part: 2048, mayGoOn: () => true, moved: () => undefined });
    await visitThere();
    await visitThere();
    line.requests = 0;
    expect(await visitThere()).toEqual({ type: 'done', moved: 0 });
    expect(line.requests).toBe(1);
    parent.store('commons-sitc').add(documentOf('sitc:entry:new'));
    expect(await visitThere()).toEqual({ type: 'done', moved: 1 });
    expectEqual(child, parent);
  });

  it('goes on where the line broke, wherever it breaks, repeats no more than a part, and confirms only what stands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 30 }),
        fc.integer({ min: 512, max: 4096 }),
        async (cuts, part) => {
          const { child, parent } = pairOf();
          for (const [left, arrives] of cuts) {
            const line = { ...goodLine(), left, arrives };
            await visit(child, parent, line, part);
            for (const confirmed of child.confirmed) {
              const [database = '', id = '', rev = ''] = confirmed.split('/');
              expect(parent.stores.get(database)?.leaves.get(id)?.has(rev), confirmed).toBe(true);
            }
            expect(line.bodies.length).toBe(new Set(line.bodies).size);
          }
          const line = goodLine();
          expect((await visit(child, parent, line, part)).type).toBe('done');
          expectEqual(child, parent);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never gives a line more in one request than a part and one document', async () => {
    const { child, parent } = pairOf();
    child.store('records-accra').add(documentOf('p1:note:large', 'y'.repeat(10_000)));
    const line = goodLine();
    await visit(child, parent, line, 1024);
    expect(line.largest).toBeLessThan(10_000 + 1024 + 200);
  });

  it('sends everything again to a parent that was restored, and takes back what it had said', async () => {
    const { child, parent } = pairOf();
    await visit(child, parent);
    const empty = new MemoryNode('sitc', 's2');
    for (const name of parent.stores.keys()) empty.store(name);
    const cut = { ...goodLine(), left: 1 };
    await visit(child, empty, cut);
    expect(child.confirmed.size).toBe(0);
    await visit(child, empty);
    expect(empty.store('records-accra').text()).toBe(child.store('records-accra').text());
    expect(child.confirmed.size).toBe(41);
  });

  it('confirms nothing of a parent that is restored in the middle of it', async () => {
    const { child, parent } = pairOf();
    let now = parent;
    const line = goodLine();
    const restored = parent.restoredFrom('s2');
    const end = parentEndOf(() => now, 'accra', line);
    const ended = await runVisit({
      own: ownEndOf(child),
      parent: {
        ...end,
        store: async (database, documents) => {
          const answer = await end.store(database, documents);
          now = restored;
          return answer;
        },
      },
      part: 64_000,
      mayGoOn: () => true,
      moved: () => undefined,
    });
    expect(ended).toMatchObject({ type: 'failed', failure: 'moved' });
    expect(child.confirmed.size).toBe(0);
    await visit(child, restored);
    expectEqual(child, restored);
  });

  it('gives a child that was restored back what the parent holds of it, before anything goes up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(8), { maxLength: 8 }), fc.boolean(), async (cuts, afterVisit) => {
        const { child, parent } = pairOf();
        if (afterVisit) await visit(child, parent);
        const copy = child.restoredFrom('a2');
        for (let i = 0; i < 10; i++) child.store('records-accra').add(documentOf(`p${String(i)}:attempt:late`));
        await visit(child, parent);
        await visit(child, parent);
        copy.store('records-accra').add(documentOf('p9:attempt:after'));
        for (const left of cuts) await visit(copy, parent, { ...goodLine(), left });
        const line = goodLine();
        expect((await visit(copy, parent, line)).type).toBe('done');
        expectEqual(copy, parent);
        expect(copy.store('records-accra').leaves.has('p3:attempt:late')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('asks a restored child’s parent only for what came after the copy', async () => {
    const { child, parent } = pairOf();
    await visit(child, parent);
    await visit(child, parent);
    const copy = child.restoredFrom('a2');
    child.store('records-accra').add(documentOf('p1:attempt:late'));
    await visit(child, parent);
    const asked: string[] = [];
    const line = goodLine();
    const end = parentEndOf(() => parent, 'accra', line);
    await runVisit({
      own: ownEndOf(copy),
      parent: {
        ...end,
        open: (database, revs) => {
          asked.push(...Object.keys(revs));
          return end.open(database, revs);
        },
        changes: (database, since, limit) => {
          if (database === 'records-accra') expect(since).not.toBe('0');
          return end.changes(database, since, limit);
        },
      },
      part: 2048,
      mayGoOn: () => true,
      moved: () => undefined,
    });
    expect(asked.filter((id) => id.startsWith('p'))).toEqual(['p1:attempt:late']);
  });

  it('goes on past what the parent refuses, says so, and does not confirm it', async () => {
    const { child, parent } = pairOf();
    child.store('records-accra').add(documentOf('p1:attempt:refused'));
    child.store('records-accra').add(documentOf('p2:attempt:fine'));
    expect((await visit(child, parent)).type).toBe('done');
    expect([...child.refusals.keys()]).toEqual(['p1:attempt:refused']);
    expect([...child.confirmed].some((name) => name.includes('refused'))).toBe(false);
    expect(parent.store('records-accra').leaves.has('p2:attempt:fine')).toBe(true);
  });

  it('stops between two requests when the hours are over, and goes on the next time', async () => {
    const { child, parent } = pairOf();
    let left = 4;
    const given = { own: ownEndOf(child), part: 1024, moved: () => undefined };
    const ended = await runVisit({ ...given, parent: parentEndOf(() => parent, 'accra', goodLine()), mayGoOn: () => left-- > 0 });
    expect(ended.type).toBe('closed');
    await visit(child, parent);
    expectEqual(child, parent);
  });

  it('does not talk to a parent that takes it for another node, nor to itself', async () => {
    const { child, parent } = pairOf();
    const given = { own: ownEndOf(child), part: 1024, moved: () => undefined, mayGoOn: () => true };
    const line = goodLine();
    const failure = { type: 'failed', failure: 'other-node', moved: 0 };
    expect(await runVisit({ ...given, parent: parentEndOf(() => parent, 'lagos', line) })).toEqual(failure);
    expect(await runVisit({ ...given, parent: parentEndOf(() => child, 'accra', line) })).toEqual(failure);
    expect(line.requests).toBe(2);
  });
});
