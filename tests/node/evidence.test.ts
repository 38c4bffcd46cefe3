/** Evidence on the roads: keys of staff, whose range takes what from whom, and whose a key is. */
import 'fake-indexeddb/auto';
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { createDeviceId, createUlid, type PersonId } from '../../src/lib/domain/ids.ts';
import { bindingStatement, deviceKeyStatement, feedbackId, type BindingRecord } from '../../src/lib/domain/records.ts';
import { didOfKey, ownersOf, statementInRecord, statementToRecord } from '../../src/lib/certification/evidence-record.ts';
import { signBody } from '../../src/lib/certification/signed.ts';
import type { TeachingSession } from '../../src/lib/certification/statement.ts';
import { openStore } from '../../src/lib/storage/store.ts';
import { StatementStore } from '../../src/lib/storage/statements.ts';
import { askOwners, bindStaffKey, handOverStatements, readStatements } from '../../src/lib/sync/client/statements.ts';
import { isSignedBy } from '../../src/lib/server/accounts/node-key.ts';
import { ask, claim, codesFor, joinBy, makeCohort, password, random, startTestNode, type TestNode } from './kit.ts';

interface Member {
  readonly person: PersonId;
  readonly token: string;
}

let node: TestNode;
let admin: string;
const members = new Map<string, Member>();
const member = (role: string): Member => {
  const found = members.get(role);
  if (found === undefined) throw new Error(`There is no ${role}`);
  return found;
};

beforeAll(async () => {
  node = await startTestNode();
  admin = await claim(node);
  for (const role of ['trainer', 'master', 'reviewer']) {
    const { body: made } = await ask(`${node.url}/api/people`, { token: admin, body: { name: role, role } });
    const { body } = await ask(`${node.url}/api/session`, { body: { code: made['code'], name: role, password } });
    members.set(role, { person: body['person'] as PersonId, token: body['token'] as string });
  }
});
afterAll(() => node.close());

function createKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const device = createDeviceId(random);
  const proof = sign(null, Buffer.from(canonicalJson(deviceKeyStatement(device, key))), privateKey).toString('base64url');
  const did = didOfKey(key);
  if (did === null) throw new Error('No key');
  const signer = { did, sign: (message: Uint8Array) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
  return { device, key, proof, signer };
}

const session = (person: PersonId, by: TeachingSession['by']): TeachingSession => ({
  format: 'perigee-evidence/1',
  by,
  person,
  at: instantOf(Date.now()),
  type: 'teaching-session',
  title: 'Reading a flood map',
  place: 'Ile-Ife, hall 2',
  starts: instantOf(Date.now() - 7_200_000),
  ends: instantOf(Date.now() - 3_600_000),
  roster: [],
  attended: [],
  guests: 12,
});

async function evidence(writer: Member, about: PersonId) {
  const { signer } = createKey();
  const signed = await signBody(session(writer.person, signer.did), signer);
  const record = statementToRecord(signed, { about, writer: writer.person, ulid: createUlid(Date.now(), random) });
  if (!record.ok) throw new Error(record.error);
  return { signed, record: record.value };
}

