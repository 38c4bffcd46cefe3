import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeId } from '../../domain/ids.ts';
import { openEmbedded } from '../engine/embedded.ts';
import type { Engine } from '../engine/engine.ts';
import { createPeers, nodeOfCredential } from './peers.ts';
import { openAccountStore } from './store.ts';

const [accra, lagos] = ['accra' as NodeId, 'lagos' as NodeId];
const random = (n: number): Uint8Array => randomBytes(n);

describe('the credential of a child', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-peers-'));
  let engine: Engine;
  let now = 0;
  const open = () => createPeers({ store: openAccountStore(engine.database('accounts')), clock: () => now, random });
  beforeAll(() => {
    engine = openEmbedded({ file: join(folder, 'node.sqlite'), random });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  it('says who it is of, and lets nobody in who only knows the name', async () => {
    const peers = open();
    const credential = await peers.add(accra);
    expect(nodeOfCredential(credential)).toBe(accra);
    expect(await peers.bearer(credential)).toEqual({ ok: true, value: { type: 'peer', node: accra } });
    const guesses = [credential.replace('accra', 'lagos'), `peer_accra_${'0'.repeat(52)}`, 'peer_accra_', `${credential}0`, 'accra'];
    for (const guess of guesses) expect(await peers.bearer(guess), guess).toEqual({ ok: false, error: 'expired' });
    expect(JSON.stringify(await peers.list())).not.toContain(credential.slice(-52));
  });

  it('is replaced by a new one, and refused at once when it is taken back; here at once, elsewhere within half a second', async () => {
    const [here, elsewhere] = [open(), open()];
    const old = await here.add(lagos);
    const credential = await here.add(lagos);
    expect((await here.bearer(old)).ok).toBe(false);
    expect((await elsewhere.bearer(credential)).ok).toBe(true);
    expect(await here.revoke(lagos)).toBe(true);
    expect(await here.bearer(credential)).toEqual({ ok: false, error: 'revoked' });
    now += 501;
    expect(await elsewhere.bearer(credential)).toEqual({ ok: false, error: 'revoked' });
    expect(await here.revoke('kigali' as NodeId)).toBe(false);
    expect((await here.bearer(await here.add(lagos))).ok).toBe(true);
  });
});
