/**
 * The acceptance suite of the engine interface: every adapter runs it. It says what CouchDB does where that is observable in replication,
 * and what a receipt needs.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maxLocalsPerSpace, type Database } from '../../src/lib/server/engine/engine.ts';
import type { EngineKind, EngineUnderTest } from './engines.ts';

const ann = 'a'.repeat(26);
const bob = 'b'.repeat(26);

export function engineConformance({ name, open }: EngineKind): void {
  describe(`engine: ${name}`, () => {
    let under: EngineUnderTest;
    let records: Database;

    beforeEach(async () => {
      under = await open();
      records = under.engine.database('records-test');
    });
    afterEach(() => under.dispose());

    const put = async (document: Record<string, unknown>): Promise<string> => {
      const [written] = await records.bulk([document], { newEdits: true });
      if (written?.ok !== true) throw new Error(JSON.stringify(written));
      return written.rev;
    };
    const graft = (document: Record<string, unknown>) => records.bulk([document], { newEdits: false });

    it('gives back what was put, and refuses an edit of what is not the newest', async () => {
      const first = await put({ _id: `${ann}:note:1`, text: 'один' });
      expect(first).toMatch(/^1-[0-9a-f]{32}$/);
      const second = await put({ _id: `${ann}:note:1`, _rev: first, text: 'два' });
      expect(second).toMatch(/^2-[0-9a-f]{32}$/);
      expect(await records.get(`${ann}:note:1`)).toEqual({ _id: `${ann}:note:1`, _rev: second, text: 'два' });
      for (const rev of [undefined, first, '2-ffffffffffffffffffffffffffffffff']) {
        const [written] = await records.bulk([{ _id: `${ann}:note:1`, ...(rev === undefined ? {} : { _rev: rev }) }], { newEdits: true });
        expect(written).toMatchObject({ ok: false, error: 'conflict' });
      }
      expect(await records.get(`${ann}:nothing`)).toBeNull();
    });

    it('names an edit by what it says, so that the same edit is the same revision', async () => {
      const one = await put({ _id: `${ann}:note:1`, a: 1, b: { c: 2, d: 3 } });
      const other = under.engine.database('records-other');
      const [two] = await other.bulk([{ _id: `${ann}:note:1`, b: { d: 3, c: 2 }, a: 1 }], { newEdits: true });
      expect(two).toMatchObject({ ok: true, rev: one });
    });

    it('grafts revisions of another replica, in any order and any number of times', async () => {
      const id = `${ann}:register:x:1`;
      const third = { _id: id, _rev: '3-c', _revisions: { start: 3, ids: ['c', 'b', 'a'] }, n: 3 };
      await graft({ _id: id, _rev: '1-a', n: 1 });
      await graft(third);
      await graft(third);
      await graft({ _id: id, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] }, n: 2 });
      expect(await records.leaves(id)).toEqual([{ rev: '3-c', deleted: false }]);
      expect(await records.get(id)).toMatchObject({ _rev: '3-c', n: 3 });
      expect(await records.open(id, ['3-c'])).toEqual({
        found: [{ _id: id, _rev: '3-c', n: 3, _revisions: { start: 3, ids: ['c', 'b', 'a'] } }],
        missing: [],
      });
      expect((await records.open(id, ['1-a', '2-b'], { latest: true })).found.map(({ _rev }) => _rev)).toEqual(['3-c']);
      expect((await records.open(id, ['1-a', '9-z'])).missing).toEqual(['1-a', '9-z']);
    });

    it('keeps both sides of a conflict and chooses the winner that CouchDB chooses', async () => {
      const id = `${ann}:register:x:1`;
      await graft({ _id: id, _rev: '1-a', n: 1 });
      await graft({ _id: id, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] }, n: 'b' });
      await graft({ _id: id, _rev: '2-c', _revisions: { start: 2, ids: ['c', 'a'] }, n: 'c' });
      expect(await records.leaves(id)).toEqual([
        { rev: '2-c', deleted: false },
        { rev: '2-b', deleted: false },
      ]);
      expect((await records.open(id, 'all')).found.map(({ n }) => n)).toEqual(['c', 'b']);
      // A tombstone loses against what stands, however long its branch.
      await graft({ _id: id, _rev: '4-d', _revisions: { start: 4, ids: ['d', 'e', 'c', 'a'] }, _deleted: true });
      expect(await records.get(id)).toMatchObject({ _rev: '2-b' });
    });

    it('remembers tombstones, lists without them, and lets the name be written again', async () => {
      const id = `${ann}:note:1`;
      const first = await put({ _id: id, text: 'x' });
      const gone = await put({ _id: id, _rev: first, _deleted: true });
      expect(await records.get(id)).toMatchObject({ _rev: gone, _deleted: true });
      expect((await records.list({ partition: ann })).rows).toEqual([]);
      // A cluster counts what one copy has, which may lag behind for a moment.
      await expect.poll(() => records.info(ann), { timeout: 20_000 }).toMatchObject({ documents: 0, deleted: 1 });
      expect((await put({ _id: id, text: 'y' })).startsWith('3-')).toBe(true);
    });

    it('writes each document of a batch by itself and answers in their order', async () => {
      const written = await records.bulk(
        [
          { _id: `${ann}:note:1` },
          7,
          { _id: '_design/x' },
          { _id: `${ann}:note:2`, _rev: 'rubbish' },
          { _id: `${ann}:note:3`, _secret: 1 },
          { _id: `${ann}:note:4`, refuse: true },
          { _id: `${ann}:note:5`, _attachments: { 'a.txt': { stub: true } } },
          { _id: `${ann}:note:6` },
        ],
        { newEdits: true, gate: (document) => (document['refuse'] === true ? 'because' : null) },
      );
      expect(written.map((answer) => (answer.ok ? 'ok' : answer.error))).toEqual([
        'ok',
        'bad_request',
        'bad_request',
        'bad_request',
        'doc_validation',
        'forbidden',
        'missing_stub',
        'ok',
      ]);
      expect((await records.list({ partition: ann })).rows.map(({ id }) => id)).toEqual([`${ann}:note:1`, `${ann}:note:6`]);
    });

    it('shows the gate what stands, and does not ask it about what is known', async () => {
      const seen: unknown[] = [];
      const gate = (_document: unknown, previous: unknown): null => {
        seen.push(previous);
        return null;
      };
      const id = `${ann}:note:1`;
      await records.bulk([{ _id: id, _rev: '1-a', n: 1 }], { newEdits: false, gate });
      await records.bulk([{ _id: id, _rev: '1-a', n: 1 }], { newEdits: false, gate });
      await records.bulk([{ _id: id, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] } }], { newEdits: false, gate });
      expect(seen).toEqual([null, { _id: id, _rev: '1-a', n: 1 }]);
    });

    it('lists a partition and nothing beside it, by ranges, pages and in both directions', async () => {
      const names = [`${ann}:a`, `${ann}:b`, `${ann}:c:1`, `${ann}:c:2`, `${ann}:é`];
      for (const id of [...names, `${ann}z:a`, `${ann.slice(1)}:a`, `${bob}:a`]) await put({ _id: id, me: id });
      const ids = async (listing: object): Promise<string[]> =>
        (await records.list({ partition: ann, ...listing })).rows.map(({ id }) => id);
      expect(await ids({})).toEqual(names);
      expect(await ids({ descending: true })).toEqual(names.toReversed());
      expect(await ids({ start: `${ann}:c`, end: `${ann}:c:2` })).toEqual([`${ann}:c:1`, `${ann}:c:2`]);
      expect(await ids({ start: `${ann}:c`, end: `${ann}:c:2`, inclusiveEnd: false })).toEqual([`${ann}:c:1`]);
      expect(await ids({ start: `${ann}:c:2`, end: `${ann}:b`, descending: true, inclusiveEnd: false })).toEqual([
        `${ann}:c:2`,
        `${ann}:c:1`,
      ]);
      expect(await ids({ limit: 2, skip: 1 })).toEqual([`${ann}:b`, `${ann}:c:1`]);
      // A range that reaches beyond the partition does not.
      expect(await ids({ start: '', end: 'zzz' })).toEqual(names);
      expect((await records.list({ partition: ann, bodies: true, limit: 1 })).rows[0]?.document).toMatchObject({ me: `${ann}:a` });
      expect((await records.list({ partition: null })).total).toBe(8);
      expect((await records.list({ partition: ann })).total).toBe(5);
    });

    it('tells the changes of a partition since any point, each document once at its newest', async () => {
      const first = await put({ _id: `${ann}:1` });
      await put({ _id: `${bob}:1` });
      await put({ _id: `${ann}:2` });
      const all = await records.changes({ partition: ann, since: '0', style: 'all_docs' });
      expect(all.results.map(({ id }) => id)).toEqual([`${ann}:1`, `${ann}:2`]);
      expect(all.pending).toBe(0);

      const page = await records.changes({ partition: ann, since: '0', style: 'all_docs', limit: 1 });
      expect(page.results.map(({ id }) => id)).toEqual([`${ann}:1`]);
      expect(page.pending).toBe(1);
      expect((await records.changes({ partition: ann, since: page.last, style: 'all_docs' })).results.map(({ id }) => id)).toEqual([
        `${ann}:2`,
      ]);

      const second = await put({ _id: `${ann}:1`, _rev: first, x: 1 });
      await put({ _id: `${bob}:2` });
      const more = await records.changes({ partition: ann, since: all.last, style: 'main_only', bodies: true });
      expect(more.results).toMatchObject([{ id: `${ann}:1`, revs: [second], deleted: false, document: { x: 1 } }]);
      expect((await records.changes({ partition: ann, since: more.last, style: 'main_only' })).results).toEqual([]);
      expect((await records.changes({ partition: ann, since: 'now', style: 'main_only' })).results).toEqual([]);
      expect((await records.changes({ partition: ann, since: '7-otherepoch', style: 'main_only' })).results).toHaveLength(2);
      expect((await records.changes({ partition: null, since: '0', style: 'main_only' })).results).toHaveLength(4);
      expect(
        (await records.changes({ partition: ann, since: '0', style: 'main_only', ids: [`${ann}:2`, `${bob}:1`] })).results.map(
          ({ id }) => id,
        ),
      ).toEqual([`${ann}:2`]);
    });

    it('wakes who waits for a partition', async () => {
      const { last } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
      const stop = new AbortController();
      let woken = false;
      const waiting = records.waitForChange(ann, last, stop.signal).then(() => {
        woken = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(woken).toBe(false);
      await put({ _id: `${ann}:1` });
      await waiting;
      // What changed before the question was asked is not waited for.
      await records.waitForChange(ann, last, stop.signal);
      const { last: now } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
      const aborted = records.waitForChange(ann, now, stop.signal);
      stop.abort();
      await aborted;
    });

    it('says which revisions it lacks', async () => {
      const id = `${ann}:1`;
      await graft({ _id: id, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] } });
      const answer = await records.missing({ [id]: ['1-a', '2-b', '3-c'], [`${ann}:2`]: ['1-x'], [`${ann}:3`]: [] });
      expect(Object.fromEntries(answer)).toEqual({
        [id]: { missing: ['3-c'], ancestors: ['2-b'] },
        [`${ann}:2`]: { missing: ['1-x'], ancestors: [] },
      });
    });

    it('says of which revisions it holds the bytes', async () => {
      const [first, second] = [await put({ _id: `${ann}:1` }), await put({ _id: `${ann}:2` })];
      const next = await put({ _id: `${ann}:1`, _rev: first, more: true });
      expect(await records.held({ [`${ann}:1`]: next, [`${ann}:2`]: second, [`${ann}:3`]: second })).toEqual({
        [`${ann}:1`]: next,
        [`${ann}:2`]: second,
      });
      // What was followed is no longer kept, and is not claimed.
      expect(await records.held({ [`${ann}:1`]: first })).toEqual({});
    });

    it('keeps local documents by space, bounded, and out of every listing', async () => {
      expect(await records.putLocal('s', 'a', { n: 1 })).toBe('0-1');
      expect(await records.putLocal('s', 'a', { n: 2 })).toBe('0-2');
      expect(await records.getLocal('s', 'a')).toEqual({ rev: '0-2', body: { n: 2 } });
      expect(await records.getLocal('t', 'a')).toBeNull();
      expect(await records.removeLocal('s', 'a')).toBe(true);
      expect(await records.removeLocal('s', 'a')).toBe(false);
      for (let i = 0; i <= maxLocalsPerSpace; i++) await records.putLocal('s', `x${String(i)}`, {});
      // A cluster lists what one copy has: what that did not show yet is dropped with the next new one, and the bound is never passed the other way.
      const oldest = async (): Promise<unknown> => {
        const found = await records.getLocal('s', 'x0');
        if (found === null) return null;
        await records.removeLocal('s', `x${String(maxLocalsPerSpace)}`);
        await records.putLocal('s', `x${String(maxLocalsPerSpace)}`, {});
        return found;
      };
      if (under.engine.kind === 'embedded') expect(await records.getLocal('s', 'x0')).toBeNull();
      await expect.poll(oldest, { timeout: 60_000, interval: 500 }).toBeNull();
      expect(await records.getLocal('s', 'x1')).not.toBeNull();
      expect((await records.list({ partition: null })).rows).toEqual([]);
    });

    it('keeps everything, and its epoch, over a new start', async () => {
      const rev = await put({ _id: `${ann}:1`, text: 'kept' });
      const { last } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
      const { epoch } = under.engine;
      const engine = await under.reopen();
      expect(engine.epoch).toBe(epoch);
      records = engine.database('records-test');
      expect(await records.get(`${ann}:1`)).toEqual({ _id: `${ann}:1`, _rev: rev, text: 'kept' });
      expect((await records.changes({ partition: ann, since: last, style: 'main_only' })).results).toEqual([]);
    });

    it('purges documents with every revision, as if they had never been, and no others', async () => {
      const id = `${ann}:note:1`;
      await graft({ _id: id, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] }, n: 'b' });
      await graft({ _id: id, _rev: '2-c', _revisions: { start: 2, ids: ['c', 'a'] }, n: 'c' });
      const gone = await put({ _id: `${ann}:note:2`, text: 'x' });
      await put({ _id: `${ann}:note:2`, _rev: gone, _deleted: true });
      await put({ _id: `${ann}:note:3` });
      await put({ _id: `${bob}:note:1` });
      const { last } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
      // More than CouchDB takes at once, and names that nobody knows.
      const many = Array.from({ length: 120 }, (_, n) => `${ann}:many:${String(n)}`);
      await records.bulk(
        many.map((_id) => ({ _id })),
        { newEdits: true },
      );
      await records.purge([id, `${ann}:note:2`, `${ann}:never`, 'rubbish', ...many]);
      await records.purge([id]);

      expect((await records.list({ partition: null })).rows.map((row) => row.id)).toEqual([`${ann}:note:3`, `${bob}:note:1`]);
      // Counted by one copy, as above.
      await expect.poll(() => records.info(ann), { timeout: 20_000 }).toMatchObject({ documents: 1, deleted: 0 });
      expect(await records.get(id)).toBeNull();
      expect(await records.leaves(id)).toEqual([]);
      expect(await records.held({ [id]: '2-c' })).toEqual({});
      expect((await records.changes({ partition: ann, since: '0', style: 'all_docs' })).results.map((row) => row.id)).toEqual([
        `${ann}:note:3`,
      ]);
      expect((await records.missing({ [id]: ['2-b'] })).get(id)).toEqual({ missing: ['2-b'], ancestors: [] });
      // Whoever went on from before the purge is told what comes after it.
      expect(await put({ _id: id, text: 'again' })).toMatch(/^1-/);
      expect((await records.changes({ partition: ann, since: last, style: 'main_only' })).results.map((row) => row.id)).toContain(id);
    });

    it('keeps names that are also JavaScript’s own', async () => {
      const written = await graft(JSON.parse(`{"_id":"${ann}:1","_rev":"1-a","constructor":{"toString":1},"x":{"__proto__":{"y":2}}}`));
      expect(written).toMatchObject([{ ok: true }]);
      expect(JSON.stringify(await records.get(`${ann}:1`))).toContain('"__proto__":{"y":2}');
    });

    it('says that it can be written', async () => {
      expect(await under.engine.writable()).toBe(true);
    });
  });
}
