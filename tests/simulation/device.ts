/**
 * A device: one browser origin, with its journal, a replica for each person who learns on it, and a page that may be closed or crash at any moment.
 * The pass, the replica and PouchDB are the shipped ones.
 */
import type { CourseId, DeviceId, ItemId, PersonId, UnitId } from '#lib/domain/ids.ts';
import { createDeviceId, createUlid } from '#lib/domain/ids.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { parseRecord } from '#lib/domain/parse-record.ts';
import type { RegisterEvent } from '#lib/domain/progress.ts';
import { attemptId, noteId, type AttemptRecord, type NoteRecord, type PersonRecord } from '#lib/domain/records.ts';
import { askReceipt, exchangeCode, type Fetch } from '#lib/sync/client/centre.ts';
import { runPass, type PassPorts } from '#lib/sync/client/pass.ts';
import { PouchReplica } from '#lib/sync/client/pouch-replica.ts';
import type { Journal, Outcome, PassFailure, Replica } from '#lib/sync/session.ts';
import { chanceFor, type Chance } from './chance.ts';
import type { Link } from './link.ts';
import { adapterName, LocalDisk, mountLocalDisk, unmountLocalDisk } from './local-database.ts';
import type { MemoryJournal } from './memory-journal.ts';
import type { Parts } from './parts.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { Timeline } from './timeline.ts';

export const course = 'satellite-navigation' as CourseId;
const units = ['kepler', 'signals', 'errors'] as UnitId[];
const items = ['period', 'sats-needed', 'dop', 'systems'] as ItemId[];

/** A human: where they belong, and what all their devices know of them. */
export interface Learner {
  readonly id: PersonId;
  readonly name: string;
  readonly centre: SimulatedNode;
  /** The centre took their sign-in back. */
  revoked: boolean;
}

/** One life of the page. What it began ends with it. */
interface Page {
  open: boolean;
  readonly replicas: Set<PouchReplica>;
  /** Who is being synced; a Web Lock in the app. */
  readonly passes: Set<PersonId>;
}

interface Local {
  readonly name: string;
  readonly disk: LocalDisk;
  /** What the system had written by itself: all that is left after a power cut, as these commits are not strict. */
  written: LocalDisk;
}

export interface Surroundings {
  readonly timeline: Timeline;
  readonly link: Link;
  readonly parts: Parts;
  readonly wallClock: () => number;
  readonly trace: (text: () => string) => void;
  /** Told of every document that is committed here. */
  readonly committed: (device: Device, document: PersonRecord) => void;
  /** Told when receipts were written into the journal. */
  readonly marked: (device: Device, person: PersonId) => void;
  /** In front of the names of databases: PouchDB keeps its databases by name, for all runs of this process. */
  readonly prefix: string;
}

const newPage = (): Page => ({ open: true, replicas: new Set(), passes: new Set() });

export class Device {
  readonly name: string;
  readonly learners: readonly Learner[];
  id: DeviceId;
  journal: MemoryJournal;
  /** Milliseconds by which this device's clock is wrong. */
  skew = 0;
  /** By person: what the device signs its requests with. */
  readonly tokens = new Map<PersonId, string>();
  #page = newPage();
  readonly #replicas = new Map<PersonId, Local>();
  readonly #chance: Chance;
  readonly #around: Surroundings;
  #lives = 0;
  /** Replicas that were made on this device. */
  #made = 0;

  constructor(name: string, seed: number, learners: readonly Learner[], around: Surroundings) {
    this.name = name;
    this.learners = learners;
    this.#around = around;
    this.#chance = chanceFor(seed, `device ${name}`);
    this.id = createDeviceId(this.#chance.bytes);
    this.journal = around.parts.createJournal(this.id);
  }

  #now(): number {
    return this.#around.wallClock() + this.skew;
  }

