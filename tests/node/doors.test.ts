/**
 * Every address of the node, by who comes to it and by whether the thing exists: what is not allowed is refused with the same status, headers and words
 * whether it exists or not. The table is held against the addresses that stand in the source, so an address that it does not know fails here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeviceId, createPersonId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import { openAccounts } from '../../src/server/main.ts';
import { aRecord } from '../fixtures/records.ts';
import {
  ask,
  claim,
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

const callers = ['stranger', 'rubbish', 'revoked', 'ann', 'bob', 'tina', 'otto', 'rita', 'admin', 'east'] as const;
/**
 * `stranger` has no token, `rubbish` one that this node never signed, `revoked` one that was taken back. Ann and Bob are learners; Tina teaches Ann, Otto teaches Bob;
 * Rita reviews; `admin` administers; `east` is a child of this node.
 */
type CallerName = (typeof callers)[number];

interface World {
  readonly node: TestNode;
  readonly tokens: Readonly<Record<CallerName, string | undefined>>;
  readonly ann: Learner;
  readonly bob: Learner;
  readonly cohorts: { readonly tinas: string; readonly ottos: string };
}

/** One thing that an address may lead to: where it is asked, and who may. */
interface Thing {
  readonly path: string;
  readonly body?: unknown;
  readonly open: readonly CallerName[] | 'all';
}

/** How an organ writes a refusal. */
type Form = 'node' | 'couch';

interface Row {
  readonly form: Form;
  readonly things: (world: World) => Readonly<Record<string, Thing>>;
}

const one = (path: string, open: Thing['open'], body?: unknown) => (): Readonly<Record<string, Thing>> => ({
  it: { path, open, ...(body === undefined ? {} : { body }) },
});

const nobody = createPersonId(random);

/** A cohort of Tina's, one of Otto's, one that does not exist, and what is no name of a cohort. */
const cohorts =
  (rest: string, bodies: readonly unknown[]) =>
  ({ cohorts: { tinas, ottos } }: World): Readonly<Record<string, Thing>> =>
    Object.fromEntries(
      bodies.flatMap((body, n): [string, Thing][] =>
        (
          [
            ['tinas', tinas, ['tina', 'admin']],
            ['ottos', ottos, ['otto', 'admin']],
            ['none', 'nothing-here', []],
            ['odd', '%2e%2e%2f', []],
            ['inherited', '__proto__', []],
          ] as const
        ).map(([name, id, open]) => [
          `${name} ${String(n)}`,
          { path: `/api/cohorts/${id}${rest}`, open, ...(body === undefined ? {} : { body }) },
        ]),
      ),
    );

/** Ann whom Tina teaches, Bob whom Otto teaches, somebody who was never here, and what is nobody's name; an administrator is told what is not there. */
const persons =
  (rest: string, who: 'trainer' | 'administrator', body?: unknown) =>
  ({ ann, bob }: World): Readonly<Record<string, Thing>> =>
    Object.fromEntries(
      (
        [
          ['ann', ann.person, 'tina'],
          ['bob', bob.person, 'otto'],
          ['none', nobody, null],
          ['odd', '%2e%2e%2f', null],
          ['inherited', '__proto__', null],
        ] as const
      ).map(([name, id, trainer]): [string, Thing] => [
        name,
        {
          path: `/api/people/${id}${rest}`,
          open: who === 'trainer' && trainer !== null ? [trainer, 'admin'] : ['admin'],
          ...(body === undefined ? {} : { body }),
        },
      ]),
    );

const receipts = ({ ann, bob }: World): Readonly<Record<string, Thing>> => {
  const of = (person: PersonId | string, device: string, open: readonly CallerName[]): Thing => ({
    path: '/sync',
    open,
    body: { person, device, revisions: { [`${person}:note:x:y:z`]: '1-a' } },
  });
  return {
    ann: of(ann.person, ann.device, ['ann']),
    bob: of(bob.person, bob.device, ['bob']),
    'ann on bob’s device': of(ann.person, bob.device, []),
    'ann on no device': of(ann.person, createDeviceId(random), []),
    'nobody on no device': of(nobody, createDeviceId(random), []),
  };
};

/** A child of this node (made by the row above this one), one that is none, and what is no name. */
const children = (): Readonly<Record<string, Thing>> =>
  Object.fromEntries(['west', 'north', '%2e%2e%2f', '__proto__'].map((name) => [name, { path: `/api/nodes/${name}`, open: ['admin'] }]));

