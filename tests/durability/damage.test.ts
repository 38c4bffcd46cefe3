/**
 * A database file that is damaged anywhere is noticed before anything of it is answered, is not written to, and what is whole of it is saved. Whatever the damage: either the
 * node says that the file is damaged, or every document is as it was. The log's last commit alone cannot be told from a power cut's: then the epoch is a new one.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbedded } from '../../src/lib/server/engine/embedded.ts';
import { StorageFailure, type Database, type Engine } from '../../src/lib/server/engine/engine.ts';
import { salvage } from '../../src/lib/server/engine/salvage.ts';
import { aPerson, aDevice, aRecord } from '../fixtures/records.ts';
import { random as randomBytes } from '../node/kit.ts';
import { seeded, thoroughness } from './seeded.ts';

const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'perigee-damage-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const pageBytes = 4096;

async function allOf(database: Database, into: Map<string, string>, name: string): Promise<void> {
  for (const { id } of (await database.changes({ partition: null, since: '0', style: 'all_docs' })).results) {
    const { found } = await database.open(id, 'all', { attachments: 'all' });
    for (const document of found) into.set(`${name} ${id} ${document._rev}`, JSON.stringify(document));
  }
}

/** Every leaf of every document, with its history and attachments. */
async function contentOf(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const content = new Map<string, string>();
  for (const name of ['accounts', 'records-centre', 'desk-centre']) await allOf(engine.database(name), content, name);
  for (const name of await engine.further.list()) {
    const database = await engine.further.open(name);
    if (database !== null) await allOf(database, content, name);
  }
  return content;
}

async function fill(engine: Engine): Promise<void> {
  const [person, device] = [aPerson('a'), aDevice('b')];
  const records = engine.database('records-centre');
  for (let n = 0; n < 60; n += 6) {
    const docs = Array.from({ length: 6 }, (_, i) => ({
      ...aRecord('attempt', person, device, n + i),
      response: 'perigee '.repeat(((n + i) % 7) * 120),
    }));
    const [first] = await records.bulk(docs, { newEdits: true });
    if (first?.ok === true) await records.bulk([{ ...docs[0], _rev: first.rev, score: 0.5 }], { newEdits: true });
  }
  const note = aRecord('note', person, device);
  for (const hash of ['aa', 'bb']) await records.bulk([{ ...note, text: hash, _rev: `1-${hash}` }], { newEdits: false });
  await records.putLocal('person:a', 'checkpoint', { since: 12 });
  for (let n = 0; n < 20; n++)
    await engine
      .database('accounts')
      .bulk([{ _id: `learner:${aPerson('c').slice(0, -2)}${String(n).padStart(2, '0')}`, name: 'Amina' }], { newEdits: true });
  await engine.database('desk-centre').bulk([{ _id: 'centre:cohort:one', title: 'Nairobi' }], { newEdits: true });
  await engine.further.create('theirs');
  const theirs = await engine.further.open('theirs');
  const data = Buffer.from(randomBytes(9000)).toString('base64');
  const [made] =
    (await theirs?.bulk([{ _id: 'with', _attachments: { 'a.bin': { content_type: 'application/octet-stream', data } } }, { _id: 'gone' }], {
      newEdits: true,
    })) ?? [];
  expect(made?.ok).toBe(true);
  const gone = await theirs?.get('gone');
  await theirs?.bulk([{ _id: 'gone', _rev: gone?._rev, _deleted: true }], { newEdits: true });
}

type Files = Readonly<Record<string, Buffer>>;

interface Sample {
  readonly files: Files;
  readonly epoch: string;
  readonly content: ReadonlyMap<string, string>;
}

/** A node's database: as it lies after a clean end, or as a killed process leaves it, with most of it in the log. */
async function makeSample(name: string, killed: boolean): Promise<Sample> {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const file = join(folder, 'node.sqlite');
  const engine = openEmbedded({ file, random: randomBytes });
  await fill(engine);
  const content = await contentOf(engine);
  if (!killed) await engine.close();
  const files = Object.fromEntries(
    ['', '-wal', '-shm'].filter((end) => existsSync(file + end)).map((end) => [`node.sqlite${end}`, readFileSync(file + end)]),
  );
  if (killed) await engine.close();
  return { files, epoch: engine.epoch, content };
}

