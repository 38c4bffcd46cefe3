/**
 * Takes out of a damaged database what is whole. Every row carries a sum that names its table, so rows are taken from wherever they lie: from pages that no tree leads to
 * any more, and from frames of the log behind a broken one. Which documents there were is also said by the indexes, so that what is lost has a name where
 * anything of it is left.
 *
 * Nothing is written to the damaged file. What is whole goes into another, which has an epoch of its own: devices ask again about everything.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { companions } from './check-file.ts';
import { parseRev } from './document.ts';
import type { CouchDocument, Database, Engine } from './engine.ts';
import { historyOf, knownRevs, leavesOf, type RevisionTree } from './revisions.ts';
import { rowSum } from './row-sums.ts';
import { rowsIn, type Column, type PageAt } from './sqlite-pages.ts';
import { readLog } from './write-ahead-log.ts';

export interface LostDocument {
  /** Null where the list of databases did not survive. */
  readonly database: string | null;
  readonly id: string;
  /** Null for the newest one, where that has no name any more; an earlier one may be saved. */
  readonly rev: string | null;
}

export interface SalvageReport {
  /** Documents saved, by database. */
  readonly saved: Readonly<Record<string, number>>;
  readonly lost: readonly LostDocument[];
}

interface Kept {
  readonly seq: number;
  readonly tree: RevisionTree;
}

interface Rows {
  /** Names of databases by number, with how often each was found. */
  readonly names: Map<number, Map<string, number>>;
  /** By `<db>\n<id>`. */
  readonly documents: Map<string, Kept>;
  /** By `<db>\n<id>`, then by revision. */
  readonly bodies: Map<string, Map<string, string>>;
  /** By `<db>\n<id>`, then by digest. */
  readonly attachments: Map<string, Map<string, Uint8Array>>;
  /** For `<db>\n<id>` of every document that an index names, the highest sequence number that one gives it, and whether it was deleted then. */
  readonly named: Map<string, { readonly seq: number; readonly deleted: boolean }>;
}

const isInteger = (value: Column | undefined): value is number => Number.isSafeInteger(value);
const isText = (value: Column | undefined): value is string => typeof value === 'string';

const ownNames = /^(?:accounts|private|(?:records|desk|commons|orders)-[a-z0-9-]+)$/;
const databaseName = /^(?:further:)?[a-z][a-z0-9_$()+/-]*$/;

function add<Value>(map: Map<string, Map<string, Value>>, key: string, inner: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Map([[inner, value]]));
  else known.set(inner, value);
}

/** Keeps the row where it is whole, and what it tells where it has no sum. True where it was of use. */
function take(rows: Rows, rowid: number | null, columns: readonly Column[]): boolean {
  const [a, b, c, d, e, f, g, sum] = columns;
  switch (columns.length) {
    case 8: {
      if (!isInteger(a) || !isText(b) || !isText(c) || !isInteger(d) || !isText(e) || !isInteger(f) || !isText(g)) return false;
      if (rowSum('documents', [a, b, c, d, e, f, g]) !== sum) return false;
      const key = `${String(a)}\n${b}`;
      if ((rows.documents.get(key)?.seq ?? 0) < d) rows.documents.set(key, { seq: d, tree: JSON.parse(g) as RevisionTree });
      return true;
    }
    case 5:
      if (isInteger(a) && isText(b) && isText(c) && isText(d) && rowSum('bodies', [a, b, c, d]) === e) {
        add(rows.bodies, `${String(a)}\n${b}`, c, d);
        return true;
      }
      if (isInteger(a) && isText(b) && isText(c) && d instanceof Uint8Array && rowSum('attachments', [a, b, c, d]) === e) {
        add(rows.attachments, `${String(a)}\n${b}`, c, d);
        return true;
      }
      // The index by partition: db, part, seq, deleted, id.
      if (isInteger(a) && isText(b) && isInteger(c) && isInteger(d) && isText(e) && (b === '' || e.startsWith(`${b}:`)))
        noteName(rows, a, e, c, d === 1);
      return false;
    case 3:
      // The index by sequence: db, seq, id.
      if (rowid === null && isInteger(a) && isInteger(b) && isText(c)) noteName(rows, a, c, b, false);
      if (rowid !== null && a === null && isText(b) && databaseName.test(b)) noteDatabase(rows.names, rowid, b);
      return false;
    case 2:
      if (isText(a) && isInteger(b) && databaseName.test(a)) noteDatabase(rows.names, b, a);
      return false;
    default:
      return false;
  }
}