const table: Readonly<Record<string, Row>> = {
  'GET /api/node': { form: 'node', things: one('/api/node', 'all') },
  // What is wrong with a sign-in is its own test below: asking often is slowed down.
  'POST /api/session': { form: 'node', things: one('/api/session', 'all', {}) },
  'GET /api/setup': { form: 'node', things: one('/api/setup', 'all') },
  'POST /api/setup': { form: 'node', things: one('/api/setup', 'all', {}) },
  'PUT /api/centre/about': { form: 'node', things: one('/api/centre/about', ['admin'], {}) },
  'PUT /api/centre/courses': { form: 'node', things: one('/api/centre/courses', ['admin'], {}) },
  'POST /api/upstream/try': { form: 'node', things: one('/api/upstream/try', ['admin'], {}) },
  'PUT /api/upstream/parent': { form: 'node', things: one('/api/upstream/parent', ['admin'], {}) },
  'POST /api/me/account': { form: 'node', things: one('/api/me/account', ['tina', 'otto', 'rita', 'admin'], {}) },
  'POST /api/link': { form: 'node', things: one('/api/link', ['ann', 'bob'], {}) },
  'GET /api/people': { form: 'node', things: one('/api/people', ['admin']) },
  'POST /api/people': { form: 'node', things: one('/api/people', ['admin'], { name: 'Nia', role: 'reviewer' }) },
  'GET /api/learners': { form: 'node', things: one('/api/learners', ['tina', 'otto', 'admin']) },
  'GET /api/people/:person': { form: 'node', things: persons('', 'trainer') },
  'POST /api/people/:person/link': { form: 'node', things: persons('/link', 'trainer', {}) },
  // Bodies that nobody could do anything with: whoever may is told so.
  'POST /api/people/:person/revoke': { form: 'node', things: persons('/revoke', 'trainer', {}) },
  'POST /api/people/:person/restore': { form: 'node', things: persons('/restore', 'trainer', { device: 'x' }) },
  'POST /api/people/:person/erase': { form: 'node', things: persons('/erase', 'administrator', {}) },
  'POST /api/people/:person/alias': { form: 'node', things: persons('/alias', 'administrator', {}) },
  'POST /api/people/:person/countries': { form: 'node', things: persons('/countries', 'administrator', {}) },
  'POST /api/people/:person/part': { form: 'node', things: persons('/part', 'administrator', {}) },
  'GET /api/me': { form: 'node', things: one('/api/me', ['ann', 'bob']) },
  'POST /api/me/alias': { form: 'node', things: one('/api/me/alias', ['ann', 'bob'], {}) },
  'POST /api/me/part': { form: 'node', things: one('/api/me/part', ['ann', 'bob'], {}) },
  'POST /api/me/revoke': { form: 'node', things: one('/api/me/revoke', ['ann', 'bob'], {}) },
  'POST /api/me/erasure': { form: 'node', things: one('/api/me/erasure', ['ann', 'bob'], {}) },
  'POST /api/me/key': { form: 'node', things: one('/api/me/key', ['tina', 'otto', 'rita', 'admin'], {}) },
  'GET /api/me/evidence': { form: 'node', things: one('/api/me/evidence', ['ann', 'bob', 'tina', 'otto', 'rita', 'admin']) },
  'POST /api/keys': { form: 'node', things: one('/api/keys', ['ann', 'bob', 'tina', 'otto', 'rita', 'admin'], { keys: [] }) },
  'GET /api/cohorts': { form: 'node', things: one('/api/cohorts', ['tina', 'otto', 'admin']) },
  'POST /api/cohorts': { form: 'node', things: one('/api/cohorts', ['tina', 'otto', 'admin'], { title: 'Lima', courses: [] }) },
  'GET /api/cohorts/:id': { form: 'node', things: cohorts('', [undefined]) },
  'POST /api/cohorts/:id/country': { form: 'node', things: cohorts('/country', [{}, []]) },
  'POST /api/cohorts/:id/codes': { form: 'node', things: cohorts('/codes', [{ count: 1 }, {}, []]) },
  'GET /api/certificates': { form: 'node', things: one('/api/certificates', ['admin']) },
  'POST /api/certificates': { form: 'node', things: one('/api/certificates', ['admin'], {}) },
  'POST /api/certificates/:uuid/state': {
    form: 'node',
    things: () =>
      Object.fromEntries(
        ['00000000-0000-4000-8000-000000000000', '%2e%2e%2f', '__proto__'].map((name) => [
          name,
          { path: `/api/certificates/${name}/state`, open: ['admin'], body: {} },
        ]),
      ),
  },
  'GET /api/cascade': { form: 'node', things: one('/api/cascade', ['admin']) },
  'GET /api/cascade/own': { form: 'node', things: one('/api/cascade/own', ['tina', 'otto', 'admin']) },
  'GET /api/evaluation': { form: 'node', things: one('/api/evaluation', ['admin']) },
  'POST /api/evaluation/costs': { form: 'node', things: one('/api/evaluation/costs', ['admin'], {}) },
  'POST /api/evaluation/costs/:id/withdraw': {
    form: 'node',
    things: () =>
      Object.fromEntries(
        ['01JZZZZZZZZZZZZZZZZZZZZZZZ', '%2e%2e%2f', '__proto__'].map((name) => [
          name,
          { path: `/api/evaluation/costs/${name}/withdraw`, open: ['admin'], body: {} },
        ]),
      ),
  },
  'POST /api/evaluation/years': { form: 'node', things: one('/api/evaluation/years', ['admin'], {}) },
  'GET /api/me/about': { form: 'node', things: one('/api/me/about', ['tina', 'otto', 'rita', 'admin']) },
  'GET /api/update': { form: 'node', things: one('/api/update', ['admin']) },
  'PUT /api/update/file': { form: 'node', things: one('/api/update/file?at=x', ['admin'], {}) },
  'GET /api/update/release/:sha256': {
    form: 'node',
    // Nothing is handed on here: a node below is told so, and nobody else learns whether something is.
    things: () => ({
      none: { path: `/api/update/release/${'0'.repeat(64)}`, open: ['east'] },
      odd: { path: '/api/update/release/%2e%2e%2f', open: ['east'] },
    }),
  },
  'POST /api/update/above': { form: 'node', things: one('/api/update/above', ['admin'], {}) },
  'DELETE /api/update/above': { form: 'node', things: one('/api/update/above', ['admin']) },
  'POST /api/update': { form: 'node', things: one('/api/update', ['admin'], {}) },
  'POST /api/update/back': { form: 'node', things: one('/api/update/back', ['admin'], {}) },
  'POST /api/me/confirm': { form: 'node', things: one('/api/me/confirm', ['tina', 'otto', 'rita', 'admin'], {}) },
  'GET /api/me/sessions': { form: 'node', things: one('/api/me/sessions', ['tina', 'otto', 'rita', 'admin']) },
  // A body with which nobody is signed out.
  'POST /api/me/sign-out': { form: 'node', things: one('/api/me/sign-out', ['tina', 'otto', 'rita', 'admin'], { everywhere: false }) },
  'POST /api/me/about': { form: 'node', things: one('/api/me/about', ['tina', 'otto', 'rita', 'admin'], {}) },
  'GET /api/desk': { form: 'node', things: one('/api/desk', ['tina', 'otto', 'rita', 'admin']) },
  'POST /api/desk': { form: 'node', things: one('/api/desk', ['tina', 'otto', 'rita', 'admin'], { documents: [] }) },
  'POST /sync': { form: 'node', things: receipts },
  'GET /content/manifests': { form: 'node', things: one('/content/manifests', 'all') },
  'GET /content/manifests/:course': { form: 'node', things: one('/content/manifests/none', 'all') },
  'GET /content/pieces/:sha256': { form: 'node', things: one(`/content/pieces/${'0'.repeat(64)}`, 'all') },
  'GET /content/commons': { form: 'node', things: one('/content/commons', 'all') },
  'GET /content/compendium/list': { form: 'node', things: one('/content/compendium/list', 'all') },
  'GET /content/compendium/entries/:id': { form: 'node', things: one('/content/compendium/entries/none', 'all') },
  'GET /content/compendium/compare': { form: 'node', things: one('/content/compendium/compare', 'all') },
  'GET /content/compendium/gaps': { form: 'node', things: one('/content/compendium/gaps', 'all') },
  'GET /content/compendium/entries.csv': { form: 'node', things: one('/content/compendium/entries.csv', 'all') },
  'GET /content/compendium/catalogue.jsonld': { form: 'node', things: one('/content/compendium/catalogue.jsonld', 'all') },
  'GET /content/compendium/network': { form: 'node', things: one('/content/compendium/network', 'all') },
  'GET /content/compendium/opportunities': { form: 'node', things: one('/content/compendium/opportunities', 'all') },
  'GET /content/compendium/resources': { form: 'node', things: one('/content/compendium/resources', 'all') },
  'GET /content/compendium/coordination': { form: 'node', things: one('/content/compendium/coordination', 'all') },
  'GET /content/compendium/coordination.csv': { form: 'node', things: one('/content/compendium/coordination.csv', 'all') },
  'GET /content/compendium/coordination/help.csv': { form: 'node', things: one('/content/compendium/coordination/help.csv', 'all') },
  'GET /content/compendium/coordination/people': { form: 'node', things: one('/content/compendium/coordination/people', 'all') },
  'GET /content/compendium/coordination/people.csv': { form: 'node', things: one('/content/compendium/coordination/people.csv', 'all') },
  'GET /content/compendium/profiles': { form: 'node', things: one('/content/compendium/profiles', 'all') },
  'GET /content/compendium/profiles/:id': { form: 'node', things: one('/content/compendium/profiles/none', 'all') },
  'GET /content/compendium/plans/:id': { form: 'node', things: one('/content/compendium/plans/none', 'all') },
  'GET /content/compendium/plans/:id/people': { form: 'node', things: one('/content/compendium/plans/none/people', 'all') },
  'GET /content/compendium/help': { form: 'node', things: one('/content/compendium/help', 'all') },
  'GET /content/compendium/help/:id': { form: 'node', things: one('/content/compendium/help/none', 'all') },
  'GET /content/compendium/pairs': { form: 'node', things: one('/content/compendium/pairs', 'all') },
  'GET /content/compendium/writing': { form: 'node', things: one('/content/compendium/writing?kinds=solution', 'all') },
  'GET /content/compendium/calls': { form: 'node', things: one('/content/compendium/calls', 'all') },
  'GET /content/compendium/offers/:id': { form: 'node', things: one('/content/compendium/offers/none', 'all') },
  'GET /content/compendium/calls/:id': { form: 'node', things: one('/content/compendium/calls/none', 'all') },
  'POST /content/pack': { form: 'node', things: one('/content/pack', 'all', { pieces: [] }) },
  'GET /content/programmes': { form: 'node', things: one('/content/programmes', 'all') },
  'GET /content/trust': { form: 'node', things: one('/content/trust', 'all') },
  'GET /health': { form: 'node', things: one('/health', 'all') },
  'POST /api/greeting': { form: 'node', things: one('/api/greeting', ['east'], {}) },
  'GET /api/nodes': { form: 'node', things: one('/api/nodes', ['admin']) },
  'POST /api/nodes': { form: 'node', things: one('/api/nodes', ['admin'], { name: 'west' }) },
  'DELETE /api/nodes/:node': { form: 'node', things: children },
  'GET /api/upstream': { form: 'node', things: one('/api/upstream', ['admin']) },
  'POST /api/upstream/visit': { form: 'node', things: one('/api/upstream/visit', ['admin'], {}) },
  'PUT /api/upstream/courses': { form: 'node', things: one('/api/upstream/courses', ['admin'], { courses: null }) },
  'GET /api/trust': { form: 'node', things: one('/api/trust', 'all') },
  'GET /api/trust/code.svg': { form: 'node', things: one('/api/trust/code.svg', 'all') },
  'GET /api/centre': { form: 'node', things: one('/api/centre', ['admin']) },
  'GET /api/centre/diagnosis': { form: 'node', things: one('/api/centre/diagnosis', ['admin']) },
  'GET /metrics': { form: 'node', things: one('/metrics', ['admin']) },
};

