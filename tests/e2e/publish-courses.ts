/**
 * Runs once before all tests: publishes the courses in a data folder from which every test's node starts. Compiling them for each node anew would be most of
 * what the tests do.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeProcess, freePort } from '../../scripts/node-process.ts';
import { publishedFolder } from './perigee.ts';

export default async function publishCourses(): Promise<() => void> {
  const data = mkdtempSync(join(tmpdir(), 'perigee-published-'));
  // Every node of the tests signs with the key that the courses are signed with here. A node takes it out of the folder when it starts.
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const keyFile = join(data, 'publisher.pem');
  writeFileSync(keyFile, key);
  const node = createNodeProcess({ port: await freePort(), data });
  try {
    await node.start();
  } finally {
    await node.stop();
  }
  writeFileSync(keyFile, key);
  process.env[publishedFolder] = data;
  return () => {
    rmSync(data, { recursive: true, force: true });
  };
}
