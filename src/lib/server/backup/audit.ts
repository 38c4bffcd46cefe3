/**
 * `perigee audit`: every stored document and piece against its hash, its signature, its shape and its single writer. It changes nothing, and works while the node runs.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeviceId, isNodeId, isPersonId, isSha256, type NodeId } from '../../domain/ids.ts';
import { parseOrder } from '../../domain/orders.ts';
import { parseRecord } from '../../domain/parse-record.ts';
import { bindingStatement } from '../../domain/records.ts';
import { isObject } from '../../domain/shape.ts';
import { parseSignedManifest } from '../../course/parse-package.ts';
import { mayWrite, type Who } from '../../sync/access.ts';
import { isSignedBy } from '../accounts/node-key.ts';
import { isSignedRight } from '../content/publisher.ts';
import { sha256Of } from '../content/pieces.ts';
import type { CouchDocument, Database, Engine } from '../engine/engine.ts';

export interface Finding {
  /** A database, or a folder of the data folder. */
  readonly where: string;
  readonly id: string;
  /** What is wrong, as the rest of a sentence. */
  readonly what: string;
}

export interface AuditReport {
  readonly documents: number;
  readonly pieces: number;
  readonly findings: readonly Finding[];
  /** Documents of which more than one revision stands: kept and counted, no fault of the storage. */
  readonly conflicts: readonly { readonly where: string; readonly id: string; readonly revisions: readonly string[] }[];
}

/** Everybody who may be the writer that the document names. Ids of people and devices look alike. */
function writersOf({ writer, person }: Readonly<Record<string, unknown>>): readonly Who[] {
  return [
    ...(isDeviceId(writer) && isPersonId(person) ? [{ type: 'device' as const, person, device: writer }] : []),
    ...(isPersonId(writer) ? [{ type: 'staff' as const, person: writer, roles: ['trainer', 'master'] as const, teaches: () => true }] : []),
    ...(isNodeId(writer) ? [{ type: 'node' as const, node: writer }] : []),
  ];
}

/** What is wrong with a document of a person's range, asked of the module that decides on every road. */
function faultOfRecord(document: CouchDocument): string | null {
  const parsed = parseRecord(document);
  if (!parsed.ok)
    return `is of no known shape (${parsed.error.type === 'bad-field' ? `its field ${parsed.error.field}` : parsed.error.type})`;
  const scope = { type: 'person', person: parsed.value.person } as const;
  const decisions = writersOf(document).map((who) => mayWrite(who, scope, document, null));
  if (!decisions.some(({ allow }) => allow)) {
    const [refused] = decisions.flatMap((decision) => (decision.allow ? [] : [decision.reason]));
    return `could not have come by any road: ${refused ?? 'it names no writer'}`;
  }
  if (parsed.value.kind === 'binding' && !isSignedBy(bindingStatement(parsed.value), parsed.value.signature))
    return 'has a signature that is not right';
  return null;
}

function faultOf(database: string, document: CouchDocument): string | null {
  if (database.startsWith('records-')) return faultOfRecord(document);
  if (document._deleted === true) return null;
  if (database.startsWith('orders-')) {
    const { _rev, _revisions, ...order } = document;
    return parseOrder(order).ok ? null : 'is no order';
  }
  if (!database.startsWith('desk-') && !database.startsWith('commons-')) return null;
  const node = document._id.split(':')[0];
  return isNodeId(node) ? null : 'is not named after a node';
}

/** Documents that are read at once. */
const atOnce = 500;

async function auditDatabase(
  database: Database,
  where: string,
  report: { documents: number; findings: Finding[]; conflicts: AuditReport['conflicts'][number][] },
): Promise<void> {
  for (let since = '0'; ;) {
    const { results, last, pending } = await database.changes({ partition: null, since, style: 'all_docs', limit: atOnce });
    for (const { id, revs } of results) {
      report.documents += 1;
      const { found, missing } = await database.open(id, revs);
      for (const rev of missing) report.findings.push({ where, id, what: `is without the text of its revision ${rev}` });
      const standing = found.filter((document) => document._deleted !== true);
      if (standing.length > 1) report.conflicts.push({ where, id, revisions: standing.map(({ _rev }) => _rev) });
      for (const document of found) {
        const what = faultOf(where, document);
        if (what !== null) report.findings.push({ where, id, what });
      }
    }
    if (pending === 0 || results.length === 0) return;
    since = last;
  }
}

/** Hashes of the pieces that are whole. */
async function auditPieces(folder: string, findings: Finding[]): Promise<{ readonly whole: ReadonlySet<string>; readonly count: number }> {
  const whole = new Set<string>();
  let count = 0;
  if (!existsSync(folder)) return { whole, count };
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !isSha256(entry.name)) continue;
    count += 1;
    if (sha256Of(await readFile(join(entry.parentPath, entry.name))) === entry.name) whole.add(entry.name);
    else findings.push({ where: 'pieces', id: entry.name, what: 'does not have the bytes that its name says' });
  }
  return { whole, count };
}

async function auditCourses(folder: string, whole: ReadonlySet<string>, findings: Finding[]): Promise<void> {
  for (const name of existsSync(folder) ? (await readdir(folder)).filter((file) => file.endsWith('.json')) : []) {
    const finding = (what: string): void => void findings.push({ where: 'published', id: name, what });
    let kept: unknown = null;
    try {
      kept = JSON.parse(await readFile(join(folder, name), 'utf8'));
    } catch {
      // Said below.
    }
    const signed = parseSignedManifest(isObject(kept) ? kept['signed'] : null);
    if (!signed.ok) finding('cannot be read');
    else if (!isSignedRight(signed.value)) finding('has a signature that is not right');
    else {
      const lacking = signed.value.manifest.pieces.filter(({ sha256 }) => !whole.has(sha256)).length;
      if (lacking > 0) finding(`lacks ${String(lacking)} of its pieces`);
    }
  }
}

/** @param node whose own databases are looked at, made or not */
export async function audit(given: { readonly engine: Engine; readonly node: NodeId; readonly data: string }): Promise<AuditReport> {
  const { engine, node, data } = given;
  const report = { documents: 0, findings: [] as Finding[], conflicts: [] as AuditReport['conflicts'][number][] };
  const names = new Set([...(await engine.databases()), `records-${node}`]);
  for (const name of names) await auditDatabase(engine.database(name), name, report);
  for (const name of await engine.further.list()) {
    const database = await engine.further.open(name);
    // Other projects' documents have shapes of their own.
    if (database !== null) await auditDatabase(database, `further:${name}`, report);
  }
  const pieces = await auditPieces(join(data, 'pieces'), report.findings);
  await auditCourses(join(data, 'published'), pieces.whole, report.findings);
  return { documents: report.documents, pieces: pieces.count, findings: report.findings, conflicts: report.conflicts };
}
