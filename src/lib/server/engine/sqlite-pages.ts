/**
 * Finds rows in the pages of a SQLite file (https://sqlite.org/fileformat2.html) without its trees: whatever page is a leaf, or an inner page that carries rows, is read by
 * itself. What it finds may be old, cut short or made of damage: whoever asks must know a whole row when they see one.
 */

export type Column = string | number | Uint8Array | null;

export interface FoundRow {
  /** Of a table that has rowids; null in others and in indexes. */
  readonly rowid: number | null;
  readonly columns: readonly Column[];
}

/** Content of a page by its number, from 1; null where there is none. */
export type PageAt = (page: number) => Buffer | null;

const tableLeaf = 0x0d;
const indexLeaf = 0x0a;
const indexInner = 0x02;

/** The first page begins with the file's own header. */
const fileHeaderBytes = 100;

/** A row takes at most so much: far more than any road accepts. */
const mostBytes = 64 * 1024 * 1024;

/** SQLite's variable-length integer: seven bits a byte, and eight of the ninth. Null where the bytes end, or where it is past what a number holds. */
function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (index === 8 || byte < 0x80) return Number.isSafeInteger(value) ? { value, end: at + index + 1 } : null;
  }
  return null;
}

const integerBytes = [0, 1, 2, 3, 4, 6, 8];

/** Columns of a record; null where the bytes are none. */
export function readRecord(payload: Buffer): readonly Column[] | null {
  const header = readVarint(payload, 0);
  if (header === null || header.value > payload.length) return null;
  const columns: Column[] = [];
  let at = header.end;
  let data = header.value;
  while (at < header.value) {
    const type = readVarint(payload, at);
    if (type === null) return null;
    at = type.end;
    const { value: serial } = type;
    const length = serial >= 12 ? Math.floor((serial - 12) / 2) : serial === 7 ? 8 : (integerBytes[serial] ?? 0);
    if (data + length > payload.length || serial === 10 || serial === 11) return null;
    const bytes = payload.subarray(data, data + length);
    data += length;
    if (serial === 0) columns.push(null);
    else if (serial === 8 || serial === 9) columns.push(serial - 8);
    else if (serial === 7) columns.push(bytes.readDoubleBE(0));
    else if (serial < 7) columns.push(length === 8 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, length));
    else if (serial % 2 === 0) columns.push(new Uint8Array(bytes));
    else columns.push(bytes.toString('utf8'));
  }
  return columns;
}

/** Bytes of a row that lie in its page; the rest is in a chain of pages. */
function localBytes(size: number, usable: number, type: number): number {
  const most = type === tableLeaf ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const local = least + ((size - least) % (usable - 4));
  return local <= most ? local : least;
}

function payloadAt(page: Buffer, at: number, size: number, type: number, pageAt: PageAt): Buffer | null {
  const usable = page.length;
  const local = localBytes(size, usable, type);
  if (at + local > page.length) return null;
  const parts = [page.subarray(at, at + local)];
  if (local < size) {
    if (at + local + 4 > page.length) return null;
    let next = page.readUInt32BE(at + local);
    for (let rest = size - local; rest > 0;) {
      const overflow = next === 0 ? null : pageAt(next);
      if (overflow === null) return null;
      next = overflow.readUInt32BE(0);
      const part = overflow.subarray(4, Math.min(overflow.length, 4 + rest));
      parts.push(part);
      rest -= part.length;
    }
  }
  return Buffer.concat(parts);
}

/**
 * Every row that the page seems to hold.
 *
 * @param number of the page; the first is read behind the file's header
 * @param pageAt where the rest of long rows is found
 */
export function* rowsIn(page: Buffer, number: number, pageAt: PageAt): Generator<FoundRow> {
  const start = number === 1 ? fileHeaderBytes : 0;
  const type = page[start];
  if (type !== tableLeaf && type !== indexLeaf && type !== indexInner) return;
  const cells = page.readUInt16BE(start + 3);
  const pointers = start + (type === indexInner ? 12 : 8);
  for (let cell = 0; cell < cells && pointers + cell * 2 + 2 <= page.length; cell++) {
    const at = page.readUInt16BE(pointers + cell * 2) + (type === indexInner ? 4 : 0);
    const size = readVarint(page, at);
    if (size === null || size.value > mostBytes) continue;
    const key = type === tableLeaf ? readVarint(page, size.end) : null;
    if (type === tableLeaf && key === null) continue;
    const payload = payloadAt(page, key?.end ?? size.end, size.value, type, pageAt);
    const columns = payload === null ? null : readRecord(payload);
    if (columns !== null) yield { rowid: key?.value ?? null, columns };
  }
}
