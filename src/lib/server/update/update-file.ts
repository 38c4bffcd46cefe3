/**
 * An update of the node in one file, `perigee-update-<version>.perigee`:
 *
 *   one line     the manifest, as canonical JSON: the version, when it was made, the oldest Node that runs it, and every file with its bytes and SHA-256, in blocks
 *   one line     `{ key, value }`: the publisher's Ed25519 signature over the manifest
 *   the blocks   each brotli over the files of one block, one after the other; the manifest has the SHA-256 of these bytes
 *
 * So the signature says what may be in the file before a byte of it is unpacked, a block is unpacked only after its hash was right and to no more bytes than the manifest says, and a file counts
 * only after its own. Which keys are believed is pinned by whoever installed the node (`perigee release pin`, `release-keys.json`, `PERIGEE_RELEASE_KEY`).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { isSha256, type Sha256 } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isCount, isListOf, isObject, isString } from '../../domain/shape.ts';
import { isSignedBy, type Signer } from '../accounts/node-key.ts';
import { sha256Of } from '../content/pieces.ts';

export const updateSuffix = '.perigee';
export const updateName = (version: string): string => `perigee-update-${version}${updateSuffix}`;

export interface UpdateFile {
  /** In the installation, with slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: Sha256;
}

export interface UpdateManifest {
  readonly format: 'perigee-update/1';
  readonly version: string;
  /** RFC 3339. */
  readonly made: string;
  /** The oldest Node that runs it. */
  readonly node: string;
  readonly blocks: readonly { readonly packed: number; readonly sha256: Sha256; readonly files: readonly UpdateFile[] }[];
}

/** Files of a block together, where one alone is not larger. */
const blockBytes = 2 * 1024 * 1024;
/** A manifest names some thousand files: a few hundred kilobytes. */
const longestLine = 8 * 1024 * 1024;
const largestFile = 64 * 1024 * 1024;
const mostBytes = 1024 * 1024 * 1024;

/** `0.2.0`, or `0.2.0+4fb56d` with the commit that it was built from. */
export const isVersion = (value: unknown): value is string =>
  isString(value) && /^\d{1,5}\.\d{1,5}\.\d{1,5}(?:\+[a-z0-9.-]{1,40})?$/.test(value);

/** Below 0 where `a` is older. What follows a plus does not count (semver.org, 10). */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string): readonly number[] => (version.split(/[+-]/)[0] ?? '').split('.').map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  return [0, 1, 2].map((n) => (left[n] ?? 0) - (right[n] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** A path that stays where it is unpacked. */
const isSafePath = (value: unknown): value is string =>
  isString(value) &&
  value.length <= 300 &&
  /^[^\\:\0]+$/.test(value) &&
  value.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const isFile = (value: unknown): value is UpdateFile =>
  isObject(value) && isSafePath(value['path']) && isCount(value['bytes']) && value['bytes'] <= largestFile && isSha256(value['sha256']);

function parseManifest(value: unknown): UpdateManifest | null {
  if (!isObject(value) || value['format'] !== 'perigee-update/1') return null;
  const { version, made, node, blocks } = value;
  if (!isVersion(version) || !isVersion(node) || !isString(made) || Number.isNaN(Date.parse(made)) || !isListOf(isObject)(blocks))
    return null;
  const isBlock = (one: object): one is UpdateManifest['blocks'][number] => {
    const { packed, sha256, files } = one as Record<string, unknown>;
    return isCount(packed) && isSha256(sha256) && isListOf(isFile)(files);
  };
  if (!blocks.every(isBlock)) return null;
  const files = blocks.flatMap((block) => (block as UpdateManifest['blocks'][number]).files);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > mostBytes || new Set(files.map(({ path }) => path)).size !== files.length) return null;
  return value as unknown as UpdateManifest;
}

/**
 * Makes the file's bytes.
 *
 * @param files what belongs to the version, by path
 */
export async function makeUpdate(given: {
  readonly version: string;
  readonly made: string;
  readonly node: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly sign: Signer['sign'];
}): Promise<{ readonly manifest: UpdateManifest; readonly parts: readonly Uint8Array[] }> {
  const groups: [string, Uint8Array][][] = [];
  let room = 0;
  for (const entry of [...given.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const size = entry[1].byteLength;
    if (size > largestFile) throw new RangeError(`${entry[0]} is larger than an update's file may be`);
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = blockBytes;
    }
    groups.at(-1)?.push(entry);
    room -= size;
  }
  const packed: Uint8Array[] = [];
  const blocks: UpdateManifest['blocks'][number][] = [];
  for (const group of groups) {
    const plain = Buffer.concat(group.map(([, bytes]) => bytes));
    const bytes = await promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length, [constants.BROTLI_PARAM_LGWIN]: 22 },
    });
    packed.push(bytes);
    blocks.push({
      packed: bytes.byteLength,
      sha256: sha256Of(bytes),
      files: group.map(([path, content]) => ({ path, bytes: content.byteLength, sha256: sha256Of(content) })),
    });
  }
  const manifest: UpdateManifest = { format: 'perigee-update/1', version: given.version, made: given.made, node: given.node, blocks };
  const head = `${canonicalJson(manifest)}\n${JSON.stringify(given.sign(manifest))}\n`;
  return { manifest, parts: [Buffer.from(head), ...packed] };
}

