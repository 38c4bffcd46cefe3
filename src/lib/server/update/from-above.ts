/**
 * A version of the node from the centre above. The parent says in its greeting which signed version it hands on; nothing is fetched before an administrator of this node agreed, to that very file, by its hash. Then it
 * comes with the visits: in the hours and at the rate of the line, in its parts, and goes on at the byte where a line broke. The parent is not believed in anything: as soon as the head of the file is here its signature is
 * checked against the publishers that are pinned at this node, and before anything is unpacked every hash (update-file.ts). It is taken at the hour that the administrator chose, by the same road as a file that is carried (apply.ts).
 *
 *   <data>/versions/from-above.json        what the parent last offered, what was agreed to, and what became of it
 *   <data>/versions/arriving-….perigee     what has arrived
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { instantOf, isInstant, type Clock, type Instant } from '../../domain/clock.ts';
import { isNodeId, type NodeId } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, isString } from '../../domain/shape.ts';
import type { LinkFailure } from '../../sync/link.ts';
import type { OfferedRelease } from '../../sync/visit.ts';
import { makeFolder, syncFolder } from '../engine/sync-folder.ts';
import type { Log } from '../log.ts';
import type { Disk } from '../status/disk.ts';
import type { CoursePorts } from '../upstream/courses.ts';
import { brokenBy, failureOf } from '../upstream/parent-end.ts';
import { checkUpdate, roomToUnpack, type NotTaken } from './apply.ts';
import { heldFile, parseOffered } from './held.ts';
import { compareVersions, hashOfFile, peekUpdate } from './update-file.ts';
import { versionsFolder } from './versions.ts';

/** Why a version from above is not here, or was not taken. */
export type AboveFault =
  /** The disk keeps its room for records. */
  | 'no-room'
  /** Its publisher is not pinned here, its signature is wrong, or this machine cannot run it. */
  | 'refused'
  /** What came is not what was offered or signed. */
  | 'damaged'
  /** The parent does not have it any more. */
  | 'gone'
  /** It was whole, and could not be put in place. */
  | 'failed'
  /** The power went while it was put in place. */
  | 'interrupted';

interface Heard {
  readonly from: NodeId;
  readonly release: OfferedRelease;
}

interface Wish {
  readonly release: OfferedRelease;
  /** Hour of this machine's day at which it is taken, 0 to 23; null for as soon as it is here. */
  readonly hour: number | null;
  /** Also where it is older than what runs. */
  readonly older: boolean;
  /** It is here, whole, and every hash was right. */
  readonly ready: boolean;
}

interface Failure {
  readonly version: string;
  readonly code: AboveFault;
  /** Whole sentences, for whoever looks closer. */
  readonly said: string;
  readonly at: Instant;
}

interface Memory {
  readonly heard: Heard | null;
  readonly wish: Wish | null;
  readonly failure: Failure | null;
}

export interface AboveState {
  readonly version: string;
  /** Bytes of its file. */
  readonly bytes: number;
  /** Who offers it; null where nobody does any more. */
  readonly from: NodeId | null;
  readonly is: 'newer' | 'same' | 'older';
  /** `offered`: nobody agreed yet; `coming`: it is fetched; `ready`: it is here and waits for its hour. */
  readonly stage: 'offered' | 'coming' | 'ready';
  /** Bytes that are here. */
  readonly here: number;
  readonly hour: number | null;
  readonly failure: Pick<Failure, 'version' | 'code' | 'said' | 'at'> | null;
}

export interface FromAbove {
  /** What the parent said in its greeting; null where it offers nothing. */
  heard(from: NodeId, release: OfferedRelease | null): void;
  state(): Promise<AboveState | null>;
  /** An administrator agrees to what the parent offers. The error says why that cannot be, before a byte was fetched. */
  agree(given: {
    readonly version: string;
    readonly hour: number | null;
    readonly older: boolean;
  }): Promise<Result<null, NotTaken | 'not-offered'>>;
  withdraw(): void;
  /** Fetches what was agreed to, over the parent's line. What is wrong with the file ends the wish and not the visit. */
  fetch(ports: CoursePorts): Promise<Result<null, LinkFailure | 'closed'>>;
  /** Takes what is here where its hour has come. */
  takeIfDue(): Promise<void>;
}

