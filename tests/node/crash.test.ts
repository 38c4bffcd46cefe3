/** `kill -9` at any moment loses nothing that was receipted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { couchFor, removeCouchDatabases } from '../conformance/couch.ts';
import { thoroughness } from '../durability/seeded.ts';
import { answer, createDevice, waiting, type TestDevice } from './device-kit.ts';
import { ask, codesFor, makeCohort, password, type TestNode } from './kit.ts';

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

/** `npm test -- --faults 20` kills it so many times as often. */
const rounds = 6 * thoroughness;

it('keeps every receipted revision, however often it is killed while devices hand over', { timeout: 60_000 * thoroughness }, async () => {
  const first = await start();
  const node = { url: first.url } as { url: string } & TestNode;
  const claimed = await ask(`${node.url}/api/session`, { body: { code: first.code, name: 'Wangari', password } });
  const token = claimed.body['token'] as string;
  const codes = await codesFor(node, token, await makeCohort(node, token), ['a', 'b', 'c', 'd']);
  const devices: TestDevice[] = [];
  for (const enrolment of codes) devices.push(await createDevice(node, enrolment));

  /** The newest revision of each document that a receipt named. */
  const receipted = new Map<string, string>();
  const generation = (rev: string): number => Number(rev.split('-')[0]);
  let [sent, number, passes, kills] = [0, 0, 0, 0];

  /** Answers questions and hands them over until the node is gone. */
  async function learn(device: TestDevice): Promise<void> {
    const { person } = device.session;
    for (;;) {
      await answer(device, ++number, 1);
      sent += 1;
      const outcome = await device.pass({
        receipted: ({ revisions }) => {
          for (const [id, rev] of revisions) if (generation(rev) > generation(receipted.get(id) ?? '0')) receipted.set(id, rev);
        },
      });
      if (outcome.type === 'failed') {
        // The connection broke off, in the middle of a request or of an answer.
        expect(['unreachable', 'nonsense']).toContain(outcome.failure);
        expect((await device.store.journal.ofKind(person, 'attempt')).length).toBeGreaterThan(0);
        return;
      }
      passes += 1;
    }
  }

  /** What the node's answers say of everything that was ever receipted. */
  async function check(device: TestDevice): Promise<void> {
    const { person, token: own } = device.session;
    const expected = Object.fromEntries([...receipted].filter(([id]) => id.startsWith(person)));
    const { body } = await ask(`${node.url}/replica/person/${person}/_revs_diff`, {
      token: own,
      body: Object.fromEntries(Object.entries(expected).map(([id, rev]) => [id, [rev]])),
    });
    expect(body).toEqual({});
  }

  for (let round = 0; round < rounds; round++) {
    const working = devices.map(learn);
    // However fast the engine is, each kill comes after receipts and in the middle of writing.
    const enough = passes + devices.length;
    do await new Promise((resolve) => setTimeout(resolve, 20 + (round % 6) * 17));
    while (passes < enough);
    await kill();
    kills += 1;
    await Promise.all(working);
    node.url = (await start()).url;
    for (const device of devices) await check(device);
  }
  // At the end everything is there, and every device shows that it is.
  for (const device of devices) {
    expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await waiting(device)).toBe(0);
  }
  const { body } = await ask(`${node.url}/replica/person/${devices[0]?.session.person ?? ''}/_all_docs`, {
    token: devices[0]?.session.token ?? '',
  });
  expect(body['rows']).not.toEqual([]);
  expect(kills).toBe(rounds);
  expect(receipted.size).toBeGreaterThan(rounds * devices.length);
  expect(receipted.size).toBeLessThanOrEqual(sent + 3 * devices.length);
});
