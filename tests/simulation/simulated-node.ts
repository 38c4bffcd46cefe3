/**
 * A node: the shipped engine and organs on a simulated machine. The process may be killed at any moment, the power may go, the disk may refuse
 * writes, and an older copy of the data may be put back.
 */
import { createHash, createPrivateKey } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { CohortId, CourseId, DeviceId, NodeId, PersonId } from '#lib/domain/ids.ts';
import { instantOf } from '#lib/domain/clock.ts';
import { showCode } from '../../src/lib/server/accounts/codes.ts';
import type { Contacts } from '../../src/lib/server/accounts/contacts.ts';
import { accountRoutes } from '../../src/lib/server/accounts/organ.ts';
import { openSessions, type Sessions } from '../../src/lib/server/accounts/sessions.ts';
import { openAccountStore, type AccountStore } from '../../src/lib/server/accounts/store.ts';
import { createBasic } from '../../src/lib/server/accounts/basic.ts';
import { createBindings } from '../../src/lib/server/accounts/bindings.ts';
import { signerOf, type Signer } from '../../src/lib/server/accounts/node-key.ts';
import { createPeers, type Peers } from '../../src/lib/server/accounts/peers.ts';
import { openOrderBook, type OrderBook } from '../../src/lib/server/orders/book.ts';
import type { Keepsake } from '../../src/lib/server/orders/keepsake.ts';
import { createObedience } from '../../src/lib/server/orders/obey.ts';
import { upstreamRoutes } from '../../src/lib/server/upstream/organ.ts';
import { createOwnEnd } from '../../src/lib/server/upstream/own-end.ts';
import { createRelayed } from '../../src/lib/server/upstream/relayed.ts';
import type { Order } from '#lib/domain/orders.ts';
import { runVisit, type OwnEnd } from '#lib/sync/visit.ts';
import { createThrottle } from '../../src/lib/server/accounts/throttle.ts';
import { openCentreBook } from '../../src/lib/server/centre/facts.ts';
import { createCohorts, type Cohorts } from '../../src/lib/server/cohorts/cohorts.ts';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import type { Machine } from '../../src/lib/server/engine/sqlite-file.ts';
import { StorageFailure, type Database, type Engine } from '../../src/lib/server/engine/engine.ts';
import type { Organ } from '../../src/lib/server/http/organ.ts';
import { createRouter } from '../../src/lib/server/http/router.ts';
import { createReceipts } from '../../src/lib/server/replica/receipts.ts';
import { createReplica } from '../../src/lib/server/replica/organ.ts';
import { chanceFor, type Chance } from './chance.ts';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { JsonObject } from '#lib/domain/shape.ts';
import { advanceLink, startLink, type LinkMoment, type LinkState, type VisitEnd } from '#lib/sync/link.ts';
import { LineBroken, type Line } from '../../src/lib/server/upstream/line.ts';
import { createParentEnd } from '../../src/lib/server/upstream/parent-end.ts';
import type { Host, Link } from './link.ts';
import { Disk } from './machine.ts';
import type { Parts } from './parts.ts';
import type { Timeline } from './timeline.ts';

export interface Process {
  readonly engine: Engine;
  readonly records: Database;
  readonly sessions: Sessions;
  readonly store: AccountStore;
  readonly cohorts: Cohorts;
  readonly peers: Peers;
  readonly orders: OrderBook;
  readonly organs: readonly Organ[];
  /** This node as a visit to its parent sees it. */
  readonly own: OwnEnd;
}

const unused = (): never => {
  throw new Error('Nobody asks for this here');
};

/** Keys that follow from the name: a node signs alike in every run. */
const signers = new Map<string, Signer>();
function signerFor(node: NodeId): Signer {
  const seed = createHash('sha256').update(node).digest();
  // An Ed25519 key in PKCS #8 is this prefix and its 32 bytes (RFC 8410).
  const key = (): Buffer => Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const signer = signers.get(node) ?? signerOf(createPrivateKey({ key: key(), format: 'der', type: 'pkcs8' }));
  signers.set(node, signer);
  return signer;
}

