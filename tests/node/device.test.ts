/** The device's own pass, journal and replica against a real node: what is shown as being at the centre is there. */
import 'fake-indexeddb/auto';
import { cpSync, renameSync, rmSync } from 'node:fs';
import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CourseId, PersonId, UnitId } from '../../src/lib/domain/ids.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { bindingStatement, registerId } from '../../src/lib/domain/records.ts';
import { parseRecord } from '../../src/lib/domain/parse-record.ts';
import { joinRegisters, secondsOf } from '../../src/lib/domain/progress.ts';
import { KeyStore } from '../../src/lib/storage/keys.ts';
import { openStore, type Store } from '../../src/lib/storage/store.ts';
import { askLinkCode, askReceipt, exchangeCode, type Fetch, type Session } from '../../src/lib/sync/client/centre.ts';
import { createOwnKey, showKey, signWith, type ShownKey } from '../../src/lib/sync/client/device-key.ts';
import { runPass } from '../../src/lib/sync/client/pass.ts';
import { PouchReplica } from '../../src/lib/sync/client/pouch-replica.ts';
import { isSignedBy } from '../../src/lib/server/accounts/node-key.ts';
import { attempt } from '../conformance/journal.ts';
import { ask, claim, codesFor, makeCohort, random, startTestNode, type TestNode } from './kit.ts';

PouchDB.plugin(memory);

const course = 'space-law' as CourseId;
let counter = 0;

interface TestDevice {
  readonly store: Store;
  readonly session: Session;
  /** `range` is another id of the same human, which is only read. */
  readonly pass: (change?: { fetch?: Fetch; token?: string; range?: PersonId; key?: ShownKey }) => ReturnType<typeof runPass>;
  /** The browser drops PouchDB's database. */
  readonly loseReplica: () => Promise<void>;
}

async function createDevice(node: TestNode, code: string): Promise<TestDevice> {
  const name = `device-${String(counter++)}`;
  const store = await openStore(() => Date.now(), random, name);
  const person = await store.people.create('Amina');
  const joined = await exchangeCode(fetch, node.url, { code, device: store.device, person: person.id, name: person.name });
  if (!joined.ok) throw new Error(joined.error);
  const session = joined.value;
  await store.people.adopt(session.person, session.name);
  const { token, expires, cohorts } = session;
  await store.people.setCentre(session.person, { node: session.node, epoch: session.epoch, origin: node.url, cohorts, token, expires });
  const pass: TestDevice['pass'] = async (change = {}) => {
    const kept = (await store.people.get(session.person))?.centre?.token ?? '';
    const replica = new PouchReplica({
      person: change.range ?? session.person,
      readOnly: change.range !== undefined,
      prefix: name,
      adapter: 'memory',
      origin: node.url,
      token: change.token ?? kept,
      fetch: change.fetch ?? fetch,
      parse: (document) => {
        const record = parseRecord(document);
        return record.ok ? record.value : null;
      },
    });
    const ask = (revisions: Parameters<typeof askReceipt>[3]['revisions']) =>
      askReceipt(
        change.fetch ?? fetch,
        node.url,
        change.token ?? kept,
        { person: session.person, device: store.device, revisions, ...(change.key === undefined ? {} : { key: change.key }) },
        {
          renewed: (renewal) => store.people.renewToken(session.person, renewal),
          bound: (binding) => new KeyStore(store.database).bound(session.person, binding),
          aliases: (aliases) => store.people.setAliases(session.person, aliases),
        },
      );
    try {
      return await runPass(change.range ?? session.person, { journal: store.journal, replica, ask });
    } finally {
      await replica.close();
    }
  };
  const loseReplica = () => new PouchDB(`${name}-perigee-${session.person}`, { adapter: 'memory' }).destroy();
  return { store, session, pass, loseReplica };
}

const answer = (device: TestDevice, n: number, seconds: number) =>
  device.store.journal.commit(device.session.person, [attempt(n, device.session.person, device.store.device)], {
    course,
    events: [{ type: 'visit', unit: 'treaty' as UnitId, offset: 0, seconds, at: instantOf(1_700_000_000_000) }],
  });

const waiting = (device: TestDevice) => device.store.journal.waitingCount(device.session.person);

