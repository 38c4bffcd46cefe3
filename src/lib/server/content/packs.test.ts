import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '../../domain/ids.ts';
import { packOf } from './pack.ts';
import { openPacks } from './packs.ts';
import { sha256Of, type Pieces } from './pieces.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'perigee-packs-')), 'packs');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const contents = Array.from({ length: 6 }, (_, n) => Buffer.from(`piece ${String(n)} `.repeat(200 + n)));
const [first, second, third, ...others] = contents.map(sha256Of) as [Sha256, Sha256, Sha256, ...Sha256[]];
const bySha = new Map(contents.map((bytes) => [sha256Of(bytes), bytes]));
const packed = (...wanted: readonly Sha256[]): Buffer =>
  Buffer.from(packOf(wanted.map((sha256) => ({ sha256, bytes: bySha.get(sha256) ?? Buffer.alloc(0) }))));

/** Pieces in memory, which count how often each was read. */
function countedPieces(): { readonly pieces: Pieces; readonly reads: Sha256[] } {
  const reads: Sha256[] = [];
  const unused = (): never => {
    throw new Error('Packs only read');
  };
  const read = (sha256: Sha256): Promise<Uint8Array | null> => {
    reads.push(sha256);
    return Promise.resolve(bySha.get(sha256) ?? null);
  };
  return { reads, pieces: { pathOf: unused, sizeOf: unused, keep: unused, read } };
}

describe('packs on the disk', () => {
  it('hold the same in each encoding, and are made once for all who ask', async () => {
    const { pieces, reads } = countedPieces();
    const packs = await openPacks({ folder, pieces });
    const wanted = [second, first];
    const many = await Promise.all(Array.from({ length: 25 }, () => packs.of(wanted, 'br')));
    for (const pack of many) expect(brotliDecompressSync(pack)).toEqual(packed(...wanted));
    expect(brotliDecompressSync(await packs.of(wanted, 'br'))).toEqual(packed(...wanted));
    expect(reads).toEqual(wanted);
    expect(gunzipSync(await packs.of(wanted, 'gzip'))).toEqual(packed(...wanted));
    expect(Buffer.from(await packs.of(wanted, null))).toEqual(packed(...wanted));
    // Another order is another pack: a device reads it as it asked.
    expect(Buffer.from(await packs.of([first, second], null))).toEqual(packed(first, second));
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('leave out what is not here', async () => {
    const { pieces } = countedPieces();
    const packs = await openPacks({ folder, pieces });
    expect(Buffer.from(await packs.of([first, '0'.repeat(64) as Sha256], null))).toEqual(packed(first));
    expect(Buffer.from(await packs.of([], null))).toHaveLength(0);
  });

  it('give way where the folder is full, those first that nobody asked for lately, and are made again', async () => {
    const { pieces, reads } = countedPieces();
    const packs = await openPacks({ folder, pieces, most: packed(others[0] as Sha256).length * 3 });
    await packs.of([first], null);
    await packs.of([second], null);
    await packs.of([first], null);
    await packs.of([third], null);
    await packs.of([others[0] as Sha256], null);
    reads.length = 0;
    expect(Buffer.from(await packs.of([first], null))).toEqual(packed(first));
    expect(reads).toEqual([]);
    expect(Buffer.from(await packs.of([second], null))).toEqual(packed(second));
    expect(reads).toEqual([second]);
  });

  it('are neither kept nor left on a disk that is scarce', async () => {
    const { pieces } = countedPieces();
    let room = true;
    const packs = await openPacks({ folder, pieces, hasRoomFor: () => Promise.resolve(room) });
    await packs.of([first], null);
    expect(readdirSync(folder)).toHaveLength(1);
    room = false;
    expect(Buffer.from(await packs.of([second], null))).toEqual(packed(second));
    expect(readdirSync(folder)).toEqual([]);
    room = true;
    await packs.of([second], null);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('begin with an empty folder, and are made again where a file was taken away', async () => {
    const { pieces, reads } = countedPieces();
    const packs = await openPacks({ folder, pieces });
    await packs.of([first], 'br');
    rmSync(folder, { recursive: true });
    // Nor is the disk needed at all.
    expect(brotliDecompressSync(await packs.of([first], 'br'))).toEqual(packed(first));
    expect(reads).toEqual([first, first]);
    await openPacks({ folder, pieces });
    writeFileSync(join(folder, 'half'), 'x');
    await openPacks({ folder, pieces });
    expect(readdirSync(folder)).toEqual([]);
  });
});
