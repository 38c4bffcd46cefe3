import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import type { CourseId, Sha256 } from '#lib/domain/ids.ts';
import type { Piece, PieceRole, SignedManifest } from '#lib/course/package.ts';
import { isSafePiece } from '#lib/course/safety.ts';
import { openStore, type Store } from '#lib/storage/store.ts';
import type { JobRow } from '#lib/storage/schema.ts';
import { costOf, fetchOffer, runInstall, type InstallPorts, type Job } from './install.ts';
import { readPack } from '#lib/course/read-pack.ts';
import { fromBase64url, sha256Hex, verifySignature } from './signature.ts';

const course = 'space-law' as CourseId;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString('base64url');

async function createPublisher() {
  const keys = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const key = base64url(await crypto.subtle.exportKey('raw', keys.publicKey));
  return {
    async sign(manifest: SignedManifest['manifest']): Promise<SignedManifest> {
      const value = base64url(await crypto.subtle.sign('Ed25519', keys.privateKey, bytesOf(canonicalJson(manifest))));
      return { manifest, signature: { key, value } };
    },
  };
}
type Publisher = Awaited<ReturnType<typeof createPublisher>>;

interface Package {
  readonly signed: SignedManifest;
  readonly bytesBySha: Map<Sha256, Uint8Array<ArrayBuffer>>;
}

/** A small course whose first lesson says `words`; enough units that it takes several packs. */
async function createPackage(publisher: Publisher, words = 'The treaty binds its parties.', units = 50): Promise<Package> {
  const bytesBySha = new Map<Sha256, Uint8Array<ArrayBuffer>>();
  const pieces: Piece[] = [];
  const add = (role: PieceRole, text: string, type: string, language?: string): Sha256 => {
    const bytes = bytesOf(text);
    const sha256 = shaOf(bytes);
    bytesBySha.set(sha256, bytes);
    pieces.push({ sha256, role, bytes: bytes.length, type, ...(language === undefined ? {} : { language }) });
    return sha256;
  };
  const picture = add(
    'picture',
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"></rect></svg>',
    'image/svg+xml',
  );
  const made = Array.from({ length: units }, (_, i) => {
    const of = (language: string) => ({
      lesson: add(
        'lesson',
        `<p>${language} ${String(i)} ${i === 0 ? words : ''}</p>\n${`<p>${'word '.repeat(150)}</p>\n`.repeat(2)}`,
        'text/html',
        language,
      ),
      items: add(
        'items',
        `[{"id":"q${String(i)}","kind":"order","v":1,"points":1,"prompt":"<p>${language}</p>","entries":[]}]`,
        'application/json',
        language,
      ),
      text: add('text', `[{"anchor":"","heading":"","text":"${language} ${String(i)}"}]`, 'application/json', language),
      pictures: [picture],
      data: [],
    });
    return {
      id: `u${String(i)}`,
      title: { en: 'U', ar: 'U' },
      minutes: 5,
      outcomes: { en: [], ar: [] },
      items: [],
      pieces: { en: of('en'), ar: of('ar') },
    };
  });
  const facts = { course, languages: ['en', 'ar'], title: { en: 'Law', ar: 'قانون' }, summary: { en: '', ar: '' }, licence: 'CC-BY-4.0' };
  const more = { discipline: 'law', level: 'introductory', sdg: [16] };
  const body = { ...facts, ...more, outcomes: [], authors: [], pass: 0.6, modules: [{ id: 'm', title: { en: 'M' }, units: made }] };
  const structure = add('structure', JSON.stringify({ ...body, glossary: [], references: [] }), 'application/json');
  const manifest = { format: 'perigee-course/1', ...facts, ...more, units, items: 0, minutes: 5, structure, pieces } as const;
  return { signed: await publisher.sign(manifest), bytesBySha };
}

type Request = { readonly path: string; readonly pieces: readonly Sha256[] };

/** A node that serves a package; `answer` may spoil a request's answer. */
function createNode(initial: Package) {
  const requests: Request[] = [];
  const node = {
    package: initial,
    requests,
    spoil: (_request: Request, whole: Uint8Array<ArrayBuffer>): Response | null => new Response(whole),
    manifest: (): Response => Response.json({ ...node.package.signed, price: { en: { text: 1000, media: 1500 } } }),
    async fetch(path: string, init: RequestInit = {}): Promise<Response> {
      init.signal?.throwIfAborted();
      if (path.startsWith('/content/manifests/')) return node.manifest();
      const pieces =
        path === '/content/pack'
          ? (JSON.parse(init.body as string) as { pieces: Sha256[] }).pieces
          : [path.slice('/content/pieces/'.length) as Sha256];
      const request = { path, pieces };
      requests.push(request);
      const parts = pieces.flatMap((sha256) => {
        const bytes = node.package.bytesBySha.get(sha256);
        if (bytes === undefined) return [];
        if (path !== '/content/pack') return [bytes];
        const header = new Uint8Array(36);
        header.set(Buffer.from(sha256, 'hex'));
        new DataView(header.buffer).setUint32(32, bytes.length);
        return [header, bytes];
      });
      const answer = node.spoil(request, new Uint8Array(Buffer.concat(parts)));
      if (answer === null) throw new TypeError('Failed to fetch');
      return answer;
    },
  };
  return node;
}

