/** Requests that nobody means well with, generated: bytes for a socket, as no honest client would send them. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { aCourse, aRecord, aUlid, recordKinds } from '../fixtures/records.ts';
import type { Learner } from './kit.ts';

/** What must come of a case. */
export type Verdict =
  /** 4xx with a sentence. */
  | 'refused'
  /** No fault of the node; where it refuses, with a sentence. */
  | 'answered'
  /** What is no HTTP may also just be hung up on; where it is answered, it is refused. */
  | 'cut off or refused'
  /** Each document that it brings is refused in its row, or the whole request is. */
  | 'nothing kept';

export interface HostileCase {
  readonly about: string;
  readonly verdict: Verdict;
  /** The parts of the request; where there are several, time passes between them and the last does not end it. */
  readonly parts: readonly Uint8Array[];
}

export interface Cast {
  readonly ann: Learner;
  readonly bob: Learner;
  readonly admin: string;
  readonly tina: string;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

interface Sketch {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly token?: string | undefined;
  readonly body?: Uint8Array;
}

/** A request as it goes over the wire: nothing in it is made right on the way, as `fetch` would. */
function wire({ method, path, headers = [], token, body }: Sketch): Uint8Array {
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: centre.test',
    'Connection: close',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined || headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header))
      ? []
      : [`Content-Length: ${String(body.byteLength)}`]),
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? new Uint8Array()]);
}

const nest = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** Where a body is read, and by whom: who is not let in is refused before it. */
const readers = ({ ann, bob, admin, tina }: Cast) =>
  fc.constantFrom<readonly [method: string, path: string, token: string | undefined]>(
    ['POST', '/api/session', undefined],
    ['POST', '/api/people', admin],
    ['POST', '/api/cohorts', tina],
    ['POST', '/api/cohorts/x/codes', admin],
    ['POST', '/sync', ann.token],
    ['POST', '/content/pack', undefined],
    ['POST', `/replica/person/${ann.person}/_bulk_docs`, ann.token],
    ['POST', `/replica/person/${ann.person}/_bulk_docs`, tina],
    ['POST', `/replica/person/${ann.person}/_bulk_get`, ann.token],
    ['POST', `/replica/person/${ann.person}/_revs_diff`, ann.token],
    ['POST', `/replica/person/${bob.person}/_bulk_docs`, ann.token],
    ['PUT', `/replica/person/${ann.person}/${ann.person}:note:x:y:z`, ann.token],
    ['PUT', `/replica/person/${ann.person}/_local/x`, ann.token],
  );

/** Bodies that are no JSON object, or none that is read. */
const badJson: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.integer({ min: 65, max: 40_000 }).map((depth) => bytes(`{"docs":${nest('[', ']', depth)}}`)),
  fc.integer({ min: 65, max: 20_000 }).map((depth) => bytes(nest('{"a":', '}', depth).replace(':}', ':1}'))),
  fc
    .integer({ min: 1, max: 40 })
    .map((depth) => bytes(`${'{"docs":['.repeat(depth)}{"__proto__":{"roles":["administrator"]}}${']}'.repeat(depth)}`)),
  fc
    .constantFrom(
      '',
      '{',
      '{"a":}',
      '{"a":1,}',
      "{'a':1}",
      '{"a":NaN}',
      '{"a":0x10}',
      '{"a":1}{"b":2}',
      'null',
      '[]',
      '7',
      '"x"',
      '\u0000{}',
      '\ufeff\ufeff{}',
    )
    .map(bytes),
  // Bytes that are no UTF-8: cut off, overlong, surrogates, beyond the last character.
  fc
    .tuple(
      fc.constantFrom(
        [0xff],
        [0xc3],
        [0xc0, 0xaf],
        [0xe0, 0x80, 0xaf],
        [0xed, 0xa0, 0x80],
        [0xf5, 0x80, 0x80, 0x80],
        [0xf0, 0x9f, 0x9b],
        [0xfe, 0xff],
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
    )
    .map(([bad, text]) => Buffer.concat([bytes(`{"name":${JSON.stringify(text).slice(0, -1)}`), Buffer.from(bad), bytes('"}')])),
  fc.string({ maxLength: 50 }).map((text) => Buffer.from(`{"name":${JSON.stringify(text)}}`, 'utf16le')),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((random) => Buffer.concat([Buffer.from([0x80]), random])),
  fc.tuple(fc.jsonValue(), fc.integer({ min: 1, max: 30 })).map(([value, cut]) => {
    const text = JSON.stringify({ docs: [value], name: 'x' });
    return bytes(text.slice(0, Math.max(1, text.length - cut)));
  }),
);

