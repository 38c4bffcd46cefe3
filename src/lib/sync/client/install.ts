/**
 * Installing a course is fetching what is missing. The manifest says which pieces make the course whole; what the device holds already, from
 * this course, another one or a run that broke, is not fetched again. So installing, resuming, adding a language and
 * updating are one act, and a course that is installed stays as it is until the last piece of its successor is here.
 *
 * Nothing is believed: the manifest's signature is verified, an installed course is only ever replaced by its own
 * publisher, each piece must have its hash, and what a page would show is checked to hold nothing that acts.
 */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { isSha256, type CourseId, type Sha256 } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import type { CourseStructure, CourseSummary, Language, Piece, SignedManifest } from '#lib/course/package.ts';
import { parsePrices, parseSignedManifest, parseStructure } from '#lib/course/parse-package.ts';
import { isMedia, nextBatch, wantedPieces } from '#lib/course/wanted.ts';
import { isFull } from '../disk-full.ts';
import type { Fetch } from './centre.ts';
import { readPack } from '#lib/course/read-pack.ts';
import { sha256Hex, verifySignature } from './signature.ts';

export type InstallFailure = 'unreachable' | 'damaged' | 'other-publisher' | 'bad-signature' | 'unsafe' | 'no-space' | 'nonsense';

export interface Job {
  readonly course: CourseId;
  readonly language: Language;
  readonly media: boolean;
  readonly state: 'running' | 'paused' | 'failed';
  readonly reason: string | null;
  readonly received: number;
  readonly total: number;
  readonly transferred: number;
  readonly pieces: readonly Sha256[];
}

