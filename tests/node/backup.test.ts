/** `backup`, `restore` and `audit`: what they promise to a centre, and to the devices of a node that was put back. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCommand, backupCommand, restoreCommand } from '../../scripts/commands/backup.ts';
import type { Command, Io } from '../../scripts/commands/command.ts';
import { instantOf } from '../../src/lib/domain/clock.ts';
import { createPersonId, type NodeId } from '../../src/lib/domain/ids.ts';
import { nameOrder, type ErasureOrder } from '../../src/lib/domain/orders.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { sha256Of } from '../../src/lib/server/content/pieces.ts';
import { settleNodeName } from '../../src/server/identity.ts';
import { openAccounts } from '../../src/server/main.ts';
import { answer, createDevice, linkDevice, shown, waiting, type TestDevice } from './device-kit.ts';
import { ask, claim, codesFor, makeCohort, random, startTestNode, type TestNode } from './kit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-backup-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly said: string;
}

async function run(command: Command, ...args: readonly string[]): Promise<Ran> {
  const [out, said]: [string[], string[]] = [[], []];
  const io: Io = { out: (text) => void out.push(text), say: (text) => void said.push(text), readStdin: () => Promise.resolve(''), env: {} };
  const code = await command.run(args, io);
  return { code, out: out.join('\n'), said: said.join('\n') };
}

/** Files of a folder with their bytes, for whether anything was touched. Whoever reads a database leaves an empty log and an index beside it. */
const filesOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !/-(?:shm|wal)$/.test(entry.name))
      .map((entry) => [join(entry.parentPath, entry.name), sha256Of(readFileSync(join(entry.parentPath, entry.name)))]),
  );

let numbers = 0;
const fresh = (name: string): string => join(scratch, `${name}-${String(numbers++)}`);

