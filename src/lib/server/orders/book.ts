/**
 * The orders of this node: what its staff decided and what it repeats of its parent's and its children's, in `orders-<node>` and in the keepsake beside the
 * database. Every question of who may come in is answered from here, at most half a second old.
 */
import { instantOf, type Clock, type Instant } from '../../domain/clock.ts';
import type { NodeId, PersonId } from '../../domain/ids.ts';
import {
  aliasPair,
  aliasStatement,
  isOutlived,
  laterOrder,
  nameOrder,
  nextMoment,
  parseOrder,
  saysTheSame,
  standingOf,
  type AliasOrder,
  type ErasureOrder,
  type Order,
  type OrderId,
  type OrderStanding,
  type RevocationOrder,
  type RevocationReason,
  type RevocationSubject,
} from '../../domain/orders.ts';
import type { Signature } from '../../domain/records.ts';
import { isListOf, isString } from '../../domain/shape.ts';
import type { Database } from '../engine/engine.ts';
import type { Keepsake } from './keepsake.ts';

/** Milliseconds for which what stands is remembered: an order of another process of the node is noticed here this much later. */
const standingLives = 500;

/**
 * Names on the roll: the orders that were said last. On a cluster a listing and a feed come from one copy, which may lag behind what was said; a document that is asked
 * for by its name is asked of enough copies. So whoever says an order puts its name on the roll, and whoever looks reads the roll and what is on it by name.
 */
const onTheRoll = 256;

export interface OrderBook {
  /** What stands, as of at most half a second ago. */
  standing(): Promise<OrderStanding>;
  /** Who was erased, as this process knows it by now; every question of a sign-in looks again. */
  erased(): ReadonlySet<PersonId>;
  /** Every order that this node says, by its name. */
  orders(): Promise<ReadonlyMap<OrderId, Order>>;
  /**
   * Says these in this node's name, where they say more than what it said. Resolves when they are on disk. Answers how many were news.
   *
   * @param orders written by this node
   */
  say(orders: readonly Order[]): Promise<number>;
  /** Ends the sign-ins of a person, of one device of theirs, or of a node. `since` is now where it is not given. */
  revoke(subject: RevocationSubject, reason: RevocationReason, since?: Instant): Promise<void>;
  /** Takes this node's own revocation back. False where none of its own stands. */
  restore(subject: RevocationSubject): Promise<boolean>;
  erase(person: PersonId): Promise<void>;
  /** Says that two ids are one human. False where they are one id, or one of them was erased. */
  join(a: PersonId, b: PersonId): Promise<boolean>;
  /** Takes this node's own alias back. False where none of its own stands. */
  part(a: PersonId, b: PersonId): Promise<boolean>;
  /** Lets go of orders about people who were erased since. */
  forgetOutlived(): Promise<void>;
}

