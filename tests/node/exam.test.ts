/** An exam at the centre: the chain, whose it is, what it comes to when it is marked again, the proctor's right, and how often. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/domain/canonical-json.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import {
  createDeviceId,
  createPersonId,
  createUlid,
  type CourseId,
  type DeviceId,
  type ItemId,
  type NodeId,
  type PersonId,
  type UnitId,
} from '../../src/lib/domain/ids.ts';
import { deviceKeyStatement, sittingId, type SittingRecord } from '../../src/lib/domain/records.ts';
import { languages } from '../../src/lib/i18n/languages.ts';
import { base64url } from '../../src/lib/certification/encoding.ts';
import { didOfKey, statementToRecord } from '../../src/lib/certification/evidence-record.ts';
import type { ExamSessionId } from '../../src/lib/certification/exam-code.ts';
import { keyOf, type Did, type Signer } from '../../src/lib/certification/keys.ts';
import { parseKnownEvidence } from '../../src/lib/certification/known-evidence.ts';
import { signBody, type Digest } from '../../src/lib/certification/signed.ts';
import { answerLink, awayLink, closeLink, openLink, readSitting, type Link, type Sitting } from '../../src/lib/certification/sitting.ts';
import type { ExamSession, SignedStatement } from '../../src/lib/certification/statement.ts';
import type { Grant, TrustBody } from '../../src/lib/certification/trust.ts';
import { openShelf } from '../../src/lib/server/trust/shelf.ts';
import { nodeTools } from '../../src/lib/server/trust/tools.ts';
import { createCompiler } from '../../src/server/compiler.ts';
import { openAccounts } from '../../src/server/main.ts';
import { signerOf } from '../certification/kit.ts';
import { audit } from '../../src/lib/server/backup/audit.ts';
import { ask, claim, codesFor, makeCohort, password, random, startTestNode, type TestNode } from './kit.ts';

const six = (text: string): string => `{ ${languages.map((language) => `${language}: "${text}"`).join(', ')} }`;
const course = 'sample' as CourseId;
const unit = 'final' as UnitId;
const files: Readonly<Record<string, string>> = {
  'sample/course.yaml': `id: sample
languages: [en]
title: { en: Sample }
summary: { en: A course. }
outcomes:
  - { en: Know }
authors: [Nobody]
licence: CC-BY-4.0
discipline: science
level: introductory
sdg: []
pass: 0.6
`,
  'sample/01-basics/module.yaml': 'id: basics\ntitle: { en: Basics }\n',
  'sample/01-basics/01-first.md': '---\nid: first\ntitle: First\nminutes: 5\noutcomes:\n  - Read\n---\n\nText.\n',
  'sample/01-basics/02-final.md': `---
id: final
title: Final
minutes: 30
exam: { attempts: 2 }
outcomes:
  - Sit
---

::: choice #one
Which?

- [x] This
- [ ] That
:::

::: number #two points=3
How many?

= 4 ± 0
:::
`,
  '+programmes/trainer.yaml': `id: trainer
version: 1
title: ${six('Trainer')}
summary: ${six('Teaches.')}
criteria: ${six('Sat an exam.')}
within: 24
validity: 36
requires: { id: exam, exam: final, course: sample, score: 0.7 }
renewal: { id: again, exam: final, course: sample, score: 0.7 }
lapse: { months: 12, to: ${six('Candidate')} }
rubrics:
  - id: teaching
    title: ${six('A session')}
    criteria:
      - id: subject
        title: ${six('Right')}
        levels: [${six('no')}, ${six('yes')}]
`,
};

interface Key {
  readonly device: DeviceId;
  readonly shown: { readonly key: string; readonly proof: string };
  readonly signer: Signer;
}

function createKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const device = createDeviceId(random);
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  const proof = sign(null, Buffer.from(canonicalJson(deviceKeyStatement(device, key))), privateKey).toString('base64url');
  const did = didOfKey(key);
  if (did === null) throw new Error('No key');
  return {
    device,
    shown: { key, proof },
    signer: { did, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))) },
  };
}

interface Candidate extends Key {
  readonly person: PersonId;
  readonly token: string;
}

let node: TestNode;
let folder: string;
let cohort: string;
let admin: string;
let lina: Candidate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  node = await startTestNode({ courses: folder, compiler: createCompiler() });
  admin = await claim(node);
  const { body: made } = await ask(`${node.url}/api/people`, { token: admin, body: { name: 'Lina', role: 'master' } });
  const { body } = await ask(`${node.url}/api/session`, { body: { code: made['code'], name: 'Lina', password } });
  const key = createKey();
  lina = { ...key, person: body['person'] as PersonId, token: String(body['token']) };
  expect((await ask(`${node.url}/api/me/key`, { token: lina.token, body: { device: key.device, key: key.shown } })).status).toBe(200);
  cohort = await makeCohort(node, admin, ['sample']);
  const root = signerOf('root');
  const at = (days: number) => instantOf(Date.now() + days * 86_400_000);
  const { issuer } = await node.node.issuing.overview();
  const grant = (to: Did, name: string, rights: Grant['rights']): Grant => ({ format: 'perigee-grant/1', by: root.did, made: at(-9), to, name, rights, programmes: ['trainer'], from: at(-9), until: at(900) }); // prettier-ignore
  const trust: TrustBody = {
    format: 'perigee-trust/1',
    by: root.did,
    name: 'Training Centre',
    sequence: 1,
    made: at(-1),
    until: at(90),
    programmes: [],
    statements: await Promise.all(
      [grant(issuer.did, 'Centre', ['issue']), grant(lina.signer.did, 'Lina', ['proctor'])].map((one) => signBody(one, root)),
    ),
  };
  const accounts = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  expect(
    (await openShelf({ node: 'centre' as NodeId, engine: accounts.engine }).publish({ list: await signBody(trust, root), statusLists: [] }))
      .ok,
  ).toBe(true);
  await accounts.engine.close();
});
afterAll(async () => {
  await node.close();
  rmSync(folder, { recursive: true, force: true });
});

async function candidate(): Promise<Candidate> {
  const [code] = await codesFor(node, admin, cohort, ['Renée']);
  const key = createKey();
  const person = createPersonId(random);
  const { status, body } = await ask(`${node.url}/api/session`, { body: { code, device: key.device, person, key: key.shown } });
  expect(status).toBe(200);
  return { ...key, person: body['person'] as PersonId, token: String(body['token']) };
}

const session = '0123abcd' as ExamSessionId;
interface Given {
  readonly choice?: string;
  readonly number?: string;
  /** What the device says that it gave, in place of what is right. */
  readonly claims?: number;
  readonly session?: ExamSessionId;
  readonly minutesAgo?: number;
  readonly signer?: Signer;
}