/** The calls of the standard road: what a replicator asks, below the address of a range. */
const calls: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', ''],
  ['PUT', ''],
  ['GET', '_changes'],
  ['POST', '_changes?filter=_doc_ids', { doc_ids: ['DOCUMENT'] }],
  ['GET', '_changes?feed=longpoll&timeout=1'],
  ['POST', '_revs_diff', { DOCUMENT: ['1-a'] }],
  ['POST', '_missing_revs', { DOCUMENT: ['1-a'] }],
  ['POST', '_bulk_docs', { docs: [] }],
  ['POST', '_bulk_get', { docs: [{ id: 'DOCUMENT' }] }],
  ['GET', '_all_docs'],
  ['POST', '_all_docs', { keys: ['DOCUMENT'] }],
  ['POST', '_ensure_full_commit', {}],
  ['POST', '_compact', {}],
  ['GET', 'DOCUMENT'],
  ['GET', 'DOCUMENT?open_revs=all'],
  ['PUT', 'DOCUMENT', {}],
  ['DELETE', 'DOCUMENT?rev=1-a'],
  ['GET', 'DOCUMENT/x.png'],
  ['PUT', 'DOCUMENT/x.png', {}],
  ['DELETE', 'DOCUMENT/x.png?rev=1-a'],
  ['GET', '_local/x'],
  ['PUT', '_local/x', {}],
  ['DELETE', '_local/x'],
  ['GET', '_design/x'],
  ['PUT', '_design/x', {}],
  ['GET', '_nothing'],
];

