const chains = new Map<string, Promise<unknown>>();

/**
 * Runs one piece of work of this name at a time, over all tabs and the worker (Web Locks). A page over plain HTTP has no locks: there one
 * at a time within the tab.
 */
export function exclusively<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  // Typed as always there; it is missing outside secure contexts.
  const locks = globalThis.navigator.locks as LockManager | undefined;
  if (locks !== undefined) return locks.request(`perigee-${name}`, work);
  const after = (chains.get(name) ?? Promise.resolve()).then(work, work);
  chains.set(
    name,
    after.catch(() => undefined),
  );
  return after;
}
