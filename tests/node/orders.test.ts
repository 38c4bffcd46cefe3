/** Lost profiles, revocations, aliases, erasures and device keys, over the socket of a whole node. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { createDeviceId, createPersonId, type DeviceId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import { nameOrder, type ErasureOrder, type RevocationOrder } from '../../src/lib/domain/orders.ts';
import { bindingStatement, deviceKeyStatement, type BindingRecord } from '../../src/lib/domain/records.ts';
import { isSignedBy } from '../../src/lib/server/accounts/node-key.ts';
import { openAccounts } from '../../src/server/main.ts';
import { aCourse, aRecord } from '../fixtures/records.ts';
import {
  ask,
  claim,
  confirm,
  codesFor,
  joinBy,
  makeCohort,
  password,
  random,
  startTestNode,
  type Answer,
  type Learner,
  type TestNode,
} from './kit.ts';

let node: TestNode;
let admin: string;
let cohort: string;

beforeAll(async () => {
  node = await startTestNode();
  admin = await claim(node);
  cohort = await makeCohort(node, admin);
});
afterAll(() => node.close());
beforeEach(async () => {
  node.advance(20 * 60_000);
  await confirm(node, admin);
});

const post = async (path: string, token: string, body: object = {}): Promise<Answer> => {
  // A node that was started anew asks for the password again.
  if ('confirm' in body) await confirm(node, token);
  return ask(`${node.url}${path}`, { token, body });
};
const get = (path: string, token: string): Promise<Answer> => ask(`${node.url}${path}`, { token });

async function newLearner(name: string, given: Partial<Learner> = {}): Promise<Learner> {
  const [code = ''] = await codesFor(node, admin, cohort, [name]);
  return joinBy(node, code, given);
}

async function write({ person, token }: Learner, ...docs: object[]): Promise<Answer> {
  return post(`/replica/person/${person}/_bulk_docs`, token, { docs });
}

/** What every road answers to this sign-in. */
async function roads({ person, device, token }: Learner): Promise<readonly (readonly [number, unknown])[]> {
  const answers = await Promise.all([
    get(`/replica/person/${person}`, token),
    get(`/replica/person/${person}/_changes`, token),
    post(`/replica/person/${person}/_bulk_docs`, token, { docs: [aRecord('note', person, device, 7)] }),
    post('/sync', token, { person, device, revisions: {} }),
    post('/api/link', token),
    get('/api/me', token),
  ]);
  return answers.map(({ status, body }) => [status, body['error']] as const);
}

async function trainerOf(name: string): Promise<string> {
  const { body } = await post('/api/people', admin, { name, role: 'trainer' });
  return (await ask(`${node.url}/api/session`, { body: { code: body['code'], name, password } })).body['token'] as string;
}

/** The databases of the node from a process beside it, as another node's replication would leave them. */
async function beside<Value>(work: (accounts: Awaited<ReturnType<typeof openAccounts>>) => Promise<Value>): Promise<Value> {
  const accounts = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  try {
    return await work(accounts);
  } finally {
    await accounts.engine.close();
  }
}

const rangeOf = (person: PersonId): Promise<readonly string[]> =>
  beside(async ({ records }) => (await records.list({ partition: person })).rows.map(({ id }) => id));

/** What another process of the node lists on a cluster is one copy's, which may lag behind for a moment; and what a round did not find there the next one does, a minute later. */
const eventually = <Value>(look: () => Promise<Value>) =>
  process.env['PERIGEE_TEST_ENGINE'] === 'couchdb' ? expect.poll(look, { timeout: 100_000, interval: 200 }) : expect(look()).resolves;