async function shown(device: TestDevice) {
  const kept = await device.store.journal.ofCourse(device.session.person, course);
  const joined = joinRegisters(kept.flatMap(({ body }) => (body.kind === 'register' ? [body] : [])));
  const unit = joined.units.get('treaty' as UnitId);
  return { attempts: kept.filter(({ body }) => body.kind === 'attempt').length, seconds: unit === undefined ? 0 : secondsOf(unit) };
}

describe('a device and its centre', () => {
  let node: TestNode;
  let admin: string;
  let cohort: string;
  const newDevice = async () => createDevice(node, (await codesFor(node, admin, cohort, ['Amina']))[0] ?? '');
  const linked = async (to: TestDevice) => {
    const link = await askLinkCode(fetch, node.url, to.session.token);
    if (!link.ok) throw new Error(link.error);
    return createDevice(node, link.value.code);
  };

  beforeAll(async () => {
    node = await startTestNode();
    admin = await claim(node);
    cohort = await makeCohort(node, admin, [course]);
  });
  afterAll(() => node.close());

  it('hands over, marks what the node has, and lets nothing wait', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    expect(await waiting(device)).toBe(2);
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await waiting(device)).toBe(0);
    const kept = await device.store.journal.ofKind(device.session.person, 'enrolment');
    expect(kept.map(({ atCentre }) => atCentre)).toEqual([true]);
  });

  it('joins two devices of one person, with no conflict and nothing lost', async () => {
    const a = await newDevice();
    await answer(a, 1, 5);
    await a.pass();
    const b = await linked(a);
    expect(b.session.person).toBe(a.session.person);
    await b.pass();
    expect(await shown(b)).toEqual({ attempts: 1, seconds: 5 });
    await answer(a, 2, 10);
    await answer(b, 3, 100);
    for (const device of [a, b, a, b]) expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await shown(a)).toEqual({ attempts: 3, seconds: 115 });
    expect(await shown(b)).toEqual(await shown(a));
    expect([await waiting(a), await waiting(b)]).toEqual([0, 0]);
  });

  it('builds a lost replica up again on the revisions that the centre has, without a conflict', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    await device.pass();
    await answer(device, 2, 5);
    await new PouchDB(`device-${String(counter - 1)}-perigee-${device.session.person}`, { adapter: 'memory' }).destroy();
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    const url = `${node.url}/replica/person/${device.session.person}/_changes?style=all_docs`;
    const changes = await fetch(url, { headers: { authorization: `Bearer ${device.session.token}` } });
    const { results } = (await changes.json()) as { results: { changes: unknown[] }[] };
    expect(results.map((result) => result.changes.length)).toEqual(results.map(() => 1));
  });

  it.each<[string, string, Fetch]>([
    ['a link that is down', 'unreachable', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['an expired token', 'expired', () => Promise.resolve(Response.json({ error: 'unauthorized' }, { status: 401 }))],
    ['a node in trouble', 'busy', () => Promise.resolve(Response.json({ error: 'x' }, { status: 503 }))],
    ['a full node', 'no-space', () => Promise.resolve(Response.json({ error: 'x' }, { status: 507 }))],
    ['a node that asks for patience', 'slow-down', () => Promise.resolve(Response.json({ error: 'slow-down' }, { status: 429 }))],
    ['rubbish', 'nonsense', () => Promise.resolve(new Response('<html>Hotel</html>', { headers: { 'content-type': 'text/html' } }))],
    ['half an answer', 'nonsense', () => Promise.resolve(new Response('{"results":[{"id"'))],
  ])('leaves everything waiting and says why: %s', async (_what, failure, fails) => {
    const device = await newDevice();
    await answer(device, 1, 5);
    expect(await device.pass({ fetch: fails })).toEqual({ type: 'failed', failure });
    expect(await waiting(device)).toBe(2);
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await waiting(device)).toBe(0);
  });

  it('marks nothing where only the receipt is missing, and finds out the next time that all is there', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    const noReceipt: Fetch = (url, init) => (url.endsWith('/sync') ? Promise.reject(new TypeError('Failed to fetch')) : fetch(url, init));
    expect(await device.pass({ fetch: noReceipt })).toEqual({ type: 'failed', failure: 'unreachable' });
    expect(await waiting(device)).toBeGreaterThanOrEqual(2);
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
  });

  it('keeps a document that the centre refuses, says that it is here alone, and hands it over when the centre takes it', async () => {
    const device = await newDevice();
    await device.pass();
    await answer(device, 1, 5);
    // A centre of an older version: it does not know the kind of one of the documents, and writes the others.
    const refuses: Fetch = async (url, init) => {
      if (!url.endsWith('/_bulk_docs') || typeof init?.body !== 'string') return fetch(url, init);
      const { docs, ...rest } = JSON.parse(init.body) as { docs: { _id: string }[] };
      const known = docs.filter(({ _id }) => !_id.includes(':attempt:'));
      const answered = await fetch(url, { ...init, body: JSON.stringify({ ...rest, docs: known }) });
      const refused = docs
        .filter((document) => !known.includes(document))
        .map(({ _id: id }) => ({ id, error: 'forbidden', reason: 'No.' }));
      return Response.json([...((await answered.json()) as object[]), ...refused], { status: answered.status });
    };
    const attempts = async () => (await device.store.journal.ofKind(device.session.person, 'attempt')).map(({ atCentre }) => atCentre);
    for (let n = 0; n < 2; n++) {
      expect(await device.pass({ fetch: refuses })).toEqual({ type: 'done', unconfirmed: 1 });
      expect([await waiting(device), await attempts()]).toEqual([1, [false]]);
    }
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect([await waiting(device), await attempts()]).toEqual([0, [true]]);
  });

  it('makes no conflict where the replica is lost before the centre saw what it held last', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    // Two more revisions of the register, of which none arrives.
    const fails: Fetch = (url, init) => (url.endsWith('/_revs_diff') ? Promise.reject(new TypeError('fetch failed')) : fetch(url, init));
    for (const seconds of [6, 7]) {
      await answer(device, seconds, seconds);
      expect(await device.pass({ fetch: fails })).toEqual({ type: 'failed', failure: 'unreachable' });
    }
    await device.loseReplica();
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    const { person, token } = device.session;
    const register = registerId(person, course, device.store.device);
    const url = `${node.url}/replica/person/${person}/${encodeURIComponent(register)}?open_revs=all&revs=true`;
    const leaves = (await (await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })).json()) as {
      ok: { _rev: string; _revisions: { ids: string[] } };
    }[];
    expect(leaves.map(({ ok }) => [ok._rev.slice(0, 2), ok._revisions.ids.length])).toEqual([['3-', 3]]);
  });

  it('does not ask the centre for a progress that nobody shows', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    const asked: string[] = [];
    const listens: Fetch = (url, init) => {
      asked.push(new URL(url).pathname);
      return fetch(url, init);
    };
    expect(await device.pass({ fetch: listens })).toEqual({ type: 'done', unconfirmed: 0 });
    expect(asked.filter((path) => path.endsWith('/'))).toEqual([]);
  });

  it('stays signed in for as long as it comes by: the token that a pass brings is kept', async () => {
    const own = await startTestNode();
    const staff = await claim(own);
    const [code = ''] = await codesFor(own, staff, await makeCohort(own, staff), ['Amina']);
    const device = await createDevice(own, code);
    // A token lives for a year.
    for (let n = 0; n < 3; n++) {
      own.advance(300 * 24 * 60 * 60_000);
      expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    }
    await own.close();
  });

  it.skipIf(process.env['PERIGEE_TEST_ENGINE'] === 'couchdb')(
    'takes its marks back when an older copy of the centre’s folder was put back, and hands over again what the copy lacks',
    async () => {
      const own = await startTestNode();
      const staff = await claim(own);
      const [code = ''] = await codesFor(own, staff, await makeCohort(own, staff), ['Amina']);
      const device = await createDevice(own, code);
      await answer(device, 1, 5);
      await device.pass();
      const copy = `${own.data}-copy`;
      await own.restart(() => {
        cpSync(own.data, copy, { recursive: true });
      });
      await answer(device, 2, 5);
      expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
      const before = (await device.store.people.get(device.session.person))?.centre?.epoch;
      await own.restart(() => {
        rmSync(own.data, { recursive: true });
        renameSync(copy, own.data);
      });
      expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
      expect((await device.store.people.get(device.session.person))?.centre?.epoch).not.toBe(before);
      const url = `${own.url}/replica/person/${device.session.person}/_all_docs`;
      const { rows } = (await (await fetch(url, { headers: { authorization: `Bearer ${device.session.token}` } })).json()) as {
        rows: { id: string }[];
      };
      expect(rows.filter(({ id }) => id.includes(':attempt:'))).toHaveLength(2);
      expect(await waiting(device)).toBe(0);
      await own.close();
    },
  );

  it('keeps a document that no road accepts on the device, waiting, and hands over the rest', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    const huge = { ...attempt(2, device.session.person, device.store.device), response: { text: 'x'.repeat(300 * 1024) } };
    await device.store.journal.commit(device.session.person, [huge]);
    expect(await device.pass()).toMatchObject({ type: 'done' });
    expect(await waiting(device)).toBe(1);
  });

  it('makes a key of its own that cannot be read out, has it signed, and signs with it what others can check', async () => {
    const device = await newDevice();
    const keys = new KeyStore(device.store.database);
    const own = await createOwnKey();
    if (own === null) throw new Error('This Node makes no Ed25519 keys');
    await expect(crypto.subtle.exportKey('pkcs8', own.pair.privateKey)).rejects.toThrow(/extractable/);
    const row = await keys.keepFirst({ person: device.session.person, ...own, binding: null });
    expect((await keys.keepFirst({ ...row, key: 'another' })).key).toBe(own.key);
    await device.pass({ key: await showKey(own, device.store.device) });
    const kept = await keys.get(device.session.person);
    const binding = kept?.binding;
    if (kept === null || binding === null || binding === undefined) throw new Error('No binding came');
    expect(binding).toMatchObject({ person: device.session.person, device: device.store.device, key: own.key, writer: 'centre' });
    expect(isSignedBy(bindingStatement(binding), binding.signature)).toBe(true);
    const statement = { statement: 'seen', n: 1 };
    expect(isSignedBy(statement, await signWith(kept, statement))).toBe(true);
    // It is a record of the person as well, and travels like every other.
    await device.pass();
    expect((await device.store.journal.ofKind(device.session.person, 'binding')).map(({ body }) => body._id)).toEqual([binding._id]);
  });

  it('reads what another id of the same person did, and writes nothing there', async () => {
    const [one, two] = [await newDevice(), await newDevice()];
    await answer(one, 1, 40);
    await answer(two, 2, 20);
    await one.pass();
    await two.pass();
    await ask(`${node.url}/api/people/${one.session.person}/alias`, { token: admin, body: { person: two.session.person } });
    await one.pass();
    expect((await one.store.people.get(one.session.person))?.aliases).toEqual([two.session.person]);
    expect(await one.pass({ range: two.session.person })).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await shown(one)).toEqual({ attempts: 2, seconds: 60 });
    expect(await waiting(one)).toBe(0);
    const kept = await one.store.journal.ofCourse(one.session.person, course);
    expect(kept.every(({ atCentre }) => atCentre)).toBe(true);
    await ask(`${node.url}/api/people/${one.session.person}/part`, { token: admin, body: { person: two.session.person } });
    await one.pass();
    expect(await shown(one)).toEqual({ attempts: 1, seconds: 40 });
    expect(await one.pass({ range: two.session.person })).toMatchObject({ type: 'failed' });
  });

  it('is told plainly that its person was erased, keeps what it has, and nothing of it comes back to the node', async () => {
    const device = await newDevice();
    await answer(device, 1, 10);
    await device.pass();
    await answer(device, 2, 10);
    const { person } = device.session;
    await ask(`${node.url}/api/people/${person}/erase`, { token: admin, body: { confirm: person } });
    expect(await device.pass()).toEqual({ type: 'failed', failure: 'erased' });
    expect(await waiting(device)).toBeGreaterThan(0);
    expect(await shown(device)).toMatchObject({ attempts: 2 });
    const { body } = await ask(`${node.url}/replica/person/${person}/_all_docs`, { token: admin });
    expect(body['rows'] ?? []).toEqual([]);
  });

  it('keeps the work of a sign-in that was taken back, and hands it over after a code of staff', async () => {
    const device = await newDevice();
    await device.pass();
    await answer(device, 1, 10);
    const { person } = device.session;
    const revoke = { device: device.store.device, reason: 'lost' };
    await ask(`${node.url}/api/people/${person}/revoke`, { token: admin, body: revoke });
    expect(await device.pass()).toEqual({ type: 'failed', failure: 'revoked' });
    expect(await waiting(device)).toBeGreaterThan(0);
    const { body } = await ask(`${node.url}/api/people/${person}/link`, { token: admin, body: {} });
    const again = await exchangeCode(fetch, node.url, { code: String(body['code']), device: device.store.device, person, name: '' });
    expect(again.ok && again.value.person).toBe(person);
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await waiting(device)).toBe(0);
  });
});
