/** Real nodes on real sockets: two centres and the one above them, over lines that break. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createPersonId, type CourseId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import type { Hours } from '../../src/lib/sync/link.ts';
import { openAccounts } from '../../src/server/main.ts';
import type { Compiler } from '../../src/lib/server/content/library.ts';
import { aRecord } from '../fixtures/records.ts';
import { openCutLine, type CutLine } from './cut-line.ts';
import { tinyCompiler, tinyPackage } from './tiny-course.ts';
import { ask, claim, codesFor, joinBy, makeCohort, random, startTestNode, type Learner, type StartGiven, type TestNode } from './kit.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(given: StartGiven): Promise<TestNode> {
  const node = await startTestNode(given);
  closers.push(() => node.close());
  return node;
}

interface Centre {
  readonly name: string;
  readonly node: TestNode;
  readonly admin: string;
  readonly cohort: string;
  readonly line: CutLine;
  readonly token: string;
}

/** The one above: a node with an administrator. */
async function startParent(given: StartGiven = {}): Promise<{ node: TestNode; admin: string }> {
  const node = await start({ name: 'sitc', ...given });
  return { node, admin: await claim(node) };
}

async function credentialFor({ node, admin }: { node: TestNode; admin: string }, name: string): Promise<string> {
  const made = await ask(`${node.url}/api/nodes`, { token: admin, body: { name } });
  expect(made.status).toBe(201);
  return made.body['token'] as string;
}

async function startCentre(
  parent: { node: TestNode; admin: string },
  name: string,
  more: StartGiven & { kbps?: number; hours?: Hours } = {},
): Promise<Centre> {
  const { kbps = null, hours = null, ...given } = more;
  const token = await credentialFor(parent, name);
  const line = await openCutLine(parent.node.url);
  const node = await start({ ...given, name, upstream: { url: line.url, token, kbps, hours } });
  closers.push(() => line.close());
  const admin = await claim(node, `Admin of ${name}`);
  return { name, node, admin, cohort: await makeCohort(node, admin), line, token };
}

async function newLearner({ node, admin, cohort }: Centre): Promise<Learner> {
  const [code = ''] = await codesFor(node, admin, cohort, ['Somebody']);
  return joinBy(node, code);
}

const roadOf = (node: TestNode, person: PersonId): string => `${node.url}/replica/person/${person}`;

/** Writes attempts as a device does; answers their revisions. */
async function work(node: TestNode, learner: Learner, from: number, count: number): Promise<Record<string, string>> {
  const docs = Array.from({ length: count }, (_, i) => aRecord('attempt', learner.person, learner.device, from + i));
  const { status, body } = await ask(`${roadOf(node, learner.person)}/_bulk_docs`, { token: learner.token, body: { docs } });
  expect(status).toBe(201);
  return Object.fromEntries((body as unknown as { id: string; rev: string }[]).map(({ id, rev }) => [id, rev]));
}

/** Writes past every road, as the node's own organs do. */
async function writeAs(node: TestNode, name: string, database: string, documents: readonly object[]): Promise<void> {
  const { engine } = await openAccounts({ node: name as NodeId, data: node.data, couchdb: node.couchdb });
  const written = await engine.database(database).bulk(documents, { newEdits: true });
  await engine.close();
  expect(written.every(({ ok }) => ok)).toBe(true);
}

async function visit({ node }: { readonly node: TestNode }) {
  const end = await node.node.upstream.visit();
  if (end === null) throw new Error('There is no parent');
  return end;
}

/**
 * Copies a node's folder, lets things happen, and puts the copy back in its place. On CouchDB a node that goes back in time does not notice it, so these
 * tests are about the embedded engine.
 */
async function restoreTo(node: TestNode, meanwhile: () => Promise<void>): Promise<void> {
  const copy = `${node.data}-copy`;
  await node.restart(() => cpSync(node.data, copy, { recursive: true }));
  await meanwhile();
  await node.restart(() => {
    renameSync(node.data, `${node.data}-lost`);
    renameSync(copy, node.data);
    rmSync(`${node.data}-lost`, { recursive: true });
  });
}