describe('a lost phone', () => {
  it('is replaced by a code of staff; the old device is refused on every road at once, the new one goes on as the same person', async () => {
    const amina = await newLearner('Amina');
    await write(amina, aRecord('note', amina.person, amina.device));
    const trainer = await trainerOf('Otieno');
    expect((await post(`/api/people/${amina.person}/link`, trainer)).status).toBe(403);
    const given = await post(`/api/people/${amina.person}/link`, admin, { revokeDevices: true, reason: 'lost' });
    expect(given.status).toBe(201);
    expect(given.body).toMatchObject({ code: expect.stringMatching(/^\w{5}-\w{5}$/) as string });
    for (const [status, error] of await roads(amina)) {
      expect(status).toBe(403);
      expect(['revoked', 'forbidden']).toContain(error);
    }
    const phone = await joinBy(node, given.body['code'] as string, {});
    expect(phone.person).toBe(amina.person);
    expect((await roads(phone)).map(([status]) => status)).toEqual([200, 200, 201, 200, 201, 200]);
    const { body } = await get(`/api/people/${amina.person}`, admin);
    expect(body['devices']).toMatchObject([{ device: amina.device, revoked: { reason: 'lost' } }, { device: phone.device }]);
    // What the lost device had handed over is there.
    await eventually(() => rangeOf(amina.person)).toContain(aRecord('note', amina.person, amina.device)._id);
  });

  it('that is found again takes a code of staff and hands over what it still held; a code of its own making does not do', async () => {
    const lost = await newLearner('Baraka');
    const other = await joinBy(node, (await post('/api/link', lost.token)).body['code'] as string, {});
    expect((await post(`/api/people/${lost.person}/revoke`, admin, { device: lost.device, reason: 'lost' })).status).toBe(200);
    expect((await write(lost, aRecord('note', lost.person, lost.device, 3))).status).toBe(403);
    const own = (await post('/api/link', other.token)).body['code'] as string;
    expect((await ask(`${node.url}/api/session`, { body: { code: own, device: lost.device } })).status).toBe(401);
    const byStaff = (await post(`/api/people/${lost.person}/link`, admin)).body['code'] as string;
    const again = await joinBy(node, byStaff, { device: lost.device });
    expect(again.person).toBe(lost.person);
    const { body } = await write(again, aRecord('note', lost.person, lost.device, 3));
    expect(body).toMatchObject([{ ok: true }]);
    // The old token of the same device is good again too: it is the same sign-in.
    expect((await get('/api/me', lost.token)).status).toBe(200);
  });

  it('a trainer does for the people they teach, and for nobody else; people as a whole are the administrator’s', async () => {
    const trainer = await trainerOf('Njeri');
    const theirs = await makeCohort(node, trainer);
    const [code = ''] = await codesFor(node, trainer, theirs, ['Chebet']);
    const chebet = await joinBy(node, code);
    const stranger = await newLearner('Daudi');
    const { body: seen } = await get('/api/learners', trainer);
    expect((seen['people'] as { id: string }[]).map(({ id }) => id)).toEqual([chebet.person]);
    expect((await get(`/api/people/${chebet.person}`, trainer)).status).toBe(200);
    expect((await post(`/api/people/${chebet.person}/link`, trainer)).status).toBe(201);
    expect((await post(`/api/people/${chebet.person}/revoke`, trainer, { device: chebet.device, reason: 'stolen' })).status).toBe(200);
    expect((await post(`/api/people/${chebet.person}/restore`, trainer, { device: chebet.device })).status).toBe(200);
    for (const [path, body] of [
      ['revoke', { reason: 'left' }],
      ['restore', {}],
      ['erase', {}],
      ['alias', { person: stranger.person }],
    ] as const) {
      const mine = await post(`/api/people/${chebet.person}/${path}`, trainer, body);
      const unknown = await post(`/api/people/${createPersonId(random)}/${path}`, trainer, body);
      expect([mine.status, mine.body]).toEqual([403, unknown.body]);
    }
    for (const path of ['link', 'revoke', 'restore', 'erase', 'alias', 'part']) {
      expect((await post(`/api/people/${stranger.person}/${path}`, trainer, { reason: 'lost' })).status).toBe(403);
      expect((await post(`/api/people/${stranger.person}/${path}`, stranger.token, { reason: 'lost' })).status).toBe(403);
      expect((await ask(`${node.url}/api/people/${stranger.person}/${path}`, { body: {} })).status).toBe(401);
    }
  });

  it('a person ends the sign-in of another device of theirs, and not of anybody else', async () => {
    const phone = await newLearner('Esi');
    const laptop = await joinBy(node, (await post('/api/link', phone.token)).body['code'] as string, {});
    const stranger = await newLearner('Fatou');
    expect((await post('/api/me/revoke', laptop.token, { device: laptop.device, reason: 'lost' })).body).toMatchObject({
      error: 'yourself',
    });
    expect((await post('/api/me/revoke', laptop.token, { device: stranger.device, reason: 'lost' })).status).toBe(403);
    expect((await post('/api/me/revoke', laptop.token, { device: phone.device, reason: 'lost' })).status).toBe(200);
    expect((await get('/api/me', phone.token)).body).toMatchObject({ error: 'revoked' });
    expect((await get('/api/me', laptop.token)).body).toMatchObject({
      devices: [{ device: phone.device, revoked: { reason: 'lost' } }, { device: laptop.device }],
    });
  });
});

