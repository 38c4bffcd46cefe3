/** What stands on every answer of a node, whoever gives it: its organs, its pages, its refusals. */
import { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { makeAuthority, makeLeaf } from '../../src/lib/server/tls/authority.ts';
import type { Tls } from '../../src/lib/server/tls/tls.ts';
import { createOnePort } from '../../src/server/one-port.ts';
import { createListener } from '../../src/server/sockets.ts';

const scope = { names: ['dakar.lan'], addresses: ['127.0.0.1'] };

async function headersOf(kind: Tls['kind'], path: string): Promise<Readonly<Record<string, unknown>>> {
  const authority = makeAuthority('Centre', scope, Date.now());
  const leaf = makeLeaf(authority, scope, Date.now());
  const tls: Tls = { kind, current: () => leaf, authority: null, onChange: () => undefined, look: () => undefined, close: () => undefined };
  const origin = 'https://dakar.lan';
  const { door, servers } = createOnePort(
    tls,
    {},
    createListener({
      node: { respond: () => Promise.resolve(Response.json({})), place: { origin, tls: kind }, greeting: () => Promise.resolve([]) },
      origin,
      pages: (_request, response) => response.end('<!doctype html>'),
      log: () => undefined,
      bodyIdle: 1000,
      tls,
    }),
  );
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const address = door.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    return await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, ca: authority.certificate, servername: 'dakar.lan', agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => {
          resolve(answer.headers);
        });
      })
        .on('error', reject)
        .end();
    });
  } finally {
    for (const server of servers) server.closeAllConnections();
    door.close();
  }
}

describe.each(['/api/node', '/catalogue'])('%s', (path) => {
  it.each(['own', 'other', 'public'] as const)('under a certificate of kind %s', async (kind) => {
    const headers = await headersOf(kind, path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    });
    // Under the node's own authority a lost key would lock people out for as long as this says.
    expect(headers['strict-transport-security']).toBe(kind === 'public' ? 'max-age=31536000' : undefined);
  });
});
