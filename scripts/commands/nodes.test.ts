/** `nodes …` on the data folder of a node that runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNode, type TestNode } from '../../tests/node/kit.ts';
import { dispatch } from '../dispatch.ts';
import { nodesAdd, nodesList, nodesRevoke } from './nodes.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
  writeFileSync(join(node.data, 'node-name'), 'centre\n');
});
afterAll(() => node.close());

async function run(command: string): Promise<{ code: number; out: string; said: string }> {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await dispatch([nodesAdd, nodesList, nodesRevoke], command.split(' '), {
    out: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    readStdin: () => Promise.resolve(''),
    env: { PERIGEE_DATA: node.data },
  });
  return { code, out: printed.join('\n'), said: said.join('\n') };
}

it('makes, lists and takes back the credential of a child', async () => {
  expect((await run('nodes list')).said).toMatch(/no children/);
  const added = await run('nodes add --name accra --json');
  expect(added.code).toBe(0);
  const { token } = JSON.parse(added.out) as { token: string };
  expect(token).toMatch(/^peer_accra_[0-9a-z]{52}$/);
  expect((await run('nodes list --json')).out).toMatch(/^\{"nodes":\[\{"node":"accra","made":"[^"]+"\}\]\}$/);
  expect((await run('nodes list')).out).not.toContain(token);
  expect((await run('nodes revoke accra')).code).toBe(0);
  expect((await run('nodes list')).out).toMatch(/^accra +since .*revoked/);
});

it.each([
  ['nodes add', 64, /--name/],
  ['nodes add --name Accra!', 64, /a-z/],
  ['nodes add --name centre', 1, /itself/],
  ['nodes revoke lagos', 1, /«lagos»/],
  ['nodes revoke', 64, /Name the child/],
])('%s: %i', async (command, code, words) => {
  const ended = await run(command);
  expect(ended.code).toBe(code);
  expect(ended.said).toMatch(words);
});
