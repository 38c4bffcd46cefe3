/**
 * Obeying orders. A round looks at what there is and does what is not done yet, so it may run at any time, any number of times, and again after a restore:
 *
 *   hear    orders of the parent (`orders-<parent>`, pulled) are repeated; those of a child (`desk-<child>`, pushed) are judged first
 *   tell    this node's own decisions go into its desk, which its parent holds
 *   do      of people who were erased: their range in every `records-`, what is by them or about them in desks, their drafts in `private`, their accounts,
 *           codes and memberships are purged, and with them every other order that names them
 *
 * A round runs before the node answers its first request, after each order given here, after each visit to the parent, and every minute.
 */
import type { Clock } from '../../domain/clock.ts';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import { isOrderKind, isOutlived, judgeFromChild, parseOrder, peopleOf, repeatOrder, type Order } from '../../domain/orders.ts';
import { readNodeDatabase } from '../../sync/document-rules.ts';
import type { AccountStore } from '../accounts/store.ts';
import type { Contacts } from '../accounts/contacts.ts';
import type { CouchDocument, Database, Engine } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import { forgetInPrivate, isOfErased } from '../desk/forget.ts';
import { relayedName } from '../upstream/relayed.ts';
import type { OrderBook } from './book.ts';

export interface HeldOrder {
  readonly child: NodeId;
  readonly order: Order;
}

export interface Obedience {
  /** Looks and does. Asked for while one is under way, another follows it. */
  round(): Promise<void>;
  /** Orders of children that wait for an administrator here, as of the last round. */
  held(): readonly HeldOrder[];
  close(): Promise<void>;
}

const every = 60_000;
/** Milliseconds after which a CouchDB is swept again: what a listing of a copy that lagged behind did not show is found then. */
const sweepsAgain = 60 * 60_000;

