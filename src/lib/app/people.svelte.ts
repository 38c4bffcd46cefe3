import type { PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { profileId, type ProfileRecord } from '#lib/domain/records.ts';
import { instantOf } from '#lib/domain/clock.ts';
import type { CentreRow, PersonRow } from '#lib/storage/schema.ts';
import type { SignInFailure } from '#lib/storage/people.ts';
import type { PeopleController, Person, Secret } from './contract.ts';
import { now, type Storage } from './store.ts';

const centreOf = ({ node, title, epoch, origin, cohorts }: CentreRow): NonNullable<Person['centre']> => ({
  node,
  title: title || node,
  epoch,
  origin,
  cohorts,
});

export const personOf = ({ id, name, made, verifier, centre, moved }: PersonRow): Person => ({
  id,
  name,
  made,
  secret: verifier?.type ?? 'none',
  ...(centre === null ? {} : { centre: centreOf(centre) }),
  ...(moved === undefined ? {} : { moved }),
});

export class People implements PeopleController {
  ready = $state(false);
  all = $state.raw<readonly Person[]>([]);
  current = $state.raw<Person | null>(null);

  readonly #storage: () => Promise<Storage>;
  #watching: Promise<void> | null = null;

  constructor(storage: () => Promise<Storage>) {
    this.#storage = storage;
  }

  load(): Promise<void> {
    this.#watching ??= this.#watch().catch((error: unknown) => {
      this.#watching = null;
      throw error;
    });
    return this.#watching;
  }

  async #watch(): Promise<void> {
    const { store, watch } = await this.#storage();
    await this.refresh();
    watch(
      () => Promise.all([store.people.all(), store.people.current()]),
      ([all, current]) => {
        this.#show(all, current);
      },
    );
  }

  /** Reads the store now: what a verb changed is in the fields when it resolves. */
  async refresh(): Promise<void> {
    const { store } = await this.#storage();
    this.#show(await store.people.all(), await store.people.current());
  }

  #show(all: readonly PersonRow[], current: PersonRow | null): void {
    this.all = all.map(personOf);
    // A pass notes its time in the row; whoever follows `current` is told only when the person is another or changed.
    const next = current === null ? null : personOf(current);
    if (JSON.stringify(next) !== JSON.stringify(this.current)) this.current = next;
    this.ready = true;
  }

  async create(name: string, secret?: Secret): Promise<Person> {
    const { store } = await this.#storage();
    const person = personOf(await store.people.create(name, secret));
    if (name !== '') await this.#profile(person.id, name);
    await this.refresh();
    return person;
  }

  async signIn(person: PersonId, secret?: Secret): Promise<Result<Person, SignInFailure>> {
    const { store } = await this.#storage();
    const signedIn = await store.people.signIn(person, secret);
    if (!signedIn.ok) return err(signedIn.error);
    await this.refresh();
    return ok(personOf(signedIn.value));
  }

  async signOut(): Promise<void> {
    const { store } = await this.#storage();
    await store.people.makeCurrent(null);
    await this.refresh();
  }

  async rename(name: string): Promise<void> {
    const { store } = await this.#storage();
    const current = await store.people.current();
    if (current === null) return;
    await store.people.rename(current.id, name);
    await this.#profile(current.id, name);
    await this.refresh();
  }

  async setSecret(secret: Secret | null): Promise<void> {
    const { store } = await this.#storage();
    const current = await store.people.current();
    if (current === null) return;
    await store.people.setSecret(current.id, secret);
    await this.refresh();
  }

  /** The name as a document, so that the centre and the person's other devices learn it. */
  async #profile(person: PersonId, name: string): Promise<void> {
    const { store } = await this.#storage();
    const id = profileId(person, store.device);
    const before = (await store.journal.ofKind(person, 'profile')).find(({ body }) => body._id === id)?.body;
    const profile: ProfileRecord = {
      // What else the person said of themselves stays said (own-about.ts).
      ...(before as ProfileRecord | undefined),
      _id: id,
      kind: 'profile',
      person,
      writer: store.device,
      name,
      changed: instantOf(now()),
    };
    await store.journal.commit(person, [profile]);
  }
}