const rubbishBodies = (cast: Cast): fc.Arbitrary<HostileCase> =>
  fc.tuple(readers(cast), badJson).map(([[method, path, token], body]) => ({
    about: `${method} ${path}: ${Buffer.from(body.subarray(0, 60)).toString()} (${String(body.byteLength)} bytes)`,
    verdict: 'refused',
    parts: [wire({ method, path, token, body })],
  }));

const bombs = new Map([1, 11, 64, 200].map((mb) => [mb, gzipSync(Buffer.alloc(mb * 1024 * 1024, 0x20))]));
const plain = bytes('{"docs":[]}');
/** A body and the name of an encoding that does not fit it, or that unpacks to what is none. */
const badlyEncoded: fc.Arbitrary<readonly [string, Uint8Array]> = fc.oneof(
  fc.constantFrom(...bombs.values()).map((bomb) => ['gzip', bomb] as const),
  fc.integer({ min: 1, max: 25 }).map((cut) => ['gzip', gzipSync(Buffer.alloc(3000, '{"a":1}')).subarray(0, -cut)] as const),
  fc.tuple(fc.nat(19), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
    const packed = gzipSync(bytes('{"docs":[],"new_edits":true,"x":"abcdefghijk"}'));
    // Not in the head's time and system, which mean nothing.
    const place = 10 + at;
    packed[place] = (packed[place] ?? 0) ^ flip;
    return ['gzip', Buffer.concat([packed, Buffer.from([1])])] as const;
  }),
  fc.constantFrom('gzip', 'deflate', 'br').map((name) => [name, plain] as const),
  fc.constantFrom('deflate', 'br').map((name) => [name, gzipSync(plain)] as const),
  fc.constantFrom('gzip', 'br').map((name) => [name, deflateSync(plain)] as const),
  fc.constantFrom('gzip', 'deflate').map((name) => [name, brotliCompressSync(plain)] as const),
  fc.constant(['gzip', gzipSync(gzipSync(plain))] as const),
  fc
    .constantFrom('gzip, gzip', 'gzip,br', 'x-evil', 'identity, gzip', '__proto__', 'constructor', 'compress', 'zstd', 'aes128gcm', '*')
    .map((name) => [name, gzipSync(plain)] as const),
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((random) => ['br', Buffer.concat([Buffer.from([0xff]), random])] as const),
);

const encodings = (cast: Cast): fc.Arbitrary<HostileCase> =>
  fc.tuple(readers(cast), badlyEncoded).map(([[method, path, token], [name, body]]) => ({
    about: `${method} ${path}: ${String(body.byteLength)} bytes as ${name}`,
    verdict: 'refused',
    parts: [wire({ method, path, token, body, headers: [`Content-Encoding: ${name}`] })],
  }));