/** Words of a refusal that do not depend on what was asked. */
const refusals: Readonly<Record<Form, Readonly<Record<'nobody' | 'revoked' | 'other', readonly [status: number, body: object]>>>> = {
  node: {
    nobody: [401, { error: 'expired', message: 'Nobody is signed in with this request, or no longer.' }],
    revoked: [403, { error: 'revoked', message: 'This sign-in was taken back by the centre.' }],
    other: [403, { error: 'forbidden', message: 'This is not open to you.' }],
  },
  couch: {
    nobody: [401, { error: 'unauthorized', reason: 'Nobody is signed in with this request, or no longer.' }],
    revoked: [403, { error: 'forbidden', reason: 'This sign-in was taken back by the centre.' }],
    other: [403, { error: 'forbidden', reason: 'This range is not open to you.' }],
  },
};

const sortOf = (caller: CallerName): 'nobody' | 'revoked' | 'other' =>
  caller === 'stranger' || caller === 'rubbish' ? 'nobody' : caller === 'revoked' ? 'revoked' : 'other';

/** All that a client sees of an answer but the time, and whether the line is kept: where a refusal came before the body had, it is not. */
const seen = ({ status, headers, body }: Answer): object => ({
  status,
  headers: Object.fromEntries([...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))),
  body,
});

