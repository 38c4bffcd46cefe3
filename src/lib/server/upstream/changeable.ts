/** A node's line to its parent that can be given another parent while the node runs: the job of the one before is ended, and one for the new one begun. */
import type { ParentSettings, Upstream } from './job.ts';

export interface ChangeableUpstream extends Upstream {
  /** Ends the visits to the parent before, where there is one. Null for none. */
  change(parent: ParentSettings | null): Promise<void>;
}

export function createChangeableUpstream(
  first: ParentSettings | null,
  make: (parent: ParentSettings | null) => Upstream,
): ChangeableUpstream {
  let current = make(first);
  let turn: Promise<void> = Promise.resolve();
  let closed = false;
  return {
    status: () => current.status(),
    visit: () => current.visit(),
    choose: (courses) => current.choose(courses),
    wanted: () => {
      current.wanted();
    },
    change(parent) {
      // One after the other: two administrators who choose at once end with one job.
      turn = turn.then(async () => {
        if (closed) return;
        await current.close();
        current = make(parent);
      });
      return turn;
    },
    async close() {
      closed = true;
      await turn.catch(() => undefined);
      await current.close();
    },
  };
}