/** Every way in which a good document of Ann's becomes one that must not be kept. */
const spoilers = ({ bob }: Cast) =>
  fc.oneof(
    fc.constantFrom<Readonly<Record<string, unknown>>>(
      { _deleted: true },
      { person: bob.person },
      { writer: bob.device },
      { writer: bob.person },
      { writer: 'centre' },
      { writer: ['x'] },
      { _attachments: { x: { data: 'QQ==', content_type: 'text/plain' } } },
      { _attachments: { x: { follows: true, length: -1, content_type: 'a/b' } } },
      { _attachments: { '../x': { stub: true, digest: 'md5-x', revpos: 1e9 } } },
      { _attachments: [1] },
      { _attachments: { x: { data: '!!!', content_type: '\r\nx: y' } } },
      { kind: '__proto__' },
      { kind: 'constructor' },
      { kind: ['note'] },
      { kind: 'binding' },
      { kind: 'enrolment' },
      { kind: 'feedback' },
      { kind: 'evidence' },
      { kind: 'credential' },
      { kind: 'sitting', links: [] },
      { _rev: '0-x' },
      { _rev: 7 },
      { _rev: '99999999999999999999-a' },
      { _rev: `1-${'a'.repeat(5000)}` },
      { _rev: '1-../../etc' },
      { _revisions: { start: 1e9, ids: [] } },
      { _revisions: { start: 1, ids: ['a', 'b', 'c'] } },
      { _revisions: { start: -1, ids: ['a'] } },
      { _revisions: { start: 2, ids: ['a', { x: 1 }] } },
      { _revisions: 'x' },
      { _security: { admins: {} } },
      { _local_seq_x: 1 },
      { more: 'x'.repeat(262_144) },
    ),
    // Names that lead elsewhere.
    fc
      .constantFrom(
        '_design/x',
        '_local/x',
        '_all_docs',
        '',
        '.',
        '..',
        `${bob.person}:note:x:y:${aUlid(1)}`,
        `${bob.person}:`,
        ':note:x',
        `x${String.fromCharCode(0)}:y:z`,
        '\ud800:x:y',
        '__proto__',
        '../accounts/staff:x',
        'accounts:staff:x',
        'x'.repeat(5000),
        '%2e%2e%2f',
      )
      .map((id) => ({ _id: id })),
    // Numbers and moments that are none.
    fc
      .tuple(
        fc.constantFrom('score', 'points', 'seconds', 'v', 'at', 'units', 'items', 'made', 'changed', 'mark', 'ulid', 'unit', 'course'),
        fc.constantFrom<unknown>(
          -1,
          1.5,
          1e308,
          -1e308,
          2 ** 53,
          '9'.repeat(400),
          null,
          true,
          [],
          { length: 1e9 },
          'NaN',
          '0000-00-00T00:00:00.000Z',
          '../x',
          'x'.repeat(65),
          '\ud800',
        ),
      )
      .map(([field, value]) => ({ [field]: value, _rubbish: 1 })),
  );

const documents = (cast: Cast): fc.Arbitrary<HostileCase> =>
  fc
    .record({
      kind: fc.constantFrom(...recordKinds),
      n: fc.integer({ min: 1, max: 99 }),
      spoiler: spoilers(cast),
      road: fc.constantFrom('edits', 'merge', 'put'),
    })
    .map(({ kind, n, spoiler, road }) => {
      const { ann } = cast;
      const good: Readonly<Record<string, unknown>> = { ...aRecord(kind, ann.person, ann.device, n) };
      const document: Readonly<Record<string, unknown>> = { ...(road === 'merge' ? { _rev: `1-${String(n)}` } : {}), ...good, ...spoiler };
      const id = String(document['_id']);
      const path = road === 'put' ? `/${encodeURIComponent(id.toWellFormed())}` : '/_bulk_docs';
      const body = road === 'put' ? document : { docs: [document], new_edits: road === 'edits' };
      return {
        about: `${road} a ${kind} with ${JSON.stringify(spoiler).slice(0, 120)}`,
        // `PUT` on a name such as `_local/x` is another address.
        verdict: road === 'put' && /^_|^\.*$/.test(id) ? 'answered' : 'nothing kept',
        parts: [
          wire({
            method: road === 'put' ? 'PUT' : 'POST',
            path: `/replica/person/${ann.person}${path}`,
            token: ann.token,
            body: bytes(JSON.stringify(body)),
            headers: ['Content-Type: application/json'],
          }),
        ],
      };
    });

