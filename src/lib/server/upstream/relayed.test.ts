import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import { openEmbedded } from '../engine/embedded.ts';
import type { Engine } from '../engine/engine.ts';
import { createRelayed } from './relayed.ts';

const person = 'a0000000000000000000000000' as PersonId;
const note = `${person}:note:law:treaties:01hscddkrnb9s9kbcnrpwvkj75`;
const attempt = `${person}:attempt:law:treaties:01hscddkrnb9s9kbcnrpwvkj76`;
const rev = (generation: number, digit: string): string => `${String(generation)}-${digit.repeat(32)}`;
const first = { node: 'vienna' as NodeId, epoch: 'first' };
const second = { node: 'vienna' as NodeId, epoch: 'second' };

describe('what the parent said that it has', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-relayed-'));
  let engine: Engine;
  const relayed = () => createRelayed(engine.database('private'));
  const has = async (revisions: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await relayed().of(person, revisions)).flatMap((receipt) => Object.keys(receipt.revisions));

  beforeAll(() => {
    engine = openEmbedded({ file: join(folder, 'node.sqlite'), random: (n) => randomBytes(n) });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('is told of every leaf of a document in conflict, whichever a device holds', async () => {
    await relayed().met(first);
    await relayed().confirm(first, { [note]: [rev(5, 'a'), rev(1, 'b')], [attempt]: [rev(1, 'c')] });
    expect(await has({ [note]: rev(5, 'a') })).toEqual([note]);
    expect(await has({ [note]: rev(1, 'b') })).toEqual([note]);
    expect(await has({ [note]: rev(1, 'c'), [attempt]: rev(1, 'b') })).toEqual([]);
  });

  it('is not told of what was followed since', async () => {
    await relayed().confirm(first, { [note]: [rev(6, 'd')] });
    expect(await has({ [note]: rev(5, 'a') })).toEqual([]);
    expect(await has({ [note]: rev(6, 'd'), [attempt]: rev(1, 'c') })).toEqual([note, attempt]);
  });

  it('says nothing of what another epoch of it had', async () => {
    await relayed().met(second);
    expect(await has({ [note]: rev(6, 'd'), [attempt]: rev(1, 'c') })).toEqual([]);
    await relayed().confirm(second, { [attempt]: [rev(1, 'c')] });
    expect(await has({ [note]: rev(6, 'd'), [attempt]: rev(1, 'c') })).toEqual([attempt]);
  });
});
