/**
 * Two devices of one person, one centre, a link that loses things, pages that are killed between any two steps, a node that is restored
 * from old backups, replicas that vanish. Everything follows from the seed.
 *
 * What must hold: after every step no mark is false; when the link is well again at the end, nothing is lost, nothing is doubled, nothing
 * waits, and both devices show the join of both.
 */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { createUlid, type CourseId, type DeviceId, type ItemId, type NodeId, type PersonId, type UnitId } from '#lib/domain/ids.ts';
import { joinRegisters, type JoinedProgress } from '#lib/domain/progress.ts';
import { attemptId, noteId, type NoteRecord, type PersonRecord, type RecordId } from '#lib/domain/records.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { parseReceipt } from '#lib/sync/session.ts';
import type { Journal, PassFailure, Receipt, Replica, Revision, Revisions, Waiting } from '#lib/sync/session.ts';
import { runPass, type PassPorts } from '#lib/sync/client/pass.ts';
import { MemoryJournal } from './memory-journal.ts';
import { Documents } from './replica.ts';

const person = '0'.repeat(26) as PersonId;
const course = 'satellite-navigation' as CourseId;
const units = ['kepler', 'signals', 'errors'] as UnitId[];
const items = ['period', 'sats-needed', 'dop', 'systems'] as ItemId[];

/** mulberry32 */
function createChance(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (probability: number): boolean => next() < probability,
    below: (n: number): number => Math.floor(next() * n),
    of: <Value>(values: readonly Value[]): Value => {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new Error('Nothing to choose from');
      return value;
    },
    bytes: (n: number): Uint8Array => Uint8Array.from({ length: n }, () => Math.floor(next() * 256)),
  };
}
type Chance = ReturnType<typeof createChance>;

/** A page that was killed: not a failure that a pass sees. */
class Killed extends Error {}

class CentreNode {
  readonly name = 'cairo' as NodeId;
  epoch = 1;
  documents = new Documents();
  /** By device: the sequence of the device's replica up to which the node was given everything. */
  checkpoints = new Map<DeviceId, { pushed: number; pulled: number; replica: number }>();
  #backup: { documents: Documents; checkpoints: CentreNode['checkpoints'] } | null = null;

  backUp(): void {
    this.#backup = { documents: this.documents.copy(), checkpoints: new Map(this.checkpoints) };
  }

