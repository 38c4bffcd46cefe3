/**
 * Installing the commons is what installing a course is (install.ts): the manifest says which pieces make it whole, what is here already is
 * not fetched again, and what was installed stays until the last piece of its successor is here. So an update costs the shelves
 * that changed. Nothing is believed: the signature is verified, the publisher stays the same, each piece must have its hash, and
 * the entries must read as entries before anything of them replaces what there was.
 */
import { canonicalJson } from '#lib/domain/canonical-json.ts';
import { isSha256, type Sha256 } from '#lib/domain/ids.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isCount, isObject, isRecordOf } from '#lib/domain/shape.ts';
import { readCommons } from '#lib/cooperation/commons.ts';
import {
  applyChange,
  parseSignedCommons,
  piecesFor,
  type CommonsManifest,
  type ShelfPiece,
  type SignedCommons,
} from '#lib/cooperation/package.ts';
import type { Language, Piece } from '#lib/course/package.ts';
import { nextBatch } from '#lib/course/wanted.ts';
import { isFull } from '../disk-full.ts';
import type { Fetch } from './centre.ts';
import { fetchPieces, type InstallEnd, type InstallFailure, type KeptPiece } from './install.ts';
import { sha256Hex, verifySignature } from './signature.ts';

/** What installing the commons needs of the device's store. Every verb commits before it resolves. */
export interface CommonsPort {
  installed(): Promise<{ readonly signed: SignedCommons; readonly digest: Sha256; readonly language: Language } | null>;
  held(pieces: readonly Sha256[]): Promise<ReadonlySet<Sha256>>;
  pieces(shas: readonly Sha256[]): Promise<readonly ({ readonly bytes: Uint8Array<ArrayBuffer> } | undefined)[]>;
  hasRoom(bytes: number): Promise<boolean>;
  expect(pieces: readonly Sha256[]): Promise<void>;
  receive(pieces: readonly KeptPiece[]): Promise<void>;
  install(installed: {
    readonly signed: SignedCommons;
    readonly digest: Sha256;
    readonly language: Language;
    readonly pieces: readonly Sha256[];
    readonly bytes: number;
    readonly transferred: number;
  }): Promise<void>;
}

export interface CommonsOffer {
  readonly signed: SignedCommons;
  readonly digest: Sha256;
  /** Bytes as transferred for the whole, by language. */
  readonly price: Readonly<Record<Language, number>>;
}

interface Answered {
  readonly answer: unknown;
  readonly signed: SignedCommons;
}

async function answered(
  path: string,
  { fetch, earlier }: { readonly fetch: Fetch; readonly earlier: CommonsManifest | null },
  signal?: AbortSignal,
): Promise<Result<Answered, InstallFailure | 'missing'>> {
  let answer: unknown;
  try {
    const response = await fetch(path, signal === undefined ? {} : { signal });
    if (response.status === 404) return err('missing');
    if (!response.ok) return err('unreachable');
    answer = await response.json();
  } catch {
    return err('unreachable');
  }
  const change = earlier !== null && isObject(answer) && answer['manifest'] === undefined ? applyChange(earlier, answer) : null;
  if (change?.ok === false) return change;
  const parsed = parseSignedCommons(
    change === null || !isObject(answer) ? answer : { manifest: change.value, signature: answer['signature'] },
  );
  if (!parsed.ok) return err('nonsense');
  const signed = parsed.value;
  return (await verifySignature(signed.manifest, signed.signature)) ? ok({ answer, signed }) : err('bad-signature');
}

/**
 * The node's commons, verified, and from the publisher whose commons is installed. Where one is installed the node is asked what is new since, a few hundred bytes;
 * where that leads nowhere it is asked for the whole. `missing` where the node has none.
 */
export async function fetchCommonsOffer(
  { fetch, store }: { readonly fetch: Fetch; readonly store: Pick<CommonsPort, 'installed'> },
  signal?: AbortSignal,
): Promise<Result<CommonsOffer, InstallFailure | 'missing'>> {
  const installed = await store.installed();
  const path = '/content/commons';
  const earlier = installed?.signed.manifest ?? null;
  const since = installed === null ? null : await answered(`${path}?since=${installed.digest}`, { fetch, earlier }, signal);
  const isLost = since?.ok === false && (since.error === 'nonsense' || since.error === 'bad-signature');
  const found = since === null || isLost ? await answered(path, { fetch, earlier: null }, signal) : since;
  if (!found.ok) return found;
  const { answer, signed } = found.value;
  if (installed !== null && installed.signed.signature.key !== signed.signature.key) return err('other-publisher');
  const digest = await sha256Hex(new TextEncoder().encode(canonicalJson(signed.manifest)));
  if (!isSha256(digest)) throw new Error('SHA-256 is 64 hexadecimal digits');
  const price = isObject(answer) && isRecordOf(isCount)(answer['price']) ? answer['price'] : {};
  return ok({ signed, digest, price });
}

