/** The whole way at a node: registers and signed evidence, a standing, the certificate, what a verifier says of it, and its end. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { instantOf, type Instant } from '../../src/lib/domain/clock.ts';
import {
  createDeviceId,
  createUlid,
  type CourseId,
  type DeviceId,
  type ItemId,
  type NodeId,
  type PersonId,
  type UnitId,
} from '../../src/lib/domain/ids.ts';
import {
  deviceKeyStatement,
  registerId,
  type CredentialRecord,
  type EvidenceRecord,
  type RegisterRecord,
} from '../../src/lib/domain/records.ts';
import { languages } from '../../src/lib/i18n/languages.ts';
import { heldInText } from '../../src/lib/certification/container.ts';
import { knownContexts } from '../../src/lib/certification/contexts.ts';
import { didOfKey, statementToRecord } from '../../src/lib/certification/evidence-record.ts';
import type { Did, Signer } from '../../src/lib/certification/keys.ts';
import { idOf, signBody } from '../../src/lib/certification/signed.ts';
import type { CoSignature, Observation, Statement, TeachingSession } from '../../src/lib/certification/statement.ts';
import { openTrust, type End, type Grant, type TrustBody } from '../../src/lib/certification/trust.ts';
import { parseTrustSet } from '../../src/lib/certification/trust-set.ts';
import { verify, type Answer } from '../../src/lib/certification/verify.ts';
import { audit } from '../../src/lib/server/backup/audit.ts';
import { openShelf } from '../../src/lib/server/trust/shelf.ts';
import { nodeTools } from '../../src/lib/server/trust/tools.ts';
import { openAccounts } from '../../src/server/main.ts';
import { signerOf } from '../certification/kit.ts';
import { ask, claim, codesFor, joinBy, makeCohort, password, random, startTestNode, type Learner, type TestNode } from './kit.ts';
import { tinyCompiler } from './tiny-course.ts';

const day = 24 * 60 * 60 * 1000;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const six = (text: string): string => `{ ${languages.map((language) => `${language}: "${text} (${language})"`).join(', ')} }`;

const programme = `
id: trainer
version: 1
title: ${six('Trainer')}
summary: ${six('Teaches.')}
criteria: ${six('Taught, and was seen to.')}
within: 24
validity: 36
requires:
  all:
    - { id: teaching, sessions: 1, rubric: teaching, level: 2 }
    - { id: people, people: 2, courses: [satellite-navigation], score: 0.6 }
renewal:
  all:
    - { id: teaching-again, sessions: 1, rubric: teaching, level: 2 }
lapse: { months: 12, to: ${six('Candidate')} }
rubrics:
  - id: teaching
    title: ${six('A taught session')}
    criteria:
      - id: subject
        title: ${six('Right')}
        levels: [${six('no')}, ${six('yes')}]
`;

const masterTrainer = `
id: master-trainer
version: 1
title: ${six('Master trainer')}
summary: ${six('Observes.')}
criteria: ${six('Is a trainer.')}
within: 24
validity: 36
requires:
  all:
    - { id: trainer, holds: trainer }
    - { id: teaching, sessions: 9, rubric: teaching, level: 2 }
renewal:
  all:
    - { id: teaching-again, sessions: 1, rubric: teaching, level: 2 }
lapse: { months: 12, to: ${six('Candidate')} }
rubrics:
  - id: teaching
    title: ${six('A taught session')}
    criteria:
      - id: subject
        title: ${six('Right')}
        levels: [${six('no')}, ${six('yes')}]
`;

const author = `
id: course-author
version: 1
title: ${six('Course author')}
summary: ${six('Writes.')}
criteria: ${six('Wrote.')}
within: 24
validity: 36
requires:
  all:
    - { id: contribution, contributions: 1 }
renewal:
  all:
    - { id: contribution-again, contributions: 1 }
lapse: { months: 12, to: ${six('Candidate')} }
`;

interface Staff {
  readonly person: PersonId;
  readonly token: string;
  readonly signer: Signer;
}

function createKey(device: DeviceId) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const proof = sign(null, Buffer.from(canonicalJson(deviceKeyStatement(device, key))), privateKey).toString('base64url');
  const did = didOfKey(key);
  if (did === null) throw new Error('No key');
  const signer: Signer = { did, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
  return { shown: { key, proof }, signer };
}

function coursesAndProgrammes(): string {
  const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  mkdirSync(join(courses, 'satellite-navigation'));
  mkdirSync(join(courses, '+programmes'));
  writeFileSync(join(courses, 'satellite-navigation', 'course.yaml'), 'text');
  writeFileSync(join(courses, '+programmes', 'trainer.yaml'), programme);
  writeFileSync(join(courses, '+programmes', 'master-trainer.yaml'), masterTrainer);
  writeFileSync(join(courses, '+programmes', 'course-author.yaml'), author);
  return courses;
}

async function startWorld() {
  const courses = coursesAndProgrammes();
  const node = await startTestNode({ courses, compiler: tinyCompiler });
  closers.push(async () => {
    await node.close();
    rmSync(courses, { recursive: true, force: true });
  });
  const admin = await claim(node);
  const staff = async (role: string, name: string): Promise<Staff> => {
    const { body: made } = await ask(`${node.url}/api/people`, { token: admin, body: { name, role } });
    const { body } = await ask(`${node.url}/api/session`, { body: { code: made['code'], name, password } });
    const device = createDeviceId(random);
    const { shown, signer } = createKey(device);
    const token = body['token'] as string;
    expect((await ask(`${node.url}/api/me/key`, { token, body: { device, key: shown } })).status).toBe(200);
    return { person: body['person'] as PersonId, token, signer };
  };
  const [trainer, master] = [await staff('trainer', 'Amina Diallo'), await staff('master', 'Lina Haddad')];
  const cohort = await makeCohort(node, admin);
  const codes = await codesFor(node, admin, cohort, ['Ben', 'Chipo', 'Dan']);
  const learners = await Promise.all(codes.map((code) => joinBy(node, code)));
  return { node, admin, trainer, master, learners };
}
type World = Awaited<ReturnType<typeof startWorld>>;

const root = signerOf('root');
const at = (days: number): Instant => instantOf(Date.now() + days * day);

/** The list of the training centre: this node may issue, and the master trainer observe. */
async function publishTrust(
  { node, master }: World,
  change: { readonly centre?: Partial<Grant>; readonly without?: 'centre'; readonly end?: Partial<End>; readonly sequence?: number } = {},
) {
  const { issuer } = await node.node.issuing.overview();
  const grant = (to: Did, name: string, rights: Grant['rights']): Grant => ({
    format: 'perigee-grant/1',
    by: root.did,
    made: at(-30),
    to,
    name,
    rights,
    programmes: ['trainer', 'course-author'],
    from: at(-30),
    until: at(1000),
  });
  const grants = [
    ...(change.without === 'centre' ? [] : [{ ...grant(issuer.did, 'Regional Centre, Ile-Ife', ['issue']), ...change.centre }]),
    grant(master.signer.did, 'Lina Haddad', ['observe']),
  ];
  const body: TrustBody = {
    format: 'perigee-trust/1',
    by: root.did,
    name: 'Space Information and Training Centre',
    sequence: change.sequence ?? 1,
    made: at(-1),
    until: at(365),
    programmes: [{ id: 'trainer', version: 1, title: { en: 'Trainer', ar: 'مدرّب' } }],
    statements: await Promise.all([
      ...grants.map((body) => signBody(body, root)),
      ...(change.end === undefined
        ? []
        : [
            signBody<End>({ format: 'perigee-end/1', by: root.did, key: issuer.did, why: 'compromised', at: at(-20), ...change.end }, root),
          ]),
    ]),
  };
  const list = await signBody(body, root);
  const accounts = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  expect((await openShelf({ node: 'centre' as NodeId, engine: accounts.engine }).publish({ list, statusLists: [] })).ok).toBe(true);
  await accounts.engine.close();
}

