/** Accounts, codes, cohorts and reports over the socket. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeviceId, createPersonId, type NodeId } from '../../src/lib/domain/ids.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAccounts } from '../../src/server/main.ts';
import { aCourse, aRecord } from '../fixtures/records.ts';
import { tinyCompiler } from './tiny-course.ts';
import { ask, claim, confirm, codesFor, joinBy, makeCohort, password, random, startTestNode, type TestNode } from './kit.ts';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const coursesFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  mkdirSync(join(folder, aCourse));
  writeFileSync(join(folder, aCourse, 'course.yaml'), 'id: satellite-navigation\n');
  return folder;
};

describe('people', () => {
  let node: TestNode;
  let admin = '';
  const session = (body: object, token?: string) => ask(`${node.url}/api/session`, { body, ...(token === undefined ? {} : { token }) });

  beforeAll(async () => {
    node = await startTestNode({ courses: coursesFolder(), compiler: tinyCompiler });
  });
  afterAll(() => node.close());
  // Wrong codes and passwords are part of these tests; what they slow down is a test of its own.
  beforeEach(async () => {
    node.advance(20 * 60_000);
    if (admin !== '') await confirm(node, admin);
  });

  it('is claimed once, by the newest first-run code', async () => {
    const old = await node.node.firstRunCode();
    expect((await ask(`${node.url}/api/node`)).body).toMatchObject({ node: 'centre', claimed: false, origin: 'http://centre.test' });
    const code = await node.node.firstRunCode();
    const first = { name: 'Wangari', password };
    expect((await session({ code: old, ...first })).status).toBe(401);
    expect((await session({ code, name: 'Wangari', password: 'short' })).body).toMatchObject({ error: 'weak-password' });
    const made = await session({ code, ...first });
    expect(made.body).toMatchObject({ name: 'Wangari', roles: ['administrator'], node: 'centre', cohorts: [] });
    expect((await session({ code, ...first, name: 'Another' })).status).toBe(401);
    expect(await node.node.firstRunCode()).toBeNull();
    expect((await ask(`${node.url}/api/node`)).body).toMatchObject({ claimed: true });
    admin = made.body['token'] as string;
    // Neither the code nor the password stands in the data folder.
    for (const file of node.couchdb === null ? ['node.sqlite', 'node.sqlite-wal'] : []) {
      const text = readFileSync(join(node.data, file)).toString('latin1');
      for (const secret of [password, code ?? '', (code ?? '').replace('-', '').toLowerCase(), admin])
        expect(text.includes(secret)).toBe(false);
    }
  });

  it('signs staff in by name and password, and says nothing else to anybody', async () => {
    expect((await session({ name: ' wangari ', password })).body).toMatchObject({ name: 'Wangari' });
    const wrong = [
      await session({ name: 'Wangari', password: 'not the password' }),
      await session({ name: 'Nobody', password: 'not the password' }),
      await session({ code: 'AAAAA-AAAAA', device: createDeviceId(random) }),
      await session({ code: 'nonsense', device: createDeviceId(random) }),
    ];
    for (const { status, body } of wrong)
      expect([status, body]).toEqual([401, { error: 'not-accepted', message: 'This was not accepted.' }]);
  });

  it('invites staff with one role; names are unique', async () => {
    const invite = (role: string) => ask(`${node.url}/api/people`, { token: admin, body: { name: 'Otieno', role } });
    expect((await invite('learner')).status).toBe(400);
    const { body } = await invite('trainer');
    expect((await session({ code: body['code'], name: 'WANGARI', password })).body).toMatchObject({ error: 'name-taken' });
    const trainer = await session({ code: body['code'], name: 'Otieno', password });
    expect(trainer.body).toMatchObject({ roles: ['trainer'] });
    expect((await ask(`${node.url}/api/people`, { token: trainer.body['token'] as string })).status).toBe(403);
    const { body: list } = await ask(`${node.url}/api/people`, { token: admin });
    expect((list['people'] as { name: string; roles: string[] }[]).map(({ name, roles }) => [name, ...roles])).toEqual(
      expect.arrayContaining([
        ['Wangari', 'administrator'],
        ['Otieno', 'trainer'],
      ]),
    );
    expect(JSON.stringify(list)).not.toContain('scrypt');
  });

  it('lets a code in once, and the device whose answer was lost again', async () => {
    const cohort = await makeCohort(node, admin);
    const [code = ''] = await codesFor(node, admin, cohort, ['Amina']);
    const given = { code, device: createDeviceId(random), person: createPersonId(random), name: 'Ami' };
    const first = await session(given);
    expect(first.body).toMatchObject({
      person: given.person,
      name: 'Amina',
      roles: ['learner'],
      cohorts: [{ id: cohort, title: 'Nairobi, spring' }],
    });
    expect((await session(given)).body).toMatchObject({ person: given.person });
    expect((await session({ ...given, device: createDeviceId(random) })).status).toBe(401);
    expect((await session({ ...given, person: createPersonId(random) })).status).toBe(401);
    const { body: cohorts } = await ask(`${node.url}/api/cohorts`, { token: admin });
    expect(cohorts['cohorts']).toMatchObject([{ id: cohort, people: 1, codes: 0 }]);
  });

  it('takes a known person into a second cohort only with their token', async () => {
    const [one, two] = [await makeCohort(node, admin), await makeCohort(node, admin)];
    const [first = ''] = await codesFor(node, admin, one, ['Baraka']);
    const [second = ''] = await codesFor(node, admin, two, ['Baraka']);
    const baraka = await joinBy(node, first);
    const again = { code: second, device: baraka.device, person: baraka.person };
    expect((await session(again)).status).toBe(401);
    expect((await session({ ...again, device: createDeviceId(random) })).status).toBe(401);
    const joined = await session(again, baraka.token);
    expect((joined.body['cohorts'] as { id: string }[]).map(({ id }) => id).sort()).toEqual([one, two].sort());
  });

  it('makes a second device the same person by a link code', async () => {
    const [code = ''] = await codesFor(node, admin, await makeCohort(node, admin), ['Chebet']);
    const phone = await joinBy(node, code);
    const { body } = await ask(`${node.url}/api/link`, { method: 'POST', token: phone.token });
    const laptop = await joinBy(node, body['code'] as string, {});
    expect(laptop.person).toBe(phone.person);
    expect(laptop.device).not.toBe(phone.device);
    expect((await session({ code: body['code'], device: createDeviceId(random) })).status).toBe(401);
    expect((await ask(`${node.url}/api/link`, { method: 'POST', token: admin })).status).toBe(403);
    expect((await ask(`${node.url}/api/link`, { method: 'POST' })).body).toMatchObject({ error: 'expired' });
  });

  it('ends a person’s sign-ins, from another process too, within a second', async () => {
    const [code = ''] = await codesFor(node, admin, await makeCohort(node, admin), ['Daudi']);
    const daudi = await joinBy(node, code);
    const base = `${node.url}/replica/person/${daudi.person}`;
    expect((await ask(base, { token: daudi.token })).status).toBe(200);
    const other = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
    expect(await other.sessions.revoke(daudi.person)).toBe(true);
    await other.engine.close();
    node.advance(1000);
    expect((await ask(base, { token: daudi.token })).status).toBe(403);
    expect((await ask(`${node.url}/sync`, { token: daudi.token, body: {} })).body).toMatchObject({ error: 'revoked' });
  });

  it('slows guessing down, for whoever guesses and for the account', async () => {
    const guessed = await startTestNode();
    const first = await claim(guessed);
    const guess = (name: string) => ask(`${guessed.url}/api/session`, { body: { name, password: 'not the password' } });
    const statuses = [];
    for (let n = 0; n < 7; n++) statuses.push((await guess(n < 3 ? 'Wangari' : 'Nobody')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const slowed = await guess('Somebody');
    expect(slowed.body).toMatchObject({ error: 'slow-down' });
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    // Who is in stays in.
    expect((await ask(`${guessed.url}/api/people`, { token: first })).status).toBe(200);
    await guessed.close();
  });

  it('lets staff change their password with the one before, and ends their other sessions', async () => {
    const changed = await startTestNode();
    const first = await claim(changed);
    const change = (token: string, body: object) => ask(`${changed.url}/api/me/account`, { token, body });
    const after = 'rivers under the stars';
    changed.advance(1000);
    expect((await change(first, { password: 'not the password', newPassword: after })).body).toMatchObject({ error: 'wrong-password' });
    for (const common of ['short', 'passwordpassword', 'Wangari-2026-centre'])
      expect((await change(first, { password, newPassword: common })).body).toMatchObject({ error: 'weak-password' });
    expect((await change(first, { newPassword: after })).status).toBe(400);
    const done = await change(first, { password, newPassword: after });
    expect(done.status).toBe(200);
    const token = done.body['token'] as string;
    expect((await ask(`${changed.url}/api/people`, { token })).status).toBe(200);
    // The session of another tab is over, and so is the password.
    expect((await ask(`${changed.url}/api/people`, { token: first })).status).toBe(401);
    expect((await ask(`${changed.url}/api/session`, { body: { name: 'Wangari', password } })).status).toBe(401);
    changed.advance(1000);
    expect((await ask(`${changed.url}/api/me/sign-out`, { token, body: { everywhere: true } })).status).toBe(200);
    expect((await ask(`${changed.url}/api/people`, { token })).status).toBe(401);
    changed.advance(1000);
    expect((await ask(`${changed.url}/api/session`, { body: { name: 'Wangari', password: after } })).status).toBe(200);
    await changed.close();
  });

  it('shows staff where they are signed in, and ends one session, another or all', async () => {
    const signed = await startTestNode();
    const first = await claim(signed);
    const signIn = async (agent: string): Promise<string> =>
      (await ask(`${signed.url}/api/session`, { body: { name: 'Wangari', password }, headers: { 'user-agent': agent } })).body[
        'token'
      ] as string;
    const standing = async (token: string): Promise<number> => (await ask(`${signed.url}/api/me/sessions`, { token })).status;
    const sessionsOf = async (token: string) =>
      (await ask(`${signed.url}/api/me/sessions`, { token })).body['sessions'] as {
        id: string;
        agent: string;
        here: boolean;
        address: string;
      }[];
    const end = (token: string, body: object) => ask(`${signed.url}/api/me/sign-out`, { token, body });
    signed.advance(1000);
    const [laptop, phone, library] = [await signIn('a laptop'), await signIn('a phone'), await signIn('a library')];
    const shown = await sessionsOf(phone);
    expect(shown.map(({ agent, here }) => [agent, here]).slice(0, 3)).toEqual([
      ['a library', false],
      ['a phone', true],
      ['a laptop', false],
    ]);
    expect(shown[0]?.address).toMatch(/127\.0\.0\.1/);
    // Its own: at the node too, so that a copy of the token is worth nothing.
    expect((await end(laptop, {})).status).toBe(200);
    expect([await standing(laptop), await standing(phone)]).toEqual([401, 200]);
    // Another one, only while the password was shown lately.
    const other = shown.find(({ agent }) => agent === 'a library')?.id ?? '';
    signed.advance(11 * 60_000);
    expect((await end(phone, { session: other })).body).toMatchObject({ error: 'confirm' });
    expect((await end(phone, { everywhere: true })).body).toMatchObject({ error: 'confirm' });
    const shows = (typed: string) => ask(`${signed.url}/api/me/confirm`, { token: phone, body: { password: typed } });
    expect((await shows('not the password')).body).toMatchObject({ error: 'wrong-password' });
    expect((await end(phone, { session: other })).status).toBe(409);
    expect((await shows(password)).status).toBe(200);
    expect((await end(phone, { session: 'nothing' })).status).toBe(404);
    expect((await end(phone, { session: other })).status).toBe(200);
    expect(await standing(library)).toBe(401);
    // The word holds for this session alone.
    expect((await end(first, { everywhere: true })).status).toBe(409);
    expect((await end(phone, { everywhere: true })).status).toBe(200);
    signed.advance(1000);
    expect([await standing(phone), await standing(first)]).toEqual([401, 401]);
    // No more than twenty are open: a further one ends the oldest.
    const many: string[] = [];
    for (let n = 0; n < 21; n++) many.push(await signIn(`window ${String(n)}`));
    expect(await sessionsOf(many[20] ?? '')).toHaveLength(20);
    expect(await standing(many[0] ?? '')).toBe(401);
    // They are kept: a new start signs nobody out.
    await signed.restart();
    expect(await standing(many[20] ?? '')).toBe(200);
    await signed.close();
  });

  it('asks for the password again before it erases somebody or gives power, and slows down who guesses it', async () => {
    const guarded = await startTestNode();
    const first = await claim(guarded);
    const invite = () => ask(`${guarded.url}/api/people`, { token: first, body: { name: 'Otieno', role: 'trainer' } });
    expect((await invite()).status).toBe(201);
    const [code = ''] = await codesFor(guarded, first, await makeCohort(guarded, first), ['Daudi']);
    const daudi = await joinBy(guarded, code);
    const erase = () => ask(`${guarded.url}/api/people/${daudi.person}/erase`, { token: first, body: { confirm: daudi.person } });
    guarded.advance(11 * 60_000);
    expect([(await invite()).body['error'], (await erase()).body['error']]).toEqual(['confirm', 'confirm']);
    const shows = (typed: string) => ask(`${guarded.url}/api/me/confirm`, { token: first, body: { password: typed } });
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push((await shows('not the password')).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
    guarded.advance(60_000);
    expect((await shows(password)).status).toBe(200);
    expect([(await invite()).status, (await erase()).status]).toEqual([201, 200]);
    await guarded.close();
  });

  it('refuses a first password that everybody tries first', async () => {
    const fresh = await startTestNode();
    const code = await fresh.node.firstRunCode();
    const { status, body } = await ask(`${fresh.url}/api/session`, { body: { code, name: 'Amani', password: 'amani amani 2026' } });
    expect([status, body['error']]).toEqual([400, 'weak-password']);
    await fresh.close();
  });

  it('makes codes from names, a number or a CSV, with an answer per line', async () => {
    const cohort = await makeCohort(node, admin);
    const post = (body: object) => ask(`${node.url}/api/cohorts/${cohort}/codes`, { token: admin, body });
    const csv = await post({ csv: '\ufeffNom;Village\r\nAmina;Kitui\r\n;Voi\r\n"Wafula; J.";Lamu' });
    expect(csv.status).toBe(201);
    expect(csv.body['lines']).toMatchObject([
      { line: 2, name: 'Amina', code: expect.stringMatching(/^\w{5}-\w{5}$/) as string },
      { line: 3, error: 'no-name', text: ' · Voi' },
      { line: 4, name: 'Wafula; J.' },
    ]);
    expect((await post({ count: 3 })).body['lines']).toHaveLength(3);
    expect((await post({ count: 2001 })).status).toBe(400);
    expect((await post({ names: 7 })).status).toBe(400);
    expect((await post({ csv: 'x\n'.repeat(2001) })).status).toBe(400);
    expect((await ask(`${node.url}/api/cohorts/nothing/codes`, { token: admin, body: { count: 1 } })).body).toEqual(
      (await ask(`${node.url}/api/cohorts`, { token: (await joinBy(node, (await codesFor(node, admin, cohort, ['E']))[0] ?? '')).token }))
        .body,
    );
  });

  it('reports what is here, and how much may be missing', async () => {
    const cohort = await makeCohort(node, admin);
    const codes = await codesFor(node, admin, cohort, ['Amina', 'Baraka', 'Chebet']);
    const [amina, baraka] = [await joinBy(node, codes[0] ?? ''), await joinBy(node, codes[1] ?? '')];
    const { body: link } = await ask(`${node.url}/api/link`, { method: 'POST', token: amina.token });
    const laptop = await joinBy(node, link['code'] as string, {});

    const report = async () => (await ask(`${node.url}/api/cohorts/${cohort}`, { token: admin })).body;
    // Four devices may hold work: Amina's two, Baraka's, and whatever Chebet's code is used on. None was heard.
    expect((await report())['completeness']).toEqual({ expected: 4, heard: 0, oldest: null });

    const at = '2026-11-01T08:00:00.000Z';
    const register = (who: typeof amina, seconds: number, best: number) => ({
      ...aRecord('register', who.person, who.device),
      units: { kepler: { first: at, last: at, seconds, completed: at } },
      items: { period: { v: 1, best, attempts: 2, first: at, last: at } },
    });
    for (const [who, seconds, best] of [
      [amina, 60, 0.5],
      [laptop, 30, 1],
    ] as const) {
      const document = register(who, seconds, best);
      const base = `${node.url}/replica/person/${who.person}`;
      const { body } = await ask(`${base}/_bulk_docs`, { token: who.token, body: { docs: [document] } });
      const [{ rev }] = body as unknown as [{ rev: string }];
      const asked = {
        person: who.person,
        device: who.device,
        revisions: { [document._id]: rev, [`${who.person}:note:x:y:z`]: '1-a', 'other:1': '1-a' },
      };
      const synced = await ask(`${node.url}/sync`, { token: who.token, body: asked });
      expect(synced.body).toMatchObject({
        receipt: { node: 'centre', epoch: expect.any(String) as string, revisions: { [document._id]: rev } },
      });
      expect(Object.keys((synced.body['receipt'] as { revisions: object }).revisions)).toHaveLength(1);
    }
    // Somebody else's device does not ask in this one's name.
    const stolen = await ask(`${node.url}/sync`, {
      token: amina.token,
      body: { person: amina.person, device: laptop.device, revisions: {} },
    });
    expect(stolen.status).toBe(403);

    const body = await report();
    expect(body['completeness']).toEqual({ expected: 4, heard: 2, oldest: expect.any(String) as string });
    expect(body['courses']).toMatchObject([{ course: aCourse, units: [{ id: 'kepler', items: 1, points: 2 }] }]);
    const people = body['people'] as Record<string, unknown>[];
    expect(people.find(({ name }) => name === 'Amina')).toMatchObject({
      person: amina.person,
      units: { [aCourse]: { kepler: { status: 'completed', score: 1, seconds: 90, attempts: 4 } } },
      seconds: 90,
      score: 1,
      lastContact: expect.any(String) as string,
    });
    expect(people.find(({ name }) => name === 'Baraka')).toMatchObject({ person: baraka.person, score: null, lastContact: null });
    // What was heard survives a new start.
    await node.restart();
    expect((await report())['completeness']).toEqual(body['completeness']);
  });

  it('shows a trainer their own cohorts, and an administrator all', async () => {
    const { body: invitation } = await ask(`${node.url}/api/people`, { token: admin, body: { name: 'Njeri', role: 'trainer' } });
    const token = (await session({ code: invitation['code'], name: 'Njeri', password })).body['token'] as string;
    const [theirs, other] = [await makeCohort(node, token), await makeCohort(node, admin)];
    const { body } = await ask(`${node.url}/api/cohorts`, { token });
    expect((body['cohorts'] as { id: string }[]).map(({ id }) => id)).toEqual([theirs]);
    expect((await ask(`${node.url}/api/cohorts/${other}`, { token })).status).toBe(403);
    expect((await ask(`${node.url}/api/cohorts/${theirs}`, { token: admin })).status).toBe(200);
  });
});
