/**
 * Other nodes that come here: children of this one. Each has one credential, 256 random bits, of which only a hash is kept: a copy of the accounts lets
 * nobody in. Whoever steals it is that node and no other, and is refused from the next request on when it is taken back.
 */
import { createHash } from 'node:crypto';
import { instantOf, type Clock, type Instant, type RandomBytes } from '../../domain/clock.ts';
import { base32, isNodeId, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { AccountStore, Peer } from './store.ts';

export type { Peer } from './store.ts';

export interface PeerBearer {
  readonly type: 'peer';
  readonly node: NodeId;
}

export interface Peers {
  /** A new credential for a child, in place of any older one: shown once. */
  add(node: NodeId): Promise<string>;
  list(): Promise<readonly Peer[]>;
  /** False where no child has this name. */
  revoke(node: NodeId): Promise<boolean>;
  /** `expired` also stands for what this node never gave out. */
  bearer(credential: string): Promise<Result<PeerBearer, 'expired' | 'revoked'>>;
}

const pattern = /^peer_([a-z0-9-]+)_[0-9a-z]{52}$/;

/** The child that a credential says it belongs to; null where the text is no credential of a node. */
export function nodeOfCredential(text: string): NodeId | null {
  const node = pattern.exec(text)?.[1];
  return isNodeId(node) ? node : null;
}

const hashOf = (credential: string): string => createHash('sha256').update(credential).digest('hex');

/** Milliseconds for which a child's standing is remembered: a visit asks many times who it is. What another process takes back is noticed this much later. */
const standingLives = 500;

export function createPeers(given: { readonly store: AccountStore; readonly clock: Clock; readonly random: RandomBytes }): Peers {
  const { store, clock, random } = given;
  const now = (): Instant => instantOf(clock());
  const known = new Map<NodeId, { readonly at: number; readonly peer: Promise<Peer | null> }>();

  function standing(node: NodeId): Promise<Peer | null> {
    const before = known.get(node);
    const at = clock();
    if (before !== undefined && at >= before.at && at - before.at < standingLives) return before.peer;
    const entry = { at, peer: store.get('peer', node) };
    // Names that nobody has must not fill the memory.
    if (known.size > 1000) known.clear();
    known.set(node, entry);
    entry.peer.catch(() => known.delete(node));
    return entry.peer;
  }

  /** Changes what is kept of a child. Whoever else changes it at the same moment is waited for. */
  async function change(node: NodeId, make: (before: Peer | null) => Peer | null): Promise<boolean> {
    for (;;) {
      const before = await store.get('peer', node);
      const after = make(before);
      const done = after === null || (await store.put('peer', [node], after, before?._rev));
      known.delete(node);
      if (done) return after !== null;
    }
  }

  return {
    async add(node) {
      const credential = `peer_${node}_${base32(random(32))}`;
      await change(node, () => ({ node, hash: hashOf(credential), made: now() }));
      return credential;
    },
    list: () => store.list('peer'),
    async revoke(node) {
      let found = false;
      await change(node, (before) => {
        found = before !== null;
        return before === null || before.revoked !== undefined ? null : { ...before, revoked: now() };
      });
      return found;
    },
    async bearer(credential) {
      const node = nodeOfCredential(credential);
      if (node === null) return err('expired');
      const peer = await standing(node);
      // Hashes are compared, so the time that it takes says nothing about the credential.
      if (peer?.hash !== hashOf(credential)) return err('expired');
      return peer.revoked === undefined ? ok({ type: 'peer', node }) : err('revoked');
    },
  };
}
