/**
 * A second copy of what a node ordered or repeated, beside the database: a line of JSON each, in `orders.jsonl` of the data folder. A backup that is put back
 * brings people back who were erased since; the file of the newer folder, taken along, lets the orders stand again before the node answers anybody. A backup
 * holds the file as it was then: where the documents lie in CouchDB, it is the backup's only copy of the orders. A node that has a parent reads them from there as well.
 */
import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseOrder, type Order } from '../../domain/orders.ts';
import { syncFolder } from '../engine/sync-folder.ts';
import type { Log } from '../log.ts';

export interface Keepsake {
  /** Every order in the file; a line that was cut off is passed over. */
  read(): readonly Order[];
  /** On the disk when it returns. */
  add(orders: readonly Order[]): void;
  /** Writes the file anew, without what is no longer to be kept. */
  replace(orders: readonly Order[]): void;
}

const lineOf = (order: Order): string => `${JSON.stringify(order)}\n`;

export function openKeepsake(file: string, log: Log): Keepsake {
  const parse = (line: string): readonly Order[] => {
    try {
      const parsed = parseOrder(JSON.parse(line));
      if (parsed.ok) return [parsed.value];
    } catch {
      // Cut off by a crash, or by somebody's hand.
    }
    log(`${file} has a line that is no order; it is passed over.`);
    return [];
  };
  return {
    read: () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line.trim() !== '')
            .flatMap(parse)
        : [],
    add(orders) {
      if (orders.length === 0) return;
      // A line that was cut off ends here, so that it does not spoil the next one.
      const isNew = !existsSync(file);
      const cut = !isNew && !/(?:^|\n)$/.test(readFileSync(file, 'utf8').slice(-1));
      appendFileSync(file, (cut ? '\n' : '') + orders.map(lineOf).join(''), { mode: 0o600, flush: true });
      if (isNew) syncFolder(dirname(file));
    },
    replace(orders) {
      const next = `${file}.next`;
      writeFileSync(next, orders.map(lineOf).join(''), { mode: 0o600, flush: true });
      chmodSync(next, 0o600);
      renameSync(next, file);
      syncFolder(dirname(file));
    },
  };
}