async function sit(who: Candidate, given: Given = {}): Promise<{ readonly record: SittingRecord; readonly sitting: Sitting }> {
  const by = given.signer ?? who.signer;
  const began = Date.now() - (given.minutesAgo ?? 20) * 60_000;
  const ulid = createUlid(began, random);
  const moment = (elapsed: number) => ({ by: by.did, now: began + elapsed * 1000, elapsed });
  const base = {
    _id: sittingId(who.person, course, unit, ulid),
    kind: 'sitting' as const,
    person: who.person,
    course,
    unit,
    ulid,
    writer: who.device,
    key: base64url(keyOf(by.did) ?? new Uint8Array()),
  };
  const text = async (link: Link) => ({ signed: canonicalJson(link), value: (await signBody(link, by)).signature });
  let record: SittingRecord = {
    ...base,
    links: [
      await text(
        openLink(moment(0), {
          ...{
            person: who.person,
            course,
            unit,
            sitting: ulid,
            session: given.session ?? session,
            attempt: 1,
            attempts: 9,
            minutes: 30,
            language: 'en',
          },
          asks: [
            { id: 'one' as ItemId, v: 1, points: 1 },
            { id: 'two' as ItemId, v: 1, points: 3 },
          ],
        }),
      ),
    ],
  };
  const read = async (): Promise<Sitting> => {
    const found = await readSitting(record, nodeTools);
    if (!found.ok) throw new Error(found.error);
    return found.value;
  };
  const push = async (make: (sitting: Sitting) => Link): Promise<void> => {
    record = { ...record, links: [...record.links, await text(make(await read()))] };
  };
  const { choice = 'a', number = '4', claims } = given;
  await push((sitting) =>
    answerLink(sitting, moment(60), { item: 'one' as ItemId, response: { choice }, score: claims ?? (choice === 'a' ? 1 : 0) }),
  );
  await push((sitting) => awayLink(sitting, moment(70), 90));
  await push((sitting) =>
    answerLink(sitting, moment(120), {
      item: 'two' as ItemId,
      response: { text: number, unit: '' },
      score: claims ?? (number === '4' ? 1 : 0),
    }),
  );
  await push((sitting) => closeLink(sitting, moment(130), 'handed-in'));
  return { record, sitting: await read() };
}