async function readLine(file: FileHandle, at: number): Promise<{ readonly text: string; readonly next: number } | null> {
  const parts: Buffer[] = [];
  for (let length = 0; length <= longestLine;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, at + length);
    if (bytesRead === 0) return null;
    const part = buffer.subarray(0, bytesRead);
    const end = part.indexOf(10);
    parts.push(end < 0 ? part : part.subarray(0, end));
    length += end < 0 ? bytesRead : end;
    if (end >= 0) return { text: Buffer.concat(parts).toString('utf8'), next: at + length + 1 };
  }
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export interface OpenUpdate {
  readonly manifest: UpdateManifest;
  /** Bytes of all files together. */
  readonly total: number;
  /** Hands over each file after its hash was right; an error is the rest of a sentence about the file. */
  each(take: (file: UpdateFile, bytes: Uint8Array) => Promise<void>): Promise<Result<null, string>>;
  close(): Promise<void>;
}

export interface UpdateHead {
  readonly manifest: UpdateManifest;
  /** Where the blocks begin. */
  readonly start: number;
  /** Bytes that the whole file has. */
  readonly length: number;
  /** Bytes of all files together, unpacked. */
  readonly total: number;
}

async function readHead(file: FileHandle, keys: readonly string[]): Promise<Result<UpdateHead | null, string>> {
  const first = await readLine(file, 0);
  const second = first === null ? null : await readLine(file, first.next);
  if (first === null || second === null) return ok(null);
  const statement = parseJson(first.text);
  const signature = parseJson(second.text);
  if (!isObject(statement) || !isObject(signature) || !isString(signature['key']) || !isString(signature['value']))
    return err('is no update of a node');
  if (keys.length === 0)
    return err('cannot be judged: no publisher is pinned. «npx perigee release pin KEY» pins one, KEY being what the publisher gave you');
  if (!keys.includes(signature['key'])) return err(`is signed by ${signature['key']}, which is no publisher that is pinned here`);
  if (!isSignedBy(statement, { key: signature['key'], value: signature['value'] })) return err('has a signature that is not right');
  const manifest = parseManifest(statement);
  if (manifest === null) return err('is signed, but of a form that this version does not know');
  const start = second.next;
  return ok({
    manifest,
    start,
    length: manifest.blocks.reduce((sum, { packed }) => sum + packed, start),
    total: manifest.blocks.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0),
  });
}

