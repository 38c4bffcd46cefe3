/** Who trained whom and what it cost, over HTTP: from enrolments and registers to figures, and who may see which. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { instantOf } from '../../src/lib/domain/clock.ts';
import type { CourseId, ItemId, PersonId, UnitId } from '../../src/lib/domain/ids.ts';
import { profileId, registerId, type ProfileRecord, type RegisterRecord } from '../../src/lib/domain/records.ts';
import { ask, claim, confirm, joinBy, makeCohort, password, startTestNode, type Learner, type TestNode } from './kit.ts';
import { tinyCompiler } from './tiny-course.ts';

const day = 24 * 60 * 60 * 1000;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A centre in June 2024 with one course. */
async function startCentre() {
  const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  mkdirSync(join(courses, 'satellite-navigation'));
  writeFileSync(join(courses, 'satellite-navigation', 'course.yaml'), 'text');
  let now = Date.parse('2024-06-01T08:00:00.000Z');
  const node = await startTestNode({ courses, compiler: tinyCompiler, clock: () => now++ });
  closers.push(async () => {
    await node.close();
    rmSync(courses, { recursive: true, force: true });
  });
  return { node, admin: await claim(node), clock: () => now };
}

async function staff(
  node: TestNode,
  admin: string,
  name: string,
  role: string,
): Promise<{ readonly person: PersonId; readonly token: string }> {
  const { url } = node;
  await confirm(node, admin);
  const { body: made } = await ask(`${url}/api/people`, { token: admin, body: { name, role } });
  const { body } = await ask(`${url}/api/session`, { body: { code: made['code'], name, password } });
  return { person: body['person'] as PersonId, token: body['token'] as string };
}
const signIn = async ({ url }: TestNode, name: string): Promise<string> =>
  (await ask(`${url}/api/session`, { body: { name, password } })).body['token'] as string;

async function codesOf({ url }: TestNode, token: string, cohort: string, body: object): Promise<readonly string[]> {
  const { body: answer } = await ask(`${url}/api/cohorts/${cohort}/codes`, { token, body });
  return (answer['lines'] as { code: string }[]).map(({ code }) => code);
}

