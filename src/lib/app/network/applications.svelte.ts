/** A person's applications: written and kept on this device first, handed over with the rest of their work. Nobody hands them in but the person. */
import { instantOf } from '#lib/domain/clock.ts';
import { createUlid, type PersonId } from '#lib/domain/ids.ts';
import { applicationId, type Answered, type ApplicationRecord } from '#lib/domain/records.ts';
import { device } from '../device.svelte.ts';
import { now, random, storage } from '../store.ts';
import { standingApplications, type Application } from './standing-applications.ts';

export interface Draft {
  readonly opportunity: string;
  readonly title: string;
  readonly language: string;
  readonly answers: readonly Answered[];
}

export class Applications {
  /** Null until the store was read. */
  all = $state.raw<readonly Application[] | null>(null);

  #stop: (() => void) | null = null;

  /** Shows the current person's, and follows what other tabs and passes do to them. Answers how to stop that. */
  async follow(): Promise<void> {
    await device.begin();
    const person = device.people.current?.id;
    this.end();
    if (person === undefined) {
      this.all = [];
      return;
    }
    const { store, watch } = await storage();
    this.all = standingApplications(await store.journal.ofKind(person, 'application'));
    this.#stop = watch(
      () => store.journal.ofKind(person, 'application'),
      (found) => (this.all = standingApplications(found)),
    );
  }

  end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** The current person; a nameless one is made where somebody simply began to write. */
  async #writer(): Promise<PersonId> {
    await device.people.load();
    return (device.people.current ?? (await device.people.create(''))).id;
  }

  /** Begins an application; committed before it resolves. */
  async begin({ opportunity, title, language, answers }: Draft): Promise<ApplicationRecord> {
    const moment = now();
    return this.#commit({ opportunity, title, language, answers, made: instantOf(moment) }, createUlid(moment, random));
  }

  /** Writes it again. One of another device is not rewritten: this device's own takes its place, and names it. */
  async change(
    { _id, ulid, person, writer, where: _, ...rest }: Application,
    change: Partial<Pick<ApplicationRecord, 'answers' | 'sent' | 'withdrawn'>>,
  ): Promise<ApplicationRecord> {
    const { store } = await storage();
    const own = writer === store.device && person === (await this.#writer());
    const { kind: _kind, changed: _changed, ...kept } = rest;
    return own
      ? this.#commit({ ...kept, ...change }, ulid)
      : this.#commit({ ...kept, ...change, replaces: ulid }, createUlid(now(), random));
  }

  async #commit(
    fields: Omit<ApplicationRecord, '_id' | 'kind' | 'person' | 'writer' | 'ulid' | 'changed'>,
    ulid: ApplicationRecord['ulid'],
  ): Promise<ApplicationRecord> {
    const { store } = await storage();
    const person = await this.#writer();
    const record: ApplicationRecord = {
      ...fields,
      // A page may hand over reactive state; what is kept is plain data.
      answers: fields.answers.map(({ ask, text }) => ({ ask, text })),
      _id: applicationId(person, fields.opportunity, ulid),
      kind: 'application',
      person,
      writer: store.device,
      ulid,
      changed: instantOf(now()),
    };
    await store.journal.commit(person, [record]);
    await this.follow();
    return record;
  }
}
