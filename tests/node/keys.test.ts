/** The node's own key: where it lies, and that it stays the same one. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openNodeKey, isSignedBy } from '../../src/lib/server/accounts/node-key.ts';
import type { NodeId } from '../../src/lib/domain/ids.ts';
import { openAccounts } from '../../src/server/main.ts';
import { ask, startTestNode } from './kit.ts';

it('is taken over out of the file of an earlier version, once, and is then in the database alone', async () => {
  const data = mkdtempSync(join(tmpdir(), 'perigee-node-'));
  const file = join(data, 'publisher.pem');
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const expected = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' }).x;
  writeFileSync(file, pem);
  const node = await startTestNode({ data });
  const keyOf = async () => (await ask(`${node.url}/api/node`)).body['key'];
  expect(await keyOf()).toBe(expected);
  expect(existsSync(file)).toBe(false);
  // A file with another key does not make the node another one, and is not thrown away.
  await node.restart(() => {
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });
  expect(await keyOf()).toBe(expected);
  expect(existsSync(file)).toBe(true);
  await node.close();
});

it('is one key for every process of the node, whoever is first', async () => {
  const node = await startTestNode();
  const other = await openAccounts({ node: 'centre' as NodeId, data: node.data, couchdb: node.couchdb });
  const [first, second] = await Promise.all([0, 1].map(() => openNodeKey(other.store, join(node.data, 'none.pem'))));
  if (first === undefined || second === undefined) throw new Error('There is no key');
  expect(first.key).toBe((await ask(`${node.url}/api/node`)).body['key']);
  expect(second.key).toBe(first.key);
  const statement = { statement: 'test', n: 1 };
  expect(isSignedBy(statement, first.sign(statement))).toBe(true);
  expect(isSignedBy({ ...statement, n: 2 }, first.sign(statement))).toBe(false);
  await other.engine.close();
  await node.close();
});
