/**
 * A run of the world: people who learn on phones and shared laptops, two centres, one node above them, lines that fail in every way, and
 * machines that are switched off at the wrong moment. Everything follows from the seed.
 *
 * What must hold, at every moment:
 *
 *   - A mark is true. Whenever a receipt is written into a journal, and whenever a node comes up again, every mark of the node's present epoch is
 *     compared with what its database holds. A mark of an older epoch may be shown until the node is heard again, and no longer.
 *   - A node holds nothing that its writer did not write, nothing of another centre's people, and nothing of whoever was revoked before.
 *
 * And in the end, when the lines are well, everybody is signed in and the learners have stopped:
 *
 *   - Nothing is lost: what any device still has, and what a node had of a device that is gone, is at its centre, in its writer's newest words.
 *   - Nothing is doubled: no document that nobody made, no second leaf of one, and progress is the join of what the devices say.
 *   - Nothing waits, and every device of a person shows the same.
 */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import type { PersonId } from '#lib/domain/ids.ts';
import { joinRegisters, type JoinedProgress } from '#lib/domain/progress.ts';
import type { PersonRecord, RecordId } from '#lib/domain/records.ts';
import type { VisitEnd } from '#lib/sync/link.ts';
import type { Outcome } from '#lib/sync/session.ts';
import { StorageFailure } from '../../src/lib/server/engine/engine.ts';
import { chanceFor, type Chance } from './chance.ts';
import { course, Device, type Learner, type Surroundings } from './device.ts';
import { Link, linkFaults } from './link.ts';
import { shipped, type Parts } from './parts.ts';
import { SimulatedNode, type Process } from './simulated-node.ts';
import { Timeline } from './timeline.ts';

/** What happens in a run besides learning and passes, and how often. Each can be left out, to find what a failure needs. */
const acts = {
  learn: 44,
  pass: 30,
  'close-page': 4,
  'device-power': 2,
  'write-back': 3,
  'evict-replica': 2,
  'evict-origin': 0.7,
  'kill-node': 3,
  'node-power': 2,
  'disk-full': 1,
  backup: 4,
  restore: 3.5,
  'new-disk': 0.3,
  'device-clock': 1.5,
  'node-clock': 0.6,
  line: 5,
  visit: 9,
  'revoke-child': 0.4,
  forge: 2.5,
  revoke: 0.3,
  join: 3,
} as const;
export type Act = keyof typeof acts;

/** Names that `without` may leave out. */
export const faults: readonly string[] = [
  ...Object.keys(acts).filter((act) => !['learn', 'pass', 'join', 'visit'].includes(act)),
  ...Object.keys(linkFaults),
];

export const defaultSteps = 40;

export interface RunOptions {
  readonly seed: number;
  readonly steps?: number;
  readonly without?: readonly string[];
  readonly parts?: Partial<Parts>;
  /** Keeps what happened, line by line. */
  readonly traced?: boolean;
}

export interface Report {
  readonly seed: number;
  readonly steps: number;
  readonly counts: Readonly<Record<string, number>>;
  /** What the lines did, by name. */
  readonly met: ReadonlyMap<string, number>;
  /** Milliseconds of virtual time. */
  readonly lasted: number;
}

/** Something that must hold did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** A run has some thousand events. */
const endless = 50_000;

const hour = 3_600_000;
const day = 24 * hour;

interface Made {
  readonly person: PersonId;
  readonly device: Device;
  /** Which life of the device: its id then. */
  readonly writer: string;
  readonly bodies: Set<string>;
  newest: string;
  /** The device that wrote it is gone, with all that it had. */
  orphan: boolean;
  /** The centre had it when its device went, and has not lost it since. */
  owed: boolean;
  /** Its own writer, or another device of the same person, tried to write it anew, which nobody may. */
  rewritten: boolean;
}

let runs = 0;