const sum = (pieces: readonly ShelfPiece[]): number => pieces.reduce((total, { bytes }) => total + bytes, 0);

/** The pieces of a language, each once: two shelves may have the same bytes. */
const wantedOf = ({ signed }: CommonsOffer, language: Language): readonly ShelfPiece[] => [
  ...new Map(piecesFor(signed.manifest, language).map((piece) => [piece.sha256, piece])).values(),
];

/** Bytes as transferred of what is not here yet: the node's price, for that share. */
export async function commonsCost(offer: CommonsOffer, language: Language, store: Pick<CommonsPort, 'held'>): Promise<number> {
  const wanted = wantedOf(offer, language);
  const held = await store.held(wanted.map(({ sha256 }) => sha256));
  const missing = sum(wanted.filter(({ sha256 }) => !held.has(sha256)));
  const whole = Object.hasOwn(offer.price, language) ? offer.price[language] : undefined;
  return whole === undefined || wanted.length === 0 ? missing : Math.ceil((whole * missing) / sum(wanted));
}

const tries = 3;

/** Pieces as the fetching of courses knows them. Entries are parsed, never shown as they came, so nothing in them can act. */
const asPiece = ({ sha256, bytes }: ShelfPiece): Piece => ({ sha256, bytes, role: 'text', type: 'application/json' });

/** Fetches what is missing and installs the whole. What has arrived stays named, so the next run asks for the rest. */
export async function installCommons(
  language: Language,
  ports: { readonly fetch: Fetch; readonly store: CommonsPort; readonly transferred: () => number },
  signal: AbortSignal,
  progress: (received: number, total: number) => void,
): Promise<InstallEnd> {
  const { fetch, store } = ports;
  const fail = (reason: InstallFailure): InstallEnd => ({ type: 'failed', reason });
  try {
    const offer = await fetchCommonsOffer({ fetch, store }, signal);
    if (signal.aborted) return { type: 'stopped' };
    if (!offer.ok) return fail(offer.error === 'missing' ? 'unreachable' : offer.error);
    const { signed, digest } = offer.value;
    const wanted = wantedOf(offer.value, language);
    const shas = wanted.map(({ sha256 }) => sha256);
    const held = new Set(await store.held(shas));
    const missing = (): readonly ShelfPiece[] => wanted.filter(({ sha256 }) => !held.has(sha256));
    if (!(await store.hasRoom(sum(missing())))) return fail('no-space');
    await store.expect(shas);
    progress(sum(wanted) - sum(missing()), sum(wanted));

    let fruitless = 0;
    while (missing().length > 0) {
      const single = fruitless > 0;
      const [first] = missing();
      const batch = single && first !== undefined ? [first] : nextBatch(missing());
      const fetched = await fetchPieces(batch.map(asPiece), single, { fetch, isSafe: () => true }, signal, async (arrived) => {
        const kept = arrived.filter(({ sha256 }) => shas.includes(sha256));
        await store.receive(kept);
        for (const { sha256 } of kept) held.add(sha256);
        progress(sum(wanted) - sum(missing()), sum(wanted));
      });
      if (signal.aborted) return { type: 'stopped' };
      fruitless = fetched.arrived > 0 ? 0 : fruitless + 1;
      if (fruitless >= tries) return fail(fetched.whole ? 'damaged' : 'unreachable');
    }

    if (!(await reads(signed, language, store))) return fail('nonsense');
    const transferred = ports.transferred();
    await store.install({ signed, digest, language, pieces: shas, bytes: sum(wanted), transferred });
    return { type: 'done', transferred };
  } catch (error) {
    if (isFull(error)) return fail('no-space');
    throw error;
  }
}

/** The pieces of an installed commons as texts, shelf by shelf. */
export async function shelfTexts(
  signed: SignedCommons,
  language: Language,
  store: Pick<CommonsPort, 'pieces'>,
): Promise<readonly { readonly entries: string; readonly index: string }[]> {
  const pairs = signed.manifest.shelves.map(
    ({ entries, index }) => [entries.sha256, (index[language] ?? index['en'] ?? entries).sha256] as const,
  );
  const pieces = await store.pieces(pairs.flat());
  const text = (i: number): string => new TextDecoder().decode(pieces[i]?.bytes ?? new Uint8Array());
  return pairs.map((_, i) => ({ entries: text(2 * i), index: text(2 * i + 1) }));
}

const reads = async (signed: SignedCommons, language: Language, store: CommonsPort): Promise<boolean> =>
  readCommons(await shelfTexts(signed, language, store)).ok;