/** A file beside the database, which no backup puts back. */
function createKeepsake(): Keepsake & { lose(): void } {
  let kept: readonly Order[] = [];
  return {
    read: () => kept,
    add: (orders) => void (kept = [...kept, ...orders]),
    replace: (orders) => void (kept = orders),
    lose: () => void (kept = []),
  };
}

/** Milliseconds that a COMMIT with its sync takes: an SD card is slow at times. */
const commitTimes = [2, 4, 8, 15, 60];

export class SimulatedNode implements Host {
  readonly name: NodeId;
  readonly origin: string;
  readonly disk: Disk;
  /** Milliseconds by which this node's clock is wrong. */
  skew = 0;
  /** Whether COMMITs fail at times. */
  diskFull = 0;
  /** Null while nothing runs here. */
  process: Process | null = null;
  backup: DatabaseSync | null = null;
  cohort: CohortId | null = null;
  /** What its parent knows it by. */
  credential: string | null = null;
  #visiting: Process | null = null;
  #link: LinkState | null = null;
  readonly #keepsake = createKeepsake();
  #closing: () => void = () => undefined;
  /** Counts processes: what an earlier one had under way is nothing to a later one. */
  #life = 0;
  readonly #underWay = new Set<(answer: Response | null) => void>();
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #parts: Parts;
  readonly #wallClock: () => number;
  readonly #trace: (text: () => string) => void;

  constructor(given: {
    readonly name: string;
    readonly seed: number;
    readonly timeline: Timeline;
    readonly parts: Parts;
    readonly wallClock: () => number;
    readonly trace: (text: () => string) => void;
  }) {
    this.name = given.name as NodeId;
    this.origin = `http://${given.name}.test`;
    this.#timeline = given.timeline;
    this.#parts = given.parts;
    this.#wallClock = given.wallClock;
    this.#trace = given.trace;
    this.#chance = chanceFor(given.seed, `node ${given.name}`);
    const { chance } = this.#chance;
    this.disk = new Disk({
      refuses: () => this.diskFull > 0 && chance(this.diskFull),
      writesBack: () => chance(0.1),
      rewrite: given.parts.sql,
    });
  }