const trick = fc.constantFrom(
  '..',
  '%2e%2e',
  '..%2f',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%252f',
  '%252e%252e%252f',
  '..\\',
  '%5c..%5c',
  '%00',
  '%',
  '%zz',
  '%c0%ae%c0%ae',
  '%e0%80%ae',
  '%ed%a0%80',
  '%ff',
  '.',
  '',
  '/',
  ';x=1',
  '_design%2fx',
  '_all_docs%2f',
  '__proto__',
  'constructor',
  'accounts',
  'private',
  'engine',
  'records-centre',
  'db',
  'x'.repeat(2000),
  '%F0%9F%9B%B0',
  '~root',
  'CON',
  "';DROP TABLE documents;--",
  '${7*7}',
  '<script>',
);

const paths = ({ ann, bob }: Cast): fc.Arbitrary<HostileCase> =>
  fc
    .record({
      first: fc.constantFrom(
        '/api',
        '/api/cohorts',
        '/api/people',
        '/replica',
        '/replica/person',
        `/replica/person/${ann.person}`,
        `/replica/person/${ann.person}/../${bob.person}`,
        `/replica/person/${ann.person}%2f..%2f${bob.person}`,
        `/replica/person/${bob.person}`,
        '/replica/db',
        '/replica/commons',
        '/content/pieces',
        '/content/manifests',
        '/sync',
        '/metrics',
        '/health',
      ),
      rest: fc.array(fc.oneof(trick, fc.constantFrom('_all_docs', '_changes', '_local', '_bulk_get', bob.person, `${bob.person}:note`)), {
        maxLength: 3,
      }),
      method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'PROPFIND', 'COPY'),
      signed: fc.boolean(),
    })
    .map(({ first, rest, method, signed }) => {
      const path = [first, ...rest].join('/');
      const body = method === 'GET' || method === 'HEAD' ? {} : { body: bytes('{}') };
      return {
        about: `${method} ${path}`,
        verdict: 'answered',
        parts: [wire({ method, path, token: signed ? ann.token : undefined, ...body })],
      };
    });

const absurd = fc.constantFrom(
  '-1',
  '0',
  '1e309',
  '-1e309',
  '9'.repeat(30),
  'NaN',
  'Infinity',
  'null',
  'true',
  '%00',
  '[[[',
  '{}',
  '[]',
  '"x"',
  '__proto__',
  '0x10',
  '1-a',
  '%f0%9f%9b%b0',
  'x'.repeat(3000),
  '%5b%5d',
  '%22%5cud800%22',
  '%7b%22__proto__%22%3a1%7d',
  '%5b%22a%22%2c7%5d',
);
const parameter = fc.constantFrom(
  'since',
  'limit',
  'skip',
  'heartbeat',
  'keys',
  'key',
  'startkey',
  'endkey',
  'start_key',
  'end_key',
  'inclusive_end',
  'descending',
  'include_docs',
  'style',
  'filter',
  'doc_ids',
  'rev',
  'revs',
  'open_revs',
  'latest',
  'conflicts',
  'attachments',
  'atts_since',
  'new_edits',
  'batch',
  'seq_interval',
  'last-event-id',
);

const queries = ({ ann }: Cast): fc.Arbitrary<HostileCase> =>
  fc
    .record({
      call: fc.constantFrom('_changes', '_all_docs', `${ann.person}:note:x:y:z`, '_local/x', '', '_bulk_get'),
      asked: fc.array(fc.tuple(parameter, absurd), { minLength: 1, maxLength: 5 }),
      method: fc.constantFrom('GET', 'POST'),
    })
    .map(({ call, asked, method }) => {
      const path = `/replica/person/${ann.person}/${call}?${asked.map(([name, value]) => `${name}=${value}`).join('&')}`;
      return {
        about: `${method} ${path}`,
        verdict: 'answered',
        parts: [wire({ method, path, token: ann.token, ...(method === 'POST' ? { body: bytes('{"docs":[]}') } : {}) })],
      };
    });