async function put({ url }: TestNode, { person, token }: Pick<Learner, 'person' | 'token'>, document: object): Promise<void> {
  const { body } = await ask(`${url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [document] } });
  expect(body).toMatchObject([{ ok: true }]);
}

async function pass(node: TestNode, learner: Learner, now: number, best = 1): Promise<void> {
  const course = 'satellite-navigation' as CourseId;
  const moment = instantOf(now);
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
  await put(node, learner, register);
}

interface Shown {
  readonly people: { readonly id: string; readonly name: string | null; readonly generation: number; readonly trained: number; readonly reach: number; readonly first: { readonly trainer: string } | null }[]; // prettier-ignore
}
const cascadeOf = async ({ url }: TestNode, token: string, path = '/api/cascade'): Promise<Shown & Record<string, unknown>> => {
  const { status, body } = await ask(`${url}${path}`, { token });
  expect(status).toBe(200);
  return body as unknown as Shown & Record<string, unknown>;
};
const told = ({ people }: Shown) => people.map(({ name, generation, trained, reach }) => [name, generation, trained, reach]);

it('shows who was trained by whom, to the administrator whole and to trainers their own branch', async () => {
  const { node, admin, clock } = await startCentre();
  const amina = await staff(node, admin, 'Amina', 'trainer');
  const lina = await staff(node, admin, 'Lina', 'trainer');
  const cohort = await makeCohort(node, amina.token);
  const [ben, chipo, dan] = await Promise.all(
    (await codesOf(node, amina.token, cohort, { names: ['Ben', 'Chipo', 'Dan'] })).map((code) => joinBy(node, code)),
  );
  if (ben === undefined || chipo === undefined || dan === undefined) throw new Error('Nobody joined');
  expect((await cascadeOf(node, admin)).people).toEqual([]);
  node.advance(day);
  await pass(node, ben, clock() + day);
  await pass(node, chipo, clock() + day, 0.5);
  expect(told(await cascadeOf(node, admin))).toEqual([['Amina', 0, 1, 1], ['Ben', 1, 0, 0]]); // prettier-ignore

  // Ben becomes a trainer: both ids are read as one.
  const asTrainer = await staff(node, admin, 'Ben Otieno', 'trainer');
  expect((await ask(`${node.url}/api/people/${ben.person}/alias`, { token: admin, body: { person: asTrainer.person } })).status).toBe(200);
  const second = await makeCohort(node, asTrainer.token);
  const [eva] = await Promise.all((await codesOf(node, asTrainer.token, second, { names: ['Eva'] })).map((code) => joinBy(node, code)));
  if (eva === undefined) throw new Error('Nobody joined');
  await pass(node, eva, clock() + 3 * day);
  const whole = await cascadeOf(node, admin);
  expect(told(whole)).toEqual([['Amina', 0, 1, 2], ['Ben', 1, 1, 1], ['Eva', 2, 0, 0]]); // prettier-ignore
  // Four joined; of Dan's and Chipo's devices nothing that counts came, and no pass ended here.
  expect(whole['coverage']).toEqual({ expected: 4, heard: 0, oldest: null, nodes: 0 });

  // Amina knows Ben, whom she trained. Eva she does not: she is counted, without a name and without an id.
  const own = await cascadeOf(node, amina.token, '/api/cascade/own');
  expect(told(own)).toEqual([['Amina', 0, 1, 2], ['Ben', 1, 1, 1], [null, 2, 0, 0]]); // prettier-ignore
  expect(JSON.stringify(own)).not.toContain(eva.person);
  expect(JSON.stringify(own)).not.toContain('Eva');
  expect(told(await cascadeOf(node, asTrainer.token, '/api/cascade/own'))).toEqual([['Ben', 0, 1, 1], ['Eva', 1, 0, 0]]); // prettier-ignore
  expect((await cascadeOf(node, lina.token, '/api/cascade/own')).people).toEqual([]);

  for (const path of ['/api/cascade', '/api/evaluation'])
    for (const [token, status] of [
      [amina.token, 403],
      [ben.token, 403],
      [undefined, 401],
    ] as const)
      // prettier-ignore
      expect((await ask(`${node.url}${path}`, token === undefined ? {} : { token })).status, `${path} ${String(token)}`).toBe(status);
  expect((await ask(`${node.url}/api/cascade/own`, { token: ben.token })).status).toBe(403);
});

it('publishes a year once, by gender and country as far as they were given, with small groups hidden', async () => {
  const { node, admin, clock } = await startCentre();
  const cohort = await makeCohort(node, admin);
  const rows = [
    ...Array.from({ length: 9 }, (_, i) => `W${String(i)},f,Senegal`),
    ...Array.from({ length: 7 }, (_, i) => `M${String(i)},m,SN`),
    'Ama,f,Kenya',
    'Jon,m,Peru',
  ];
  const codes = await codesOf(node, admin, cohort, { csv: ['name,gender,country', ...rows].join('\n') });
  const learners = await Promise.all(codes.map((code) => joinBy(node, code)));
  node.advance(day);
  for (const learner of learners) await pass(node, learner, clock() + day);
  // What somebody says of themselves goes before what a list said.
  const [first] = learners;
  if (first === undefined) throw new Error('Nobody joined');
  const profile: ProfileRecord = { _id: profileId(first.person, first.device), kind: 'profile', person: first.person, writer: first.device, name: 'W0', changed: instantOf(clock()), about: { gender: 'other' } }; // prettier-ignore
  await put(node, first, profile);

  const close = async (token: string, year: unknown) => ask(`${node.url}/api/evaluation/years`, { token, body: { year } });
  expect((await close(admin, 2024)).body['error']).toBe('not-over');
  node.advance(300 * day);
  const later = await signIn(node, 'Wangari');
  const { body: before } = await ask(`${node.url}/api/evaluation`, { token: later });
  expect(before).toMatchObject({ years: [], closable: 2024, running: { year: 2025, people: 18 }, evaluation: { total: { trained: 18 } } });
  expect((await close(later, 'x')).status).toBe(400);
  const { status, body } = await close(later, 2024);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    closable: null,
    running: { people: 0 },
    years: [
      {
        year: 2024,
        figures: {
          total: 18,
          // One who says another gender is too few for a column, and joins the smallest.
          columns: [{ groups: ['woman'], total: 9 }, { groups: ['man'], rest: true, total: 9 }],
          tables: [{ division: 'country', rows: [{ group: null, total: 18, cells: [9, 9] }] }, { division: 'programme', rows: [{ group: '', total: 18 }] }, { division: 'course', rows: [{ group: 'satellite-navigation', total: 18, cells: [9, 9] }] }],
        },
      },
    ],
  }); // prettier-ignore
  expect(body['courses']).toEqual({ 'satellite-navigation': { en: expect.any(String) as string } });
  expect(JSON.stringify(body['years'])).not.toContain(first.person);

  // Who comes after a year was closed changes nothing that was published.
  const [late] = await codesOf(node, later, cohort, { names: [{ name: 'Late', about: { gender: 'woman', country: 'SN' } }] });
  const joined = await joinBy(node, late ?? '');
  await pass(node, joined, clock() + 301 * day);
  expect((await close(later, 2024)).body['error']).toBe('closed');
  const { body: after } = await ask(`${node.url}/api/evaluation`, { token: later });
  expect(after['years']).toEqual(body['years']);
  expect(after).toMatchObject({ running: { people: 1, figures: { total: null } }, evaluation: { total: { trained: 19 } } });
});

it('keeps what administrators enter as costs, and takes back without deleting', async () => {
  const { node, admin } = await startCentre();
  const enter = (body: object) => ask(`${node.url}/api/evaluation/costs`, { token: admin, body });
  const good = { year: 2024, sort: 'travel', amount: 1200.5, currency: 'USD', note: 'Dakar' };
  expect((await enter({ ...good, amount: -1 })).status).toBe(400);
  const { body } = await enter(good);
  const [cost] = body['costs'] as { id: string }[];
  expect(body).toMatchObject({
    costs: [good],
    evaluation: { years: [{ year: 2024, costs: [{ currency: 'USD', sum: 1200.5, kinds: { travel: 1200.5 } }], costPerTrained: null }] },
  });
  const withdraw = (id: string) => ask(`${node.url}/api/evaluation/costs/${id}/withdraw`, { token: admin, body: {} });
  expect((await withdraw('01hzzzzzzzzzzzzzzzzzzzzzzz')).status).toBe(404);
  const { body: after } = await withdraw(cost?.id ?? '');
  expect(after).toMatchObject({ costs: [{ ...good, withdrawn: expect.any(String) as string }], evaluation: { years: [{ costs: [] }] } });
});

it('lets staff say of themselves what counts them, and take it back', async () => {
  const { node, admin } = await startCentre();
  const about = async (body?: object) => ask(`${node.url}/api/me/about`, { token: admin, ...(body === undefined ? {} : { body }) });
  expect((await about()).body).toEqual({ about: null });
  expect((await about({ about: { gender: 'queen' } })).status).toBe(400);
  expect((await about({ about: { gender: 'woman', country: 'KE', shoe: 38 } })).body).toEqual({
    about: { gender: 'woman', country: 'KE' },
  });
  expect((await about({ about: {} })).body).toEqual({ about: {} });
  expect(await signIn(node, 'Wangari')).toBeTypeOf('string');
});