/** A stream that breaks after `n` bytes. */
const broken = (bytes: Uint8Array<ArrayBuffer>, n: number): Response => {
  let sent = false;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'));
        else controller.enqueue(bytes.slice(0, n));
        sent = true;
      },
    }),
  );
};

let counter = 0;
let store: Store;
let publisher: Publisher;

beforeEach(async () => {
  store = await openStore(
    () => 1_700_000_000_000,
    (n) => crypto.getRandomValues(new Uint8Array(n)),
    `install-${String(counter++)}`,
  );
  publisher = await createPublisher();
});
afterEach(() => {
  store.database.close();
});

const job: JobRow = {
  course,
  language: 'ar',
  media: true,
  state: 'running',
  reason: null,
  received: 0,
  total: 0,
  transferred: 0,
  pieces: [],
};

function portsOf(node: ReturnType<typeof createNode>, change: Partial<InstallPorts> = {}): InstallPorts {
  return {
    fetch: (path, init) => node.fetch(path, init),
    store: store.library,
    isSafe: isSafePiece,
    free: () => Promise.resolve(null),
    transferred: () => 7,
    ...change,
  };
}

const run = (
  node: ReturnType<typeof createNode>,
  change: Partial<InstallPorts> = {},
  from: Job = job,
  signal = new AbortController().signal,
) => runInstall(from, portsOf(node, change), signal, () => undefined);

const asked = (node: ReturnType<typeof createNode>): readonly Sha256[] => node.requests.flatMap(({ pieces }) => pieces);

