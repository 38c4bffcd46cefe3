/** What the current person sees and does of their own account at the centre. Asked only when they look: it costs a request. */
import type { PersonId } from '#lib/domain/ids.ts';
import type { OwnAccount, OwnAct } from '#lib/sync/client/own-account.ts';
import type { SyncFailure } from './contract.ts';
import type { DeviceId } from '#lib/domain/ids.ts';
import { storage } from './store.ts';

export class OwnAccountController {
  account = $state.raw<OwnAccount | null>(null);
  failure = $state<SyncFailure | null>(null);
  busy = $state(false);
  /** This device; null until it was asked. */
  here = $state<DeviceId | null>(null);
  /** Whether this browser has a key of its own for the person: `none` where it makes none. */
  key = $state<'bound' | 'waiting' | 'none' | null>(null);

  async load(): Promise<void> {
    await this.#asSelf(async (token) => {
      const [{ readAccount }, { KeyStore }, { createOwnKey }] = await Promise.all([
        import('#lib/sync/client/own-account.ts'),
        import('#lib/storage/keys.ts'),
        import('#lib/sync/client/device-key.ts'),
      ]);
      const result = await readAccount((input, init) => fetch(input, init), location.origin, token);
      if (!result.ok) return result.error;
      const { store } = await storage();
      const current = await store.people.current();
      const row = current === null ? null : await new KeyStore(store.database).get(current.id);
      this.here = store.device;
      this.key = row === null ? ((await createOwnKey()) === null ? 'none' : 'waiting') : row.binding === null ? 'waiting' : 'bound';
      this.account = result.value;
      return null;
    });
  }

  /** Answers whether it was done. */
  async act(act: OwnAct): Promise<boolean> {
    const done = await this.#asSelf(async (token) => {
      const { actForOneself } = await import('#lib/sync/client/own-account.ts');
      const result = await actForOneself((input, init) => fetch(input, init), location.origin, token, act);
      return result.ok ? null : result.error;
    });
    if (done) await this.load();
    return done;
  }

  /** Says that the current person is also somebody else who is signed in on this device. */
  async join(other: PersonId): Promise<boolean> {
    const { store } = await storage();
    const token = (await store.people.get(other))?.centre?.token;
    return token !== undefined && this.act({ do: 'alias', token });
  }

  async #asSelf(work: (token: string) => Promise<SyncFailure | null>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    const { store } = await storage();
    const centre = (await store.people.current())?.centre;
    const failure = centre === null || centre === undefined ? 'not-accepted' : await work(centre.token);
    this.failure = failure;
    this.busy = false;
    return failure === null;
  }
}