export interface KeptPiece {
  readonly sha256: Sha256;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Installed {
  readonly signed: SignedManifest;
  readonly languages: readonly Language[];
  readonly media: boolean;
  readonly pieces: readonly Sha256[];
}

/** What an installation needs of the device's store. Every verb commits before it resolves; a full disk throws `QuotaExceededError`. */
export interface PackageStore {
  course(course: CourseId): Promise<Installed | undefined>;
  held(pieces: readonly Sha256[]): Promise<ReadonlySet<Sha256>>;
  piece(sha256: Sha256): Promise<KeptPiece | undefined>;
  putJob(job: Job): Promise<void>;
  receive(job: Job, pieces: readonly KeptPiece[]): Promise<void>;
  /** Whether so many bytes can be kept, found by keeping them for a moment. */
  hasRoom(bytes: number): Promise<boolean>;
  dropJob(course: CourseId): Promise<void>;
  install(
    installation: Installed & {
      readonly digest: Sha256;
      readonly structure: CourseStructure;
      readonly bytes: number;
      readonly transferred: number;
    },
  ): Promise<void>;
}

export interface InstallPorts {
  readonly fetch: Fetch;
  readonly store: PackageStore;
  /** True where the piece holds nothing that acts in a page. */
  readonly isSafe: (piece: Piece, bytes: Uint8Array<ArrayBuffer>) => boolean;
  /** Bytes free for this origin; null where nobody says. */
  readonly free: () => Promise<number | null>;
  /** Bytes that `/content/` has cost since the installation began, as transferred. */
  readonly transferred: () => number;
}

/** Pieces are committed whenever so many bytes have arrived. */
const commitBytes = 32 * 1024;
const tries = 3;

const sum = (pieces: readonly Piece[]): number => pieces.reduce((total, { bytes }) => total + bytes, 0);

export interface Offer {
  readonly signed: SignedManifest;
  readonly price: CourseSummary['price'];
}

/** The node's manifest of a course, verified, and from the publisher whose course is installed. */
export async function fetchOffer(
  course: CourseId,
  { fetch, store }: Pick<InstallPorts, 'fetch' | 'store'>,
  signal?: AbortSignal,
): Promise<Result<Offer, InstallFailure>> {
  let response: Response;
  try {
    response = await fetch(`/content/manifests/${course}`, signal === undefined ? {} : { signal });
  } catch {
    return err('unreachable');
  }
  if (!response.ok) return err(response.status >= 500 ? 'unreachable' : 'nonsense');
  let answer: unknown;
  try {
    answer = await response.json();
  } catch {
    return err('nonsense');
  }
  const parsed = parseSignedManifest(answer);
  if (!parsed.ok || parsed.value.manifest.course !== course) return err('nonsense');
  const signed = parsed.value;
  if (!(await verifySignature(signed.manifest, signed.signature))) return err('bad-signature');
  const installed = await store.course(course);
  if (installed !== undefined && installed.signed.signature.key !== signed.signature.key) return err('other-publisher');
  return ok({ signed, price: parsePrices(answer) ?? {} });
}

export interface Cost {
  /** Bytes as transferred: the node's price, for the share that is not on the device yet. */
  readonly transfer: number;
  /** Bytes that will be added to the disk. */
  readonly disk: number;
}

/** What installing would cost, as text alone and with pictures and data. */
export async function costOf(
  { signed, price }: Offer,
  language: Language,
  store: PackageStore,
): Promise<{ readonly text: Cost; readonly withMedia: Cost }> {
  const { manifest } = signed;
  const installed = await store.course(manifest.course);
  const languages = [language, ...(installed?.languages ?? [])];
  const pieces = wantedPieces(manifest, languages, true);
  const held = await store.held(pieces.map(({ sha256 }) => sha256));
  const read = manifest.languages.includes(language) ? language : (manifest.languages[0] ?? language);
  const said = Object.hasOwn(price, read) ? price[read] : undefined;
  const cost = (some: readonly Piece[], whole: number | undefined): Cost => {
    const missing = sum(some.filter(({ sha256 }) => !held.has(sha256)));
    const all = sum(some);
    return { disk: missing, transfer: whole === undefined || all === 0 ? missing : Math.ceil((whole * missing) / all) };
  };
  return {
    text: cost(
      pieces.filter((piece) => !isMedia(piece)),
      said?.text,
    ),
    withMedia: cost(pieces, said?.media),
  };
}

export type InstallEnd =
  | { readonly type: 'done'; readonly transferred: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly reason: InstallFailure };

/**
 * Runs a job until the course is installed, the signal says stop, or it fails. Whatever has arrived stays with the job, so the next run asks
 * for the rest; only a disk that filled up is given back what the job had taken, and the job ends: not even a note of it may fit.
 */
export async function runInstall(job: Job, ports: InstallPorts, signal: AbortSignal, progress: (job: Job) => void): Promise<InstallEnd> {
  const { store } = ports;
  let current: Job = { ...job, state: 'running', reason: null };
  let before = job.transferred;
  /** Of the answer under way: it is counted as transferred only when it has ended, and a tab may die before. */
  let underWay = 0;
  const update = (change: Partial<Job>): Job => {
    current = { ...current, ...change, transferred: before + ports.transferred() + underWay };
    progress(current);
    return current;
  };
  const fail = async (reason: InstallFailure): Promise<InstallEnd> => {
    const failed = update({ state: 'failed', reason, ...(reason === 'no-space' ? { received: 0 } : {}) });
    if (reason === 'no-space') await store.dropJob(job.course);
    else await store.putJob(failed);
    return { type: 'failed', reason };
  };

  const stop = async (): Promise<InstallEnd> => {
    // Of what was broken off nobody else tells the cost.
    before += underWay;
    underWay = 0;
    await store.putJob(update({ state: 'paused' }));
    return { type: 'stopped' };
  };

  try {
    await store.putJob(update({}));
    const offer = await fetchOffer(job.course, ports, signal);
    if (signal.aborted) return await stop();
    if (!offer.ok) return await fail(offer.error);
    const { signed } = offer.value;
    const { manifest } = signed;
    const installed = await store.course(job.course);
    const languages = [...new Set([job.language, ...(installed?.languages ?? [])])];
    const pieces = wantedPieces(manifest, languages, job.media);
    const shas = pieces.map(({ sha256 }) => sha256);
    const held = new Set(await store.held(shas));
    const missing = (): readonly Piece[] => pieces.filter(({ sha256 }) => !held.has(sha256));

    update({ total: sum(pieces) });
    const free = await ports.free();
    if (free !== null && sum(missing()) > free) return await fail('no-space');
    // Browsers tell a page more than there is, so that it does not learn whose device this is.
    if (!(await store.hasRoom(sum(missing())))) return await fail('no-space');
    // Named before the first one arrives: what is here from another course is not swept away while this runs.
    await store.putJob(update({ pieces: shas, received: sum(pieces) - sum(missing()) }));

    let fruitless = 0;
    const attempts = new Map<Sha256, number>();
    while (missing().length > 0) {
      // What came damaged, or was left out of a pack, is asked for by itself.
      const single = missing().find(({ sha256 }) => attempts.has(sha256));
      const batch = single === undefined ? nextBatch(missing()) : [single];
      const fetched = await fetchPieces(batch, single !== undefined, ports, signal, async (arrived, cost) => {
        underWay = cost;
        for (const { sha256 } of arrived) held.add(sha256);
        await store.receive(
          update({ received: sum(pieces) - sum(missing()) }),
          arrived.filter(({ sha256 }) => shas.includes(sha256)),
        );
      });
      if (signal.aborted) return await stop();
      underWay = 0;
      if (fetched.unsafe) return await fail('unsafe');
      fruitless = fetched.arrived > 0 ? 0 : fruitless + 1;
      if (fetched.whole)
        for (const { sha256 } of batch.filter((piece) => !held.has(piece.sha256))) {
          const count = (attempts.get(sha256) ?? 0) + 1;
          if (count > tries) return await fail('damaged');
          attempts.set(sha256, count);
        }
      else if (fruitless >= tries) return await fail('unreachable');
    }

    const structure = await readStructure(store, manifest.structure);
    if (structure?.course !== manifest.course) return await fail('nonsense');
    const transferred = before + ports.transferred();
    const digest = await digestOf(manifest);
    await store.install({ signed, digest, structure, languages, media: job.media, pieces: shas, bytes: sum(pieces), transferred });
    return { type: 'done', transferred };
  } catch (error) {
    if (isFull(error)) return fail('no-space');
    throw error;
  }
}

/** By this a catalogue names a version of a course: SHA-256 of the manifest's canonical JSON. */
async function digestOf(manifest: unknown): Promise<Sha256> {
  const digest = await sha256Hex(new TextEncoder().encode(canonicalJson(manifest)));
  if (!isSha256(digest)) throw new Error('SHA-256 is 64 hexadecimal digits');
  return digest;
}

async function readStructure(store: PackageStore, sha256: Sha256): Promise<CourseStructure | null> {
  const piece = await store.piece(sha256);
  if (piece === undefined) return null;
  try {
    const parsed = parseStructure(JSON.parse(new TextDecoder().decode(piece.bytes)));
    return parsed.ok ? parsed.value : null;
  } catch {
    return null;
  }
}

interface Fetched {
  /** The node answered to its end: what is not here, it does not have, or sent damaged. */
  readonly whole: boolean;
  readonly arrived: number;
  readonly unsafe: boolean;
}

/**
 * Asks for some pieces and commits the good ones as they arrive. A broken answer keeps what came before the break. `keep` is told what
 * the answer has cost so far: bytes as transferred, as far as its length is known.
 */
export async function fetchPieces(
  batch: readonly Piece[],
  single: boolean,
  { fetch, isSafe }: Pick<InstallPorts, 'fetch' | 'isSafe'>,
  signal: AbortSignal,
  keep: (pieces: readonly KeptPiece[], cost: number) => Promise<void>,
): Promise<Fetched> {
  const expected = new Map(batch.map((piece) => [piece.sha256, piece]));
  let waiting: KeptPiece[] = [];
  let arrived = 0;
  const commit = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const pieces = waiting;
    waiting = [];
    await keep(pieces, whole === 0 ? 0 : Math.round((length * read) / whole));
  };
  const whole = sum(batch);
  let read = 0;
  let length = 0;