const write = async (token: string, person: PersonId, document: object): Promise<string> => {
  const { status, body } = await ask(`${node.url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [document] } });
  if (status === 403) return 'closed';
  const [row] = body as unknown as readonly { ok?: boolean; error?: string }[];
  return row?.ok === true ? 'ok' : (row?.error ?? 'nothing');
};

it('binds the key of staff to their person on this device, once, and says whose a key is', async () => {
  const { device, key, proof } = createKey();
  const { person, token } = member('trainer');
  const bind = (body: object, by = token) => ask(`${node.url}/api/me/key`, { token: by, body });
  const { status, body } = await bind({ device, key: { key, proof } });
  expect(status).toBe(200);
  const binding = body['binding'] as BindingRecord;
  expect(binding).toMatchObject({ kind: 'binding', person, device, key, writer: 'centre' });
  expect(isSignedBy(bindingStatement(binding), binding.signature)).toBe(true);
  expect((await bind({ device, key: { key, proof } })).body['binding']).toEqual(binding);

  // Another's proof, none, another's device.
  const other = createKey();
  expect((await bind({ device, key: { key: other.key, proof } })).status).toBe(400);
  expect((await bind({ device })).status).toBe(400);
  expect((await bind({ device: other.device, key: { key, proof } })).status).toBe(400);
  const cohort = await makeCohort(node, admin);
  const [code = ''] = await codesFor(node, admin, cohort, ['Ann']);
  const learner = await joinBy(node, code);
  expect((await bind({ device, key: { key, proof } }, learner.token)).status).toBe(403);

  const { body: asked } = await ask(`${node.url}/api/keys`, { token: learner.token, body: { keys: [key, other.key] } });
  expect(asked['bindings']).toEqual([binding]);
  expect(ownersOf(asked['bindings'] as BindingRecord[]).get(didOfKey(key) ?? ('' as never))).toBe(person);
  expect((await ask(`${node.url}/api/keys`, { token: learner.token, body: { keys: 'all' } })).status).toBe(400);
  expect((await ask(`${node.url}/api/keys`, { body: { keys: [key] } })).status).toBe(401);

  // The trainer reads their own range, where the node's word stands.
  const own = await ask(`${node.url}/replica/person/${person}/${binding._id}`, { token });
  expect(own.body).toMatchObject({ kind: 'binding', key });
});

it("takes a trainer's own sessions into their range, and what a master trainer saw; nothing from others", async () => {
  const [trainer, master, reviewer] = [member('trainer'), member('master'), member('reviewer')];
  const own = await evidence(trainer, trainer.person);
  expect(await write(trainer.token, trainer.person, own.record)).toBe('ok');
  expect(await write(master.token, trainer.person, (await evidence(master, trainer.person)).record)).toBe('ok');
  // A trainer has no say about the master, a reviewer none about anybody, and nobody writes in another's name.
  expect(await write(trainer.token, master.person, (await evidence(trainer, master.person)).record)).toBe('closed');
  expect(await write(reviewer.token, trainer.person, (await evidence(reviewer, trainer.person)).record)).toBe('closed');
  expect(await write(reviewer.token, reviewer.person, (await evidence(reviewer, reviewer.person)).record)).toBe('closed');
  expect(await write(trainer.token, trainer.person, (await evidence(master, trainer.person)).record)).toBe('forbidden');
  // Nor do they take a master's rights over an administrator or a learner whom they do not teach.
  expect(await write(master.token, reviewer.person, (await evidence(master, reviewer.person)).record)).toBe('closed');

  // What was signed came through byte for byte.
  const { body } = await ask(`${node.url}/replica/person/${trainer.person}/${own.record._id}`, { token: trainer.token });
  expect(statementInRecord(body as never)).toEqual(own.signed);
});

it('lets nobody give themselves a mark', async () => {
  const { person, token } = member('trainer');
  const ulid = createUlid(Date.now(), random);
  const [course, unit] = ['space-law', 'one'];
  const mark = {
    _id: feedbackId(person, course as never, unit as never, ulid),
    kind: 'feedback',
    person,
    course,
    unit,
    item: 'x',
    ulid,
    writer: person,
    at: instantOf(Date.now()),
    text: '',
    mark: { v: 1, score: 1 },
  };
  expect(await write(token, person, mark)).toBe('forbidden');
});

it('a device hands over what it signed, marks only what the centre answered for, and asks again after a restore', async () => {
  const [trainer, reviewer] = [member('trainer'), member('reviewer')];
  const line = { fetch, origin: node.url, token: trainer.token };
  const store = await openStore(Date.now, random, 'statements');
  const statements = new StatementStore(store.database);
  const { record } = await evidence(trainer, trainer.person);
  const abroad = await evidence(trainer, reviewer.person);
  await statements.commit(record);
  await statements.commit(record);
  await statements.commit(abroad.record);
  expect((await statements.of(trainer.person)).map(({ receipt }) => receipt)).toEqual([null, null]);

  const said = await handOverStatements(line, trainer.person, [record]);
  if (!said.ok) throw new Error(said.error);
  expect(said.value).toMatchObject([{ body: record, receipt: { node: 'centre' } }]);
  // The answer was lost on the way: the same again is confirmed, something else under its name is not.
  expect(await handOverStatements(line, trainer.person, [record])).toEqual(said);
  const [other] =
    (await handOverStatements(line, trainer.person, [{ ...record, type: 'withdrawal' }]).then((again) => (again.ok ? again.value : []))) ??
    [];
  expect(other).toHaveProperty('refused');
  expect((await handOverStatements(line, reviewer.person, [abroad.record])).ok).toBe(false);
  expect(await handOverStatements({ ...line, origin: 'http://127.0.0.1:1' }, trainer.person, [record])).toEqual({
    ok: false,
    error: 'unreachable',
  });
  expect(await handOverStatements({ ...line, token: 'x' }, trainer.person, [record])).toEqual({ ok: false, error: 'expired' });

  const read = await readStatements(line, trainer.person);
  if (!read.ok || read.value.place === null) throw new Error('Nothing read');
  await statements.take(read.value.evidence);
  const row = (await statements.of(trainer.person)).find(({ id }) => id === record._id);
  expect(row).toMatchObject({ body: record, refused: null, receipt: { node: 'centre', epoch: read.value.place.epoch } });
  await statements.withdraw(trainer.person, read.value.place);
  expect((await statements.of(trainer.person)).find(({ id }) => id === record._id)?.receipt).not.toBeNull();
  await statements.withdraw(trainer.person, { ...read.value.place, epoch: 'another' });
  expect((await statements.of(trainer.person)).find(({ id }) => id === record._id)?.receipt).toBeNull();

  const { device, key, proof } = createKey();
  const bound = await bindStaffKey(line, device, { key, proof });
  expect(bound).toMatchObject({ ok: true, value: { person: trainer.person, key } });
  expect(await askOwners(line, [key])).toEqual({ ok: true, value: bound.ok ? [bound.value] : [] });
  store.database.close();
});