/** A course whose text is what its file says. */
const compilerOf = (): Compiler => ({
  stamp: tinyCompiler.stamp,
  isSafe: tinyCompiler.isSafe,
  compile: ({ folder, files }) =>
    Promise.resolve({
      package: tinyPackage(folder as CourseId, `${new TextDecoder().decode(files.get('course.yaml'))} ${randomText}`),
      problems: [],
    }),
});
/** What no compressor makes much smaller: 2 kB, which stand sixty times in a lesson. */
const randomText = Array.from({ length: 30 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join(' ');

/** Visits until one goes well. */
async function visitUntilDone(centre: Centre, breakAfter: () => number = () => Infinity): Promise<number> {
  for (let visits = 1; visits < 500; visits++) {
    centre.line.breakAfter(breakAfter());
    const end = await visit(centre);
    if (end.type === 'done') return visits;
    expect(end).toMatchObject({ failure: 'unreachable' });
  }
  throw new Error('It never came to its end');
}

/** Names and revisions of a database, as an administrator reads them. */
async function contentOf({ node, admin }: { node: TestNode; admin: string }, database: string): Promise<Record<string, string>> {
  const { status, body } = await ask(`${node.url}/replica/db/${database}/_all_docs`, { token: admin });
  expect(status).toBe(200);
  return Object.fromEntries((body['rows'] as { id: string; value: { rev: string } }[]).map(({ id, value }) => [id, value.rev]));
}

/** Visits until the parent has confirmed all of these: a feed of a cluster is one copy's, and what that did not show yet goes up with the next visit. */
async function visitUntilConfirmed(centre: Centre, learner: Learner, revisions: Record<string, string>): Promise<void> {
  await expect
    .poll(
      async () => {
        await visitUntilDone(centre);
        return (await relayedTo(centre, learner, revisions))[0]?.revisions;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toEqual(revisions);
}

async function relayedTo(centre: Centre, learner: Learner, revisions: Record<string, string>) {
  const { person, device, token } = learner;
  const { body } = await ask(`${centre.node.url}/sync`, { token, body: { person, device, revisions } });
  return body['upstream'] as { node: string; epoch: string; revisions: Record<string, string>; state: string }[];
}

/** A sequence of numbers below `below`, the same for the same seed. */
function seeded(seed: number, below: number): () => number {
  let at = 0;
  return () =>
    createHash('sha256')
      .update(`${String(seed)}:${String(at++)}`)
      .digest()
      .readUInt32BE() % below;
}

/** Every byte of the data folder, the log of the database included. */
function bytesUnder(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
}

const embedded = process.env['PERIGEE_TEST_ENGINE'] !== 'couchdb';

describe('two centres and the one above them', () => {
  it.each([1, 2, 3])('end equal on what each pair shares, over lines that break after so many bytes: seed %i', async (seed) => {
    const parent = await startParent();
    const centres = [await startCentre(parent, 'accra'), await startCentre(parent, 'lagos')];
    const people: Learner[] = [];
    for (const [i, centre] of centres.entries()) {
      const cuts = seeded(seed * 10 + i, 30_000);
      for (let n = 0; n < 3; n++) {
        const learner = await newLearner(centre);
        people.push(learner);
        await work(centre.node, learner, 0, 40);
        centre.line.breakAfter(3000 + cuts());
        await visit(centre);
      }
      const visits = await visitUntilDone(centre, () => 3000 + cuts());
      expect(visits).toBeGreaterThan(0);
    }
    for (const centre of centres) {
      for (const database of [`records-${centre.name}`, `desk-${centre.name}`]) {
        const here = await contentOf(centre, database);
        expect(Object.keys(here).length).toBeGreaterThan(0);
        expect(await contentOf(parent, database)).toEqual(here);
      }
    }
    // Not a line of the other's learners, in whatever file.
    if (embedded)
      for (const [i, centre] of centres.entries()) {
        const bytes = bytesUnder(centre.node.data);
        for (const [n, { person }] of people.entries())
          expect(bytes.includes(person), `${centre.name}: ${person}`).toBe(Math.floor(n / 3) === i);
        expect(bytes.includes(centres[1 - i]?.name ?? '')).toBe(false);
      }
  });

  it('bring down what the parent publishes and orders', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra');
    const engine = (database: string) => `${parent.node.url}/replica/db/${database}`;
    expect((await ask(engine('commons-sitc'), { token: centre.token })).status).toBe(200);
    await writeAs(parent.node, 'sitc', 'commons-sitc', [{ _id: 'sitc:entry:1', kind: 'entry', writer: 'sitc', text: 'x' }]);
    const person = createPersonId(random);
    await writeAs(parent.node, 'sitc', 'orders-sitc', [
      { _id: `sitc:erasure:sitc:${person}`, kind: 'erasure', writer: 'sitc', origin: 'sitc', person, at: '2026-01-01T00:00:00.000Z' },
    ]);
    await visitUntilDone(centre);
    expect(await contentOf(centre, 'commons-sitc')).toEqual(await contentOf(parent, 'commons-sitc'));
    expect(await contentOf(centre, 'orders-sitc')).toEqual(await contentOf(parent, 'orders-sitc'));
  });
});

describe('the credential of a child', () => {
  it('opens the child’s own records and desk, what comes down, and nothing else; and nothing at all once it was taken back', async () => {
    const parent = await startParent();
    const [accra, lagos] = [await startCentre(parent, 'accra'), await startCentre(parent, 'lagos')];
    const learner = await newLearner(lagos);
    await work(lagos.node, learner, 0, 3);
    await visitUntilDone(lagos);
    const { url } = parent.node;
    const stolen = accra.token;
    const of = (database: string) => `${url}/replica/db/${database}`;
    const attempt = aRecord('attempt', learner.person, learner.device, 99);
    const closed = [
      'records-lagos',
      'desk-lagos',
      'records-sitc',
      'desk-sitc',
      'orders-accra',
      'orders-lagos',
      'accounts',
      'private',
      'engine',
    ];
    for (const database of [...closed, 'no-such-database']) {
      expect((await ask(`${of(database)}/_all_docs`, { token: stolen })).status, database).toBe(403);
      const written = await ask(`${of(database)}/_bulk_docs`, { token: stolen, body: { docs: [attempt] } });
      expect(written.status, database).toBe(403);
    }
    for (const database of ['commons-sitc', 'orders-sitc'])
      expect((await ask(`${of(database)}/_bulk_docs`, { token: stolen, body: { docs: [attempt] } })).status).toBe(403);
    for (const path of ['/api/nodes', '/api/upstream', '/api/people', '/api/cohorts', `/replica/person/${learner.person}`])
      expect((await ask(`${url}${path}`, { token: stolen })).status, path).toBe(403);
    expect((await ask(`${of('records-accra')}/_bulk_docs`, { token: stolen, body: { docs: [attempt] } })).status).toBe(201);

    expect((await ask(`${url}/api/nodes/accra`, { method: 'DELETE', token: parent.admin })).status).toBe(200);
    for (const database of ['records-accra', 'commons-sitc', 'orders-sitc'])
      expect((await ask(`${of(database)}/_all_docs`, { token: stolen })).status).toBe(403);
    expect((await ask(`${url}/api/greeting`, { token: stolen, body: {} })).body['error']).toBe('revoked');
    expect(await visit(accra)).toEqual({ type: 'failed', failure: 'revoked', moved: 0 });
    const { body } = await ask(`${accra.node.url}/health`);
    expect(body['upstream']).toMatchObject({ state: 'failing' });
    // A new one lets the child in again, and the old one stays out.
    const again = await credentialFor(parent, 'accra');
    expect((await ask(`${url}/api/greeting`, { token: again, body: {} })).status).toBe(200);
    expect((await ask(`${url}/api/greeting`, { token: stolen, body: {} })).status).toBe(401);
  });

  it('is told to an administrator alone, once; what a child lacks is shown', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra');
    await work(centre.node, await newLearner(centre), 0, 5);
    await visitUntilDone(centre);
    const { body } = await ask(`${parent.node.url}/api/nodes`, { token: parent.admin });
    expect(JSON.stringify(body)).not.toContain(centre.token);
    const [accra] = body['nodes'] as { node: string; contact: { waiting: number; at: string }; lacks: string[] }[];
    expect(accra).toMatchObject({ node: 'accra', lacks: [], contact: { version: '0.0.0' } });
    // It said what waited when it came.
    expect(accra?.contact.waiting).toBeGreaterThan(5);
    await visit(centre);
    const { body: later } = await ask(`${parent.node.url}/api/nodes`, { token: parent.admin });
    expect((later['nodes'] as { contact: { waiting: number } }[])[0]?.contact.waiting).toBe(0);
    expect((await ask(`${parent.node.url}/api/nodes`)).status).toBe(401);
    expect((await ask(`${parent.node.url}/api/nodes`, { token: parent.admin, body: { name: 'sitc' } })).status).toBe(409);
    expect((await ask(`${parent.node.url}/api/nodes`, { token: parent.admin, body: { name: 'No!' } })).status).toBe(400);
    expect((await ask(`${parent.node.url}/api/nodes/nobody`, { method: 'DELETE', token: parent.admin })).status).toBe(404);
  });
});

describe('receipts of the place above', () => {
  it('are relayed for exactly what it confirmed, and for nothing that only the centre has', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra');
    const learner = await newLearner(centre);
    const first = await work(centre.node, learner, 0, 5);
    expect(await relayedTo(centre, learner, first)).toEqual([]);
    await visitUntilConfirmed(centre, learner, first);
    const second = await work(centre.node, learner, 10, 5);
    const { epoch } = (await ask(`${parent.node.url}/api/node`)).body;
    const forged = Object.fromEntries(Object.keys(first).map((id) => [id, '1-ffff']));
    const [told] = await relayedTo(centre, learner, { ...first, ...second });
    expect(told).toMatchObject({ node: 'sitc', epoch, revisions: first });
    expect((await relayedTo(centre, learner, forged))[0]?.revisions).toEqual({});
    expect((await relayedTo(centre, learner, {}))[0]?.state).toBe(told?.state);
    await visitUntilConfirmed(centre, learner, { ...first, ...second });
    const [later] = await relayedTo(centre, learner, { ...first, ...second });
    expect(later?.revisions).toEqual({ ...first, ...second });
    expect(later?.state).not.toBe(told?.state);
    // Restarted, the centre still knows.
    await centre.node.restart();
    expect((await relayedTo(centre, learner, first))[0]?.revisions).toEqual(first);
  });

  it.runIf(embedded)('are taken back when the parent was restored, and given again when it has everything again', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra');
    const learner = await newLearner(centre);
    const early = await work(centre.node, learner, 0, 3);
    await visitUntilDone(centre);
    const late: Record<string, string> = {};
    await restoreTo(parent.node, async () => {
      centre.line.leadTo(parent.node.url);
      Object.assign(late, await work(centre.node, learner, 10, 3));
      await visitUntilDone(centre);
      expect((await relayedTo(centre, learner, late))[0]?.revisions).toEqual(late);
    });
    centre.line.leadTo(parent.node.url);
    // Just heard of: nothing of the older epoch is said any more.
    centre.line.breakAfter(2500);
    await visit(centre);
    const [heard] = await relayedTo(centre, learner, { ...early, ...late });
    if (heard !== undefined && heard.epoch === (await ask(`${parent.node.url}/api/node`)).body['epoch'])
      for (const [id, rev] of Object.entries(heard.revisions)) expect((await contentOf(parent, 'records-accra'))[id]).toBe(rev);
    await visitUntilDone(centre);
    const [now] = await relayedTo(centre, learner, { ...early, ...late });
    expect(now?.revisions).toEqual({ ...early, ...late });
    expect(await contentOf(parent, 'records-accra')).toEqual(await contentOf(centre, 'records-accra'));
  });
});

