/** A data folder of an earlier version, opened by this one: everything is there, what was promised holds, and a folder of a later version is refused. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { NodeId, PersonId } from '../../src/lib/domain/ids.ts';
import { audit } from '../../src/lib/server/backup/audit.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { StorageFailure } from '../../src/lib/server/engine/engine.ts';
import { identityOf, identityText } from '../../src/lib/server/engine/same-file.ts';
import { schemaVersion } from '../../src/lib/server/engine/schema.ts';
import { ask, joinBy, password, random, startTestNode, type Learner, type TestNode } from './kit.ts';
import { tinyCompiler } from './tiny-course.ts';

interface Older {
  readonly made: {
    readonly now: number;
    readonly epoch: string;
    readonly admin: string;
    readonly trainer: string;
    readonly cohort: string;
    readonly awa: Learner;
    readonly binta: PersonId;
    readonly unused: string;
    readonly revisions: Readonly<Record<string, string>>;
    readonly receipt: { readonly receipt: object };
    readonly child: string;
    readonly report: { readonly people: readonly object[] };
  };
  readonly files: Readonly<Record<string, string>>;
}

const fixture = join(import.meta.dirname, '..', 'fixtures', 'older-data', '2026-11-20.json.br');
const { made, files } = JSON.parse(brotliDecompressSync(readFileSync(fixture)).toString()) as Older;

const scratch = mkdtempSync(join(tmpdir(), 'perigee-older-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** @param how `stayed`: the file lies where it lay, as an update leaves it; `copied`: it was put there */
function unpack(how: 'stayed' | 'copied'): string {
  const data = mkdtempSync(join(scratch, 'data-'));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(data, name)), { recursive: true });
    writeFileSync(join(data, name), Buffer.from(bytes, 'base64'), { mode: 0o600 });
  }
  if (how === 'stayed') {
    // The file knows on which disk it lay; here it is told that it is this one.
    const sqlite = new DatabaseSync(join(data, 'node.sqlite'));
    const told = sqlite.prepare(`UPDATE meta SET value = ? WHERE key = 'file'`).run(identityText(identityOf(join(data, 'node.sqlite'))));
    expect(told.changes).toBe(1);
    sqlite.close();
  }
  return data;
}

// CouchDB's own files are CouchDB's to bring along.
describe.skipIf(process.env['PERIGEE_TEST_ENGINE'] === 'couchdb')('a data folder of 20 November 2026', () => {
  let node: TestNode | null = null;
  afterEach(async () => {
    await node?.close();
    node = null;
  });
  const start = async (how: 'stayed' | 'copied'): Promise<TestNode> =>
    (node = await startTestNode({ data: unpack(how), name: 'dakar', compiler: tinyCompiler, clock: () => made.now + 60_000 }));
  const sync = ({ url }: TestNode): Promise<{ readonly body: Record<string, unknown> }> =>
    ask(`${url}/sync`, {
      token: made.awa.token,
      body: { person: made.awa.person, device: made.awa.device, revisions: made.revisions },
    });

  it('is opened where it lies: sign-ins, passwords, codes, cohorts and courses are as they were', async () => {
    const { url } = await start('stayed');
    for (const [path, token] of [
      ['/api/centre', made.admin],
      ['/api/cohorts', made.trainer],
      ['/api/me', made.awa.token],
    ] as const)
      expect((await ask(url + path, { token })).status, path).toBe(200);
    for (const name of ['Wangari', 'Kwame']) expect((await ask(`${url}/api/session`, { body: { name, password } })).status, name).toBe(200);
    const report = (await ask(`${url}/api/cohorts/${made.cohort}`, { token: made.trainer })).body as unknown as Older['made']['report'];
    expect(report.people).toMatchObject(made.report.people);
    expect((await ask(`${url}/content/manifests`)).body['courses']).toMatchObject([{ course: 'satellite-navigation' }]);
    expect((await ask(`${url}/api/greeting`, { token: made.child, body: {} })).body).toMatchObject({ node: 'dakar', child: 'thies' });
    const chidi = await joinBy({ url } as TestNode, made.unused);
    expect((await ask(`${url}/api/me`, { token: chidi.token })).body).toMatchObject({ name: 'Chidi' });
  });

  it('a receipt that was given keeps its meaning: the same place, the same epoch, the same revisions on the disk', async () => {
    const here = await start('stayed');
    expect((await ask(`${here.url}/api/node`)).body).toMatchObject({ epoch: made.epoch });
    expect((await sync(here)).body['receipt']).toEqual(made.receipt.receipt);
    for (const [id, rev] of Object.entries(made.revisions)) {
      const { body } = await ask(`${here.url}/replica/person/${made.awa.person}/${encodeURIComponent(id)}`, { token: made.awa.token });
      expect(body).toMatchObject({ _id: id, _rev: rev });
    }
  });

  it('put somewhere else it is a copy: a new epoch, in which everything is confirmed again', async () => {
    const there = await start('copied');
    const { receipt } = (await sync(there)).body as { readonly receipt: { readonly epoch: string; readonly revisions: object } };
    expect(receipt.epoch).not.toBe(made.epoch);
    expect(receipt.revisions).toEqual(made.revisions);
  });

  it('who was erased stays erased', async () => {
    const { url } = await start('stayed');
    expect((await ask(`${url}/api/people/${made.binta}`, { token: made.admin })).status).toBe(404);
    expect((await ask(`${url}/api/learners`, { token: made.admin })).body['people']).toMatchObject([{ name: 'Awa Keita' }]);
  });

  it('is without a fault, before and after the new version wrote to it, and says what format it has now', async () => {
    const data = unpack('stayed');
    const inspect = async () => {
      const engine = openEmbedded({ file: join(data, 'node.sqlite'), random, check: 'whole' });
      const report = await audit({ engine, node: 'dakar' as NodeId, data });
      await engine.close();
      return report;
    };
    const before = await inspect();
    expect(before.findings).toEqual([]);
    expect(before.documents).toBeGreaterThan(15);
    const opened = await startTestNode({ data, name: 'dakar', compiler: tinyCompiler, clock: () => made.now + 60_000 });
    await ask(`${opened.url}/api/centre/about`, {
      method: 'PUT',
      token: made.admin,
      body: { title: 'Centre de Dakar', country: 'SN', languages: ['fr'] },
    });
    await opened.restart();
    const after = await inspect();
    expect([after.findings, after.conflicts]).toEqual([[], []]);
    const sqlite = new DatabaseSync(join(data, 'node.sqlite'), { readOnly: true });
    expect(sqlite.prepare('PRAGMA user_version').get()).toEqual({ user_version: schemaVersion });
    sqlite.close();
    await opened.close();
  });
});

describe('a data folder of a later version', () => {
  it('is refused with a sentence that says what to do, and nothing in it changes', async () => {
    const file = join(mkdtempSync(join(scratch, 'later-')), 'node.sqlite');
    await openEmbedded({ file, random }).close();
    const sqlite = new DatabaseSync(file);
    sqlite.exec(`PRAGMA user_version = ${String(schemaVersion + 1)}; CREATE TABLE wonders (a)`);
    sqlite.close();
    const before = readFileSync(file);
    expect(() => openEmbedded({ file, random, check: 'whole' })).toThrow(StorageFailure);
    expect(() => openEmbedded({ file, random })).toThrow(
      /written by a newer version of Perigee: its format is 3, and this version knows up to 2\..*Start the newer version again/,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
