/** A disk that fails under a node that goes on: what learners, administrators and watchdogs are told, and that it goes on by itself when the disk is well again. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Connection, Machine } from '../../src/lib/server/engine/sqlite-file.ts';
import { thisMachine } from '../../src/lib/server/engine/sqlite-file.ts';
import { aRecord } from '../fixtures/records.ts';
import { ask, claim, codesFor, joinBy, makeCohort, startTestNode, type Learner, type TestNode } from './kit.ts';

/** What SQLite says when a system call of its file fails. */
class DiskError extends Error {
  readonly code = 'ERR_SQLITE_ERROR';
  readonly errcode: number;
  constructor(message: string, errcode: number) {
    super(message);
    this.errcode = errcode;
  }
}

/** This machine, with a disk that refuses what it is told to refuse. */
function createFailingDisk() {
  let writes: DiskError | null = null;
  let reads: DiskError | null = null;
  const machine: Machine = {
    ...thisMachine,
    open(file) {
      const real = thisMachine.open(file);
      const connection: Connection = {
        exec(sql) {
          if (writes !== null && sql === 'COMMIT') throw writes;
          real.exec(sql);
        },
        prepare(sql) {
          const statement = real.prepare(sql);
          const all = statement.all.bind(statement);
          statement.all = (...values: never[]) => {
            if (reads !== null && sql.includes('FROM documents')) throw reads;
            return all(...values);
          };
          return statement;
        },
        close() {
          real.close();
        },
        get isTransaction() {
          return real.isTransaction;
        },
      };
      return connection;
    },
  };
  return {
    machine,
    refuseWrites: (message: string, errcode: number) => (writes = new DiskError(message, errcode)),
    refuseReads: (message: string, errcode: number) => (reads = new DiskError(message, errcode)),
    mend: () => (writes = reads = null),
  };
}

let node: TestNode | null = null;
afterEach(() => node?.close());

async function start() {
  const disk = createFailingDisk();
  const started = await startTestNode({ machine: disk.machine });
  node = started;
  const admin = await claim(started);
  const [code = ''] = await codesFor(started, admin, await makeCohort(started, admin), ['Awa']);
  return { disk, node: started, admin, learner: await joinBy(started, code) };
}

let number = 0;
const handOver = ({ url }: TestNode, { person, device, token }: Learner) =>
  ask(`${url}/replica/person/${person}/_bulk_docs`, { token, body: { docs: [aRecord('attempt', person, device, number++)] } });
const hold = async (given: TestNode) => {
  // An answer about the disk is good for a second.
  given.advance(2000);
  return ask(`${given.url}/health`);
};

// CouchDB's disk is CouchDB's.
describe.skipIf(process.env['PERIGEE_TEST_ENGINE'] === 'couchdb')('a disk', () => {
  it.each([
    ['is full', 'database or disk is full', 13, 'full'],
    ['has become read-only', 'attempt to write a readonly database', 8, 'read-only'],
    ['fails at a write', 'disk I/O error', 778, 'failing'],
    ['fails at a sync', 'disk I/O error', 1034, 'failing'],
  ])(
    'that %s: records are refused with a reason, nothing is called kept, and it goes on without a restart',
    async (_what, message, errcode, state) => {
      const { disk, node: here, admin, learner } = await start();
      expect((await handOver(here, learner)).status).toBe(201);
      disk.refuseWrites(message, errcode);
      for (let n = 0; n < 3; n++) {
        const refused = await handOver(here, learner);
        expect(refused.status).toBe(503);
        expect(refused.headers.get('retry-after')).toBe('60');
        expect(refused.body).toMatchObject({ error: 'storage', message: expect.stringContaining('stays on your device') as string });
      }
      expect(await hold(here)).toMatchObject({ status: 503, body: { status: 'cannot write', storage: state } });
      // What can be read is read: the administrator sees why.
      expect((await ask(`${here.url}/api/centre`, { token: admin })).body).toMatchObject({ writable: false, storage: { state } });
      expect(here.lines.filter((line) => line.includes(message))).toHaveLength(1);
      expect(here.lines.filter((line) => line.includes('A request failed'))).toEqual([]);

      disk.mend();
      expect((await handOver(here, learner)).status).toBe(201);
      expect(await hold(here)).toMatchObject({ status: 200, body: { status: 'ok', storage: 'ok' } });
      expect(here.lines.at(-1)).toMatch(/^The storage is written again/);
      const { body } = await ask(`${here.url}/replica/person/${learner.person}/_all_docs`, { token: learner.token });
      // The three that were refused are not there, not even in part.
      expect((body['rows'] as { id: string }[]).filter(({ id }) => id.includes(':attempt:'))).toHaveLength(2);
    },
  );

  it('that cannot be read: the same, and what can be written is written', async () => {
    const { disk, node: here, learner } = await start();
    disk.refuseReads('disk I/O error', 266);
    const refused = await ask(`${here.url}/replica/person/${learner.person}/_all_docs`, { token: learner.token });
    expect(refused).toMatchObject({ status: 503, body: { error: 'storage' } });
    expect(here.lines.filter((line) => line.includes('disk I/O error'))).toHaveLength(1);
    disk.mend();
    expect((await ask(`${here.url}/replica/person/${learner.person}/_all_docs`, { token: learner.token })).status).toBe(200);
  });
});