describe.runIf(embedded)('a centre that was restored from an older copy', () => {
  it('takes back from the parent what it lost, and goes on', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra');
    const learner = await newLearner(centre);
    await work(centre.node, learner, 0, 3);
    await visitUntilDone(centre);
    let late = {};
    await restoreTo(centre.node, async () => {
      late = await work(centre.node, learner, 10, 30);
      await visitUntilDone(centre);
    });
    expect(await contentOf(centre, 'records-accra')).not.toMatchObject(late);
    await visitUntilDone(centre, seeded(4, 30_000));
    expect(await contentOf(centre, 'records-accra')).toMatchObject(late);
    await work(centre.node, learner, 50, 2);
    await visitUntilDone(centre);
    for (const database of ['records-accra', 'desk-accra'])
      expect(await contentOf(parent, database)).toEqual(await contentOf(centre, database));
    expect((await relayedTo(centre, learner, late))[0]?.revisions).toEqual(late);
  });
});

describe('the limits of the line', () => {
  it('let no more bytes pass in any time than the rate, one second of it, and a piece', async () => {
    const parent = await startParent();
    let now = Date.now();
    const began = now;
    const samples: { readonly seconds: number; readonly bytes: number }[] = [];
    const kbps = 16;
    const centre: Centre = await startCentre(parent, 'accra', {
      kbps,
      clock: () => now,
      sleep: async (ms) => {
        samples.push({ seconds: (now - began) / 1000, bytes: centre.line.passed });
        now += ms;
      },
    });
    const learner = await newLearner(centre);
    await work(centre.node, learner, 0, 120);
    now += 60_000;
    const from = now;
    await visitUntilDone(centre);
    expect(await contentOf(parent, 'records-accra')).toEqual(await contentOf(centre, 'records-accra'));
    const passed = centre.line.passed;
    const rate = (kbps * 1000) / 8;
    expect(samples.length).toBeGreaterThan(3);
    // What lies in sockets between the two counts as passed here and is paid for when it is taken.
    const inSockets = 64 * 1024;
    for (const { seconds, bytes } of samples) expect(bytes).toBeLessThanOrEqual(rate * (seconds - (from - began) / 1000 + 1) + inSockets);
    expect(passed).toBeLessThanOrEqual(rate * ((now - from) / 1000 + 1) + 8192);
    // And the node counts what really passed, but for what the sockets say to each other.
    const { body } = await ask(`${centre.node.url}/api/upstream`, { token: centre.admin });
    const { sent, received } = body['bytes'] as { sent: number; received: number };
    expect(Math.abs(sent + received - passed)).toBeLessThan(passed * 0.1);
  });

  it('do not keep the node from ending while it waits for its rate', async () => {
    const parent = await startParent();
    const centre = await startCentre(parent, 'accra', { kbps: 1 });
    await work(centre.node, await newLearner(centre), 0, 50);
    const going = centre.node.node.upstream.visit();
    await expect.poll(() => centre.line.passed).toBeGreaterThan(0);
    await centre.node.restart();
    expect((await going)?.type).not.toBe('done');
  });

  it('nothing passes outside the hours, and what an administrator asks for passes at any', async () => {
    const parent = await startParent();
    const minute = new Date().getHours() * 60 + new Date().getMinutes();
    const hours = { from: (minute + 120) % 1440, to: (minute + 180) % 1440 };
    const centre = await startCentre(parent, 'accra', { hours });
    await work(centre.node, await newLearner(centre), 0, 3);
    const { body } = await ask(`${centre.node.url}/health`);
    expect(body['upstream']).toMatchObject({ state: 'closed', lastContact: null });
    expect((body['upstream'] as { waiting: number }).waiting).toBeGreaterThan(3);
    expect(centre.line.passed).toBe(0);
    await visitUntilDone(centre);
    expect(centre.line.passed).toBeGreaterThan(0);
  });
});

