/** Tokens, passwords and codes: never taken from an address, and in no line of the log, whatever goes wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ask, claim, codesFor, joinBy, makeCohort, password, startTestNode } from './kit.ts';

it('a token in an address is no token, and nothing secret is in the log', async () => {
  const node = await startTestNode();
  const token = await claim(node);
  const [code = '', unused = ''] = await codesFor(node, token, await makeCohort(node, token), ['Awa', 'Binta']);
  const learner = await joinBy(node, code);
  for (const secret of [token, learner.token])
    for (const name of ['token', 'access_token', 'authorization', 'session'])
      for (const path of ['/api/people', '/api/centre', '/api/me', `/replica/person/${learner.person}/_all_docs`, '/metrics'])
        expect([200, 201]).not.toContain(
          (await ask(`${node.url}${path}?${name}=${secret}`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status,
        );
  // What fails, with secrets in every place that a client might put them.
  await ask(`${node.url}/api/session`, { body: { name: 'Wangari', password: `${password}!` } });
  await ask(`${node.url}/api/session`, { body: { code: unused, device: 'no device' } });
  await ask(`${node.url}/api/session/${token}`, { token });
  await ask(`${node.url}/sync`, { token: learner.token, raw: `{"token":"${learner.token}"` });
  await ask(`${node.url}/replica/db/accounts/_all_docs?token=${token}`, { token: `${token}x` });
  const said = node.lines.join('\n');
  for (const secret of [token, learner.token, password, code, unused]) expect(said).not.toContain(secret);
  await node.close();
});

it('no page and no part of the app writes a token into an address', () => {
  const root = join(import.meta.dirname, '../../src');
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(?:ts|svelte)$/.test(name) && !name.endsWith('.test.ts'),
  );
  const writing = sources.filter((name) => /[?&](?:token|access_token|password|session)=/.test(readFileSync(join(root, name), 'utf8')));
  expect(writing).toEqual([]);
});