  #local(person: PersonId): Local {
    const known = this.#replicas.get(person);
    if (known !== undefined) return known;
    const empty = new LocalDisk(`${this.name} ${String(this.#made++)}`);
    const made: Local = {
      // The name that PouchReplica gives it.
      name: `${this.#around.prefix}${this.name}-${String(this.#lives)}-perigee-${person}`,
      disk: empty,
      written: empty.copy(),
    };
    mountLocalDisk(made.name, made.disk);
    this.#replicas.set(person, made);
    return made;
  }

  // What the learner does.

  learn({ id: person }: Learner): void {
    const { chance, below, of, bytes } = this.#chance;
    const { journal } = this;
    const at = instantOf(this.#now());
    const unit = of(units);
    const progress = (event: RegisterEvent): void => {
      this.#commit(journal.learn(person, course, event));
    };
    if (chance(0.6)) {
      const item = of(items);
      const ulid = createUlid(this.#now(), bytes);
      const score = below(5) / 4;
      const v = 1 + below(2);
      const attempt: AttemptRecord = {
        _id: attemptId(person, course, item, ulid),
        kind: 'attempt',
        person,
        course,
        unit,
        item,
        v,
        ulid,
        writer: this.id,
        at,
        language: 'en',
        exercise: 'number',
        response: { text: String(below(100)), unit: 'h' },
        score,
        points: 1,
        seconds: below(60),
      };
      journal.commit(attempt);
      this.#commit(attempt);
      progress({ type: 'answer', unit, item, v, score, at });
      return;
    }
    const notes = [...journal.own.values()].flatMap(({ body }) => (body.kind === 'note' && body.person === person ? [body] : []));
    const note = chance(0.3) && notes.length > 0 ? { ...of(notes), text: `changed ${String(below(1000))}`, changed: at } : null;
    if (note !== null || chance(0.3)) {
      const ulid = createUlid(this.#now(), bytes);
      const kept: NoteRecord = note ?? {
        _id: noteId(person, course, unit, ulid),
        kind: 'note',
        person,
        course,
        unit,
        ulid,
        writer: this.id,
        type: 'note',
        text: 'new',
        made: at,
        changed: at,
      };
      journal.commit(kept);
      this.#commit(kept);
    } else if (chance(0.5)) progress({ type: 'visit', unit, offset: below(100) / 100, seconds: below(100), at });
    else progress({ type: 'complete', unit, at });
  }

  #commit(document: PersonRecord): void {
    this.#around.trace(() => `${this.name} keeps ${document._id.slice(27, 75)}`);
    this.#around.committed(this, document);
  }

  // What the app does.

  isSyncing(person: PersonId): boolean {
    return this.#page.passes.has(person);
  }

  /** A moment, in which the page may be closed; then it never ends. */
  #moment(page: Page): Promise<void> {
    return new Promise((resolve) => {
      this.#around.timeline.in(1 + this.#chance.below(15), () => {
        if (page.open) resolve();
      });
    });
  }

  #request(page: Page, centre: SimulatedNode): Fetch {
    const { link, parts } = this.#around;
    return parts.fetchOfDevice(link.fetch(this.name, centre, () => page.open));
  }

  /** Every step of a journal or replica takes a moment before and after it. */
  async #step<Value>(page: Page, work: () => Promise<Value>): Promise<Value> {
    await this.#moment(page);
    const value = await work();
    await this.#moment(page);
    return value;
  }

  #journalOf(page: Page, person: PersonId): Journal {
    const { journal } = this;
    const step = <Value>(work: () => Promise<Value>): Promise<Value> => this.#step(page, work);
    return {
      waiting: (who) => step(() => journal.waiting(who)),
      handedOver: (who, handed) => step(() => journal.handedOver(who, handed)),
      mirror: (who, documents) => step(() => journal.mirror(who, documents)),
      unconfirmed: (who) => step(() => journal.unconfirmed(who)),
      unrelayed: (who) => step(() => journal.unrelayed(who)),
      noteRelay: (who, key) => step(() => journal.noteRelay(who, key)),
      receipted: (who, receipt) =>
        step(async () => {
          const withdrawn = await journal.receipted(who, receipt);
          this.#around.marked(this, person);
          return withdrawn;
        }),
    };
  }

  /** Asks for a token with a code. Answers false where it must be tried again. */
  async join(learner: Learner, code: string): Promise<boolean> {
    const page = this.#page;
    const { id: person, name, centre } = learner;
    const device = this.id;
    const shown = this.tokens.get(person);
    const joined = await exchangeCode(this.#request(page, centre), centre.origin, { code, device, person, name }, shown);
    this.#around.trace(() => `${this.name} joins as ${name}: ${joined.ok ? 'welcome' : joined.error}`);
    if (!joined.ok) return false;
    if (joined.value.person !== person) throw new Error(`${centre.name} made somebody else of ${name}`);
    this.tokens.set(person, joined.value.token);
    return true;
  }

  /** One pass, as the app makes it; null where there is nothing to make it with. It never ends where the page is closed meanwhile. */
  async pass({ id: person, centre }: Learner): Promise<Outcome | null> {
    const page = this.#page;
    const token = this.tokens.get(person);
    if (token === undefined || page.passes.has(person)) return null;
    const { timeline, parts } = this.#around;
    page.passes.add(person);
    const device = this.id;
    const { name } = this.#local(person);
    const request = this.#request(page, centre);
    const replica = new PouchReplica({
      person,
      prefix: name.slice(0, -`-perigee-${person}`.length),
      adapter: adapterName,
      origin: centre.origin,
      token,
      fetch: request,
      parse: (document) => {
        const record = parseRecord(document);
        return record.ok ? record.value : null;
      },
    });
    page.replicas.add(replica);
    const steps: Replica = {
      // Only here does something happen in a thread: a digest.
      put: (documents) =>
        this.#step(page, async () => {
          const put = await timeline.hold(replica.put(documents));
          this.#around.trace(
            () =>
              `${this.name} hands over ${[...put.revisions].map(([id, { rev }]) => `${id.slice(27, 60)} ${rev.slice(0, 8)}`).join(', ')}`,
          );
          return put;
        }),
      mirror: (take) => this.#step(page, () => replica.mirror(take)),
      replicate: () => replica.replicate(),
      sendAgain: (ids) => replica.sendAgain(ids),
    };
    const ports: PassPorts = {
      journal: this.#journalOf(page, person),
      replica: steps,
      ask: (revisions) =>
        askReceipt(
          request,
          centre.origin,
          token,
          { person, device, revisions },
          {
            renewed: async (renewal) => {
              this.tokens.set(person, renewal.token);
            },
          },
        ),
    };
    const outcome = await runPass(person, ports, parts.advance);
    page.replicas.delete(replica);
    await replica.close();
    page.passes.delete(person);
    this.#around.trace(
      () => `${this.name} ends a pass: ${outcome.type === 'done' ? `done, ${String(outcome.unconfirmed)} unconfirmed` : outcome.failure}`,
    );
    return outcome;
  }

  /** A request of somebody who does not use the app. */
  ask(centre: SimulatedNode, person: PersonId, path: string, body: unknown): Promise<PassFailure | number> {
    const page = this.#page;
    const token = this.tokens.get(person) ?? 'none';
    return this.#request(page, centre)(`${centre.origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    }).then(
      ({ status }) => status,
      () => 'unreachable',
    );
  }

  // What happens to it.

  /** The page is closed, or crashes: what it had begun ends where it stands. Another is open from now on. */
  closePage(): void {
    const page = this.#page;
    page.open = false;
    for (const replica of page.replicas) void replica.close();
    this.#page = newPage();
  }

  /** The system writes to disk what the replicas hold. */
  writeBack(): void {
    for (const local of this.#replicas.values()) local.written = local.disk.copy();
  }

  /** The battery is empty. The journal's commits are strict and stay; the replicas' are not. */
  losePower(): void {
    this.closePage();
    for (const { disk, written } of this.#replicas.values()) disk.become(written);
  }

  /** The browser drops a replica. */
  evictReplica(person: PersonId): void {
    this.closePage();
    const local = this.#replicas.get(person);
    if (local === undefined) return;
    local.disk.become(new LocalDisk(`${this.name} ${String(this.#made++)}`));
    local.written = local.disk.copy();
  }

  /** The browser drops all of the origin: the device is another one from now on. */
  evictOrigin(): void {
    this.close();
    this.#lives += 1;
    this.id = this.#around.parts.evicted(this.id, createDeviceId(this.#chance.bytes));
    this.journal = this.#around.parts.createJournal(this.id);
    this.tokens.clear();
  }

  close(): void {
    this.closePage();
    for (const { name } of this.#replicas.values()) unmountLocalDisk(name);
    this.#replicas.clear();
  }
}
