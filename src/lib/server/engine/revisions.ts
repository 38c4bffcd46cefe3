/** Questions about a revision tree that `pouchdb-merge` does not answer in one step. Pure. */
// Programs of other rooms reach this file by import and would not find the types by themselves.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient module cannot be imported as a type
/// <reference path="./pouchdb-merge.d.ts" />
import {
  collectLeaves,
  compactTree,
  merge,
  rootToLeaf,
  traverseRevTree,
  winningRev,
  type RevisionTree,
  type TreeNode,
} from 'pouchdb-merge';
import type { Edit } from './document.ts';
import { revisionDepth, type Leaf } from './engine.ts';

export type { RevisionTree } from 'pouchdb-merge';

export const revOf = (pos: number, hash: string): string => `${String(pos)}-${hash}`;

/** Leaves, the winner first, the others by revision. */
export function leavesOf(tree: RevisionTree): readonly Leaf[] {
  if (tree.length === 0) return [];
  const winner = winningRev({ rev_tree: tree });
  return collectLeaves(tree)
    .map(({ rev, opts }) => ({ rev, deleted: opts.deleted === true }))
    .sort((a, b) => (a.rev === winner ? -1 : b.rev === winner ? 1 : a.rev < b.rev ? 1 : -1));
}

export function knownRevs(tree: RevisionTree): ReadonlySet<string> {
  const revs = new Set<string>();
  traverseRevTree(tree, (_isLeaf, pos, id) => {
    revs.add(revOf(pos, id));
    return undefined;
  });
  return revs;
}

/** `_revisions` of a revision: its hash and those of its ancestors, newest first; null where the tree does not hold it. */
export function historyOf(tree: RevisionTree, rev: string): { readonly start: number; readonly ids: readonly string[] } | null {
  for (const path of rootToLeaf(tree)) {
    const at = path.ids.findIndex(({ id }, index) => revOf(path.pos + index, id) === rev);
    if (at >= 0)
      return {
        start: path.pos + at,
        ids: path.ids
          .slice(0, at + 1)
          .map(({ id }) => id)
          .reverse(),
      };
  }
  return null;
}

/** The leaves that follow a revision; the revision itself where it is a leaf; empty where the tree does not hold it. */
export function leavesAfter(tree: RevisionTree, rev: string): readonly string[] {
  const leaves = rootToLeaf(tree).flatMap((path) => {
    const through = path.ids.some(({ id }, index) => revOf(path.pos + index, id) === rev);
    const last = path.ids.at(-1);
    return through && last !== undefined ? [revOf(path.pos + path.ids.length - 1, last.id)] : [];
  });
  return [...new Set(leaves)];
}

export interface Grown {
  readonly tree: RevisionTree;
  readonly rev: string;
  /** False where the revision arrived after one that follows it: nothing of it needs keeping. */
  readonly isLeaf: boolean;
  /** Revisions whose bytes are no longer needed. */
  readonly superseded: readonly string[];
}

/** Revisions that are tombstones. */
export function deletedRevs(tree: RevisionTree): ReadonlySet<string> {
  const revs = new Set<string>();
  traverseRevTree(tree, (_isLeaf, pos, id, _context, options) => {
    if (options.deleted === true) revs.add(revOf(pos, id));
    return undefined;
  });
  return revs;
}

/** Marks every revision that was followed as let go; answers those that were not yet. `tree` is changed. */
export const letGo = (tree: RevisionTree): readonly string[] => compactTree({ rev_tree: tree });

/**
 * Adds a revision with its ancestors. `tree` is used up.
 *
 * @param keep how many revisions of a branch are remembered where the bytes of followed ones are kept; null where they are not
 */
export function grow(
  tree: RevisionTree,
  edit: Edit,
  rev: { readonly pos: number; readonly hash: string },
  path: readonly string[],
  keep: number | null = null,
): Grown {
  let node: TreeNode = [rev.hash, edit.deleted ? { status: 'available', deleted: true } : { status: 'available' }, []];
  for (const hash of path.slice(1)) node = [hash, { status: 'missing' }, [node]];
  const merged = merge(tree, { pos: rev.pos - path.length + 1, ids: node }, keep ?? revisionDepth);
  const name = revOf(rev.pos, rev.hash);
  return {
    superseded: [...(keep === null ? letGo(merged.tree) : []), ...merged.stemmedRevs],
    tree: merged.tree,
    rev: name,
    isLeaf: collectLeaves(merged.tree).some((leaf) => leaf.rev === name),
  };
}