let places = 0;

/** Opens the files as a node does at its start, and salvages them where it refuses. Answers with the word for what came of it. */
async function judge({ epoch, content }: Sample, damaged: Files, extent: 'one page' | 'more' = 'one page'): Promise<string> {
  const folder = join(scratch, `place-${String(places++)}`);
  mkdirSync(folder);
  const file = join(folder, 'node.sqlite');
  for (const [name, bytes] of Object.entries(damaged)) writeFileSync(join(folder, name), bytes);
  const notices: string[] = [];
  try {
    let engine: Engine;
    try {
      engine = openEmbedded({ file, random: randomBytes, check: 'whole', notice: (sentence) => void notices.push(sentence) });
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      expect(error.message).toContain(`The database ${file} is damaged: `);
      expect(error.message).toContain('perigee restore');
      for (const name of ['node.sqlite', 'node.sqlite-wal'])
        if (damaged[name] !== undefined)
          expect(existsSync(join(folder, name)) && readFileSync(join(folder, name)).equals(damaged[name]), `${name} was changed`).toBe(
            true,
          );
      await checkSalvage(file, content, extent);
      return 'damaged';
    }
    const now = await contentOf(engine);
    await engine.close();
    const same = now.size === content.size && [...now].every(([key, text]) => content.get(key) === text);
    if (same) return 'same';
    // The copy in its place has an epoch of its own in any case: what tells is that the node said so.
    expect(notices.join()).toContain('cannot be told');
    expect(engine.epoch).not.toBe(epoch);
    for (const [key, text] of now) expect(content.get(key)).toBe(text);
    return 'cannot tell';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const withoutHistory = (text: string | undefined): string => (text ?? '').replace(/,?"_revisions":\{[^}]*\}/, '');

async function checkSalvage(file: string, content: Sample['content'], extent: 'one page' | 'more'): Promise<void> {
  if (!existsSync(file)) return;
  const engine = openEmbedded({ file: `${file}-saved`, random: randomBytes });
  const report = await salvage(file, engine);
  const saved = await contentOf(engine);
  await engine.close();
  // A text may be saved of which the history is lost.
  for (const [key, text] of saved) if (content.has(key)) expect(withoutHistory(text)).toBe(withoutHistory(content.get(key)));
  if (extent === 'more') return;
  // What is not saved is named.
  const named = new Set(report.lost.map(({ database, id }) => `${database?.replace('further:', '') ?? ''} ${id}`));
  const lost = [...content.keys()].filter((key) => !saved.has(key));
  salvaged.saved += saved.size;
  salvaged.lost += lost.length;
  const nameOf = (key: string): string => key.slice(0, key.lastIndexOf(' '));
  expect(lost.filter((key) => !named.has(nameOf(key)) && !named.has(nameOf(key).slice(nameOf(key).indexOf(' '))))).toEqual([]);
}

const salvaged = { saved: 0, lost: 0 };

const changed = (files: Files, name: string, change: (bytes: Buffer) => Buffer | void): Files => {
  const bytes = Buffer.from(files[name] ?? Buffer.alloc(0));
  return { ...files, [name]: change(bytes) ?? bytes };
};

describe.each([
  ['after a clean end', false, ['node.sqlite']],
  ['as a killed process leaves it', true, ['node.sqlite', 'node.sqlite-wal']],
] as const)('a database %s', (name, killed, parts) => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await makeSample(killed ? 'killed' : 'clean', killed);
  });

  it('opens as it was where nothing is wrong with it', async () => {
    expect(sample.content.size).toBeGreaterThan(80);
    expect(await judge(sample, sample.files)).toBe('same');
    const { 'node.sqlite-shm': _, ...withoutIndex } = sample.files;
    expect(await judge(sample, withoutIndex)).toBe('same');
  });

  it.each(parts)('is noticed with a bit or a byte turned anywhere in %s', { timeout: 60_000 * thoroughness }, async (part) => {
    const random = seeded(7);
    const came = new Map<string, number>();
    for (let n = 0; n < 120 * thoroughness; n++) {
      const files = changed(sample.files, part, (bytes) => {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (n % 2 === 0 ? 1 << Math.floor(random() * 8) : 1 + Math.floor(random() * 255));
      });
      const outcome = await judge(sample, files);
      came.set(outcome, (came.get(outcome) ?? 0) + 1);
    }
    // Bytes that hold nothing may turn as they like; most hold something.
    if (!killed) expect(came.get('damaged')).toBeGreaterThan(30 * thoroughness);
    if (part === 'node.sqlite-wal') expect(came.get('same') ?? 0).toBeLessThan(12 * thoroughness);
  });

  it.each(parts)('is noticed with any page of %s zeroed, torn, exchanged or from another time', { timeout: 60_000 }, async (part) => {
    const random = seeded(11);
    const pages = Math.floor((sample.files[part]?.length ?? 0) / pageBytes);
    const step = Math.max(1, Math.floor(pages / (25 * thoroughness)));
    for (let page = 0; page < pages; page += step) {
      const at = page * pageBytes;
      const kinds: ((bytes: Buffer) => void)[] = [
        (bytes) => void bytes.fill(0, at, at + pageBytes),
        (bytes) => void bytes.fill(0, at + 512 * Math.floor(random() * 8), at + pageBytes),
        (bytes) => void Buffer.from(randomBytes(512)).copy(bytes, at + 512 * Math.floor(random() * 8)),
        (bytes) => {
          const other = ((page + 1 + Math.floor(random() * (pages - 1))) % pages) * pageBytes;
          bytes.copy(bytes, at, other, other + pageBytes);
        },
      ];
      for (const kind of kinds) await judge(sample, changed(sample.files, part, kind));
    }
  });

  it.each(parts)('is noticed with %s cut off anywhere, or gone', { timeout: 60_000 }, async (part) => {
    const length = sample.files[part]?.length ?? 0;
    const random = seeded(13);
    const cuts = [
      0,
      1,
      31,
      32,
      56,
      pageBytes,
      length - pageBytes,
      length - 1,
      ...Array.from({ length: 40 }, () => Math.floor(random() * length)),
    ];
    // What is in the log is not missed in the file.
    const may = ['damaged', ...(part === 'node.sqlite-wal' ? ['cannot tell'] : killed ? ['same'] : [])];
    for (const cut of cuts)
      expect(may).toContain(
        await judge(
          sample,
          changed(sample.files, part, (bytes) => bytes.subarray(0, cut)),
          'more',
        ),
      );
    if (part === 'node.sqlite-wal') {
      const { [part]: _, ...without } = sample.files;
      expect(await judge(sample, without)).toBe('cannot tell');
    }
  });

  it('loses little of what one damaged page leaves', () => {
    expect(salvaged.saved).toBeGreaterThan(salvaged.lost * 20);
  });
});

it('is noticed while the node runs: the answer is refused and nothing is written any more', async () => {
  const folder = join(scratch, 'running');
  mkdirSync(folder);
  const file = join(folder, 'node.sqlite');
  const engine = openEmbedded({ file, random: randomBytes });
  await fill(engine);
  await engine.close();
  const bytes = readFileSync(file);
  const at = bytes.indexOf('perigee perigee');
  bytes.write('apogee!', at);
  writeFileSync(file, bytes);
  // Without reading all of it, as the command line opens it.
  const again = openEmbedded({ file, random: randomBytes });
  const records = again.database('records-centre');
  await expect(records.list({ partition: null, bodies: true })).rejects.toThrow(/is damaged: the row of .* is not as it was written/);
  expect(await again.writable()).toBe(false);
  await expect(records.bulk([{ _id: 'a:b' }], { newEdits: true })).rejects.toThrow('is damaged');
  await again.close();
});
