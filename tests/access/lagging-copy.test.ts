/**
 * A cluster whose listings and feeds come from a copy that stands still, while what is asked for by name is read where it was written: what CouchDB does while a
 * machine that was away catches up. Who may come in must not depend on it, in the process that decided as in any other of the node.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeviceId, createPersonId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { deviceKey, nameOrder, type ErasureOrder } from '../../src/lib/domain/orders.ts';
import { createPeers } from '../../src/lib/server/accounts/peers.ts';
import { openSessions } from '../../src/lib/server/accounts/sessions.ts';
import { openAccountStore } from '../../src/lib/server/accounts/store.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import type { Database, Engine } from '../../src/lib/server/engine/engine.ts';
import { openOrderBook } from '../../src/lib/server/orders/book.ts';
import { openKeepsake } from '../../src/lib/server/orders/keepsake.ts';
import { createObedience } from '../../src/lib/server/orders/obey.ts';

const random = (n: number): Uint8Array => randomBytes(n);
const node = 'centre' as NodeId;

/** Lists and feeds an empty copy; everything else is the database's own. */
const lagging = (database: Database): Database => ({
  ...database,
  list: () => Promise.resolve({ rows: [], total: 0 }),
  changes: () => Promise.resolve({ results: [], last: '0', pending: 0 }),
});

let folder: string;
let engine: Engine;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perigee-lagging-'));
  engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
  now = Date.UTC(2026, 0, 1);
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** A process of the node with a data folder of its own. */
async function startProcess(name: string, see: (database: Database) => Database = lagging) {
  const clock = (): number => now;
  const database = (its: string): Database => see(engine.database(its));
  const store = openAccountStore(database('accounts'));
  const orders = await openOrderBook({
    node,
    database: database(`orders-${node}`),
    notes: database('private'),
    keepsake: openKeepsake(join(folder, `${name}.jsonl`), () => undefined),
    clock,
    sign: () => ({ key: 'k', value: 'v' }),
  });
  const peers = createPeers({ store, clock, random });
  const sessions = await openSessions({ store, peers, orders, clock, random, enrol: () => Promise.resolve() });
  return { store, orders, sessions };
}

