/** Requests that nobody means well with: each gets a sentence, and the node goes on. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isNodePath } from '../../src/lib/server/handle.ts';
import { aRecord } from '../fixtures/records.ts';
import { ask, claim, codesFor, joinBy, makeCohort, startTestNode, type Learner, type TestNode } from './kit.ts';

let node: TestNode;
let admin: string;
let ann: Learner;
let bob: Learner;

beforeAll(async () => {
  node = await startTestNode();
  admin = await claim(node);
  const [one = '', two = ''] = await codesFor(node, admin, await makeCohort(node, admin), ['Ann', 'Bob']);
  [ann, bob] = [await joinBy(node, one), await joinBy(node, two)];
});
afterAll(async () => {
  // Whatever came before: the node is up, its store is whole, and nobody's work was touched.
  expect((await ask(`${node.url}/health`)).body).toMatchObject({ status: 'ok' });
  const { body } = await ask(`${node.url}/replica/person/${bob.person}/_all_docs`, { token: bob.token });
  expect(body['total_rows']).toBe(1);
  expect(node.lines.filter((line) => line.startsWith('A request failed'))).toEqual([]);
  await node.close();
});

const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

const hostileJson = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '7',
    '"text"',
    '{"__proto__":{"roles":["administrator"]}}',
    '{"constructor":{"prototype":{"roles":["administrator"]}}}',
    '{"docs":[{"__proto__":{"_id":"x"}}]}',
    '{"docs":{"length":1e9}}',
    '{"docs":[null,7,"x",[]]}',
    '{"a":1e999}',
    '{"a":"\\ud800"}',
    '\ufeff\ufeff{}',
    deep('[', ']', 50_000),
    deep('{"a":', '}', 50_000),
    deep('{"docs":[', ']}', 2000),
    `{"name":"${'x'.repeat(200_000)}"}`,
  ),
  fc.json({ maxDepth: 8 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

const part = fc.constantFrom(
  '..',
  '%2e%2e',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  '_design%2fx',
  '_design/x',
  '_local/',
  '_all_docs',
  '_changes',
  '_bulk_docs',
  '_bulk_get',
  '_revs_diff',
  '_security',
  '__proto__',
  'constructor',
  'person',
  'accounts',
  'records-centre',
  'x'.repeat(3000),
  '🛰',
  "'; DROP TABLE documents; --",
);
const hostilePath = fc
  .tuple(
    fc.constantFrom(
      'api',
      'api/session',
      'api/cohorts',
      'api/people',
      'replica',
      'replica/person',
      'replica/db',
      'content/pieces',
      'content/manifests',
      'sync',
      'metrics',
    ),
    fc.array(part, { maxLength: 3 }),
    fc.constantFrom(
      '',
      '?',
      '?since=%00',
      '?limit=-1',
      '?keys=[[[',
      '?open_revs=7',
      '?startkey={}',
      '?doc_ids=__proto__',
      '?heartbeat=1e9&feed=x',
      '?__proto__[x]=1',
    ),
  )
  .map(([first, rest, query]) => `/${[first, ...rest].join('/')}${query}`);

const endpoints = [
  '/api/session',
  '/api/link',
  '/api/people',
  '/api/cohorts',
  '/api/cohorts/x/codes',
  '/sync',
  '/content/pack',
  '/replica/person/ANN/_bulk_docs',
  '/replica/person/ANN/_bulk_get',
  '/replica/person/ANN/_revs_diff',
  '/replica/person/ANN/_all_docs',
  '/replica/person/ANN/_changes?filter=_doc_ids',
  '/replica/person/BOB/_bulk_docs',
];

/** An answer that an honest client could have caused, or a refusal with a sentence; never a fault of the node. */
function expectAnswered({ status, body }: Awaited<ReturnType<typeof ask>>): void {
  expect(status).toBeLessThan(500);
  if (status >= 400) {
    expect(typeof body['error']).toBe('string');
    expect(String(body['message'] ?? body['reason'])).toMatch(/\w/);
  }
  expect(JSON.stringify(body)).not.toMatch(/at .*\.ts:\d|node_modules|SQLITE/);
}

it('bodies that are rubbish, at every address that takes one', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...endpoints), hostileJson, fc.constantFrom('none', 'ann', 'admin'), async (endpoint, text, who) => {
      const url = node.url + endpoint.replace('ANN', ann.person).replace('BOB', bob.person);
      const token = { none: undefined, ann: ann.token, admin }[who];
      expectAnswered(await ask(url, { raw: text, ...(token === undefined ? {} : { token }) }));
    }),
    { numRuns: 200 },
  );
});

it('addresses that are tricks, with every method', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      hostilePath,
      fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'),
      fc.boolean(),
      async (path, method, signed) => {
        // Some tricks are undone by whoever reads an address, and are then a page's.
        fc.pre(isNodePath(new URL(node.url + path).pathname));
        const answer = await ask(node.url + path, {
          method,
          ...(signed ? { token: ann.token } : {}),
          ...(method === 'GET' || method === 'DELETE' || method === 'OPTIONS' ? {} : { raw: '{}' }),
        });
        expectAnswered(answer);
        expect(JSON.stringify(answer.body)).not.toContain(bob.person);
      },
    ),
    { numRuns: 150 },
  );
});