export class World {
  readonly timeline = new Timeline();
  readonly lines: string[] = [];
  readonly nodes: readonly SimulatedNode[];
  readonly devices: readonly Device[];
  readonly learners: readonly Learner[];
  readonly #seed: number;
  readonly #steps: number;
  readonly #without: ReadonlySet<string>;
  readonly #traced: boolean;
  readonly #chance: Chance;
  /** To each centre from its devices, and from each centre to the one above. */
  readonly #links: ReadonlyMap<string, Link>;
  readonly #above: SimulatedNode;
  readonly #centres: readonly SimulatedNode[];
  readonly #made = new Map<RecordId, Made>();
  readonly #counts: Record<string, number> = {};
  /** By person: what their centre held when it revoked them; nothing may be added. */
  readonly #revoked = new Map<PersonId, ReadonlySet<string>>();
  /** Whose revocation is under way. */
  readonly #revoking = new Set<Learner>();
  /** Centres that lost something: each may have enrolled somebody twice, in other words, as it did not know any more that it had. */
  readonly #restored = new Set<SimulatedNode>();
  /** Documents of which a node may hold forged words that are as good as its writer's. */
  readonly #doubtful = new Set<RecordId>();
  readonly #checks: (() => Promise<void>)[] = [];
  #failure: Error | null = null;
  /** What the clocks of those show whose clock is right. */
  readonly #began: number;

  constructor({ seed, steps = defaultSteps, without = [], parts: replaced = {}, traced = false }: RunOptions) {
    this.#seed = seed;
    this.#steps = steps;
    this.#without = new Set(without);
    this.#traced = traced;
    const parts: Parts = { ...shipped, ...replaced };
    const chance = chanceFor(seed, 'world');
    this.#chance = chance;
    this.#began = 1_700_000_000_000 + chance.below(365) * day;
    const { timeline } = this;
    const wallClock = (): number => Math.floor(this.#began + timeline.now);
    const trace = (text: () => string): void => this.#trace(text);

    const node = (name: string): SimulatedNode => new SimulatedNode({ name, seed, timeline, parts, wallClock, trace });
    const [cairo, suva, vienna] = [node('cairo'), node('suva'), node('vienna')];
    this.nodes = [cairo, suva, vienna];
    this.#centres = [cairo, suva];
    this.#above = vienna;
    const loss = chance.of([0, 0.05, 0.15, 0.3]);
    const line = (name: string): Link =>
      new Link({
        timeline,
        chance: chanceFor(seed, `line ${name}`),
        state: { loss, latency: chance.of([5, 50, 300, 900]), rate: chance.of([400, 4_000, 100_000]), down: false },
        without: this.#without,
        trace,
      });
    const lines = ['to cairo', 'to suva', 'cairo to vienna', 'suva to vienna'];
    this.#links = new Map(lines.map((name) => [name, line(name)]));

    const bytes = chanceFor(seed, 'people').bytes;
    const person = (name: string, centre: SimulatedNode): Learner => ({ id: personId(bytes), name, centre, revoked: false });
    const [amina, bilal, chen] = [person('Amina', cairo), person('Bilal', cairo), person('Chen', suva)];
    this.learners = [amina, bilal, chen];
    const around = (centre: SimulatedNode): Surroundings => ({
      timeline,
      link: this.#line(`to ${centre.name}`),
      parts,
      wallClock,
      trace,
      committed: (device, document) => {
        this.#committed(device, document);
      },
      marked: (device, someone) => {
        this.#checks.push(() => this.#checkMarks(device, someone));
      },
      prefix: `run-${String(runs)}-`,
    });
    runs += 1;
    // Amina has a phone and shares the laptop of the centre with Bilal; Chen has a phone, and in half of the runs a tablet.
    this.devices = [
      new Device('phone', seed, [amina], around(cairo)),
      new Device('laptop', seed, [amina, bilal], around(cairo)),
      new Device('telefono', seed, [chen], around(suva)),
      ...(chance.chance(0.5) ? [new Device('tablet', seed, [chen], around(suva))] : []),
    ];
  }

  #line(name: string): Link {
    const link = this.#links.get(name);
    if (link === undefined) throw new Error(`There is no line ${name}`);
    return link;
  }

  #trace(text: () => string): void {
    if (this.#traced) this.lines.push(`${(this.timeline.now / 1000).toFixed(3).padStart(14)} ${text()}`);
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #fail(message: string): never {
    this.#trace(() => `BROKEN: ${message}`);
    throw new Broken(message);
  }

  /** Sets something going that takes its time. What it throws ends the run. */
  #begin(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  async run(): Promise<Report> {
    try {
      this.#plan();
      await this.#drive(() => false);
      await this.#heal();
      return { seed: this.#seed, steps: this.#steps, counts: this.#counts, met: this.#met(), lasted: this.timeline.now };
    } finally {
      for (const device of this.devices) device.close();
      for (const node of this.nodes) node.close();
    }
  }