/** Whether a version that is here is taken now. `hour`: of the local day. */
export const isDue = (wish: { readonly hour: number | null }, hour: number): boolean => wish.hour === null || wish.hour === hour;

export const isHour = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 24;

const faults = ['no-room', 'refused', 'damaged', 'gone', 'failed', 'interrupted'] as const;

function parseMemory(value: unknown): Memory {
  const { heard, wish, failure } = isObject(value) ? value : {};
  const heardRelease = isObject(heard) ? parseOffered(heard['release']) : null;
  const wished = isObject(wish) ? parseOffered(wish['release']) : null;
  return {
    heard: isObject(heard) && isNodeId(heard['from']) && heardRelease !== null ? { from: heard['from'], release: heardRelease } : null,
    wish:
      isObject(wish) && wished !== null && (wish['hour'] === null || isHour(wish['hour']))
        ? { release: wished, hour: wish['hour'], older: wish['older'] === true, ready: wish['ready'] === true }
        : null,
    failure:
      isObject(failure) && isString(failure['version']) && isString(failure['said']) && isInstant(failure['at'])
        ? {
            version: failure['version'],
            code: faults.find((code) => code === failure['code']) ?? 'failed',
            said: failure['said'],
            at: failure['at'],
          }
        : null,
  };
}

const megabytes = (bytes: number): string => `${String(Math.ceil(bytes / 1e6))} MB`;

