/**
 * How long an administrator's pages take at a centre of a thousand people, fifty of them trainers whose sessions others saw, and all of whom hold a certificate that is in force: its
 * signature is looked at, and by the lists of today whether it still counts.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import { createDeviceId, createPersonId, createUlid, type CohortId, type CourseId, type ItemId, type NodeId, type PersonId } from '#lib/domain/ids.ts'; // prettier-ignore
import {
  bindingId,
  credentialId,
  enrolmentId,
  registerId,
  type BindingRecord,
  type CredentialRecord,
  type EnrolmentRecord,
  type RegisterRecord,
} from '#lib/domain/records.ts';
import type { UnitId } from '#lib/domain/ids.ts';
import { knownContexts } from '#lib/certification/contexts.ts';
import { credentialOf, uuidOf } from '#lib/certification/credential.ts';
import { utf8 } from '#lib/certification/encoding.ts';
import { didOfKey, statementToRecord } from '#lib/certification/evidence-record.ts';
import type { Signer } from '#lib/certification/keys.ts';
import { paperText } from '#lib/certification/paper.ts';
import { signDocument } from '#lib/certification/proof.ts';
import { digestOf, idOf, signBody } from '#lib/certification/signed.ts';
import type { Observation, Statement, TeachingSession } from '#lib/certification/statement.ts';
import type { Grant, TrustBody } from '#lib/certification/trust.ts';
import { openBook } from '#lib/server/certification/book.ts';
import { openIssuerKey } from '#lib/server/certification/issuer-key.ts';
import { openShelf } from '#lib/server/trust/shelf.ts';
import { nodeTools } from '#lib/server/trust/tools.ts';
import type { CourseStructure } from '#lib/course/package.ts';
import { createNodeProcess, freePort } from '../scripts/node-process.ts';
import { settleNodeName } from '../src/server/identity.ts';
import { openAccounts } from '../src/server/main.ts';
import { launch, median, phone, untilReadable } from './browser.ts';
import { repeat, type Benchmark } from './measure.ts';

const [trainers, learnersEach, sessionsEach, masters] = [50, 19, 6, 5];
const day = 24 * 60 * 60 * 1000;
const random = (n: number): Uint8Array => randomBytes(n);
const node = 'bench' as NodeId;
const [name, password] = ['Wangari', 'correct horse battery'];
const courses = ['satellite-navigation', 'space-law', 'disaster-risk'] as CourseId[];

function newSigner(): Signer & { readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const did = didOfKey(key);
  if (did === null) throw new Error('No key');
  return { key, did, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) };
}

/** Fills a centre's data folder as a year and a half of work leaves it. */
async function fill(data: string, structures: ReadonlyMap<CourseId, CourseStructure>): Promise<void> {
  const { engine, records, desk, store } = await openAccounts({ node, data, couchdb: null });
  const on = (days: number): Instant => instantOf(Date.now() + days * day);
  const documents: object[] = [];
  const staff = async (who: string, role: 'trainer' | 'master') => {
    const [person, device, signer] = [createPersonId(random), createDeviceId(random), newSigner()];
    await store.put('staff', [person], { person, name: who, roles: [role], since: on(-600), password: {} as never });
    const ulid = createUlid(Date.now(), random);
    const binding: BindingRecord = { _id: bindingId(person, device, ulid), kind: 'binding', person, writer: node, device, key: signer.key, ulid, at: on(-600), signature: { key: signer.key, value: 'A'.repeat(86) } }; // prettier-ignore
    documents.push(binding);
    return { person, signer };
  };
  const say = async (by: { person: PersonId; signer: Signer }, about: PersonId, body: Statement): Promise<void> => {
    const record = statementToRecord(await signBody(body, by.signer), { about, writer: by.person, ulid: createUlid(Date.now(), random) });
    if (record.ok) documents.push(record.value);
  };
  const issuer = await openIssuerKey(store);
  const book = openBook({ node, desk });
  let issued = 0;
  /** A certificate as the node issues it. */
  const certify = async (person: PersonId, holder: string, days: number): Promise<void> => {
    const [uuid, from, until] = [uuidOf(randomBytes(16)), on(days), on(days + 1095)];
    const award = await digestOf(utf8(`${person} ${from}`), nodeTools);
    const number = ++issued;
    await book.enter({ uuid, award, programme: 'trainer', at: from, by: person, from, until }, () => Promise.resolve(number));
    const texts = { title: 'Trainer for space applications', summary: 'Teaches space applications to a standard.', criteria: 'Passed two courses, taught three sessions that were observed, and trained ten people.' }; // prettier-ignore
    const document = credentialOf({
      uuid,
      issuer: { did: issuer.did, name: 'Regional Centre' },
      holder: { person, name: holder },
      programme: { id: 'trainer', version: 2, ...texts },
      language: 'en',
      from,
      until,
      awarded: from,
      results: [{ requirement: 'teaching', name: 'A taught session', type: 'RawScore', value: '3' }],
      evidence: await Promise.all(['one', 'two', 'three'].map(async (one) => ({ digest: await digestOf(utf8(one + uuid), nodeTools), genre: 'observation' as const, name: 'Master 0', narrative: `Session ${one}, Hall 2` }))), // prettier-ignore
      alignment: [],
      status: { list: 1, index: number },
    });
    const paper = { achievement: 'trainer', version: 2, credential: uuid, from, until, holder, signed: from, status: [1, number] } as const;
    const record: CredentialRecord = { _id: credentialId(person, uuid), kind: 'credential', person, writer: node, uuid, at: from, programme: 'trainer', version: 2, language: 'en', from, until, credential: JSON.stringify(await signDocument(document, issuer, from, knownContexts, nodeTools)), paper: await paperText(paper, issuer, (bytes, dictionary) => new Uint8Array(deflateRawSync(bytes, { dictionary }))) }; // prettier-ignore
    documents.push(record);
  };
  const observers = await Promise.all(Array.from({ length: masters }, (_, i) => staff(`Master ${String(i)}`, 'master')));
  for (let i = 0; i < trainers; i++) {
    const trainer = await staff(`Trainer ${String(i)}`, 'trainer');
    await certify(trainer.person, `Trainer ${String(i)}`, -200 - i);
    const cohort = `cohort-${String(i)}` as CohortId;
    await desk.bulk([{ _id: `${node}:cohort:${cohort}`, kind: 'cohort', writer: node, id: cohort, title: cohort, courses, made: on(-550), trainers: [trainer.person] }], { newEdits: true }); // prettier-ignore
    const learners = Array.from({ length: learnersEach }, () => ({ person: createPersonId(random), device: createDeviceId(random) }));
    for (const [k, { person, device }] of learners.entries()) {
      await store.putAll('learner', [{ rest: [person], value: { person, name: `Learner ${String(i)}-${String(k)}`, since: on(-550) } }]);
      await store.putAll('device', [{ rest: [person, device], value: { person, device, since: on(-550), lastContact: on(-k) } }]);
      const enrolment: EnrolmentRecord = { _id: enrolmentId(person, cohort), kind: 'enrolment', person, cohort, writer: node, title: cohort, courses, at: on(-550), about: { gender: k % 2 === 0 ? 'woman' : 'man', country: (i % 3 === 0 ? 'KE' : 'SN') as never } }; // prettier-ignore
      documents.push(enrolment);
      await certify(person, `Learner ${String(i)}-${String(k)}`, -300 + i + k);
      for (const [c, course] of courses.entries()) {
        const at = on(-400 + i + c * 30 + k);
        const units = structures.get(course)?.modules.flatMap((module) => module.units) ?? [];
        const register: RegisterRecord = {
          _id: registerId(person, course, device),
          kind: 'register',
          person,
          course,
          writer: device,
          units: Object.fromEntries(units.map(({ id }) => [id, { first: at, last: at, seconds: 600, completed: at }])) as Record<
            UnitId,
            never
          >,
          items: Object.fromEntries(units.flatMap(({ items }) => items.map(({ id, v }) => [id, { v, best: 1, attempts: 2, first: at, last: at }]))) as Record<ItemId, never>, // prettier-ignore
          completed: at,
        };
        documents.push(register);
      }
    }
    const people = learners.map(({ person }) => person);
    for (let s = 0; s < sessionsEach; s++) {
      const at = on(-500 + s * 40 + i / 10);
      const base = { format: 'perigee-evidence/1', at } as const;
      const session: TeachingSession = { ...base, by: trainer.signer.did, person: trainer.person, type: 'teaching-session', title: 'A session', place: 'Hall 2', starts: at, ends: at, roster: people, attended: people, guests: 1 }; // prettier-ignore
      await say(trainer, trainer.person, session);
      const observer = observers[s % masters] ?? trainer;
      const observation: Observation = { ...base, by: observer.signer.did, person: observer.person, type: 'observation', session: await idOf(session, nodeTools), trainer: trainer.person, programme: 'trainer', version: 1, rubric: 'teaching', place: 'Hall 2', levels: { subject: 2, doing: 2, feedback: 2, everyone: 2 }, words: '' }; // prettier-ignore
      await say(observer, trainer.person, observation);
    }
  }
  for (let i = 0; i < documents.length; i += 500) await records.bulk(documents.slice(i, i + 500) as never, { newEdits: true });

  const root = newSigner();
  const grants = observers.map(
    ({ signer }): Grant => ({ format: 'perigee-grant/1', by: root.did, made: on(-700), to: signer.did, name: 'Master', rights: ['observe'], programmes: ['trainer'], from: on(-700), until: on(700) }), // prettier-ignore
  );
  const right: Grant = { format: 'perigee-grant/1', by: root.did, made: on(-700), to: issuer.did, name: 'Regional Centre', rights: ['issue'], programmes: ['*'], from: on(-700), until: on(700) }; // prettier-ignore
  const body: TrustBody = { format: 'perigee-trust/1', by: root.did, name: 'SITC', sequence: 1, made: on(-1), until: on(365), programmes: [], statements: await Promise.all([right, ...grants].map((grant) => signBody(grant, root))) }; // prettier-ignore
  const published = await openShelf({ node, engine }).publish({ list: await signBody(body, root), statusLists: [] });
  if (!published.ok) throw new Error('The list of trust was not taken');
  await engine.close();
}

