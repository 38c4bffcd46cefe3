/**
 * `/api/update`: what version runs; an update that an administrator hands over in the browser, in parts, so that a line that breaks goes on where it stopped; one that the centre above has (from-above.ts); and, for the nodes
 * below, the file that this node hands on (held.ts). What is taken, and how, is apply.ts's to say.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isSha256 } from '../../domain/ids.ts';
import type { Result } from '../../domain/result.ts';
import { bearerOf, hasRole } from '../accounts/bearer.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { readRange } from '../content/organ.ts';
import { makeFolder } from '../engine/sync-folder.ts';
import { badRequest, forbidden, json, notFound, refuse } from '../http/answer.ts';
import { readBytes, readObject } from '../http/body.ts';
import type { Asked, Route } from '../http/organ.ts';
import type { Disk } from '../status/disk.ts';
import { goBack, type NotTaken } from './apply.ts';
import { isHour, type FromAbove } from './from-above.ts';
import type { Held } from './held.ts';
import { isVersion, type UpdateManifest } from './update-file.ts';
import { readPointer, versionsFolder } from './versions.ts';

/** Where the node lies, and whether somebody starts it again when its pointer moves. */
export interface Installation {
  readonly root: string;
  /** Publishers that are pinned here, as they are now: an administrator pins one while the node runs. */
  readonly keys: () => Promise<readonly string[]>;
  readonly supervised: boolean;
}

/** Bytes of an update that is handed over. */
const mostBytes = 256 * 1024 * 1024;

export function updateRoutes(given: {
  readonly version: string;
  readonly data: string;
  readonly installation: Installation | null;
  readonly sessions: Sessions;
  readonly disk: Disk;
  /** Puts a version in place (apply.ts); one at a time. */
  readonly take: (file: string, older: boolean) => Promise<Result<UpdateManifest, NotTaken>>;
  readonly above: FromAbove;
  readonly held: Held;
  /** Something is wanted from the parent. */
  readonly wanted: () => void;
}): readonly Route[] {
  const { version, data, installation, sessions, disk, take, above, held, wanted } = given;
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

  async function takeIncoming(older: boolean): Promise<Response> {
    if (installation?.supervised !== true) return unsupervised();
    if (!existsSync(incoming)) return badRequest('No file was handed over.');
    const taken = await take(incoming, older);
    if (taken.ok) return json({ version: taken.value.version });
    const { code, said } = taken.error;
    return refuse(422, code === 'older' ? 'older' : 'not-taken', said.replaceAll(incoming, 'The file'));
  }

  /** The file that is handed on, or a range of it, to a node below. */
  async function release({ request, parts }: Asked): Promise<Response> {
    const bearer = await bearerOf(request, sessions);
    if (!bearer.ok) return bearer.error;
    if (bearer.value.type !== 'peer') return forbidden();
    const path = isSha256(parts['sha256']) ? await held.pathOf(parts['sha256']) : null;
    if (path === null) return notFound();
    const { size } = statSync(path);
    const range = readRange(request.headers.get('range'), size) ?? { first: 0, last: size - 1 };
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store', 'accept-ranges': 'bytes' };
    if (range === 'unsatisfiable')
      return new Response(null, { status: 416, headers: { ...headers, 'content-range': `bytes */${String(size)}` } });
    const { first, last } = range;
    return new Response(Readable.toWeb(createReadStream(path, { start: first, end: last })) as ReadableStream<Uint8Array>, {
      status: request.headers.has('range') ? 206 : 200,
      headers: {
        ...headers,
        'content-length': String(last - first + 1),
        'content-range': `bytes ${String(first)}-${String(last)}/${String(size)}`,
      },
    });
  }

  async function agree({ request }: Asked): Promise<Response> {
    const read = await readObject(request);
    if (!read.ok) return read.error;
    const { version: wished, hour, older } = read.value;
    if (!isVersion(wished) || !(hour === null || isHour(hour)) || typeof older !== 'boolean')
      return badRequest(
        'The body names the version, in «hour» the hour at which it is taken (0 to 23, or null), and in «older» whether an older one is.',
      );
    if (installation?.supervised !== true) return unsupervised();
    const agreed = await above.agree({ version: wished, hour, older });
    if (agreed.ok) {
      wanted();
      return json({ version: wished }, 202);
    }
    if (agreed.error === 'not-offered') return refuse(409, 'not-offered', 'The centre above does not offer this version any more.');
    return refuse(agreed.error.code === 'no-room' ? 507 : 422, agreed.error.code, agreed.error.said);
  }

  return [
    { method: 'GET', path: '/api/update/release/:sha256', answer: release },
    { method: 'POST', path: '/api/update/above', answer: asAdministrator((asked) => alone(() => agree(asked))) },
    {
      method: 'DELETE',
      path: '/api/update/above',
      answer: asAdministrator(() => {
        above.withdraw();
        return Promise.resolve(json({ withdrawn: true }));
      }),
    },
    {
      method: 'GET',
      path: '/api/update',
      answer: asAdministrator(async () => {
        const { version: now, before, stage, why } = readPointer(data);
        const offered = await held.offered();
        return json({
          version,
          updated: now !== null,
          before,
          stage,
          why,
          supervised: installation?.supervised ?? false,
          publishers: ((await installation?.keys()) ?? []).length,
          received: received(),
          above: await above.state(),
          below: offered === null ? null : { version: offered.version, bytes: offered.bytes },
        });
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
          ? alone(() => takeIncoming(older))
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
