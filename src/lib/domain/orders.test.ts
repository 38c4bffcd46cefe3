import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from './clock.ts';
import type { DeviceId, NodeId, PersonId } from './ids.ts';
import {
  aliasPair,
  deviceKey,
  isOutlived,
  judgeFromChild,
  laterOrder,
  nameOrder,
  nextMoment,
  parseOrder,
  peopleOf,
  repeatOrder,
  revocationReasons,
  saysTheSame,
  standingOf,
  type AliasOrder,
  type ErasureOrder,
  type Order,
  type OrderStanding,
  type RevocationOrder,
} from './orders.ts';

// Few ids and moments, so that orders meet.
const people = ['0'.repeat(26), '1'.repeat(26), '2'.repeat(26), '3'.repeat(26)] as PersonId[];
const devices = ['a'.repeat(26), 'b'.repeat(26)] as DeviceId[];
const nodes = ['dakar', 'lima', 'sitc'] as NodeId[];
const anyPerson = fc.constantFrom(...people);
const anyNode = fc.constantFrom(...nodes);
const anyMoment = fc.integer({ min: 0, max: 5 }).map((n) => instantOf(1_700_000_000_000 + n));
const base = { writer: anyNode, origin: anyNode, at: anyMoment };
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const withoutAbsent = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value;

const anySubject = fc.oneof(
  fc.record({ type: fc.constant('person' as const), person: anyPerson }),
  fc.record({ type: fc.constant('device' as const), person: anyPerson, device: fc.constantFrom(...devices) }),
  fc.record({ type: fc.constant('node' as const), node: anyNode }),
);
const anyRevocation = fc
  .record({
    ...base,
    kind: fc.constant('revocation' as const),
    subject: anySubject,
    reason: fc.constantFrom(...revocationReasons),
    since: anyMoment,
    withdrawn: maybe(anyMoment),
  })
  .map((order) => nameOrder<RevocationOrder>(withoutAbsent(order) as unknown as RevocationOrder));
const anyErasure = fc
  .record({ ...base, kind: fc.constant('erasure' as const), person: anyPerson })
  .map((order) => nameOrder<ErasureOrder>(order));
const anyAlias = fc
  .record({
    ...base,
    kind: fc.constant('alias' as const),
    people: fc.tuple(anyPerson, anyPerson).filter(([a, b]) => a < b),
    signature: fc.constant({ key: 'k', value: 'v' }),
    withdrawn: maybe(anyMoment),
  })
  .map((order) => nameOrder<AliasOrder>(withoutAbsent(order) as unknown as AliasOrder));
const anyOrder: fc.Arbitrary<Order> = fc.oneof(anyRevocation, anyErasure, anyAlias);
const anyOrders = fc.array(anyOrder, { maxLength: 12 });

const sorted = <Key extends string, Value>(map: ReadonlyMap<Key, Value>): readonly (readonly [Key, Value])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
const plain = (standing: OrderStanding): object => ({
  erased: [...standing.erased].sort(),
  people: sorted(standing.people),
  devices: sorted(standing.devices),
  nodes: sorted(standing.nodes),
  same: people.map((person) => standing.sameAs(person)),
});

describe('an order', () => {
  it('is read back as it was written, and under no other name', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        const kept = JSON.parse(JSON.stringify({ ...order, _rev: '1-a' })) as Record<string, unknown>;
        expect(parseOrder(kept)).toEqual({ ok: true, value: order });
        expect(parseOrder({ ...kept, _id: `${order._id}x` })).toEqual({ ok: false, error: { type: 'wrong-name' } });
        const other = nodes.find((node) => node !== order.writer) as NodeId;
        expect(parseOrder({ ...kept, writer: other })).toEqual({ ok: false, error: { type: 'wrong-name' } });
      }),
    );
  });

  it('is refused where a field is not what it should be', () => {
    fc.assert(
      fc.property(anyOrder, fc.anything(), fc.nat(), (order, value, pick) => {
        expect(parseOrder(value).ok).toBe(false);
        const names = Object.keys(order).filter((field) => field !== '_id');
        const field = names[pick % names.length] as string;
        const { [field]: _gone, ...rest } = order as unknown as Record<string, unknown>;
        const optional = field === 'withdrawn';
        expect(parseOrder(rest).ok).toBe(optional);
        expect(parseOrder({ ...order, [field]: { nested: [value] } }).ok).toBe(false);
      }),
    );
  });

  it('says the same in every mouth, and holds nothing of a person but their random id', () => {
    fc.assert(
      fc.property(anyOrder, anyNode, (order, writer) => {
        const repeated = repeatOrder(order, writer);
        expect(saysTheSame(order, repeated)).toBe(true);
        expect(repeatOrder(repeated, order.writer)).toEqual(order);
        expect(parseOrder(repeated).ok).toBe(true);
      }),
    );
    const erasure = nameOrder<ErasureOrder>({
      kind: 'erasure',
      writer: nodes[0] as NodeId,
      origin: nodes[0] as NodeId,
      at: instantOf(0),
      person: people[0] as PersonId,
    });
    expect(Object.keys(erasure).sort()).toEqual(['_id', 'at', 'kind', 'origin', 'person', 'writer']);
  });
});

