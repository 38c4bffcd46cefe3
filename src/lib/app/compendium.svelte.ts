/** The compendium on this device: its price, bringing it here, updating it, taking it off. */
import { invalidate } from '$app/navigation';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { Instant } from '#lib/domain/clock.ts';
import type { InstallFailure } from '#lib/sync/client/install.ts';
import { compendiumDependency } from './compendium-source.ts';
import { storage } from './store.ts';
import { watchTransfers } from './transfers.ts';

export interface InstalledCompendium {
  readonly language: string;
  readonly bytes: number;
  readonly transferred: number;
  readonly at: Instant;
}

const request: typeof fetch = (input, init) => fetch(input, init);

export class Compendium {
  /** False until the store was read. */
  ready = $state(false);
  installed = $state.raw<InstalledCompendium | null>(null);
  /** Bytes as transferred of what is not here; null until the node was asked, or where it cannot be. 0: all is here. */
  cost = $state<number | null>(null);
  /** Why the node's commons cannot be had; null where it can or nobody asked. */
  refusal = $state<InstallFailure | null>(null);
  running = $state.raw<{ readonly received: number; readonly total: number } | null>(null);
  failure = $state<InstallFailure | null>(null);

  #stop: AbortController | null = null;

  /** Reads the store, then asks the node what it would cost in this language. Safe to call again. */
  async look(language: InterfaceLanguage): Promise<void> {
    const { store } = await storage();
    this.installed = await store.commons.installed();
    this.ready = true;
    // Without a network the code may not be here yet either: then there is no price to tell.
    const code = await import('#lib/sync/client/install-commons.ts').catch(() => null);
    if (code === null) return;
    const offer = await code.fetchCommonsOffer({ fetch: request, store: store.commons });
    this.cost = offer.ok ? await code.commonsCost(offer.value, language, store.commons) : null;
    this.refusal = offer.ok || offer.error === 'missing' || offer.error === 'unreachable' ? null : offer.error;
  }

  async install(language: InterfaceLanguage): Promise<void> {
    if (this.running !== null) return;
    this.failure = null;
    this.running = { received: 0, total: 0 };
    const stop = new AbortController();
    this.#stop = stop;
    const transfers = watchTransfers();
    try {
      const [{ store }, { installCommons }, { exclusively }] = await Promise.all([
        storage(),
        import('#lib/sync/client/install-commons.ts'),
        import('#lib/storage/exclusive.ts'),
      ]);
      const end = await exclusively('install-commons', () =>
        installCommons(language, { fetch: request, store: store.commons, transferred: transfers.bytes }, stop.signal, (received, total) => {
          this.running = { received, total };
        }),
      );
      if (end.type === 'failed') this.failure = end.reason;
    } finally {
      transfers.stop();
      this.running = null;
      this.#stop = null;
    }
    await this.look(language);
    await invalidate(compendiumDependency);
  }

  stop(): void {
    this.#stop?.abort('stopped');
  }

  async remove(language: InterfaceLanguage): Promise<void> {
    const { store } = await storage();
    await store.commons.remove();
    await this.look(language);
    await invalidate(compendiumDependency);
  }
}
