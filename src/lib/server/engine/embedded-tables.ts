/** One database of the embedded engine: what its tables hold, and how an edit becomes a row. All of it runs at once, within a turn of the event loop. */
import { parseRev, nameRevision, type Edit } from './document.ts';
import { StorageFailure, type BulkOptions, type CouchDocument, type DatabaseName, type Partition, type Written } from './engine.ts';
import { grow, historyOf, knownRevs, leavesOf, revOf, type RevisionTree } from './revisions.ts';
import { integer, text, type SqliteFile } from './sqlite-file.ts';

export interface Stored {
  readonly rev: string;
  readonly deleted: boolean;
  readonly tree: RevisionTree;
}

const partOf = (id: string): string => {
  const colon = id.indexOf(':');
  return colon < 0 ? '' : id.slice(0, colon);
};

export interface EmbeddedTables {
  readonly db: number;
  stored(id: string): Stored | null;
  /** Null where the bytes of the revision are not kept. With `tree`, its `_revisions` too. */
  documentOf(id: string, rev: string, deleted: boolean, tree?: RevisionTree): CouchDocument | null;
  /** The highest sequence number in a partition; 0 where it is empty. */
  lastSeq(partition: Partition): number;
  /** Decides what an edit becomes, and writes it. Within a commit only. */
  writeEdit(edit: Edit, given: Readonly<Record<string, unknown>>, options: BulkOptions): Written;
  /** Takes the document out of every table. Within a commit only. */
  purge(id: string): void;
}

export function openTables(file: SqliteFile, name: DatabaseName): EmbeddedTables {
  const { one, run } = file;
  run('INSERT OR IGNORE INTO databases (name) VALUES (?)', name);
  const row = one('SELECT db FROM databases WHERE name = ?', name);
  if (row === undefined) throw new StorageFailure(`The database ${name} could not be made`);
  const db = integer(row, 'db');

  const stored = (id: string): Stored | null => {
    const found = one('SELECT rev, deleted, tree FROM documents WHERE db = ? AND id = ?', db, id);
    return found === undefined
      ? null
      : { rev: text(found, 'rev'), deleted: integer(found, 'deleted') === 1, tree: JSON.parse(text(found, 'tree')) as RevisionTree };
  };

  const bodyOf = (id: string, rev: string): Readonly<Record<string, unknown>> | null => {
    const found = one('SELECT body FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, id, rev);
    return found === undefined ? null : (JSON.parse(text(found, 'body')) as Record<string, unknown>);
  };

  const documentOf = (id: string, rev: string, deleted: boolean, tree?: RevisionTree): CouchDocument | null => {
    const body = bodyOf(id, rev);
    if (body === null) return null;
    const history = tree === undefined ? null : historyOf(tree, rev);
    return { _id: id, _rev: rev, ...(deleted ? { _deleted: true } : {}), ...body, ...(history === null ? {} : { _revisions: history }) };
  };

  const lastSeq = (partition: Partition): number => {
    const found =
      partition === null
        ? one('SELECT max(seq) AS seq FROM documents WHERE db = ?', db)
        : one('SELECT max(seq) AS seq FROM documents WHERE db = ? AND part = ?', db, partition);
    return found?.['seq'] === null || found === undefined ? 0 : integer(found, 'seq');
  };

  const conflict = (id: string): Written => ({ ok: false, id, error: 'conflict', reason: 'Document update conflict.' });

  /** Decides what an edit becomes; runs inside the transaction. */
  function writeEdit(edit: Edit, given: Readonly<Record<string, unknown>>, { newEdits, gate }: BulkOptions): Written {
    const before = stored(edit.id);
    const tree = before?.tree ?? [];
    let target = edit.rev;
    let path = edit.path;

    if (newEdits) {
      let follows = edit;
      if (before !== null) {
        const leaf = leavesOf(tree).find(({ rev }) => rev === (edit.rev === undefined ? before.rev : revOf(edit.rev.pos, edit.rev.hash)));
        // Without a revision only what does not stand any more may be written again, as CouchDB has it.
        if (leaf === undefined || (edit.rev === undefined && !leaf.deleted)) return conflict(edit.id);
        const rev = parseRev(leaf.rev);
        if (rev === null) throw new StorageFailure(`${edit.id} holds a revision that is none`);
        follows = { ...edit, rev };
      } else if (edit.rev !== undefined) return conflict(edit.id);
      target = nameRevision(follows);
      path = [target.hash, ...(follows.rev === undefined ? [] : [follows.rev.hash])];
    }
    if (target === undefined) throw new Error('An edit without a revision passed the parser');

    const rev = revOf(target.pos, target.hash);
    if (before !== null && knownRevs(tree).has(rev)) return { ok: true, id: edit.id, rev };
    const refusal = gate?.(given, before === null ? null : documentOf(edit.id, before.rev, before.deleted)) ?? null;
    if (refusal !== null) return { ok: false, id: edit.id, error: 'forbidden', reason: refusal };

    const grown = grow(tree, edit, target, path);
    const winner = leavesOf(grown.tree)[0];
    if (winner === undefined) throw new Error('A tree that grew has no leaf');
    const next = one('UPDATE databases SET seq = seq + 1 WHERE db = ? RETURNING seq', db);
    if (next === undefined) throw new StorageFailure(`The database ${name} is gone`);
    run(
      `INSERT INTO documents (db, id, part, seq, rev, deleted, tree) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (db, id) DO UPDATE SET seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted, tree = excluded.tree`,
      db,
      edit.id,
      partOf(edit.id),
      integer(next, 'seq'),
      winner.rev,
      winner.deleted ? 1 : 0,
      JSON.stringify(grown.tree),
    );
    for (const old of grown.superseded) run('DELETE FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, edit.id, old);
    if (grown.isLeaf)
      run('INSERT OR REPLACE INTO bodies (db, id, rev, body) VALUES (?, ?, ?, ?)', db, edit.id, rev, JSON.stringify(edit.body));
    file.touch(db, partOf(edit.id));
    return { ok: true, id: edit.id, rev };
  }

  function purge(id: string): void {
    for (const table of ['documents', 'bodies']) run(`DELETE FROM ${table} WHERE db = ? AND id = ?`, db, id);
    file.touch(db, partOf(id));
  }

  return { db, stored, documentOf, lastSeq, writeEdit, purge };
}