/** Not this machine itself: /metrics takes whoever comes through a proxy for a stranger. */
const outside = { 'x-forwarded-for': '203.0.113.7' };

describe('every address of the node', () => {
  let world: World;

  beforeAll(async () => {
    const node = await startTestNode();
    const admin = await claim(node);
    const staff = async (name: string, role: string): Promise<string> => {
      const { body } = await ask(`${node.url}/api/people`, { token: admin, body: { name, role } });
      return (await ask(`${node.url}/api/session`, { body: { code: body['code'], name, password } })).body['token'] as string;
    };
    const [tina, otto, rita] = [await staff('Tina', 'trainer'), await staff('Otto', 'trainer'), await staff('Rita', 'reviewer')];
    const [tinas, ottos] = [await makeCohort(node, tina), await makeCohort(node, otto)];
    const [annsCode = '', lostCode = ''] = await codesFor(node, tina, tinas, ['Ann', 'Lost']);
    const [bobsCode = ''] = await codesFor(node, otto, ottos, ['Bob']);
    const [ann, lost, bob] = [await joinBy(node, annsCode), await joinBy(node, lostCode), await joinBy(node, bobsCode)];
    const others = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
    const east = await others.peers.add('east' as NodeId);
    await others.sessions.revoke(lost.person);
    await others.engine.close();
    // What another process took back is over half a second later.
    node.advance(1000);
    const rubbish = `${ann.token.slice(0, -4)}AAAA`;
    world = {
      node,
      ann,
      bob,
      cohorts: { tinas, ottos },
      tokens: { stranger: undefined, rubbish, revoked: lost.token, ann: ann.token, bob: bob.token, tina, otto, rita, admin, east },
    };
    for (const { person, device, token } of [ann, bob])
      for (const kind of ['note', 'register'] as const)
        await ask(`${node.url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [aRecord(kind, person, device)] } });
    await ask(`${node.url}/replica/db/library`, { token: admin, method: 'PUT' });
  });
  afterAll(() => world.node.close());

  const askAs = (caller: CallerName, method: string, { path, body }: Pick<Thing, 'path' | 'body'>): Promise<Answer> => {
    const token = world.tokens[caller];
    return ask(world.node.url + path, {
      method,
      headers: outside,
      ...(token === undefined ? {} : { token }),
      ...(body === undefined ? {} : { body }),
    });
  };

  async function hold(method: string, form: Form, things: Readonly<Record<string, Thing>>): Promise<void> {
    for (const caller of callers) {
      let first: { name: string; answer: object } | null = null;
      for (const [name, thing] of Object.entries(things)) {
        const answer = await askAs(caller, method, thing);
        const about = `${caller}: ${method} ${thing.path} (${name})`;
        if (thing.open === 'all' || thing.open.includes(caller)) {
          expect([401, 403], `${about} is refused: ${JSON.stringify(answer.body)}`).not.toContain(answer.status);
          continue;
        }
        const [status, body] = refusals[form][sortOf(caller)];
        expect([answer.status, answer.body], about).toEqual([status, body]);
        first ??= { name, answer: seen(answer) };
        expect(seen(answer), `${about} is refused otherwise than ${first.name}`).toEqual(first.answer);
      }
    }
  }

  it('stands in the table', () => {
    const server = resolve(import.meta.dirname, '../../src/lib/server');
    const sources = readdirSync(server, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const found = sources.flatMap((name) =>
      [...readFileSync(join(server, name), 'utf8').matchAll(/method: '([A-Z]+)',\s*path: '([^']+)'/g)].map(
        ([, method, path]) => `${method ?? ''} ${path ?? ''}`,
      ),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(found.toSorted()).toEqual(Object.keys(table).toSorted());
    const road = readFileSync(join(server, 'replica/road.ts'), 'utf8');
    const answered = [...road.matchAll(/'(GET|POST|PUT|DELETE) (_[a-z_]+)'/g)].map(([, method, path]) => `${method ?? ''} ${path ?? ''}`);
    expect(answered.length).toBeGreaterThan(6);
    const asked = new Set(calls.map(([method, path]) => `${method} ${path.split('?')[0] ?? ''}`));
    expect(answered.filter((call) => !asked.has(call))).toEqual([]);
  });

  it.each(Object.entries(table))('%s', async (name, { form, things }) => {
    const method = name.split(' ')[0] ?? '';
    await hold(method, form, things(world));
    if (method === 'GET')
      for (const thing of Object.values(things(world)))
        for (const caller of callers) {
          const [get, head] = [await askAs(caller, 'GET', thing), await askAs(caller, 'HEAD', thing)];
          expect(head.status, `${caller}: HEAD ${thing.path}`).toBe(get.status);
        }
  });

  it.each(calls.map(([method, path, body]) => ({ method, path, body })))(
    '$method /replica/person/<person>/$path',
    async ({ method, path, body }) => {
      const { ann, bob } = world;
      const isWrite = (method === 'PUT' || method === 'DELETE' || path === '_bulk_docs') && path !== '';
      const range = (person: string, open: readonly CallerName[]): Thing => {
        const note = aRecord('note', ann.person, ann.device)._id.replace(ann.person, person);
        const text = body === undefined ? undefined : (JSON.parse(JSON.stringify(body).replaceAll('DOCUMENT', note)) as unknown);
        return {
          path: `/replica/person/${person}/${path.replace('DOCUMENT', encodeURIComponent(note))}`,
          open,
          ...(text === undefined ? {} : { body: text }),
        };
      };
      const things = {
        ann: range(ann.person, ['ann', 'tina', 'admin']),
        bob: range(bob.person, ['bob', 'otto', 'admin']),
        nobody: range(nobody, ['admin']),
        odd: range('not-a-person', []),
        inherited: range('constructor', []),
      };
      if (!isWrite) {
        await hold(method, 'couch', things);
        return;
      }
      // Who only reads is refused in other words, and who writes by the document's own. Everybody else, as ever.
      const outsiders = callers.filter((caller) => !['ann', 'bob', 'tina', 'otto', 'admin'].includes(caller));
      for (const caller of outsiders) {
        const answers = await Promise.all(Object.values(things).map((thing) => askAs(caller, method, thing)));
        for (const answer of answers) expect([answer.status, answer.body]).toEqual(refusals.couch[sortOf(caller)]);
      }
      for (const [caller, theirs] of [
        ['ann', 'bob'],
        ['tina', 'bob'],
        ['bob', 'ann'],
        ['otto', 'ann'],
      ] as const)
        expect(seen(await askAs(caller, method, things[theirs])), `${caller} in the range of ${theirs}`).toEqual(
          seen(await askAs(caller, method, things.nobody)),
        );
      // An administrator writes nowhere, whether the document is there or not.
      const [there, none] = [await askAs('admin', method, things.ann), await askAs('admin', method, things.nobody)];
      expect(there.status).toBe(403);
      expect(seen(there)).toEqual(seen(none));
    },
  );

  it.each(calls.map(([method, path, body]) => ({ method, path, body })))(
    '$method /replica/db/<database>/$path',
    async ({ method, path, body }) => {
      const { ann } = world;
      const isWrite = (method === 'PUT' || method === 'DELETE' || path === '_bulk_docs') && !path.startsWith('_local');
      const database = (name: string, open: readonly CallerName[]): Thing => {
        const note = aRecord('note', ann.person, ann.device)._id;
        const text = body === undefined ? undefined : (JSON.parse(JSON.stringify(body).replaceAll('DOCUMENT', note)) as unknown);
        return {
          path: `/replica/db/${name}/${path.replace('DOCUMENT', encodeURIComponent(note))}`,
          open,
          ...(text === undefined ? {} : { body: text }),
        };
      };
      const things = {
        'this node’s records': database('records-centre', isWrite ? [] : ['admin']),
        'a child’s records': database('records-east', ['east', ...(isWrite ? [] : (['admin'] as const))]),
        'records of nobody': database('records-nobody', isWrite ? [] : ['admin']),
        'this node’s desk': database('desk-centre', isWrite ? [] : ['admin']),
        'another’s desk': database('desk-north', isWrite ? [] : ['admin']),
        'what is published': database('commons-centre', isWrite ? [] : ['admin', 'east']),
        'orders here': database('orders-centre', isWrite ? [] : ['admin', 'east']),
        'orders of another': database('orders-north', isWrite ? [] : ['admin']),
        accounts: database('accounts', []),
        private: database('private', []),
        'the engine’s own': database('engine', []),
        'CouchDB’s own': database('_users', []),
        'a further one': database('library', ['admin']),
        'a further one that is not there': database('nothing-here', ['admin']),
        'no name': database('Records%20Centre', []),
        inherited: database('__proto__', []),
        'out of the prefix': database('..%2frecords-centre', []),
      };
      for (const caller of callers) {
        let first: object | null = null;
        for (const [name, thing] of Object.entries(things)) {
          const isOpen = thing.open !== 'all' && thing.open.includes(caller);
          // What an administrator or a child may read and not write is refused in its own words; whether a document stands there makes no difference (below).
          if (isOpen || (isWrite && (caller === 'admin' || caller === 'east'))) continue;
          const answer = await askAs(caller, method, thing);
          const about = `${caller}: ${method} ${thing.path} (${name})`;
          // To an administrator a name that no database can have is told as such: there is nothing to hide from them.
          if (caller === 'admin' && method === 'PUT' && path === '') continue;
          expect([answer.status, answer.body], about).toEqual(refusals.couch[sortOf(caller)]);
          first ??= seen(answer);
          expect(seen(answer), about).toEqual(first);
        }
      }
      if (!isWrite || path === '') return;
      const stranger = (name: keyof typeof things): Thing => ({
        ...things[name],
        path: things[name].path.replace(ann.person, nobody),
        body: JSON.parse(JSON.stringify(things[name].body ?? null).replaceAll(ann.person, nobody)) as unknown,
      });
      for (const [caller, name] of [
        ['admin', 'this node’s records'],
        ['east', 'this node’s records'],
        ['east', 'another’s desk'],
        ['east', 'orders here'],
        ['east', 'a further one'],
      ] as const) {
        const [there, none] = [await askAs(caller, method, things[name]), await askAs(caller, method, stranger(name))];
        expect(there.status, `${caller}: ${method} ${things[name].path}`).toBe(403);
        expect(seen(there)).toEqual(seen(none));
      }
    },
  );

  it.each(['', '_all_dbs', '_uuids', '_session', '_up'])('GET /replica/db/%s says to each only what is theirs', async (path) => {
    const { node, tokens } = world;
    for (const caller of callers) {
      const { status, body } = await ask(`${node.url}/replica/db/${path}`, {
        headers: outside,
        ...(tokens[caller] === undefined ? {} : { token: tokens[caller] }),
      });
      if (path !== '_all_dbs') continue;
      const mayList = sortOf(caller) === 'other';
      expect(status, caller).toBe(mayList ? 200 : sortOf(caller) === 'nobody' ? 401 : 403);
      const names = mayList ? (body as unknown as readonly string[]) : [];
      expect(names.filter((name) => /^(?:accounts|private|engine)|^_/.test(name))).toEqual([]);
      if (caller === 'east')
        expect(names.filter((name) => !/^(?:commons-.*|orders-centre|records-east|desk-east)$/.test(name))).toEqual([]);
      else if (caller === 'admin') expect(names).toContain('library');
      else expect(names).toEqual([]);
    }
  });

  it('says nothing about another’s documents inside one’s own range', async () => {
    const { node, ann, bob } = world;
    const base = `${node.url}/replica/person/${ann.person}`;
    const { token } = ann;
    const theirs = aRecord('note', bob.person, bob.device)._id;
    const rev = (await ask(`${node.url}/replica/person/${bob.person}/${encodeURIComponent(theirs)}`, { token: bob.token })).body[
      '_rev'
    ] as string;
    expect(rev).toMatch(/^1-/);
    const never = theirs.replace(bob.person, nobody);
    const compare = async (make: (id: string) => Promise<Answer>): Promise<void> => {
      const [there, none] = [await make(theirs), await make(never)];
      const text = JSON.stringify(seen(there)).replaceAll(bob.person, nobody);
      expect(text).toBe(JSON.stringify(seen(none)));
      expect(text).not.toContain('近');
    };
    const at = (id: string): string => `${base}/${encodeURIComponent(id)}`;
    await compare((id) => ask(at(id), { token }));
    await compare((id) => ask(`${at(id)}?rev=${rev}`, { token }));
    await compare((id) => ask(`${at(id)}?open_revs=all`, { token }));
    await compare((id) => ask(at(id), { token, method: 'PUT', body: { ...aRecord('note', ann.person, ann.device), _id: id } }));
    await compare((id) => ask(`${at(id)}?rev=${rev}`, { token, method: 'DELETE' }));
    await compare((id) => ask(`${base}/_bulk_get`, { token, body: { docs: [{ id, rev }] } }));
    await compare((id) => ask(`${base}/_revs_diff`, { token, body: { [id]: [rev] } }));
    await compare((id) => ask(`${base}/_all_docs?include_docs=true`, { token, body: { keys: [id] } }));
    await compare((id) => ask(`${base}/_all_docs?key=${encodeURIComponent(JSON.stringify(id))}`, { token }));
    await compare((id) => ask(`${base}/_changes?filter=_doc_ids`, { token, body: { doc_ids: [id] } }));
    await compare((id) =>
      ask(`${base}/_bulk_docs`, {
        token,
        body: { docs: [{ ...aRecord('note', bob.person, bob.device), _id: id, person: id.slice(0, 26), _rev: rev }] },
      }),
    );
    await compare((id) =>
      ask(`${base}/_bulk_docs`, {
        token,
        body: { docs: [{ ...aRecord('note', bob.person, bob.device), _id: id, person: id.slice(0, 26), _rev: rev }], new_edits: false },
      }),
    );
    await compare((id) =>
      ask(`${node.url}/sync`, { token, body: { person: ann.person, device: ann.device, revisions: { [id]: rev } } }).then((answer) => ({
        ...answer,
        body: { ...answer.body, now: '' },
      })),
    );
    // One person's replications keep their place apart from another's, and a trainer's apart from both.
    await ask(`${base}/_local/place`, { token, method: 'PUT', body: { at: 7 } });
    const places = await Promise.all([
      ask(`${node.url}/replica/person/${bob.person}/_local/place`, { token: bob.token }),
      ask(`${base}/_local/place`, { token: world.tokens.tina ?? '' }),
    ]);
    expect(places.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('says the same to a wrong password whether the name is somebody’s or not', async () => {
    const { node } = world;
    const wrong = (name: string): Promise<Answer> => ask(`${node.url}/api/session`, { body: { name, password: 'not the password' } });
    const [known, unknown] = [await wrong('Tina'), await wrong('Zuri')];
    expect(known.status).toBe(401);
    expect(seen(known)).toEqual(seen(unknown));
  });
});
