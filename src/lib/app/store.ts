/**
 * The way from the page's controllers to the device's store. Dexie is not in the first script of a page: it comes when a
 * controller first needs it.
 */
import type { Clock, RandomBytes } from '#lib/domain/clock.ts';
import type { Store } from '#lib/storage/store.ts';
import type * as Sums from './work.ts';

export const now: Clock = () => Date.now();
export const random: RandomBytes = (n) => crypto.getRandomValues(new Uint8Array(n));

export interface Storage {
  readonly store: Store;
  /** Calls back with what `read` finds, now and after each change of it, in this tab or another. */
  /** What documents add up to. It comes with the store: without one there is nothing to add up. */
  readonly sums: typeof Sums;
  readonly watch: <Value>(read: () => Promise<Value>, changed: (value: Value) => void) => () => void;
}

let opened: Promise<Storage> | null = null;

/** The one store of this page. Where opening fails, the next caller tries again. */
export function storage(): Promise<Storage> {
  opened ??= Promise.all([import('#lib/storage/store.ts'), import('./work.ts')])
    .then(async ([{ openStore, watch }, sums]) => ({ store: await openStore(now, random), sums, watch }))
    .catch((error: unknown) => {
      opened = null;
      throw error;
    });
  return opened;
}
