/** The standard road, walked by an unmodified PouchDB 9 over a real socket. */
import { gzipSync } from 'node:zlib';
import memory from 'pouchdb-adapter-memory';
import http from 'pouchdb-adapter-http';
import core, { type Database, type Options } from 'pouchdb-core';
import replication from 'pouchdb-replication';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPersonId } from '../../src/lib/domain/ids.ts';
import { registerId } from '../../src/lib/domain/records.ts';
import { aCourse, aRecord, aUlid } from '../fixtures/records.ts';
import { ask, claim, codesFor, joinBy, makeCohort, random, startTestNode, type Answer, type Learner, type TestNode } from './kit.ts';

const PouchDB = core.plugin(memory).plugin(http).plugin(replication);
let number = 0;
const local = (): Pouch => new PouchDB(`local-${String(number++)}`, { adapter: 'memory' }) as unknown as Pouch;

/** More of PouchDB than the app uses. */
interface Replication extends PromiseLike<Result> {
  on(event: 'denied' | 'change' | 'paused' | 'error', listen: (value: unknown) => void): Replication;
  cancel(): void;
}
interface Result {
  readonly docs_written: number;
  readonly doc_write_failures: number;
  readonly push?: Result;
  readonly pull?: Result;
}
interface Pouch extends Omit<Database, 'sync' | 'replicate' | 'allDocs'> {
  sync(remote: Pouch, options?: object): Replication;
  readonly replicate: { to(remote: Pouch, options?: object): Replication; from(remote: Pouch, options?: object): Replication };
  allDocs(options?: object): Promise<{ rows: { id: string; doc?: Record<string, unknown>; value: { rev: string } }[] }>;
}

const remoteOf = ({ url }: TestNode, person: string, token: string, calls: string[] = []): Pouch =>
  new PouchDB(`${url}/replica/person/${person}`, {
    fetch: (input: string | Request, init: RequestInit = {}) => {
      calls.push(`${init.method ?? 'GET'} ${String(input).split(person)[1]?.split('?')[0] ?? ''}`);
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    },
  } as Options) as unknown as Pouch;