describe('what stands', () => {
  it('does not depend on the order of arrival, nor on how often one order came, nor on who repeated it', () => {
    fc.assert(
      fc.property(
        anyOrders.chain((orders) =>
          fc.tuple(fc.constant(orders), fc.shuffledSubarray([...orders, ...orders], { minLength: orders.length * 2 }), anyNode),
        ),
        ([orders, shuffled, writer]) => {
          const standing = plain(standingOf(orders));
          expect(plain(standingOf(shuffled))).toEqual(standing);
          expect(plain(standingOf([...shuffled, ...orders.map((order) => repeatOrder(order, writer))]))).toEqual(standing);
        },
      ),
    );
  });

  it('of two copies of one order takes one, whatever was read first', () => {
    const twoCopies = fc
      .tuple(anyOrder, anyOrder, anyOrder)
      .map(([a, b, c]) => [a, b, c].map((order) => ({ ...order, about: 'the same' })) as unknown as [Order, Order, Order]);
    fc.assert(
      fc.property(twoCopies, ([a, b, c]) => {
        expect(saysTheSame(laterOrder(a, b), laterOrder(b, a))).toBe(true);
        expect(saysTheSame(laterOrder(laterOrder(a, b), c), laterOrder(a, laterOrder(b, c)))).toBe(true);
        expect(laterOrder(a, a)).toBe(a);
      }),
    );
  });

  it('never takes an erasure back, and drops every other order about who was erased', () => {
    fc.assert(
      fc.property(anyOrders, anyErasure, anyOrders, (before, erasure, after) => {
        const all = [...before, erasure, ...after];
        const standing = standingOf(all);
        expect(standing.erased.has(erasure.person)).toBe(true);
        expect(standing.sameAs(erasure.person)).toEqual([erasure.person]);
        const left = all.filter((order) => !isOutlived(order, standing.erased));
        expect(left.filter((order) => order.kind !== 'erasure').flatMap(peopleOf)).not.toContain(erasure.person);
        expect(standingOf(left).erased).toEqual(standing.erased);
      }),
    );
  });

  it('knows a group of aliases from each of its ids', () => {
    const [a, b, c] = people as [PersonId, PersonId, PersonId, PersonId];
    const alias = (x: PersonId, y: PersonId, withdrawn?: string): Order =>
      nameOrder<AliasOrder>({
        kind: 'alias',
        writer: nodes[0] as NodeId,
        origin: nodes[0] as NodeId,
        at: instantOf(1),
        people: aliasPair(x, y) as [PersonId, PersonId],
        signature: { key: 'k', value: 'v' },
        ...(withdrawn === undefined ? {} : { withdrawn: withdrawn as Order['at'] }),
      });
    const joined = standingOf([alias(c, b), alias(a, b)]);
    for (const person of [a, b, c]) expect(joined.sameAs(person)).toEqual([a, b, c]);
    const parted = standingOf([alias(c, b), alias(a, b), alias(a, b, instantOf(5))]);
    expect(parted.sameAs(a)).toEqual([a]);
    expect(parted.sameAs(c)).toEqual([b, c]);
    expect(aliasPair(a, a)).toBeNull();
  });

  it('lets a withdrawal and a later word stand, also where the clock was set back', () => {
    const revoked = nameOrder<RevocationOrder>({
      kind: 'revocation',
      writer: nodes[0] as NodeId,
      origin: nodes[0] as NodeId,
      at: instantOf(1000),
      since: instantOf(900),
      reason: 'lost',
      subject: { type: 'device', person: people[0] as PersonId, device: devices[0] as DeviceId },
    });
    const key = deviceKey(people[0] as PersonId, devices[0] as DeviceId);
    expect(standingOf([revoked]).devices.get(key)).toEqual({ since: instantOf(900), reason: 'lost' });
    const withdrawn: Order = { ...revoked, withdrawn: nextMoment(10, revoked) };
    expect(standingOf([withdrawn, revoked]).devices.has(key)).toBe(false);
    const { withdrawn: _, ...bare } = withdrawn as RevocationOrder;
    const again: Order = { ...bare, at: nextMoment(10, withdrawn) };
    expect(standingOf([again, withdrawn, revoked]).devices.has(key)).toBe(true);
  });
});

describe('a child’s order at its parent', () => {
  const [child, parent] = ['lima', 'sitc'] as [NodeId, NodeId];

  it('binds nobody unless it is the child’s own and about people of whom the child handed over work', () => {
    fc.assert(
      fc.property(anyOrder, fc.func(fc.boolean()), fc.func(fc.boolean()), (order, inChild, elsewhere) => {
        const judged = judgeFromChild(order, child, (person) => ({ child: inChild(person), elsewhere: elsewhere(person) }));
        if (judged === 'refuse') return;
        expect(order.writer).toBe(child);
        expect(order.origin).toBe(child);
        expect(peopleOf(order).length).toBeGreaterThan(0);
        expect(peopleOf(order).every((person) => inChild(person))).toBe(true);
        // What opens a range, or cannot be taken back, reaches no further than the child by the child's word.
        const reachesFurther = peopleOf(order).some((person) => elsewhere(person));
        expect(judged === 'hold').toBe(reachesFurther && order.kind !== 'revocation');
      }),
    );
  });

  it('goes down again in the parent’s name and the child’s origin', () => {
    const order = nameOrder<ErasureOrder>({
      kind: 'erasure',
      writer: child,
      origin: child,
      at: instantOf(3),
      person: people[0] as PersonId,
    });
    expect(judgeFromChild(order, child, () => ({ child: true, elsewhere: false }))).toBe('repeat');
    expect(judgeFromChild(repeatOrder(order, parent), child, () => ({ child: true, elsewhere: false }))).toBe('refuse');
    expect(repeatOrder(order, parent)._id).toBe(`sitc:erasure:lima:${people[0] as PersonId}`);
  });
});