describe('where listings come from a copy that lags behind', () => {
  it('an order is obeyed at once by whoever gave it, and within a second by every process', async () => {
    const [one, two] = [await startProcess('one'), await startProcess('two')];
    const [person, device] = [createPersonId(random), createDeviceId(random)];
    await two.orders.standing();
    await one.orders.revoke({ type: 'person', person }, 'lost');
    await one.orders.revoke({ type: 'device', person, device }, 'lost');
    const seenBy = async ({ orders }: typeof one) => {
      const { people, devices } = await orders.standing();
      return [people.has(person), devices.has(deviceKey(person, device))];
    };
    expect(await seenBy(one)).toEqual([true, true]);
    now += 1000;
    expect(await seenBy(two)).toEqual([true, true]);
    // And by one that starts now, whose data folder knows nothing of it.
    expect(await seenBy(await startProcess('three'))).toEqual([true, true]);
    await two.orders.restore({ type: 'person', person });
    expect(await seenBy(two)).toEqual([false, true]);
    now += 1000;
    expect(await seenBy(one)).toEqual([false, true]);
  });

  it('an order that was said with many others is not lost among them', async () => {
    const one = await startProcess('one');
    const people = Array.from({ length: 40 }, () => createPersonId(random));
    for (const person of people) await one.orders.erase(person);
    const two = await startProcess('two');
    expect((await two.orders.standing()).erased).toEqual(new Set(people));
  });

  it('a process that saw an order goes on seeing it when its listings fall back behind it', async () => {
    let isBehind = false;
    const person = createPersonId(random);
    const now1 = await startProcess('one', (database) => ({
      ...database,
      list: (asked) => (isBehind ? lagging(database) : database).list(asked),
    }));
    await (await startProcess('two')).orders.erase(person);
    now += 1000;
    expect((await now1.orders.standing()).erased).toEqual(new Set([person]));
    isBehind = true;
    await (await startProcess('two')).orders.erase(createPersonId(random));
    now += 1000;
    expect((await now1.orders.standing()).erased.has(person)).toBe(true);
  });

  it('a node that has an administrator gives out no first-run code, and takes none', async () => {
    const one = await startProcess('one');
    const [first, older] = [await one.sessions.firstRunCode(), await one.sessions.firstRunCode()];
    if (first === null || older === null) throw new Error('No code');
    expect(await one.sessions.accept(first, 'Wangari', 'correct horse battery')).toMatchObject({ ok: true });
    expect(await one.sessions.isClaimed()).toBe(true);
    expect(await one.sessions.firstRunCode()).toBeNull();
    // Ending the other codes needs a listing; the door does not rest on it.
    expect(await one.sessions.accept(older, 'Somebody', 'correct horse battery')).toMatchObject({ ok: false });
    expect(await (await startProcess('two')).sessions.firstRunCode()).toBeNull();
  });

  it('a child’s word erases nobody who is known at this node, though no listing shows their work', async () => {
    const one = await startProcess('one');
    const [enrolment] = await one.sessions.createCodes([{ use: 'enrolment', name: 'Pendo' }]);
    if (enrolment === undefined) throw new Error('No code');
    const joined = await one.sessions.join(enrolment.code, { device: createDeviceId(random) }, null);
    if (!joined.ok) throw new Error('Not joined');
    const [own, theirs] = [joined.value.person, createPersonId(random)];
    const lima = 'lima' as NodeId;
    const at = instantOf(now);
    const erasure = (person: PersonId) => nameOrder<ErasureOrder>({ kind: 'erasure', writer: lima, origin: lima, at, person });
    await engine.database('desk-lima').bulk([erasure(own), erasure(theirs)], { newEdits: true });
    for (const person of [own, theirs]) await engine.database('records-lima').bulk([{ _id: `${person}:note:1` }], { newEdits: true });
    await engine.database(`records-${node}`).bulk([{ _id: `${own}:note:1` }], { newEdits: true });
    const obedience = createObedience({
      node,
      engine: { ...engine, database: (name) => (name === `records-${node}` ? lagging(engine.database(name)) : engine.database(name)) },
      book: one.orders,
      store: one.store,
      contacts: { heard: () => undefined, devicesOf: () => Promise.resolve([]), forget: () => undefined, close: () => Promise.resolve() },
      clock: () => now,
      log: () => undefined,
    });
    await obedience.round();
    expect((await one.orders.standing()).erased).toEqual(new Set([theirs]));
    expect(obedience.held().map(({ order }) => order.kind === 'erasure' && order.person)).toEqual([own]);
    await obedience.close();
  });

  it('no device of a person is overlooked when all of them are to be signed out, or erased', async () => {
    const one = await startProcess('one');
    const [enrolment] = await one.sessions.createCodes([{ use: 'enrolment', name: 'Amina' }]);
    if (enrolment === undefined) throw new Error('No code');
    const devices = [createDeviceId(random), createDeviceId(random)] as const;
    const joined = await one.sessions.join(enrolment.code, { device: devices[0] }, null);
    if (!joined.ok) throw new Error('Not joined');
    const { person } = joined.value;
    const [link] = await one.sessions.createCodes([{ use: 'link', name: '', person }]);
    if (link === undefined) throw new Error('No code');
    expect(await one.sessions.join(link.code, { device: devices[1] }, null)).toMatchObject({ ok: true });
    const two = await startProcess('two');
    expect((await two.store.devicesOf(person)).map(({ device }) => device).toSorted()).toEqual([...devices].toSorted());
    await two.store.purgePeople(new Set([person]));
    expect(await engine.database('accounts').get(`device:${person}:${devices[1]}`)).toBeNull();
  });
});
