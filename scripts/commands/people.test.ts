/** `people …` on the data folder of a node that runs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDeviceId } from '../../src/lib/domain/ids.ts';
import { ask, joinBy, password, random, startTestNode, type TestNode } from '../../tests/node/kit.ts';
import { dispatch } from '../dispatch.ts';
import { peopleAdd, peopleList, peopleRevoke } from './people.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
  writeFileSync(join(node.data, 'node-name'), 'centre\n');
});
afterAll(() => node.close());

async function run(command: string, stdin = ''): Promise<{ code: number; out: string; said: string }> {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await dispatch([peopleAdd, peopleList, peopleRevoke], command.split(' '), {
    out: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    readStdin: () => Promise.resolve(stdin),
    env: { PERIGEE_DATA: node.data },
  });
  return { code, out: printed.join('\n'), said: said.join('\n') };
}

it('makes staff with a password, whom the running node knows at once', async () => {
  const added = await run('people add --name Wangari --role administrator --password-stdin --json', `${password}\n`);
  expect(added.code).toBe(0);
  const { id } = JSON.parse(added.out) as { id: string };
  const session = await ask(`${node.url}/api/session`, { body: { name: 'Wangari', password } });
  expect(session.body).toMatchObject({ person: id, roles: ['administrator'] });
  // The first-run code is over.
  expect((await ask(`${node.url}/api/node`)).body).toMatchObject({ claimed: true });
  expect((await run('people add --name wangari --role trainer --password-stdin', password)).code).toBe(1);
  expect((await run('people add --name Otieno --role trainer --password-stdin', 'short')).said).toMatch(/12 to 200 characters/);

  expect((await run(`people revoke ${id}`)).code).toBe(0);
  const people = await ask(`${node.url}/api/people`, { token: session.body['token'] as string });
  expect([people.status, people.body['error']]).toEqual([403, 'revoked']);
  expect((await run(`people revoke ${'0'.repeat(26)}`)).code).toBe(1);
});

it('invites a learner and a trainer by code', async () => {
  const learner = await run('people add --name Amina --role learner --json');
  const joined = await joinBy(node, (JSON.parse(learner.out) as { code: string }).code, { device: createDeviceId(random) });
  const trainer = await run('people add --name Otieno --role trainer');
  const [code] = /^\w{5}-\w{5}/.exec(trainer.out) ?? [];
  expect((await ask(`${node.url}/api/session`, { body: { code, name: 'Otieno', password } })).body).toMatchObject({ roles: ['trainer'] });
  const list = JSON.parse((await run('people list --json')).out) as { people: { id: string; name: string; roles: string[] }[] };
  expect(list.people.find(({ id }) => id === joined.person)).toMatchObject({ name: 'Amina', roles: ['learner'] });
  expect((await run('people list')).out).toMatch(/trainer.*Otieno/);
});

it('answers wrong usage with a sentence and 64, and a folder that is no node’s with 1', async () => {
  for (const command of [
    'people add',
    'people add --name X --role king',
    'people add --name X --role learner --password-stdin',
    'people revoke',
    'people revoke x',
  ])
    expect((await run(command)).code, command).toBe(64);
  const elsewhere = await run('people list --data /nowhere');
  expect([elsewhere.code, elsewhere.said]).toEqual([1, expect.stringMatching(/is not the data folder of a node/)]);
});