describe('courses from the parent', () => {
  it('come over a line that breaks, are checked, published as they are, updated, and never put over a centre’s own', async () => {
    const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
    closers.push(async () => rmSync(courses, { recursive: true, force: true }));
    const write = (id: string, text: string): void => {
      mkdirSync(join(courses, id), { recursive: true });
      writeFileSync(join(courses, id, 'course.yaml'), text);
    };
    write('space-law', 'first');
    write('satellite-navigation', 'first');
    const compiler = compilerOf();
    const parent = await startParent({ courses, compiler });
    const own = mkdtempSync(join(tmpdir(), 'perigee-own-'));
    closers.push(async () => rmSync(own, { recursive: true, force: true }));
    mkdirSync(join(own, 'space-law'));
    writeFileSync(join(own, 'space-law', 'course.yaml'), 'our own');
    const centre = await startCentre(parent, 'accra', { courses: own, compiler });
    const manifestOf = async (node: TestNode, course: string) => (await ask(`${node.url}/content/manifests/${course}`)).body;
    const before = await manifestOf(centre.node, 'space-law');
    const cuts = seeded(9, 9000);
    const visits = await visitUntilDone(centre, () => 3000 + cuts());
    expect(visits).toBeGreaterThan(1);
    const signature = async (node: TestNode, course: string) => (await manifestOf(node, course))['signature'];
    expect(await signature(centre.node, 'satellite-navigation')).toEqual(await signature(parent.node, 'satellite-navigation'));
    expect(await manifestOf(centre.node, 'space-law')).toEqual(before);

    const visitCosts = async (): Promise<number> => {
      const before = centre.line.passed;
      await visitUntilDone(centre);
      return centre.line.passed - before;
    };
    // A cluster whose machines stop writes the place of a feed anew, and answers some questions twice: the visit after that is cheap again.
    if (embedded) expect(await visitCosts()).toBeLessThan(2500);
    else await expect.poll(visitCosts, { timeout: 60_000, interval: 500 }).toBeLessThan(2500);

    write('satellite-navigation', 'second');
    await parent.node.restart();
    centre.line.leadTo(parent.node.url);
    // What a process that just started lists on a cluster is one copy's, which may lag behind for a moment.
    const lacks = async (): Promise<readonly string[]> => {
      const { body } = await ask(`${parent.node.url}/api/nodes`, { token: parent.admin });
      return (body['nodes'] as { lacks: string[] }[])[0]?.lacks ?? [];
    };
    await expect.poll(lacks, { timeout: 30_000 }).toContain('satellite-navigation');
    await visitUntilDone(centre);
    expect(await signature(centre.node, 'satellite-navigation')).toEqual(await signature(parent.node, 'satellite-navigation'));
    const { body } = await ask(`${centre.node.url}/api/upstream`, { token: centre.admin });
    expect(body['courses']).toEqual({ chosen: null, states: { 'satellite-navigation': { type: 'here' }, 'space-law': { type: 'own' } } });
    // A piece of each lies on the disk once.
    const piece = readdirSync(join(centre.node.data, 'packages', 'upstream+satellite-navigation', 'pieces'))[0] ?? '';
    expect(statSync(join(centre.node.data, 'pieces', piece.slice(0, 2), piece)).nlink).toBe(2);
  });

  it('are those that an administrator chose', async () => {
    const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
    closers.push(async () => rmSync(courses, { recursive: true, force: true }));
    for (const id of ['space-law', 'satellite-navigation']) {
      mkdirSync(join(courses, id));
      writeFileSync(join(courses, id, 'course.yaml'), `first of ${id}`);
    }
    const parent = await startParent({ courses, compiler: compilerOf() });
    const centre = await startCentre(parent, 'accra', { compiler: compilerOf() });
    const choose = (chosen: unknown) =>
      ask(`${centre.node.url}/api/upstream/courses`, { method: 'PUT', token: centre.admin, body: { courses: chosen } });
    expect((await choose(['space law'])).status).toBe(400);
    expect((await choose(['space-law'])).status).toBe(200);
    await visitUntilDone(centre);
    const here = async () =>
      ((await ask(`${centre.node.url}/content/manifests`)).body['courses'] as { course: string }[]).map(({ course }) => course);
    expect(await here()).toEqual(['space-law']);
    await choose(null);
    await visitUntilDone(centre);
    expect(await here()).toEqual(['satellite-navigation', 'space-law']);
  });

  it('whose bytes are not what their names say are not published, and told', async () => {
    const courses = mkdtempSync(join(tmpdir(), 'perigee-courses-'));
    closers.push(async () => rmSync(courses, { recursive: true, force: true }));
    mkdirSync(join(courses, 'space-law'));
    writeFileSync(join(courses, 'space-law', 'course.yaml'), 'first');
    const parent = await startParent({ courses, compiler: compilerOf() });
    const stored = join(parent.node.data, 'pieces');
    for (const name of readdirSync(stored, { recursive: true, encoding: 'utf8' })) {
      const file = join(stored, name);
      if (!statSync(file).isFile()) continue;
      const bytes = readFileSync(file);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    }
    const centre = await startCentre(parent, 'accra', { compiler: compilerOf() });
    await visitUntilDone(centre);
    expect((await ask(`${centre.node.url}/content/manifests`)).body['courses']).toEqual([]);
    const { body } = await ask(`${centre.node.url}/api/upstream`, { token: centre.admin });
    expect(body['courses']).toEqual({ chosen: null, states: { 'space-law': { type: 'failed', fault: 'damaged' } } });
  });
});
