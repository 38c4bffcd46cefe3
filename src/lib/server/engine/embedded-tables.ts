/** One database of the embedded engine: what its tables hold, and how an edit becomes a row. All of it runs at once, within a turn of the event loop. */
import { parseRev, nameRevision, type Edit } from './document.ts';
import { documentColumns, openRows, type EmbeddedRows } from './embedded-rows.ts';
import { openAttachments, type EmbeddedAttachments } from './embedded-attachments.ts';
import {
  DatabaseGone,
  furtherDepth,
  StorageFailure,
  type BulkOptions,
  type CouchDocument,
  type Partition,
  type Written,
} from './engine.ts';
import { grow, historyOf, knownRevs, leavesOf, letGo, revOf, type RevisionTree } from './revisions.ts';
import { integer, type SqliteFile } from './sqlite-file.ts';

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
  readonly rows: EmbeddedRows;
  readonly attachments: EmbeddedAttachments;
  stored(id: string): Stored | null;
  /** Null where the bytes of the revision are not kept. With `tree`, its `_revisions` too. */
  documentOf(id: string, rev: string, deleted: boolean, tree?: RevisionTree): CouchDocument | null;
  /** The highest sequence number in a partition; 0 where it is empty. */
  lastSeq(partition: Partition): number;
  /** Decides what an edit becomes, and writes it. Within a commit only. */
  writeEdit(edit: Edit, given: Readonly<Record<string, unknown>>, options: BulkOptions): Written;
  /** Takes the document out of every table. Within a commit only. */
  purge(id: string): void;
  /** Lets the bytes of followed revisions go. Within a commit only. */
  compact(): void;
}

/** @param further whether the database keeps revisions that were followed, until it is compacted */
export function openTables(file: SqliteFile, db: number, further: boolean): EmbeddedTables {
  const { one, all, run } = file;
  const rows = openRows(file, db);
  const attachments = openAttachments(file, rows, db);

  const stored = (id: string): Stored | null => {
    const found = one(`SELECT ${documentColumns} FROM documents WHERE db = ? AND id = ?`, db, id);
    if (found === undefined) return null;
    const { rev, deleted, tree } = rows.document(found);
    return { rev, deleted, tree: JSON.parse(tree) as RevisionTree };
  };

  const bodyOf = (id: string, rev: string): Readonly<Record<string, unknown>> | null => {
    const body = rows.body(id, rev);
    return body === null ? null : (JSON.parse(body) as Record<string, unknown>);
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

    let ancestors = edit.path.slice(1).map((hash, index) => revOf((edit.rev?.pos ?? 0) - index - 1, hash));
    let follows = edit;
    if (newEdits) {
      if (before !== null) {
        const leaf = leavesOf(tree).find(({ rev }) => rev === (edit.rev === undefined ? before.rev : revOf(edit.rev.pos, edit.rev.hash)));
        // Without a revision only what does not stand any more may be written again, as CouchDB has it.
        if (leaf === undefined || (edit.rev === undefined && !leaf.deleted)) return conflict(edit.id);
        const rev = parseRev(leaf.rev);
        if (rev === null) throw new StorageFailure(`${edit.id} holds a revision that is none`);
        follows = { ...edit, rev };
        ancestors = [leaf.rev];
      } else if (edit.rev !== undefined) return conflict(edit.id);
    } else if (edit.rev !== undefined && before !== null && knownRevs(tree).has(revOf(edit.rev.pos, edit.rev.hash)))
      return { ok: true, id: edit.id, rev: revOf(edit.rev.pos, edit.rev.hash) };

    const resolved = attachments.resolve(edit, ancestors, newEdits ? (follows.rev?.pos ?? 0) + 1 : (edit.rev?.pos ?? 1), newEdits);
    if ('unknown' in resolved)
      return { ok: false, id: edit.id, error: 'missing_stub', reason: `Invalid attachment stub in ${edit.id} for ${resolved.unknown}` };
    const described = Object.entries(resolved.stubs);
    if (newEdits) {
      target = nameRevision(
        follows,
        described.map(([name, stub]) => [name, stub.content_type, stub.digest]),
      );
      path = [target.hash, ...(follows.rev === undefined ? [] : [follows.rev.hash])];
    }
    if (target === undefined) throw new Error('An edit without a revision passed the parser');

    const rev = revOf(target.pos, target.hash);
    if (before !== null && knownRevs(tree).has(rev)) return { ok: true, id: edit.id, rev };
    if (gate !== undefined) {
      const shown = described.length === 0 ? given : { ...given, _attachments: resolved.stubs };
      const refusal = gate(shown, before === null ? null : documentOf(edit.id, before.rev, before.deleted));
      if (refusal !== null) return { ok: false, id: edit.id, error: 'forbidden', reason: refusal };
    }

    const grown = grow(tree, edit, target, path, further ? furtherDepth : null);
    const winner = leavesOf(grown.tree)[0];
    if (winner === undefined) throw new Error('A tree that grew has no leaf');
    const next = one('UPDATE databases SET seq = seq + 1 WHERE db = ? RETURNING seq', db);
    if (next === undefined) throw new DatabaseGone('The database was dropped');
    rows.writeDocument({
      id: edit.id,
      part: partOf(edit.id),
      seq: integer(next, 'seq'),
      rev: winner.rev,
      deleted: winner.deleted,
      tree: JSON.stringify(grown.tree),
    });
    for (const old of grown.superseded) run('DELETE FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, edit.id, old);
    if (grown.isLeaf) {
      const body = described.length === 0 ? edit.body : { ...edit.body, _attachments: resolved.stubs };
      rows.writeBody(edit.id, rev, JSON.stringify(body));
      attachments.keep(edit.id, resolved);
    }
    if (grown.superseded.length > 0) attachments.prune(edit.id);
    file.touch(db, partOf(edit.id));
    return { ok: true, id: edit.id, rev };
  }

  function purge(id: string): void {
    for (const table of ['documents', 'bodies', 'attachments']) run(`DELETE FROM ${table} WHERE db = ? AND id = ?`, db, id);
    file.touch(db, partOf(id));
  }

  function compact(): void {
    for (const row of all(`SELECT ${documentColumns} FROM documents WHERE db = ?`, db)) {
      const kept = rows.document(row);
      const { id } = kept;
      const tree = JSON.parse(kept.tree) as RevisionTree;
      const followed = letGo(tree);
      if (followed.length === 0) continue;
      rows.writeDocument({ ...kept, tree: JSON.stringify(tree) });
      for (const rev of followed) run('DELETE FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, id, rev);
      attachments.prune(id);
    }
  }

  return { rows, attachments, stored, documentOf, lastSeq, writeEdit, purge, compact };
}
