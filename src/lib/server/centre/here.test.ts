import { describe, expect, it } from 'vitest';
import { comesFromHere } from './here.ts';

const plain = { origin: 'http://127.0.0.1:8080', tls: null };
const lan = { origin: 'https://dakar.local:8080', tls: { kind: 'own' } } as const;
const hosted = { origin: 'https://learn.example.org', tls: null };

function asked(
  place: Parameters<typeof comesFromHere>[2],
  { address = '127.0.0.1', method = 'POST', headers = {} }: { address?: string; method?: string; headers?: Record<string, string> },
): boolean {
  const all = new Headers({ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin', ...headers });
  for (const [name, value] of Object.entries(headers)) if (value === '') all.delete(name);
  const local = address === '127.0.0.1';
  return comesFromHere(
    { method, url: `${place.origin}/api/setup`, headers: all, body: null },
    { address, local, secure: local },
    place,
    () => ['127.0.0.1', '192.168.1.5'],
  );
}

describe('who sits at the node’s own machine', () => {
  it.each([
    ['its own page', plain, {}],
    ['its own page as localhost', plain, { headers: { host: 'localhost:8080', origin: 'http://localhost:8080' } }],
    ['a question without an origin', plain, { method: 'GET', headers: { origin: '' } }],
    [
      'the centre’s name, which leads back to this machine',
      lan,
      { address: '192.168.1.5', headers: { host: 'dakar.local:8080', origin: 'https://dakar.local:8080' } },
    ],
    [
      'the machine’s own number',
      lan,
      { address: '::ffff:192.168.1.5', headers: { host: '192.168.1.5:8080', origin: 'https://192.168.1.5:8080' } },
    ],
  ] as const)('%s', (_what, place, given) => {
    expect(asked(place, given)).toBe(true);
  });

  it.each([
    [
      'another machine in the room',
      lan,
      { address: '192.168.1.77', headers: { host: 'dakar.local:8080', origin: 'https://dakar.local:8080' } },
    ],
    ['another site’s page in a browser here', plain, { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } }],
    ['another program’s page on this machine', plain, { headers: { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' } }],
    ['a page without an origin of its own', plain, { headers: { origin: 'null' } }],
    ['a name that was made to point here', plain, { headers: { host: 'evil.example:8080', origin: 'http://evil.example:8080' } }],
    ['a program that says nothing of where it comes from', plain, { headers: { origin: '' } }],
    ['a web server before the node', plain, { headers: { 'x-forwarded-for': '10.0.0.1' } }],
    ['a web server before a hosted node that says nothing of it', hosted, {}],
    ['no host', plain, { headers: { host: '' } }],
  ] as const)('not %s', (_what, place, given) => {
    expect(asked(place, given)).toBe(false);
  });
});
