/**
 * `/api/update`: what version runs, and an update that an administrator hands over in the browser, in parts, so that a line that breaks goes on where it stopped. What is taken, and how, is apply.ts's to say.
 */
import { existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { instantOf, type Clock } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Engine } from '../engine/engine.ts';
import { makeFolder } from '../engine/sync-folder.ts';
import { badRequest, forbidden, json, refuse } from '../http/answer.ts';
import { readBytes, readObject } from '../http/body.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { Disk } from '../status/disk.ts';
import { applyUpdate, goBack } from './apply.ts';
import { readPointer, versionsFolder } from './versions.ts';

/** Where the node lies, and whether somebody starts it again when its pointer moves. */
export interface Installation {
  readonly root: string;
  readonly keys: readonly string[];
  readonly supervised: boolean;
}

/** Bytes of an update that is handed over. */
const mostBytes = 256 * 1024 * 1024;

export function updateRoutes(given: {
  readonly node: NodeId;
  readonly version: string;
  readonly data: string;
  readonly installation: Installation | null;
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly disk: Disk;
  readonly clock: Clock;
}): readonly Route[] {
  const { node, version, data, installation, engine, sessions, disk, clock } = given;
  const incoming = join(versionsFolder(data), 'incoming.perigee');
  const received = (): number => (existsSync(incoming) ? statSync(incoming).size : 0);

  const asAdministrator =
    (answer: (asked: Asked) => Promise<Response>) =>
    async (asked: Asked): Promise<Response> => {
      const bearer = await bearerOf(asked.request, sessions);
      if (!bearer.ok) return bearer.error;
      return hasRole(bearer.value, 'administrator') ? answer(asked) : forbidden();
    };
  const unsupervised = (): Response =>
    refuse(
      409,
      'unsupervised',
      'Nobody starts this node again when its version changes. Start it with «npm start», or by the system’s service.',
    );

  // One at a time: parts of two uploads would be one file.
  let last: Promise<unknown> = Promise.resolve();
  function alone<Value>(act: () => Promise<Value>): Promise<Value> {
    const next = last.then(act);
    last = next.catch(() => undefined);
    return next;
  }

  async function receive({ request, url }: Asked): Promise<Response> {
    const at = Number(url.searchParams.get('at') ?? '');
    if (!Number.isInteger(at) || at < 0) return badRequest('A part says in «at» at which byte of the file it begins.');
    const read = await readBytes(request);
    if (!read.ok) return refuse(read.error.status, 'bad-request', read.error.message);
    const part = read.value;
    if (at + part.length > mostBytes) return refuse(413, 'too-large', 'An update is smaller than this.');
    if (!(await disk.hasRoomFor(part.length))) return refuse(507, 'no-room', 'The disk keeps what room it has for records.');
    makeFolder(versionsFolder(data), 0o700);
    if (at > received()) return json({ bytes: received() }, 409);
    const file = await open(incoming, at === 0 ? 'w' : 'r+', 0o600);
    try {
      await file.write(part, 0, part.length, at);
      await file.truncate(at + part.length);
      await file.sync();
    } finally {
      await file.close();
    }
    return json({ bytes: at + part.length });
  }

  async function take(older: boolean): Promise<Response> {
    if (installation === null || !installation.supervised) return unsupervised();
    if (!existsSync(incoming)) return badRequest('No file was handed over.');
    const { root, keys } = installation;
    const taken = await applyUpdate({
      file: incoming,
      data,
      node,
      keys,
      running: version,
      root,
      older,
      epoch: engine.kind === 'couchdb' ? engine.epoch : null,
      now: instantOf(clock()),
    });
    return taken.ok ? json({ version: taken.value.version }) : refuse(422, 'not-taken', taken.error.replaceAll(incoming, 'The file'));
  }

  return [
    {
      method: 'GET',
      path: '/api/update',
      answer: asAdministrator(() => {
        const { version: now, before, stage, why } = readPointer(data);
        const { supervised, keys } = installation ?? { supervised: false, keys: [] };
        return Promise.resolve(
          json({ version, updated: now !== null, before, stage, why, supervised, publishers: keys.length, received: received() }),
        );
      }),
    },
    { method: 'PUT', path: '/api/update/file', answer: asAdministrator((asked) => alone(() => receive(asked))) },
    {
      method: 'POST',
      path: '/api/update',
      answer: asAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        const { older } = read.value;
        return typeof older === 'boolean'
          ? alone(() => take(older))
          : badRequest('The body says in «older» whether a version that is older is taken.');
      }),
    },
    {
      method: 'POST',
      path: '/api/update/back',
      answer: asAdministrator(async ({ request }) => {
        const read = await readObject(request);
        if (!read.ok) return read.error;
        // What ends everybody's requests for a moment is said twice.
        if (read.value['confirm'] !== version) return badRequest('The body confirms the version that runs: in confirm.');
        if (installation?.supervised !== true) return unsupervised();
        const gone = goBack(data, 'An administrator said so.');
        return gone === null ? refuse(409, 'none-before', 'The version that was installed by hand runs.') : json({ version: gone.to });
      }),
    },
  ];
}
