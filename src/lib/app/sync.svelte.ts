import type { Instant } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { Outcome } from '#lib/sync/session.ts';
import type { PersonRow } from '#lib/storage/schema.ts';
import type { Person, Queue, SyncController, SyncFailure } from './contract.ts';
import { personOf, type People } from './people.svelte.ts';
import { now, type Storage } from './store.ts';

/** Milliseconds until a pass that nobody asked for is tried again after a failure: doubles from one minute to thirty. */
const backOff = (failures: number): number => Math.min(30, 2 ** (failures - 1)) * 60_000;

/** Milliseconds after which a pass is due although nothing waits here: the person's other devices may have handed over work. */
const stale = 60 * 60_000;

export class Sync implements SyncController {
  state = $state<SyncController['state']>('idle');
  failure = $state<SyncFailure | null>(null);
  queue = $state.raw<Queue | null>(null);
  waiting = $state(0);
  lastPass = $state.raw<Instant | null>(null);

  readonly #storage: () => Promise<Storage>;
  readonly #people: People;
  #stop: (() => void) | null = null;
  #shown: PersonId | null = null;
  #failures = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;

  constructor(storage: () => Promise<Storage>, people: People) {
    this.#storage = storage;
    this.#people = people;
  }

  /** Follows how much of a person's work waits. */
  async follow(person: PersonId | null): Promise<void> {
    if (person === this.#shown && this.#stop !== null) return;
    this.#stop?.();
    this.#stop = null;
    this.#shown = person;
    this.waiting = 0;
    this.lastPass = null;
    if (person === null) return;
    const { store, watch } = await this.#storage();
    this.#stop = watch(
      async () => ({ waiting: await store.journal.waitingCount(person), row: await store.people.get(person) }),
      ({ waiting, row }) => {
        if (this.#shown !== person) return;
        this.waiting = waiting;
        this.lastPass = row?.lastPass ?? null;
      },
    );
  }

  /**
   * Runs a pass where a centre is known and work waits, or where the last whole pass is long ago or was cut short by a closed
   * page: when the app starts, when it is shown again, when the browser believes to be online. What the browser believes is a
   * hint to try, never a permission.
   */
  begin(): void {
    const hint = (): void => {
      if (document.visibilityState === 'visible') void this.#offer();
    };
    addEventListener('online', hint);
    document.addEventListener('visibilitychange', hint);
    hint();
  }

  async #offer(): Promise<void> {
    clearTimeout(this.#timer);
    const { store } = await this.#storage();
    const [rows, current] = [await store.people.all(), await store.people.current()];
    const isDue = async (row: PersonRow): Promise<boolean> => {
      if (row.centre === null) return false;
      if ((await store.journal.waitingCount(row.id)) > 0) return true;
      return row.id === current?.id && (row.lastPass === null || now() - Date.parse(row.lastPass) > stale);
    };
    if (!(await Promise.all(rows.map(isDue))).includes(true)) return;
    if (now() < this.#notBefore) this.#timer = setTimeout(() => void this.#offer(), this.#notBefore - now());
    else await this.pass();
  }

  async join(code: string): Promise<Result<Person, SyncFailure>> {
    const { store } = await this.#storage();
    const { joinCentre } = await import('./passes.ts');
    await this.#people.load();
    const before = this.#people.current;
    const joined = await joinCentre(store, before, code);
    if (!joined.ok) return joined;
    // Two ids are not melted into one: whoever learned here without a name stays beside, with all their work.
    if (before !== null && before.id !== joined.value.id) await store.people.forgetIfEmpty(before.id);
    await this.#people.refresh();
    void this.pass();
    return ok(personOf((await store.people.get(joined.value.id)) ?? joined.value));
  }

  async linkCode(): Promise<Result<{ code: string; expires: Instant }, SyncFailure>> {
    const { store } = await this.#storage();
    const centre = (await store.people.current())?.centre;
    if (centre === undefined || centre === null) return err('not-accepted');
    const { askLinkCode } = await import('#lib/sync/client/centre.ts');
    return askLinkCode((input, init) => fetch(input, init), location.origin, centre.token);
  }

  /** The current person first, then whoever else of this device has work waiting. Asked for twice, it runs once. */
  pass(): Promise<void> {
    this.#running ??= this.#passes().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #passes(): Promise<void> {
    const { store } = await this.#storage();
    const current = await store.people.current();
    const others = (await store.people.all()).filter(({ id }) => id !== current?.id);
    const rows = current === null ? others : [current, ...others];
    for (const row of rows) {
      if (row.centre === null || (row !== current && (await store.journal.waitingCount(row.id)) === 0)) continue;
      if (row === current) this.state = 'running';
      const { passOf } = await import('./passes.ts');
      const { outcome, queue } = await passOf(store, row, row.centre.token);
      this.#settle(outcome, queue, row === current);
      if (outcome.type === 'failed' && outcome.failure === 'unreachable') return;
    }
  }

  #settle(outcome: Outcome, queue: Queue | null, current: boolean): void {
    this.#failures = outcome.type === 'failed' && queue === null ? this.#failures + 1 : 0;
    this.#notBefore = outcome.type === 'failed' ? now() + (queue === null ? backOff(this.#failures) : queue.seconds * 1000) : 0;
    if (queue !== null) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#offer(), queue.seconds * 1000);
    }
    if (!current) return;
    this.queue = queue;
    this.failure = outcome.type === 'failed' ? outcome.failure : null;
    this.state = outcome.type === 'failed' ? 'failed' : 'idle';
  }
}