describe('a person whose sign-ins are ended', () => {
  it('is refused on every road, does not come in by a code, and is let in again when that is taken back', async () => {
    const gone = await newLearner('Gitau');
    const code = (await post('/api/link', gone.token)).body['code'] as string;
    expect((await post(`/api/people/${gone.person}/revoke`, admin, { reason: 'misuse' })).status).toBe(200);
    expect((await roads(gone)).every(([status]) => status === 403)).toBe(true);
    expect((await ask(`${node.url}/api/session`, { body: { code, device: createDeviceId(random) } })).status).toBe(401);
    expect((await post(`/api/people/${gone.person}/link`, admin)).status).toBe(409);
    await node.restart();
    expect((await roads(gone)).every(([status]) => status === 403)).toBe(true);
    expect((await post(`/api/people/${gone.person}/restore`, admin)).status).toBe(200);
    expect((await roads(gone)).map(([status]) => status)).toEqual([200, 200, 201, 200, 201, 200]);
  });

  it('of staff is refused at once too, and nobody locks themselves out', async () => {
    const trainer = await trainerOf('Hamisi');
    const { body } = await get('/api/people', admin);
    const people = body['people'] as { id: string; name: string }[];
    const idOf = (name: string) => people.find((person) => person.name === name)?.id ?? '';
    expect((await post(`/api/people/${idOf('Hamisi')}/revoke`, admin, { reason: 'left' })).status).toBe(200);
    expect((await get('/api/cohorts', trainer)).body).toMatchObject({ error: 'revoked' });
    expect((await ask(`${node.url}/api/session`, { body: { name: 'Hamisi', password } })).status).toBe(401);
    for (const path of ['revoke', 'erase'])
      expect(
        (await post(`/api/people/${idOf('Wangari')}/${path}`, admin, { reason: 'left', confirm: idOf('Wangari') })).body,
      ).toMatchObject({ error: 'yourself' });
  });
});

