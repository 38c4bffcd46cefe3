/** Real nodes on real sockets: two centres and the one above them, over lines that break. */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createPersonId, type NodeId, type PersonId } from '../../src/lib/domain/ids.ts';
import type { Hours } from '../../src/lib/sync/link.ts';
import { openAccounts } from '../../src/server/main.ts';
import { aRecord } from '../fixtures/records.ts';
import { openCutLine, type CutLine } from './cut-line.ts';
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
