/**
 * The node's side of the line to its parent: wakes up when it is time (sync/link.ts), makes visits (sync/visit.ts), and can say at any moment what waits,
 * since when and why. Of several processes of one node, that share a CouchDB, one at a time makes visits: a lease in the notes says which.
 */
import { instantOf, type Clock, type Instant, type RandomBytes } from '../../domain/clock.ts';
import { base32, type CourseId, type NodeId, type PersonId } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/shape.ts';
import {
  advanceLink,
  isOpen,
  parts,
  rateOf,
  startLink,
  type Hours,
  type LinkCommand,
  type LinkEvent,
  type LinkFailure,
  type LinkMoment,
  type VisitEnd,
} from '../../sync/link.ts';
import { runVisit, type OwnEnd, type Place } from '../../sync/visit.ts';
import type { Engine } from '../engine/engine.ts';
import { StorageFailure } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import type { FromAbove } from '../update/from-above.ts';
import type { CourseState, UpstreamCourses } from './courses.ts';
import { createLine } from './line.ts';
import type { NoteBook, Notes } from './notes.ts';
import { createOwnEnd } from './own-end.ts';
import { createParentEnd } from './parent-end.ts';
import type { Relayed } from './relayed.ts';

/** The parent, and how it may be talked to. */
export interface ParentSettings {
  readonly url: string;
  readonly token: string;
  /** Kilobits a second, both ways together; null for as fast as it goes. */
  readonly kbps: number | null;
  readonly hours: Hours | null;
  /** Told the parent's time. */
  readonly heardTime?: (time: number) => void;
  /** Visits are made only when they are asked for. */
  readonly byHand?: boolean;
}

/** `none`: there is no parent; `closed`: the hours have not begun; `failing`: the last visit failed; else the last one went well, or none was made yet. */
export type UpstreamState = 'none' | 'visiting' | 'closed' | 'failing' | 'resting';

export interface UpstreamStatus {
  readonly state: UpstreamState;
  readonly url: string | null;
  /** Who the parent said to be. */
  readonly place: Place | null;
  readonly lastContact: Instant | null;
  readonly failure: { readonly code: LinkFailure; readonly since: Instant } | null;
  /** Documents that the parent does not have yet. */
  readonly waiting: number;
  readonly waitingSince: Instant | null;
  readonly next: Instant | null;
  readonly kbps: number | null;
  readonly hours: Hours | null;
  /** Since this process was started. */
  readonly bytes: { readonly sent: number; readonly received: number };
  readonly refused: Notes['refused'];
  readonly courses: { readonly chosen: readonly CourseId[] | null; readonly states: Readonly<Record<string, CourseState>> };
}

export interface Upstream {
  status(): Promise<UpstreamStatus>;
  /** Makes a visit now, whatever the hour; waits for the one under way. Null where there is no parent, or another process is visiting. */
  visit(): Promise<VisitEnd | null>;
  /** Which of the parent's courses are carried here; null for all. */
  choose(courses: readonly CourseId[] | null): Promise<void>;
  /** Something is wanted from the parent: the next visit need not wait for its time, but keeps to the hours. */
  wanted(): void;
  close(): Promise<void>;
}

/** Milliseconds for which a process may visit without saying again that it does. */
const leaseTime = 2 * 60_000;
/** Whoever waits for longer looks again after this: clocks are set, and days have 23 to 25 hours. */
const longestSleep = 60 * 60_000;
/** How many refused documents are named. */
const namedRefusals = 50;

/** Minutes of this machine's local day. */
const localMinute = (now: number): number => new Date(now).getHours() * 60 + new Date(now).getMinutes();