describe('two ids of one human', () => {
  it('are joined when read, and parted again; nothing is rewritten', async () => {
    const [one, two] = [await newLearner('Imani'), await newLearner('Imani')];
    const at = '2026-11-01T08:00:00.000Z';
    const register = (who: Learner, seconds: number) => ({
      ...aRecord('register', who.person, who.device),
      course: aCourse,
      units: { kepler: { first: at, last: at, seconds } },
    });
    await write(one, register(one, 60));
    await write(two, register(two, 30));
    const before = [await rangeOf(one.person), await rangeOf(two.person)];
    const read = () => get(`/replica/person/${two.person}/_all_docs`, one.token);
    expect((await read()).status).toBe(403);
    expect((await post(`/api/people/${one.person}/alias`, admin, { person: one.person })).status).toBe(400);
    expect((await post(`/api/people/${one.person}/alias`, admin, { person: createPersonId(random) })).status).toBe(404);
    expect((await post(`/api/people/${one.person}/alias`, admin, { person: two.person })).status).toBe(200);

    expect((await read()).status).toBe(200);
    // Read, not written: each id keeps its own writer.
    const foreign = await post(`/replica/person/${two.person}/_bulk_docs`, one.token, { docs: [aRecord('note', two.person, one.device)] });
    expect(foreign.status).toBe(403);
    const { body: synced } = await post('/sync', one.token, { person: one.person, device: one.device, revisions: {} });
    expect(synced['aliases']).toEqual([two.person]);
    const report = async () => {
      const { body } = await get(`/api/cohorts/${cohort}`, admin);
      return (body['people'] as { person: string; name: string; devices: object[] }[]).filter(({ name }) => name === 'Imani');
    };
    const joined = await report();
    expect(joined).toHaveLength(1);
    expect(joined[0]).toMatchObject({ person: one.person });
    expect(joined[0]?.devices).toHaveLength(2);
    expect([await rangeOf(one.person), await rangeOf(two.person)]).toEqual(before);

    expect((await post(`/api/people/${two.person}/part`, admin, { person: one.person })).status).toBe(200);
    expect((await post(`/api/people/${two.person}/part`, admin, { person: one.person })).status).toBe(404);
    expect((await read()).status).toBe(403);
    expect(await report()).toHaveLength(2);
  });

  it('are joined by whoever is signed in as both on one device, and by nobody with a token from elsewhere', async () => {
    const device = createDeviceId(random);
    const [one, two] = [await newLearner('Juma', { device }), await newLearner('Juma', { device })];
    const elsewhere = await newLearner('Kofi');
    for (const token of [elsewhere.token, one.token, 'rubbish', 7])
      expect((await post('/api/me/alias', one.token, { token })).status).toBe(400);
    expect((await post('/api/me/alias', one.token, { token: two.token })).status).toBe(200);
    expect((await get('/api/me', two.token)).body).toMatchObject({ aliases: [one.person] });
    expect((await post('/api/me/part', two.token, { person: one.person })).status).toBe(200);
    expect((await get('/api/me', two.token)).body).toMatchObject({ aliases: [] });
  });
});

