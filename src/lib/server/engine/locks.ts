/** One after the other, by name, within this process. */

export interface Locks {
  /** Runs the work when no other work on any of these names is under way. Who comes first is first, so none can wait for each other. */
  hold<Value>(names: Iterable<string>, work: () => Promise<Value>): Promise<Value>;
}

export function createLocks(): Locks {
  const last = new Map<string, Promise<void>>();
  return {
    async hold(names, work) {
      const own = [...new Set(names)];
      const done = Promise.withResolvers<void>();
      const before = own.map((name) => last.get(name));
      for (const name of own) last.set(name, done.promise);
      await Promise.all(before);
      try {
        return await work();
      } finally {
        done.resolve();
        for (const name of own) if (last.get(name) === done.promise) last.delete(name);
      }
    },
  };
}
