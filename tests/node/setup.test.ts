/** The first steps of a centre, asked as its page asks: who may take charge of it, what is kept of each step, a parent that is tried first, and how all of it is changed later. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, claim, password, startTestNode, type TestNode } from './kit.ts';
import { tinyCompiler } from './tiny-course.ts';

const facts = { title: 'Regional Centre, Ile-Ife', country: 'NG', languages: ['en', 'fr'] };
const admin = { name: 'Amina Diallo', password, facts };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of courses with these names. */
function tinyCourses(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
  folders.push(folder);
  for (const name of names) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'course.yaml'), `The course ${name}.`);
  }
  return folder;
}

/** As a browser asks that is open at the node's own address. */
const atHome = (node: TestNode): Record<string, string> => ({ origin: node.url, 'sec-fetch-site': 'same-origin' });

describe('taking charge of a new centre', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({ origin: 'http://localhost:8080' });
  });
  afterAll(() => node.close());

  it('is for the node’s own machine, or for who has the code; nothing is made by anybody else', async () => {
    const here = async (headers: Record<string, string>): Promise<unknown> =>
      (await ask(`${node.url}/api/setup`, { headers })).body['here'];
    expect(await here({})).toBe(true);
    expect(await here({ 'x-forwarded-for': '10.0.0.9' })).toBe(false);
    for (const headers of [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { ...atHome(node), 'x-forwarded-for': '10.0.0.9' },
      {},
    ])
      expect(await ask(`${node.url}/api/setup`, { body: admin, headers })).toMatchObject({ status: 400, body: { error: 'needs-code' } });
    expect(await ask(`${node.url}/api/setup`, { body: { ...admin, code: '00000-00000' } })).toMatchObject({ status: 401 });
    expect((await ask(`${node.url}/api/node`)).body).toMatchObject({ claimed: false, centre: null });
  });

  it.each([
    ['bad-title', { ...admin, facts: { ...facts, title: '' } }],
    ['bad-country', { ...admin, facts: { ...facts, country: 'Nigeria' } }],
    ['bad-languages', { ...admin, facts: { ...facts, languages: [] } }],
    ['bad-name', { ...admin, name: ' ' }],
    ['weak-password', { ...admin, password: 'short' }],
  ])('is refused with a sentence: %s', async (error, body) => {
    const answer = await ask(`${node.url}/api/setup`, { body, headers: atHome(node) });
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(answer.body['message']).toMatch(/\.$/);
  });

  it('makes the administrator and the facts in one step, once; the printed code ends with it', async () => {
    const code = await node.node.firstRunCode();
    const made = await ask(`${node.url}/api/setup`, { body: admin, headers: atHome(node) });
    expect(made).toMatchObject({ status: 200, body: { name: 'Amina Diallo', roles: ['administrator'] } });
    expect((await ask(`${node.url}/api/node`)).body).toMatchObject({ claimed: true, centre: facts });
    expect((await ask(`${node.url}/api/setup`, { body: admin, headers: atHome(node) })).status).toBe(401);
    expect((await ask(`${node.url}/api/setup`, { body: { ...admin, name: 'Eve', code } })).status).toBe(401);
    // To a stranger it is a centre like any other.
    expect((await ask(`${node.url}/api/setup`)).body).toEqual({ claimed: true, node: 'centre', step: null });
    const token = made.body['token'] as string;
    expect((await ask(`${node.url}/api/setup`, { token })).body).toMatchObject({ step: 'parent', facts });
  });
});

it('a code makes the administrator from another device', async () => {
  const node = await startTestNode();
  const code = await node.node.firstRunCode();
  expect(await ask(`${node.url}/api/setup`, { body: { ...admin, code } })).toMatchObject({ status: 200 });
  await node.close();
});