describe('erasure', () => {
  it('is asked for by the person, carried out by the administrator, and leaves nothing but a random id', async () => {
    const name = 'Lindiwe-of-no-other-name';
    const text = 'words-that-nobody-else-wrote';
    const gone = await newLearner(name);
    const kept = await newLearner('Musa');
    await write(gone, { ...aRecord('note', gone.person, gone.device), text }, aRecord('register', gone.person, gone.device));
    await write(kept, aRecord('note', kept.person, kept.device));
    await post('/sync', gone.token, { person: gone.person, device: gone.device, revisions: {} });
    expect((await post('/api/me/erasure', gone.token, { asks: true })).status).toBe(200);
    const { body: seen } = await get('/api/learners', admin);
    expect((seen['people'] as { id: string; asksErasure?: string }[]).filter(({ asksErasure }) => asksErasure !== undefined)).toMatchObject(
      [{ id: gone.person }],
    );
    expect((await post(`/api/people/${gone.person}/erase`, admin)).status).toBe(400);
    expect((await post('/api/me/erasure', gone.token, { asks: false })).status).toBe(200);
    expect((await get('/api/me', gone.token)).body['asksErasure']).toBeUndefined();
    await post('/api/me/erasure', gone.token, { asks: true });

    expect((await post(`/api/people/${gone.person}/erase`, admin, { confirm: gone.person })).body).toEqual({ erased: [gone.person] });
    await eventually(() => rangeOf(gone.person)).toEqual([]);
    await eventually(() => rangeOf(kept.person)).toContain(aRecord('note', kept.person, kept.device)._id);
    for (const [status, error] of await roads(gone)) expect([status, error]).toEqual([403, 'erased']);
    const told = await post('/sync', gone.token, { person: gone.person, device: gone.device, revisions: {} });
    expect(told.body['message']).toMatch(/erased here on request/);
    await eventually(() => rangeOf(gone.person)).toEqual([]);
    // Not by a code either, with the old id.
    const [code = ''] = await codesFor(node, admin, cohort, ['Somebody']);
    const again = await ask(`${node.url}/api/session`, { body: { code, device: gone.device, person: gone.person } });
    expect([again.status, again.body['error']]).toEqual([403, 'erased']);
    const { body: report } = await get(`/api/cohorts/${cohort}`, admin);
    expect(JSON.stringify(report)).not.toContain(gone.person);
    expect((await get(`/api/people/${gone.person}`, admin)).status).toBe(404);

    // The order says who, by a random id, when and where, and no more.
    const orders = await beside(({ engine }) => engine.database('orders-centre').list({ partition: 'centre', bodies: true }));
    const order = orders.rows.find(({ id }) => id.includes(gone.person))?.document;
    expect(Object.keys(order ?? {}).sort()).toEqual(['_id', '_rev', 'at', 'kind', 'origin', 'person', 'writer']);
    if (node.couchdb === null) {
      await node.restart();
      for (const file of readdirSync(node.data)) {
        const bytes =
          existsSync(join(node.data, file)) && !['pieces', 'packs', 'packages', 'published'].includes(file)
            ? readFileSync(join(node.data, file))
            : '';
        for (const trace of [name, text]) expect(bytes.includes(trace), `${trace} in ${file}`).toBe(false);
      }
    }
  });

  it('takes every id of the person, and every other order about them', async () => {
    const [one, two] = [await newLearner('Neema'), await newLearner('Neema')];
    await post(`/api/people/${one.person}/alias`, admin, { person: two.person });
    await post(`/api/people/${one.person}/revoke`, admin, { device: one.device, reason: 'lost' });
    expect((await post(`/api/people/${two.person}/erase`, admin, { confirm: two.person })).body['erased']).toEqual(
      [one.person, two.person].sort(),
    );
    const left = await beside(async ({ engine }) =>
      [
        ...(await engine.database('orders-centre').list({ partition: 'centre' })).rows,
        ...(await engine.database('desk-centre').list({ partition: 'centre' })).rows,
      ].map(({ id }) => id),
    );
    const about = left.filter((id) => id.includes(one.person) || id.includes(two.person));
    expect([...new Set(about)].sort()).toEqual([one, two].map(({ person }) => `centre:erasure:centre:${person}`).sort());
    expect(readFileSync(join(node.data, 'orders.jsonl'), 'utf8')).not.toContain('alias":');
  });

  it('outlives a backup that is put back: nobody is back before the first request', async ({ skip }) => {
    if (node.couchdb !== null) skip('a copy of the whole CouchDB is its operator’s');
    const gone = await newLearner('Otieno the younger');
    await write(gone, aRecord('note', gone.person, gone.device));
    const copy = join(node.data, '..', `${gone.person}.sqlite`);
    await node.restart(() => {
      copyFileSync(join(node.data, 'node.sqlite'), copy);
    });
    await post(`/api/people/${gone.person}/erase`, admin, { confirm: gone.person });
    await node.restart(() => {
      for (const end of ['', '-wal', '-shm']) rmSync(join(node.data, `node.sqlite${end}`), { force: true });
      copyFileSync(copy, join(node.data, 'node.sqlite'));
    });
    expect((await get('/api/me', gone.token)).body).toMatchObject({ error: 'erased' });
    await eventually(() => rangeOf(gone.person)).toEqual([]);
    expect(readFileSync(join(node.data, 'node.sqlite')).includes('Otieno the younger')).toBe(false);
    rmSync(copy);
  });
});

