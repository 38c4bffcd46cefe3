/** The part of `pouchdb-merge` 9.0.0 that the engines use; the package brings no types. */
declare module 'pouchdb-merge' {
  export interface NodeOptions {
    status: 'available' | 'missing';
    deleted?: boolean;
  }
  /** `[hash, options, children]` */
  export type TreeNode = [string, NodeOptions, TreeNode[]];
  export interface TreePath {
    pos: number;
    ids: TreeNode;
  }
  export type RevisionTree = TreePath[];

  /** Merges a path into a tree, in place, and cuts every branch to its newest `depth` revisions. */
  export function merge(
    tree: RevisionTree,
    path: TreePath,
    depth: number,
  ): { tree: RevisionTree; stemmedRevs: string[]; conflicts: 'new_leaf' | 'new_branch' | 'internal_node' };
  export function winningRev(metadata: { rev_tree: RevisionTree }): string;
  /** Leaves, longest branch first. */
  export function collectLeaves(tree: RevisionTree): { rev: string; opts: NodeOptions }[];
  /** Marks what is not a leaf as missing, in place; answers the revisions that it marked. */
  export function compactTree(metadata: { rev_tree: RevisionTree }): string[];
  /** Every path from a root to a leaf; `pos` is the generation of the first. */
  export function rootToLeaf(tree: RevisionTree): { pos: number; ids: { id: string; opts: NodeOptions }[] }[];
  export function traverseRevTree<Context>(
    tree: RevisionTree,
    visit: (isLeaf: boolean, pos: number, id: string, context: Context | undefined, options: NodeOptions) => Context | undefined,
  ): void;
}
