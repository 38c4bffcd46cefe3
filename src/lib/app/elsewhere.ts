/**
 * The node writes a notice above a page that was opened at another address than the centre's own (src/hooks.server.ts). Later pages are written
 * by the worker, which asks nobody: what the node wrote is kept for them, and not asked for again.
 */
const key = 'perigee-elsewhere';

/** Pages on which the notice would be in the way: they are about it. */
const quiet = ['/trust', '/centre/start', '/handover'];

/** Keeps what the node wrote above this page, or writes above it what was kept where the worker wrote the page. */
export function keepNoticeElsewhere(): void {
  const written = document.querySelector('[data-elsewhere=other]');
  if (written !== null) {
    localStorage.setItem(key, written.outerHTML);
    return;
  }
  const [visit] = performance.getEntriesByType('navigation');
  if (!(visit instanceof PerformanceNavigationTiming) || quiet.includes(location.pathname)) return;
  if (visit.workerStart === 0) {
    // The node itself has nothing to say about this address any more.
    localStorage.removeItem(key);
    return;
  }
  document.body.insertAdjacentHTML('afterbegin', localStorage.getItem(key) ?? '');
  const out = document.querySelector<HTMLAnchorElement>('[data-elsewhere=other] a');
  if (out === null) return;
  if (new URL(out.href).origin === location.origin) out.closest('aside')?.remove();
  else out.href = new URL(location.pathname + location.search, out.href).href;
}