  /** Starts a process on the disk; null where it was ended, or its disk failed, before it was ready. */
  async start(): Promise<Process | null> {
    const life = ++this.#life;
    const isThis = (): boolean => life === this.#life;
    const timeline = this.#timeline;
    const clock = (): number => this.#wallClock() + this.skew;
    const random = this.#chance.bytes;
    const parts = this.#parts;
    const machine: Machine = {
      open: () => this.disk.open(),
      identityOf: () => parts.identity(this.disk.identity()),
      soon: (work) => {
        timeline.in(this.#chance.of(commitTimes), () => {
          if (isThis()) work();
        });
      },
    };
    let opened: Engine;
    try {
      opened = openEmbedded({ file: 'node.sqlite', random, machine });
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      return null;
    }
    const databases = new Map<string, Database>();
    const engine: Engine = {
      ...opened,
      database: (name) => {
        const known = databases.get(name) ?? parts.database(opened.database(name));
        databases.set(name, known);
        return known;
      },
    };
    const { name: node, origin } = this;
    const version = '0';
    const database = (use: string): Database => engine.database(`${use}-${node}`);
    const [records, desk, commons] = [database('records'), database('desk'), database('commons')];
    const notes = engine.database('private');
    const store = openAccountStore(engine.database('accounts'));
    const peers = createPeers({ store, clock, random });
    const signer = signerFor(node);
    // Notes when somebody was here; nothing of a pass depends on it, and the shipped one has a timer of its own.
    const contacts: Contacts = {
      heard: () => undefined,
      devicesOf: () => Promise.resolve([]),
      forget: () => undefined,
      close: () => Promise.resolve(),
    };
    try {
      const orders = await openOrderBook({
        node,
        database: database('orders'),
        notes,
        keepsake: parts.keepsake(this.#keepsake),
        clock,
        sign: signer.sign,
      });
      const sameAs = async (person: PersonId): Promise<readonly PersonId[]> => (await orders.standing()).sameAs(person);
      const cohorts = createCohorts({ node, desk, records, store, clock, random, sameAs });
      const sessions = await openSessions({ store, peers, orders, clock, random, enrol: cohorts.enrol });
      const obedience = createObedience({ node, engine, book: orders, store, contacts, clock, log: () => undefined });
      this.#closing = () => {
        void obedience.close();
      };
      await obedience.round();
      const bindings = createBindings({ node, signer, store, records, clock, random });
      const throttle = createThrottle(clock);
      const basic = createBasic({ sessions, throttle, clock, random });
      const relayed = parts.relayed(createRelayed(notes));
      const library = { all: () => [] };
      const upstream = { status: unused, visit: unused, choose: unused };
      const centre = openCentreBook({ node, engine, clock });
      const organs = [
        createReplica({ node, version, engine, records, commons, sessions, basic, cohorts }),
        createReceipts({ node, engine, records, relayed, sessions, contacts, orders, bindings, clock }),
        createRouter('api', [
          ...accountRoutes({
            knownCountries: async () => new Set<string>(),
            clock,
            node,
            version,
            origin,
            key: signer.key,
            engine,
            sessions,
            store,
            cohorts,
            bindings,
            throttle,
            centre,
          }),
          ...upstreamRoutes({
            node,
            version,
            engine,
            sessions,
            peers,
            library,
            upstream,
            centre,
            held: { offered: () => Promise.resolve(null) },
            clock,
          }),
        ]),
      ];
      const own = parts.own(
        createOwnEnd({
          node,
          engine,
          relayed,
          refused: () => Promise.resolve(),
          obey: () => obedience.round(),
          erased: async () => (await orders.standing()).erased,
        }),
      );
      if (!isThis()) return null;
      this.process = { engine, records, sessions, store, cohorts, peers, orders, organs, own };
      return this.process;
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      return null;
    }
  }

  serve(request: Request, answered: (answer: Response | null) => void): void {
    const { process } = this;
    if (process === null) {
      answered(null);
      return;
    }
    const life = this.#life;
    this.#underWay.add(answered);
    const settle = (answer: Response): void => {
      // What a process that ended would have said, nobody hears.
      if (life !== this.#life || !this.#underWay.delete(answered)) return;
      answered(answer);
    };
    const respond = async (): Promise<Response> => {
      for (const organ of process.organs) {
        const answer = await organ(request, { address: 'line', local: false, secure: true });
        if (answer === null) continue;
        // As the composition root does it.
        answer.headers.set('perigee-node', this.name);
        answer.headers.set('perigee-epoch', process.engine.epoch);
        return answer;
      }
      return new Response('', { status: 404 });
    };
    this.#parts.answer(request, respond).then(settle, (error: unknown) => {
      if (!(error instanceof StorageFailure)) throw error;
      // As the sockets answer it.
      settle(
        Response.json({ error: 'storage', message: 'The node cannot use its storage.' }, { status: 503, headers: { 'retry-after': '5' } }),
      );
    });
  }

  /** Ends the process at once, and with `power` the whole machine. */
  kill(power: boolean): void {
    this.#life += 1;
    this.#link = null;
    const { process } = this;
    this.process = null;
    if (power) this.disk.cutPower();
    else this.disk.end();
    // Frees what the engine holds of this process; its disk takes nothing from it any more.
    void process?.engine.close();
    this.#closing();
    const cut = [...this.#underWay];
    this.#underWay.clear();
    for (const answered of cut) answered(null);
    this.#trace(() => `${this.name} ${power ? 'lost its power' : 'was killed'}`);
  }

  /** An older copy is put in place of what is on the disk; null: an empty disk. */
  restore(backup: DatabaseSync | null): void {
    this.kill(false);
    this.disk.replace(backup);
    if (backup === null) this.#keepsake.lose();
    this.#trace(() => `${this.name} ${backup === null ? 'got an empty disk' : 'was restored from a backup'}`);
  }

  /**
   * One visit to the parent, as the shipped job makes it, with its parts and its end; null where there is nothing to make it with. It never ends where the
   * process is ended meanwhile. The job's timers are not here: the world says when.
   */
  async visit(link: Link, parent: SimulatedNode): Promise<VisitEnd | null> {
    const { process, credential } = this;
    if (process === null || credential === null || this.#visiting === process) return null;
    this.#visiting = process;
    const moment = (): LinkMoment => ({ now: this.#wallClock() + this.skew, minute: 0, chance: this.#chance.next(), hours: null });
    const step = advanceLink(this.#link ?? startLink(moment().now), { type: 'asked' }, moment());
    if (step.command.do !== 'visit') throw new Error('A visit that was asked for was not made');
    const request = link.fetch(this.name, parent, () => this.process === process);
    const line: Line = {
      bytes: { sent: 0, received: 0 },
      close: () => undefined,
      pack: (body) => Promise.resolve(gzipSync(body)),
      async ask(path, { method = 'GET', headers = {}, body } = {}) {
        // The line carries text: what is packed is unpacked at its end, where the shipped handler would do it in a thread.
        const { 'content-encoding': encoding, ...plain } = headers;
        const text = body === undefined ? {} : { body: Buffer.from(encoding === 'gzip' ? gunzipSync(body) : body).toString() };
        try {
          return await request(`${parent.origin}${path}`, {
            method,
            headers: { ...plain, authorization: `Bearer ${credential}` },
            ...text,
          });
        } catch {
          throw new LineBroken('broken');
        }
      },
    };
    const report = (): Promise<JsonObject> =>
      Promise.resolve({ version: '0', epoch: process.engine.epoch, waiting: 0, waitingSince: null, courses: {} });
    let end: VisitEnd;
    try {
      const { own } = process;
      end = await runVisit({
        own,
        parent: createParentEnd({ line, report }),
        part: step.command.part,
        mayGoOn: () => this.process === process,
        moved: () => undefined,
      });
      if (end.moved > 0) await own.obey();
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      end = { type: 'failed', failure: 'storage', moved: 0 };
    }
    this.#link = advanceLink(step.state, { type: 'visited', end }, moment()).state;
    this.#visiting = null;
    this.#trace(() => `${this.name} ends a visit: ${end.type === 'failed' ? end.failure : end.type}, ${String(end.moved)} moved`);
    return end;
  }

  /** Gives a child its credential, as an administrator does. False where the node is away or fails. */
  async admit(child: SimulatedNode): Promise<boolean> {
    const { process } = this;
    if (process === null) return false;
    try {
      child.credential = await process.peers.add(child.name);
      return true;
    } catch (error) {
      if (error instanceof StorageFailure) return false;
      throw error;
    }
  }

  /** A code with which a device becomes one of the node's people, as a trainer gives it; null where the node is away or fails. */
  async codeFor(person: PersonId): Promise<string | null> {
    const { process } = this;
    if (process === null) return null;
    try {
      if (this.cohort === null || (await process.cohorts.get(this.cohort)) === null)
        this.cohort = (await process.cohorts.create('Spring', ['satellite-navigation' as CourseId], person)).id;
      const known = await process.store.get('learner', person);
      const [made] = await process.sessions.createCodes([
        known !== null ? { use: 'link', name: '', person } : { use: 'enrolment', name: 'Learner', cohort: this.cohort },
      ]);
      return made === undefined ? null : showCode(made.code);
    } catch (error) {
      if (error instanceof StorageFailure) return null;
      throw error;
    }
  }

  close(): void {
    this.kill(false);
    this.disk.close();
    this.backup?.close();
  }
}

export const deviceText = (device: DeviceId): string => device.slice(0, 4);
export const timeText = (milliseconds: number): string => instantOf(milliseconds).slice(5, 23).replace('T', ' ');
