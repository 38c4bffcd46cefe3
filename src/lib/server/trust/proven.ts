/**
 * What follows from a signed document alone, worked out once for each: whether its proof is right, and what a status list holds. Canonical forms are the dear part of
 * verifying, and a centre looks at the same certificates whenever somebody asks. What depends on the list of trust or on the clock is remembered nowhere here.
 */
import { createHash } from 'node:crypto';
import { checkProof } from '../../certification/proof.ts';
import { openStatusList } from '../../certification/status-list.ts';
import type { Proven } from '../../certification/verify.ts';
import { Memory } from './memory.ts';

const nameOf = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64');

export function createProven(): Proven {
  const proofs = new Memory<ReturnType<typeof checkProof>>(20_000);
  // Of 16 kB each, at least.
  const lists = new Memory<ReturnType<typeof openStatusList>>(64);
  return {
    checkProof(document, proof, contexts, tools) {
      const name = nameOf(document, proof.options, [...proof.signature]);
      return proofs.get(name) ?? proofs.put(name, checkProof(document, proof, contexts, tools));
    },
    openStatusList(value, contexts, tools) {
      const name = nameOf(value);
      return lists.get(name) ?? lists.put(name, openStatusList(value, contexts, tools));
    },
  };
}