describe('the standard road', () => {
  let node: TestNode;
  let admin: string;
  let cohort: string;
  const newLearner = async (given: Partial<Learner> = {}): Promise<Learner> =>
    joinBy(node, (await codesFor(node, admin, cohort, ['Amina']))[0] ?? '', given);

  beforeAll(async () => {
    node = await startTestNode();
    admin = await claim(node);
    cohort = await makeCohort(node, admin);
  });
  afterAll(() => node.close());

  it('syncs both ways: what the device wrote goes up, the enrolment comes down, and nothing is sent twice', async () => {
    const { person, device, token } = await newLearner();
    const database = local();
    for (let n = 1; n <= 150; n++) await database.put({ ...aRecord('attempt', person, device, n) });
    await database.put({ ...aRecord('register', person, device) });
    const first = await database.sync(remoteOf(node, person, token));
    expect([first.push?.docs_written, first.push?.doc_write_failures, first.pull?.docs_written]).toEqual([151, 0, 1]);

    const { rows } = await database.allDocs({ include_docs: true });
    expect(rows.filter(({ id }) => id.includes(':enrolment:'))).toHaveLength(1);
    const revisions = Object.fromEntries(rows.map(({ id, value }) => [id, value.rev]));
    const { body } = await ask(`${node.url}/sync`, { token, body: { person, device, revisions } });
    expect((body['receipt'] as { revisions: object }).revisions).toEqual(revisions);

    // The device learns in its next pass that what it pulled is at both ends; from then on a pass only asks.
    await database.sync(remoteOf(node, person, token));
    const calls: string[] = [];
    const again = await database.sync(remoteOf(node, person, token, calls));
    expect([again.push?.docs_written, again.pull?.docs_written]).toEqual([0, 0]);
    expect(calls.filter((call) => call.includes('_bulk') || call.startsWith('PUT') || call.includes('_revs_diff'))).toEqual([]);
  });

  it('carries edits with their history, so that a second device sees one tree', async () => {
    const phone = await newLearner();
    const { body: link } = await ask(`${node.url}/api/link`, { method: 'POST', token: phone.token });
    const laptop = await joinBy(node, link['code'] as string, {});
    expect(laptop.person).toBe(phone.person);

    const [one, two] = [local(), local()];
    const id = registerId(phone.person, aCourse, phone.device);
    for (let n = 1; n <= 5; n++) {
      const before = n === 1 ? {} : await one.get(id);
      await one.put({ ...before, ...aRecord('register', phone.person, phone.device, n) });
      if (n === 2) await one.sync(remoteOf(node, phone.person, phone.token));
    }
    await two.put({ ...aRecord('register', laptop.person, laptop.device, 9) });
    await one.sync(remoteOf(node, phone.person, phone.token));
    await two.sync(remoteOf(node, laptop.person, laptop.token));
    await one.sync(remoteOf(node, phone.person, phone.token));
    const contents = async (database: Pouch) =>
      (await database.allDocs({ include_docs: true, conflicts: true })).rows.map(({ doc }) => doc);
    expect(await contents(one)).toEqual(await contents(two));
    expect(JSON.stringify(await contents(one))).not.toContain('_conflicts');
    expect((await two.get<Record<string, unknown>>(id))['_rev'] as string).toMatch(/^5-/);
  });

  it('refuses single documents as forbidden, stores the others, and says so in CouchDB’s words', async () => {
    const { person, device, token } = await newLearner();
    const other = createPersonId(random);
    const database = local();
    const good = [aRecord('note', person, device, 1), aRecord('attempt', person, device, 2)];
    const bad = [
      aRecord('note', other, device, 3),
      aRecord('enrolment', person, 'centre', 4),
      { ...aRecord('note', person, device, 5), text: 'x'.repeat(300_000) },
      { _id: 'rubbish' },
    ];
    for (const document of [...good, ...bad]) await database.put({ ...document });
    const denied: unknown[] = [];
    const result = await database.replicate.to(remoteOf(node, person, token)).on('denied', (error) => denied.push(error));
    expect([result.docs_written, result.doc_write_failures]).toEqual([2, 4]);
    expect(denied).toHaveLength(4);
    for (const error of denied)
      expect(error).toMatchObject({ name: 'forbidden', status: 403, reason: expect.stringMatching(/\.$/) as string });
    const { body } = await ask(`${node.url}/replica/person/${person}/_all_docs`, { token });
    expect(
      (body['rows'] as { id: string }[])
        .map(({ id }) => id)
        .filter((id) => !id.includes('enrolment'))
        .sort(),
    ).toEqual(good.map(({ _id }) => _id).sort());
  });

  it('replicates live: what one device writes reaches the other by itself', async () => {
    const phone = await newLearner();
    const { body: link } = await ask(`${node.url}/api/link`, { method: 'POST', token: phone.token });
    const laptop = await joinBy(node, link['code'] as string, {});
    const [one, two] = [local(), local()];
    const live = [
      one.sync(remoteOf(node, phone.person, phone.token), { live: true, retry: true }),
      two.sync(remoteOf(node, laptop.person, laptop.token), { live: true, retry: true }),
    ];
    for (let n = 1; n <= 3; n++) {
      await one.put({ ...aRecord('note', phone.person, phone.device, n) });
      await two.put({ ...aRecord('note', laptop.person, laptop.device, n + 10) });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await expect.poll(async () => (await one.allDocs()).rows.length, { timeout: 40_000 }).toBe(7);
    await expect.poll(async () => (await two.allDocs()).rows.length, { timeout: 40_000 }).toBe(7);
    for (const sync of live) sync.cancel();
  });

  it('does not open a range to a stranger, another learner, or a name that is nobody’s, and says the same of all', async () => {
    const [ann, bob] = [await newLearner(), await newLearner()];
    const answers = await Promise.all(
      [bob.person, createPersonId(random), 'not-a-person', '..', '%2e%2e'].map((person) =>
        ask(`${node.url}/replica/person/${person}/_all_docs`, { token: ann.token }),
      ),
    );
    // The last two are folded into the path by every URL parser before they reach us.
    expect(answers.slice(0, 3).map(({ status, body }) => [status, body])).toEqual(
      Array(3).fill([403, { error: 'forbidden', reason: 'This range is not open to you.' }]),
    );
    for (const token of ['', 'x.y', ann.token.slice(0, -2), `${ann.token}A`])
      expect((await ask(`${node.url}/replica/person/${ann.person}/_changes`, { token })).status).toBe(401);
    expect((await ask(`${node.url}/replica/person/${ann.person}`)).headers.get('www-authenticate')).toBeNull();
  });

  it('opens a range to a trainer of the person, who writes feedback and evidence there in their own name, and nothing else', async () => {
    const invited = await ask(`${node.url}/api/people`, { token: admin, body: { name: 'Otieno', role: 'trainer' } });
    const { body: trainer } = await ask(`${node.url}/api/session`, {
      body: { code: invited.body['code'], name: 'Otieno', password: 'a long enough one' },
    });
    const token = trainer['token'] as string;
    const own = await makeCohort(node, token);
    const [code = ''] = await codesFor(node, token, own, ['Baraka']);
    const [theirs, another] = [await joinBy(node, code), await newLearner()];
    await local()
      .replicate.from(remoteOf(node, theirs.person, token))
      .then((result) => {
        expect(result.docs_written).toBe(1);
      });
    expect((await ask(`${node.url}/replica/person/${another.person}`, { token })).status).toBe(403);
    const me = trainer['person'] as string;
    const docs = [
      aRecord('feedback', theirs.person, me, 1),
      aRecord('evidence', theirs.person, me, 1),
      aRecord('note', theirs.person, theirs.device),
      aRecord('feedback', theirs.person, theirs.device, 2),
    ];
    const write = (person: string): Promise<Answer> => ask(`${node.url}/replica/person/${person}/_bulk_docs`, { token, body: { docs } });
    expect((await write(theirs.person)).body).toMatchObject([{ ok: true }, { ok: true }, { error: 'forbidden' }, { error: 'forbidden' }]);
    expect((await write(another.person)).status).toBe(403);
    // The learner's device takes them, and cannot change them.
    const [mine] = docs;
    const changed = await ask(`${node.url}/replica/person/${theirs.person}/_bulk_docs`, {
      token: theirs.token,
      body: { docs: [{ ...mine, _rev: '1-a', mark: { v: 1, score: 1 } }], new_edits: false },
    });
    expect(changed.body).toMatchObject([{ error: 'forbidden' }]);
    const mirror = local();
    await mirror.replicate.from(remoteOf(node, theirs.person, theirs.token));
    expect(await mirror.get(mine?._id ?? '')).toMatchObject({ text: 'Read the axis once more.', mark: { v: 1, score: 0.5 } });
  });

  it('answers the rest of the protocol as CouchDB does', async () => {
    const { person, device, token } = await newLearner();
    const base = `${node.url}/replica/person/${person}`;
    const note = aRecord('note', person, device);
    const at = `${base}/${encodeURIComponent(note._id)}`;

    expect((await ask(`${node.url}/replica/person/`)).body).toMatchObject({
      couchdb: 'Welcome',
      uuid: expect.stringMatching(/^centre-/) as string,
    });
    expect((await ask(base, { token })).body).toMatchObject({ db_name: person, doc_count: 1 });
    expect((await ask(base, { token, method: 'PUT' })).status).toBe(412);
    expect((await ask(base, { token, method: 'DELETE' })).status).toBe(405);

    const put = await ask(at, { token, method: 'PUT', body: note });
    expect([put.status, put.body['ok']]).toEqual([201, true]);
    const rev = put.body['rev'] as string;
    expect((await ask(at, { token, method: 'PUT', body: note })).status).toBe(409);
    const edit = await ask(at, { token, method: 'PUT', body: { ...note, text: 'two' }, headers: { 'if-match': `"${rev}"` } });
    expect(edit.body['rev']).toMatch(/^2-/);
    expect((await ask(`${at}?rev=${rev}`, { token, method: 'DELETE' })).status).toBe(409);
    expect((await ask(`${at}?rev=${String(edit.body['rev'])}`, { token, method: 'DELETE' })).status).toBe(403);

    expect((await ask(`${at}?revs=true`, { token })).body).toMatchObject({ text: 'two', _revisions: { start: 2 } });
    expect((await ask(`${at}?rev=${rev}`, { token })).status).toBe(404);
    expect((await ask(`${at}?rev=${rev}&latest=true`, { token })).body['_rev']).toBe(edit.body['rev']);
    expect((await ask(`${at}?open_revs=${encodeURIComponent(JSON.stringify(['9-f']))}`, { token })).body).toEqual([{ missing: '9-f' }]);
    expect((await ask(`${at}?open_revs=all`, { token })).body).toMatchObject([{ ok: { text: 'two' } }]);
    expect((await ask(`${base}/_design/x`, { token })).status).toBe(404);
    expect((await ask(`${base}/_design/x`, { token, method: 'PUT', body: {} })).status).toBe(403);
    expect((await ask(`${base}/_security`, { token })).status).toBe(404);
    expect((await ask(`${base}/_ensure_full_commit`, { token, method: 'POST' })).status).toBe(201);

    const checkpoint = `${base}/_local/${encodeURIComponent('abc+/==')}`;
    expect((await ask(checkpoint, { token })).status).toBe(404);
    expect((await ask(checkpoint, { token, method: 'PUT', body: { last_seq: 1 } })).body['rev']).toBe('0-1');
    expect((await ask(checkpoint, { token })).body).toMatchObject({ _rev: '0-1', last_seq: 1 });
    expect((await ask(checkpoint, { token, method: 'PUT', body: { much: 'x'.repeat(70_000) } })).status).toBe(413);

    const keys = await ask(`${base}/_all_docs?include_docs=true`, { token, body: { keys: [note._id, `${person}:nothing`, 'other:1'] } });
    expect(keys.body['rows']).toMatchObject([{ id: note._id, doc: { text: 'two' } }, { error: 'not_found' }, { error: 'not_found' }]);
    const ranged = await ask(`${base}/_all_docs?startkey=${encodeURIComponent(JSON.stringify(`${person}:n`))}&limit=5`, { token });
    expect(ranged.body['rows']).toMatchObject([{ id: note._id }]);

    const zipped = () =>
      ask(`${base}/_revs_diff`, {
        token,
        method: 'POST',
        raw: new Uint8Array(gzipSync(JSON.stringify({ [note._id]: ['7-a'], 'other:1': ['1-a'] }))),
        headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      });
    // Possible ancestors are a hint for attachments. A cluster gives it from one copy, which may lag behind the edit for a moment.
    await expect
      .poll(async () => (await zipped()).body, { timeout: 20_000 })
      .toMatchObject({
        [note._id]: { missing: ['7-a'], possible_ancestors: [edit.body['rev']] },
        'other:1': { missing: ['1-a'] },
      });

    const fetched = await ask(`${base}/_bulk_get?revs=true`, {
      token,
      body: { docs: [{ id: note._id, rev: '9-f' }, { id: 'other:1' }, { id: note._id }] },
    });
    expect(fetched.body['results']).toMatchObject([
      { docs: [{ error: { error: 'not_found' } }] },
      { docs: [{ error: { error: 'forbidden' } }] },
      { docs: [{ ok: { text: 'two', _revisions: { start: 2 } } }] },
    ]);
  });

  it('feeds changes: a longpoll beats until something comes, continuous goes on line by line', async () => {
    const { person, device, token } = await newLearner();
    const base = `${node.url}/replica/person/${person}`;
    const { body } = await ask(`${base}/_changes`, { token });
    const since = encodeURIComponent(String(body['last_seq']));
    const headers = { authorization: `Bearer ${token}` };
    const waiting = fetch(`${base}/_changes?feed=longpoll&since=${since}&heartbeat=1000`, { headers });
    const stream = await fetch(`${base}/_changes?feed=continuous&since=${since}&heartbeat=1000`, { headers });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ask(`${base}/_bulk_docs`, { token, body: { docs: [aRecord('note', person, device, 1)] } });
    const polled = (await (await waiting).json()) as { results: { id: string }[] };
    expect(polled.results).toHaveLength(1);
    await ask(`${base}/_bulk_docs`, { token, body: { docs: [aRecord('note', person, device, 2)] } });
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      if (text.includes(aUlid(2))) break;
    }
    expect(text.split('\n').filter((line) => line !== '').length).toBe(2);
    const timed = await ask(`${base}/_changes?feed=longpoll&since=now&timeout=30`, { token });
    expect(timed.body).toMatchObject({ results: [], pending: 0 });
    expect(
      (await ask(`${base}/_changes?filter=_doc_ids`, { token, body: { doc_ids: [polled.results[0]?.id] } })).body['results'],
    ).toHaveLength(1);
    expect((await ask(`${base}/_changes?filter=app/by_owner`, { token })).status).toBe(400);
  });
});
