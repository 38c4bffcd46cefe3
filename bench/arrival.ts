/**
 * Nine o'clock: 35 devices come at once to a node on two cores; all synchronise, and 25 of them install a course of 10 MB. One client more reads a picture a few
 * bytes at a time, and shall hold nobody up.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../src/lib/domain/canonical-json.ts';
import type { CourseId, Sha256 } from '../src/lib/domain/ids.ts';
import type { Piece } from '../src/lib/course/package.ts';
import { isSafePiece } from '../src/lib/course/safety.ts';
import { runInstall, type Job, type KeptPiece, type PackageStore } from '../src/lib/sync/client/install.ts';
import { tinyPackage } from '../tests/node/tiny-course.ts';
import { median } from './browser.ts';
import type { Benchmark } from './measure.ts';
import { atOnce, openDevice, openNodePlace, refusals, sleep, type Device } from './peers.ts';

const installing = 25;
const syncing = 35;
const course = 'ten-megabytes' as CourseId;
/** Pictures, which nothing presses further; data and lessons, which are pressed. */
const content = {
  pictures: { count: 72, bytes: 100 * 1024 },
  data: { count: 12, bytes: 120 * 1024 },
  lessons: { count: 80, bytes: 16 * 1024 },
};

/** Puts a package of 10 MB where the node looks for packages of others. Answers its bytes and one of its pictures. */
function writePackage(data: string): { readonly bytes: number; readonly picture: Sha256 } {
  const { manifest: tiny, pieces } = tinyPackage(course);
  const made = new Map(pieces);
  const listed: Piece[] = [...tiny.pieces];
  const add = (bytes: Buffer, piece: Omit<Piece, 'sha256' | 'bytes'>): Sha256 => {
    const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
    made.set(sha256, bytes);
    listed.push({ sha256, bytes: bytes.byteLength, ...piece });
    return sha256;
  };
  const words = ['orbit', 'the', 'receiver', 'of', 'a', 'satellite', 'measures', 'time', 'and', 'position', 'error', 'ephemeris', 'is'];
  const prose = (length: number): string => {
    let text = '';
    while (text.length < length) text += `${words[Math.floor(Math.random() * words.length)] ?? ''} `;
    return text.slice(0, length);
  };
  const figures = (length: number): string => {
    let text = 'time,x,y\n';
    while (text.length < length) text += `${String(text.length)},${Math.random().toFixed(4)},${Math.random().toFixed(4)}\n`;
    return text;
  };
  const pictures = Array.from({ length: content.pictures.count }, (_, n) =>
    add(randomBytes(content.pictures.bytes), { role: 'picture', type: 'image/jpeg', name: `${String(n)}.jpg` }),
  );
  for (let n = 0; n < content.data.count; n++)
    add(Buffer.from(figures(content.data.bytes)), { role: 'data', type: 'text/csv', name: `${String(n)}.csv` });
  for (let n = 0; n < content.lessons.count; n++)
    add(Buffer.from(`<p>${prose(content.lessons.bytes)}</p>`), { role: 'lesson', type: 'text/html', language: 'en' });

  const manifest = { ...tiny, pieces: listed };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64url');
  const value = sign(null, Buffer.from(canonicalJson(manifest)), privateKey).toString('base64url');
  const folder = join(data, 'packages', course);
  mkdirSync(join(folder, 'pieces'), { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'manifest.sig'), JSON.stringify({ key, value }));
  for (const [sha256, bytes] of made) writeFileSync(join(folder, 'pieces', sha256), bytes);
  return { bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0), picture: pictures[0] as Sha256 };
}

/** What a device keeps, without a disk: it only has to know what it holds. */
function createStore(): PackageStore {
  const held = new Map<Sha256, KeptPiece>();
  return {
    course: () => Promise.resolve(undefined),
    held: (pieces) => Promise.resolve(new Set(pieces.filter((sha256) => held.has(sha256)))),
    piece: (sha256) => Promise.resolve(held.get(sha256)),
    putJob: () => Promise.resolve(),
    receive(_job, pieces) {
      // The structure is read again at the end; of the others their names are enough.
      for (const piece of pieces) held.set(piece.sha256, piece.type === 'application/json' ? piece : { ...piece, bytes: new Uint8Array() });
      return Promise.resolve();
    },
    hasRoom: () => Promise.resolve(true),
    dropJob: () => Promise.resolve(),
    install: () => Promise.resolve(),
  };
}

async function install(origin: string): Promise<void> {
  const job: Job = {
    course,
    language: 'en',
    media: true,
    state: 'running',
    reason: null,
    received: 0,
    total: 0,
    transferred: 0,
    pieces: [],
  };
  const ports = {
    // As a browser over TLS does.
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(`${origin}${path}`, { ...init, headers: { ...init.headers, 'accept-encoding': 'gzip, deflate, br' } }),
    store: createStore(),
    isSafe: isSafePiece,
    free: () => Promise.resolve(null),
    transferred: () => 0,
  };
  const end = await runInstall(job, ports, new AbortController().signal, () => undefined);
  if (end.type !== 'done') throw new Error(`An installation ended as ${JSON.stringify(end)}`);
}

/** Reads what it is sent in small parts with long pauses, until it is told to stop. */
async function dawdle(origin: string, picture: Sha256, stop: AbortSignal): Promise<void> {
  const response = await fetch(`${origin}/content/pieces/${picture}`, { signal: stop });
  const reader = response.body?.getReader({ mode: 'byob' });
  try {
    while (!stop.aborted && (await reader?.read(new Uint8Array(512)))?.done === false) await sleep(100);
  } catch {
    // It was told to stop.
  }
}

export const arrival: Benchmark = {
  name: 'arrival',
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'perigee-bench-'));
    const { bytes, picture } = writePackage(data);
    const place = await openNodePlace({ data });
    try {
      const devices = (await place.join(syncing)).map(openDevice);
      const [stop, over] = [new AbortController(), { now: false }];
      const slow = dawdle(place.origin, picture, stop.signal);
      let memory = 0;
      const watch = (async () => {
        while (!over.now) {
          memory = Math.max(memory, (await place.figures()).memory);
          await sleep(100);
        }
      })();
      const passes: number[] = [];
      const installs: number[] = [];
      const came = (async () => {
        await atOnce(Array.from({ length: installing }), installing, async () => {
          const from = performance.now();
          await install(place.origin);
          installs.push(performance.now() - from);
        });
        over.now = true;
      })();
      const syncs = atOnce(devices, syncing, async (device: Device) => {
        for (let documents = 10; !over.now; documents = 1) {
          const from = performance.now();
          await device.pass(documents);
          passes.push(performance.now() - from);
          await sleep(500);
        }
      });
      await Promise.all([came, syncs, watch]);
      stop.abort();
      await slow;
      for (const device of devices) await device.close();
      return [
        {
          name: `${String(syncing)} syncing beside ${String(installing)} installing: a pass, median`,
          value: median(passes) / 1000,
          unit: 's',
          bound: 2,
        },
        { name: '… the slowest', value: Math.max(...passes) / 1000, unit: 's', note: `${String(passes.length)} passes, all finished` },
        {
          name: `… installing ${(bytes / 1024 / 1024).toFixed(1)} MB, median`,
          value: median(installs) / 1000,
          unit: 's',
          note: `${String(installs.length)} of ${String(installing)} installed`,
        },
        { name: '… memory of the node', value: memory / 1024 / 1024, unit: 'MB', bound: 300 },
        { name: '… put off (503, Retry-After) and come again', value: refusals.count, unit: '/s' },
      ];
    } finally {
      await place.remove();
    }
  },
};
