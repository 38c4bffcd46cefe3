/** The acceptance suite of the engine interface, second part: attachments, and the databases that somebody makes over a road. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maxAttachmentBytes, maxAttachments } from '../../src/lib/server/engine/attachments.ts';
import { DatabaseGone, type CouchDocument, type Database, type FurtherDatabase } from '../../src/lib/server/engine/engine.ts';
import type { EngineKind, EngineUnderTest } from './engines.ts';

const ann = 'a'.repeat(26);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const png = { content_type: 'image/png', data: base64('not really a picture') };
const photo = { content_type: 'image/jpeg', data: base64('nor this') };

export function furtherConformance({ name, open }: EngineKind): void {
  describe(`engine, attachments and further databases: ${name}`, () => {
    let under: EngineUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.dispose());

    const make = async (called = 'suite/one'): Promise<FurtherDatabase> => {
      expect(await under.engine.further.create(called)).toBe(true);
      const database = await under.engine.further.open(called);
      if (database === null) throw new Error('not made');
      return database;
    };
    const put = async (database: Database, document: Record<string, unknown>): Promise<string> => {
      const [written] = await database.bulk([document], { newEdits: true });
      if (written?.ok !== true) throw new Error(JSON.stringify(written));
      return written.rev;
    };
    /** A cluster counts what one copy has, which may lag behind for a moment. */
    const counts = (database: Database, expected: { readonly documents: number; readonly deleted: number }): Promise<void> =>
      expect.poll(() => database.info(null), { timeout: 20_000 }).toMatchObject(expected);
    const only = ({ found }: { readonly found: readonly CouchDocument[] }): CouchDocument => {
      if (found[0] === undefined || found.length !== 1) throw new Error(`${String(found.length)} documents`);
      return found[0];
    };
    const stubsIn = (document: CouchDocument | null): Record<string, Record<string, unknown>> =>
      (document?.['_attachments'] ?? {}) as Record<string, Record<string, unknown>>;

    it('makes, lists, finds and drops them; the node’s own are apart', async () => {
      const { further } = under.engine;
      await under.engine.database('records-test').info(null);
      expect([await further.open('one'), await further.drop('one'), await further.list()]).toEqual([null, false, []]);
      const one = await make('one');
      await make('records-test');
      expect(await further.create('one')).toBe(false);
      expect([await further.list(), await under.engine.databases()]).toEqual([['one', 'records-test'], ['records-test']]);
      await put(one, { _id: 'a' });
      const { last } = await one.changes({ partition: null, since: '0', style: 'main_only' });
      expect(await further.drop('one')).toBe(true);
      await expect(one.bulk([{ _id: 'b' }], { newEdits: true })).rejects.toThrow(DatabaseGone);

      const again = await make('one');
      expect(await again.info(null)).toMatchObject({ documents: 0, deleted: 0 });
      // It is another database, whatever it is called: what was told of the first was not told of this one.
      await put(again, { _id: 'x' });
      const told = await again.changes({ partition: null, since: last, style: 'main_only' });
      expect(told.results.map(({ id }) => id)).toEqual(['x']);
      expect(await again.getLocal('s', 'c')).toBeNull();
    });

    it('wakes who waits in a database that is dropped', async () => {
      const one = await make('one');
      const waiting = one.waitForChange(null, 'now', AbortSignal.timeout(20_000));
      await new Promise((later) => setTimeout(later, 50));
      await under.engine.further.drop('one');
      await waiting;
    });

    it('has CouchDB’s own rules in them: any name, design documents, deletions, followed revisions until it is compacted', async () => {
      const one = await make();
      const names = ['A name', '_design/views', 'z', 'ä/ö?&', ann];
      for (const id of names) await put(one, { _id: id, n: 1 });
      const ids = (await one.list({ partition: null })).rows.map(({ id }) => id);
      expect(ids).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      await counts(one, { documents: 5, deleted: 0 });
      // So is the feed of a whole database one copy's.
      const told = async (): Promise<number> => (await one.changes({ partition: null, since: '0', style: 'main_only' })).results.length;
      await expect.poll(told, { timeout: 20_000 }).toBe(5);
      expect(await one.get('_design/views')).toMatchObject({ n: 1 });
      const [refused] = await one.bulk([{ _id: '_local/x' }], { newEdits: true });
      expect(refused).toMatchObject({ ok: false, error: 'bad_request' });

      const first = (await one.get('z'))?._rev ?? '';
      const second = await put(one, { _id: 'z', _rev: first, n: 2 });
      const third = await put(one, { _id: 'z', _rev: second, _deleted: true });
      expect((await one.open('z', [first, second, third])).found.map(({ n, _deleted }) => [n, _deleted])).toEqual(
        expect.arrayContaining([
          [1, undefined],
          [2, undefined],
          [undefined, true],
        ]),
      );
      expect((await one.open('z', [first], { latest: true })).found.map(({ _rev }) => _rev)).toEqual([third]);
      expect((await one.open('z', ['9-f'])).missing).toEqual(['9-f']);
      await counts(one, { documents: 4, deleted: 1 });

      // CouchDB compacts when it gets to it, each copy of a cluster by itself; one whose machine is away is not told.
      const gone = async (): Promise<readonly string[]> => {
        await one.compact();
        return (await one.open('z', [first, second, third])).missing;
      };
      await expect.poll(gone, { timeout: 60_000, interval: 200 }).toEqual([first, second]);
    });

    it('keeps attachments with the revision: stubs, bytes, digests, and what an edit does not name is let go', async () => {
      const one = await make();
      const first = await put(one, { _id: 'a', _attachments: { 'x.png': png, 'y.jpg': photo } });
      const stub = { content_type: 'image/png', digest: 'md5-X/wMwLu5v7+qzwaA6fUl/w==', length: 20, revpos: 1, stub: true };
      expect(stubsIn(await one.get('a'))['x.png']).toEqual(stub);
      expect((await one.attachment('a', 'x.png'))?.contentType).toBe('image/png');
      expect(Buffer.from((await one.attachment('a', 'y.jpg'))?.bytes ?? []).toString()).toBe('nor this');
      expect([await one.attachment('a', 'nothing'), await one.attachment('b', 'x.png'), await one.attachment('a', 'constructor')]).toEqual([
        null,
        null,
        null,
      ]);

      const second = await put(one, {
        _id: 'a',
        _rev: first,
        _attachments: { 'x.png': { stub: true }, 'z.png': { ...png, content_type: 'image/x-other' } },
      });
      expect(stubsIn(await one.get('a'))).toEqual({ 'x.png': stub, 'z.png': { ...stub, content_type: 'image/x-other', revpos: 2 } });
      expect(await one.attachment('a', 'y.jpg')).toBeNull();
      // The revision that was followed still has its own.
      expect((await one.attachment('a', 'y.jpg', first))?.digest).toMatch(/^md5-/);

      const all = only(await one.open('a', [second], { attachments: 'all' }));
      expect(stubsIn(all)['x.png']).toMatchObject({ data: png.data, revpos: 1 });
      const since = only(await one.open('a', [second], { attachments: [first] }));
      expect([stubsIn(since)['x.png'], stubsIn(since)['z.png']]).toMatchObject([{ stub: true }, { data: png.data }]);
      const strange = only(await one.open('a', [second], { attachments: ['7-f'] }));
      expect(stubsIn(strange)['x.png']).toMatchObject({ data: png.data });

      const third = await put(one, { _id: 'a', _rev: second });
      expect((await one.get('a'))?.['_attachments']).toBeUndefined();
      const gone = await put(one, { _id: 'a', _rev: third, _deleted: true });
      expect([await one.attachment('a', 'x.png'), (await one.open('a', [gone])).found[0]?._deleted]).toEqual([null, true]);
    });

    it('names an edit by its attachments too', async () => {
      const [one, two] = [await make('one'), await make('two')];
      const rev = await put(one, { _id: 'a', _attachments: { x: png } });
      expect(await put(two, { _id: 'a', _attachments: { x: png } })).toBe(rev);
      expect(await put(two, { _id: 'b', _attachments: { x: photo } })).not.toBe(await put(one, { _id: 'b', _attachments: { x: png } }));
    });

    it('merges revisions with attachments from another replica, and stubs of what is here', async () => {
      const one = await make();
      const graft = (document: object) => one.bulk([document], { newEdits: false });
      await graft({ _id: 'a', _rev: '1-a', _attachments: { x: { ...png, revpos: 1 } } });
      await graft({
        _id: 'a',
        _rev: '2-b',
        _revisions: { start: 2, ids: ['b', 'a'] },
        _attachments: { x: { stub: true, revpos: 1 }, y: { ...photo, revpos: 2 } },
      });
      await graft({ _id: 'a', _rev: '2-c', _revisions: { start: 2, ids: ['c', 'a'] }, _attachments: { x: { stub: true, revpos: 1 } } });
      const { found } = await one.open('a', 'all', { attachments: 'all' });
      expect(found.map((document) => [document._rev, Object.keys(stubsIn(document)), stubsIn(document)['x']?.['data']])).toEqual([
        ['2-c', ['x'], png.data],
        ['2-b', ['x', 'y'], png.data],
      ]);
      // What came again under its name is what was, and nothing is written twice.
      expect(await graft({ _id: 'a', _rev: '2-b', _attachments: { x: { stub: true } } })).toMatchObject([{ ok: true }]);
      expect(await graft({ _id: 'b', _rev: '1-a', _attachments: { x: { stub: true, digest: 'md5-AA==', revpos: 1 } } })).toMatchObject([
        { ok: false, error: 'missing_stub' },
      ]);
      expect(await one.get('b')).toBeNull();
    });

    it('refuses attachments that are too large, too many or none, each by itself', async () => {
      const one = await make();
      const large = { data: Buffer.alloc(maxAttachmentBytes + 1).toString('base64') };
      const many = Object.fromEntries(Array.from({ length: maxAttachments + 1 }, (_, n) => [`x${String(n)}`, png]));
      const half = { data: Buffer.alloc(maxAttachmentBytes).toString('base64') };
      const written = await one.bulk(
        [
          { _id: 'a', _attachments: { x: large } },
          { _id: 'b', _attachments: many },
          { _id: 'c', _attachments: { _x: png } },
          { _id: 'd', _attachments: { x: { data: '%%%' } } },
          { _id: 'e', _attachments: { x: { follows: true } } },
          { _id: 'f', _attachments: 7 },
          { _id: 'g', _attachments: { x: half, y: half, z: half } },
          { _id: 'h', _attachments: { x: { data: '', encoding: 'zip' } } },
          { _id: 'i', _attachments: { x: png } },
        ],
        { newEdits: true },
      );
      expect(written.map((answer) => (answer.ok ? 'ok' : answer.error))).toEqual([
        'too_large',
        'bad_request',
        'bad_request',
        'bad_request',
        'bad_request',
        'bad_request',
        'too_large',
        'bad_request',
        'ok',
      ]);
    });

    it('shows the gate which attachments a document has, and none of their bytes', async () => {
      const one = await make();
      const seen: string[] = [];
      await one.bulk([{ _id: 'a', _attachments: { x: png } }], {
        newEdits: true,
        gate: (document, previous) => {
          seen.push(JSON.stringify([document, previous]));
          return 'no';
        },
      });
      expect(seen).toHaveLength(1);
      expect(seen[0]).toContain('"length":20');
      expect(seen[0]).not.toContain(png.data);
      expect(await one.get('a')).toBeNull();
    });

    it('keeps them, and their attachments, over a new start', async () => {
      const one = await make();
      await put(one, { _id: 'a', _attachments: { x: png } });
      const engine = await under.reopen();
      const again = await engine.further.open('suite/one');
      expect(Buffer.from((await again?.attachment('a', 'x'))?.bytes ?? []).toString('base64')).toBe(png.data);
    });
  });
}
