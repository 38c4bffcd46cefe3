import fc from 'fast-check';
import memory from 'pouchdb-adapter-memory';
import PouchDB, { type Database } from 'pouchdb-core';
import { describe, expect, it } from 'vitest';
import { adapterName, LocalDisk, mountLocalDisk, unmountLocalDisk } from './local-database.ts';

PouchDB.plugin(memory);

type Act =
  | { readonly do: 'put'; readonly id: string; readonly n: number; readonly onTop: boolean }
  | { readonly do: 'merge'; readonly id: string; readonly ids: readonly string[] }
  | { readonly do: 'local'; readonly n: number };

const id = fc.constantFrom('p:a', 'p:b', 'p:c');
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant('put' as const), id, n: fc.nat(3), onTop: fc.boolean() }),
  fc.record({
    do: fc.constant('merge' as const),
    id,
    ids: fc.array(fc.constantFrom('aa', 'bb', 'cc', 'dd'), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('local' as const), n: fc.nat(3) }),
);

const failure = (error: unknown): string => (error instanceof Error ? `${error.name} ${String(Reflect.get(error, 'status'))}` : 'failed');

async function perform(database: Database, act: Act): Promise<unknown> {
  try {
    switch (act.do) {
      case 'put': {
        const held = act.onTop ? await database.get(act.id) : null;
        return await database.put({ _id: act.id, n: act.n, ...(held === null ? {} : { _rev: held._rev }) });
      }
      case 'merge': {
        const [newest = ''] = act.ids;
        const start = act.ids.length;
        const document = { _id: act.id, _rev: `${String(start)}-${newest}`, _revisions: { start, ids: act.ids }, merged: newest };
        return await database.bulkDocs([document], { new_edits: false });
      }
      case 'local': {
        const before = await database.get<{ n: number }>('_local/x').catch(() => null);
        return await database.put({ _id: '_local/x', n: act.n, ...(before === null ? {} : { _rev: before._rev }) });
      }
    }
  } catch (error) {
    return failure(error);
  }
}

/** What anybody can read of it. */
async function seen(database: Database): Promise<unknown> {
  const { results } = await database.changes({ since: 0, limit: 100, include_docs: true });
  const keys = ['p:a', 'p:b', 'p:c', 'p:none'];
  const { rows } = await database.allDocs({ keys, include_docs: true });
  const { doc_count } = await database.info();
  const local = await database.get<{ n: number }>('_local/x').catch(failure);
  return { order: results.map(({ doc }) => [doc?._id, doc?._rev]), rows: rows.map(({ doc }) => doc ?? null), doc_count, local };
}

describe('the storage of the simulation under PouchDB', () => {
  it('answers as PouchDB’s own memory adapter does', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const name = `conformance-${String(count++)}`;
        mountLocalDisk(name, new LocalDisk(name));
        const ours = new PouchDB(name, { adapter: adapterName, auto_compaction: true });
        const theirs = new PouchDB(`${name}-memory`, { adapter: 'memory', auto_compaction: true });
        for (const one of acts) expect(await perform(ours, one)).toEqual(await perform(theirs, one));
        expect(await seen(ours)).toEqual(await seen(theirs));
        await ours.close();
        await theirs.destroy();
        unmountLocalDisk(name);
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});
