/** Long work in the node's only thread lets others in now and then: a node that adds up a thousand people's evidence still answers whether it is well. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds without a break. */
const longest = 20;

/** Awaited between two pieces of work; it waits only where the last break was long ago. */
export function createBreath(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longest) return;
    await nextTurn();
    since = performance.now();
  };
}