describe('installing a course', () => {
  it('fetches the chosen language in few requests, each piece once, and says what it cost', async () => {
    const node = createNode(await createPackage(publisher));
    const seen: number[] = [];
    const end = await runInstall(job, portsOf(node), new AbortController().signal, ({ received }) => seen.push(received));
    expect(end).toEqual({ type: 'done', transferred: 7 });
    const row = await store.library.course(course);
    expect(row).toMatchObject({ languages: ['ar'], media: true, newer: null, structure: { course } });
    expect(row?.pieces).toHaveLength(50 * 3 + 2);
    expect(new Set(asked(node)).size).toBe(asked(node).length);
    expect(node.requests.every(({ path, pieces }) => path === '/content/pack' && pieces.length <= 40)).toBe(true);
    expect(await store.library.jobs()).toEqual([]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(4);
  });

  it('goes on after an answer that broke, and asks only for what is still missing', async () => {
    const node = createNode(await createPackage(publisher));
    let answers = 0;
    node.spoil = (_request, whole) => (answers++ % 2 === 0 ? broken(whole, Math.floor(whole.length * 0.7)) : new Response(whole));
    expect(await run(node)).toMatchObject({ type: 'done' });
    const twice = asked(node).length - new Set(asked(node)).size;
    expect(twice).toBeGreaterThan(0);
    expect(twice).toBeLessThan(60);
  });

  it('keeps what arrived when the link stays down, and takes it up later', async () => {
    const node = createNode(await createPackage(publisher));
    let answers = 0;
    node.spoil = (_request, whole) => (answers++ < 2 ? new Response(whole) : null);
    expect(await run(node)).toEqual({ type: 'failed', reason: 'unreachable' });
    const left = await store.library.job(course);
    expect(left).toMatchObject({ state: 'failed', reason: 'unreachable' });
    expect(left?.received).toBeGreaterThan(0);
    expect(await store.library.course(course)).toBeUndefined();
    const first = new Set(node.requests.slice(0, 2).flatMap(({ pieces }) => pieces));
    node.requests.length = 0;
    node.spoil = (_request, whole) => new Response(whole);
    expect(await run(node, {}, left)).toMatchObject({ type: 'done', transferred: 14 });
    expect(asked(node).some((sha256) => first.has(sha256))).toBe(false);
  });

  it('stops when told, keeps what is here, and resumes', async () => {
    const node = createNode(await createPackage(publisher));
    const stop = new AbortController();
    node.spoil = (_request, whole) => {
      if (node.requests.length === 2) stop.abort();
      return new Response(whole);
    };
    expect(await run(node, {}, job, stop.signal)).toEqual({ type: 'stopped' });
    const left = await store.library.job(course);
    expect(left?.received).toBeGreaterThan(0);
    expect(await run(node, {}, left)).toMatchObject({ type: 'done' });
    expect(new Set(asked(node)).size).toBe(asked(node).length);
  });

  it('refuses a damaged piece and fetches it again by itself', async () => {
    const node = createNode(await createPackage(publisher));
    node.spoil = ({ path }, whole) => {
      if (path === '/content/pack' && node.requests.length === 1) whole[whole.length - 1] = (whole.at(-1) ?? 0) ^ 1;
      return new Response(whole);
    };
    expect(await run(node)).toMatchObject({ type: 'done' });
    expect(node.requests.filter(({ path }) => path.startsWith('/content/pieces/'))).toHaveLength(1);
  });

  it('gives up on a piece that stays damaged, and installs nothing half', async () => {
    const signed = await createPackage(publisher);
    const bad = signed.signed.manifest.pieces.find(({ role, language }) => role === 'items' && language === 'ar')?.sha256;
    const node = createNode(signed);
    if (bad !== undefined) signed.bytesBySha.set(bad, bytesOf('[]'));
    expect(await run(node)).toEqual({ type: 'failed', reason: 'damaged' });
    expect(await store.library.course(course)).toBeUndefined();
    expect(node.requests.filter(({ path }) => path === `/content/pieces/${String(bad)}`)).toHaveLength(3);
  });

  it('takes rubbish for rubbish', async () => {
    const node = createNode(await createPackage(publisher));
    node.spoil = () => new Response('<html>Sign in to the hotel network</html>'.repeat(4));
    expect(await run(node)).toMatchObject({ type: 'failed' });
    node.manifest = () => new Response('<html>Sign in to the hotel network</html>');
    expect(await run(node)).toEqual({ type: 'failed', reason: 'nonsense' });
  });

  it('does not accept a manifest that was changed after it was signed', async () => {
    const made = await createPackage(publisher);
    const manifest = { ...made.signed.manifest, title: { en: 'Other', ar: 'Other' } };
    expect(await run(createNode({ ...made, signed: { ...made.signed, manifest } }))).toEqual({ type: 'failed', reason: 'bad-signature' });
  });

  it('does not let another publisher replace an installed course', async () => {
    await run(createNode(await createPackage(publisher)));
    const hostile = createNode(await createPackage(await createPublisher(), 'Not what you installed.'));
    expect(await run(hostile)).toEqual({ type: 'failed', reason: 'other-publisher' });
    expect(hostile.requests).toEqual([]);
  });

  it.each([
    ['a script', '<script>steal()</script>'],
    ['an event handler', '<img src="x" onerror="steal()">'],
    ['a javascript: link', '<a href="javascript:steal()">x</a>'],
  ])('does not accept %s in a lesson, however well it is signed', async (_what, words) => {
    expect(await run(createNode(await createPackage(publisher, words)))).toEqual({ type: 'failed', reason: 'unsafe' });
    expect(await store.library.course(course)).toBeUndefined();
  });

  it('does not begin where the disk is too small', async () => {
    const node = createNode(await createPackage(publisher));
    expect(await run(node, { free: () => Promise.resolve(5000) })).toEqual({ type: 'failed', reason: 'no-space' });
    expect(node.requests).toEqual([]);
  });

  it('does not begin where the store has no room, whatever the browser says, and leaves nothing of the try', async () => {
    const node = createNode(await createPackage(publisher));
    const full: InstallPorts['store'] = Object.assign(Object.create(store.library) as typeof store.library, {
      course: (id: CourseId) => store.library.course(id),
      held: (pieces: readonly Sha256[]) => store.library.held(pieces),
      putJob: (row: JobRow) => store.library.putJob(row),
      dropJob: (id: CourseId) => store.library.dropJob(id),
      hasRoom: (bytes: number) => Promise.resolve(bytes < 5000),
    });
    expect(await run(node, { store: full })).toEqual({ type: 'failed', reason: 'no-space' });
    expect(node.requests).toEqual([]);
    expect(await store.library.hasRoom(200_000)).toBe(true);
    expect(await store.database.pieces.count()).toBe(0);
  });

  it('gives back what it took when the disk fills up in the middle', async () => {
    const node = createNode(await createPackage(publisher));
    let commits = 0;
    const full: InstallPorts['store'] = Object.assign(Object.create(store.library) as typeof store.library, {
      receive: async (...given: Parameters<typeof store.library.receive>) => {
        if (++commits > 2) throw new DOMException('full', 'QuotaExceededError');
        await store.library.receive(...given);
      },
      // The prototype's private fields are the real store's.
      course: (id: CourseId) => store.library.course(id),
      held: (pieces: readonly Sha256[]) => store.library.held(pieces),
      piece: (sha256: Sha256) => store.library.piece(sha256),
      putJob: (row: JobRow) => store.library.putJob(row),
      dropJob: (id: CourseId) => store.library.dropJob(id),
      hasRoom: (bytes: number) => store.library.hasRoom(bytes),
    });
    expect(await run(node, { store: full })).toEqual({ type: 'failed', reason: 'no-space' });
    expect(await store.library.held(node.package.signed.manifest.pieces.map(({ sha256 }) => sha256))).toEqual(new Set());
    expect(await store.library.job(course)).toBeUndefined();
  });

  it('updates by what changed, leaves the old course whole until then, and drops what it no longer needs', async () => {
    await run(createNode(await createPackage(publisher)));
    const before = await store.library.course(course);
    const node = createNode(await createPackage(publisher, 'The treaty binds its parties alone.'));
    node.spoil = () => null;
    expect(await run(node)).toEqual({ type: 'failed', reason: 'unreachable' });
    expect(await store.library.course(course)).toEqual(before);
    node.requests.length = 0;
    node.spoil = (_request, whole) => new Response(whole);
    expect(await run(node)).toMatchObject({ type: 'done' });
    expect(asked(node)).toHaveLength(2);
    const after = await store.library.course(course);
    expect(after?.digest).not.toBe(before?.digest);
    const dropped = before?.pieces.filter((sha256) => !after?.pieces.includes(sha256)) ?? [];
    expect(dropped).toHaveLength(2);
    expect(await store.library.held(dropped)).toEqual(new Set());
  });

  it('adds a language without fetching again what both share', async () => {
    const node = createNode(await createPackage(publisher));
    await run(node);
    expect(await run(node, {}, { ...job, language: 'en' })).toMatchObject({ type: 'done' });
    expect((await store.library.course(course))?.languages).toEqual(['en', 'ar']);
    expect(new Set(asked(node)).size).toBe(asked(node).length);
  });

  it('asks less for what is partly here', async () => {
    const node = createNode(await createPackage(publisher));
    const offer = await fetchOffer(course, portsOf(node));
    if (!offer.ok) throw new Error(offer.error);
    const whole = await costOf(offer.value, 'en', store.library);
    expect(whole).toMatchObject({ text: { transfer: 1000 }, withMedia: { transfer: 1500 } });
    expect(whole.withMedia.disk).toBeGreaterThan(whole.text.disk);
    await run(node, {}, { ...job, language: 'en' });
    expect(await costOf(offer.value, 'en', store.library)).toEqual({ text: { transfer: 0, disk: 0 }, withMedia: { transfer: 0, disk: 0 } });
  });
});

describe('signatures', () => {
  it('are verified alike with and without WebCrypto', async () => {
    const { signed } = await createPackage(publisher, 'x', 1);
    const forged = { ...signed.signature, value: base64url(new Uint8Array(64)) };
    const { crypto } = globalThis;
    const check = async () => [
      await verifySignature(signed.manifest, signed.signature),
      await verifySignature({ ...signed.manifest, minutes: 6 }, signed.signature),
      await verifySignature(signed.manifest, forged),
      await verifySignature(signed.manifest, { key: 'AAAA', value: 'AAAA' }),
      await verifySignature(signed.manifest, { ...signed.signature, key: '*' }),
    ];
    expect(await check()).toEqual([true, false, false, false, false]);
    const digest = await sha256Hex(bytesOf('abc'));
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      expect(await check()).toEqual([true, false, false, false, false]);
      expect(await sha256Hex(bytesOf('abc'))).toBe(digest);
    } finally {
      Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
    }
    expect(fromBase64url('_-8')).toEqual(new Uint8Array([255, 239]));
  });
});

describe('a pack', () => {
  it('reads the same whatever the network cuts it into, and an empty piece too', async () => {
    const pieces = [bytesOf('one'), new Uint8Array(0), bytesOf('three')];
    const whole = new Uint8Array(
      Buffer.concat(
        pieces.flatMap((bytes) => {
          const header = new Uint8Array(36);
          header.set(Buffer.from(shaOf(bytes), 'hex'));
          new DataView(header.buffer).setUint32(32, bytes.length);
          return [header, bytes];
        }),
      ),
    );
    for (const size of [1, 7, 36, 1000]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.slice(i * size, (i + 1) * size));
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      const read: Uint8Array[] = [];
      expect(await readPack(stream, 100, async (_sha256, bytes) => void read.push(bytes))).toBe(true);
      expect(read).toEqual(pieces);
    }
  });
});
