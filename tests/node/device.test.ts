/** The device's own pass, journal and replica against a real node: what is shown as being at the centre is there. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import PouchDB from 'pouchdb-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindingStatement, registerId } from '../../src/lib/domain/records.ts';
import { KeyStore } from '../../src/lib/storage/keys.ts';
import { exchangeCode, type Fetch } from '../../src/lib/sync/client/centre.ts';
import { createOwnKey, showKey, signWith } from '../../src/lib/sync/client/device-key.ts';
import { isSignedBy } from '../../src/lib/server/accounts/node-key.ts';
import { attempt } from '../conformance/journal.ts';
import { answer, course, createDevice, linkDevice, shown, waiting } from './device-kit.ts';
import { ask, claim, codesFor, makeCohort, startTestNode, type TestNode } from './kit.ts';

describe('a device and its centre', () => {
  let node: TestNode;
  let admin: string;
  let cohort: string;
  const newDevice = async () => createDevice(node, (await codesFor(node, admin, cohort, ['Amina']))[0] ?? '');
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
    const b = await linkDevice(node, a);
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
    await device.loseReplica();
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    const url = `${node.url}/replica/person/${device.session.person}/_changes?style=all_docs`;
    const changes = await fetch(url, { headers: { authorization: `Bearer ${device.session.token}` } });
    const { results } = (await changes.json()) as { results: { changes: unknown[] }[] };
    expect(results.map((result) => result.changes.length)).toEqual(results.map(() => 1));
  });

  it('leaves nothing behind in a page that stays open: what PouchDB keeps until it is closed is closed with each pass', async () => {
    const kept = (PouchDB as unknown as { readonly _destructionListeners: ReadonlyMap<string, unknown> })._destructionListeners;
    const device = await newDevice();
    await device.pass();
    const before = [...kept.keys()];
    for (let pass = 0; pass < 3; pass++) {
      await answer(device, pass, 5);
      await device.pass();
    }
    expect([...kept.keys()]).toEqual(before);
    expect(before.filter((name) => name.includes(device.session.person))).toEqual([]);
  });

  it('says why the node refused, not that the other direction was given up because of it', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    const outcome = await device.pass({
      fetch: (input, init) => {
        const { pathname } = new URL(input);
        if (pathname.endsWith('/_revs_diff')) return Promise.resolve(Response.json({ error: 'x' }, { status: 503 }));
        if (!pathname.endsWith('/_changes')) return fetch(input, init);
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => {
            reject(new DOMException('', 'AbortError'));
          });
        });
      },
    });
    expect(outcome).toEqual({ type: 'failed', failure: 'busy' });
    expect(await waiting(device)).toBe(2);
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