  let response: Response;
  const [first] = batch;
  try {
    response =
      single && first !== undefined
        ? await fetch(`/content/pieces/${first.sha256}`, { signal, cache: 'reload' })
        : await fetch('/content/pack', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ pieces: batch.map(({ sha256 }) => sha256) }),
            signal,
          });
  } catch {
    return { whole: false, arrived, unsafe: false };
  }
  // A piece that the node does not have is a whole answer; a node in trouble is not.
  if (!response.ok || response.body === null) return { whole: response.status === 404, arrived, unsafe: false };

  length = Number(response.headers.get('content-length') ?? 0);
  let unsafe = false;
  const take = async (sha256: Sha256, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const piece = expected.get(sha256);
    read += bytes.length;
    if (unsafe || piece === undefined || piece.bytes !== bytes.length || (await sha256Hex(bytes)) !== sha256) return;
    if (!isSafe(piece, bytes)) {
      unsafe = true;
      return;
    }
    arrived += 1;
    waiting.push({ sha256, type: piece.type, bytes });
    if (waiting.reduce((total, kept) => total + kept.bytes.length, 0) >= commitBytes) await commit();
  };
  let ended: boolean;
  if (single && first !== undefined) {
    const bytes = await response.arrayBuffer().catch(() => null);
    ended = bytes !== null;
    if (bytes !== null) await take(first.sha256, new Uint8Array(bytes));
  } else ended = await readPack(response.body, Math.max(...batch.map(({ bytes }) => bytes)), take);
  await commit();
  return { whole: ended, arrived, unsafe };
}
