/**
 * Runs once before all tests: publishes the courses in a data folder from which every test's node starts. Compiling them for each node anew would be most of
 * what the tests do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeProcess, freePort } from '../../scripts/node-process.ts';
import { publishedFolder } from './perigee.ts';

export default async function publishCourses(): Promise<() => void> {
  const data = mkdtempSync(join(tmpdir(), 'perigee-published-'));
  const node = createNodeProcess({ port: await freePort(), data });
  try {
    await node.start();
  } finally {
    await node.stop();
  }
  process.env[publishedFolder] = data;
  return () => {
    rmSync(data, { recursive: true, force: true });
  };
}