// A node of the embedded engine; what CouchDB holds is backed up by CouchDB's own means.
describe.skipIf(process.env['PERIGEE_TEST_ENGINE'] === 'couchdb')('a node that is put back', () => {
  let node: TestNode;
  let staff: string;
  let cohort: string;
  const newDevice = async (): Promise<TestDevice> => createDevice(node, (await codesFor(node, staff, cohort, ['Amina']))[0] ?? '');

  beforeAll(async () => {
    node = await startTestNode();
    settleNodeName(node.data, 'centre' as NodeId, 'centre' as NodeId);
    staff = await claim(node);
    cohort = await makeCohort(node, staff);
  });
  afterAll(() => node.close());

  /** Puts the backup in the place of the node's folder. */
  async function restoreInPlace(file: string): Promise<void> {
    const folder = fresh('restored');
    expect(await run(restoreCommand, file, '--data', folder)).toMatchObject({ code: 0, said: '' });
    await node.restart(() => {
      rmSync(node.data, { recursive: true });
      renameSync(folder, node.data);
    });
  }

  it('loses nothing that a device holds: marks are withdrawn, and what came after the backup is handed over again', async () => {
    const [a, gone] = [await newDevice(), await newDevice()];
    await answer(a, 1, 5);
    await answer(gone, 1, 5);
    const heir = await linkDevice(node, gone);
    for (const device of [a, gone, heir]) expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });

    // While it runs, and while a device hands over.
    const file = fresh('node.backup');
    const [made] = await Promise.all([run(backupCommand, file, '--data', node.data), answer(a, 2, 10).then(() => a.pass())]);
    expect(made).toMatchObject({ code: 0, said: '' });

    await answer(a, 3, 20);
    await answer(gone, 2, 40);
    for (const device of [a, gone, heir]) expect(await device.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    const before = (await ask(`${node.url}/api/node`)).body['epoch'];

    await restoreInPlace(file);
    expect((await ask(`${node.url}/api/node`)).body['epoch']).not.toBe(before);
    expect(await a.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await waiting(a)).toBe(0);
    // The device that wrote it never comes again; the person's other one hands it over, unchanged.
    expect(await heir.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    const third = await linkDevice(node, heir);
    expect(await third.pass()).toEqual({ type: 'done', unconfirmed: 0 });
    expect(await shown(third)).toEqual({ attempts: 2, seconds: 45 });
    const other = await linkDevice(node, a);
    await other.pass();
    expect(await shown(other)).toEqual({ attempts: 3, seconds: 35 });
    expect(await run(auditCommand, '--data', node.data)).toMatchObject({ code: 0 });
  });

  it('takes another device’s work from no device otherwise', async () => {
    const own = await startTestNode();
    const token = await claim(own);
    const [code = ''] = await codesFor(own, token, await makeCohort(own, token), ['Amina']);
    const first = await createDevice(own, code);
    const second = await linkDevice(own, first);
    const record = {
      _id: `${first.session.person}:profile:${first.store.device}`,
      kind: 'profile',
      person: first.session.person,
      writer: first.store.device,
      name: 'Not she',
      changed: '2026-01-01T00:00:00.000Z',
      _rev: '1-aa',
    };
    const { body } = await ask(`${own.url}/replica/person/${first.session.person}/_bulk_docs`, {
      token: second.session.token,
      body: { docs: [record], new_edits: false },
    });
    expect(JSON.stringify(body)).toContain('forbidden');
    await own.close();
  });

  it('brings what was ordered until the backup, also what the database does not say', async () => {
    // The database may be CouchDB's, put back to an earlier day; and the file is written first.
    const order = nameOrder<ErasureOrder>({
      kind: 'erasure',
      writer: 'centre' as NodeId,
      origin: 'centre' as NodeId,
      at: instantOf(Date.parse('2026-11-30T10:00:00Z')),
      person: createPersonId(random),
    });
    appendFileSync(join(node.data, 'orders.jsonl'), `${JSON.stringify(order)}\n`);
    const kept = readFileSync(join(node.data, 'orders.jsonl'), 'utf8');
    const file = fresh('node.backup');
    expect(await run(backupCommand, file, '--data', node.data)).toMatchObject({ code: 0, said: '' });
    const folder = fresh('ordered');
    expect(await run(restoreCommand, file, '--data', folder)).toMatchObject({ code: 0, said: '' });
    expect(readFileSync(join(folder, 'orders.jsonl'), 'utf8')).toBe(kept);
    const restored = await openAccounts({ node: 'centre' as NodeId, data: folder, couchdb: null });
    expect((await restored.orders.standing()).erased.has(order.person)).toBe(true);
    await restored.engine.close();
    expect(readdirSync(scratch).filter((name) => name.includes('half'))).toEqual([]);
  });

  it('may have another name: its databases and what it wrote itself follow, and devices go on', async () => {
    const device = await newDevice();
    await answer(device, 1, 5);
    await device.pass();
    const file = fresh('node.backup');
    await run(backupCommand, file, '--data', node.data);
    const folder = fresh('renamed');
    const { code, out } = await run(restoreCommand, file, '--data', folder, '--node', 'lagos', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ node: 'lagos', manifest: { node: 'centre' } });
    expect(readFileSync(join(folder, 'node-name'), 'utf8')).toBe('lagos\n');
    const engine = openEmbedded({ file: join(folder, 'node.sqlite'), random, check: 'whole' });
    expect((await engine.databases()).filter((name) => name.includes('-'))).toEqual(
      expect.arrayContaining(['desk-lagos', 'records-lagos']),
    );
    expect((await engine.databases()).some((name) => name.endsWith('-centre'))).toBe(false);
    const cohorts = await engine.database('desk-lagos').list({ partition: 'lagos', bodies: true });
    expect(cohorts.rows.length).toBeGreaterThan(0);
    const records = await engine.database('records-lagos').list({ partition: null, bodies: true });
    const enrolments = records.rows.filter(({ id }) => id.includes(':enrolment:'));
    expect(enrolments.length).toBeGreaterThan(0);
    // An edit of what devices hold, not a conflict with it.
    for (const { rev, document } of enrolments) expect([rev.startsWith('2-'), document?.['writer']]).toEqual([true, 'lagos']);
    await engine.close();
    expect(await run(auditCommand, '--data', folder)).toMatchObject({ code: 0 });
  });

  it('is never put over anything, nor half', async () => {
    const file = fresh('node.backup');
    await run(backupCommand, file, '--data', node.data);
    expect(await run(backupCommand, file, '--data', node.data)).toMatchObject({
      code: 1,
      said: `${file} is there already and stays as it is. Name a new file.`,
    });
    const [inUse, bytes] = [filesOf(node.data), readFileSync(file)];
    const refused = await run(restoreCommand, file, '--data', node.data);
    expect(refused).toMatchObject({
      code: 1,
      said: `${node.data} is not empty, and nothing in it is touched. Move it away, or name another folder with --data.`,
    });
    expect(filesOf(node.data)).toEqual(inUse);

    for (let n = 0; n < 60; n++) {
      const damaged = Buffer.from(bytes);
      const at = Math.floor((n / 60) * bytes.length);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      const copy = fresh('damaged');
      writeFileSync(copy, n % 3 === 0 ? bytes.subarray(0, at) : damaged);
      const folder = fresh('never');
      const { code, said } = await run(restoreCommand, copy, '--data', folder);
      // A tar has fields that say nothing: a flip there may go by, and then everything is there.
      if (code === 0) expect(await run(auditCommand, '--data', folder)).toMatchObject({ code: 0 });
      else {
        expect(said).toMatch(/ is (?:damaged: |no backup of a node).*Nothing was put back\.$/);
        expect(existsSync(folder)).toBe(false);
      }
      if (n % 3 === 0) expect(code).toBe(1);
    }
    expect(readdirSync(scratch).filter((name) => name.includes('half'))).toEqual([]);
  });

  it('is salvaged where it is damaged: what is whole is in a new folder, what is lost is listed, and the old one is as it was', async () => {
    const source = await startTestNode();
    settleNodeName(source.data, 'centre' as NodeId, 'centre' as NodeId);
    const token = await claim(source);
    const [code = ''] = await codesFor(source, token, await makeCohort(source, token), ['Amina']);
    const device = await createDevice(source, code);
    for (let n = 1; n <= 30; n++) await answer(device, n, 1);
    await device.pass();
    let report: Ran | null = null;
    const folder = fresh('saved');
    const lines: string[] = [];
    await source.restart(() => {
      const file = join(source.data, 'node.sqlite');
      const bytes = readFileSync(file);
      // A page of answers' texts.
      const at = bytes.indexOf('"kind":"attempt"');
      bytes.fill(0, at - (at % 4096), at - (at % 4096) + 4096);
      const broken = fresh('broken');
      mkdirSync(broken);
      writeFileSync(join(broken, 'node.sqlite'), bytes);
      writeFileSync(join(broken, 'node-name'), 'centre\n');
      lines.push(broken);
    });
    const [broken = ''] = lines;
    const before = filesOf(broken);
    expect(await run(auditCommand, '--data', broken)).toMatchObject({ code: 1 });
    expect(await run(backupCommand, fresh('node.backup'), '--data', broken)).toMatchObject({ code: 1 });
    await expect(startTestNode({ data: broken })).rejects.toThrow('perigee restore --salvage');
    report = await run(restoreCommand, '--salvage', broken, '--data', folder, '--json');
    expect(report.code).toBe(0);
    const { lost } = JSON.parse(report.out) as { lost: { id: string }[] };
    expect(lost.length).toBeGreaterThan(0);
    expect(report.said).toContain(lost[0]?.id);
    expect(filesOf(broken)).toEqual(before);
    // The device hands over again what is lost.
    await source.restart(() => {
      rmSync(source.data, { recursive: true });
      renameSync(folder, source.data);
    });
    const outcome = await device.pass();
    expect(outcome).toMatchObject({ type: 'done' });
    expect(await waiting(device)).toBe(0);
    await source.close();
  });

  it('is audited: each document and piece against its hash, signature, shape and writer; conflicts are listed', async () => {
    const source = await startTestNode();
    settleNodeName(source.data, 'centre' as NodeId, 'centre' as NodeId);
    const token = await claim(source);
    const [code = ''] = await codesFor(source, token, await makeCohort(source, token), ['Amina']);
    const device = await createDevice(source, code);
    await answer(device, 1, 5);
    await device.pass();
    expect(await run(auditCommand, '--data', source.data)).toMatchObject({ code: 0, said: '' });
    const { person } = device.session;
    const engine = openEmbedded({ file: join(source.data, 'node.sqlite'), random });
    const records = engine.database('records-centre');
    await records.bulk([{ _id: `${person}:attempt:nonsense`, kind: 'attempt', person }], { newEdits: true });
    for (const _rev of ['1-aa', '1-bb'])
      await records.bulk(
        [
          {
            _id: `${person}:profile:${device.store.device}`,
            _rev,
            kind: 'profile',
            person,
            writer: device.store.device,
            name: _rev,
            changed: '2026-01-01T00:00:00.000Z',
          },
        ],
        { newEdits: false },
      );
    await engine.close();
    mkdirSync(join(source.data, 'pieces', 'ab'), { recursive: true });
    writeFileSync(join(source.data, 'pieces', 'ab', `ab${'0'.repeat(62)}`), 'other bytes');
    const { code: exit, out } = await run(auditCommand, '--data', source.data, '--json');
    expect(exit).toBe(1);
    const report = JSON.parse(out) as { findings: { where: string; id: string }[]; conflicts: { id: string; revisions: string[] }[] };
    expect(report.findings.map(({ where, id }) => `${where} ${id}`).sort()).toEqual([
      `pieces ab${'0'.repeat(62)}`,
      `records-centre ${person}:attempt:nonsense`,
    ]);
    expect(report.conflicts).toEqual([
      expect.objectContaining({ id: `${person}:profile:${device.store.device}`, revisions: ['1-bb', '1-aa'] }),
    ]);
    await source.close();
    const empty = fresh('empty');
    mkdirSync(empty);
    expect(await run(auditCommand, '--data', empty)).toMatchObject({ code: 2 });
  });
});
