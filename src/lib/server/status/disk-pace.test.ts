import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDiskPace } from './disk-pace.ts';

const scratch = mkdtempSync(join(tmpdir(), 'perigee-pace-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('what a disk can do', () => {
  it('is kept for the next start, and not for a copy of the folder', () => {
    const data = mkdtempSync(join(scratch, 'data-'));
    expect(openDiskPace(data).read()).toBeNull();
    openDiskPace(data).keep(4.5);
    expect(openDiskPace(data).read()).toBe(4.5);
    const copy = join(scratch, 'copy');
    cpSync(data, copy, { recursive: true });
    expect(openDiskPace(copy).read()).toBeNull();
  });

  it('is unknown where the file is not whole, and a folder that takes nothing is no failure', () => {
    const data = mkdtempSync(join(scratch, 'data-'));
    writeFileSync(join(data, 'disk-pace.json'), '{"folder":');
    expect(openDiskPace(data).read()).toBeNull();
    expect(() => {
      openDiskPace(join(scratch, 'nowhere')).keep(1);
    }).not.toThrow();
  });
});