/**
 * What the beginning of a file says, once its signature was right: a file that is still arriving is judged before the rest of it is paid for.
 *
 * @returns null where the head has not arrived yet; the error is the rest of a sentence about the file
 */
export async function peekUpdate(path: string, keys: readonly string[]): Promise<Result<UpdateHead | null, string>> {
  const file = await open(path, 'r');
  try {
    return await readHead(file, keys);
  } finally {
    await file.close();
  }
}

/**
 * Opens a file whose manifest is signed by one of these keys.
 *
 * @param keys those that are believed, base64url
 * @returns or why not, as the rest of a sentence about the file
 */
export async function openUpdate(path: string, keys: readonly string[]): Promise<Result<OpenUpdate, string>> {
  const file = await open(path, 'r');
  const refused = async (why: string): Promise<Result<never, string>> => {
    await file.close();
    return err(why);
  };
  const head = await readHead(file, keys);
  if (!head.ok) return refused(head.error);
  if (head.value === null) return refused('is no update of a node, or is cut off');
  const { manifest, start, length, total } = head.value;
  const { size } = await stat(path);
  if (size !== length)
    return refused(`is ${size < length ? 'cut off' : 'longer than it should be'}: ${String(size)} bytes of ${String(length)}`);

  async function each(take: (one: UpdateFile, bytes: Uint8Array) => Promise<void>): Promise<Result<null, string>> {
    let at = start;
    for (const { packed, sha256, files } of manifest.blocks) {
      const bytes = Buffer.alloc(packed);
      for (let got = 0; got < packed;) {
        const { bytesRead } = await file.read(bytes, got, packed - got, at + got);
        if (bytesRead === 0) return err('is cut off');
        got += bytesRead;
      }
      at += packed;
      if (sha256Of(bytes) !== sha256) return err('is damaged: its bytes are not those that were signed');
      const wanted = files.reduce((sum, one) => sum + one.bytes, 0);
      const plain = await promisify(brotliDecompress)(bytes, { maxOutputLength: Math.max(1, wanted) }).catch(() => null);
      if (plain?.length !== wanted) return err('is damaged: a part of it does not unpack to what was signed');
      let from = 0;
      for (const one of files) {
        const content = plain.subarray(from, (from += one.bytes));
        if (sha256Of(content) !== one.sha256) return err(`is damaged: ${one.path} is not what was signed`);
        await take(one, content);
      }
    }
    return ok(null);
  }
  return ok({ manifest, total, each, close: () => file.close() });
}

export async function hashOfFile(path: string): Promise<Sha256> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex') as Sha256;
}

/** A publisher's key as it is printed: the 32 bytes of an Ed25519 key in base64url. */
export const isPublisherKey = (value: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(value);

/** Where `perigee release pin` keeps them: the data folder stays when versions come and go. */
export const pinsFile = (data: string): string => `${data}/release-keys.json`;

async function keysIn(file: string): Promise<readonly string[]> {
  const kept = parseJson(await readFile(file, 'utf8').catch(() => '{}'));
  return isObject(kept) && isListOf(isString)(kept['keys']) ? kept['keys'] : [];
}

/** Keys that are pinned: those of the version that runs, those of this node, and one that whoever starts the node names. */
export async function pinnedKeys(
  root: string,
  data: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const named = environment['PERIGEE_RELEASE_KEY']?.trim() ?? '';
  const kept = [...(await keysIn(`${root}/release-keys.json`)), ...(await keysIn(pinsFile(data)))];
  return [...new Set([...kept, ...(named === '' ? [] : [named])])];
}

/** Pins a publisher for this node, or takes the pin away. Answers the keys that its data folder pins then. */
export async function changePins(data: string, key: string, pinned: boolean): Promise<readonly string[]> {
  const keys = [...(await keysIn(pinsFile(data))).filter((other) => other !== key), ...(pinned ? [key] : [])];
  const half = `${pinsFile(data)}.half`;
  await writeFile(half, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(half, pinsFile(data));
  return keys;
}