it('documents of others, of no kind, too large, or in another’s name', { timeout: 60_000 }, async () => {
  const writers = [ann.device, bob.device, 'centre'];
  const anyDocument = fc
    .record({
      kind: fc.constantFrom('register', 'attempt', 'note', 'withdrawal', 'application', 'enrolment', 'profile', 'binding', 'credential'),
      person: fc.constantFrom(ann.person, bob.person),
      writer: fc.constantFrom(...writers),
      n: fc.integer({ min: 1, max: 5 }),
      spoil: fc.constantFrom(
        {},
        { _id: `${'0'.repeat(26)}:note:x:y:z` },
        { _deleted: true },
        { person: 7 },
        {
          text: 'x'.repeat(300_000),
          response: 'x'.repeat(300_000),
          name: 'x'.repeat(300_000),
          title: 'x'.repeat(300_000),
          more: 'x'.repeat(300_000),
        },
        { _attachments: { x: { data: 'QQ==' } } },
        { _rev: '0-x' },
        { _rev: '99999999999-a' },
        { _revisions: { start: 3, ids: ['a', 'b', '../c'] } },
        { units: { '../x': {} } },
      ),
    })
    .map(({ kind, person, writer, n, spoil }) => ({
      person,
      writer,
      // A field that the kind does not have is let through: a newer app may write to an older node.
      plain: Object.keys(spoil).length === 0 || ('units' in spoil && kind !== 'register'),
      kind,
      document: { ...aRecord(kind as 'note', person, writer, n), ...spoil },
    }));
  await fc.assert(
    fc.asyncProperty(fc.array(anyDocument, { minLength: 1, maxLength: 4 }), fc.boolean(), async (given, newEdits) => {
      const answer = await ask(`${node.url}/replica/person/${ann.person}/_bulk_docs`, {
        token: ann.token,
        body: { docs: given.map(({ document }) => ({ ...(newEdits ? {} : { _rev: '1-abc' }), ...document })), new_edits: newEdits },
      });
      expectAnswered(answer);
      if (!newEdits || answer.status !== 201) return;
      (answer.body as unknown as { ok?: true }[]).forEach(({ ok }, index) => {
        const one = given[index];
        if (ok === true) expect([one?.person, one?.writer, one?.plain]).toEqual([ann.person, ann.device, true]);
      });
    }),
    { numRuns: 100 },
  );
});

it('bodies that are too large, or become so', async () => {
  const url = `${node.url}/replica/person/${ann.person}/_bulk_docs`;
  const large = await ask(url, { token: ann.token, raw: new Uint8Array(11 * 1024 * 1024) });
  expect([large.status, large.body['error']]).toEqual([413, 'too_large']);
  const bomb = await ask(url, {
    token: ann.token,
    raw: new Uint8Array(gzipSync(Buffer.alloc(200 * 1024 * 1024))),
    headers: { 'content-encoding': 'gzip' },
  });
  expect([bomb.status, bomb.body['error']]).toEqual([413, 'too_large']);
  // Without a length, and to an address that asks who comes first: nothing of it is kept.
  const forever = (): ReadableStream =>
    new ReadableStream({
      async pull(controller) {
        // Client and node share this process: without a turn in between nothing else would run.
        await new Promise((resolve) => setImmediate(resolve));
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
  const stranger = fetch(url, { method: 'POST', body: forever(), duplex: 'half' } as RequestInit);
  expect(
    await stranger.then(
      ({ status }) => status,
      () => 'cut off',
    ),
  ).toBeOneOf([401, 'cut off']);
  const known = fetch(url, {
    method: 'POST',
    body: forever(),
    duplex: 'half',
    headers: { authorization: `Bearer ${ann.token}` },
  } as RequestInit);
  expect(
    await known.then(
      ({ status }) => status,
      () => 'cut off',
    ),
  ).toBeOneOf([413, 'cut off']);
});

it('a body that stops coming', async () => {
  const { hostname, port } = new URL(node.url);
  const answers = ['/api/session', `/replica/person/${ann.person}/_bulk_docs`].map(
    (path) =>
      new Promise<string>((resolve) => {
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\nContent-Length: 100\r\n\r\n{"a"`;
        const socket = connect(Number(port), hostname, () => socket.write(head));
        socket.once('data', (chunk) => {
          resolve(chunk.toString());
          socket.destroy();
        });
      }),
  );
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
    expect(answer).toMatch(/"too-slow"/);
  }
});

it('what is no HTTP, or half of it', async () => {
  const { hostname, port } = new URL(node.url);
  const send = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
        socket.end();
      });
      socket.on('error', () => {
        resolve(answer);
      });
      socket.on('close', () => {
        resolve(answer);
      });
      setTimeout(() => socket.destroy(), 300);
    });
  const requests = [
    'rubbish\r\n\r\n',
    'GET http://evil.test/health HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET //evil.test/health HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE /health HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /health?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"',
    'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    'POST /sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'GET /health HTTP/1.1\r\n\r\n',
    'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  for (const answer of await Promise.all(requests.map(send))) {
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
  }
});
