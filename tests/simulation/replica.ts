/**
 * Databases that replicate as CouchDB's do: revision trees, a winner that all agree on, checkpoints that both sides hold. Small enough to
 * be read, so that what a run finds is a fault of the pass and not of its surroundings.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import type { PersonRecord, RecordId } from '#lib/domain/records.ts';
import { generationOf, type Revision, type Waiting } from '#lib/sync/session.ts';

export interface Leaf {
  readonly rev: Revision;
  /** Oldest first, without this one. */
  readonly ancestors: readonly Revision[];
  readonly body: PersonRecord;
}

const beats = (a: Leaf, b: Leaf): boolean =>
  generationOf(a.rev) !== generationOf(b.rev) ? generationOf(a.rev) > generationOf(b.rev) : a.rev > b.rev;

export class Documents {
  #leaves = new Map<RecordId, readonly Leaf[]>();
  #changed = new Map<RecordId, number>();
  sequence = 0;

  winner(id: RecordId): Leaf | undefined {
    return this.#leaves.get(id)?.reduce((best, leaf) => (beats(leaf, best) ? leaf : best));
  }

  leavesOf(id: RecordId): readonly Leaf[] {
    return this.#leaves.get(id) ?? [];
  }

  ids(): RecordId[] {
    return [...this.#leaves.keys()];
  }

  knows(id: RecordId, rev: Revision): boolean {
    return this.leavesOf(id).some((leaf) => leaf.rev === rev || leaf.ancestors.includes(rev));
  }

  /** Puts a body on top of what is here, or of what was handed over last where that is newer. Null where nothing changes. */
  put({ id, body, handed }: Waiting): { readonly rev: Revision; readonly changed: boolean } {
    const held = this.winner(id);
    if (handed === null || (held !== undefined && generationOf(held.rev) >= generationOf(handed.rev))) {
      if (held !== undefined && canonicalJson(held.body) === canonicalJson(body)) return { rev: held.rev, changed: false };
      return { rev: this.#extend(id, body, held === undefined ? [] : [...held.ancestors, held.rev]), changed: true };
    }
    if (!handed.same) return { rev: this.#extend(id, body, [handed.rev]), changed: true };
    this.add(id, { rev: handed.rev, ancestors: [], body });
    return { rev: handed.rev, changed: true };
  }

  #extend(id: RecordId, body: PersonRecord, ancestors: readonly Revision[]): Revision {
    const parent = ancestors.at(-1);
    const hash = createHash('md5').update(canonicalJson({ body, parent })).digest('hex').slice(0, 8);
    const rev = `${String(parent === undefined ? 1 : generationOf(parent) + 1)}-${hash}`;
    this.add(id, { rev, ancestors, body });
    return rev;
  }

  /** Takes a revision with its history, as replication brings it. */
  add(id: RecordId, leaf: Leaf): void {
    if (this.knows(id, leaf.rev)) return;
    const parents = this.leavesOf(id).filter(({ rev }) => leaf.ancestors.includes(rev));
    const others = this.leavesOf(id).filter((other) => !parents.includes(other));
    const ancestors = [...new Set([...parents.flatMap((parent) => parent.ancestors), ...leaf.ancestors])];
    this.#leaves.set(id, [...others, { ...leaf, ancestors }]);
    this.#changed.set(id, ++this.sequence);
  }

  since(sequence: number): { id: RecordId; sequence: number }[] {
    return [...this.#changed]
      .filter(([, at]) => at > sequence)
      .map(([id, at]) => ({ id, sequence: at }))
      .sort((a, b) => a.sequence - b.sequence);
  }

  copy(): Documents {
    const copy = new Documents();
    copy.#leaves = new Map(this.#leaves);
    copy.#changed = new Map(this.#changed);
    copy.sequence = this.sequence;
    return copy;
  }
}
