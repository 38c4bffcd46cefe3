/** `kill -9` at any moment loses nothing that was receipted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { couchFor, removeCouchDatabases } from '../conformance/couch.ts';
import { aRecord } from '../fixtures/records.ts';
import { ask, codesFor, joinBy, makeCohort, password, type Learner, type TestNode } from './kit.ts';

const data = mkdtempSync(join(tmpdir(), 'perigee-crash-'));
let child: ChildProcess | null = null;

async function start(): Promise<{ url: string; code: string | null }> {
  const started = spawn(process.execPath, [join(import.meta.dirname, 'bare-node.ts'), data], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  for await (const line of createInterface({ input: started.stdout })) {
    const { port, code } = JSON.parse(line) as { port: number; code: string | null };
    return { url: `http://127.0.0.1:${String(port)}`, code };
  }
  throw new Error('The node ended before it listened');
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => child?.once('exit', resolve));
  child?.kill('SIGKILL');
  await ended;
}

afterAll(async () => {
  await kill();
  const couchdb = couchFor(data);
  if (couchdb !== null) await removeCouchDatabases(couchdb.url, couchdb.prefix);
  rmSync(data, { recursive: true });
});

it('keeps every receipted revision through six kills in the middle of writing', { timeout: 60_000 }, async () => {
  const first = await start();
  let { url } = first;
  const claimed = await ask(`${url}/api/session`, { body: { code: first.code, name: 'Wangari', password } });
  const token = claimed.body['token'] as string;
  const node = { url } as TestNode;
  const codes = await codesFor(node, token, await makeCohort(node, token), ['a', 'b', 'c', 'd']);
  const learners: Learner[] = [];
  for (const enrolment of codes) learners.push(await joinBy(node, enrolment));

  const receipted = new Map<string, string>();
  let epoch: unknown = null;
  let sent = 0;
  let number = 0;

  /** Writes and asks for receipts until the node is gone. */
  async function work({ person, device, token: own }: Learner): Promise<void> {
    try {
      for (;;) {
        const docs = Array.from({ length: 5 }, () => aRecord('attempt', person, device, ++number));
        sent += docs.length;
        const written = await ask(`${url}/replica/person/${person}/_bulk_docs`, { token: own, body: { docs } });
        const revisions = Object.fromEntries((written.body as unknown as { id: string; rev: string }[]).map(({ id, rev }) => [id, rev]));
        const { body } = await ask(`${url}/sync`, { token: own, body: { person, device, revisions } });
        const receipt = body['receipt'] as { epoch: string; revisions: Record<string, string> };
        epoch ??= receipt.epoch;
        expect(receipt.epoch).toBe(epoch);
        for (const [id, rev] of Object.entries(receipt.revisions)) receipted.set(id, rev);
      }
    } catch (error) {
      // The connection broke off: what was not receipted is not promised.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  for (let round = 0; round < 6; round++) {
    const working = learners.map(work);
    // However fast the engine is, each kill comes after receipts and in the middle of writing.
    const enough = receipted.size + 20;
    do await new Promise((resolve) => setTimeout(resolve, 60 + round * 17));
    while (receipted.size < enough);
    await kill();
    await Promise.all(working);
    ({ url } = await start());
    for (const { person, device, token: own } of learners) {
      const revisions = Object.fromEntries([...receipted].filter(([id]) => id.startsWith(person)));
      const { body } = await ask(`${url}/sync`, { token: own, body: { person, device, revisions } });
      expect((body['receipt'] as { revisions: object }).revisions).toEqual(revisions);
    }
  }
  // Both must have happened, else the test says nothing.
  expect(receipted.size).toBeGreaterThan(100);
  expect(receipted.size).toBeLessThanOrEqual(sent);
});
