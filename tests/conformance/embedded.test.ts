/** What is true of the embedded engine alone. */
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';

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