  #met(): ReadonlyMap<string, number> {
    const met = new Map<string, number>();
    for (const link of this.#links.values()) for (const [fault, count] of link.met) met.set(fault, (met.get(fault) ?? 0) + count);
    return met;
  }

  /** Runs events until there are none left or `done`, and looks after each whether what must hold still does. */
  async #drive(done: () => boolean): Promise<void> {
    for (;;) {
      await this.timeline.run(() => this.#failure !== null || this.timeline.events > endless || this.#checks.length > 0 || done());
      if (this.#failure !== null) throw this.#failure;
      if (this.timeline.events > endless) this.#fail('something goes on for ever');
      const checks = this.#checks.splice(0);
      for (const check of checks) await check();
      if (checks.length === 0) return;
    }
  }

  // The course of a run.

  #plan(): void {
    for (const node of this.nodes) this.#begin(this.#start(node));
    for (const centre of this.#centres)
      this.timeline.at(1000, () => {
        this.#begin(this.#above.admit(centre));
      });
    let at = 2000;
    for (const device of this.devices)
      for (const learner of device.learners) {
        this.timeline.at(at, () => {
          this.#begin(this.#join(device, learner));
        });
        at += 3000;
      }
    for (let step = 0; step < this.#steps; step++) {
      const act = this.#chance.weighed(acts);
      // An own chance for each step: a run of fewer steps is the beginning of the same run.
      const chance = chanceFor(this.#seed, `step ${String(step)}`);
      const pause = this.#chance.next();
      // Close together, so that things meet; at times a night lies between, or a month.
      at +=
        pause < 0.55
          ? pause * 3000
          : pause < 0.9
            ? pause * 120_000
            : pause < 0.97
              ? ((pause - 0.9) / 0.07) * 20 * hour
              : ((pause - 0.97) / 0.03) * 40 * day;
      if (this.#without.has(act)) continue;
      this.timeline.at(at, () => {
        this.#count(act);
        this.#act(act, chance);
      });
    }
  }

  #act(act: Act, chance: Chance): void {
    const device = chance.of(this.devices);
    const learner = chance.of(device.learners);
    const node = chance.of(this.nodes);
    const centre = chance.of(this.#centres);
    const say = (what: string): void => this.#trace(() => `-- ${what}`);
    switch (act) {
      case 'learn':
        device.learn(learner);
        return;
      case 'pass':
        say(`${device.name} begins a pass for ${learner.name}`);
        this.#begin(this.#pass(device, learner));
        // Who learns does not wait for the line.
        for (let n = chance.below(4); n > 0; n--)
          this.timeline.in(chance.next() * chance.of([200, 1000, 5000]), () => {
            if (device.isSyncing(learner.id)) device.learn(learner);
          });
        return;
      case 'join':
        this.#begin(this.#join(device, learner));
        return;
      case 'close-page':
        say(`${device.name}: the page is closed`);
        device.closePage();
        return;
      case 'device-power':
        say(`${device.name} loses its power`);
        device.losePower();
        return;
      case 'write-back':
        device.writeBack();
        return;
      case 'evict-replica':
        say(`${device.name}: the replica of ${learner.name} is evicted`);
        device.evictReplica(learner.id);
        return;
      case 'evict-origin':
        say(`${device.name}: the whole origin is evicted`);
        this.#begin(this.#evict(device));
        return;
      case 'kill-node':
      case 'node-power':
        node.kill(act === 'node-power');
        this.#startLater(node, chance);
        return;
      case 'disk-full':
        say(`${node.name}: the disk is full for a while`);
        node.diskFull = chance.of([0.3, 1]);
        this.timeline.in(chance.of([1000, 60_000]), () => {
          node.diskFull = 0;
        });
        return;
      case 'backup':
        say(`${node.name} is backed up`);
        node.backup?.close();
        node.backup = node.disk.backUp();
        return;
      case 'restore':
      case 'new-disk':
        if (act === 'restore' && node.backup === null) return;
        this.#begin(this.#restore(node, act === 'restore' ? node.backup : null, chance));
        return;
      case 'device-clock':
        device.skew = Math.floor((chance.next() - 0.5) * 2 * 365 * day);
        say(`${device.name}: the clock is set wrong by ${(device.skew / day).toFixed(0)} days`);
        return;
      case 'node-clock':
        node.skew = Math.floor((chance.next() - 0.5) * 2 * chance.of([hour, 30 * day, 400 * day]));
        say(`${node.name}: the clock is set wrong by ${(node.skew / day).toFixed(0)} days`);
        return;
      case 'line': {
        const name = chance.of([...this.#links.keys()]);
        const { state } = this.#line(name);
        state.down = chance.chance(0.3);
        state.latency = chance.of([5, 50, 300, 900, 4000]);
        state.rate = chance.of([400, 4_000, 100_000]);
        say(`the line ${name} is ${state.down ? 'down' : `${String(state.latency)} ms, ${String(state.rate)} B/s`}`);
        return;
      }
      case 'visit':
        say(`${centre.name} visits ${this.#above.name}`);
        this.#begin(this.#visit(centre));
        return;
      case 'revoke-child':
        say(`${this.#above.name} takes back the credential of ${centre.name}`);
        this.#begin(this.#revokeChild(centre));
        return;
      case 'forge':
        this.#begin(this.#forge(device, learner, chance));
        return;
      case 'revoke': {
        // At times a backup of the moment before is put back soon after: it brings the sign-in back, and the order stands.
        const { centre: own } = learner;
        const before = this.#without.has('restore') || chance.chance(0.5) ? null : own.disk.backUp();
        this.#begin(this.#revoke(learner));
        if (before === null) return;
        this.timeline.in(chance.of([5000, 600_000]), () => {
          this.#count('restore');
          device.learn(learner);
          this.#begin(this.#restore(own, before, chance).finally(() => before.close()));
        });
        return;
      }
    }
  }

  async #start(node: SimulatedNode): Promise<void> {
    const process = await node.start();
    if (process === null) {
      // It could not: the disk is full, say. What looks after the service tries again.
      this.timeline.in(30_000, () => {
        if (node.process === null) this.#begin(this.#start(node));
      });
      return;
    }
    this.#trace(() => `${node.name} is up, epoch ${process.engine.epoch.slice(0, 4)}`);
    for (const device of this.devices)
      for (const learner of device.learners)
        if (learner.centre === node || node === this.#above) this.#checks.push(() => this.#checkMarks(device, learner.id));
    // Orders outlive a backup that was put back: nothing of whoever was revoked may come after it either.
    for (const learner of this.learners)
      if (learner.centre === node && learner.revoked && !this.#revoked.has(learner.id))
        this.#checks.push(() => this.#noteRevoked(learner, process));
  }

  /** From now on nothing may come of this person but what had come before: a centre that lost its disk takes that back from the node above. */
  async #noteRevoked(learner: Learner, process: Process): Promise<void> {
    if (learner.centre.process !== process || !learner.revoked) return;
    const { rows } = await process.records.list({ partition: learner.id });
    const before = [...rows, ...this.#above.disk.revisions(learner.id)];
    this.#revoked.set(learner.id, new Set(before.map(({ id, rev }) => `${id} ${rev}`)));
  }

  async #visit(centre: SimulatedNode): Promise<VisitEnd | null> {
    const end = await centre.visit(this.#line(`${centre.name} to ${this.#above.name}`), this.#above);
    if (end !== null) this.#count(end.type === 'done' ? 'visits' : 'failed visits');
    // Whose credential is not known any more gets another.
    if (end?.type === 'failed' && (end.failure === 'not-accepted' || end.failure === 'revoked')) await this.#above.admit(centre);
    return end;
  }

  async #revokeChild(centre: SimulatedNode): Promise<void> {
    try {
      await this.#above.process?.peers.revoke(centre.name);
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
    }
  }

  #startLater(node: SimulatedNode, chance: Chance): void {
    this.timeline.in(chance.of([200, 5000, 200_000]), () => {
      if (node.process === null) this.#begin(this.#start(node));
    });
  }

  async #join(device: Device, learner: Learner): Promise<void> {
    const code = await learner.centre.codeFor(learner.id);
    if (code !== null) await device.join(learner, code);
  }

  async #pass(device: Device, learner: Learner): Promise<Outcome | null> {
    const outcome = await device.pass(learner);
    if (outcome !== null) this.#count(outcome.type === 'done' ? 'passes' : 'failed passes');
    return outcome;
  }

  /** What of a device that is gone the centre holds, it owes from now on. */
  async #evict(device: Device): Promise<void> {
    const gone = [...this.#made].filter(([, made]) => made.device === device && !made.orphan);
    device.evictOrigin();
    for (const [id, made] of gone) {
      const { centre } = this.#learner(made.person);
      made.orphan = true;
      made.owed = centre.disk.holds(id);
    }
  }

  async #restore(node: SimulatedNode, backup: SimulatedNode['backup'], chance: Chance): Promise<void> {
    node.restore(backup);
    this.#restored.add(node);
    // A forged request that is still on its way may come before the true one, and is then the first that this node hears.
    for (const [id, { rewritten }] of this.#made) if (rewritten) this.#doubtful.add(id);
    for (const [id, made] of this.#made)
      if (made.owed && this.#learner(made.person).centre === node && !node.disk.holds(id)) made.owed = false;
    // Orders outlive a backup that is put back, not the disk itself.
    for (const learner of this.learners.filter(({ centre }) => centre === node)) {
      this.#revoked.delete(learner.id);
      if (backup !== null) continue;
      learner.revoked = false;
      this.#revoking.delete(learner);
    }
    this.#startLater(node, chance);
  }

  /** An administrator ends the sign-ins of somebody, and does it again as long as it fails or nobody answers. */
  async #revoke(learner: Learner): Promise<void> {
    if (learner.revoked) return;
    this.#revoking.add(learner);
    this.timeline.in(30_000, () => {
      if (this.#revoking.has(learner)) this.#begin(this.#revoke(learner));
    });
    const { process } = learner.centre;
    if (process === null) return;
    try {
      // As the organ does it.
      if (!(await process.sessions.revoke(learner.id))) await process.orders.revoke({ type: 'person', person: learner.id }, 'other');
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      return;
    }
    if (learner.centre.process !== process || !this.#revoking.delete(learner)) return;
    this.#trace(() => `-- ${learner.name} is revoked`);
    learner.revoked = true;
    // What had passed the door before goes on to the disk.
    this.timeline.in(2000, () => {
      this.#checks.push(() => this.#noteRevoked(learner, process));
    });
  }

  /** Somebody with a valid sign-in, and none of the app's manners. */
  async #forge(device: Device, learner: Learner, chance: Chance): Promise<void> {
    const others = [...this.#made].filter(([, { writer }]) => writer !== device.id);
    const own = [...this.#made].filter(([, { writer, person }]) => writer === device.id && person === learner.id);
    const way = chance.of(['elsewhere', 'other-writer', 'rewrite', 'delete', 'strange'] as const);
    const [id, made] =
      (way === 'rewrite' || way === 'delete' ? own : others)[
        chance.below(1000) % Math.max(1, (way === 'rewrite' || way === 'delete' ? own : others).length)
      ] ?? [];
    if (id === undefined || made === undefined) return;
    // Before the centre has it, the first words that it hears from the writer are the writer's words.
    if (way === 'rewrite' && !learner.centre.disk.holds(id)) return;
    // What a restored centre has lost, any device of the person may bring: it cannot know a copy from an invention, and keeps the first that it hears.
    if (way === 'rewrite' || ((way === 'other-writer' || way === 'elsewhere') && made.person === learner.id)) {
      made.rewritten = true;
      if (this.#restored.has(learner.centre) && !learner.centre.disk.holds(id)) this.#doubtful.add(id);
    }
    this.#trace(() => `-- ${device.name} forges: ${way} ${id.slice(27)}`);
    const body = JSON.parse(made.newest) as PersonRecord;
    const rev = `${String(2 + chance.below(3))}-${'f'.repeat(28)}${String(1000 + chance.below(9000))}`;
    const forged = {
      elsewhere: { ...body, _rev: rev, forged: true },
      'other-writer': { ...body, _rev: rev, forged: true },
      // What never changes.
      rewrite: { ...body, _rev: rev, ...(body.kind === 'attempt' ? { score: 1, seconds: 9 } : { kind: 'attempt' }), forged: true },
      delete: { _id: body._id, _rev: rev, _deleted: true },
      strange: {
        _id: `${learner.id}:strange:${String(chance.below(1000))}`,
        _rev: rev,
        kind: 'strange',
        writer: device.id,
        person: learner.id,
      },
    }[way];
    // In their own range, or in the range of whoever it is.
    const person = way === 'elsewhere' ? made.person : learner.id;
    const centre = way === 'elsewhere' ? this.#learner(made.person).centre : learner.centre;
    await device.ask(centre, learner.id, `/replica/person/${person}/_bulk_docs`, { docs: [forged], new_edits: false });
  }

  // What is known of what was made.

  #learner(person: PersonId): Learner {
    const learner = this.learners.find(({ id }) => id === person);
    if (learner === undefined) throw new Error(`Nobody is ${person}`);
    return learner;
  }

  #committed(device: Device, document: PersonRecord): void {
    const text = canonicalJson(document);
    const made = this.#made.get(document._id);
    if (made === undefined)
      this.#made.set(document._id, {
        person: document.person,
        device,
        writer: document.writer,
        bodies: new Set([text]),
        newest: text,
        orphan: false,
        owed: false,
        rewritten: false,
      });
    else {
      if (made.orphan) this.#fail(`${device.name} writes ${document._id}, which is of a device that is gone`);
      made.bodies.add(text);
      made.newest = text;
    }
  }

  // What must hold.

  async #checkMarks(device: Device, person: PersonId): Promise<void> {
    await this.#checkMarksAbove(device, person);
    const { centre } = this.#learner(person);
    const { process } = centre;
    const heard = device.journal.heard.get(person);
    const marked = device.journal.marked().filter(([, , body]) => body.person === person);
    for (const [id, { node, epoch }] of marked)
      if (epoch !== heard?.epoch || node !== heard.node)
        this.#fail(`${device.name} shows a mark of ${node} ${epoch} for ${id} and has heard ${String(heard?.epoch)} last`);
    // While nobody is there, nobody can say; it is looked at when the node is up again.
    if (process === null || heard?.epoch !== process.engine.epoch) return;
    if (marked.length === 0) return;
    const { records } = process;
    const missing = await records.missing(Object.fromEntries(marked.map(([id, { rev }]) => [id, [rev]])));
    for (const [id, { rev }, body] of marked) {
      if (missing.has(id)) this.#fail(`${device.name} shows ${id} at ${centre.name}, which does not have ${rev}`);
      const [there] = (await records.open(id, [rev])).found;
      if (there !== undefined && textOfDocument(there) !== canonicalJson(body)) this.#fail(`${id} is another one at ${centre.name}`);
    }
  }

  /** The third place: a mark of the node above is true, as long as that node has not got another epoch. */
  async #checkMarksAbove(device: Device, person: PersonId): Promise<void> {
    const heard = device.journal.relay.get(person);
    const marked = device.journal.above().filter(([, , body]) => body.person === person);
    for (const [id, { node, epoch }] of marked)
      if (epoch !== heard?.epoch || node !== heard.node)
        this.#fail(`${device.name} shows a mark of ${node} ${epoch} for ${id} and has heard ${String(heard?.epoch)} last`);
    const { process } = this.#above;
    if (process === null || marked.length === 0 || heard?.epoch !== process.engine.epoch) return;
    const records = process.engine.database(`records-${this.#learner(person).centre.name}`);
    const missing = await records.missing(Object.fromEntries(marked.map(([id, { rev }]) => [id, [rev]])));
    for (const [id, { rev }] of marked)
      if (missing.has(id)) this.#fail(`${device.name} shows ${id} at ${this.#above.name}, which does not have ${rev}`);
  }

  #isRepeated(id: string, centre: SimulatedNode): boolean {
    return id.includes(':enrolment:') && this.#restored.has(centre);
  }

