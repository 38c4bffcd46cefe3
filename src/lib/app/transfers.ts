import type { CourseId } from '#lib/domain/ids.ts';

/** Not reactive: who holds the switch of a job that runs in this tab. */
export const runningJobs = (): Map<CourseId, AbortController> => new Map();

/**
 * Counts what `/content/` costs from now on, as transferred: compressed, without headers. What the browser's cache held and the node only
 * confirmed has the size of its body, but was not transferred.
 */
export function watchTransfers(): { readonly bytes: () => number; readonly stop: () => void } {
  let bytes = 0;
  const count = (entries: readonly PerformanceEntry[]): void => {
    for (const entry of entries)
      if (entry instanceof PerformanceResourceTiming && new URL(entry.name).pathname.startsWith('/content/'))
        bytes += Math.min(entry.transferSize, entry.encodedBodySize);
  };
  const observer = new PerformanceObserver((list) => {
    count(list.getEntries());
  });
  observer.observe({ type: 'resource' });
  return {
    bytes: () => {
      count(observer.takeRecords());
      return bytes;
    },
    stop: () => {
      observer.disconnect();
    },
  };
}
