/**
 * A checksum beside each row. SQLite notices a page whose structure is broken, not one whose text is; and an answer made of broken text would be a lie.
 *
 * CRC-32: it misses no damage of up to 32 bits in a row and one in 2^32 of the others, and costs less than reading the row does. It guards against disks, not
 * against people. The table's name is part of it, so that a row says by itself where it belongs when all around it is lost (salvage.ts).
 */
import { crc32 } from 'node:zlib';

export type SummedTable = 'documents' | 'bodies' | 'attachments' | 'locals';

/** @param values the row's columns in the order of the table, without the sum itself */
export const rowSum = (table: SummedTable, values: readonly (string | number | Uint8Array)[]): number =>
  crc32(`${table}\n${values.map((value) => (typeof value === 'object' ? crc32(value) : value)).join('\n')}`);