export function openFromAbove(given: {
  readonly data: string;
  /** The version that runs. */
  readonly running: string;
  /** Publishers that are pinned here. */
  readonly keys: () => Promise<readonly string[]>;
  readonly disk: Pick<Disk, 'room' | 'hasRoomFor'>;
  /** Puts a whole file in place, and keeps it (apply.ts). */
  readonly take: (file: string, older: boolean) => Promise<Result<unknown, NotTaken>>;
  readonly clock: Clock;
  /** Hour of this machine's local day. */
  readonly hour: () => number;
  readonly log: Log;
}): FromAbove {
  const { data, running, keys, disk, take, clock, hour, log } = given;
  const folder = versionsFolder(data);
  const file = join(folder, 'from-above.json');
  const arrivingOf = ({ sha256 }: OfferedRelease): string => join(folder, `arriving-${sha256.slice(0, 16)}.perigee`);
  let memory: Memory = { heard: null, wish: null, failure: null };
  try {
    memory = parseMemory(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Nothing was offered yet, or a power cut took it: the next greeting says it again, and an administrator is asked again.
  }
  let taking = false;

  function keep(change: Partial<Memory>): void {
    memory = { ...memory, ...change };
    makeFolder(folder, 0o700);
    writeFileSync(`${file}.new`, `${JSON.stringify(memory)}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    syncFolder(folder);
  }

  const sizeOf = (path: string): Promise<number> =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );

  /** Room for the rest of the file and for unpacking it, beside what is kept for records. */
  const roomFor = ({ bytes, unpacked }: OfferedRelease, here: number): number => Math.max(0, bytes - here) + roomToUnpack(unpacked);
  const hasRoom = (release: OfferedRelease, here: number): Promise<boolean> => disk.hasRoomFor(roomFor(release, here));
  async function noRoom(release: OfferedRelease, here: number): Promise<string> {
    const { free } = await disk.room();
    return `Version ${release.version} needs ${megabytes(roomFor(release, here))} beside the room that is kept for records; the disk has ${megabytes(free)} free.`;
  }

  /** The wish ends, and the page says why. What arrived stays only where it may be of use. */
  async function fail({ release }: Wish, code: AboveFault, said: string): Promise<void> {
    if (code === 'damaged' || code === 'refused') await rm(arrivingOf(release), { force: true });
    keep({ wish: null, failure: { version: release.version, code, said, at: instantOf(clock()) } });
    log(`Version ${release.version} from the centre above was not taken. ${said}`);
  }

  /** Sentences about the file that came, by the version's name and whose it was. */
  const subject = ({ release }: Wish): string => `The file of version ${release.version} from ${memory.heard?.from ?? 'the centre above'}`;
  const named = (wish: Wish, what: string): string => `${subject(wish)} ${what}. Nothing was changed.`;
  const saidOf = (wish: Wish, said: string): string => said.replaceAll(arrivingOf(wish.release), subject(wish));

  /** As soon as the head is here: the rest is not paid for where it would be refused. True where it may go on. */
  async function judgeHead(wish: Wish): Promise<boolean | null> {
    const head = await peekUpdate(arrivingOf(wish.release), await keys());
    if (!head.ok) {
      await fail(wish, 'refused', named(wish, head.error));
      return false;
    }
    if (head.value === null) return null;
    const { manifest, length } = head.value;
    if (manifest.version !== wish.release.version || length !== wish.release.bytes) {
      await fail(wish, 'damaged', named(wish, `is version ${manifest.version} of ${String(length)} bytes, and something else was offered`));
      return false;
    }
    if (compareVersions(process.versions.node, manifest.node) < 0) {
      await fail(wish, 'refused', named(wish, `needs Node ${manifest.node}, and this machine runs ${process.versions.node}`));
      return false;
    }
    return true;
  }

  /** The next part, written as it arrives: what a break leaves is where the next one begins. */
  async function fetchPart(wish: Wish, here: number, { line, part, moved }: CoursePorts): Promise<Result<null, LinkFailure | 'gone'>> {
    const { sha256, bytes } = wish.release;
    const last = Math.min(bytes, here + part) - 1;
    let response: Response;
    try {
      response = await line.ask(`/api/update/release/${sha256}`, { headers: { range: `bytes=${String(here)}-${String(last)}` } });
    } catch (error) {
      return err(brokenBy(error));
    }
    if (response.status === 404) return err('gone');
    if (response.status !== 206 || response.body === null) return err(failureOf(response.status, null));
    makeFolder(folder, 0o700);
    const arriving = await open(arrivingOf(wish.release), 'a', 0o600);
    let came = 0;
    try {
      for await (const chunk of response.body) {
        // A parent that sends more than was asked for is not read on.
        const some = chunk.subarray(0, Math.max(0, last + 1 - here - came));
        came += some.byteLength;
        await arriving.writeFile(some);
      }
    } catch (error) {
      return err(brokenBy(error));
    } finally {
      await arriving.sync();
      await arriving.close();
      if (came > 0) moved(1);
    }
    return came === 0 ? err('nonsense') : ok(null);
  }

  /** It is all here: its bytes are those that were offered, and every hash is what was signed. */
  async function conclude(wish: Wish): Promise<void> {
    const path = arrivingOf(wish.release);
    if ((await judgeHead(wish)) !== true) return;
    if ((await hashOfFile(path)) !== wish.release.sha256) {
      await fail(wish, 'damaged', named(wish, 'is damaged: its bytes are not those that were offered'));
      return;
    }
    const checked = await checkUpdate({ file: path, keys: await keys(), running, older: wish.older });
    if (!checked.ok) {
      await fail(wish, checked.error.code === 'refused' ? 'damaged' : 'failed', saidOf(wish, checked.error.said));
      return;
    }
    keep({ wish: { ...wish, ready: true } });
    log(`Version ${wish.release.version} from the centre above is here.`);
  }

  async function takeIfDue(): Promise<void> {
    const { wish } = memory;
    if (wish?.ready !== true || taking || !isDue(wish, hour())) return;
    taking = true;
    try {
      // The wish ends first: whatever happens now, nothing is taken twice by itself.
      const { version } = wish.release;
      keep({
        wish: null,
        failure: { version, code: 'interrupted', said: `Putting version ${version} in place was interrupted.`, at: instantOf(clock()) },
      });
      const held = await heldFile(data, wish.release);
      if (held === null && (await sizeOf(arrivingOf(wish.release))) === 0) {
        await fail(wish, 'damaged', named(wish, 'was here and is not any more'));
        return;
      }
      const taken = await take(held ?? arrivingOf(wish.release), wish.older);
      if (taken.ok) {
        keep({ failure: null });
        log(`Version ${version} from the centre above is in place.`);
      } else
        await fail(
          wish,
          taken.error.code === 'no-room' ? 'no-room' : taken.error.code === 'refused' ? 'damaged' : 'failed',
          saidOf(wish, taken.error.said),
        );
    } finally {
      taking = false;
    }
  }

  return {
    takeIfDue,
    heard(from, release) {
      const before = memory.heard;
      if (release === null ? before === null : before?.from === from && before.release.sha256 === release.sha256) return;
      // What was agreed to stays agreed to: it is that file, and no other.
      keep({ heard: release === null ? null : { from, release } });
    },
    async state() {
      const { heard, wish, failure } = memory;
      const release = wish?.release ?? heard?.release;
      if (release === undefined) return null;
      const order = compareVersions(release.version, running);
      return {
        version: release.version,
        bytes: release.bytes,
        from: heard?.from ?? null,
        is: order > 0 ? 'newer' : order < 0 ? 'older' : 'same',
        stage: wish === null ? 'offered' : wish.ready ? 'ready' : 'coming',
        here: wish?.ready === true ? release.bytes : await sizeOf(arrivingOf(release)),
        hour: wish?.hour ?? null,
        failure,
      };
    },
    async agree({ version, hour: at, older }) {
      const release = memory.wish?.release.version === version ? memory.wish.release : memory.heard?.release;
      if (release?.version !== version) return err('not-offered');
      const order = compareVersions(version, running);
      if (order === 0) return err({ code: 'refused', said: `Version ${version} is in use already. Nothing was changed.` });
      if (order < 0 && !older)
        return err({ code: 'older', said: `Version ${version} is older than ${running}, which runs. Nothing was changed.` });
      if ((await keys()).length === 0)
        return err({ code: 'refused', said: 'No publisher is pinned here: «npx perigee release pin KEY». Nothing was fetched.' });
      const ready = (await heldFile(data, release)) !== null;
      const here = ready ? release.bytes : await sizeOf(arrivingOf(release));
      if (!(await hasRoom(release, here))) return err({ code: 'no-room', said: `${await noRoom(release, here)} Nothing was fetched.` });
      const keepName = arrivingOf(release);
      for (const name of await readdir(folder).catch(() => []))
        if (/^arriving-.*\.perigee$/.test(name) && join(folder, name) !== keepName) await rm(join(folder, name), { force: true });
      keep({ wish: { release, hour: at, older, ready: ready || memory.wish?.ready === true }, failure: null });
      await takeIfDue();
      return ok(null);
    },
    withdraw() {
      if (memory.wish !== null) keep({ wish: null });
    },
    async fetch(ports) {
      let judged = false;
      for (;;) {
        // An administrator may have thought better of it meanwhile.
        const { wish } = memory;
        if (wish === null || wish.ready) break;
        const here = await sizeOf(arrivingOf(wish.release));
        if (here > 0 && !judged) {
          const good = await judgeHead(wish);
          if (good === false) break;
          judged = good === true;
        }
        if (here >= wish.release.bytes) {
          await conclude(wish);
          break;
        }
        if (!ports.mayGoOn()) return err('closed');
        if (!(await hasRoom(wish.release, here))) {
          await fail(wish, 'no-room', await noRoom(wish.release, here));
          break;
        }
        const fetched = await fetchPart(wish, here, ports);
        if (fetched.ok) continue;
        if (fetched.error === 'gone') {
          await fail(
            wish,
            'gone',
            `${memory.heard?.from ?? 'The centre above'} does not hand on version ${wish.release.version} any more.`,
          );
          break;
        }
        return err(fetched.error);
      }
      return ok(null);
    },
  };
}
