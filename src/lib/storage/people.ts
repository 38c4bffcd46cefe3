import { instantOf, type Clock, type RandomBytes } from '#lib/domain/clock.ts';
import { createPersonId, type PersonId } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { Database } from './database.ts';
import type { CentreRow, PersonRow } from './schema.ts';
import { createVerifier, isSecretValue, matchesVerifier, waitAfter } from './secret.ts';

export interface Secret {
  readonly type: 'pin' | 'pictures';
  readonly value: string;
}

export type SignInFailure = { readonly type: 'wrong-secret' } | { readonly type: 'wait'; readonly wait: number };

const currentKey = 'current-person';

/** Who uses this device. Every change is committed before it resolves. */
export class PeopleStore {
  readonly #database: Database;
  readonly #now: Clock;
  readonly #random: RandomBytes;

  constructor(database: Database, now: Clock, random: RandomBytes) {
    this.#database = database;
    this.#now = now;
    this.#random = random;
  }

  /** In the order in which they came. */
  async all(): Promise<readonly PersonRow[]> {
    return (await this.#database.people.toArray()).sort((a, b) => (a.made < b.made ? -1 : a.made > b.made ? 1 : 0));
  }

  get(person: PersonId): Promise<PersonRow | undefined> {
    return this.#database.people.get(person);
  }

  async current(): Promise<PersonRow | null> {
    const row = await this.#database.settings.get(currentKey);
    return row === undefined ? null : ((await this.#database.people.get(row.value as PersonId)) ?? null);
  }

  async makeCurrent(person: PersonId | null): Promise<void> {
    if (person === null) await this.#database.settings.delete(currentKey);
    else await this.#database.settings.put({ key: currentKey, value: person });
  }

  /** Makes a person and makes them current. Throws where the secret is not of its shape: forms check it first. */
  async create(name: string, secret?: Secret): Promise<PersonRow> {
    const verifier = secret === undefined ? null : await this.#verifier(secret);
    const row: PersonRow = {
      id: createPersonId(this.#random),
      name,
      made: instantOf(this.#now()),
      verifier,
      tries: { failed: 0, until: 0 },
      centre: null,
      lastPass: null,
      relay: null,
    };
    await this.#database.transaction('rw', this.#database.people, this.#database.settings, async () => {
      await this.#database.people.add(row);
      await this.#database.settings.put({ key: currentKey, value: row.id });
    });
    return row;
  }

  /** The person with this id, made where this device does not know them yet: what a link code leads to. */
  async adopt(id: PersonId, name: string): Promise<PersonRow> {
    const made = instantOf(this.#now());
    return this.#database.transaction('rw', this.#database.people, async () => {
      const before = await this.#database.people.get(id);
      if (before !== undefined) return before;
      const row: PersonRow = { id, name, made, verifier: null, tries: { failed: 0, until: 0 }, centre: null, lastPass: null, relay: null };
      await this.#database.people.add(row);
      return row;
    });
  }

  async signIn(person: PersonId, secret?: Secret): Promise<Result<PersonRow, SignInFailure>> {
    const now = this.#now();
    // A try is counted before it is looked at, so that two tabs or a killed page get none for nothing.
    const taken = await this.#database.transaction('rw', this.#database.people, async (): Promise<Result<PersonRow, SignInFailure>> => {
      const row = await this.#database.people.get(person);
      if (row === undefined) return err({ type: 'wrong-secret' });
      if (row.verifier === null) return ok(row);
      // A clock that was set back must not lock somebody out for years.
      const wait = Math.min(300, Math.ceil((row.tries.until - now) / 1000));
      if (wait > 0) return err({ type: 'wait', wait });
      const failed = row.tries.failed + 1;
      await this.#database.people.update(person, { tries: { failed, until: now + waitAfter(failed) * 1000 } });
      return ok(row);
    });
    if (!taken.ok) return taken;
    const { verifier } = taken.value;
    if (verifier !== null) {
      if (secret === undefined || !(await matchesVerifier(verifier, secret.type, secret.value))) return err({ type: 'wrong-secret' });
      await this.#database.people.update(person, { tries: { failed: 0, until: 0 } });
    }
    await this.makeCurrent(person);
    return ok(taken.value);
  }

  async rename(person: PersonId, name: string): Promise<void> {
    await this.#database.people.update(person, { name });
  }

  async setSecret(person: PersonId, secret: Secret | null): Promise<void> {
    const verifier = secret === null ? null : await this.#verifier(secret);
    await this.#database.people.update(person, { verifier, tries: { failed: 0, until: 0 } });
  }

  async setCentre(person: PersonId, centre: CentreRow): Promise<void> {
    await this.#database.people.update(person, { centre });
  }

  /** A new token from the same centre. Nothing where the person belongs to none. */
  async renewToken(person: PersonId, { token, expires }: Pick<CentreRow, 'token' | 'expires'>): Promise<void> {
    const { people } = this.#database;
    await this.#database.transaction('rw', people, async () => {
      const centre = (await people.get(person))?.centre ?? null;
      if (centre !== null) await people.update(person, { centre: { ...centre, token, expires } });
    });
  }

  async setAliases(person: PersonId, aliases: readonly PersonId[]): Promise<void> {
    const known = (await this.#database.people.get(person))?.aliases ?? [];
    if (known.join(' ') !== aliases.join(' ')) await this.#database.people.update(person, { aliases });
  }

  /** Forgets a nameless person who has done nothing here: an empty place in the list helps nobody. Whoever has work stays. */
  async forgetIfEmpty(person: PersonId): Promise<void> {
    const { people, journal, mirror } = this.#database;
    await this.#database.transaction('rw', people, journal, mirror, async () => {
      const row = await people.get(person);
      const [from, to] = [`${person}:`, `${person};`];
      const documents = (await journal.where('id').between(from, to).count()) + (await mirror.where('id').between(from, to).count());
      if (row?.name === '' && row.centre === null && documents === 0) await people.delete(person);
    });
  }

  async #verifier(secret: Secret) {
    if (!isSecretValue(secret.type, secret.value)) throw new RangeError(`Not a ${secret.type} that can be remembered`);
    return createVerifier(secret.type, secret.value, this.#random);
  }
}