export function createObedience(given: {
  readonly node: NodeId;
  readonly engine: Engine;
  readonly book: OrderBook;
  readonly store: AccountStore;
  readonly contacts: Contacts;
  readonly clock: Clock;
  readonly log: Log;
}): Obedience {
  const { node, engine, book, store, contacts, clock, log } = given;
  const desk = engine.database(`desk-${node}`);
  let waiting: readonly HeldOrder[] = [];
  /** Under which orders and up to which sequence a database was swept. */
  const swept = new Map<string, string>();
  /** How often this process swept the accounts of somebody, and when it last did. */
  const sweeps = new Map<PersonId, { readonly times: number; readonly at: number }>();

  interface Named {
    readonly owner: NodeId;
    readonly database: Database;
  }
  async function databasesOf(use: 'records' | 'desk' | 'orders'): Promise<readonly Named[]> {
    return (await engine.databases()).flatMap((name) => {
      const read = readNodeDatabase(name);
      return read?.use === use ? [{ owner: read.owner, database: engine.database(name) }] : [];
    });
  }

  const has = async (database: Database, person: PersonId): Promise<boolean> =>
    (await database.list({ partition: person, limit: 1 })).rows.length > 0;

  /** Whether somebody has an account here. By name: on a cluster a listing of their work may come from a copy that lags behind, and an erasure cannot be taken back. */
  const isOfThisNode = async (person: PersonId): Promise<boolean> =>
    (await store.get('learner', person)) !== null || (await store.get('staff', person)) !== null;

  async function ordersIn({ owner, database }: Named): Promise<readonly Order[]> {
    const { rows } = await database.list({ partition: owner, bodies: true });
    return rows.flatMap(({ document }) => {
      const parsed = isOrderKind(document?.['kind']) ? parseOrder(document) : null;
      return parsed?.ok === true ? [parsed.value] : [];
    });
  }

  async function hear(): Promise<void> {
    const said = await book.orders();
    const { erased, nodes } = await book.standing();
    const isNews = (order: Order): boolean => !said.has(repeatOrder(order, node)._id);
    // Whoever was erased is erased, whoever says so.
    const isSettled = (order: Order): boolean => (order.kind === 'erasure' ? erased.has(order.person) : isOutlived(order, erased));
    for (const parent of await databasesOf('orders'))
      if (parent.owner !== node)
        await book.say((await ordersIn(parent)).filter((order) => !isOutlived(order, erased)).map((order) => repeatOrder(order, node)));

    const records = await databasesOf('records');
    const held: HeldOrder[] = [];
    for (const child of await databasesOf('desk')) {
      if (child.owner === node || nodes.has(child.owner)) continue;
      for (const order of await ordersIn(child)) {
        if (isSettled(order)) continue;
        // What was repeated once was judged once: the range that it was about may be purged by now.
        if (!isNews(order)) {
          await book.say([repeatOrder(order, node)]);
          continue;
        }
        const people = new Map<PersonId, { child: boolean; elsewhere: boolean }>();
        for (const person of peopleOf(order)) {
          const where = await Promise.all(records.map(async ({ owner, database }) => ((await has(database, person)) ? owner : null)));
          people.set(person, {
            child: where.includes(child.owner),
            elsewhere: (await isOfThisNode(person)) || where.some((owner) => owner !== null && owner !== child.owner),
          });
        }
        const judged = judgeFromChild(order, child.owner, (person) => people.get(person) ?? { child: false, elsewhere: false });
        if (judged === 'repeat') await book.say([repeatOrder(order, node)]);
        if (judged === 'hold') held.push({ child: child.owner, order });
      }
    }
    waiting = held;
  }

  async function tell(): Promise<void> {
    const mine = [...(await book.orders()).values()].filter(({ origin }) => origin === node);
    for (const order of mine) {
      const document = await desk.get(order._id);
      const before = parseOrder(document);
      if (before.ok && JSON.stringify(before.value) === JSON.stringify(order)) continue;
      const [written] = await desk.bulk([{ ...order, ...(document === null ? {} : { _rev: document._rev }) }], { newEdits: true });
      if (written?.ok === false && written.error !== 'conflict') throw new Error(`An order could not be told: ${written.reason}`);
    }
  }

  /** Whether a database has anything that it did not have when it was last swept under the same orders. */
  async function changed(database: Database, under: string): Promise<(() => void) | null> {
    const mark = `${under} ${(await database.info(null)).sequence}`;
    return swept.get(database.name) === mark ? null : () => swept.set(database.name, mark);
  }

  /** Removes the whole range. Answers whether there was anything. */
  async function purgeRange(database: Database, person: PersonId): Promise<boolean> {
    const { results } = await database.changes({ partition: person, since: '0', style: 'main_only' });
    await database.purge(results.map(({ id }) => id));
    return results.length > 0;
  }

  async function purgeWhere(database: Database, partition: string, isAbout: (document: CouchDocument) => boolean): Promise<void> {
    const { rows } = await database.list({ partition, bodies: true });
    await database.purge(rows.flatMap(({ id, document }) => (document !== undefined && isAbout(document) ? [id] : [])));
  }

  async function purgePeople(): Promise<void> {
    const { erased } = await book.standing();
    if (erased.size === 0) return;
    const under = [...erased].sort().join(' ');
    for (const { database } of await databasesOf('records')) {
      const done = await changed(database, under);
      if (done === null) continue;
      for (const person of erased)
        if (await purgeRange(database, person)) log(`The range of an erased person was purged from ${database.name}.`);
      done();
    }
    for (const use of ['desk', 'orders'] as const)
      for (const { owner, database } of await databasesOf(use)) {
        if (use === 'orders' && owner === node) continue;
        const done = await changed(database, under);
        if (done === null) continue;
        await purgeWhere(database, owner, (document) => {
          const parsed = isOrderKind(document['kind']) ? parseOrder(document) : null;
          if (parsed?.ok === true) return isOutlived(parsed.value, erased);
          return isOfErased(document, erased);
        });
        done();
      }
    const forgotten = await forgetInPrivate({ node, engine }, erased);
    if (forgotten > 0) log('Drafts of an erased person were purged.');
    // Twice: a contact that was being written while the first sweep ran is found by the second.
    const now = clock();
    const unswept = [...erased].filter((person) => {
      const { times, at } = sweeps.get(person) ?? { times: 0, at: now };
      return times < 2 || (engine.kind === 'couchdb' && now - at >= sweepsAgain);
    });
    for (const person of unswept) contacts.forget(person);
    if (unswept.length > 0) {
      await store.purgePeople(new Set(unswept));
      await engine.database('private').purge(unswept.map(relayedName));
    }
    for (const person of unswept) sweeps.set(person, { times: (sweeps.get(person)?.times ?? 0) + 1, at: now });
    await book.forgetOutlived();
  }

  let running: Promise<void> | null = null;
  let again = false;
  let closed = false;

  async function rounds(): Promise<void> {
    do {
      again = false;
      await hear();
      await tell();
      await purgePeople();
    } while (again && !closed);
  }

  function round(): Promise<void> {
    if (running !== null) {
      again = true;
      return running;
    }
    return (running = rounds().finally(() => {
      running = null;
    }));
  }

  const timer = setInterval(() => {
    // A full disk is told by /health; what could not be purged is purged at the next turn.
    round().catch(() => undefined);
  }, every);
  timer.unref();

  return {
    round,
    held: () => waiting,
    async close() {
      closed = true;
      clearInterval(timer);
      await running?.catch(() => undefined);
    },
  };
}