export const centre: Benchmark = {
  name: 'centre',
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
    settleNodeName(data, node, node);
    const port = await freePort();
    const origin = `http://127.0.0.1:${String(port)}`;
    const process = createNodeProcess({ port, data, environment: { PERIGEE_NODE: node, PERIGEE_ORIGIN: origin } });
    await process.start();
    const structures = new Map<CourseId, CourseStructure>();
    for (const course of courses) {
      const { manifest } = (await (await fetch(`${origin}/content/manifests/${course}`)).json()) as { manifest: { structure: string } };
      structures.set(course, (await (await fetch(`${origin}/content/pieces/${manifest.structure}`)).json()) as CourseStructure);
    }
    await fetch(`${origin}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code: process.firstRunCode, name, password }) }); // prettier-ignore
    await process.stop();
    await fill(data, structures);
    await process.start();

    const browser = await launch();
    const context = await browser.newContext({ ...phone, viewport: { width: 1366, height: 768 }, isMobile: false, hasTouch: false });
    const page = await context.newPage();
    await page.goto(`${origin}/teach?lang=en`);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText(`Signed in as ${name}`).waitFor();
    const session = await page.evaluate(() => sessionStorage.getItem('perigee-staff') ?? '');
    await page.close();
    /** As somebody who is signed in opens it: until what comes last stands there. */
    const opened = async (path: string, ...sentences: readonly string[]): Promise<number> => {
      const tab = await context.newPage();
      await tab.addInitScript((kept) => sessionStorage.setItem('perigee-staff', kept), session);
      const milliseconds = await untilReadable(tab, `${origin}${path}`, ...sentences);
      await tab.close();
      return milliseconds;
    };
    const [first] = [await opened('/centre', 'Trainer 0', 'Learner 0-0')];
    const centres = await repeat(5, () => opened('/centre', 'Trainer 0', 'Learner 0-0'));
    const cascades = await repeat(5, () => opened('/centre/cascade', 'Master 0'));
    const evaluations = await repeat(5, () => opened('/centre/evaluation', 'Not published yet'));
    await browser.close();
    await process.stop();
    rmSync(data, { recursive: true, force: true });
    const all = trainers * (learnersEach + 1);
    const note = `${String(all)} people who hold a certificate, ${String(trainers * sessionsEach * 2)} signed statements`;
    return [
      { name: 'the first look after the node’s start', value: first, unit: 'ms', note },
      { name: 'page of the centre', value: median(centres), unit: 'ms', bound: 2000, note },
      { name: 'page of who trained whom', value: median(cascades), unit: 'ms', bound: 2000, note },
      { name: 'page of the centre’s figures', value: median(evaluations), unit: 'ms', bound: 2000, note },
    ];
  },
};