describe('orders between nodes', () => {
  const lima = 'lima' as NodeId;
  const at = instantOf(1_700_000_000_000);
  const erasureBy = (by: NodeId, person: PersonId) => nameOrder<ErasureOrder>({ kind: 'erasure', writer: by, origin: by, at, person });
  const revocationBy = (by: NodeId, person: PersonId, device: DeviceId) =>
    nameOrder<RevocationOrder>({
      kind: 'revocation',
      writer: by,
      origin: by,
      at,
      since: at,
      reason: 'stolen',
      subject: { type: 'device', person, device },
    });
  const put = (database: string, ...documents: object[]) =>
    beside(async ({ engine }) => {
      const written = await engine.database(database).bulk(documents, { newEdits: true });
      if (!written.every(({ ok }) => ok)) throw new Error(JSON.stringify(written));
    });
  const idsIn = (database: string, partition: string) =>
    beside(async ({ engine }) => (await engine.database(database).list({ partition })).rows.map(({ id }) => id));

  it('a child’s own are repeated where they concern its people, and what reaches further waits for an administrator', async () => {
    const [theirs, unknown] = [createPersonId(random), createPersonId(random)];
    const device = createDeviceId(random);
    const both = await newLearner('Pendo');
    await write(both, aRecord('note', both.person, both.device));
    await put('records-lima', aRecord('note', theirs, device), aRecord('note', both.person, device));
    await put(
      'desk-lima',
      erasureBy(lima, theirs),
      erasureBy(lima, unknown),
      erasureBy(lima, both.person),
      revocationBy(lima, both.person, both.device),
      // A stolen centre that speaks for another one is not heard.
      { ...erasureBy('sitc' as NodeId, both.person), _id: `lima:erasure:sitc:${both.person}`, writer: 'lima' },
    );
    await node.restart();
    await eventually(() => idsIn('orders-centre', 'centre')).toEqual(
      expect.arrayContaining([`centre:erasure:lima:${theirs}`, `centre:revocation:lima:device:${both.person}:${both.device}`]),
    );
    const orders = await idsIn('orders-centre', 'centre');
    for (const person of [unknown, both.person]) expect(orders.filter((id) => id.includes(`:erasure:`) && id.includes(person))).toEqual([]);
    await eventually(() => idsIn('records-lima', theirs)).toEqual([]);
    await eventually(() => rangeOf(both.person)).not.toEqual([]);
    // A device of somebody who learns at both centres is refused here too.
    expect((await get('/api/me', both.token)).body).toMatchObject({ error: 'revoked' });
    expect((await get('/api/learners', admin)).body['held']).toMatchObject([{ child: 'lima', kind: 'erasure', people: [both.person] }]);
    expect((await post(`/api/people/${both.person}/restore`, admin, { device: both.device })).body).toMatchObject({ error: 'other-node' });
    // The administrator of the parent decides.
    await post(`/api/people/${both.person}/erase`, admin, { confirm: both.person });
    await eventually(() => idsIn('records-lima', both.person)).toEqual([]);
    expect((await get('/api/learners', admin)).body['held']).toEqual([]);
  });

  it('a child that has not heard yet, or will not, brings nothing of an erased person back', async () => {
    const [gone, kept] = [createPersonId(random), createPersonId(random)];
    const device = createDeviceId(random);
    await put('records-lima', aRecord('note', gone, device), aRecord('note', kept, device));
    await put('desk-lima', erasureBy(lima, gone));
    const credential = await beside(({ peers }) => peers.add(lima));
    await node.restart();
    await eventually(() => idsIn('records-lima', gone)).toEqual([]);
    const docs = [gone, kept].map((person) => ({ ...aRecord('note', person, device, 9), _rev: '1-00000000000000000000000000000009' }));
    const { body } = await post('/replica/db/records-lima/_bulk_docs', credential, { new_edits: false, docs });
    expect(body).toMatchObject([
      { id: docs[0]?._id, error: 'forbidden', reason: expect.stringMatching(/erased here on request/) as string },
    ]);
    await eventually(() => idsIn('records-lima', gone)).toEqual([]);
    await eventually(() => idsIn('records-lima', kept)).toContain(docs[1]?._id);
  });

  it('the parent’s are obeyed and repeated for this node’s own children; its own go up in its desk', async () => {
    const [erased, kept] = [await newLearner('Rehema'), await newLearner('Salma')];
    for (const who of [erased, kept]) await write(who, aRecord('note', who.person, who.device));
    const sitc = 'sitc' as NodeId;
    await put('orders-sitc', erasureBy(sitc, erased.person), revocationBy(sitc, kept.person, kept.device));
    await node.restart();
    await eventually(() => rangeOf(erased.person)).toEqual([]);
    expect((await get('/api/me', erased.token)).body).toMatchObject({ error: 'erased' });
    expect((await get('/api/me', kept.token)).body).toMatchObject({ error: 'revoked' });
    await eventually(() => idsIn('orders-centre', 'centre')).toContain(`centre:erasure:sitc:${erased.person}`);
    const desk = await idsIn('desk-centre', 'centre');
    expect(desk.filter((id) => id.includes(':sitc:'))).toEqual([]);
    const phone = await newLearner('Tatu');
    await post(`/api/people/${phone.person}/revoke`, admin, { device: phone.device, reason: 'lost' });
    await eventually(() => idsIn('desk-centre', 'centre')).toContain(`centre:revocation:centre:device:${phone.person}:${phone.device}`);
    // Obeying once more changes nothing.
    const before = [await idsIn('orders-centre', 'centre'), await idsIn('desk-centre', 'centre')];
    await node.restart();
    await eventually(async () => [await idsIn('orders-centre', 'centre'), await idsIn('desk-centre', 'centre')]).toEqual(before);
  });
});

