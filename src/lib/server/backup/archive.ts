/**
 * A backup is one file: a tar (POSIX ustar), so that any machine can look into it. Its first entry is `manifest.json`, which names every other entry with its size and
 * SHA-256, in their order; what does not agree with it to the byte is damaged.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { isNodeId, isSha256, type NodeId, type Sha256 } from '../../domain/ids.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isCount, isListOf, isObject, isString } from '../../domain/shape.ts';

export interface BackupFile {
  /** Path in the data folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: Sha256;
}

export interface BackupManifest {
  readonly format: 'perigee-backup';
  readonly version: 1;
  /** When it was made. */
  readonly made: string;
  readonly node: NodeId;
  /** Of the database when the backup was made; a restore starts another. */
  readonly epoch: string;
  /** `couchdb`: the documents are not in here, but in CouchDB's own backup. */
  readonly engine: 'embedded' | 'couchdb';
  readonly files: readonly BackupFile[];
}

export const manifestName = 'manifest.json';
const block = 512;
const chunk = 1024 * 1024;
/** What an octal field of eleven digits holds: 8 GB. */
const mostBytes = 8 ** 11 - 1;

/** A path within the folder that it is unpacked in, and nowhere else. */
const isPath = (value: unknown): value is string =>
  isString(value) && value.length <= 100 && /^[\w.+-]+(?:\/[\w.+-]+)*$/.test(value) && !value.split('/').some((part) => /^\.+$/.test(part));

const isFile = (value: unknown): value is BackupFile =>
  isObject(value) && isPath(value['path']) && isCount(value['bytes']) && isSha256(value['sha256']);

function parseManifest(value: unknown): BackupManifest | null {
  if (!isObject(value) || value['format'] !== 'perigee-backup' || value['version'] !== 1) return null;
  const { made, node, epoch, engine, files } = value;
  if (!isString(made) || !isNodeId(node) || !isString(epoch) || !isListOf(isFile)(files)) return null;
  if (engine !== 'embedded' && engine !== 'couchdb') return null;
  return { format: 'perigee-backup', version: 1, made, node, epoch, engine, files };
}

function header(path: string, bytes: number): Buffer {
  if (!isPath(path)) throw new Error(`${path} cannot be named in a backup`);
  if (bytes > mostBytes) throw new RangeError(`${path} holds more than 8 GB`);
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number): void => void head.write(value.toString(8).padStart(digits, '0'), at, 'ascii');
  head.write(path, 0, 'ascii');
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(bytes, 124, 11);
  octal(0, 136, 11);
  head.write('        0', 148, 'ascii');
  head.write('ustar\u000000', 257, 'ascii');
  octal(
    head.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  head[154] = 0;
  return head;
}

/** Path and size of an entry; null where the block is none. */
function readHeader(head: Buffer): { readonly path: string; readonly bytes: number } | null {
  const field = (at: number, length: number): string => head.toString('ascii', at, at + length).replace(/[\0 ]+$/, '');
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (field(257, 5) !== 'ustar' || parseInt(field(148, 7), 8) !== sum) return null;
  return { path: field(0, 100), bytes: parseInt(field(124, 12), 8) };
}

const padding = (bytes: number): number => (block - (bytes % block)) % block;

export async function describeFile(path: string, source: string): Promise<BackupFile> {
  const file = await open(source, 'r');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const part of file.createReadStream({ autoClose: false, highWaterMark: chunk })) {
      hash.update(part as Buffer);
      bytes += (part as Buffer).length;
    }
    return { path, bytes, sha256: hash.digest('hex') as Sha256 };
  } finally {
    await file.close();
  }
}

/**
 * Writes the archive and brings it to the disk.
 *
 * @param sourceOf where the bytes of a named file are
 * @throws where a file changed since it was described
 */
export async function writeArchive(to: FileHandle, manifest: BackupManifest, sourceOf: (path: string) => string): Promise<void> {
  const said = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await to.write(Buffer.concat([header(manifestName, said.length), said, Buffer.alloc(padding(said.length))]));
  for (const { path, bytes, sha256 } of manifest.files) {
    await to.write(header(path, bytes));
    const from = await open(sourceOf(path), 'r');
    try {
      const hash = createHash('sha256');
      let written = 0;
      for await (const part of from.createReadStream({ autoClose: false, highWaterMark: chunk })) {
        hash.update(part as Buffer);
        written += (part as Buffer).length;
        await to.write(part as Buffer);
      }
      if (written !== bytes || hash.digest('hex') !== sha256) throw new Error(`${path} changed while it was copied`);
    } finally {
      await from.close();
    }
    await to.write(Buffer.alloc(padding(bytes)));
  }
  // A tar ends with two empty blocks.
  await to.write(Buffer.alloc(2 * block));
  await to.sync();
}

export interface ArchiveReader {
  readonly manifest: BackupManifest;
  /** Hands over each file's bytes in parts, in the manifest's order; the error names what is damaged. */
  unpack(take: (file: BackupFile) => Promise<{ write(part: Buffer): Promise<void>; end(): Promise<void> }>): Promise<Result<null, string>>;
}

/** Reads the head of an archive. The error is the rest of a sentence about the file. */
export async function readArchive(file: FileHandle): Promise<Result<ArchiveReader, string>> {
  let at = 0;
  const take = async (length: number): Promise<Buffer | null> => {
    const bytes = Buffer.alloc(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await file.read(bytes, got, length - got, at + got);
      if (bytesRead === 0) return null;
      got += bytesRead;
    }
    at += length;
    return bytes;
  };
  const nextHeader = async (): Promise<ReturnType<typeof readHeader>> => {
    const head = await take(block);
    return head === null ? null : readHeader(head);
  };

  const first = await nextHeader();
  if (first?.path !== manifestName || !(first.bytes < 64 * 1024 * 1024)) return err('is no backup of a node');
  const said = await take(first.bytes);
  if (said === null || (await take(padding(first.bytes))) === null) return err('is damaged: its manifest is cut off');
  let manifest: BackupManifest | null = null;
  try {
    manifest = parseManifest(JSON.parse(said.toString('utf8')));
  } catch {
    // Said below.
  }
  if (manifest === null) return err('is damaged: its manifest cannot be read, or is of a version that this Perigee does not know');
  const { files } = manifest;
  return ok({
    manifest,
    async unpack(takeFile) {
      for (const described of files) {
        const { path, bytes, sha256 } = described;
        const head = await nextHeader();
        if (head === null || head.path !== path || head.bytes !== bytes) return err(`is damaged: ${path} is not where its manifest says`);
        const hash = createHash('sha256');
        const target = await takeFile(described);
        try {
          for (let rest = bytes; rest > 0;) {
            const part = await take(Math.min(rest, chunk));
            if (part === null) return err(`is damaged: ${path} is cut off`);
            hash.update(part);
            await target.write(part);
            rest -= part.length;
          }
        } finally {
          // A file that was opened is closed, also where the rest of it is missing.
          await target.end();
        }
        if (hash.digest('hex') !== sha256) return err(`is damaged: the bytes of ${path} are not those that were saved`);
        if ((await take(padding(bytes))) === null) return err(`is damaged: it is cut off behind ${path}`);
      }
      const end = await take(2 * block);
      return end === null || end.some((byte) => byte !== 0) ? err('is damaged: it is cut off at its end') : ok(null);
    },
  });
}