  /** Everything that a node holds was written by its writer, and belongs there. */
  async #checkHoldings(centre: SimulatedNode, node: SimulatedNode, process: Process): Promise<ReadonlyMap<RecordId, string>> {
    const held = new Map<RecordId, string>();
    const records = process.engine.database(`records-${centre.name}`);
    const { rows } = await records.list({ partition: null, bodies: true });
    for (const { id, rev, document } of rows) {
      if (document === undefined) this.#fail(`${node.name} lists ${id} and does not have it`);
      const text = textOfDocument(document);
      held.set(id as RecordId, text);
      const learner = this.learners.find((someone) => id.startsWith(`${someone.id}:`));
      if (learner?.centre !== centre) this.#fail(`${node.name} holds ${id}, which is of somebody of another centre`);
      if (document['writer'] === centre.name) {
        if (document['kind'] !== 'enrolment') this.#fail(`${node.name} wrote ${id}`);
      } else if (this.#doubtful.has(id as RecordId)) continue;
      else if (this.#made.get(id as RecordId)?.bodies.has(text) !== true)
        this.#fail(`${node.name} holds ${id} in words that its writer never wrote`);
      const leaves = await records.leaves(id);
      if (leaves.length !== 1 && !this.#isRepeated(id, centre)) this.#fail(`${id} has ${String(leaves.length)} leaves at ${node.name}`);
      const revoked = this.#revoked.get(learner.id);
      if (revoked !== undefined && node === centre && !revoked.has(`${id} ${rev}`))
        this.#fail(`${node.name} took ${id} from ${learner.name}, who was revoked`);
    }
    return held;
  }

  // The end.

  /** Every fault ends; what was under way ends too. */
  async #heal(): Promise<void> {
    this.#trace(() => '-- the lines are well again');
    for (const { state } of this.#links.values()) Object.assign(state, { loss: 0, latency: 20, rate: 1_000_000, down: false });
    for (const node of this.nodes) Object.assign(node, { skew: 0, diskFull: 0 });
    for (const device of this.devices) {
      device.skew = 0;
      device.closePage();
    }
    // What is still on its way, or waits for an answer that was lost, comes to its end.
    await this.#wait(
      new Promise<void>((resolve) => {
        this.timeline.in(600_000, resolve);
      }),
    );
    for (const node of this.nodes) if (node.process === null) await this.#wait(this.#start(node));
    for (const learner of [...this.#revoking]) await this.#wait(this.#revoke(learner));
    for (const device of this.devices)
      for (const learner of device.learners) {
        const ended = await this.#passNow(device, learner);
        if (learner.revoked || ended?.type === 'done') continue;
        // Who is not signed in (any more) joins again.
        await this.#wait(this.#join(device, learner));
        await this.#passNow(device, learner);
      }
    for (const centre of this.#centres) {
      // An epoch that is new, or a credential that is gone, ends one visit each.
      let end: VisitEnd | null = null;
      for (let tries = 0; tries < 4 && end?.type !== 'done'; tries++) end = await this.#wait(this.#visit(centre));
      if (end?.type !== 'done')
        this.#fail(`a visit of ${centre.name} over a good line ended ${end?.type === 'failed' ? end.failure : 'before it began'}`);
    }
    // The second round brings each device what the others handed over in the first, and its receipts.
    for (const device of this.devices)
      for (const learner of device.learners) {
        const ended = await this.#passNow(device, learner);
        if (learner.revoked) continue;
        if (ended?.type !== 'done')
          this.#fail(
            `a pass of ${device.name} for ${learner.name} over a good line ended ${ended?.type === 'failed' ? ended.failure : 'before it began'}`,
          );
      }
    await this.#judge();
  }

  async #passNow(device: Device, learner: Learner): Promise<Outcome | null> {
    return this.#wait(this.#pass(device, learner));
  }

  async #wait<Value>(work: Promise<Value>): Promise<Value> {
    let ended = false;
    this.#begin(
      work.finally(() => {
        ended = true;
      }),
    );
    await this.#drive(() => ended);
    if (!ended) throw new Error('Something waits for what never comes');
    return work;
  }

  async #judge(): Promise<void> {
    for (const node of this.#centres) {
      const { process } = node;
      const above = this.#above.process;
      if (process === null || above === null) throw new Error('A node is down in the end');
      const strange = (await process.engine.databases()).filter(
        (name) => /^(?:records|desk)-/.test(name) && name !== `records-${node.name}` && name !== `desk-${node.name}`,
      );
      if (strange.length > 0) this.#fail(`${node.name} has ${strange.join(' ')}`);
      const held = await this.#checkHoldings(node, node, process);
      const heldAbove = await this.#checkHoldings(node, this.#above, above);
      const unlike = [...new Set([...held.keys(), ...heldAbove.keys()])].filter(
        (id) => held.get(id) !== heldAbove.get(id) && !this.#isRepeated(id, node),
      );
      if (unlike.length > 0) this.#fail(`${this.#above.name} does not hold the same of ${node.name} as ${node.name}: ${unlike.join(' ')}`);
      for (const [id, { person, orphan, owed, bodies, newest }] of this.#made) {
        const learner = this.#learner(person);
        if (learner.centre !== node || (learner.revoked && !orphan) || this.#doubtful.has(id)) continue;
        const there = held.get(id);
        if (orphan ? owed && there === undefined : there === undefined) this.#fail(`${id} is lost at ${node.name}`);
        if (!orphan && there !== newest) this.#fail(`${node.name} has ${id} in older words than its writer`);
        if (there !== undefined && !bodies.has(there)) this.#fail(`${node.name} has ${id} in words that nobody wrote`);
      }
      for (const learner of this.learners.filter(({ centre }) => centre === node)) await this.#judgeDevices(learner, held);
    }
    for (const device of this.devices) for (const learner of device.learners) await this.#checkMarks(device, learner.id);
  }

  async #judgeDevices(learner: Learner, held: ReadonlyMap<RecordId, string>): Promise<void> {
    const expected = [...held]
      .filter(([id]) => id.startsWith(`${learner.id}:`) && !this.#doubtful.has(id))
      .map(([, text]) => JSON.parse(text) as PersonRecord);
    for (const device of this.devices) {
      if (!device.learners.includes(learner)) continue;
      const documents = device.journal.documents().filter(({ _id, person }) => person === learner.id && !this.#doubtful.has(_id));
      // Whatever becomes of a sign-in: a device never gives up what it holds.
      for (const [id, { writer, newest }] of this.#made)
        if (
          writer === device.id &&
          this.#made.get(id)?.person === learner.id &&
          canonicalJson(device.journal.own.get(id)?.body ?? null) !== newest
        )
          this.#fail(`${device.name} itself lost ${id}`);
      if (learner.revoked) continue;
      // What another wrote and a restored centre lost, this device may not hand over; that it is not at the centre is true.
      // Nor is its writer heard where another device of the same person had invented words for it before.
      const waiting = device.journal
        .waitingFor(learner.id)
        .filter((id) => (device.journal.own.has(id) || held.has(id)) && !this.#doubtful.has(id));
      if (waiting.length > 0) this.#fail(`${device.name} still waits for ${waiting.join(' ')} of ${learner.name}`);
      const epochs = [device.journal.heard.get(learner.id)?.epoch, device.journal.relay.get(learner.id)?.epoch];
      if (epochs[0] !== learner.centre.process?.engine.epoch || epochs[1] !== this.#above.process?.engine.epoch)
        this.#fail(`${device.name} believes in epochs that are over`);
      const unrelayed = [...(await device.journal.unrelayed(learner.id)).revisions.keys()].filter(
        (id) => !this.#isRepeated(id, learner.centre),
      );
      if (unrelayed.length > 0) this.#fail(`${device.name} does not know that ${this.#above.name} has ${unrelayed.join(' ')}`);
      if (new Set(documents.map(({ _id }) => _id)).size !== documents.length) this.#fail(`${device.name} shows something twice`);
      if (shownText(documents) !== shownText(expected)) {
        const names = (some: readonly PersonRecord[]): RecordId[] => some.map(({ _id }) => _id);
        const absent = names(expected).filter((id) => !names(documents).includes(id));
        const more = names(documents).filter((id) => !names(expected).includes(id));
        // A restored centre may lack what it wrote itself, or what a device of which nothing is left had handed over; who mirrored it still shows it.
        if (absent.length > 0 || more.some((id) => this.#made.get(id)?.orphan === false))
          this.#fail(`${device.name} does not show what ${learner.name} did: lacks ${absent.join(' ')}, has ${more.join(' ')}`);
      }
    }
  }
}

const personId = (bytes: (n: number) => Uint8Array): PersonId =>
  [...bytes(26)].map((byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte % 32]).join('') as PersonId;

/** A document as its writer wrote it. */
const textOfDocument = (document: Readonly<Record<string, unknown>>): string =>
  canonicalJson(Object.fromEntries(Object.entries(document).filter(([field]) => field === '_id' || !field.startsWith('_'))));

const joinOf = (documents: readonly PersonRecord[]): JoinedProgress =>
  joinRegisters(documents.flatMap((document) => (document.kind === 'register' && document.course === course ? [document] : [])));

/** What a page shows of these: the documents that stand by themselves, and the joined progress with its entries in order. */
const shownText = (documents: readonly PersonRecord[]): string =>
  canonicalJson([
    documents
      .filter(({ kind }) => kind !== 'register')
      .map((document) => canonicalJson(document))
      .sort(),
    JSON.parse(
      JSON.stringify(joinOf(documents), (_key, value: unknown) =>
        value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value,
      ),
    ),
  ]);
