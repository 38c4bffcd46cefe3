/**
 * Follows a reader through a unit: how far down, for how long, and whether the end was reached. The clock runs while the page is
 * seen. What was read is handed over every half minute and when the page is left, so that a dead battery costs little.
 */
import { onMount } from 'svelte';
import { beforeNavigate } from '$app/navigation';

const every = 30_000;

export interface Reading {
  /** True from the moment at which the end of the lesson came into view. */
  readonly reachedEnd: boolean;
}

/** Share of the element that was scrolled past, 0 to 1. A lesson that fits the screen is read through at once. */
function offsetIn(element: HTMLElement): number {
  const { top, height } = element.getBoundingClientRect();
  const beyond = height - window.innerHeight;
  return beyond <= 0 ? 1 : Math.min(1, Math.max(0, -top / beyond));
}

/**
 * To be called while a component is made.
 *
 * @param lesson the element that holds the text; null until it is mounted
 * @param report `offset` is 0 to 1, `seconds` are those since the last report
 */
export function followReading(lesson: () => HTMLElement | null, report: (offset: number, seconds: number) => void): Reading {
  let reachedEnd = $state(false);
  let since = 0;
  let seconds = 0;
  let offset = 0;

  const count = (): void => {
    const now = performance.now();
    if (document.visibilityState === 'visible') seconds += (now - since) / 1000;
    since = now;
  };
  const hand = (): void => {
    count();
    if (seconds < 1) return;
    const whole = Math.round(seconds);
    seconds = 0;
    report(offset, whole);
  };

  onMount(() => {
    since = performance.now();
    const look = (): void => {
      const element = lesson();
      if (element === null) return;
      offset = offsetIn(element);
      if (element.getBoundingClientRect().bottom <= window.innerHeight + 80) reachedEnd = true;
    };
    const seen = (): void => {
      // Hidden now: the time until now was seen. Visible now: the clock starts here.
      if (document.visibilityState === 'hidden') {
        seconds += (performance.now() - since) / 1000;
        hand();
      }
      since = performance.now();
    };
    // Only then has the page been scrolled to where this unit starts, and do its exercises stand under its text.
    const first = setTimeout(look, 300);
    const timer = setInterval(hand, every);
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
      document.removeEventListener('visibilitychange', seen);
    };
  });
  // Before and not after: the next page is another unit, and this one's place is still known.
  beforeNavigate(hand);

  return {
    get reachedEnd() {
      return reachedEnd;
    },
  };
}

/** Scrolls to a share of the lesson, 0 to 1, as `followReading` reported it. */
export function scrollToOffset(element: HTMLElement, offset: number): void {
  const { top, height } = element.getBoundingClientRect();
  window.scrollTo({ top: window.scrollY + top + offset * Math.max(0, height - window.innerHeight), behavior: 'instant' });
}