describe('a centre and the one above it', () => {
  let parent: TestNode;
  let centre: TestNode;
  let [director, token] = ['', ''];
  let credential = '';
  const put = (path: string, body: unknown) => ask(`${centre.url}${path}`, { method: 'PUT', token, body });
  const trying = async (body: unknown) => (await ask(`${centre.url}/api/upstream/try`, { token, body })).body;

  beforeAll(async () => {
    const compiler = tinyCompiler;
    parent = await startTestNode({ name: 'sitc', courses: tinyCourses(['alpha', 'beta']), compiler });
    centre = await startTestNode({ name: 'dakar', courses: tinyCourses(['gamma']), compiler });
    director = await claim(parent, 'Director');
    token = await claim(centre);
    credential = (await ask(`${parent.url}/api/nodes`, { token: director, body: { name: 'dakar' } })).body['token'] as string;
    await ask(`${parent.url}/api/centre/about`, { method: 'PUT', token: director, body: { ...facts, title: 'The training centre' } });
  });
  afterAll(async () => {
    await centre.close();
    await parent.close();
  });

  it('who was made administrator by another way begins with the facts', async () => {
    expect((await ask(`${centre.url}/api/setup`, { token })).body).toMatchObject({ step: 'centre', facts: null });
    expect((await put('/api/centre/about', { ...facts, country: 'XYZ' })).body).toMatchObject({ error: 'bad-country' });
    expect((await put('/api/centre/about', facts)).body).toMatchObject({ step: 'parent', facts });
  });

  it('says plainly why a parent is none, and keeps nothing of it', async () => {
    const other = credential.replace('peer_dakar_', 'peer_accra_');
    expect(await trying({ url: parent.url, token: other })).toEqual({ ok: false, failure: 'other-node', for: 'accra' });
    expect(await trying({ url: parent.url, token: credential.replace(/.$/, (last) => (last === '0' ? '1' : '0')) })).toMatchObject({
      failure: 'not-accepted',
    });
    expect(await trying({ url: centre.url, token: credential })).toMatchObject({ failure: 'own' });
    expect(await trying({ url: 'http://127.0.0.1:1', token: credential })).toMatchObject({ failure: 'unreachable' });
    expect(await trying({ url: `${parent.url}/x`, token: credential })).toMatchObject({ error: 'bad-address' });
    expect(await trying({ url: parent.url, token: 'secret' })).toMatchObject({ error: 'not-credential' });
    expect(await trying({})).toMatchObject({ error: 'no-parent' });
    expect((await put('/api/upstream/parent', { url: parent.url, token: other })).body).toMatchObject({ error: 'other-node' });
    expect((await put('/api/upstream/parent', { url: parent.url, token: credential, hours: '6' })).body).toMatchObject({
      error: 'bad-hours',
    });
    expect((await put('/api/upstream/parent', { url: parent.url, token: credential, kbps: 0 })).body).toMatchObject({ error: 'bad-rate' });
    expect((await ask(`${centre.url}/api/setup`, { token })).body).toMatchObject({ step: 'parent', parent: { url: null } });
  });

  it('tries a parent, with what each of its courses weighs, before it is kept', async () => {
    const found = await trying({ url: `${parent.url}/`, token: credential });
    expect(found).toMatchObject({ ok: true, node: 'sitc', title: 'The training centre' });
    const offered = found['courses'] as { course: string; price: Record<string, { text: number }> }[];
    expect(offered.map(({ course }) => course)).toEqual(['alpha', 'beta']);
    for (const { course, price } of offered) {
      expect(Object.values(price)[0]?.text).toBeGreaterThan(0);
      expect((found['bytes'] as Record<string, number>)[course]).toBeGreaterThan(0);
    }
    // Who only asks has not come by.
    expect((await ask(`${parent.url}/api/nodes`, { token: director })).body).toMatchObject({ nodes: [{ node: 'dakar', contact: null }] });
  });

  it('joins while it runs, hands on what it is called, carries what was chosen, and is the same after a restart', async () => {
    expect((await put('/api/upstream/parent', { url: parent.url, token: credential, kbps: 100_000, hours: '' })).body).toMatchObject({
      step: 'courses',
      parent: { fixed: false, url: parent.url, kbps: 100_000 },
      // Nothing is fetched that nobody chose.
      carried: [],
    });
    await centre.node.upstream.visit();
    expect((await ask(`${centre.url}/api/setup`, { token })).body['courses']).toMatchObject([{ course: 'gamma' }]);
    expect((await put('/api/centre/courses', { offered: ['gamma', 'beta'], carried: ['beta'] })).body).toMatchObject({
      step: 'ready',
      offered: ['gamma', 'beta'],
      carried: ['beta'],
    });
    await centre.node.upstream.visit();
    await centre.node.upstream.visit();
    const children = async (): Promise<unknown> => (await ask(`${parent.url}/api/nodes`, { token: director })).body;
    expect(await children()).toMatchObject({ nodes: [{ node: 'dakar', about: facts }] });
    const listed = async (): Promise<unknown> =>
      ((await ask(`${centre.url}/content/manifests`)).body['courses'] as { course: string }[]).map(({ course }) => course).sort();
    expect(await listed()).toEqual(['beta', 'gamma']);

    // Limits alone are changed without the credential, which nobody is shown.
    const changed = await put('/api/upstream/parent', { url: parent.url, kbps: null, hours: '22-06' });
    expect(changed.body).toMatchObject({ parent: { url: parent.url, kbps: null, hours: '22:00-06:00' } });
    expect(JSON.stringify(changed.body)).not.toContain(credential);

    await centre.restart();
    expect((await ask(`${centre.url}/api/setup`, { token })).body).toMatchObject({
      step: 'ready',
      facts,
      parent: { url: parent.url, hours: '22:00-06:00' },
    });
    expect(await listed()).toEqual(['beta', 'gamma']);
    expect(await trying({})).toMatchObject({ ok: true, node: 'sitc' });
  });

  it('leaves out a course without deleting it, and takes a parent away', async () => {
    await put('/api/centre/courses', { offered: ['beta'] });
    expect((await ask(`${centre.url}/content/manifests`)).body['courses']).toMatchObject([{ course: 'beta' }]);
    expect((await ask(`${centre.url}/content/manifests/gamma`)).status).toBe(200);
    expect((await put('/api/centre/courses', { offered: null })).body['courses']).toHaveLength(2);
    expect((await put('/api/upstream/parent', { url: null })).body).toMatchObject({ step: 'ready', parent: { url: null } });
    expect((await ask(`${centre.url}/api/upstream`, { token })).body).toMatchObject({ state: 'none' });
    // What was asked once is not asked again.
    await centre.restart();
    expect((await ask(`${centre.url}/api/setup`, { token })).body).toMatchObject({ step: 'ready', parent: { url: null } });
  });

  it('a parent that was given at the start is changed there', async () => {
    await centre.join({ url: parent.url, token: credential, kbps: null, hours: null });
    expect((await put('/api/upstream/parent', { url: null })).body).toMatchObject({ error: 'fixed' });
    expect((await ask(`${centre.url}/api/setup`, { token })).body).toMatchObject({ parent: { fixed: true, url: parent.url } });
  });
});