const headers = ({ ann, bob, admin }: Cast): fc.Arbitrary<HostileCase> => {
  const own = `/replica/person/${ann.person}/_all_docs`;
  const theirs = `/replica/person/${bob.person}/_all_docs`;
  const refusedHeads: readonly (readonly string[])[] = [
    [`Authorization: Bearer ${ann.token}`, `Authorization: Bearer ${bob.token}`],
    [`Authorization: Bearer ${ann.token}, Bearer ${bob.token}`],
    [`Authorization: Bearer  ${ann.token}x`],
    [`Authorization: Bearer ${'a'.repeat(9000)}`],
    [`Authorization: Bearer ${ann.token.split('.')[0] ?? ''}.`],
    [`Authorization: Bearer .${ann.token.split('.')[1] ?? ''}`],
    [`Authorization: Bearer ${Buffer.from('{"p":"x","i":0,"e":9e99}').toString('base64url')}.AAAA`],
    ['Authorization: Bearer null'],
    ['Authorization: Basic '],
    ['Authorization: Basic !!!'],
    [`Authorization: Basic ${Buffer.from('Wangari').toString('base64')}`],
    [`Authorization: Basic ${Buffer.from('\0:\0').toString('base64')}`],
    [`Authorization: Basic ${Buffer.from([0xff, 0x3a, 0xff]).toString('base64')}`],
    [`Authorization: Basic ${Buffer.from(`${'x'.repeat(4000)}:y`).toString('base64')}`],
    ['Authorization: Digest username="admin"'],
    ['X-Auth-CouchDB-UserName: admin', 'X-Auth-CouchDB-Roles: _admin'],
    [`Cookie: AuthSession=${admin}`],
    ['Authorization: \xff\xfe'],
  ];
  const oddHeads: readonly (readonly string[])[] = [
    ['Range: bytes=0-99999999999999999999,-1,5-2'],
    ['If-Match: "', 'If-None-Match: *'],
    [`Accept-Encoding: ${'gzip;q=0.1,'.repeat(900)}br`],
    ['Accept-Encoding: br;q=1e999, gzip;q=-1, *;q=nan'],
    [`Accept-Language: ${'en;q=0.1,'.repeat(1000)}`],
    ['Expect: 100-continue'],
    ['Expect: the-unexpected'],
    ['Upgrade: websocket', 'Connection: Upgrade'],
    ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-For: ::1', 'Forwarded: for=127.0.0.1'],
    ['X-HTTP-Method-Override: DELETE'],
    ['Host: evil.test'],
    ['Content-Type: multipart/related; boundary=', 'If-Modified-Since: never'],
  ];
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...refusedHeads), fc.constantFrom(own, theirs, '/api/people', '/api/cohorts/x'))
      .map(([given, path]): HostileCase => ({
        about: `GET ${path} with ${given.join(' | ').slice(0, 100)}`,
        verdict: 'refused',
        parts: [wire({ method: 'GET', path, headers: given })],
      })),
    fc
      .tuple(fc.constantFrom(...oddHeads), fc.constantFrom(own, '/content/manifests', '/health', '/api/node'))
      .map(([given, path]): HostileCase => ({
        about: `GET ${path} with ${given.join(' | ').slice(0, 100)}`,
        verdict: 'answered',
        parts: [wire({ method: 'GET', path, headers: given, token: ann.token })],
      })),
  );
};

/** Two readers of one connection must not disagree on where a request ends. */
const smuggled = ({ ann }: Cast): fc.Arbitrary<HostileCase> =>
  fc
    .constantFrom<readonly string[]>(
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: chunked, gzip'],
      ['Content-Length: -1'],
      ['Content-Length: 1e3'],
      ['Content-Length: 0x10'],
      ['Content-Length: 99999999999999999999999'],
      ['Content-Length : 5'],
      ['Bad Header: x', 'Content-Length: 2'],
      ['X: a\0b', 'Content-Length: 2'],
      [' folded: x', 'Content-Length: 2'],
    )
    .chain((given) => fc.constantFrom('/sync', '/api/session', `/replica/person/${ann.person}/_bulk_docs`).map((path) => ({ given, path })))
    .map(({ given, path }) => ({
      about: `POST ${path} with ${given.join(' | ')}`,
      verdict: 'cut off or refused',
      parts: [
        wire({
          method: 'POST',
          path,
          token: ann.token,
          headers: given,
          body: bytes('zz\r\n{}\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'),
        }),
      ],
    }));

