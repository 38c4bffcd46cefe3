import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBackupNote } from './centre.ts';
import { createDisk, levelOf } from './disk.ts';
import { openLogBook } from './log-book.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perigee-status-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const gigabyte = 1024 ** 3;

describe('room on the disk', () => {
  it.each([
    [100, 500, 'ample'],
    [5, 500, 'low'],
    [1, 500, 'scarce'],
    [4, 16, 'ample'],
    [1, 16, 'low'],
    [0.5, 16, 'scarce'],
    [0, 16, 'scarce'],
    // An SD card of 4 GB: a quarter of a gigabyte is kept.
    [0.3, 4, 'low'],
    [0.2, 4, 'scarce'],
  ])('%d GB free of %d is %s', (free, total, level) => {
    expect(levelOf(free * gigabyte, total * gigabyte)).toBe(level);
  });

  it('never gets better by being less', () => {
    const order = ['scarce', 'low', 'ample'];
    const bytes = fc.integer({ min: 0, max: 4 * 1024 * gigabyte });
    fc.assert(
      fc.property(bytes, bytes, bytes, (total, a, b) => {
        expect(order.indexOf(levelOf(Math.min(a, b), total))).toBeLessThanOrEqual(order.indexOf(levelOf(Math.max(a, b), total)));
      }),
    );
  });

  it('is asked again after a while, and keeps what is reserved', async () => {
    let now = 0;
    let free = 1000;
    let asked = 0;
    const disk = createDisk(
      folder,
      () => now,
      () => {
        asked += 1;
        return Promise.resolve({ bavail: free, blocks: 16 * 1024, bsize: 1024 * 1024 });
      },
    );
    expect(await disk.room()).toEqual({ free: 1000 * 1024 ** 2, total: 16 * gigabyte, level: 'low' });
    free = 900;
    expect((await disk.room()).free).toBe(1000 * 1024 ** 2);
    expect(await disk.hasRoomFor(100 * 1024 ** 2)).toBe(true);
    expect(await disk.hasRoomFor(500 * 1024 ** 2)).toBe(false);
    expect(asked).toBe(1);
    now = 11_000;
    expect((await disk.room()).free).toBe(900 * 1024 ** 2);
    // A clock that was set back does not keep an old answer for years.
    now = -1;
    await disk.room();
    expect(asked).toBe(3);
  });
});

describe('the log', () => {
  it('has the newest lines first, over two starts and a line that was cut off', () => {
    const file = join(folder, 'a.log');
    const said: string[] = [];
    let now = 0;
    const book = openLogBook(
      file,
      () => (now += 1000),
      (line) => said.push(line),
    );
    book.write('one');
    appendFileSync(file, '{"at":"2026-');
    appendFileSync(file, '\n');
    openLogBook(
      file,
      () => (now += 1000),
      () => undefined,
    ).write('two');
    expect(said).toEqual(['one']);
    expect(book.newest(10)).toEqual([
      { at: '1970-01-01T00:00:02.000Z', line: 'two' },
      { at: '1970-01-01T00:00:01.000Z', line: 'one' },
    ]);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('does not grow without end, and ends nothing where it cannot be written', () => {
    const file = join(folder, 'b.log');
    const book = openLogBook(
      file,
      () => 0,
      () => undefined,
    );
    for (let n = 0; n < 1200; n += 1) book.write(`${String(n)} ${'x'.repeat(1000)}`);
    expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(1.2 * 1024 * 1024);
    expect(book.newest(1)[0]?.line.startsWith('1199 ')).toBe(true);
    expect(book.newest(300)).toHaveLength(300);
    expect(() =>
      openLogBook(
        join(folder, 'no', 'such', 'folder.log'),
        () => 0,
        () => undefined,
      ).write('x'),
    ).not.toThrow();
    expect(readFileSync(file, 'utf8').split('\n').at(-1)).toBe('');
  });
});

it('a note of the last backup that is not whole is none', () => {
  const data = mkdtempSync(join(folder, 'data-'));
  expect(readBackupNote(data)).toBeNull();
  writeFileSync(join(data, 'last-backup.json'), '{"at":"2026-11-20T10:00:00.000Z","bytes":12}');
  expect(readBackupNote(data)).toEqual({ at: '2026-11-20T10:00:00.000Z', bytes: 12 });
  writeFileSync(join(data, 'last-backup.json'), '{"at":');
  expect(readBackupNote(data)).toBeNull();
});