describe('device keys', () => {
  const shown = (device: DeviceId, key: KeyObject, publicKey: string): object => ({
    key: publicKey,
    proof: sign(null, Buffer.from(canonicalJson(deviceKeyStatement(device, publicKey))), key).toString('base64url'),
  });
  const pair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { privateKey, key: publicKey.export({ format: 'jwk' }).x ?? '' };
  };
  const nodeKey = async () => (await ask(`${node.url}/api/node`)).body['key'];

  it('are signed to the person at joining, published in their range, and signed once', async () => {
    const [code = ''] = await codesFor(node, admin, cohort, ['Upendo']);
    const [device, person] = [createDeviceId(random), createPersonId(random)];
    const { privateKey, key } = pair();
    const other = pair();
    const wrong = [
      { key },
      { key, proof: 'A'.repeat(86) },
      shown(device, other.privateKey, key),
      shown(createDeviceId(random), privateKey, key),
      7,
    ];
    for (const bad of wrong) expect((await ask(`${node.url}/api/session`, { body: { code, device, person, key: bad } })).status).toBe(400);
    const body = { code, device, person, key: shown(device, privateKey, key) };
    const joined = await ask(`${node.url}/api/session`, { body });
    const binding = joined.body['binding'] as BindingRecord;
    expect(binding).toMatchObject({ kind: 'binding', person, device, key, writer: 'centre' });
    expect(binding.signature.key).toBe(await nodeKey());
    expect(isSignedBy(bindingStatement(binding), binding.signature)).toBe(true);
    expect(isSignedBy(bindingStatement({ ...binding, person: createPersonId(random) }), binding.signature)).toBe(false);
    // The answer was lost on the way: the same again.
    expect((await ask(`${node.url}/api/session`, { body })).body['binding']).toEqual(binding);
    expect((await rangeOf(person)).filter((id) => id.includes(':binding:'))).toEqual([binding._id]);
    const token = joined.body['token'] as string;
    expect((await get(`/replica/person/${person}/${encodeURIComponent(binding._id)}`, token)).body).toMatchObject({ key });
    // No device writes one for itself.
    expect((await write({ person, device, token }, { ...binding, _id: undefined })).body).not.toMatchObject([{ ok: true }]);
  });

  it('come later for a device that joined without one, and anew with a new profile', async () => {
    const old = await newLearner('Vusi');
    const first = pair();
    const sync = (key?: object) =>
      post('/sync', old.token, { person: old.person, device: old.device, revisions: {}, ...(key === undefined ? {} : { key }) });
    expect((await sync()).body['binding']).toBeUndefined();
    const { binding } = (await sync(shown(old.device, first.privateKey, first.key))).body as { binding: BindingRecord };
    expect(binding).toMatchObject({ key: first.key, device: old.device });
    expect((await sync({ key: first.key, proof: 'x' })).status).toBe(400);
    const second = pair();
    const renewed = (await sync(shown(old.device, second.privateKey, second.key))).body as { binding: BindingRecord };
    expect(renewed.binding.key).toBe(second.key);
    // Both stay: what the first one signed is verified by the first.
    expect((await rangeOf(old.person)).filter((id) => id.includes(':binding:')).sort()).toEqual([binding._id, renewed.binding._id].sort());
    expect((await get(`/api/people/${old.person}`, admin)).body['devices']).toMatchObject([{ device: old.device, key: true }]);
  });
});
