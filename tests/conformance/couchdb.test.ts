/**
 * What is true of the engine on CouchDB alone: what it does when CouchDB is away, slow or a cluster with too few machines, and when several
 * processes share it. A server in between breaks things; where no CouchDB is at hand, what needs one behind it is not run.
 */
import { randomBytes } from 'node:crypto';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openCouch } from '../../src/lib/server/engine/couchdb.ts';
import { StorageFailure, type Engine } from '../../src/lib/server/engine/engine.ts';
import { askCouch, couchPrefix, couchUrl, removeCouchDatabases } from './couch.ts';

const random = (n: number): Uint8Array => randomBytes(n);
const ann = 'a'.repeat(26);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server on a free port; its address carries a name and a password. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = (): Promise<void> =>
    new Promise((stopped) => {
      server.close(() => {
        stopped();
      });
      server.closeAllConnections();
    });
  ends.push(stop);
  return { url: `http://somebody:hush-hush@127.0.0.1:${String((server.address() as AddressInfo).port)}/`, stop };
}

const failing = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StorageFailure)) throw new Error(`Not a StorageFailure: ${String(error)}`);
  expect(`${error.message} ${error.stack ?? ''} ${String(error.cause ?? '')}`).not.toContain('hush');
  return error.message;
};

const open = (url: string, given: object = {}): Promise<Engine> =>
  openCouch({ url, prefix: 'test_', random, patience: 0, timeLimit: 5000, ...given });

describe('a CouchDB that cannot be used, told in a sentence without its password', () => {
  it('no address', async () => {
    for (const url of ['', 'couch', 'ftp://somebody:hush-hush@host/', 'http://somebody:hush%ush@host/'])
      expect(await failing(open(url))).toMatch(/^COUCHDB_URL is not an address/);
  });

  it('away', async () => {
    const { url, stop } = await serve(() => undefined);
    await stop();
    expect(await failing(open(url))).toMatch(/^CouchDB at 127\.0\.0\.1:\d+ cannot be reached$/);
  });

  it('silent', async () => {
    const { url } = await serve(() => undefined);
    expect(await failing(open(url, { timeLimit: 300 }))).toMatch(/does not answer in time$/);
  });

  it('of another name and password', async () => {
    const { url } = await serve((_request, response) => response.writeHead(401).end('{"error":"unauthorized","reason":"hush-hush"}'));
    expect(await failing(open(url))).toMatch(/does not accept the name and password of COUCHDB_URL$/);
  });

  it('too old, or something else', async () => {
    let body = '<h1>Hello</h1>';
    const { url } = await serve((_request, response) => response.end(body));
    expect(await failing(open(url))).toMatch(/is not CouchDB$/);
    body = '{"couchdb":"Welcome","version":"2.3.1","features":[]}';
    expect(await failing(open(url))).toMatch(/is 2\.3\.1; 3\.3 or newer is needed$/);
    body = '{"hello":"world"}';
    expect(await failing(open(url))).toMatch(/is not CouchDB$/);
  });

  it('still starting: it is waited for', async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      if (++asked < 3) response.writeHead(503).end('{}');
      else if (request.url === '/') response.end('{"couchdb":"Welcome","version":"3.5.0","features":["partitioned"]}');
      else response.writeHead(201).end('{"ok":true}');
    });
    const engine = await open(url, { patience: 5000 });
    expect([engine.kind, engine.epoch.length]).toEqual(['couchdb', 16]);
    await engine.close();
    await failing(engine.database('x').get(`${ann}:1`));
  });

  it('silent at the end: it is not waited for as long as it wants', { timeout: 60_000 }, async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/') response.end('{"couchdb":"Welcome","version":"3.5.0","features":["partitioned"]}');
      else if (request.url?.startsWith('/test_engine') === true) response.writeHead(201).end('{"ok":true}');
    });
    const engine = await open(url, { timeLimit: 60_000 });
    const asked = failing(engine.database('x').get(`${ann}:1`));
    await new Promise((later) => setTimeout(later, 50));
    const began = performance.now();
    await engine.close();
    // Three seconds of grace, far from the minute that it wants.
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await asked).toMatch(/cannot be reached$/);
  });
});

/** What the server in between does to an answer of CouchDB: its status and body, or null to break the connection. */
type Meddle = (request: IncomingMessage, status: number, body: string) => Meddled | Promise<Meddled>;
type Meddled = { readonly status: number; readonly body: string } | null;