async function proctored(
  { sitting, record }: Awaited<ReturnType<typeof sit>>,
  change: Partial<ExamSession> = {},
  by: Candidate = lina,
): Promise<SignedStatement> {
  const now = Date.now();
  return signBody(
    {
      format: 'perigee-evidence/1',
      by: by.signer.did,
      person: by.person,
      at: instantOf(now),
      type: 'exam-session',
      programme: 'trainer',
      course,
      unit,
      session,
      place: 'Kumasi',
      opened: instantOf(now - 3_600_000),
      closed: instantOf(now),
      roster: [record.person],
      candidates: [{ person: record.person, answers: sitting.head, score: sitting.closed?.score ?? 0 }],
      ...change,
    },
    by.signer,
  );
}

const beside = (record: SittingRecord, { body, signature }: SignedStatement): SittingRecord => ({
  ...record,
  proctored: { signed: canonicalJson(body), signature: { key: base64url(keyOf(body.by) ?? new Uint8Array()), value: signature } },
});

async function put(token: string, person: PersonId, document: object): Promise<unknown> {
  const { body } = await ask(`${node.url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [document] } });
  return body;
}

/** Passes of exams that the node counts for somebody. */
async function examsOf(who: Candidate): Promise<readonly number[]> {
  const { status, body } = await ask(`${node.url}/api/me/evidence`, { token: who.token });
  expect(status).toBe(200);
  const known = parseKnownEvidence(body);
  return known?.evidence.flatMap((piece) => (piece.type === 'exam' ? [piece.score] : [])) ?? [];
}

describe('an exam at the centre', () => {
  it('counts by the candidate’s own device, which brings the proctor’s word with the answers', async () => {
    const who = await candidate();
    const one = await sit(who);
    const bare = await put(who.token, who.person, one.record);
    expect(bare).toMatchObject([{ ok: true }]);
    expect(await examsOf(who)).toEqual([]);
    const [{ rev }] = bare as [{ rev: string }];
    expect(await put(who.token, who.person, { ...beside(one.record, await proctored(one)), _rev: rev })).toMatchObject([{ ok: true }]);
    expect(await examsOf(who)).toEqual([1]);
    const { waiting } = await node.node.issuing.overview();
    expect(waiting.map(({ person }) => person)).toContain(who.person);
  });

  it('counts by the proctor’s device, for each whose answers are there, and waits for the others', async () => {
    const [ann, ben] = [await candidate(), await candidate()];
    const [anns, bens] = [await sit(ann, { number: '5' }), await sit(ben)];
    const candidates = [anns, bens].map(({ record, sitting }) => ({
      person: record.person,
      answers: sitting.head,
      score: sitting.closed?.score ?? 0,
    }));
    const statement = await proctored(anns, { candidates, roster: [ann.person, ben.person] });
    const record = statementToRecord(statement, { about: lina.person, writer: lina.person, ulid: createUlid(Date.now(), random) });
    if (!record.ok) throw new Error(record.error);
    expect(await put(lina.token, lina.person, record.value)).toMatchObject([{ ok: true }]);
    await put(ann.token, ann.person, anns.record);
    expect(await examsOf(ann)).toEqual([0.25]);
    expect(await examsOf(ben)).toEqual([]);
    await put(ben.token, ben.person, bens.record);
    expect(await examsOf(ben)).toEqual([1]);
  });

  it('does not count where the marks are not those of the answers, whatever device and proctor say', async () => {
    const who = await candidate();
    const one = await sit(who, { choice: 'b', number: '7', claims: 1 });
    expect(one.sitting.closed?.score).toBe(1);
    await put(who.token, who.person, beside(one.record, await proctored(one)));
    expect(await examsOf(who)).toEqual([]);
  });

  it('does not count with a stranger’s key, another’s word, another session, or a proctor without the right', async () => {
    const stranger = createKey();
    for (const [given, change, by] of [
      [{ signer: stranger.signer }, {}, lina],
      [{}, { candidates: [{ person: lina.person, answers: '0'.repeat(52) as Digest, score: 1 }], roster: [lina.person] }, lina],
      [{}, { session: '0000000z' as ExamSessionId }, lina],
      [{}, { programme: 'master-trainer' }, lina],
      [{}, {}, await candidate()],
    ] as const) {
      const who = await candidate();
      const one = await sit(who, given);
      await put(who.token, who.person, beside(one.record, await proctored(one, change, by)));
      expect(await examsOf(who), JSON.stringify(change)).toEqual([]);
    }
    // Nobody is their own proctor, with whatever right.
    const self = await candidate();
    const one = await sit(self);
    await put(self.token, self.person, beside(one.record, await proctored(one, {}, self)));
    expect(await examsOf(self)).toEqual([]);
  });

  it('counts as often as the exam allows, also where two devices did not know of each other and said otherwise', async () => {
    const who = await candidate();
    const sittings = [
      await sit(who, { minutesAgo: 90, number: '1' }),
      await sit(who, { minutesAgo: 60, number: '2' }),
      await sit(who, { minutesAgo: 30 }),
    ];
    for (const one of [...sittings].reverse()) await put(who.token, who.person, beside(one.record, await proctored(one)));
    expect([...(await examsOf(who))].sort()).toEqual([0.25, 0.25]);
  });

  it('takes a sitting that goes on, and none that says something else', async () => {
    const who = await candidate();
    const { record } = await sit(who);
    const [{ rev }] = (await put(who.token, who.person, { ...record, links: record.links.slice(0, 2) })) as [{ rev: string }];
    const other = await sit(who);
    expect(
      await put(who.token, who.person, { ...record, links: [...record.links.slice(0, 1), ...other.record.links.slice(1)], _rev: rev }),
    ).toMatchObject([{ error: 'forbidden' }]);
    expect(await put(who.token, who.person, { ...record, links: record.links.slice(0, 1), _rev: rev })).toMatchObject([
      { error: 'forbidden' },
    ]);
    expect(await put(who.token, who.person, { ...record, _rev: rev })).toMatchObject([{ ok: true }]);
  });

  it('is audited: the links of each chain, and what the proctor signed, by person and exam', async () => {
    const accounts = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
    const findings = async () =>
      (await audit({ engine: accounts.engine, node: 'centre' as NodeId, data: node.data })).findings.filter(({ where }) =>
        where.startsWith('records-'),
      );
    // All that the other tests brought: also what does not count is whole.
    expect(await findings()).toEqual([]);

    const [ann, ben, cem] = [await candidate(), await candidate(), await candidate()];
    const [anns, bens, cems] = [await sit(ann), await sit(ben), await sit(cem)];
    const [first, second, ...others] = anns.record.links;
    if (first === undefined || second === undefined) throw new Error('Nothing was answered');
    const { body, signature } = await proctored(bens);
    const spoilt: readonly SittingRecord[] = [
      { ...anns.record, links: [first, { ...second, signed: second.signed.replace('"n":1', '"n":2') }, ...others] },
      beside(bens.record, { body: { ...body, place: 'Kumase' } as ExamSession, signature }),
      // One answer is gone.
      { ...cems.record, links: [...cems.record.links.slice(0, 1), ...cems.record.links.slice(2)] },
    ];
    await accounts.records.bulk(spoilt, { newEdits: true });
    const found = await findings();
    expect(found.map(({ id }) => id).sort()).toEqual(spoilt.map(({ _id }) => _id).sort());
    for (const { id, what } of found) expect(what).toContain(`of the person ${id.split(':')[0] ?? ''} `);
    expect(found.find(({ id }) => id === anns.record._id)?.what).toMatch(/the chain of answers to the exam \S+ of \S+ is broken/);
    expect(found.find(({ id }) => id === bens.record._id)?.what).toContain('what the proctor signed has a signature that is not right');
    await accounts.engine.close();
  });
});
