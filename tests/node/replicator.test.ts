/**
 * Apache CouchDB's own replicator against this node, which it takes for another CouchDB: both directions, once and continuously, with name and password.
 * CouchDB does the work; where none is at hand, nothing here is run.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCouch, couchUrl } from '../conformance/couch.ts';
import { ask, claim, password, startTestNode, type TestNode } from './kit.ts';

if (couchUrl === null) process.stdout.write('not run with CouchDB’s replicator: COUCHDB_URL is not set\n');

describe.skipIf(couchUrl === null)('CouchDB’s own replicator', { timeout: 300_000 }, () => {
  const couch = couchUrl ?? '';
  const prefix = `perigee_replicator-${randomBytes(6).toString('hex')}-`;
  let node: TestNode;
  let token: string;
  let number = 0;
  /**
   * Replications whose counts say nothing: those that ended with the machine that carried them out; and on a cluster a checkpoint is a local document, which a copy that
   * was away when it was written does not have.
   */
  let broken = 0;
  const made: string[] = [];
  const jobs: string[] = [];

  beforeAll(async () => {
    node = await startTestNode();
    token = await claim(node);
    const { cluster_nodes: machines } = (await askCouch(couch, 'GET', '_membership')) as { cluster_nodes: readonly string[] };
    if (machines.length > 1) broken++;
  });
  afterAll(async () => {
    for (const job of jobs) {
      const { _rev: rev } = (await askCouch(couch, 'GET', `_replicator/${job}`)) as { _rev: string };
      await askCouch(couch, 'DELETE', `_replicator/${job}?rev=${rev}`);
    }
    await node.close();
    for (const name of made) await askCouch(couch, 'DELETE', name);
  });

  const here = (path: string): string => `${node.url}/replica/db/${path}`;
  const there = async (): Promise<string> => {
    const name = `${prefix}${String(number++)}`;
    await askCouch(couch, 'PUT', name);
    made.push(name);
    return name;
  };
  const ours = async (): Promise<string> => {
    const name = `ours-${String(number++)}`;
    expect((await ask(here(name), { method: 'PUT', token })).status).toBe(201);
    return name;
  };
  const asPeer = (name: string): object => ({ url: here(name), auth: { basic: { username: 'Wangari', password } } });
  const asCouch = (name: string): object => {
    const { origin, username, password: secret } = new URL(couch);
    return { url: `${origin}/${name}`, auth: { basic: { username: decodeURIComponent(username), password: decodeURIComponent(secret) } } };
  };

  interface History {
    readonly docs_written: number;
    readonly doc_write_failures: number;
    readonly start_last_seq: unknown;
    readonly recorded_seq: unknown;
  }
  /**
   * Null where there was nothing to do. CouchDB's replication that is asked for once ends with the machine of a cluster that carries it out: whoever asked asks again.
   * Counts are then of the second one, or there is nothing left to do.
   */
  const replicate = async (source: object, target: object): Promise<History | null> => {
    const once = () =>
      askCouch(couch, 'POST', '_replicate', { source, target }, () => void broken++) as Promise<{
        ok?: boolean;
        error?: string;
        no_changes?: boolean;
        history?: History[];
      }>;
    let answer = await once();
    for (let tries = 1; tries < 5 && answer.ok !== true && answer.error !== 'unauthorized'; tries++) {
      broken++;
      await new Promise((later) => setTimeout(later, 1000));
      answer = await once();
    }
    if (answer.ok !== true) throw new Error(JSON.stringify(answer));
    const [newest] = answer.history ?? [];
    return answer.no_changes === true || newest === undefined ? null : newest;
  };

  /** Every document with all its leaves, their paths and attachments, as far as both sides tell them alike. */
  const contentsOf = (rows: readonly { doc: Record<string, unknown> }[]): unknown =>
    rows
      .map(({ doc }) => ({
        ...doc,
        ...(doc['_attachments'] === undefined
          ? {}
          : {
              // The digest is of what is kept, which CouchDB compresses.
              _attachments: Object.fromEntries(
                Object.entries(doc['_attachments'] as Record<string, Record<string, unknown>>).map(([name, { digest: _, ...rest }]) => [
                  name,
                  rest,
                ]),
              ),
            }),
      }))
      .sort((a, b) => (String(Reflect.get(a, '_id')) < String(Reflect.get(b, '_id')) ? -1 : 1));
  /** Waits until both are alike: what CouchDB lists is one copy's, which may lag behind for a moment. */
  const alike = async (mine: string, theirs: string): Promise<void> => {
    await expect.poll(async () => isDeepStrictEqual(await contentsHere(mine), await contentsThere(theirs)), { timeout: 30_000 }).toBe(true);
    expect(await contentsThere(theirs)).toEqual(await contentsHere(mine));
  };
  const query = '_all_docs?include_docs=true&conflicts=true&attachments=true';
  const contentsHere = async (name: string): Promise<unknown> =>
    contentsOf((await ask(here(`${name}/${query}`), { token })).body['rows'] as { doc: Record<string, unknown> }[]);
  const contentsThere = async (name: string): Promise<unknown> =>
    contentsOf(((await askCouch(couch, 'GET', `${name}/${query}`)) as { rows: { doc: Record<string, unknown> }[] }).rows);

  /** Edits, conflicts, tombstones, a design document, odd names and attachments that compress and that do not. */
  const documents = [
    ...Array.from({ length: 250 }, (_, n) => ({ _id: `doc ${String(n)}`, _rev: '1-aa', n })),
    { _id: 'edited', _rev: '3-cc', _revisions: { start: 3, ids: ['cc', 'bb', 'aa'] }, text: 'третий' },
    { _id: 'torn', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, side: 'b' },
    { _id: 'torn', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] }, side: 'c' },
    { _id: 'gone', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, _deleted: true },
    { _id: 'a/b?c&d=é', _rev: '1-aa' },
    { _id: '_design/app', _rev: '1-aa', views: {} },
    {
      _id: 'with attachments',
      _rev: '1-aa',
      _attachments: {
        'words.txt': { revpos: 1, content_type: 'text/plain', data: Buffer.from('many words '.repeat(500)).toString('base64') },
        'picture.png': { revpos: 1, content_type: 'image/png', data: randomBytes(70_000).toString('base64') },
        '1': { revpos: 1, content_type: 'application/octet-stream', data: 'AAEC' },
      },
    },
  ];
  const load = { new_edits: false, docs: documents };

  it('pushes to this node, once, and finds nothing to do the second time', async () => {
    const [from, to] = [await there(), await ours()];
    await askCouch(couch, 'POST', `${from}/_bulk_docs`, load);
    const first = await replicate(asCouch(from), asPeer(to));
    if (broken === 0) expect([first?.docs_written, first?.doc_write_failures]).toEqual([documents.length, 0]);
    await alike(to, from);
    expect((await ask(here(`${to}/gone`), { token })).body['reason']).toBe('deleted');
    const second = await replicate(asCouch(from), asPeer(to));
    if (broken === 0) expect(second).toBeNull();
    expect(second?.docs_written ?? 0).toBe(0);
  });

  it('pulls from this node, and afterwards only what is new', async () => {
    const [from, to] = [await ours(), await there()];
    await ask(here(`${from}/_bulk_docs`), { token, body: load });
    const first = await replicate(asPeer(from), asCouch(to));
    if (broken === 0) expect([first?.docs_written, first?.doc_write_failures]).toEqual([documents.length, 0]);
    await alike(from, to);
    // An edit that keeps two attachments and brings a third: only that one travels.
    const { body } = await ask(here(`${from}/with%20attachments`), { token });
    const attachments = { ...(body['_attachments'] as object), new: { content_type: 'text/plain', data: 'bmV3' } };
    await ask(here(`${from}/with%20attachments`), { token, method: 'PUT', body: { ...body, _attachments: attachments } });
    // It goes on where it was; its counts go on too.
    const second = await replicate(asPeer(from), asCouch(to));
    if (broken === 0) expect([second?.start_last_seq, second?.docs_written]).toEqual([first?.recorded_seq, documents.length + 1]);
    await alike(from, to);
    // And back, with stubs for what is here.
    const again = (await askCouch(couch, 'GET', `${to}/with%20attachments`)) as Record<string, unknown>;
    await askCouch(couch, 'PUT', `${to}/with%20attachments`, { ...again, more: true });
    const back = await replicate(asCouch(to), asPeer(from));
    if (broken === 0) expect(back).not.toBeNull();
    expect(back?.doc_write_failures ?? 0).toBe(0);
    await alike(from, to);
  });

  it('goes on continuously in both directions', async () => {
    const [mine, theirs] = [await ours(), await there()];
    for (const [source, target] of [
      [asPeer(mine), asCouch(theirs)],
      [asCouch(theirs), asPeer(mine)],
    ]) {
      const job = `${prefix}job-${String(number++)}`;
      jobs.push(job);
      // Sent a second time, it is a conflict with itself.
      const put = (await askCouch(couch, 'PUT', `_replicator/${job}`, { source, target, continuous: true })) as {
        ok?: true;
        error?: string;
      };
      expect(put.ok === true || put.error === 'conflict', JSON.stringify(put)).toBe(true);
    }
    for (let n = 0; n < 3; n++) {
      await ask(here(`${mine}/mine-${String(n)}`), { token, method: 'PUT', body: { n } });
      await askCouch(couch, 'PUT', `${theirs}/theirs-${String(n)}`, { n });
      await expect
        .poll(async () => [((await contentsHere(mine)) as unknown[]).length, ((await contentsThere(theirs)) as unknown[]).length], {
          timeout: 40_000,
          interval: 200,
        })
        .toEqual([2 * n + 2, 2 * n + 2]);
    }
    await alike(mine, theirs);
  });

  it('is refused with a wrong password, and told so', async () => {
    const name = await ours();
    const wrong = { url: here(name), auth: { basic: { username: 'Nobody', password: 'nothing at all' } } };
    await expect(replicate(wrong, asCouch(await there()))).rejects.toThrow(/unauthorized|not_found|db_not_found/);
  });
});
