/**
 * Two processes of one node side by side on one CouchDB, as behind a load balancer: they serve the same people at once, and whoever comes
 * cannot tell which of them answered.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeviceId } from '../../src/lib/domain/ids.ts';
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

const onCouch = process.env['PERIGEE_TEST_ENGINE'] === 'couchdb';
// With a CouchDB at hand every suite of nodes runs a second time on it (vitest.config.ts), and this one then.
if ((process.env['COUCHDB_URL'] ?? '') === '')
  process.stdout.write('not run: two processes of one node need a CouchDB, and COUCHDB_URL is not set\n');

describe.skipIf(!onCouch)('two processes of one node', () => {
  let one: TestNode;
  let two: TestNode;
  let admin: string;
  let cohort: string;

  beforeAll(async () => {
    one = await startTestNode();
    two = await startTestNode({ beside: one });
    admin = await claim(one);
    cohort = await makeCohort(two, admin);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  const newLearners = async (count: number): Promise<readonly Learner[]> => {
    const codes = await codesFor(
      one,
      admin,
      cohort,
      Array.from({ length: count }, (_, n) => `Learner ${String(n)}`),
    );
    return Promise.all(codes.map((code, n) => joinBy(n % 2 === 0 ? one : two, code)));
  };
  const bulk = (node: TestNode, { person, token }: Learner, docs: readonly object[], newEdits: boolean): Promise<Answer> =>
    ask(`${node.url}/replica/person/${person}/_bulk_docs`, { token, body: { docs, new_edits: newEdits } });
  const receiptOf = async (node: TestNode, { person, device, token }: Learner, revisions: object): Promise<unknown> =>
    (await ask(`${node.url}/sync`, { token, body: { person, device, revisions } })).body['receipt'];

  it('are one node: name, epoch, key, and each takes the other’s tokens', async () => {
    const [a, b] = await Promise.all([one, two].map(async ({ url }) => (await ask(`${url}/api/node`)).body));
    expect(a).toEqual(b);
    expect((await ask(`${two.url}/api/cohorts`, { token: admin })).status).toBe(200);
    expect((await ask(`${two.url}/api/session`, { body: { name: 'Wangari', password } })).status).toBe(200);
  });

  it('use a code once between them', async () => {
    const codes = await codesFor(one, admin, cohort, ['A', 'B', 'C', 'D', 'E', 'F']);
    for (const code of codes) {
      const answers = await Promise.all(
        [one, two].map(({ url }) => ask(`${url}/api/session`, { body: { code, device: createDeviceId(random) } })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
      // Each process counts who failed at it: where the same one came second five times in a row, its next answer would be to slow down.
      for (const node of [one, two]) node.advance(16 * 60_000);
    }
  });

  it('serve the same people at once: each document at whichever answers, again at the other, and the receipt from either', async () => {
    const learners = await newLearners(6);
    await Promise.all(
      learners.map(async (learner, index) => {
        const { person, device } = learner;
        const held: Record<string, string> = {};
        for (let n = 1; n <= 8; n++) {
          const [here, there] = (index + n) % 2 === 0 ? [one, two] : [two, one];
          const docs = [
            { ...aRecord('attempt', person, device, n), _rev: `1-${String(n)}` },
            {
              ...aRecord('register', person, device, n),
              _rev: `${String(n)}-r${String(n)}`,
              _revisions: { start: n, ids: Array.from({ length: n }, (_, back) => `r${String(n - back)}`) },
            },
          ];
          // The answer of the first was lost on the way; and both are sent the same in one moment.
          const answers = await Promise.all([bulk(here, learner, docs, false), bulk(there, learner, docs, false)]);
          expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(2).fill([201, []]));
          for (const { _id: id, _rev: rev } of docs) held[id] = rev;
          expect(await receiptOf(there, learner, held)).toEqual(await receiptOf(here, learner, held));
          expect(await receiptOf(there, learner, held)).toMatchObject({ node: 'centre', revisions: held });
        }
        const ranges = await Promise.all(
          [one, two].map(
            async ({ url }) =>
              (await ask(`${url}/replica/person/${person}/_all_docs?conflicts=true&include_docs=true`, { token: learner.token })).body,
          ),
        );
        expect(ranges[0]).toEqual(ranges[1]);
        expect(JSON.stringify(ranges[0])).not.toContain('_conflicts');
        // Eight attempts, one register, and what the node itself wrote.
        expect((ranges[0]?.['rows'] as { id: string }[]).filter(({ id }) => /:(?:attempt|register):/.test(id))).toHaveLength(9);
      }),
    );
  });

  it('of two edits of one document at once let one in', async () => {
    const [learner] = await newLearners(1);
    if (learner === undefined) throw new Error('Nobody joined');
    const { person, device } = learner;
    const note = aRecord('note', person, device);
    const made = await bulk(one, learner, [note], true);
    const { rev } = (made.body as unknown as [{ rev: string }])[0];
    for (let round = 0, standing = rev; round < 5; round++) {
      const answers = await Promise.all(
        [one, two].map((node, n) => bulk(node, learner, [{ ...note, _rev: standing, text: `${String(round)} by ${String(n)}` }], true)),
      );
      const rows = answers.map(({ body }) => (body as unknown as [{ ok?: true; rev: string; error?: string }])[0]);
      expect(rows.map(({ ok, error }) => (ok === true ? 'ok' : error)).toSorted()).toEqual(['conflict', 'ok']);
      standing = rows.find(({ ok }) => ok === true)?.rev ?? '';
    }
  });

  it('wake at one who waits for what came to the other', async () => {
    const [learner] = await newLearners(1);
    if (learner === undefined) throw new Error('Nobody joined');
    const { person, device, token } = learner;
    const since = String((await ask(`${one.url}/replica/person/${person}/_changes`, { token })).body['last_seq']);
    const waiting = ask(`${one.url}/replica/person/${person}/_changes?feed=longpoll&since=${encodeURIComponent(since)}&timeout=20000`, {
      token,
    });
    await bulk(two, learner, [aRecord('note', person, device)], true);
    expect((await waiting).body['results']).toMatchObject([{ id: aRecord('note', person, device)._id }]);
  });

  it('go on one without the other', async () => {
    const [learner] = await newLearners(1);
    if (learner === undefined) throw new Error('Nobody joined');
    const { person, device } = learner;
    const attempt = { ...aRecord('attempt', person, device), _rev: '1-a' };
    await bulk(two, learner, [attempt], false);
    await two.restart();
    expect(await receiptOf(one, learner, { [attempt._id]: '1-a' })).toMatchObject({ revisions: { [attempt._id]: '1-a' } });
    expect(await receiptOf(two, learner, { [attempt._id]: '1-a' })).toMatchObject({ revisions: { [attempt._id]: '1-a' } });
  });
});
