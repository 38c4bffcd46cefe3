import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { NodeId } from '../../domain/ids.ts';
import { describeFile, readArchive, writeArchive, type BackupManifest } from './archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'perigee-archive-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('lets go of every file that it began to unpack, also of one whose rest is missing', async () => {
  const [source, archive] = [join(folder, 'source'), join(folder, 'archive')];
  writeFileSync(source, Buffer.alloc(200_000, 7));
  const files = [await describeFile('node.sqlite', source)];
  const made = '2026-11-30T12:00:00.000Z';
  const manifest: BackupManifest = {
    format: 'perigee-backup',
    version: 1,
    made,
    node: 'dakar' as NodeId,
    epoch: 'e',
    engine: 'embedded',
    files,
  };
  const to = await open(archive, 'w');
  await writeArchive(to, manifest, () => source);
  await to.close();
  await truncate(archive, 100_000);

  const from = await open(archive, 'r');
  const read = await readArchive(from);
  let ended = 0;
  const unpacked = read.ok
    ? await read.value.unpack(() => Promise.resolve({ write: () => Promise.resolve(), end: () => Promise.resolve(void (ended += 1)) }))
    : read;
  await from.close();
  expect(unpacked).toMatchObject({ ok: false, error: expect.stringContaining('is cut off') as string });
  expect(ended).toBe(1);
});