const noHttp: fc.Arbitrary<HostileCase> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 400 }).map((random) => Buffer.from(random)),
    fc
      .constantFrom(
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        'GET\r\n\r\n',
        'HELO x\r\n',
        'SSH-2.0-x\r\n',
      )
      .map((text) => Buffer.from(text, 'latin1')),
    fc
      .integer({ min: 17, max: 60 })
      .map((kb) => Buffer.from(`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(kb * 1024)}\r\n\r\n`)),
  )
  .map((sent) => ({
    about: `${String(sent.byteLength)} bytes that are no HTTP: ${sent.subarray(0, 30).toString('latin1')}`,
    verdict: 'cut off or refused',
    parts: [Buffer.concat([sent, Buffer.from('\r\n\r\n')])],
  }));

/** Documents in parts, with attachments beside them: what replicators send, spoiled. */
const multipart = ({ ann }: Cast): fc.Arbitrary<HostileCase> =>
  fc
    .record({
      boundary: fc.constantFrom('b', 'x'.repeat(300), '"', '', '\\', '--', 'a b', '__proto__'),
      parts: fc.array(
        fc.constantFrom(
          'content-type: application/json\r\n\r\n{"_id":"x","_attachments":{"a":{"follows":true,"length":5,"content_type":"text/plain"}}}',
          'content-type: application/json\r\n\r\n{"_attachments":{"a":{"follows":true,"length":99999999999}}}',
          'content-type: application/json\r\n\r\n{"__proto__":{"follows":true}}',
          'content-disposition: attachment; filename="../../x"\r\n\r\nhello',
          '\r\nhello',
          'content-encoding: gzip\r\n\r\nhello',
          `x: ${'y'.repeat(9000)}\r\n\r\nz`,
          'no head at all',
        ),
        { maxLength: 5 },
      ),
      end: fc.constantFrom('--', '', '-', '--\r\n--'),
      type: fc.constantFrom('multipart/related', 'multipart/mixed', 'multipart/form-data', 'Multipart/Related; type="application/json"'),
    })
    .map(({ boundary, parts, end, type }) => ({
      about: `PUT ${type} of ${String(parts.length)} parts between «${boundary.slice(0, 20)}», ended «${end}»`,
      verdict: 'nothing kept',
      parts: [
        wire({
          method: 'PUT',
          path: `/replica/person/${ann.person}/${encodeURIComponent(`${ann.person}:note:${aCourse}:kepler:${aUlid(7)}`)}?new_edits=false`,
          token: ann.token,
          headers: [`Content-Type: ${type}; boundary=${boundary}`],
          body: bytes(`${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}${end}\r\n`),
        }),
      ],
    }));

/** A body of which a little comes, and then nothing, while the connection stays open. */
const slow = (cast: Cast): fc.Arbitrary<HostileCase> =>
  fc.tuple(readers(cast), fc.nat(20)).map(([[method, path, token], some]) => {
    const whole = wire({ method, path, token, headers: ['Content-Length: 5000'], body: bytes(`{"docs":[${' '.repeat(some)}`) });
    return { about: `slow ${method} ${path}`, verdict: 'refused', parts: [whole.subarray(0, -some - 3), whole.subarray(-some - 3)] };
  });

/** Kinds of cases, and how many of each. */
export const hostileKinds: Readonly<Record<string, { readonly make: (cast: Cast) => fc.Arbitrary<HostileCase>; readonly count: number }>> =
  {
    'bodies that are rubbish': { make: rubbishBodies, count: 250 },
    'encodings that are none': { make: encodings, count: 150 },
    'documents that must not be kept': { make: documents, count: 300 },
    'paths that are tricks': { make: paths, count: 250 },
    'questions that are absurd': { make: queries, count: 200 },
    'heads that are odd': { make: headers, count: 120 },
    'requests that hide others': { make: smuggled, count: 40 },
    'what is no HTTP': { make: () => noHttp, count: 60 },
    'documents in parts': { make: multipart, count: 80 },
    'bodies that stop coming': { make: slow, count: 40 },
  };
