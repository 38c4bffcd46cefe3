/**
 * Tells who waits that a partition may have changed. One long request on the whole database's feed serves everybody in this process who
 * waits for any of its partitions; it exists only while somebody waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageFailure, type Partition } from './engine.ts';

/** Names that changed, and where to go on. */
export interface Step {
  readonly ids: readonly string[];
  readonly last: string;
}

export interface Tail {
  /**
   * Resolves after a change that comes later than the moment at which `check` is called, when `check` answers true, or when the signal
   * aborts. Where CouchDB cannot be asked it resolves after a second too: who waited asks again, and is told what is wrong.
   */
  wait(partition: Partition, check: () => Promise<boolean>, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Waiter {
  readonly partition: Partition;
  wake(): void;
}

interface Run {
  readonly stop: AbortController;
  /** Resolves when every later change will be seen. */
  readonly started: Promise<void>;
}

/** Milliseconds after which a feed that broke sends those who waited to ask again. */
const pause = 1000;

/**
 * @param step what changed after a position; where there is nothing it waits for some time. Without a position it answers at once where
 *   the feed stands.
 */
export function createTail(step: (since: string | null, signal: AbortSignal) => Promise<Step>): Tail {
  const waiters = new Set<Waiter>();
  let run: Run | null = null;
  let closed = false;

  const wakeAll = (): void => {
    for (const waiter of waiters) waiter.wake();
  };

  async function follow(since: string, stop: AbortSignal): Promise<void> {
    try {
      for (let at = since; !stop.aborted;) {
        const { ids, last } = await step(at, stop);
        at = last;
        for (const waiter of waiters)
          if (ids.some((id) => waiter.partition === null || id.startsWith(`${waiter.partition}:`))) waiter.wake();
      }
    } catch {
      // Whatever it was: those who wait ask by themselves, and the error is told in an answer of theirs.
      if (stop.aborted) return;
      run = null;
      await sleep(pause, undefined, { ref: false });
      wakeAll();
    }
  }

  async function begin(stop: AbortController): Promise<void> {
    try {
      const { last } = await step(null, stop.signal);
      void follow(last, stop.signal);
    } catch (error) {
      if (run?.stop === stop) run = null;
      throw error;
    }
  }

  function follows(): Promise<void> {
    if (run === null) {
      const stop = new AbortController();
      run = { stop, started: begin(stop) };
    }
    return run.started;
  }

  return {
    async wait(partition, check, signal) {
      if (signal.aborted || closed) return;
      const woken = Promise.withResolvers<void>();
      const waiter: Waiter = { partition, wake: woken.resolve };
      waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
      try {
        await Promise.race([follows(), woken.promise]);
        if (signal.aborted || (await check())) return;
        await woken.promise;
      } catch (error) {
        if (!(error instanceof StorageFailure)) throw error;
        await Promise.race([sleep(pause, undefined, { ref: false }), woken.promise]);
      } finally {
        signal.removeEventListener('abort', waiter.wake);
        waiters.delete(waiter);
        if (waiters.size === 0) {
          run?.stop.abort();
          run = null;
        }
      }
    },
    close() {
      closed = true;
      wakeAll();
      run?.stop.abort();
      run = null;
    },
  };
}
