/** What is true of the embedded engine alone. */
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { StorageFailure } from '../../src/lib/server/engine/engine.ts';
import type { Machine } from '../../src/lib/server/engine/sqlite-file.ts';

const random = (n: number): Uint8Array => randomBytes(n);

it('is readable by its owner alone, and sees what another process writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
  const file = join(folder, 'node.sqlite');
  const one = openEmbedded({ file, random });
  const two = openEmbedded({ file, random });
  expect(two.epoch).toBe(one.epoch);
  await one.database('accounts').bulk([{ _id: 'person:a' }], { newEdits: true });
  for (const name of ['node.sqlite', 'node.sqlite-wal']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  const waiting = one.database('accounts').waitForChange('person', 'now', AbortSignal.timeout(5000));
  await two.database('accounts').bulk([{ _id: 'person:b' }], { newEdits: true });
  await waiting;
  expect((await one.database('accounts').list({ partition: 'person' })).total).toBe(2);
  await one.close();
  await two.close();
  rmSync(folder, { recursive: true });
});

it('keeps nobody waiting for a database that was dropped before they began to wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
  const engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
  await engine.further.create('library');
  const held = await engine.further.open('library');
  if (held === null) throw new Error('It was not made');
  await engine.further.drop('library');
  // Nothing else ends this wait.
  await held.waitForChange(null, 'now', new AbortController().signal);
  await engine.close();
  rmSync(folder, { recursive: true });
});

it('says that the storage failed where the disk is full at the start, and leaves the file as it was', () => {
  const database = new DatabaseSync(':memory:');
  let full = false;
  const machine: Machine = {
    open: () => ({
      exec: (sql) => {
        if (full && sql === 'COMMIT') throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' });
        database.exec(sql);
      },
      prepare: (sql) => database.prepare(sql),
      get isTransaction() {
        return database.isTransaction;
      },
      close: () => undefined,
    }),
    identityOf: () => ({ inode: full ? '2' : '1', born: '0' }),
    soon: (work) => void setImmediate(work),
  };
  const before = openEmbedded({ file: 'node.sqlite', random, machine });
  full = true;
  expect(() => openEmbedded({ file: 'node.sqlite', random, machine })).toThrow(StorageFailure);
  expect(database.isTransaction).toBe(false);
  expect(database.prepare(`SELECT value FROM meta WHERE key = 'epoch'`).get()).toEqual({ value: before.epoch });
});

it('has a new epoch where a copy was put in its place, and keeps it where it was only started again or moved', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
  const file = join(folder, 'node.sqlite');
  const epochAt = async (path: string): Promise<string> => {
    const engine = openEmbedded({ file: path, random });
    await engine.close();
    return engine.epoch;
  };
  const first = await epochAt(file);
  expect(await epochAt(file)).toBe(first);
  copyFileSync(file, join(folder, 'copy'));
  renameSync(file, join(folder, 'moved'));
  expect(await epochAt(join(folder, 'moved'))).toBe(first);
  rmSync(join(folder, 'moved'));
  copyFileSync(join(folder, 'copy'), file);
  chmodSync(file, 0o644);
  const second = await epochAt(file);
  expect(second).not.toBe(first);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(await epochAt(file)).toBe(second);
  rmSync(folder, { recursive: true });
});

it('shares one commit between the writes that wait together', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
  const engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
  const database = engine.database('records-x');
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3].map(async (n) => {
      await database.bulk([{ _id: `p:${String(n)}` }], { newEdits: true });
      order.push(n);
    }),
  );
  expect(order).toEqual([1, 2, 3]);
  // A bug in one write is that write's alone.
  const [broken, whole] = await Promise.allSettled([
    database.bulk([{ _id: 'p:4' }], {
      newEdits: true,
      gate: () => {
        throw new Error('a bug');
      },
    }),
    database.bulk([{ _id: 'p:5' }], { newEdits: true }),
  ]);
  expect([broken.status, whole.status]).toEqual(['rejected', 'fulfilled']);
  expect((await database.list({ partition: 'p' })).rows.map(({ id }) => id)).toEqual(['p:1', 'p:2', 'p:3', 'p:5']);
  await engine.close();
  await expect(database.bulk([{ _id: 'p:6' }], { newEdits: true })).rejects.toThrow('closed');
  rmSync(folder, { recursive: true });
});

describe('what was purged', () => {
  /** Texts that lie anywhere in the database's files. */
  const lying = (folder: string, texts: readonly string[]): readonly string[] => {
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    return texts.filter((text) => files.some((bytes) => bytes.includes(text)));
  };
  // Short bodies lie in a page with others, long ones in pages of their own.
  const secrets = Array.from({ length: 60 }, (_, n) => `secret-${String(n)}-${'x'.repeat(n * 170)}-end-${String(n)}`);
  const fill = async (file: string): Promise<ReturnType<typeof openEmbedded>> => {
    const engine = openEmbedded({ file, random });
    const records = engine.database('records-x');
    for (const [n, text] of secrets.entries()) {
      const [written] = await records.bulk([{ _id: `ann:${String(n)}`, text }], { newEdits: true });
      // What was followed by a newer revision is somebody's words too.
      if (n % 3 === 0 && written?.ok === true)
        await records.bulk([{ _id: `ann:${String(n)}`, _rev: written.rev, text: `newer ${text}` }], { newEdits: true });
      await records.bulk([{ _id: `bob:${String(n)}`, text: `kept-${String(n)}` }], { newEdits: true });
    }
    return engine;
  };
  const purgeAnn = async (engine: ReturnType<typeof openEmbedded>): Promise<void> => {
    await engine.database('records-x').purge(secrets.map((_, n) => `ann:${String(n)}`));
  };

  it('lies nowhere in the file nor in its log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
    const engine = await fill(join(folder, 'node.sqlite'));
    expect(lying(folder, ['-end-1', '-end-59', 'newer secret-3-'])).toHaveLength(3);
    await purgeAnn(engine);
    expect(lying(folder, ['secret-', '-end-', 'xxxxxxxxxx', 'ann:'])).toEqual([]);
    expect(lying(folder, ['kept-0', 'kept-59'])).toHaveLength(2);
    expect((await engine.database('records-x').list({ partition: 'bob' })).total).toBe(secrets.length);
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('lies nowhere either where an earlier version deleted without overwriting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perigee-engine-'));
    const file = join(folder, 'node.sqlite');
    await (await fill(file)).close();
    const earlier = new DatabaseSync(file);
    earlier.exec(`PRAGMA secure_delete=OFF; DELETE FROM meta WHERE key = 'overwritten'; DELETE FROM bodies WHERE id LIKE 'ann:%'`);
    earlier.close();
    expect(lying(folder, ['secret-'])).toHaveLength(1);
    const engine = openEmbedded({ file, random });
    await purgeAnn(engine);
    expect(lying(folder, ['secret-', '-end-', 'xxxxxxxxxx', 'ann:'])).toEqual([]);
    await engine.close();
    rmSync(folder, { recursive: true });
  });
});
