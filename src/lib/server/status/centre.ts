/** `/api/centre`: what an administrator looks at once a week, and a file about the node for whoever helps, without anybody's data. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, homedir, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { instantOf, isInstant, type Clock, type Instant } from '../../domain/clock.ts';
import type { DeviceId, NodeId, PersonId } from '../../domain/ids.ts';
import { isObject } from '../../domain/shape.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { AccountStore } from '../accounts/store.ts';
import type { Engine } from '../engine/engine.ts';
import { forbidden, json } from '../http/answer.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { Tls } from '../tls/tls.ts';
import type { Upstream } from '../upstream/job.ts';
import type { Disk } from './disk.ts';
import type { LogBook } from './log-book.ts';
import { stateOf } from './organ.ts';
import type { StorageWatch } from './storage-watch.ts';
import { withoutPeople } from './without-people.ts';

/** What the last backup left in the data folder (`perigee backup`). */
export const backupNote = 'last-backup.json';

/** A device that was heard from within this counts as here: milliseconds. */
const recently = 30 * 24 * 60 * 60_000;
/** A clock that is off by more shows wrong dates in a record: milliseconds. */
const skewed = 5 * 60_000;
const shownLines = 200;

function sizeUnder(path: string): number {
  if (!existsSync(path)) return 0;
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeUnder(join(path, name)), 0);
}

export function readBackupNote(data: string): { readonly at: Instant; readonly bytes: number } | null {
  const file = join(data, backupNote);
  if (!existsSync(file)) return null;
  try {
    const note: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(note) && isInstant(note['at']) && typeof note['bytes'] === 'number' ? { at: note['at'], bytes: note['bytes'] } : null;
  } catch {
    return null;
  }
}

export function centreRoutes(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly origin: string;
  readonly data: string;
  readonly engine: Engine;
  readonly tls: Tls | null;
  readonly store: AccountStore;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
  readonly disk: Disk;
  readonly storage: Pick<StorageWatch, 'state' | 'pace'>;
  readonly book: Pick<LogBook, 'newest'>;
  /** Milliseconds by which the machine's clock is behind what the node knows. */
  readonly behind: () => number;
  readonly clock: Clock;
}): readonly Route[] {
  const { node, version, origin, data, engine, tls, store, sessions, upstream, disk, storage, book, behind, clock } = given;
  const started = clock();

  async function devices() {
    const names = new Map((await store.list('learner')).map(({ person, name }) => [person, name]));
    const all = await store.list('device');
    const now = clock();
    const versions: Record<string, number> = {};
    for (const { app } of all) if (app !== undefined) versions[app] = (versions[app] ?? 0) + 1;
    const heard = all.flatMap(({ lastContact }) => lastContact ?? []);
    const withDevice = new Set(all.map(({ person }) => person));
    return {
      people: names.size,
      devices: all.length,
      recent: heard.filter((at) => now - Date.parse(at) < recently).length,
      oldest: heard.length === 0 ? null : heard.reduce((a, b) => (a < b ? a : b)),
      never:
        all.filter(({ lastContact }) => lastContact === null).length + [...names.keys()].filter((person) => !withDevice.has(person)).length,
      clocks: all.flatMap(({ person, device, skew = 0 }): { person: PersonId; name: string; device: DeviceId; skew: number }[] =>
        Math.abs(skew) > skewed ? [{ person, name: names.get(person) ?? '', device, skew }] : [],
      ),
      versions,
    };
  }

  async function state() {
    const room = await disk.room();
    const writable = await engine.writable();
    const certificate = tls === null ? null : new X509Certificate(tls.current().certificate);
    return {
      node,
      version,
      origin,
      engine: engine.kind,
      started: instantOf(started),
      now: instantOf(clock()),
      behind: behind(),
      writable,
      storage: { state: stateOf(writable, storage), commit: storage.pace() },
      tls:
        tls === null || certificate === null
          ? null
          : {
              kind: tls.kind,
              until: new Date(certificate.validTo).toISOString(),
              // What whoever trusts the centre at /trust compares with.
              fingerprint: tls.authority === null ? null : new X509Certificate(tls.authority.certificate).fingerprint256,
            },
      disk: {
        ...room,
        database: ['node.sqlite', 'node.sqlite-wal'].reduce((sum, name) => sum + sizeUnder(join(data, name)), 0),
        courses: sizeUnder(join(data, 'pieces')),
      },
      ...(await devices()),
      backup: readBackupNote(data),
    };
  }

  const asAdministrator =
    (answer: () => Promise<Response>) =>
    async ({ request }: Asked): Promise<Response> => {
      const bearer = await bearerOf(request, sessions);
      if (!bearer.ok) return bearer.error;
      return hasRole(bearer.value, 'administrator') ? answer() : forbidden();
    };

  return [
    {
      method: 'GET',
      path: '/api/centre',
      answer: asAdministrator(async () => json({ ...(await state()), log: book.newest(shownLines) })),
    },
    {
      method: 'GET',
      path: '/api/centre/diagnosis',
      // Who is slow or wrong is for the administrator; a stranger who helps needs how many.
      answer: asAdministrator(async () => {
        const { clocks, origin: address, ...rest } = await state();
        const { state: link, lastContact, waiting, bytes } = await upstream.status();
        const names = [...(await store.list('learner')), ...(await store.list('staff'))].map(({ name }) => name);
        const folders = [
          [data, '<data>'],
          [process.cwd(), '<node>'],
          [homedir(), '<home>'],
        ] as const;
        const machine = { platform: platform(), release: release(), arch: arch(), memory: totalmem(), node: process.version };
        return json({
          format: 'perigee-diagnosis',
          ...rest,
          // By name or by number it says where the centre is.
          scheme: new URL(address).protocol,
          clocks: clocks.map(({ skew }) => skew),
          machine,
          resident: process.memoryUsage().rss,
          databases: await engine.databases(),
          upstream: { state: link, lastContact, waiting, bytes },
          log: book.newest(shownLines).map(({ at, line }) => ({ at, line: withoutPeople(line, { folders, names }) })),
        });
      }),
    },
  ];
}