describe('an administrator’s own name and password', () => {
  let node: TestNode;
  let token = '';
  const change = (body: unknown) => ask(`${node.url}/api/me/account`, { token, body });
  const signIn = async (name: string, word: string): Promise<number> =>
    (await ask(`${node.url}/api/session`, { body: { name, password: word } })).status;

  beforeAll(async () => {
    node = await startTestNode();
    token = await claim(node, 'Wangari');
  });
  afterAll(() => node.close());

  it('are changed by who knows the present password, and end the other sign-ins', async () => {
    const elsewhere = (await ask(`${node.url}/api/session`, { body: { name: 'Wangari', password } })).body['token'] as string;
    expect((await change({ password: 'another horse staple', newPassword: 'correct zebra battery' })).body).toMatchObject({
      error: 'wrong-password',
    });
    expect((await change({ password, newPassword: 'short' })).body).toMatchObject({ error: 'weak-password' });
    node.advance(10);
    const changed = await change({ password, name: 'Wangari Maathai', newPassword: 'correct zebra battery' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Wangari Maathai', roles: ['administrator'] } });
    const fresh = changed.body['token'] as string;
    node.advance(1000);
    expect((await ask(`${node.url}/api/centre`, { token: elsewhere })).status).toBe(401);
    expect((await ask(`${node.url}/api/centre`, { token: fresh })).status).toBe(200);
    token = fresh;
    expect([
      await signIn('Wangari', password),
      await signIn('Wangari', 'correct zebra battery'),
      await signIn('Wangari Maathai', password),
      await signIn('wangari  maathai', 'correct zebra battery'),
    ]).toEqual([401, 401, 401, 200]);
  });

  it('a name that was given up is free, and one that somebody has is not', async () => {
    const invite = async (name: string): Promise<number> => {
      const { body } = await ask(`${node.url}/api/people`, { token, body: { name, role: 'trainer' } });
      return (await ask(`${node.url}/api/session`, { body: { code: body['code'], name, password } })).status;
    };
    expect(await invite('Wangari')).toBe(200);
    expect((await change({ password: 'correct zebra battery', name: 'Wangari' })).body).toMatchObject({ error: 'name-taken' });
    expect(await signIn('Wangari Maathai', 'correct zebra battery')).toBe(200);
  });
});

it('a copy of another node, with a name of its own, does not use the credential of the one that it was', async () => {
  const node = await startTestNode({ name: 'dakar' });
  const token = await claim(node);
  const credential = `peer_dakar_${'0'.repeat(52)}`;
  await ask(`${node.url}/api/upstream/parent`, { method: 'PUT', token, body: { url: 'http://127.0.0.1:1', token: credential } });
  expect((await ask(`${node.url}/api/upstream`, { token })).body).toMatchObject({ url: 'http://127.0.0.1:1' });
  // As a backup that is put back under another name leaves it.
  const choices = JSON.stringify({ parent: { url: 'http://127.0.0.1:1', token: credential.replace('dakar', 'accra') } });
  await node.restart();
  await node.node.centre.choose(JSON.parse(choices) as object);
  await node.restart();
  expect((await ask(`${node.url}/api/upstream`, { token })).body).toMatchObject({ state: 'none', url: null });
  expect(node.lines.join('\n')).toContain('credential for http://127.0.0.1:1 is another node’s');
  await node.close();
});
