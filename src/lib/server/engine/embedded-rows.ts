/** Rows of the embedded engine, written with their sum and read against it: a row that is not as it was written is never answered. */
import { rowSum } from './row-sums.ts';
import { integer, text, type Row, type SqliteFile } from './sqlite-file.ts';

/** What to select where a document's row is to be read. */
export const documentColumns = 'id, part, seq, rev, deleted, tree, sum';

export interface DocumentRow {
  readonly id: string;
  readonly part: string;
  readonly seq: number;
  /** The winner. */
  readonly rev: string;
  readonly deleted: boolean;
  /** The revision tree as JSON. */
  readonly tree: string;
}

export interface EmbeddedRows {
  /** @param row with `documentColumns` */
  document(row: Row): DocumentRow;
  writeDocument(row: DocumentRow): void;
  /** The text of a revision; null where it is not kept. */
  body(id: string, rev: string): string | null;
  /** Of every revision that is kept. */
  bodies(id: string): readonly string[];
  writeBody(id: string, rev: string, body: string): void;
  attachment(id: string, digest: string): Uint8Array<ArrayBuffer> | null;
  /** Bytes that are there already stay as they are. */
  writeAttachment(id: string, digest: string, bytes: Uint8Array): void;
  local(space: string, id: string): { readonly rev: number; readonly body: string } | null;
  writeLocal(space: string, id: string, local: { readonly rev: number; readonly touched: number; readonly body: string }): void;
}

export function openRows({ one, all, run, damaged }: SqliteFile, db: number): EmbeddedRows {
  const check = (row: Row, sum: number, what: string): void => {
    if (row['sum'] !== sum) damaged(`the row of ${what} is not as it was written`);
  };

  const bodyIn = (row: Row, id: string): string => {
    const body = text(row, 'body');
    check(row, rowSum('bodies', [db, id, text(row, 'rev'), body]), id);
    return body;
  };

  return {
    document(row) {
      const [id, part, seq, rev, tree] = [text(row, 'id'), text(row, 'part'), integer(row, 'seq'), text(row, 'rev'), text(row, 'tree')];
      const deleted = integer(row, 'deleted');
      check(row, rowSum('documents', [db, id, part, seq, rev, deleted, tree]), id);
      return { id, part, seq, rev, deleted: deleted === 1, tree };
    },

    writeDocument({ id, part, seq, rev, deleted, tree }) {
      const values = [db, id, part, seq, rev, deleted ? 1 : 0, tree];
      run(
        `INSERT INTO documents (db, id, part, seq, rev, deleted, tree, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (db, id) DO UPDATE SET
           seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted, tree = excluded.tree, sum = excluded.sum`,
        ...values,
        rowSum('documents', values),
      );
    },

    body(id, rev) {
      const row = one('SELECT rev, body, sum FROM bodies WHERE db = ? AND id = ? AND rev = ?', db, id, rev);
      return row === undefined ? null : bodyIn(row, id);
    },

    bodies: (id) => all('SELECT rev, body, sum FROM bodies WHERE db = ? AND id = ?', db, id).map((row) => bodyIn(row, id)),

    writeBody(id, rev, body) {
      const values = [db, id, rev, body];
      run('INSERT OR REPLACE INTO bodies (db, id, rev, body, sum) VALUES (?, ?, ?, ?, ?)', ...values, rowSum('bodies', values));
    },

    attachment(id, digest) {
      const row = one('SELECT bytes, sum FROM attachments WHERE db = ? AND id = ? AND digest = ?', db, id, digest);
      const bytes = row?.['bytes'];
      if (row === undefined || !(bytes instanceof Uint8Array)) return null;
      check(row, rowSum('attachments', [db, id, digest, bytes]), `an attachment of ${id}`);
      return bytes;
    },

    writeAttachment(id, digest, bytes) {
      run(
        'INSERT OR IGNORE INTO attachments (db, id, digest, bytes, sum) VALUES (?, ?, ?, ?, ?)',
        db,
        id,
        digest,
        bytes,
        rowSum('attachments', [db, id, digest, bytes]),
      );
    },

    local(space, id) {
      const row = one('SELECT rev, touched, body, sum FROM locals WHERE db = ? AND space = ? AND id = ?', db, space, id);
      if (row === undefined) return null;
      const [rev, touched, body] = [integer(row, 'rev'), integer(row, 'touched'), text(row, 'body')];
      check(row, rowSum('locals', [db, space, id, rev, touched, body]), `the local document ${id}`);
      return { rev, body };
    },

    writeLocal(space, id, { rev, touched, body }) {
      const values = [db, space, id, rev, touched, body];
      run(
        'INSERT OR REPLACE INTO locals (db, space, id, rev, touched, body, sum) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...values,
        rowSum('locals', values),
      );
    },
  };
}
