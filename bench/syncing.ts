import { randomBytes } from 'node:crypto';
import { createDeviceId, createPersonId, createUlid, type CourseId, type ItemId } from '../src/lib/domain/ids.ts';
import { attemptId } from '../src/lib/domain/records.ts';
import { instantOf } from '../src/lib/domain/clock.ts';
import { median } from './browser.ts';
import type { Benchmark } from './measure.ts';
import { freePort } from '../scripts/node-process.ts';
import { startNode } from './node-process.ts';
import PouchDB from './pouch.ts';

const documents = 300;
const learners = 5;

/** A person's first pass with 300 documents, by an unmodified PouchDB, and a pass with nothing new beside it. */
export const syncing: Benchmark = {
  name: 'syncing',
  async run() {
    const port = await freePort();
    const origin = `http://127.0.0.1:${String(port)}`;
    const node = await startNode({ port, origin });
    const ask = async (path: string, body: unknown, token?: string): Promise<Record<string, unknown>> => {
      const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
      const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    };
    const { token: staff } = await ask('/api/session', { code: node.firstRunCode, name: 'Bench', password: 'a long pass phrase' });
    const cohort = await ask('/api/cohorts', { title: 'Bench', courses: ['satellite-navigation'] }, String(staff));
    const { lines } = (await ask(`/api/cohorts/${String(cohort['id'])}/codes`, { count: learners }, String(staff))) as unknown as {
      lines: readonly { readonly code: string }[];
    };

    const random = (n: number): Uint8Array => randomBytes(n);
    const firsts: number[] = [];
    const nothings: number[] = [];
    for (const { code } of lines) {
      const [person, device] = [createPersonId(random), createDeviceId(random)];
      const { token } = await ask('/api/session', { code, device, person, name: 'Learner' });
      const local = new PouchDB(`bench-${person}`, { adapter: 'memory' });
      const course = 'satellite-navigation' as CourseId;
      await local.bulkDocs(
        Array.from({ length: documents }, (_, i) => {
          const item = `item-${String(i)}` as ItemId;
          const ulid = createUlid(Date.now(), random);
          const at = instantOf(Date.now());
          const what = { v: 1, ulid, at, language: 'en', exercise: 'choice', response: { choice: 'b' }, score: 1, points: 1, seconds: 12 };
          return {
            _id: attemptId(person, course, item, ulid),
            kind: 'attempt',
            person,
            course,
            unit: 'unit',
            item,
            writer: device,
            ...what,
          };
        }),
      );
      const remote = new PouchDB(`${origin}/replica/person/${person}`, {
        adapter: 'http',
        skip_setup: true,
        fetch: (url: string | Request, options?: RequestInit) => {
          const headers = new Headers(options?.headers);
          headers.set('authorization', `Bearer ${String(token)}`);
          return fetch(url, { ...options, headers });
        },
      });
      const pass = async (): Promise<number> => {
        const from = performance.now();
        await local.sync(remote, {});
        return performance.now() - from;
      };
      firsts.push(await pass());
      nothings.push(await pass());
      const { doc_count: kept } = await remote.info();
      if (kept < documents) throw new Error(`The node holds ${String(kept)} of ${String(documents)} documents`);
      await local.destroy();
    }
    await node.remove();
    return [
      { name: `first pass of a person with ${String(documents)} documents`, value: median(firsts), unit: 'ms' },
      { name: 'pass with nothing new', value: median(nothings), unit: 'ms' },
      { name: 'documents a second, each receipted after a sync to disk', value: (documents * 1000) / median(firsts), unit: '/s' },
    ];
  },
};
