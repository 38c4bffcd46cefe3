import { browser, dev } from '$app/environment';

/** Milliseconds between two looks for a new version while the app stays open: each costs a request. */
const lookEvery = 6 * 60 * 60_000;

/** Milliseconds after which the line is likelier free: what the worker keeps for other days must not stand in the way of this page. */
const quietAfter = 3000;

/**
 * The worker that makes the app work without a network, and its updates. A new version is fetched in the background, waits, and takes over only
 * when the person says so; a lesson that is open is never reloaded under its reader.
 */
class Update {
  /** A new version is here and waits. */
  available = $state(false);
  /** Another tab took the new version over: this page's next way leads through a full load. */
  stale = $state(false);

  #registration: ServiceWorkerRegistration | null = null;
  #applying = false;
  #looked = Date.now();

  /** Registers the worker, after the page can be read. Over plain HTTP there is none; in development neither. */
  async register(language: string): Promise<void> {
    if (!browser || dev || !('serviceWorker' in navigator) || this.#registration !== null) return;
    const controlled = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (this.#applying) location.reload();
      else this.stale = controlled;
    });
    this.#registration = await navigator.serviceWorker.register('/service-worker.js');
    this.#watch(this.#registration);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void this.#look();
    });
    this.chooseLanguage(language);
    const { active } = await navigator.serviceWorker.ready;
    setTimeout(() => active?.postMessage({ type: 'idle' }), quietAfter);
  }

  /**
   * Lets the worker keep the words of the language that the interface is in. One that is still being installed is told as well: when it
   * is ready, the words are there too.
   */
  chooseLanguage(language: string): void {
    const { installing, waiting, active } = this.#registration ?? {};
    for (const worker of [installing, waiting, active]) worker?.postMessage({ type: 'language', language });
  }

  #watch(registration: ServiceWorkerRegistration): void {
    const notice = (): void => {
      // The first worker of all has nothing to replace.
      this.available = registration.waiting !== null && navigator.serviceWorker.controller !== null;
    };
    notice();
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', notice);
    });
  }

  async #look(): Promise<void> {
    if (Date.now() - this.#looked < lookEvery) return;
    this.#looked = Date.now();
    try {
      await this.#registration?.update();
    } catch {
      // No network, or a node that is down: the next look will do.
    }
  }

  /** Takes the new version over and loads this page again, once. */
  apply(): void {
    const waiting = this.#registration?.waiting;
    if (waiting === null || waiting === undefined) return;
    this.#applying = true;
    waiting.postMessage({ type: 'take-over' });
  }
}

export const update = new Update();