describe.skipIf(couchUrl === null)('on a CouchDB behind a server that breaks things', () => {
  const behind = couchUrl ?? '';
  const straight: Meddle = (_request, status, body) => ({ status, body });

  interface Between {
    readonly engine: Engine;
    readonly prefix: string;
    readonly url: string;
    meddle: Meddle;
    /** Whether a request never arrives. */
    drops: (request: IncomingMessage) => boolean;
  }

  async function between(): Promise<Between> {
    const rule: Pick<Between, 'meddle' | 'drops'> = { meddle: straight, drops: () => false };
    const target = new URL(behind);
    const prefix = couchPrefix();
    const credentials = `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`;
    const { url } = await serve((incoming, outgoing) => {
      if (rule.drops(incoming)) {
        outgoing.destroy();
        return;
      }
      const headers = { ...incoming.headers, host: target.host, authorization: credentials };
      const outward = forward(
        { host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            void Promise.resolve(rule.meddle(incoming, answer.statusCode ?? 0, Buffer.concat(chunks).toString())).then((meddled) => {
              if (meddled === null) outgoing.destroy();
              else outgoing.writeHead(meddled.status, { 'content-type': 'application/json' }).end(meddled.body);
            });
          });
        },
      );
      outward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => outward.destroy());
      incoming.pipe(outward);
    });
    const engine = await open(url, { prefix, timeLimit: 5000 });
    ends.push(() => removeCouchDatabases(behind, prefix));
    ends.push(() => engine.close());
    return Object.assign(rule, { engine, prefix, url });
  }

  /** A cluster of three of which too few take writes: as long as `tooFew` says so. */
  const cluster =
    (tooFew: (request: IncomingMessage) => boolean): Meddle =>
    (request, status, body) => {
      if (request.method === 'GET' && /^\/[^/?]+$/.test(request.url ?? '')) return { status, body: body.replace('"n":1', '"n":3') };
      return { status: status === 201 && tooFew(request) ? 202 : status, body };
    };
  const isWrite = ({ url }: IncomingMessage): boolean => url?.includes('_bulk_docs') === true;

  it('sends a write again that too few copies took', async () => {
    const world = await between();
    let writes = 0;
    world.meddle = cluster((request) => isWrite(request) && ++writes < 3);
    const records = world.engine.database('records-test');
    const [edited] = await records.bulk([{ _id: `${ann}:1`, n: 1 }], { newEdits: true });
    expect([edited?.ok, writes]).toEqual([true, 3]);
    writes = 0;
    const [merged] = await records.bulk([{ _id: `${ann}:2`, _rev: '1-a' }], { newEdits: false });
    expect([merged?.ok, writes]).toEqual([true, 3]);
  });

  it('withdraws an edit that too few copies took where another one was first, and tells it as a conflict', async () => {
    for (const { rival, withdraws } of [
      { rival: '2-fffffffffffffffffffffffffffffff1', withdraws: false },
      { rival: '2-00000000000000000000000000000001', withdraws: false },
      { rival: '2-00000000000000000000000000000001', withdraws: true },
    ]) {
      const world = await between();
      const at = encodeURIComponent(`${world.prefix}accounts`);
      const accounts = world.engine.database('accounts');
      world.meddle = cluster(() => false);
      const [made] = await accounts.bulk([{ _id: 'code:x' }], { newEdits: true });
      if (made?.ok !== true) throw new Error('not made');
      let looks = 0;
      let edits = 0;
      world.meddle = async (request, status, body) => {
        // Another process' edit reached a copy before this one, and is seen from the next look on.
        if (isWrite(request) && ++edits === 1) {
          const sibling = { _id: 'code:x', _rev: rival, _revisions: { start: 2, ids: [rival.slice(2), made.rev.slice(2)] }, by: 'another' };
          await askCouch(behind, 'POST', `${at}/_bulk_docs`, { new_edits: false, docs: [sibling] });
          return { status: 202, body };
        }
        if (withdraws && request.url?.includes('_bulk_get') === true && ++looks === 2)
          await askCouch(behind, 'POST', `${at}/_purge`, { 'code:x': [rival] });
        return cluster(() => false)(request, status, body);
      };
      const [written] = await accounts.bulk([{ _id: 'code:x', _rev: made.rev, by: 'this one' }], { newEdits: true });
      world.meddle = cluster(() => false);
      expect(written).toMatchObject(withdraws ? { ok: true } : { ok: false, error: 'conflict' });
      expect(await accounts.leaves('code:x')).toHaveLength(1);
      expect(await accounts.get('code:x')).toMatchObject({ by: withdraws ? 'this one' : 'another' });
    }
  });

  it('asks again what CouchDB could not read in one moment', async () => {
    const world = await between();
    const records = world.engine.database('records-test');
    await records.bulk([{ _id: `${ann}:1`, n: 1 }], { newEdits: true });
    let troubles = 2;
    world.meddle = (request, status, body) => {
      if (troubles === 0 || request.url?.includes('_bulk_get') !== true) return { status, body };
      troubles--;
      const error = { error: 'internal_fabric_error', reason: '{error,{nodedown,<<"progress not possible">>}}' };
      return { status, body: JSON.stringify({ results: [{ id: `${ann}:1`, docs: [{ error }] }] }) };
    };
    expect(await records.get(`${ann}:1`)).toMatchObject({ n: 1 });
    troubles = 2;
    world.meddle = (_request, status, body) => (troubles-- > 0 ? { status: 500, body: '{"error":"nodedown"}' } : { status, body });
    expect(await records.get(`${ann}:1`)).toMatchObject({ n: 1 });
    world.meddle = (request, status, body) =>
      request.url?.includes('_bulk_get') === true
        ? { status, body: JSON.stringify({ results: [{ id: `${ann}:1`, docs: [{ error: { error: 'timeout' } }] }] }) }
        : { status, body };
    expect(await failing(records.get(`${ann}:1`))).toMatch(/cannot read some documents for now$/);
  });

  it('gives a receipt also where the copy that is asked first lags behind', async () => {
    const world = await between();
    world.meddle = (request, status, body) =>
      request.url?.includes('_changes') === true
        ? { status, body: JSON.stringify({ results: [], last_seq: '0', pending: 0 }) }
        : cluster(() => false)(request, status, body);
    const records = world.engine.database('records-test');
    await records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false });
    expect(await records.held({ [`${ann}:1`]: '1-a', [`${ann}:2`]: '1-a' })).toEqual({ [`${ann}:1`]: '1-a' });
  });

  it('finds in a listing and a feed what it wrote itself, also where the copy that lists lags behind', async () => {
    const world = await between();
    const records = world.engine.database('records-test');
    let hidden: readonly string[] = [];
    world.meddle = (request, status, body) => {
      if (request.method === 'GET' && /^\/[^/?]+$/.test(request.url ?? '')) return { status, body: body.replace('"n":1', '"n":3') };
      if (!/_all_docs|_changes/.test(request.url ?? '')) return { status, body };
      const { rows, results, ...rest } = JSON.parse(body) as Record<string, { id: string }[] | undefined>;
      const shown = (some: { id: string }[] | undefined) => some?.filter(({ id }) => !hidden.includes(id));
      return { status, body: JSON.stringify({ rows: shown(rows), results: shown(results), ...rest }) };
    };
    const name = (n: number): string => `${ann}:${String(n)}`;
    for (let n = 1; n <= 6; n++) await records.bulk([{ _id: name(n), n }], { newEdits: true });
    const { last } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
    await records.bulk([{ _id: name(7), n: 7 }], { newEdits: true });
    hidden = [2, 5, 6, 7].map(name);
    const page = async (asked: object): Promise<unknown> =>
      (await records.list({ partition: ann, bodies: true, ...asked })).rows.map(({ document }) => document?.['n']);
    expect(await page({})).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([await page({ limit: 2 }), await page({ limit: 2, skip: 2 }), await page({ limit: 3, skip: 5 })]).toEqual([
      [1, 2],
      [3, 4],
      [6, 7],
    ]);
    expect(await page({ descending: true, limit: 4 })).toEqual([7, 6, 5, 4]);
    expect(await page({ start: name(2), end: name(6), inclusiveEnd: false })).toEqual([2, 3, 4, 5]);
    const { results } = await records.changes({ partition: ann, since: last, style: 'main_only' });
    expect(results.map(({ id }) => id)).toEqual([name(7)]);
    // What was purged by another process is not looked for any longer than once.
    await askCouch(behind, 'POST', `${encodeURIComponent(`${world.prefix}records-test`)}/_purge`, {
      [name(7)]: (await records.leaves(name(7))).map(({ rev }) => rev),
    });
    expect(await page({})).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps a local document as it was written last, and removed, where a copy that was away has an older one', async () => {
    const world = await between();
    const records = world.engine.database('records-test');
    let older: { readonly body: string; readonly at: number } | null = null;
    const revisionOf = (body: string): number => Number(/"_rev":"0-(\d+)"/.exec(body)?.[1] ?? 0);
    // CouchDB copies no local document over, asks enough copies for one, and takes of those that differ the one that is there with the highest revision.
    world.meddle = (request, status, body) => {
      if (older === null || request.method !== 'GET' || request.url?.includes('/_local/') !== true) return { status, body };
      return status === 404 || revisionOf(body) <= older.at ? { status: 200, body: older.body } : { status, body };
    };
    await records.putLocal('s', 'a', { n: 1 });
    const database = encodeURIComponent(`${world.prefix}records-test`);
    const { rows } = (await askCouch(behind, 'GET', `${database}/_local_docs?include_docs=true`)) as { rows: { doc: object }[] };
    const body = JSON.stringify(rows[0]?.doc);
    older = { body, at: revisionOf(body) };
    expect(await records.putLocal('s', 'a', { n: 2 })).toBe('0-2');
    expect(await records.getLocal('s', 'a')).toEqual({ rev: '0-2', body: { n: 2 } });
    expect([await records.removeLocal('s', 'a'), await records.removeLocal('s', 'a'), await records.getLocal('s', 'a')]).toEqual([
      true,
      false,
      null,
    ]);
    expect(await records.putLocal('s', 'a', { n: 3 })).toBe('0-1');
    expect(await records.getLocal('s', 'a')).toEqual({ rev: '0-1', body: { n: 3 } });
  });

  it('finds out whether an edit arrived whose answer was lost, and sends it again where it did not', async () => {
    for (const arrives of [true, false]) {
      const world = await between();
      const accounts = world.engine.database('accounts');
      const [made] = await accounts.bulk([{ _id: 'code:x' }], { newEdits: true });
      if (made?.ok !== true) throw new Error('not made');
      let lost = 1;
      world.drops = (request) => !arrives && isWrite(request) && lost-- > 0;
      world.meddle = (request, status, body) => (arrives && isWrite(request) && lost-- > 0 ? null : { status, body });
      const edits = [{ _id: 'code:x', _rev: made.rev, by: 1 }, { _id: 'code:y' }];
      const [edited, other] = await accounts.bulk(edits, { newEdits: true });
      expect([edited?.ok, other?.ok]).toEqual([true, true]);
      expect(lost).toBeLessThan(1);
      expect(await accounts.get('code:x')).toMatchObject({ by: 1 });
      expect(await accounts.leaves('code:x')).toHaveLength(1);
      // What somebody else wrote in between is somebody else's.
      const rival = { _id: 'code:x', _rev: edited?.ok === true ? edited.rev : '', by: 'another' };
      let writes = 0;
      world.drops = (request) => isWrite(request) && ++writes === 1;
      world.meddle = async (request, status, body) => {
        if (request.url?.includes('_bulk_get') === true && writes === 0)
          await askCouch(behind, 'POST', `${encodeURIComponent(`${world.prefix}accounts`)}/_bulk_docs`, { docs: [rival] });
        return { status, body };
      };
      expect(await accounts.bulk([{ ...rival, by: 2 }], { newEdits: true })).toMatchObject([{ ok: false, error: 'conflict' }]);
      expect(await accounts.get('code:x')).toMatchObject({ by: 'another' });
    }
  });

  it('tells nobody that a revision is kept which too few copies have', async () => {
    const world = await between();
    let tooFew = true;
    world.meddle = cluster((request) => isWrite(request) && tooFew);
    const records = world.engine.database('records-test');
    await failing(records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false }));
    // CouchDB's own `_revs_diff` finds it on the one copy that has it; a node that hands its work on would count it as handed over.
    expect(await failing(records.missing({ [`${ann}:1`]: ['1-a'] }))).toMatch(/^Too few machines/);
    tooFew = false;
    expect(await records.missing({ [`${ann}:1`]: ['1-a'], [`${ann}:2`]: ['1-b'] })).toEqual(
      new Map([[`${ann}:2`, { missing: ['1-b'], ancestors: [] }]]),
    );
  });

  it('never gives a receipt for what too few copies took, until enough have it', async () => {
    const world = await between();
    let tooFew = true;
    world.meddle = cluster((request) => isWrite(request) && tooFew);
    const records = world.engine.database('records-test');
    expect(await failing(records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false }))).toMatch(/^Too few machines/);
    // One copy has it, and it can be read there. That is no receipt; nor is it one when the device comes again.
    expect(await records.get(`${ann}:1`)).toEqual({ _id: `${ann}:1`, _rev: '1-a' });
    await failing(records.held({ [`${ann}:1`]: '1-a' }));
    await failing(records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false, gate: () => null }));
    tooFew = false;
    expect(await records.held({ [`${ann}:1`]: '1-a', [`${ann}:2`]: '1-b' })).toEqual({ [`${ann}:1`]: '1-a' });
    // Counted by one copy of a cluster, which may lag behind for a moment.
    await expect.poll(async () => (await records.info(ann)).documents, { timeout: 20_000 }).toBe(1);
    const before = await records.info(ann);
    expect(await records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false, gate: () => null })).toEqual([
      { ok: true, id: `${ann}:1`, rev: '1-a' },
    ]);
    await expect.poll(() => records.info(ann), { timeout: 20_000 }).toEqual(before);
  });

  it('gives no receipt for a merge that CouchDB calls done while too few machines are in touch', async () => {
    const world = await between();
    let up = ['one'];
    const three: Meddle = (request, status, body) => {
      if (request.url?.endsWith('/_shards') === true) return { status, body: JSON.stringify({ shards: { all: ['one', 'two', 'three'] } }) };
      if (request.url === '/_membership')
        return { status, body: JSON.stringify({ all_nodes: up, cluster_nodes: ['one', 'two', 'three'] }) };
      return cluster(() => false)(request, status, body);
    };
    world.meddle = three;
    const records = world.engine.database('records-test');
    expect(await failing(records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false }))).toMatch(/^Too few machines/);
    expect(await failing(records.held({ [`${ann}:1`]: '1-a' }))).toMatch(/^Too few machines/);
    up = ['one', 'three'];
    expect(await records.bulk([{ _id: `${ann}:1`, _rev: '1-a' }], { newEdits: false })).toMatchObject([{ ok: true }]);
    expect(await records.held({ [`${ann}:1`]: '1-a' })).toEqual({ [`${ann}:1`]: '1-a' });
  });

  it('is not writable where a mark is taken by too few', async () => {
    const world = await between();
    expect(await world.engine.writable()).toBe(true);
    world.meddle = cluster(() => true);
    expect(await world.engine.writable()).toBe(false);
  });

  it('fails with a sentence when CouchDB goes away, and goes on when it is back', { timeout: 60_000 }, async () => {
    const world = await between();
    const records = world.engine.database('records-test');
    await records.bulk([{ _id: `${ann}:1` }], { newEdits: true });
    const { last } = await records.changes({ partition: ann, since: '0', style: 'main_only' });
    const waiting = records.waitForChange(ann, last, new AbortController().signal);
    await new Promise((later) => setTimeout(later, 50));
    world.meddle = () => null;
    for (const work of [
      () => records.get(`${ann}:1`),
      () => records.bulk([{ _id: `${ann}:2` }], { newEdits: true }),
      () => records.changes({ partition: null, since: '0', style: 'main_only' }),
      () => records.held({ [`${ann}:1`]: '1-a' }),
      () => records.putLocal('s', 'a', {}),
      () => world.engine.database('records-new').info(null),
    ])
      expect(await failing(work())).toMatch(/cannot be reached$/);
    expect(await world.engine.writable()).toBe(false);
    // Nobody who waits is left alone with a feed that broke: they are sent to ask, and are told.
    await askCouch(behind, 'PUT', `${encodeURIComponent(`${world.prefix}records-test`)}/${ann}:3`, {});
    await waiting;
    await records.waitForChange(ann, last, new AbortController().signal);
    world.meddle = straight;
    expect((await records.get(`${ann}:1`))?._id).toBe(`${ann}:1`);
    expect((await world.engine.database('records-new').info(null)).documents).toBe(0);
  });

  it('does not make a database again that was there and is gone', async () => {
    const world = await between();
    const records = world.engine.database('records-test');
    await records.bulk([{ _id: `${ann}:1` }], { newEdits: true });
    await askCouch(behind, 'DELETE', encodeURIComponent(`${world.prefix}records-test`));
    expect(await failing(records.get(`${ann}:1`))).toMatch(/is gone$/);
    expect(await failing(records.bulk([{ _id: `${ann}:1` }], { newEdits: true }))).toMatch(/is gone$/);
  });

  it('writes what can be written beside a document that CouchDB cannot read', async () => {
    const { engine } = await between();
    const written = await engine
      .database('records-test')
      .bulk(
        [
          { _id: `${ann}:1` },
          { _id: `${ann}:2`, text: '\ud800' },
          { _id: 'nowhere' },
          { _id: `${ann}:3`, _rev: `1-${'z'.repeat(32)}` },
          { _id: `${ann}:4` },
        ],
        { newEdits: true },
      );
    expect(written.map((answer) => (answer.ok ? 'ok' : answer.error))).toEqual(['ok', 'bad_request', 'bad_request', 'conflict', 'ok']);
    const merged = await engine.database('records-test').bulk(
      [
        { _id: `${ann}:5`, _rev: `1-${'z'.repeat(32)}` },
        { _id: `${ann}:6`, _rev: '1-a' },
      ],
      { newEdits: false },
    );
    expect(merged.map((answer) => (answer.ok ? 'ok' : answer.error))).toEqual(['bad_request', 'ok']);
    expect(await engine.database('records-test').missing({ [`${ann}:6`]: [`1-${'z'.repeat(32)}`, '1-a'], nowhere: ['1-a'] })).toEqual(
      new Map([
        [`${ann}:6`, { missing: [`1-${'z'.repeat(32)}`], ancestors: [] }],
        ['nowhere', { missing: ['1-a'], ancestors: [] }],
      ]),
    );
  });

  it('is one node in two processes: one epoch, one winner of an edit, and each wakes who waits in the other', async () => {
    const { engine: one, url, prefix } = await between();
    const two = await open(url, { prefix, timeLimit: 5000 });
    ends.push(() => two.close());
    expect(two.epoch).toBe(one.epoch);
    const databases = [one.database('accounts'), two.database('accounts')] as const;
    const [made] = await databases[0].bulk([{ _id: 'code:x' }], { newEdits: true });
    if (made?.ok !== true) throw new Error('not made');
    const used = await Promise.all(
      databases.map(async (database, n) => (await database.bulk([{ _id: 'code:x', _rev: made.rev, by: n }], { newEdits: true }))[0]?.ok),
    );
    expect(used.toSorted()).toEqual([false, true]);

    const { last } = await databases[1].changes({ partition: 'code', since: '0', style: 'main_only' });
    const waiting = databases[1].waitForChange('code', last, AbortSignal.timeout(20_000));
    await databases[0].bulk([{ _id: 'code:y' }], { newEdits: true });
    await waiting;
    expect((await databases[1].changes({ partition: 'code', since: last, style: 'main_only' })).results.map(({ id }) => id)).toEqual([
      'code:y',
    ]);
  });

  it('keeps CouchDB’s own documents out of what it tells', async () => {
    const { engine, prefix } = await between();
    const records = engine.database('records-test');
    await records.bulk([{ _id: `${ann}:1` }, { _id: '0:1' }, { _id: 'z:1' }], { newEdits: true });
    await askCouch(behind, 'PUT', `${encodeURIComponent(`${prefix}records-test`)}/_design/x`, { options: { partitioned: false } });
    const page = async (skip: number): Promise<string[]> =>
      (await records.list({ partition: null, limit: 1, skip })).rows.map(({ id }) => id);
    const told = async (): Promise<unknown> => [
      [await page(0), await page(1), await page(2), await page(3)],
      (await records.list({ partition: null })).total,
      (await records.info(null)).documents,
      (await records.changes({ partition: null, since: '0', style: 'main_only' })).results.length,
    ];
    // The design document was written past the engine, which remembers its own writes where a copy of a cluster lags behind.
    await expect.poll(told, { timeout: 20_000 }).toEqual([[['0:1'], [`${ann}:1`], ['z:1'], []], 3, 3, 3]);
  });
});
