/**
 * `perigee audit`: every stored document and piece against its hash, its signature, its shape and its single writer. It changes nothing, and works while the node runs.
 *
 * Of what certification stands on also what is signed inside: statements, the chain of links of a sitting and what a proctor laid beside it, and certificates in both their forms. Whether
 * somebody had the right to sign is no question of storage, and changes with the list of trust: that is asked where it is used.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeviceId, isNodeId, isPersonId, isSha256, type NodeId } from '../../domain/ids.ts';
import { parseOrder } from '../../domain/orders.ts';
import { parseRecord } from '../../domain/parse-record.ts';
import { bindingStatement, type CredentialRecord, type PersonRecord, type SignedText } from '../../domain/records.ts';
import { isObject } from '../../domain/shape.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { heldInText } from '../../certification/container.ts';
import { knownContexts } from '../../certification/contexts.ts';
import { factsOf } from '../../certification/credential.ts';
import { statementInRecord } from '../../certification/evidence-record.ts';
import { readPaper } from '../../certification/paper.ts';
import { checkProof, readProof } from '../../certification/proof.ts';
import { isSignedRight as isStatementRight } from '../../certification/signed.ts';
import { readSitting } from '../../certification/sitting.ts';
import { parseSignedManifest } from '../../course/parse-package.ts';
import { mayWrite, type Who } from '../../sync/access.ts';
import { isSignedBy } from '../accounts/node-key.ts';
import { isSignedRight } from '../content/publisher.ts';
import { sha256Of } from '../content/pieces.ts';
import type { CouchDocument, Database, Engine } from '../engine/engine.ts';
import { nodeTools } from '../trust/tools.ts';

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
async function faultOfRecord(document: CouchDocument): Promise<string | null> {
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
  const inside = await faultInside(parsed.value);
  return inside === null ? null : `of the person ${parsed.value.person} ${inside}`;
}

/** What is wrong with what is signed in a document; null where nothing is, or nothing is signed in it. */
async function faultInside(record: PersonRecord): Promise<string | null> {
  switch (record.kind) {
    case 'evidence':
      return faultOfStatement(record, `the signed ${record.type}`);
    case 'sitting': {
      const sitting = await readSitting(record, nodeTools);
      if (!sitting.ok) return `the chain of answers to the exam ${record.unit} of ${record.course} is broken (${sitting.error})`;
      return record.proctored === undefined ? null : faultOfStatement(record.proctored, 'what the proctor signed');
    }
    case 'credential':
      return (await faultOfCredential(record)) ?? (await faultOfPaper(record));
    default:
      return null;
  }
}

async function faultOfStatement(text: SignedText, what: string): Promise<string | null> {
  const statement = statementInRecord(text);
  if (statement === null) return `${what} cannot be read, or is by another key than its signature`;
  // The text is what was signed; a second reading of it must say the same.
  if (canonicalJson(statement.body) !== text.signed) return `${what} is not in its canonical form`;
  return (await isStatementRight(statement, nodeTools)) ? null : `${what} has a signature that is not right`;
}

async function faultOfCredential({ uuid, credential }: CredentialRecord): Promise<string | null> {
  const held = heldInText(credential);
  const document = held.type === 'document' && isObject(held.value) ? held.value : null;
  if (document === null || factsOf(document) === null) return `the certificate ${uuid} cannot be read`;
  const proof = readProof(document['proof']);
  if (!proof.ok) return `the certificate ${uuid} has no proof that can be read`;
  if (proof.value.controller !== factsOf(document)?.issuer.id)
    return `the certificate ${uuid} is signed with another key than its issuer's`;
  const checked = await checkProof(document, proof.value, knownContexts, nodeTools);
  return checked.ok && checked.value === 'right' ? null : `the certificate ${uuid} has a signature that is not right`;
}

async function faultOfPaper({ uuid, paper }: CredentialRecord): Promise<string | null> {
  const read = await readPaper(paper, nodeTools);
  if (!read.ok) return `the printed code of the certificate ${uuid} is damaged`;
  if (read.value.body.credential !== uuid) return `the printed code of the certificate ${uuid} is of another one`;
  const { key, signature, message } = read.value;
  return (await nodeTools.verify(key, signature, message))
    ? null
    : `the printed code of the certificate ${uuid} has a signature that is not right`;
}

async function faultOf(database: string, document: CouchDocument): Promise<string | null> {
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
        const what = await faultOf(where, document);
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