function noteName({ named }: Rows, db: number, id: string, seq: number, deleted: boolean): void {
  const key = `${String(db)}\n${id}`;
  const known = named.get(key);
  if (known === undefined || seq > known.seq || (seq === known.seq && deleted)) named.set(key, { seq, deleted });
}

function noteDatabase(names: Rows['names'], db: number, name: string): void {
  const known = names.get(db) ?? new Map<string, number>();
  known.set(name, (known.get(name) ?? 0) + 1);
  names.set(db, known);
}

/** The name that was found most often, of those the one that a node gives. */
function nameOf(names: Rows['names'], db: number): string | null {
  const found = [...(names.get(db) ?? [])].sort(([a, n], [b, m]) => m - n || Number(ownNames.test(b)) - Number(ownNames.test(a)));
  return found[0]?.[0] ?? null;
}

const usualPageBytes = 4096;

/** Every whole row of the file and its log. */
function readRows(file: string): Rows {
  const rows: Rows = { names: new Map(), documents: new Map(), bodies: new Map(), attachments: new Map(), named: new Map() };
  const handle = openSync(file, 'r');
  try {
    const size = fstatSync(handle).size;
    const header = Buffer.alloc(100);
    readSync(handle, header, 0, 100, 0);
    const said = header.readUInt16BE(16);
    const pageBytes = said >= 512 && said <= 32768 && (said & (said - 1)) === 0 ? said : usualPageBytes;
    const inFile: PageAt = (page) => {
      const at = (page - 1) * pageBytes;
      if (page < 1 || at >= size) return null;
      // The last page may be cut off: what is missing of it is zeros.
      const bytes = Buffer.alloc(pageBytes);
      readSync(handle, bytes, 0, pageBytes, at);
      return bytes;
    };
    const { log } = companions(file);
    const bytes = existsSync(log) ? readFileSync(log) : Buffer.alloc(0);
    const frames = (readLog(bytes) ?? readLogWithout(bytes, pageBytes)).frames.filter(({ content }) => content.length === pageBytes);
    const newest = new Map(frames.map(({ page, content }) => [page, content]));
    const now: PageAt = (page) => newest.get(page) ?? inFile(page);
    const takeFrom = (page: Buffer, number: number): void => {
      // The rest of a long row is where it is now, or was before the log.
      for (const { rowid, columns } of rowsIn(page, number, now)) take(rows, rowid, columns);
      for (const { rowid, columns } of rowsIn(page, number, inFile)) take(rows, rowid, columns);
    };
    for (let page = 1; page <= Math.ceil(size / pageBytes); page++) {
      const content = inFile(page);
      if (content !== null) takeFrom(content, page);
    }
    for (const { page, content } of frames) takeFrom(content, page);
    return rows;
  } finally {
    closeSync(handle);
  }
}

/** Frames of a log whose header cannot be read: each is where it would be. */
function readLogWithout(
  log: Buffer,
  pageBytes: number,
): { readonly frames: readonly { readonly page: number; readonly content: Buffer }[] } {
  const frames: { page: number; content: Buffer }[] = [];
  for (let at = 32; at + 24 + pageBytes <= log.length; at += 24 + pageBytes)
    frames.push({ page: log.readUInt32BE(at), content: log.subarray(at + 24, at + 24 + pageBytes) });
  return { frames };
}

type Written = Record<string, unknown> & { readonly _id: string; readonly _rev: string };

