/**
 * Status lists and the list of trust on a cluster whose listings come from a copy that stands still, while what is asked for by name is read where it was written: what
 * CouchDB does while a machine that was away catches up. A verifier must not be handed a list in which what was revoked is valid again.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import { createPersonId, type NodeId } from '#lib/domain/ids.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { utf8 } from '#lib/certification/encoding.ts';
import { digestOf, signBody, type Signed } from '#lib/certification/signed.ts';
import { openStatusList, setIn, statusBits, statusListId } from '#lib/certification/status-list.ts';
import type { TrustBody } from '#lib/certification/trust.ts';
import { openBook } from '../../src/lib/server/certification/book.ts';
import { createIssuing } from '../../src/lib/server/certification/issuing.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import type { Database, Engine, Listing } from '../../src/lib/server/engine/engine.ts';
import { openOrderBook } from '../../src/lib/server/orders/book.ts';
import { openKeepsake } from '../../src/lib/server/orders/keepsake.ts';
import { openShelf } from '../../src/lib/server/trust/shelf.ts';
import { nodeTools, signerOf } from './kit.ts';

const random = (n: number): Uint8Array => randomBytes(n);
const node = 'centre' as NodeId;
const by = createPersonId(random);
const signer = signerOf('centre');
const root = signerOf('root');

let folder: string;
let engine: Engine;
let now: number;
/** Names that the copy which lists does not have yet. */
let hidden: ReadonlySet<string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perigee-lagging-'));
  engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
  now = Date.UTC(2026, 0, 1);
  hidden = new Set();
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const lagging = (database: Database): Database => ({
  ...database,
  async list(asked: Listing) {
    const { rows, total } = await database.list(asked);
    return { rows: rows.filter(({ id }) => !hidden.has(id)), total };
  },
});

/** A process of the node. */
async function startProcess() {
  const clock = (): number => now;
  const seen: Engine = { ...engine, database: (name) => lagging(engine.database(name)) };
  const shelf = openShelf({ node, engine: seen });
  const book = openBook({ node, desk: seen.database(`desk-${node}`) });
  const issuing = createIssuing({
    node,
    signer,
    records: seen.database(`records-${node}`),
    book,
    shelf,
    standings: { read: () => Promise.reject(new Error('Nobody asks for standings here')) },
    orders: await openOrderBook({
      node,
      database: seen.database(`orders-${node}`),
      notes: seen.database('private'),
      keepsake: openKeepsake(join(folder, 'orders.jsonl'), () => undefined),
      clock,
      sign: () => ({ key: 'k', value: 'v' }),
    }),
    programmes: () => [],
    structureOf: () => Promise.resolve(null),
    nameOf: () => Promise.resolve(''),
    clock,
  });
  return { shelf, book, issuing };
}

const at = (days: number): Instant => instantOf(now + days * 86_400_000);

function trustList(): Promise<Signed<TrustBody>> {
  const body: TrustBody = {
    format: 'perigee-trust/1',
    by: root.did,
    name: 'Space Information and Training Centre',
    sequence: 1,
    made: at(-1),
    until: at(365),
    programmes: [],
    statements: [],
  };
  return signBody(body, root);
}
it('what was revoked or suspended stays so in the lists that a process with a lagging copy signs', async () => {
  const one = await startProcess();
  const entries = [];
  for (const [n, uuid] of ['a', 'b', 'c'].entries())
    entries.push(
      await one.book.enter(
        { uuid, award: await digestOf(utf8(uuid), nodeTools), programme: 'trainer', at: at(0), by, from: at(0), until: at(99) },
        () => Promise.resolve(n * 7),
      ),
    );
  expect(await one.issuing.change('a', 'revoked', 'x', by)).toEqual({ ok: true, value: 'revoked' });
  expect(await one.issuing.change('b', 'suspended', 'x', by)).toEqual({ ok: true, value: 'suspended' });

  hidden = new Set(entries.slice(0, 2).map(({ index }) => `${node}:issued:1-${String(index)}`));
  const two = await startProcess();
  now += 60_000;
  expect(await two.issuing.change('c', 'suspended', 'x', by)).toEqual({ ok: true, value: 'suspended' });
  const said = async (purpose: 'revocation' | 'suspension'): Promise<readonly number[]> => {
    const opened = await openStatusList(await two.shelf.ownStatus(statusListId(signer.did, purpose, 1)), knownContexts, nodeTools);
    if (!opened.ok) throw new Error(opened.error);
    return setIn(opened.value.bits);
  };
  expect([await said('revocation'), await said('suspension')]).toEqual([[0], [7, 14]]);
  // And a suspension is lifted as before.
  hidden = new Set();
  expect(await two.issuing.change('b', 'in-force', 'x', by)).toEqual({ ok: true, value: 'in-force' });
  expect(await said('suspension')).toEqual([14]);
});

it('the list of trust is found by its name, and a status list that was seen once is not lost', async () => {
  const one = await startProcess();
  expect(await one.shelf.read()).toBeNull();
  const trust = await trustList();
  expect((await one.shelf.publish({ list: trust, statusLists: [] })).ok).toBe(true);
  await one.shelf.publishStatus([{ id: 'urn:x', validFrom: at(0) }]);
  const two = await startProcess();
  expect((await two.shelf.read())?.statusLists).toHaveLength(1);
  const names = (await engine.database(`commons-${node}`).list({ partition: node })).rows.map(({ id }) => id);
  hidden = new Set(names);
  expect(await two.shelf.read()).toEqual({ list: trust, statusLists: [{ id: 'urn:x', validFrom: at(0) }] });
  expect((await (await startProcess()).shelf.read())?.list).toEqual(trust);
});

it('every number of a list is read again as it was set', () => {
  const bits = new Uint8Array(statusBits / 8);
  bits[0] = 0x81;
  bits[bits.length - 1] = 1;
  expect(setIn(bits)).toEqual([0, 7, statusBits - 1]);
});