async function put({ url }: TestNode, token: string, person: PersonId, document: object): Promise<void> {
  const { body } = await ask(`${url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [document] } });
  expect(body).toMatchObject([{ ok: true }]);
}

async function say({ node, trainer }: World, by: Staff, body: Statement): Promise<void> {
  const signed = await signBody(body, by.signer);
  const record = statementToRecord(signed, { about: trainer.person, writer: by.person, ulid: createUlid(Date.now(), random) });
  if (!record.ok) throw new Error(record.error);
  await put(node, by.token, trainer.person, record.value);
}

const base = ({ person, signer }: Staff, days: number) => ({ format: 'perigee-evidence/1', by: signer.did, person, at: at(days) }) as const;

async function teach(world: World): Promise<void> {
  const { trainer, master, learners } = world;
  const people = learners.map(({ person }) => person);
  const session: TeachingSession = {
    ...base(trainer, -3),
    type: 'teaching-session',
    title: 'Reading a flood map',
    place: 'Ile-Ife, hall 2',
    starts: at(-3.2),
    ends: at(-3.1),
    roster: people,
    attended: people,
    guests: 0,
  };
  await say(world, trainer, session);
  const observation: Observation = {
    ...base(master, -3),
    type: 'observation',
    session: await idOf(session, nodeTools),
    trainer: trainer.person,
    programme: 'trainer',
    version: 1,
    rubric: 'teaching',
    place: 'Ile-Ife, hall 2',
    levels: { subject: 2 },
    words: '',
  };
  await say(world, master, observation);
  // A second signature of the trainer for themself says nothing.
  const own: CoSignature = { ...base(trainer, -2.9), type: 'co-signature', of: await idOf(session, nodeTools) };
  await say(world, trainer, own);
}

async function pass({ node }: World, learner: Learner, days: number, best = 1): Promise<void> {
  const course = 'satellite-navigation' as CourseId;
  const moment = at(days);
  const register: RegisterRecord = {
    _id: registerId(learner.person, course, learner.device),
    kind: 'register',
    person: learner.person,
    course,
    writer: learner.device,
    units: { ['kepler' as UnitId]: { first: moment, last: moment, seconds: 60, completed: moment } },
    items: { ['period' as ItemId]: { v: 1, best, attempts: 1, first: moment, last: moment } },
    completed: moment,
  };
  await put(node, learner.token, learner.person, register);
}

const waitingIn = async (world: World) => {
  const { status, body } = await ask(`${world.node.url}/api/certificates`, { token: world.admin });
  expect(status).toBe(200);
  return body as unknown as Awaited<ReturnType<TestNode['node']['issuing']['overview']>>;
};

const issue = ({ node, admin, trainer }: World, change: object = {}) =>
  ask(`${node.url}/api/certificates`, {
    token: admin,
    body: { person: trainer.person, programme: 'trainer', language: 'ar', name: 'أمينة ديالو', ...change },
  });

async function certificates({ node, trainer }: World): Promise<readonly CredentialRecord[]> {
  const { body } = await ask(`${node.url}/replica/person/${trainer.person}/_all_docs?include_docs=true`, { token: trainer.token });
  return (body['rows'] as { doc: CredentialRecord }[]).map(({ doc }) => doc).filter(({ kind }) => kind === 'credential');
}

async function verdict({ node }: World, text: string, now = instantOf(Date.now())): Promise<Answer> {
  const { body } = await ask(`${node.url}/content/trust`);
  const set = parseTrustSet(body);
  const opened = set === null ? null : await openTrust(set.list, root.did, nodeTools);
  if (set === null || opened?.ok !== true) throw new Error('There is no list');
  return verify(heldInText(text), { trust: opened.value, statusLists: set.statusLists, contexts: knownContexts, now, tools: nodeTools });
}

it('issues what registers and evidence add up to, so that it verifies, and revokes it so that it no longer does', async () => {
  const world = await startWorld();
  await publishTrust(world);
  const [ben, chipo, dan] = world.learners;
  if (ben === undefined || chipo === undefined || dan === undefined) throw new Error('Nobody joined');
  await pass(world, ben, -2);
  // Dan had passed before he came: he was not trained here.
  await pass(world, dan, -10);
  await teach(world);
  expect((await waitingIn(world)).waiting).toEqual([]);
  expect((await issue(world)).body['error']).toBe('not-waiting');

  await pass(world, chipo, -1);
  const { waiting, issuer } = await waitingIn(world);
  expect(issuer).toMatchObject({ hasTrust: true, recognised: { name: 'Regional Centre, Ile-Ife' } });
  expect(waiting).toMatchObject([
    { person: world.trainer.person, name: 'Amina Diallo', programme: 'trainer', renewal: false, revoked: null },
  ]);

  expect((await issue(world, { name: 'x'.repeat(61) })).body['error']).toBe('name-too-long');
  expect((await issue(world, { language: 'de' })).body['error']).toBe('unknown-language');
  const { status, body } = await issue(world);
  expect([status, body]).toMatchObject([201, {}]);
  const uuid = String(body['uuid']);
  expect((await issue(world)).body['error']).toBe('not-waiting');

  const [record, ...more] = await certificates(world);
  if (record === undefined) throw new Error('There is no certificate');
  expect(more).toEqual([]);
  expect(record).toMatchObject({ uuid, writer: 'centre', language: 'ar', programme: 'trainer' });
  for (const text of [record.credential, record.paper]) {
    const answer = await verdict(world, text);
    expect(answer.checks.filter(({ result }) => result !== 'yes')).toEqual([]);
    expect(answer).toMatchObject({ verdict: 'valid', facts: { holder: 'أمينة ديالو' } });
    expect(answer.lists.status?.made.slice(0, 10)).toBe(instantOf(Date.now()).slice(0, 10));
  }
  const { facts, chain } = await verdict(world, record.credential);
  expect(facts?.evidence).toMatchObject([
    { genre: 'observation', name: 'Lina Haddad' },
    { genre: 'people-trained', name: '2' },
  ]);
  expect(chain.map(({ name }) => name)).toEqual(['Space Information and Training Centre', 'Regional Centre, Ile-Ife']);
  // Somebody else's name on it is no certificate.
  expect((await verdict(world, record.credential.replace('أمينة', 'مريم'))).verdict).toBe('not-valid');

  const change = (state: string, reason = 'Two sessions were one.') =>
    ask(`${world.node.url}/api/certificates/${uuid}/state`, { token: world.admin, body: { state, reason } });
  expect((await change('revoked', ' ')).status).toBe(400);
  for (const [state, expected] of [
    ['suspended', 'not-valid'],
    ['in-force', 'valid'],
    ['revoked', 'not-valid'],
  ] as const) {
    expect((await change(state)).body).toEqual({ state });
    for (const text of [record.credential, record.paper]) expect((await verdict(world, text)).verdict).toBe(expected);
  }
  // For good; and the next one has another number.
  expect((await change('in-force')).body['error']).toBe('revoked');
  expect((await waitingIn(world)).waiting).toMatchObject([{ revoked: { reason: 'Two sessions were one.' } }]);
  expect((await issue(world, { name: 'Amina Diallo', language: 'en' })).status).toBe(201);
  const again = (await certificates(world)).find((one) => one.uuid !== uuid);
  expect((await verdict(world, again?.credential ?? '')).verdict).toBe('valid');
  expect((await verdict(world, record.credential)).verdict).toBe('not-valid');
  expect((await waitingIn(world)).issued).toMatchObject([
    { state: 'in-force', holder: { name: 'Amina Diallo' } },
    { state: 'revoked', holder: { name: 'أمينة ديالو' } },
  ]);
});

it('issues nothing without the right to, and its lists stay fresh', async () => {
  const world = await startWorld();
  expect((await waitingIn(world)).issuer).toMatchObject({ hasTrust: false, recognised: null });
  await publishTrust(world, { without: 'centre' });
  await teach(world);
  for (const learner of world.learners) await pass(world, learner, -1);
  const { waiting, issuer } = await waitingIn(world);
  expect(issuer).toMatchObject({ hasTrust: true, recognised: null });
  expect(waiting).toHaveLength(1);
  expect((await issue(world)).body['error']).toBe('not-recognised');
  expect(await certificates(world)).toEqual([]);

  await publishTrust(world);
  expect((await issue(world)).status).toBe(201);
  const [record] = await certificates(world);
  // 61 days later a verifier with the old list says so; the node has signed a newer one by then.
  const later = instantOf(Date.now() + 61 * day);
  expect((await verdict(world, record?.credential ?? '', later)).verdict).toBe('cannot-tell');
  world.node.advance(61 * day);
  await world.node.node.issuing.round();
  expect((await verdict(world, record?.credential ?? '', later)).verdict).toBe('valid');
  // The same key and the same book after a start.
  const { did } = world.node.node.issuing;
  await world.node.restart();
  expect(world.node.node.issuing.did).toBe(did);
  const after = await world.node.node.issuing.overview();
  expect(after.issued).toMatchObject([{ state: 'in-force', holder: { name: 'أمينة ديالو' } }]);
  expect(after.waiting).toEqual([]);
});

it('keeps a number taken, and a revoked certificate revoked, when everything about its holder was erased', async () => {
  const world = await startWorld();
  await publishTrust(world);
  await teach(world);
  for (const learner of world.learners) await pass(world, learner, -1);
  const { body } = await issue(world);
  const [record] = await certificates(world);
  const uuid = String(body['uuid']);
  await ask(`${world.node.url}/api/certificates/${uuid}/state`, { token: world.admin, body: { state: 'revoked', reason: 'On request' } });
  const erased = await ask(`${world.node.url}/api/people/${world.trainer.person}/erase`, {
    token: world.admin,
    body: { confirm: world.trainer.person },
  });
  expect(erased.body).toEqual({ erased: [world.trainer.person] });
  expect((await waitingIn(world)).issued).toMatchObject([{ uuid, state: 'revoked', holder: null }]);
  // Lists that are signed anew still say so.
  world.node.advance(day);
  await world.node.node.issuing.round();
  expect((await verdict(world, record?.credential ?? '')).verdict).toBe('not-valid');
});

/** The kinds of what the node tells whoever asks of themselves. */
async function told({ node }: World, { token }: Staff): Promise<readonly string[]> {
  const { status, body } = await ask(`${node.url}/api/me/evidence`, { token });
  expect(status).toBe(200);
  return (body['evidence'] as readonly { type: string }[]).map(({ type }) => type).sort();
}

it('tells what it knows now: what came in since it was last asked is in the next answer', async () => {
  const world = await startWorld();
  const { trainer, learners } = world;
  expect(await told(world, trainer)).toEqual([]);
  await teach(world);
  expect(await told(world, trainer)).toEqual([]);
  await publishTrust(world);
  expect(await told(world, trainer)).toEqual(['observation', 'session']);
  const passed = ['observation', 'session'];
  for (const learner of learners) {
    await pass(world, learner, -1);
    passed.splice(1, 0, 'pass');
    expect(await told(world, trainer)).toEqual(passed);
  }
  // Also where many ask while somebody writes.
  const [first] = learners;
  if (first === undefined) throw new Error('Nobody joined');
  const before = Promise.all([told(world, trainer), told(world, trainer), told(world, trainer)]);
  await issue(world);
  expect(await told(world, trainer)).toContain('credential');
  for (const answer of await before) expect(answer).toEqual(expect.arrayContaining(passed));
});

it('counts a certificate that somebody holds for as long as the lists say so, however often it looked before', async () => {
  const world = await startWorld();
  await publishTrust(world);
  await teach(world);
  for (const learner of world.learners) await pass(world, learner, -1);
  const holds = async (): Promise<boolean> => (await told(world, world.trainer)).includes('credential');
  expect(await holds()).toBe(false);
  const uuid = String((await issue(world)).body['uuid']);
  const change = (state: string) =>
    ask(`${world.node.url}/api/certificates/${uuid}/state`, { token: world.admin, body: { state, reason: 'It is looked into.' } });
  expect(await holds()).toBe(true);
  await change('suspended');
  expect(await holds()).toBe(false);
  await change('in-force');
  expect(await holds()).toBe(true);
  // The centre's key was stolen before this was signed, as the root says now; and then that it was not.
  await publishTrust(world, { sequence: 2, end: {} });
  expect(await holds()).toBe(false);
  await publishTrust(world, { sequence: 3 });
  expect(await holds()).toBe(true);
  await publishTrust(world, { sequence: 4, centre: { until: at(-1) } });
  expect(await holds()).toBe(false);
  await publishTrust(world, { sequence: 5 });
  await change('revoked');
  expect(await holds()).toBe(false);
  // Its dates are looked at again with the clock.
  expect((await issue(world)).status).toBe(201);
  expect(await holds()).toBe(true);
});

it('is audited: what is signed in statements and certificates, each named by its person and document', async () => {
  const world = await startWorld();
  await publishTrust(world);
  await teach(world);
  for (const learner of world.learners) await pass(world, learner, -1);
  await issue(world);
  const accounts = await openAccounts({ node: 'centre' as NodeId, data: world.node.data, couchdb: world.node.couchdb });
  const findings = async () =>
    (await audit({ engine: accounts.engine, node: 'centre' as NodeId, data: world.node.data })).findings.filter(({ where }) =>
      where.startsWith('records-'),
    );
  expect(await findings()).toEqual([]);

  const [record] = await certificates(world);
  const rows = await accounts.records.list({ partition: world.trainer.person, start: `${world.trainer.person}:evidence:`, end: `${world.trainer.person}:evidence;`, bodies: true }); // prettier-ignore
  const statement = rows.rows
    .map(({ document }) => document as unknown as EvidenceRecord & { _rev: string })
    .find(({ type }) => type === 'teaching-session');
  if (record === undefined || statement === undefined) throw new Error('Nothing was issued');
  const spoil = async (document: object): Promise<string> => {
    const [written] = await accounts.records.bulk([document], { newEdits: true });
    if (written?.ok !== true) throw new Error('It was not written');
    const [found, ...more] = await findings();
    expect(more).toEqual([]);
    expect(found?.what).toContain(`of the person ${world.trainer.person} `);
    await accounts.records.bulk([{ ...document, ...('uuid' in document ? record : statement), _rev: written.rev }], { newEdits: true });
    expect(await findings()).toEqual([]);
    return found?.what ?? '';
  };
  const revOf = async (id: string) => (await accounts.records.get(id))?._rev;
  const certificate = async (change: Partial<CredentialRecord>) => ({ ...record, ...change, _rev: await revOf(record._id) });
  if (world.node.couchdb !== null) {
    // The wall within CouchDB lets nobody write a certificate a second time: what is spoiled behind it is for the embedded engine to show.
    const [written] = await accounts.records.bulk([await certificate({ credential: '{' })], { newEdits: true });
    expect(written?.ok).toBe(false);
    await accounts.engine.close();
    return;
  }
  expect(await spoil(await certificate({ credential: record.credential.replace('أمينة', 'مريم') }))).toContain(
    `the certificate ${record.uuid} has a signature that is not right`,
  );
  expect(await spoil(await certificate({ credential: '{' }))).toContain('cannot be read');
  expect(await spoil(await certificate({ paper: record.paper.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) }))).toContain(
    'the printed code',
  );
  expect(await spoil({ ...statement, signed: statement.signed.replace('hall 2', 'hall 3'), _rev: await revOf(statement._id) })).toContain(
    'the signed teaching-session has a signature that is not right',
  );
  await accounts.engine.close();
});

it('counts a practice for its author once a reviewer accepted it, until the author takes it back', async () => {
  const world = await startWorld();
  const { trainer, master } = world;
  await publishTrust(world);
  const accounts = await openAccounts({ node: 'centre' as NodeId, data: world.node.data, couchdb: world.node.couchdb });
  const put = async (id: string, body: object): Promise<void> => {
    const _rev = (await accounts.desk.get(id))?._rev;
    const [written] = await accounts.desk.bulk([{ _id: id, ...body, ...(_rev === undefined ? {} : { _rev }) }], { newEdits: true });
    expect(written?.ok).toBe(true);
  };
  const edition = (n: number) => ({
    edition: n,
    at: at(-4 + n),
    interest: '',
    fields: { id: 'flood-walk', title: { en: 'A flood walk', ar: 'جولة في الفيضان' } },
  });
  const draft = (submitted: object | null, change: object = {}) =>
    put(`centre:draft:flood-walk:${trainer.person}`, { kind: 'draft', writer: trainer.person, entry: 'flood-walk', of: 'practice', fields: {}, changed: at(-4), submitted, withdrawn: null, ...change }); // prettier-ignore
  const review = (n: number, decision: string, writer: PersonId = master.person) =>
    put(`centre:review:flood-walk:${trainer.person}:${String(n)}-${writer}`, { kind: 'review', writer, entry: 'flood-walk', author: trainer.person, edition: n, decision, reasons: decision === 'accept' ? '' : 'Say where.', at: at(-3.5 + n) }); // prettier-ignore

  await draft(null);
  expect(await told(world, trainer)).toEqual([]);
  await draft(edition(1));
  await review(1, 'return');
  // Nobody accepts their own.
  await review(1, 'accept', trainer.person);
  expect(await told(world, trainer)).toEqual([]);
  await draft(edition(2));
  expect(await told(world, trainer)).toEqual([]);
  await review(2, 'accept');
  expect(await told(world, trainer)).toEqual(['contribution']);
  expect(await told(world, master)).toEqual([]);
  // A later edition, which nobody has looked at yet, takes nothing away.
  await draft(edition(3));
  expect(await told(world, trainer)).toEqual(['contribution']);
  const { status } = await issue(world, { programme: 'course-author' });
  expect(status).toBe(201);
  const [record] = await certificates(world);
  expect((await verdict(world, record?.credential ?? '')).facts?.evidence).toMatchObject([
    { genre: 'contribution', name: 'جولة في الفيضان' },
  ]);
  await draft(edition(3), { withdrawn: at(-0.1) });
  expect(await told(world, trainer)).toEqual([]);
  await accounts.engine.close();
});

it('answers with its programmes once its first courses are there, and does not complain before that they ask for some', async () => {
  const courses = coursesAndProgrammes();
  const node = await startTestNode({ courses, compiler: tinyCompiler, publishing: 'behind' });
  closers.push(async () => {
    await node.close();
    rmSync(courses, { recursive: true, force: true });
  });
  const asked = ask(`${node.url}/content/programmes`);
  await node.node.publish();
  expect(JSON.stringify((await asked).body)).toContain('master-trainer');
  expect(node.lines.filter((line) => line.includes('error:'))).toEqual([]);
});
