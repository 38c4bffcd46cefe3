/**
 * A node that is put back under another name, because the old one may still be about. Its databases are named after it, and so are the documents that it wrote itself: those of people stay as they
 * are, its own say the new name, as edits of the old ones where devices have these already.
 */
import { DatabaseSync } from 'node:sqlite';
import type { RandomBytes } from '../../domain/clock.ts';
import type { NodeId } from '../../domain/ids.ts';
import { bindingStatement, type BindingRecord } from '../../domain/records.ts';
import { openNodeKey } from '../accounts/node-key.ts';
import { openAccountStore } from '../accounts/store.ts';
import { openEmbedded } from '../engine/embedded.ts';
import type { CouchDocument, Database } from '../engine/engine.ts';

const kinds = ['records', 'desk', 'commons', 'orders'] as const;

/** Fields of a document that are its own. */
const own = (document: CouchDocument): Record<string, unknown> =>
  Object.fromEntries(Object.entries(document).filter(([field]) => !field.startsWith('_')));

async function mustWrite(database: Database, documents: readonly object[]): Promise<void> {
  for (const answer of await database.bulk(documents, { newEdits: true }))
    if (!answer.ok) throw new Error(`${database.name}: ${answer.id}: ${answer.reason}`);
}

/** `<from>:…` becomes `<to>:…`. */
async function renameDocuments(database: Database, from: NodeId, to: NodeId): Promise<void> {
  const { rows } = await database.list({ partition: from, bodies: true });
  const documents = rows.flatMap(({ document }) => (document === undefined ? [] : [document]));
  const renamed = documents.map((document) => ({
    ...own(document),
    _id: to + document._id.slice(from.length),
    ...(document['writer'] === from ? { writer: to } : {}),
  }));
  await mustWrite(database, renamed);
  await database.purge(rows.map(({ id }) => id));
}

export async function renameNode(file: string, random: RandomBytes, from: NodeId, to: NodeId): Promise<void> {
  const sqlite = new DatabaseSync(file);
  for (const kind of kinds) {
    // Opened by the engine a moment ago, one of the new name would be empty.
    sqlite.prepare('DELETE FROM databases WHERE name = ? AND seq = 0').run(`${kind}-${to}`);
    sqlite.prepare('UPDATE databases SET name = ? WHERE name = ?').run(`${kind}-${to}`, `${kind}-${from}`);
  }
  sqlite.close();
  const engine = openEmbedded({ file, random });
  try {
    for (const kind of ['desk', 'commons', 'orders'] as const) await renameDocuments(engine.database(`${kind}-${to}`), from, to);
    const records = engine.database(`records-${to}`);
    const signer = await openNodeKey(openAccountStore(engine.database('accounts')), `${file}.no-key`);
    const { rows } = await records.list({ partition: null, bodies: true });
    const edits = rows.flatMap(({ document }) => {
      if (document === undefined || document['writer'] !== from) return [];
      const said = { ...document, writer: to };
      if (document['kind'] !== 'binding') return [said];
      return [{ ...said, signature: signer.sign(bindingStatement(said as unknown as BindingRecord)) }];
    });
    await mustWrite(records, edits);
  } finally {
    await engine.close();
  }
}