export function createUpstream(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly engine: Engine;
  readonly parent: ParentSettings | null;
  readonly notes: NoteBook;
  readonly relayed: Relayed;
  readonly courses: UpstreamCourses;
  /** A version of the node, where somebody agreed to it. */
  readonly release: Pick<FromAbove, 'heard' | 'fetch'>;
  /** What is published here, for the greeting. */
  readonly published: () => Readonly<Record<string, string>>;
  readonly obey: OwnEnd['obey'];
  /** After a visit that brought something. */
  readonly arrived: () => Promise<void>;
  readonly erased: () => Promise<ReadonlySet<PersonId>>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}): Upstream {
  const { node, version, engine, parent, notes, relayed, courses, release, published, obey, arrived, erased, clock, random, sleep, log } =
    given;
  const up = [`records-${node}`, `desk-${node}`];
  const holder = base32(random(10));
  const now = (): Instant => instantOf(clock());
  const hours = parent?.hours ?? null;
  const kbps = parent?.kbps ?? null;
  const rate = kbps === null ? null : rateOf(kbps);
  const stopping = new AbortController();
  /** Sleeps, but not beyond the end of the node: at a low rate a large answer is paid for over many minutes. */
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      if (stopping.signal.aborted) done();
      else stopping.signal.addEventListener('abort', done);
      sleep(ms).then(done, reject);
    });
  const line =
    parent === null
      ? null
      : createLine({ url: parent.url, token: parent.token, version, rate, heardTime: parent.heardTime, clock, sleep: rest });

  let link = startLink(clock());
  let plan: LinkCommand = { do: 'nothing' };
  let timer: NodeJS.Timeout | undefined;
  let visiting: Promise<VisitEnd> | null = null;
  /** Something new waits since the visit under way began: a version of the node, which may take an hour, lets it pass. */
  let news = false;

  const own = createOwnEnd({
    node,
    engine,
    relayed,
    obey,
    erased,
    async refused(database, refusals) {
      const rows = refusals.map(({ id, reason }) => ({ database, id, reason, at: now() }));
      await notes.change((before) => ({
        ...before,
        refused: { count: before.refused.count + rows.length, newest: [...rows, ...before.refused.newest].slice(0, namedRefusals) },
      }));
    },
  });

  /** Documents behind the place up to which the parent has everything. */
  async function waitingIn(database: string): Promise<number> {
    const position = await own.position(`up:${database}`);
    const place = await relayed.place();
    const isGood =
      position !== null && position.own === own.epoch && position.place.node === place?.node && position.place.epoch === place.epoch;
    const { results, pending } = await engine
      .database(database)
      .changes({ partition: null, since: isGood ? position.since : '0', limit: 1, style: 'main_only' });
    return results.length + pending;
  }

  async function countWaiting(): Promise<number> {
    const counts = await Promise.all(up.map(waitingIn));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Notes since when something waits. */
  async function noteWaiting(): Promise<{ readonly waiting: number; readonly since: Instant | null }> {
    const waiting = await countWaiting();
    const { waitingSince } = await notes.change((before) =>
      waiting > 0 === (before.waitingSince !== null) ? null : { ...before, waitingSince: waiting > 0 ? now() : null },
    );
    return { waiting, since: waitingSince };
  }

  const report = async (): Promise<JsonObject> => {
    const { waiting, since } = await noteWaiting();
    const { courses: chosen } = await notes.read();
    return { version, epoch: engine.epoch, waiting, waitingSince: since, courses: published(), chosen };
  };

  /** Takes or renews the lease; false where another process has it. */
  async function lease(): Promise<boolean> {
    const until = clock() + leaseTime;
    const after = await notes.change((before) => {
      const held = before.lease !== null && before.lease.holder !== holder && before.lease.until > clock();
      return held ? null : { ...before, lease: { holder, until } };
    });
    return after.lease?.holder === holder;
  }

  async function runOne(settings: ParentSettings, part: number, anyHour: boolean): Promise<VisitEnd> {
    if (line === null) return { type: 'closed', moved: 0 };
    const mayGoOn = (): boolean => !stopping.signal.aborted && (anyHour || isOpen(hours, localMinute(clock())));
    const renewal = setInterval(() => {
      // What cannot be written now ends the visit by itself.
      lease().catch(() => undefined);
    }, leaseTime / 4);
    // No part takes longer than a minute of the rate.
    const bounded = rate === null ? part : Math.max(parts.least, Math.min(part, Math.floor(rate.rate * 60)));
    let end: VisitEnd;
    try {
      const { courses: chosen } = await notes.read();
      let pieces = 0;
      news = false;
      const moved = (count: number): void => void (pieces += count);
      const ended = await runVisit(
        { own, parent: createParentEnd({ line, report }), part: bounded, mayGoOn, moved: () => undefined },
        async ({ place, courses: offered = {}, release: offer = null }) => {
          release.heard(place.node, offer);
          const fetched = await release.fetch({ line, part: bounded, mayGoOn: () => mayGoOn() && !news, moved });
          if (!fetched.ok) return fetched;
          return courses.install(offered, (course) => chosen?.includes(course) ?? true, { line, part: bounded, mayGoOn, moved });
        },
      );
      end = { ...ended, moved: ended.moved + pieces };
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      end = { type: 'failed', failure: 'storage', moved: 0 };
    } finally {
      clearInterval(renewal);
    }
    await concluded(settings, end);
    // What came down is obeyed, and what a child must tell its parent stands ready for the next visit.
    if (end.moved > 0) await obey();
    if (end.moved > 0) await arrived();
    return end;
  }

  /** Notes how a visit went; says in the log when that changes. */
  async function concluded({ url }: ParentSettings, end: VisitEnd): Promise<void> {
    const code = end.type === 'failed' ? end.failure : null;
    const heard = code === null || end.moved > 0 || !['unreachable', 'storage'].includes(code);
    try {
      let before: Notes['failure'] = null;
      await notes.change((standing) => {
        before = standing.failure;
        return {
          ...standing,
          lease: null,
          lastContact: heard ? now() : standing.lastContact,
          failure: code === null ? null : { code, since: standing.failure?.code === code ? standing.failure.since : now() },
        };
      });
      await noteWaiting();
      const known: LinkFailure | null = (before as Notes['failure'])?.code ?? null;
      if (code !== null && code !== known) log(`The parent ${url}: ${sentences[code]}`);
      if (code === null && known !== null) log(`The parent ${url} answers again.`);
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
    }
  }

  const moment = (): LinkMoment => ({
    now: clock(),
    minute: localMinute(clock()),
    chance: (random(1)[0] ?? 0) / 255,
    hours,
  });

  function take(event: LinkEvent): void {
    if (parent === null || stopping.signal.aborted) return;
    const step = advanceLink(link, event, moment());
    link = step.state;
    if (step.command.do === 'nothing') return;
    plan = step.command;
    clearTimeout(timer);
    if (plan.do === 'wait') {
      timer = setTimeout(() => take({ type: 'woke' }), Math.min(longestSleep, Math.max(0, plan.until - clock())));
      timer.unref();
      return;
    }
    const { part, anyHour } = plan;
    visiting = attempt(parent, part, anyHour);
    visiting.then(
      (end) => {
        visiting = null;
        if (parent.byHand === true) {
          // Nothing is planned; the state of the line is kept.
          link = advanceLink(link, { type: 'visited', end }, moment()).state;
          return;
        }
        take({ type: 'visited', end });
      },
      (error: unknown) => {
        visiting = null;
        log(`A visit to the parent failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        take({ type: 'visited', end: { type: 'failed', failure: 'nonsense', moved: 0 } });
      },
    );
  }

  async function attempt(settings: ParentSettings, part: number, anyHour: boolean): Promise<VisitEnd> {
    try {
      if (await lease()) return await runOne(settings, part, anyHour);
      // Another process of this node is visiting; what it brings is here too.
      return { type: 'done', moved: 0 };
    } catch (error) {
      if (error instanceof StorageFailure) return { type: 'failed', failure: 'storage', moved: 0 };
      throw error;
    }
  }

  /** Tells the link when something new waits. */
  async function follow(database: string): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const { sequence } = await engine.database(database).info(null);
        await engine.database(database).waitForChange(null, sequence, stopping.signal);
        if (stopping.signal.aborted) return;
        if ((await noteWaiting()).waiting > 0) {
          news = true;
          take({ type: 'changed' });
        }
      } catch (error) {
        if (!(error instanceof StorageFailure)) throw error;
      }
      // Many writes are one piece of news.
      await rest(5000);
    }
  }

  const following = parent === null || parent.byHand === true ? [] : up.map(follow);
  if (parent !== null && parent.byHand !== true) take({ type: 'woke' });

  return {
    async status() {
      const standing = await notes.read();
      const { waiting, since } = parent === null ? { waiting: 0, since: null } : await noteWaiting();
      const open = isOpen(hours, localMinute(clock()));
      const state: UpstreamState =
        parent === null ? 'none' : visiting !== null ? 'visiting' : standing.failure !== null ? 'failing' : open ? 'resting' : 'closed';
      return {
        state,
        url: parent?.url ?? null,
        place: parent === null ? null : await relayed.place(),
        lastContact: standing.lastContact,
        failure: parent === null ? null : standing.failure,
        waiting,
        waitingSince: since,
        next: parent !== null && visiting === null && plan.do === 'wait' ? instantOf(plan.until) : null,
        kbps,
        hours,
        bytes: { ...(line?.bytes ?? { sent: 0, received: 0 }) },
        refused: standing.refused,
        courses: { chosen: standing.courses, states: courses.states() },
      };
    },
    async visit() {
      if (parent === null || stopping.signal.aborted) return null;
      await visiting?.catch(() => undefined);
      // Somebody else may have asked in the same moment: then it is theirs that is waited for.
      if (visiting === null) take({ type: 'asked' });
      return visiting;
    },
    async choose(chosen) {
      await notes.change((before) => ({ ...before, courses: chosen }));
      take({ type: 'changed' });
    },
    wanted() {
      take({ type: 'changed' });
    },
    async close() {
      stopping.abort();
      clearTimeout(timer);
      line?.close();
      await Promise.allSettled([...following, ...(visiting === null ? [] : [visiting])]);
    },
  };
}

/** For the log; pages have their own words. */
const sentences: Readonly<Record<LinkFailure, string>> = {
  unreachable: 'it does not answer, or the line broke.',
  'not-accepted': 'it does not know this node’s credential. Its administrator makes a new one: «perigee nodes add».',
  revoked: 'it took this node’s credential back.',
  busy: 'it is busy, or cannot use its disk.',
  nonsense: 'what answers there is no node that this one can talk to.',
  'other-node': 'the credential is another node’s. Each node has its own: «perigee nodes add».',
  moved: 'it was restored from a copy; everything is compared again.',
  storage: 'this node cannot use its own storage.',
};