  /**
   * `forgetful`: the node believes to have been given what the backup does not hold. (That it also believes to have given out what is
   * yet to come cannot be: a backup is of one moment, and replication goes back to the last checkpoint that both sides hold.)
   */
  restore(forgetful: boolean): boolean {
    if (this.#backup === null) return false;
    this.documents = this.#backup.documents.copy();
    const before = this.checkpoints;
    this.checkpoints = new Map(this.#backup.checkpoints);
    if (forgetful)
      for (const [device, { pushed, replica }] of before) {
        const kept = this.checkpoints.get(device);
        this.checkpoints.set(device, { pushed, replica, pulled: kept?.replica === replica ? kept.pulled : 0 });
      }
    this.epoch += 1;
    return true;
  }

  /** The node's access rule: a document is written by its own writer alone. */
  accept(device: DeviceId, id: RecordId, documents: Documents): void {
    for (const leaf of documents.leavesOf(id)) if (leaf.body.writer === device) this.documents.add(id, leaf);
  }
}

interface Link {
  /** Chance that a request fails in one of its ways. */
  loss: number;
  /** Chance that the page is killed at a step. */
  killing: number;
  /** Chance that the learner does something during a step. */
  meanwhile: number;
}

const troubles: readonly PassFailure[] = ['unreachable', 'expired', 'slow-down', 'nonsense', 'busy', 'no-space'];

class LearnerDevice {
  readonly id: DeviceId;
  readonly journal: MemoryJournal;
  documents = new Documents();
  mirrored = 0;
  /** Counts the lives of the replica: a new one has checkpoints of its own. */
  replicaLife = 0;
  made: RecordId[] = [];
  #old = { documents: new Documents(), mirrored: 0 };

  constructor(id: DeviceId) {
    this.id = id;
    this.journal = new MemoryJournal(id);
  }

  /** The replica's commits are not strict: a machine that lost its power may have an older one, or none. */
  loseReplica(wholly: boolean): void {
    this.documents = wholly ? new Documents() : this.#old.documents.copy();
    this.mirrored = wholly ? 0 : this.#old.mirrored;
    this.replicaLife += 1;
  }

  rememberReplica(): void {
    this.#old = { documents: this.documents.copy(), mirrored: this.mirrored };
  }
}

export interface Report {
  readonly seed: number;
  readonly steps: number;
  readonly attempts: number;
  readonly passes: number;
  readonly failedPasses: number;
  readonly kills: number;
  readonly restores: number;
  readonly lostReplicas: number;
}

export class World {
  readonly #chance: Chance;
  readonly #node = new CentreNode();
  readonly #devices = ['a', 'b'].map((name) => new LearnerDevice(name.repeat(26) as DeviceId));
  readonly #link: Link;
  readonly #seed: number;
  #now = 1_700_000_000_000;
  #attempts = 0;
  #passes = 0;
  #failedPasses = 0;
  #kills = 0;
  #restores = 0;
  #lostReplicas = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = createChance(seed);
    this.#link = { loss: this.#chance.of([0, 0.1, 0.4]), killing: this.#chance.of([0, 0.02, 0.1]), meanwhile: 0.03 };
  }

  async run(steps: number): Promise<Report> {
    for (let step = 0; step < steps; step++) {
      this.#now += this.#chance.below(100_000);
      const device = this.#chance.of(this.#devices);
      const what = this.#chance.below(100);
      if (what < 55) this.#learn(device);
      else if (what < 85) await this.#pass(device);
      else if (what < 91) this.#node.backUp();
      else if (what < 96) this.#restores += this.#node.restore(this.#chance.chance(0.3)) ? 1 : 0;
      else if (what < 97) device.rememberReplica();
      else if (what < 99) {
        device.loseReplica(this.#chance.chance(0.5));
        this.#lostReplicas += 1;
      }
      this.#checkMarks();
    }
    await this.#finish();
    return {
      seed: this.#seed,
      steps,
      attempts: this.#attempts,
      passes: this.#passes,
      failedPasses: this.#failedPasses,
      kills: this.#kills,
      restores: this.#restores,
      lostReplicas: this.#lostReplicas,
    };
  }

  #fail(message: string): never {
    throw new Error(`seed ${String(this.#seed)}: ${message}`);
  }

  #learn(device: LearnerDevice): void {
    const { chance, below, of, bytes } = this.#chance;
    const { journal } = device;
    const at = instantOf(this.#now);
    const unit = of(units);
    if (chance(0.6)) {
      const item = of(items);
      const ulid = createUlid(this.#now, bytes);
      const score = below(5) / 4;
      const v = 1 + below(2);
      const attempt: PersonRecord = {
        _id: attemptId(person, course, item, ulid),
        kind: 'attempt',
        person,
        course,
        unit,
        item,
        v,
        ulid,
        writer: device.id,
        at,
        language: 'en',
        exercise: 'number',
        response: { text: String(below(100)), unit: 'h' },
        score,
        points: 1,
        seconds: below(60),
      };
      journal.commit(attempt);
      journal.learn(person, course, { type: 'answer', unit, item, v, score, at });
      device.made.push(attempt._id);
      this.#attempts += 1;
      return;
    }
    const notes = [...journal.own.values()].map(({ body }) => body).filter((body): body is NoteRecord => body.kind === 'note');
    if (chance(0.3) && notes.length > 0) {
      journal.commit({ ...of(notes), text: `changed ${String(below(1000))}`, changed: at });
    } else if (chance(0.3)) {
      const ulid = createUlid(this.#now, bytes);
      const _id = noteId(person, course, unit, ulid);
      journal.commit({
        _id,
        kind: 'note',
        person,
        course,
        unit,
        ulid,
        writer: device.id,
        type: 'note',
        text: 'new',
        made: at,
        changed: at,
      });
      device.made.push(_id);
    } else if (chance(0.5)) journal.learn(person, course, { type: 'visit', unit, offset: below(100) / 100, seconds: below(100), at });
    else journal.learn(person, course, { type: 'complete', unit, at });
  }

  /** A step of a pass: the page may be killed before or after it, and the learner goes on meanwhile. */
  async #step<Value>(device: LearnerDevice, work: () => Promise<Value>): Promise<Value> {
    const { chance } = this.#chance;
    if (chance(this.#link.killing)) throw new Killed();
    if (chance(this.#link.meanwhile)) this.#learn(device);
    const value = await work();
    if (chance(this.#link.killing)) throw new Killed();
    return value;
  }

  #journalOf(device: LearnerDevice): Journal {
    const { journal } = device;
    return {
      waiting: (who) => this.#step(device, () => journal.waiting(who)),
      handedOver: (who, handed) => this.#step(device, () => journal.handedOver(who, handed)),
      mirror: (who, documents) => this.#step(device, () => journal.mirror(who, documents)),
      unconfirmed: (who) => this.#step(device, () => journal.unconfirmed(who)),
      receipted: (who, receipt) => this.#step(device, () => journal.receipted(who, receipt)),
      unrelayed: (who) => this.#step(device, () => journal.unrelayed(who)),
      noteRelay: (who, key) => this.#step(device, () => journal.noteRelay(who, key)),
    };
  }

  /** A request: may never arrive, arrive with its answer lost, be cut in half, or be refused. `parts` are done one after the other. */
  #request(parts: readonly (() => void)[]): PassFailure | null {
    const { chance, below, of } = this.#chance;
    if (!chance(this.#link.loss)) {
      for (const part of parts) part();
      return null;
    }
    const way = below(3);
    const done = way === 0 ? 0 : way === 1 ? parts.length : below(parts.length + 1);
    for (const part of parts.slice(0, done)) part();
    return way === 0 ? of(troubles) : 'unreachable';
  }

  #checkpointOf(device: LearnerDevice): { pushed: number; pulled: number } {
    const known = this.#node.checkpoints.get(device.id);
    return known === undefined || known.replica !== device.replicaLife ? { pushed: 0, pulled: 0 } : known;
  }

  #replicaOf(device: LearnerDevice): Replica {
    const { documents } = device;
    const put = async (waiting: readonly Waiting[]): Promise<{ revisions: Map<RecordId, Revision>; changed: number }> => {
      let changed = 0;
      const revisions = new Map<RecordId, Revision>();
      for (const document of waiting) {
        const put = documents.put(document);
        revisions.set(document.id, put.rev);
        if (put.changed) changed += 1;
        if (this.#chance.chance(this.#link.killing / 4)) throw new Killed();
      }
      return { revisions, changed };
    };
    const replicate = async (): Promise<Result<void, PassFailure>> => {
      const { pushed, pulled } = this.#checkpointOf(device);
      const up = documents.since(pushed);
      const node = this.#node;
      const down = node.documents.since(Math.min(pulled, node.documents.sequence));
      const failure = this.#request([
        ...up.map(({ id }) => () => {
          node.accept(device.id, id, documents);
        }),
        ...down.map(({ id }) => () => {
          for (const leaf of node.documents.leavesOf(id)) documents.add(id, leaf);
        }),
        () => {
          const replica = device.replicaLife;
          node.checkpoints.set(device.id, { pushed: up.at(-1)?.sequence ?? pushed, pulled: down.at(-1)?.sequence ?? pulled, replica });
        },
      ]);
      return failure === null ? ok(undefined) : err(failure);
    };
    const sendAgain = async (ids: readonly RecordId[]): Promise<Result<void, PassFailure>> => {
      const failure = this.#request(
        ids.map((id) => () => {
          this.#node.accept(device.id, id, documents);
        }),
      );
      return failure === null ? ok(undefined) : err(failure);
    };
    const mirror: Replica['mirror'] = async (take) => {
      const changes = documents.since(device.mirrored);
      await take(
        changes.flatMap(({ id }) => {
          const held = documents.winner(id);
          return held === undefined ? [] : [{ rev: held.rev, body: held.body }];
        }),
      );
      device.mirrored = changes.at(-1)?.sequence ?? device.mirrored;
    };
    return {
      put: (waiting) => this.#step(device, () => put(waiting)),
      replicate: () => this.#step(device, replicate),
      sendAgain: (ids) => this.#step(device, () => sendAgain(ids)),
      mirror: (take) => this.#step(device, () => mirror(take)),
    };
  }

  async #ask(revisions: Revisions): Promise<Result<Receipt, PassFailure>> {
    let answer: unknown = null;
    const failure = this.#request([
      () => {
        const { name, epoch, documents } = this.#node;
        const there = [...revisions].filter(([id, rev]) => documents.knows(id, rev));
        answer = { receipt: { node: name, epoch: `e${String(epoch)}`, revisions: Object.fromEntries(there) }, now: instantOf(this.#now) };
      },
    ]);
    if (failure !== null) return err(failure);
    return this.#chance.chance(this.#link.loss / 4) ? parseReceipt({ receipt: 'half an ans' }, revisions) : parseReceipt(answer, revisions);
  }

  async #pass(device: LearnerDevice): Promise<'done' | 'failed' | 'killed'> {
    this.#passes += 1;
    const ports: PassPorts = {
      journal: this.#journalOf(device),
      replica: this.#replicaOf(device),
      ask: (revisions) => this.#ask(revisions),
    };
    try {
      const outcome = await runPass(person, ports);
      if (outcome.type === 'failed') this.#failedPasses += 1;
      return outcome.type;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#kills += 1;
      return 'killed';
    }
  }

  /** A mark of the node's present epoch is true. One of an older epoch may be shown until the node is heard again, and no longer. */
  #checkMarks(): void {
    for (const { id: device, journal } of this.#devices)
      for (const [id, { epoch, rev }, body] of journal.marked()) {
        if (epoch !== journal.heard?.epoch)
          this.#fail(`${device} shows a mark of ${epoch} for ${id} and has heard ${String(journal.heard?.epoch)}`);
        if (epoch !== `e${String(this.#node.epoch)}`) continue;
        if (!this.#node.documents.knows(id, rev)) this.#fail(`${device} shows ${id} at the centre, which does not have ${rev}`);
        const there = this.#node.documents.leavesOf(id).find((leaf) => leaf.rev === rev);
        if (there !== undefined && canonicalJson(there.body) !== canonicalJson(body)) this.#fail(`${id} is another one at the centre`);
      }
  }

  async #finish(): Promise<void> {
    this.#link.loss = 0;
    this.#link.killing = 0;
    this.#link.meanwhile = 0;
    const [a, b] = this.#devices;
    if (a === undefined || b === undefined) throw new Error('There are two devices');
    // The learner has stopped. Two rounds: the second brings each device what the other handed over, and its receipts.
    for (let round = 0; round < 2; round++)
      for (const device of this.#devices) {
        const ended = await this.#pass(device);
        if (ended !== 'done') this.#fail(`a pass over a good link ended ${ended}`);
        this.#checkMarks();
      }
    const made = this.#devices.flatMap((device) => device.made);
    const there = this.#node.documents.ids().filter((id) => !id.includes(':register:'));
    const lost = made.filter((id) => !there.includes(id));
    if (lost.length > 0) this.#fail(`lost at the centre: ${lost.join()}`);
    if (there.length !== new Set(made).size) this.#fail(`doubled: ${String(there.length)} at the centre of ${String(made.length)} made`);
    for (const { id: device, journal } of this.#devices) {
      if (journal.waitingCount() > 0) this.#fail(`${device} still waits for ${String(journal.waitingCount())}`);
      for (const [id, { body }] of journal.own) {
        const winner = this.#node.documents.winner(id);
        if (winner === undefined || canonicalJson(winner.body) !== canonicalJson(body)) this.#fail(`the centre has another ${id}`);
      }
    }
    const expected = joinOf([...a.journal.own.values(), ...b.journal.own.values()].map(({ body }) => body));
    for (const { id: device, journal } of this.#devices)
      if (textOf(joinOf(journal.documents())) !== textOf(expected)) this.#fail(`${device} does not show the join of both`);
  }
}

const joinOf = (documents: readonly PersonRecord[]): JoinedProgress =>
  joinRegisters(documents.flatMap((document) => (document.kind === 'register' ? [document] : [])));

/** Maps with their entries in order, so that equal progress is equal text. */
const textOf = (progress: JoinedProgress): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(progress, (_key, value: unknown) =>
        value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value,
      ),
    ),
  );
