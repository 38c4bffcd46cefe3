/**
 * A backup of a node that knows a thousand people while twenty devices hand over, and what happens after the machine is lost: the backup on a fresh folder, the same devices, which learned and handed over in between. What the restored node lacks
 * comes back from them, every receipt's document is there, and the audit is clean; otherwise the benchmark ends with what was wrong.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeProcess, freePort } from '../scripts/node-process.ts';
import { answer, createDevice, waiting, type TestDevice } from '../tests/node/device-kit.ts';
import { ask, codesFor, makeCohort, password, type TestNode } from '../tests/node/kit.ts';
import { median } from './browser.ts';
import { knowing } from './crowd.ts';
import type { Benchmark } from './measure.ts';

const [people, devicesAtOnce] = [1000, 20];

/** The command as an administrator runs it, in a process of its own. Seconds, and what it printed. */
function perigee(...args: readonly string[]): Promise<{ readonly seconds: number; readonly out: string }> {
  const began = performance.now();
  const child = spawn(process.execPath, ['scripts/perigee.ts', ...args], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  const listen = (chunk: Buffer): void => void (out += chunk.toString());
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, out });
      else reject(new Error(`perigee ${args.join(' ')}: ${String(code)}\n${out}`));
    });
  });
}

interface Learner {
  readonly device: TestDevice;
  /** The newest revision of each document that a receipt named. */
  readonly receipted: Map<string, string>;
  readonly passes: number[];
}

let number = 0;

async function pass({ device, receipted, passes }: Learner): Promise<void> {
  await answer(device, ++number, 1);
  const began = performance.now();
  const outcome = await device.pass({
    receipted: ({ revisions }) => {
      for (const [id, rev] of revisions) receipted.set(id, rev);
    },
  });
  passes.push((performance.now() - began) / 1000);
  if (outcome.type !== 'done') throw new Error(`A pass ended: ${JSON.stringify(outcome)}`);
}

/** Of what receipts named, how many revisions the node lacks. */
async function lackingAt(url: string, learners: readonly Learner[]): Promise<number> {
  let lacking = 0;
  for (const { device, receipted } of learners) {
    const { person, token } = device.session;
    const { status, body } = await ask(`${url}/replica/person/${person}/_revs_diff`, {
      token,
      body: Object.fromEntries([...receipted].map(([id, rev]) => [id, [rev]])),
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    lacking += Object.keys(body).length;
  }
  return lacking;
}

export const backup: Benchmark = {
  name: 'backup',
  async run() {
    const scratch = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
    const data = await knowing(people);
    const port = await freePort();
    const environment = { PERIGEE_NODE: 'bench' };
    const node = createNodeProcess({ port, data, environment });
    const restored = createNodeProcess({ port, data: join(scratch, 'data'), environment });
    const url = node.origin;
    try {
      await node.start();
      const { body } = await ask(`${url}/api/session`, { body: { code: node.firstRunCode, name: 'Wangari', password } });
      const token = body['token'] as string;
      const place = { url } as TestNode;
      const names = Array.from({ length: devicesAtOnce }, (_, n) => `Learner ${String(n)}`);
      const codes = await codesFor(place, token, await makeCohort(place, token), names);
      const learners: Learner[] = [];
      for (const code of codes) learners.push({ device: await createDevice(place, code), receipted: new Map(), passes: [] });
      await Promise.all(learners.map(pass));
      const quiet = median(learners.flatMap(({ passes }) => passes.splice(0)));

      let isOver = false;
      const working = learners.map(async (learner) => {
        while (!isOver) await pass(learner);
      });
      const file = join(scratch, 'node.backup');
      const made = await perigee('backup', file, '--data', data);
      isOver = true;
      await Promise.all(working);
      const busy = median(learners.flatMap(({ passes }) => passes.splice(0)));
      // What the backup does not have.
      for (let round = 0; round < 3; round++) await Promise.all(learners.map(pass));
      await node.stop('SIGKILL');

      const put = await perigee('restore', file, '--data', restored.data);
      await restored.start();
      const lost = await lackingAt(url, learners);
      if (lost === 0) throw new Error('Nothing came after the backup: this shows nothing');
      await Promise.all(learners.map(pass));
      const lacking = await lackingAt(url, learners);
      const waits = await Promise.all(learners.map(({ device }) => waiting(device)));
      if (lacking > 0 || waits.some((n) => n > 0))
        throw new Error(`${String(lacking)} receipted revisions are missing, ${waits.join(' ')} wait`);
      const audited = await perigee('audit', '--data', restored.data);
      if (!/ 0 faults, 0 conflicts/.test(audited.out)) throw new Error(audited.out);
      const note = audited.out.trim();
      return [
        { name: `backup of ${String(people)} people, while ${String(devicesAtOnce)} devices hand over`, value: made.seconds, unit: 's' },
        { name: 'size of the backup', value: statSync(file).size / 1e6, unit: 'MB' },
        { name: 'a pass meanwhile, against one before', value: busy / quiet, unit: '×', note: `${(busy * 1000).toFixed(0)} ms, median` },
        { name: 'restore on a fresh folder', value: put.seconds, unit: 's' },
        {
          name: 'audit of the restored node',
          value: audited.seconds,
          unit: 's',
          note: `${String(lost)} revisions came back from devices; ${note}`,
        },
      ];
    } finally {
      await node.stop('SIGKILL');
      await restored.stop('SIGKILL');
      for (const folder of [scratch, data]) rmSync(folder, { recursive: true, force: true });
    }
  },
};
