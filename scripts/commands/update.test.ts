import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dispatch } from '../dispatch.ts';
import { updateCommands } from './update.ts';

it.each(['A'.repeat(43), `-${'A'.repeat(42)}`, `--${'A'.repeat(41)}`])('takes %s for a key, whatever it begins with', async (key) => {
  const data = mkdtempSync(join(tmpdir(), 'perigee-pin-'));
  const said: string[] = [];
  const io = {
    out: (text: string) => said.push(text),
    say: (text: string) => said.push(text),
    readStdin: () => Promise.resolve(''),
    env: {},
  };
  for (const args of [
    [key, '--data', data],
    ['--data', data, key, '--remove'],
  ])
    expect(await dispatch(updateCommands, ['release', 'pin', ...args], io)).toBe(1);
  expect(said).toEqual([expect.stringContaining('is not the data folder of a node'), expect.stringContaining('is not the data folder')]);
  rmSync(data, { recursive: true });
});
