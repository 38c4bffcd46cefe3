import type { StorageController } from './contract.ts';

/** Typed as always there; both are missing outside secure contexts. */
const manager = (): Partial<StorageManager> => (globalThis.navigator.storage as StorageManager | undefined) ?? {};

export class DeviceStorage implements StorageController {
  used = $state<number | null>(null);
  free = $state<number | null>(null);
  persisted = $state<boolean | null>(null);

  async load(): Promise<void> {
    const storage = manager();
    const { usage, quota } = (await storage.estimate?.()) ?? {};
    this.used = usage ?? null;
    this.free = usage === undefined || quota === undefined ? null : Math.max(0, quota - usage);
    this.persisted = (await storage.persisted?.()) ?? null;
  }

  async persist(): Promise<boolean> {
    const granted = (await manager().persist?.()) ?? false;
    await this.load();
    return granted;
  }
}
