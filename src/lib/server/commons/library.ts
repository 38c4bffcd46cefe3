/**
 * The commons that this node publishes: the entries in `courses/+goals`, `+compendium`, `+indicators`, `+profiles`, `+plans` and `+calls`, compiled, signed and cut into pieces when they,
 * or the compiler, changed. What was published is kept in `<data>/commons.json`, its pieces beside those of courses. A fault is told in
 * the log with its file and line, and what was published before stays. Beside them stand the entries that were accepted or released at this node's desk, or at one above.
 *
 * A change costs what changed: files, shelves and prices of packs are worked out again where their bytes are others. Of manifests that were published before, the last
 * forty lie in `<data>/commons-before/`: a device that has one of them is told what is new since.
 */
import { mkdir, open, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { isCourseId, isSha256, type Sha256 } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/shape.ts';
import { readCommons, type Commons, type ShelfMemory } from '../../cooperation/commons.ts';
import { compileCommons, createMemory, faultsBeside, type CommonsSource } from '../../cooperation/compile.ts';
import { entryFolders } from '../../cooperation/kinds.ts';
import { changeSince, piecesFor, type CommonsChange, type CommonsManifest, type SignedCommons } from '../../cooperation/package.ts';
import type { Signer } from '../accounts/node-key.ts';
import { sha256Of, type Pieces } from '../content/pieces.ts';
import { nextBatch } from '../../course/wanted.ts';
import { packOf } from '../content/pack.ts';
import type { Prices } from '../content/prices.ts';
import { compress } from '../http/compression.ts';
import type { Log } from '../log.ts';

/** Bytes as transferred, by language. */
type Price = Readonly<Record<string, number>>;

export interface PublishedCommons {
  readonly signed: SignedCommons;
  /** SHA-256 of the canonical manifest. */
  readonly digest: Sha256;
  readonly stamp: string;
}

export interface CommonsLibrary {
  /** Null where this node has no entries. */
  published(): PublishedCommons | null;
  /** What the whole of each language costs to transfer, found by making what would be sent. */
  price(encoding: keyof Prices): Promise<Price>;
  /** What is published, told by what is new since an earlier manifest; null where that is not known here any more. */
  changeSince(digest: string): Promise<CommonsChange | null>;
  /** The entries, with the index of a language. */
  read(language: string): Promise<Commons | null>;
  /** Brings what is published in step with the sources. */
  readonly refresh: () => Promise<void>;
  /** What would be wrong with an entry, as a piece holds it, beside all others; empty where nothing is. */
  readonly faultsOf: (entry: JsonObject) => Promise<readonly string[]>;
}

/** Earlier manifests that are kept. */
const keptBefore = 40;

const isMissing = (error: unknown): boolean => error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(String(Reflect.get(error, 'code')));

/** The YAML files of the folders of entries, by path in the folder of courses. */
async function filesOf(courses: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const folder of entryFolders) {
    try {
      for (const name of (await readdir(join(courses, folder), { recursive: true })).sort())
        if (name.endsWith('.yaml')) files.set(`${folder}/${name.replaceAll('\\', '/')}`, await readFile(join(courses, folder, name)));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return files;
}

export async function openCommons(given: {
  /** The folder of courses; null where this node has none. */
  readonly courses: string | null;
  readonly data: string;
  readonly pieces: Pieces;
  readonly signer: Signer;
  /** Of the compiler. */
  readonly stamp: string;
  readonly log: Log;
  /** Entries that were accepted or released here or above (desk/desk.ts), as pieces hold them. */
  readonly accepted: () => Promise<readonly JsonObject[]>;
  /** Courses that are published here without lying in the folder. */
  readonly published: () => readonly string[];
}): Promise<CommonsLibrary> {
  const { courses, data, pieces, signer, stamp: compiler, log, accepted: readAccepted } = given;
  const path = join(data, 'commons.json');
  const before = join(data, 'commons-before');
  // This node wrote it; a file that was cut short is made again from its source.
  let published: PublishedCommons | null = await readFile(path, 'utf8')
    .then((text) => JSON.parse(text) as PublishedCommons)
    .catch(() => null);
  const readByLanguage = new Map<string, Promise<Commons | null>>();
  const memory = createMemory();
  let shelves: ShelfMemory = new Map();
  const tools = { sha256: sha256Of, memory };
  /** Pieces that this process brought to the disk. */
  const kept = new Set<Sha256>();
  /** Bytes of packs as they are sent, by encoding and pieces; and the prices that they make, by encoding. */
  let sizes = new Map<string, Promise<number>>();
  const prices = new Map<keyof Prices, Promise<Price>>();

  async function sizeOf(wanted: readonly Sha256[], encoding: keyof Prices): Promise<number> {
    const pack = packOf(
      await Promise.all(wanted.map(async (sha256) => ({ sha256, bytes: (await pieces.read(sha256)) ?? new Uint8Array() }))),
    );
    return encoding === 'identity' ? pack.byteLength : (await compress(pack, encoding, 9)).byteLength;
  }

  async function priceOf(signed: SignedCommons, encoding: keyof Prices): Promise<Price> {
    const head = Buffer.from(JSON.stringify(signed));
    const headBytes = encoding === 'identity' ? head.byteLength : (await compress(head, encoding, 5)).byteLength;
    const made: Record<string, number> = {};
    for (const language of signed.manifest.languages) {
      let total = headBytes;
      for (let rest = piecesFor(signed.manifest, language); rest.length > 0;) {
        const batch = nextBatch(rest).map(({ sha256 }) => sha256);
        rest = rest.slice(batch.length);
        const name = `${encoding} ${batch.join(' ')}`;
        const size = sizes.get(name) ?? sizeOf(batch, encoding);
        sizes.set(name, size);
        total += await size;
      }
      made[language] = total;
    }
    return made;
  }

  /** Keeps a manifest for those who will ask what is new since; the oldest go. */
  async function remember({ signed, digest }: PublishedCommons): Promise<void> {
    await mkdir(before, { recursive: true });
    await writeFile(join(before, `${digest}.json`), JSON.stringify(signed.manifest));
    const files = await Promise.all((await readdir(before)).map(async (name) => ({ name, at: (await stat(join(before, name))).mtimeMs })));
    for (const { name } of files.sort((a, b) => b.at - a.at).slice(keptBefore)) await unlink(join(before, name));
  }

  async function publish(manifest: CommonsManifest, bytes: ReadonlyMap<Sha256, Uint8Array>, stamp: string): Promise<void> {
    for (const [sha256, piece] of bytes) if (!kept.has(sha256)) kept.add(await pieces.keep(piece));
    const signed: SignedCommons = { manifest, signature: signer.sign(manifest) };
    const next: PublishedCommons = { signed, digest: sha256Of(Buffer.from(canonicalJson(manifest))), stamp };
    const file = await open(`${path}.half`, 'w');
    try {
      await file.writeFile(JSON.stringify(next));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.half`, path);
    // Nothing depends on it but a smaller answer: a full disk has other worries.
    await remember(next).catch(() => undefined);
    published = next;
    const named = new Set(manifest.shelves.flatMap(({ entries, index }) => [entries, ...Object.values(index)].map(({ sha256 }) => sha256)));
    for (const sha256 of kept) if (!named.has(sha256)) kept.delete(sha256);
    sizes = new Map(
      [...sizes].filter(([name]) =>
        name
          .split(' ')
          .slice(1)
          .every((sha256) => isSha256(sha256) && named.has(sha256)),
      ),
    );
    prices.clear();
    readByLanguage.clear();
  }

  async function readPieces(language: string): Promise<Commons | null> {
    if (published === null) return null;
    const text = async (sha256: Sha256 | undefined): Promise<string> =>
      new TextDecoder().decode((sha256 === undefined ? null : await pieces.read(sha256)) ?? new Uint8Array());
    const texts = await Promise.all(
      published.signed.manifest.shelves.map(async ({ entries, index }) => ({
        entries: await text(entries.sha256),
        index: await text((index[language] ?? index['en'])?.sha256),
      })),
    );
    const read = readCommons(texts, shelves);
    const there = new Set(texts.map(({ entries }) => entries));
    shelves = new Map([...shelves].filter(([entries]) => there.has(entries)));
    if (read.ok) return read.value;
    log(`The published compendium cannot be read: ${read.error} Its pieces are damaged; it is made again.`);
    published = null;
    return null;
  }

  function read(language: string): Promise<Commons | null> {
    const known = readByLanguage.get(language);
    if (known !== undefined) return known;
    const reading = readPieces(language);
    readByLanguage.set(language, reading);
    return reading;
  }

  async function sources(): Promise<
    CommonsSource & { readonly files: ReadonlyMap<string, Uint8Array>; readonly accepted: readonly JsonObject[] }
  > {
    const files = courses === null ? new Map<string, Uint8Array>() : await filesOf(courses);
    const folders = courses === null ? [] : (await readdir(courses, { withFileTypes: true })).filter((one) => one.isDirectory());
    const own = [...folders.map(({ name }) => name).filter(isCourseId), ...given.published()];
    return { files, courses: new Set(own.sort()), accepted: await readAccepted() };
  }

  let told = '';
  async function refresh(): Promise<void> {
    const source = await sources();
    const { files, accepted } = source;
    if (files.size === 0 && accepted.length === 0) return;
    const sums = [...files].map(([name, bytes]) => [name, sha256Of(bytes)]);
    const news = accepted.length === 0 ? [] : [sha256Of(Buffer.from(canonicalJson(accepted)))];
    const stamp = sha256Of(Buffer.from(JSON.stringify([compiler, signer.key, [...source.courses], ...sums, ...news])));
    if (published?.stamp === stamp && (await read('en')) !== null) return;
    const { commons, diagnostics, leftOut } = compileCommons(source, tools);
    // What is only to be wished for, whoever writes entries asks for; at each start it would hide what is wrong.
    for (const { file, line, severity, message, hint } of diagnostics)
      if (severity === 'error') log(`${join(courses ?? '', file)}:${String(line)} error: ${message} ${hint}`);
    const waiting = leftOut.map(({ id, faults }) => `The entry ${id} waits: ${faults[0] ?? ''}`).join('\n');
    if (waiting !== told && waiting !== '') log(waiting);
    told = waiting;
    if (commons === null) {
      log(`The compendium has errors and was not published${published === null ? '' : '; its last version stays'}.`);
      return;
    }
    await publish(commons.manifest, commons.pieces, stamp);
    const { counts } = commons.manifest;
    log(
      `Published the compendium: ${Object.entries(counts)
        .map(([kind, n]) => `${String(n)} ${kind}`)
        .join(', ')}.`,
    );
  }

  // A release, a visit to the parent and the next round may ask at one time; what was published last must be what was read last.
  let last: Promise<unknown> = Promise.resolve();

  return {
    published: () => published,
    price(encoding) {
      const known = prices.get(encoding);
      if (known !== undefined || published === null) return known ?? Promise.resolve({});
      const price = priceOf(published.signed, encoding);
      prices.set(encoding, price);
      return price;
    },
    async changeSince(digest) {
      if (published === null || !isSha256(digest)) return null;
      const { signed } = published;
      // Who has the present one asks most often, and a folder of an earlier version remembers none.
      if (digest === published.digest) return changeSince(digest, signed.manifest, signed.manifest);
      // This node wrote it.
      const earlier = await readFile(join(before, `${digest}.json`), 'utf8').then(
        (text) => JSON.parse(text) as CommonsManifest,
        () => null,
      );
      return earlier === null ? null : changeSince(digest, earlier, signed.manifest);
    },
    read,
    faultsOf: async (entry) => faultsBeside(await sources(), entry, tools),
    refresh() {
      const next = last.then(refresh, refresh);
      last = next.catch(() => undefined);
      return next;
    },
  };
}
