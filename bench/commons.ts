/** What a release costs the node: the commons of this repository compiled whole, and again after one entry was accepted. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { readCommons, type ShelfMemory } from '../src/lib/cooperation/commons.ts';
import { compileCommons, createMemory, faultsBeside, type CompiledCommons } from '../src/lib/cooperation/compile.ts';
import { piecesFor } from '../src/lib/cooperation/package.ts';
import { nextBatch } from '../src/lib/course/wanted.ts';
import type { Sha256 } from '../src/lib/domain/ids.ts';
import type { JsonObject } from '../src/lib/domain/shape.ts';
import { packOf } from '../src/lib/server/content/pack.ts';
import { median } from './browser.ts';
import type { Benchmark } from './measure.ts';

const sha256 = (bytes: Uint8Array): Sha256 => createHash('sha256').update(bytes).digest('hex') as Sha256;

const files = (): ReadonlyMap<string, Uint8Array> =>
  new Map(
    readdirSync('courses', { recursive: true, encoding: 'utf8' })
      .filter((name) => /^\+(goals|compendium|indicators|profiles|plans|calls)\/.*\.yaml$/.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(join('courses', name)))] as const),
  );

function readAll({ commons }: CompiledCommons, memory: ShelfMemory): void {
  const text = (hash: Sha256 | undefined): string => new TextDecoder().decode(commons?.pieces.get(hash ?? ('' as Sha256)));
  for (const language of commons?.manifest.languages ?? [])
    readCommons(
      (commons?.manifest.shelves ?? []).map(({ entries, index }) => ({
        entries: text(entries.sha256),
        index: text(index[language]?.sha256),
      })),
      memory,
    );
}

/** Packs of all languages that are not in `known`, pressed as they are sent. */
function press({ commons }: CompiledCommons, known: Set<string>): number {
  let bytes = 0;
  for (const language of commons?.manifest.languages ?? [])
    for (let rest = commons === null ? [] : piecesFor(commons.manifest, language); rest.length > 0;) {
      const batch = nextBatch(rest);
      rest = rest.slice(batch.length);
      const name = batch.map((piece) => piece.sha256).join();
      if (known.has(name)) continue;
      known.add(name);
      const pack = packOf(batch.map((piece) => ({ sha256: piece.sha256, bytes: commons?.pieces.get(piece.sha256) ?? new Uint8Array() })));
      bytes += brotliCompressSync(pack, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).byteLength;
    }
  return bytes;
}

export const commons: Benchmark = {
  name: 'commons',
  run() {
    const source = { files: files(), courses: new Set(readdirSync('courses').filter((name) => !name.startsWith('+'))) };
    const fresh = compileCommons(source, { sha256 });
    const shelf = fresh.commons?.manifest.shelves.find(({ kind }) => kind === 'assessment');
    if (shelf === undefined) throw new Error(JSON.stringify(fresh.diagnostics.slice(0, 3)));
    const [values] = JSON.parse(new TextDecoder().decode(fresh.commons?.pieces.get(shelf.entries.sha256))) as JsonObject[];
    if (values === undefined) throw new Error('There is no assessment');
    const released = (year: number): JsonObject => ({ ...values, id: `${String(values['country'])}-${String(year)}`, year });

    const whole: number[] = [];
    const change: number[] = [];
    const pressing: number[] = [];
    let year = 2030;
    for (let round = 0; round < 5; round++) {
      const memory = createMemory();
      const shelves: ShelfMemory = new Map();
      const packs = new Set<string>();
      let began = performance.now();
      const first = compileCommons(source, { sha256, memory });
      readAll(first, shelves);
      whole.push(performance.now() - began);
      press(first, packs);
      began = performance.now();
      const entry = released(year++);
      if (faultsBeside(source, entry, { sha256, memory }).length > 0) throw new Error('The values cannot be released');
      const next = compileCommons({ ...source, accepted: [entry] }, { sha256, memory });
      readAll(next, shelves);
      change.push(performance.now() - began);
      began = performance.now();
      press(next, packs);
      pressing.push(performance.now() - began);
    }
    return Promise.resolve([
      { name: 'the whole: read, checked, shelved, read again in six languages', value: median(whole), unit: 'ms' as const },
      { name: 'one entry more: checked, shelved, read again', value: median(change), unit: 'ms' as const },
      { name: 'one entry more, of the whole', value: median(change) / median(whole), unit: '×' as const, bound: 0.4 },
      { name: 'one entry more: packs of six languages, for the price', value: median(pressing), unit: 'ms' as const },
    ]);
  },
};