export async function openOrderBook(given: {
  readonly node: NodeId;
  readonly database: Database;
  /** Where the roll is kept: it is nobody's but this node's. */
  readonly notes: Database;
  readonly keepsake: Keepsake;
  readonly clock: Clock;
  /** The node's own signature. */
  readonly sign: (statement: object) => Signature;
}): Promise<OrderBook> {
  const { node, database, notes, keepsake, clock, sign } = given;
  const rollName = `${node}:roll:orders`;
  let known: ReadonlyMap<OrderId, Order> = new Map();
  let stands = standingOf([]);
  let since = '0';
  let looked = -Infinity;
  let looking: Promise<void> | null = null;
  /** The roll's revision as it was last read. */
  let rolled: string | undefined;
  /** What was written, or is about to be, and is not on the roll yet. */
  const owed = new Set<OrderId>();

  const ordersIn = (documents: readonly unknown[]): readonly Order[] =>
    documents.flatMap((document) => {
      const parsed = parseOrder(document);
      return parsed.ok ? [parsed.value] : [];
    });

  const listed = async (): Promise<readonly Order[]> =>
    ordersIn((await database.list({ partition: node, bodies: true })).rows.map(({ document }) => document));

  /** Takes in what was read. What is known is not forgotten because a copy that lags behind does not list it; only what outlived its person may go. */
  function learn(orders: readonly Order[]): void {
    const all = new Map([...known].filter(([, order]) => !isOutlived(order, stands.erased)));
    for (const order of orders) {
      const before = all.get(order._id);
      all.set(order._id, before === undefined ? order : laterOrder(before, order));
    }
    known = all;
    stands = standingOf(known.values());
  }

  async function readRoll(): Promise<{ readonly rev: string | undefined; readonly names: readonly OrderId[] }> {
    const document = await notes.get(rollName);
    return { rev: document?._rev, names: isListOf(isString)(document?.['names']) ? (document['names'] as OrderId[]) : [] };
  }

  /** Puts what is owed on the roll. */
  async function settleRoll(): Promise<void> {
    while (owed.size > 0) {
      const names = [...owed];
      const roll = await readRoll();
      const all = [...roll.names.filter((name) => !owed.has(name)), ...names].slice(-onTheRoll);
      const rev = roll.rev === undefined ? {} : { _rev: roll.rev };
      const [written] = await notes.bulk([{ _id: rollName, ...rev, names: all }], { newEdits: true });
      if (written?.ok === true) for (const name of names) owed.delete(name);
      else if (written?.error !== 'conflict') throw new Error(`An order could not be put on the roll: ${written?.reason ?? ''}`);
    }
  }

  async function look(): Promise<void> {
    const at = clock();
    const [{ results, last }, roll] = await Promise.all([
      database.changes({ partition: null, since, style: 'main_only', limit: 1 }),
      readRoll(),
    ]);
    if (results.length > 0 || since === '0' || roll.rev !== rolled) {
      // The place in the feed is taken before the orders are read: what comes in between is read twice, never missed.
      const { last: reached } = await database.changes({ partition: null, since: 'now', style: 'main_only' });
      const named = await Promise.all(roll.names.map((name) => database.get(name)));
      learn([...(await listed()), ...ordersIn(named)]);
      since = reached;
      rolled = roll.rev;
      const kept = new Set(keepsake.read().map((order) => JSON.stringify(order)));
      keepsake.add([...known.values()].filter((order) => !kept.has(JSON.stringify(order))));
    } else since = last;
    looked = at;
  }

  const refresh = (): Promise<void> => (looking ??= look().finally(() => (looking = null)));

  async function standing(): Promise<OrderStanding> {
    const age = clock() - looked;
    if (age < 0 || age >= standingLives) await refresh();
    return stands;
  }

  async function say(orders: readonly Order[]): Promise<number> {
    let news = 0;
    for (const order of orders) {
      for (;;) {
        const document = await database.get(order._id);
        const before = parseOrder(document);
        if (before.ok && (saysTheSame(before.value, order) || laterOrder(before.value, order) === before.value)) break;
        // The keepsake first: what the database says was said must outlive it.
        keepsake.add([order]);
        owed.add(order._id);
        const [written] = await database.bulk([{ ...order, ...(document === null ? {} : { _rev: document._rev }) }], { newEdits: true });
        if (written?.ok === true) {
          news++;
          break;
        }
        if (written?.error !== 'conflict') throw new Error(`An order could not be written: ${written?.reason ?? ''}`);
      }
    }
    await settleRoll();
    if (news > 0) {
      looked = -Infinity;
      // A look that began before does not count.
      await looking;
      await refresh();
    }
    return news;
  }

  /** What this node itself said under this name. */
  async function said(id: OrderId): Promise<Order | null> {
    const parsed = parseOrder(await database.get(id));
    return parsed.ok ? parsed.value : null;
  }

  const revocation = (subject: RevocationSubject, reason: RevocationReason, at: Instant, from: Instant): RevocationOrder =>
    nameOrder<RevocationOrder>({ kind: 'revocation', writer: node, origin: node, at, subject, reason, since: from });

  const alias = (people: readonly [PersonId, PersonId], at: Instant): AliasOrder =>
    nameOrder<AliasOrder>({
      kind: 'alias',
      writer: node,
      origin: node,
      at,
      people,
      signature: sign(aliasStatement({ people, origin: node, at })),
    });

  // What a restored database lacks stands again before anything is asked.
  await say(keepsake.read().filter(({ writer }) => writer === node));
  await refresh();

  return {
    standing,
    erased: () => stands.erased,
    async orders() {
      await standing();
      return known;
    },
    say,

    async revoke(subject, reason, from) {
      const { _id } = revocation(subject, reason, instantOf(clock()), instantOf(clock()));
      const before = await said(_id);
      const at = nextMoment(clock(), before);
      await say([revocation(subject, reason, at, from ?? at)]);
    },

    async restore(subject) {
      const { _id } = revocation(subject, 'other', instantOf(clock()), instantOf(clock()));
      const before = await said(_id);
      if (before?.kind !== 'revocation' || before.withdrawn !== undefined) return false;
      return (await say([{ ...before, withdrawn: nextMoment(clock(), before) }])) > 0;
    },

    async erase(person) {
      const order = nameOrder<ErasureOrder>({ kind: 'erasure', writer: node, origin: node, at: instantOf(clock()), person });
      // What was said once is said: a second erasure of the same person has nothing to add.
      if ((await said(order._id)) === null) await say([order]);
    },

    async join(a, b) {
      const people = aliasPair(a, b);
      const { erased } = await standing();
      if (people === null || erased.has(a) || erased.has(b)) return false;
      const before = await said(alias(people, instantOf(clock()))._id);
      if (before?.kind === 'alias' && before.withdrawn === undefined) return true;
      await say([alias(people, nextMoment(clock(), before))]);
      return true;
    },

    async part(a, b) {
      const people = aliasPair(a, b);
      if (people === null) return false;
      const before = await said(alias(people, instantOf(clock()))._id);
      if (before?.kind !== 'alias' || before.withdrawn !== undefined) return false;
      return (await say([{ ...before, withdrawn: nextMoment(clock(), before) }])) > 0;
    },

    async forgetOutlived() {
      const { erased } = await standing();
      const outlived = [...known.values()].filter((order) => isOutlived(order, erased));
      const kept = keepsake.read();
      if (kept.some((order) => isOutlived(order, erased))) keepsake.replace(kept.filter((order) => !isOutlived(order, erased)));
      if (outlived.length === 0) return;
      await database.purge(outlived.map(({ _id }) => _id));
      known = new Map([...known].filter(([, order]) => !isOutlived(order, erased)));
      stands = standingOf(known.values());
    },
  };
}
