/**
 * Where the person of this device stands in each programme: by the same function as the centre, from what lies here (courses, exams, certificates, statements) and what the centre
 * said when it was last asked. Without a network the last is as old as it says.
 */
import { instantOf, type Instant } from '#lib/domain/clock.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import type { Programme } from '#lib/certification/programme.ts';
import { askCentre, nowhere, readOwnWork, standBy, type OwnWork, type Stand } from './evidence-holding.ts';
import { now } from './store.ts';
import { Verifier } from './verifier.svelte.ts';

export class HolderDesk {
  ready = $state(false);
  stand = $state.raw<Stand>(nowhere);
  readonly verifier = new Verifier();

  #work = $state.raw<OwnWork | null>(null);
  readonly #person: PersonId;

  constructor(person: PersonId) {
    this.#person = person;
  }

  get programmes(): readonly Programme[] {
    return this.#work?.programmes ?? [];
  }

  /** When the centre last said what it knows; null where it never did. */
  get asOf(): Instant | null {
    return this.#work?.known?.at ?? null;
  }

  /** The titles of a course: as it is on this device, or as the centre calls it. */
  titlesOf(course: string): Readonly<Record<string, string>> | null {
    return this.#work?.titles.get(course) ?? null;
  }

  isOwn(person: string): boolean {
    const { ids = [], known = null } = this.#work ?? {};
    return person === this.#person || person === known?.person || [...ids, ...(known?.ids ?? [])].some((one) => one === person);
  }

  async load(): Promise<void> {
    // What is here first, then with what the centre says, where it can be reached.
    const work = await this.#read();
    this.ready = true;
    await this.verifier.load();
    if (await askCentre(work, this.verifier.trust ?? null)) await this.#read();
    else await this.#add(work);
  }

  async #read(): Promise<OwnWork> {
    const work = await readOwnWork(this.#person);
    this.#work = work;
    await this.#add(work);
    return work;
  }

  async #add(work: OwnWork): Promise<void> {
    const { trust = null, statusLists } = this.verifier;
    this.stand = await standBy(work, { trust, statusLists }, instantOf(now()));
  }
}