/** The documents' leaves as another replica would send them; null for what is lost. */
function* documentsOf(rows: Rows, key: string): Generator<{ readonly rev: string; readonly document: Written | null }> {
  const id = key.slice(key.indexOf('\n') + 1);
  const bodies = rows.bodies.get(key) ?? new Map<string, string>();
  const kept = rows.documents.get(key);
  const written = (rev: string, more: object): Written | null => {
    const text = bodies.get(rev);
    if (text === undefined) return null;
    const body = JSON.parse(text) as Record<string, unknown>;
    const stubs = body['_attachments'];
    if (typeof stubs !== 'object' || stubs === null) return { ...body, ...more, _id: id, _rev: rev };
    const attachments: Record<string, unknown> = {};
    for (const [name, stub] of Object.entries(stubs as Record<string, { digest: string; content_type: string; revpos: number }>)) {
      const bytes = rows.attachments.get(key)?.get(stub.digest);
      if (bytes === undefined) return null;
      const { content_type, digest, revpos } = stub;
      attachments[name] = { content_type, digest, revpos, data: Buffer.from(bytes).toString('base64') };
    }
    return { ...body, ...more, _attachments: attachments, _id: id, _rev: rev };
  };
  if (kept === undefined) {
    // Its history is lost, its texts are not: the newest are what stood.
    const generation = (rev: string): number => parseRev(rev)?.pos ?? 0;
    const newest = Math.max(0, ...[...bodies.keys()].map(generation));
    for (const rev of bodies.keys())
      if (generation(rev) === newest)
        yield { rev, document: written(rev, rows.named.get(key)?.deleted === true ? { _deleted: true } : {}) };
    if (bodies.size === 0) yield { rev: '', document: null };
    return;
  }
  for (const { rev, deleted } of leavesOf(kept.tree)) {
    const history = historyOf(kept.tree, rev);
    yield { rev, document: written(rev, { ...(history === null ? {} : { _revisions: history }), ...(deleted ? { _deleted: true } : {}) }) };
  }
  // A text that is newer than the newest row of its document that is left.
  const known = knownRevs(kept.tree);
  for (const rev of bodies.keys()) if (!known.has(rev)) yield { rev, document: written(rev, {}) };
}

const atOnce = 500;

async function databaseFor(engine: Engine, name: string): Promise<Database> {
  if (!name.startsWith('further:')) return engine.database(name);
  const further = name.slice('further:'.length);
  await engine.further.create(further);
  const made = await engine.further.open(further);
  if (made === null) throw new Error(`The database ${further} was made and is not there`);
  return made;
}

/**
 * Reads what is whole of `file` and writes it to `engine`, which is new and empty.
 *
 * @throws the system's error where the file cannot be read at all
 */
export async function salvage(file: string, engine: Engine): Promise<SalvageReport> {
  const rows = readRows(file);
  const keys = [...new Set([...rows.documents.keys(), ...rows.bodies.keys(), ...rows.named.keys()])].sort();
  const saved: Record<string, number> = {};
  const lost: LostDocument[] = [];
  const waiting = new Map<string, CouchDocument[]>();
  const write = async (name: string, documents: CouchDocument[]): Promise<void> => {
    const answers = await (await databaseFor(engine, name)).bulk(documents.splice(0), { newEdits: false });
    for (const answer of answers) if (!answer.ok) lost.push({ database: name, id: answer.id, rev: null });
  };
  // A database in which nothing was is still there.
  for (const db of rows.names.keys()) {
    const name = nameOf(rows.names, db);
    if (name !== null) saved[name] = 0;
  }
  for (const key of keys) {
    const split = key.indexOf('\n');
    const [database, id] = [nameOf(rows.names, Number(key.slice(0, split))), key.slice(split + 1)];
    let whole = false;
    // An index knows a later revision than any row that is left: what is saved is what was before it.
    const kept = rows.documents.get(key);
    if (kept !== undefined && (rows.named.get(key)?.seq ?? 0) > kept.seq) lost.push({ database, id, rev: null });
    for (const { rev, document } of documentsOf(rows, key)) {
      if (document === null || database === null) {
        lost.push({ database, id, rev: rev === '' ? null : rev });
        continue;
      }
      whole = true;
      const batch = waiting.get(database) ?? [];
      waiting.set(database, batch);
      if (batch.push(document as CouchDocument) >= atOnce) await write(database, batch);
    }
    if (whole && database !== null) saved[database] = (saved[database] ?? 0) + 1;
  }
  for (const [name, documents] of waiting) await write(name, documents);
  for (const name of Object.keys(saved)) await databaseFor(engine, name);
  return { saved, lost };
}
