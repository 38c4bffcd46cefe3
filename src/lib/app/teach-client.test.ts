import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTeachClient, type Fetch } from './teach-client.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const person = '0123456789abcdefghjkmnpqrs';
const session = {
  token: 't',
  expires: '2026-03-02T12:00:00.000Z',
  person,
  name: 'Amina',
  roles: ['trainer'],
  node: 'dakar',
  epoch: 'e1',
  cohorts: [],
};
const cohort = { id: 'spring', title: 'Spring', courses: ['satnav'], made: '2026-02-01T00:00:00.000Z', people: 3, codes: 1 };
const report = {
  cohort,
  courses: [
    { course: 'satnav', title: { en: 'Satellite navigation' }, units: [{ id: 'orbits', title: { en: 'Orbits' }, items: 4, points: 6 }] },
  ],
  people: [
    {
      person,
      name: 'Binta',
      joined: '2026-02-02T00:00:00.000Z',
      lastContact: null,
      devices: [],
      units: { satnav: { orbits: { status: 'completed', score: 0.5, seconds: 60, attempts: 4 } } },
      seconds: 60,
      score: 0.5,
    },
  ],
  completeness: { expected: 3, heard: 1, oldest: null },
  at: '2026-03-01T11:00:00.000Z',
};

interface Asked {
  path: string;
  init: RequestInit;
}

/** A node that gives one answer and remembers what it was asked. */
function nodeThat(answer: () => Response | Promise<Response>) {
  const asked: Asked[] = [];
  const send: Fetch = async (path, init) => {
    asked.push({ path, init });
    return answer();
  };
  return { asked, client: createTeachClient(send, () => now) };
}
const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } });

describe('asking the node', () => {
  it('signs in with name and password and keeps what the page needs', async () => {
    const { client, asked } = nodeThat(() => json(session));
    const result = await client.signIn('Amina', 'correct horse');
    expect(result).toMatchObject({ ok: true, value: { token: 't', name: 'Amina', roles: ['trainer'] } });
    expect(asked[0]).toMatchObject({ path: '/api/session', init: { method: 'POST', credentials: 'omit' } });
    expect(JSON.parse(String(asked[0]?.init.body))).toEqual({ name: 'Amina', password: 'correct horse' });
  });

  it('sends a code with the name and password it makes', async () => {
    const { client, asked } = nodeThat(() => json(session));
    await client.accept('AAAAA-BBBBB', 'Amina', 'correct horse');
    expect(JSON.parse(String(asked[0]?.init.body))).toEqual({ code: 'AAAAA-BBBBB', name: 'Amina', password: 'correct horse' });
  });

  it('carries the token where there is one', async () => {
    const { client, asked } = nodeThat(() => json({ cohorts: [cohort] }));
    expect(await client.cohorts('secret')).toEqual({ ok: true, value: [cohort] });
    expect(new Headers(asked[0]?.init.headers).get('authorization')).toBe('Bearer secret');
  });

  it('reads a report', async () => {
    const { client, asked } = nodeThat(() => json(report));
    const result = await client.report('t', 'spring' as typeof cohort.id & { readonly __brand: 'CohortId' });
    expect(asked[0]?.path).toBe('/api/cohorts/spring');
    expect(result).toMatchObject({ ok: true, value: { people: [{ name: 'Binta', score: 0.5 }], completeness: { heard: 1 } } });
  });

  it('tells slips from refused lines', async () => {
    const lines = [
      { line: 1, name: 'Binta', code: 'ABCDE-FGHJK', expires: '2026-04-01T00:00:00.000Z' },
      { line: 2, error: 'too-long', text: 'x'.repeat(10) },
    ];
    const { client } = nodeThat(() => json({ lines }, 201));
    const result = await client.enrol('t', 'spring' as never, { names: [{ name: 'Binta' }, { name: 'x' }] });
    expect(result).toEqual({ ok: true, value: lines });
  });
});

describe('what may go wrong', () => {
  const failing: [string, () => Response, boolean, unknown][] = [
    ['a wrong password', () => json({ error: 'not-accepted' }, 401), false, { type: 'not-accepted' }],
    ['a session that is over', () => json({ error: 'expired' }, 401), true, { type: 'expired' }],
    ['a sign-in that was taken back', () => json({ error: 'revoked' }, 403), true, { type: 'expired' }],
    ['another role', () => json({ error: 'forbidden' }, 403), true, { type: 'forbidden' }],
    ['too many tries', () => json({}, 429, { 'retry-after': '7' }), false, { type: 'slow-down', seconds: 7 }],
    [
      'too many tries, until a date',
      () => json({}, 429, { 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' }),
      false,
      { type: 'slow-down', seconds: 30 },
    ],
    ['too many tries, without a word', () => json({}, 429), false, { type: 'slow-down', seconds: 60 }],
    ['too many tries, in riddles', () => json({}, 429, { 'retry-after': 'soon' }), false, { type: 'slow-down', seconds: 60 }],
    ['a proxy before a stopped node', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), true, { type: 'unreachable' }],
    [
      'a refusal with a code',
      () => json({ error: 'short-password', message: '…' }, 400),
      false,
      { type: 'refused', code: 'short-password' },
    ],
    ['a refusal without one', () => new Response('no', { status: 400 }), false, { type: 'nonsense' }],
    ['a fault of the node', () => json({ error: 'oh' }, 500), true, { type: 'nonsense' }],
    ['a page in place of JSON', () => new Response('<!doctype html>'), true, { type: 'nonsense' }],
    ['half an answer', () => new Response('{"cohorts":[{"id":"spr'), true, { type: 'nonsense' }],
    ['another shape', () => json({ cohorts: [{ id: 'spring' }] }), true, { type: 'nonsense' }],
    ['nothing', () => new Response(null, { status: 204 }), true, { type: 'nonsense' }],
  ];
  it.each(failing)('%s', async (_, answer, withToken, error) => {
    const { client } = nodeThat(answer);
    expect(withToken ? await client.cohorts('t') : await client.signIn('a', 'b')).toEqual({ ok: false, error });
  });

  it('no network', async () => {
    const { client } = nodeThat(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await client.node()).toEqual({ ok: false, error: { type: 'unreachable' } });
  });

  it('a body that breaks off', async () => {
    const { client } = nodeThat(
      () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('connection reset')) })),
    );
    expect(await client.node()).toEqual({ ok: false, error: { type: 'nonsense' } });
  });

  it('never throws, whatever JSON comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(200, 201, 400, 401, 403, 404, 409, 429, 500, 503), async (value, status) => {
        const { client } = nodeThat(() => json(value, status));
        const results = [await client.node(), await client.cohorts('t'), await client.report('t', 'c' as never), await client.staff('t')];
        expect(results.every((result) => !result.ok)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
