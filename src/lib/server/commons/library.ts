/**
 * The commons that this node publishes: the entries in `courses/+goals`, `+compendium`, `+indicators`, `+profiles`, `+plans` and `+calls`, compiled, signed and cut into pieces when they,
 * or the compiler, changed. What was published is kept in `<data>/commons.json`, its pieces beside those of courses. A fault is told in
 * the log with its file and line, and what was published before stays. Beside them stand the entries that were accepted or released at this node's desk.
 */
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { isCourseId, type Sha256 } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/shape.ts';
import { readCommons, type Commons } from '../../cooperation/commons.ts';
import { compileCommons, placeOfAccepted } from '../../cooperation/compile.ts';
import { entryFolders } from '../../cooperation/kinds.ts';
import { piecesFor, type CommonsManifest, type SignedCommons } from '../../cooperation/package.ts';
import type { Signer } from '../accounts/node-key.ts';
import { sha256Of, type Pieces } from '../content/pieces.ts';
import { transferred, type Prices } from '../content/prices.ts';
import { compress } from '../http/compression.ts';
import type { Log } from '../log.ts';

/** Bytes as transferred, by what the client takes and by language. */
export type CommonsPrices = Readonly<Record<keyof Prices, Readonly<Record<string, number>>>>;

export interface PublishedCommons {
  readonly signed: SignedCommons;
  /** SHA-256 of the canonical manifest. */
  readonly digest: Sha256;
  readonly prices: CommonsPrices;
  readonly stamp: string;
}

export interface CommonsLibrary {
  /** Null where this node has no entries. */
  published(): PublishedCommons | null;
  /** The entries, with the index of a language. */
  read(language: string): Promise<Commons | null>;
  /** Brings what is published in step with the sources. */
  readonly refresh: () => Promise<void>;
  /** What would be wrong with an entry, as a piece holds it, beside all others; empty where nothing is. */
  readonly faultsOf: (entry: JsonObject) => Promise<readonly string[]>;
}

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
  /** Entries that were accepted or released here (desk/desk.ts), as pieces hold them. */
  readonly accepted: () => Promise<readonly JsonObject[]>;
}): Promise<CommonsLibrary> {
  const { courses, data, pieces, signer, stamp: compiler, log, accepted: readAccepted } = given;
  const path = join(data, 'commons.json');
  // This node wrote it; a file that was cut short is made again from its source.
  let published: PublishedCommons | null = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as PublishedCommons,
    () => null,
  );
  const readByLanguage = new Map<string, Promise<Commons | null>>();

  async function priceOf(signed: SignedCommons, read: (sha256: Sha256) => Promise<Uint8Array>): Promise<CommonsPrices> {
    const head = Buffer.from(JSON.stringify(signed));
    const priceIn = async (encoding: keyof Prices): Promise<Readonly<Record<string, number>>> => {
      const headBytes = encoding === 'identity' ? head.byteLength : (await compress(head, encoding, 5)).byteLength;
      const prices: Record<string, number> = {};
      for (const language of signed.manifest.languages)
        prices[language] = headBytes + (await transferred(piecesFor(signed.manifest, language), read, encoding));
      return prices;
    };
    return { br: await priceIn('br'), gzip: await priceIn('gzip'), identity: await priceIn('identity') };
  }

  async function publish(manifest: CommonsManifest, bytes: ReadonlyMap<Sha256, Uint8Array>, stamp: string): Promise<void> {
    for (const piece of bytes.values()) await pieces.keep(piece);
    const signed: SignedCommons = { manifest, signature: signer.sign(manifest) };
    const read = (sha256: Sha256): Promise<Uint8Array> => {
      const found = bytes.get(sha256);
      return found === undefined
        ? Promise.reject(new Error(`The piece ${sha256} is in the manifest but was not made`))
        : Promise.resolve(found);
    };
    const next: PublishedCommons = {
      signed,
      digest: sha256Of(Buffer.from(canonicalJson(manifest))),
      prices: await priceOf(signed, read),
      stamp,
    };
    const file = await open(`${path}.half`, 'w');
    try {
      await file.writeFile(JSON.stringify(next));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.half`, path);
    published = next;
    readByLanguage.clear();
  }

  async function readPieces(language: string): Promise<Commons | null> {
    if (published === null) return null;
    const text = async (sha256: Sha256 | undefined): Promise<string> =>
      new TextDecoder().decode((sha256 === undefined ? null : await pieces.read(sha256)) ?? new Uint8Array());
    const shelves = published.signed.manifest.shelves.map(async ({ entries, index }) => ({
      entries: await text(entries.sha256),
      index: await text((index[language] ?? index['en'])?.sha256),
    }));
    const read = readCommons(await Promise.all(shelves));
    if (read.ok) return read.value;
    log(`The published compendium cannot be read: ${read.error} Its pieces are damaged; it is made again at the next start.`);
    published = null;
    return null;
  }

  async function sources() {
    const files = courses === null ? new Map<string, Uint8Array>() : await filesOf(courses);
    const folders = courses === null ? [] : (await readdir(courses, { withFileTypes: true })).filter((one) => one.isDirectory());
    return {
      files,
      own: folders
        .map(({ name }) => name)
        .filter(isCourseId)
        .sort(),
      accepted: await readAccepted(),
    };
  }

  return {
    published: () => published,
    read(language) {
      const known = readByLanguage.get(language);
      if (known !== undefined) return known;
      const reading = readPieces(language);
      readByLanguage.set(language, reading);
      return reading;
    },
    async faultsOf(entry) {
      const { files, own, accepted } = await sources();
      const others = accepted.filter(({ kind, id }) => kind !== entry['kind'] || id !== entry['id']);
      const compiled = compileCommons({ files, courses: new Set(own), accepted: [...others, entry] }, { sha256: sha256Of });
      return compiled.diagnostics
        .filter(({ severity, file }) => severity === 'error' && file === placeOfAccepted(entry['id']))
        .map(({ message }) => message);
    },
    async refresh() {
      const { files, own, accepted } = await sources();
      if (files.size === 0 && accepted.length === 0) return;
      const sums = [...files].map(([name, bytes]) => [name, sha256Of(bytes)]);
      const news = accepted.length === 0 ? [] : [sha256Of(Buffer.from(canonicalJson(accepted)))];
      const stamp = sha256Of(Buffer.from(JSON.stringify([compiler, signer.key, own, ...sums, ...news])));
      if (published?.stamp === stamp && (await readPieces('en')) !== null) return;
      const { commons, diagnostics } = compileCommons({ files, courses: new Set(own), accepted }, { sha256: sha256Of });
      for (const { file, line, severity, message, hint } of diagnostics)
        log(`${join(courses ?? '', file)}:${String(line)} ${severity}: ${message} ${hint}`);
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
    },
  };
}
