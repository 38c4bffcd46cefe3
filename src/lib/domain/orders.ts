/**
 * Orders: what every node must obey about people, devices and nodes. A node's own database `orders-<node>` holds them; the nodes below pull it.
 *
 *   <writer>:revocation:<origin>:person:<person>             the person's sign-ins are over
 *   <writer>:revocation:<origin>:device:<person>:<device>    the sign-in of one person on one device is over
 *   <writer>:revocation:<origin>:node:<node>                 the node is no longer one of ours
 *   <writer>:erasure:<origin>:<person>                       everything about the person is to be purged; never taken back
 *   <writer>:alias:<origin>:<person>:<person>                two ids are one human; the smaller id first
 *
 * `origin` is the node where somebody decided, `writer` the node that says it in this copy. Way up: a node puts its own orders into its `desk-<node>` as
 * well, as they are; the parent judges them (`judgeFromChild`) and repeats them under its own name in `orders-<parent>`. Way down: a node pulls
 * `orders-<parent>` and repeats that too, for its own children.
 *
 * What stands is a function of the set of orders, never of the order in which they came: of two copies of one order the one with the later moment
 * counts (`laterOrder`, a total order, so joining is commutative, associative and idempotent), a person is erased, revoked or somebody's other self when
 * any order that stands says so. So obeying twice is obeying once, and a node that was restored obeys again what it reads again.
 *
 * An order holds random ids, moments and a reason out of a list, and no text that anybody typed: it outlives what it is about.
 */
import { canonicalJson } from './canonical-json.ts';
import { instantOf, isInstant, type Instant } from './clock.ts';
import { isDeviceId, isNodeId, isPersonId, type DeviceId, type NodeId, type PersonId } from './ids.ts';
import { err, ok, type Result } from './result.ts';
import { isObject, isString, type JsonObject } from './shape.ts';

export type OrderKind = 'revocation' | 'erasure' | 'alias';

/** `<writer>:<kind>:<origin>:<about>` */
export type OrderId = string & { readonly __brand: 'OrderId' };

export const revocationReasons = ['lost', 'stolen', 'left', 'misuse', 'mistake', 'other'] as const;
export type RevocationReason = (typeof revocationReasons)[number];
export const isRevocationReason = (value: unknown): value is RevocationReason => revocationReasons.some((reason) => reason === value);

export type RevocationSubject =
  | { readonly type: 'person'; readonly person: PersonId }
  | { readonly type: 'device'; readonly person: PersonId; readonly device: DeviceId }
  | { readonly type: 'node'; readonly node: NodeId };

interface OrderBase {
  readonly _id: OrderId;
  readonly writer: NodeId;
  readonly origin: NodeId;
  /** When it was decided. */
  readonly at: Instant;
}

export interface RevocationOrder extends OrderBase {
  readonly kind: 'revocation';
  readonly subject: RevocationSubject;
  readonly reason: RevocationReason;
  /** From when on nothing that the subject signed counts: `at`, or earlier where the loss was noticed late. */
  readonly since: Instant;
  readonly withdrawn?: Instant;
}

export interface ErasureOrder extends OrderBase {
  readonly kind: 'erasure';
  readonly person: PersonId;
}

export interface AliasOrder extends OrderBase {
  readonly kind: 'alias';
  /** The smaller id first. */
  readonly people: readonly [PersonId, PersonId];
  /** The origin's Ed25519 signature over `aliasStatement`, base64url. */
  readonly signature: { readonly key: string; readonly value: string };
  readonly withdrawn?: Instant;
}

export type Order = RevocationOrder | ErasureOrder | AliasOrder;

/** What an order is about, as its name has it. */
function aboutOf(order: Order): readonly string[] {
  switch (order.kind) {
    case 'erasure':
      return [order.person];
    case 'alias':
      return order.people;
    case 'revocation':
      switch (order.subject.type) {
        case 'person':
          return ['person', order.subject.person];
        case 'device':
          return ['device', order.subject.person, order.subject.device];
        case 'node':
          return ['node', order.subject.node];
      }
  }
}

type Unnamed<Kind extends Order> = Kind extends Order ? Omit<Kind, '_id'> : never;

/** The order with the name that it must have. */
export function nameOrder<Kind extends Order>(order: Unnamed<Kind>): Kind {
  const unnamed = order as unknown as Kind;
  const id = [unnamed.writer, unnamed.kind, unnamed.origin, ...aboutOf(unnamed)].join(':') as OrderId;
  return { ...unnamed, _id: id };
}

/** What is signed of an alias: as long as the signature verifies, this origin said that these two are one. */
export const aliasStatement = ({ people, origin, at }: Pick<AliasOrder, 'people' | 'origin' | 'at'>): object => ({
  statement: 'alias',
  people,
  node: origin,
  at,
});

/** Two ids in the order in which an alias names them; null where they are one. */
export const aliasPair = (a: PersonId, b: PersonId): readonly [PersonId, PersonId] | null => (a === b ? null : a < b ? [a, b] : [b, a]);

export type OrderError =
  | { readonly type: 'not-an-object' }
  | { readonly type: 'unknown-kind' }
  | { readonly type: 'bad-field'; readonly field: string }
  | { readonly type: 'wrong-name' };

const own = (value: JsonObject, field: string): unknown => (Object.hasOwn(value, field) ? value[field] : undefined);
const isMaybeInstant = (value: unknown): boolean => value === undefined || isInstant(value);

function isSubject(value: unknown): value is RevocationSubject {
  if (!isObject(value)) return false;
  switch (own(value, 'type')) {
    case 'person':
      return isPersonId(own(value, 'person'));
    case 'device':
      return isPersonId(own(value, 'person')) && isDeviceId(own(value, 'device'));
    case 'node':
      return isNodeId(own(value, 'node'));
    default:
      return false;
  }
}

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isPersonId) && String(value[0]) < String(value[1]);

const isSignature = (value: unknown): boolean => isObject(value) && isString(own(value, 'key')) && isString(own(value, 'value'));

const fields: Readonly<Record<OrderKind, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  revocation: { subject: isSubject, reason: isRevocationReason, since: isInstant, withdrawn: isMaybeInstant },
  erasure: { person: isPersonId },
  alias: { people: isPair, signature: isSignature, withdrawn: isMaybeInstant },
};

export const isOrderKind = (value: unknown): value is OrderKind => isString(value) && Object.hasOwn(fields, value);

/** @param value a document as it stands in a database; fields of replication are left out of what is answered */
export function parseOrder(value: unknown): Result<Order, OrderError> {
  if (!isObject(value)) return err({ type: 'not-an-object' });
  const kind = own(value, 'kind');
  if (!isOrderKind(kind)) return err({ type: 'unknown-kind' });
  for (const [field, check] of Object.entries({ writer: isNodeId, origin: isNodeId, at: isInstant, ...fields[kind] }))
    if (!check(own(value, field))) return err({ type: 'bad-field', field });
  const plain = Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('_')));
  const order = nameOrder<Order>(plain as unknown as Unnamed<Order>);
  return order._id === own(value, '_id') ? ok(order) : err({ type: 'wrong-name' });
}

/** The same order in another node's mouth. */
export const repeatOrder = (order: Order, writer: NodeId): Order => nameOrder<Order>({ ...order, writer });

const momentOf = (order: Order): Instant => (order.kind !== 'erasure' && order.withdrawn !== undefined ? order.withdrawn : order.at);

/** What an order says, whoever repeats it. */
const contentOf = (order: Order): string => canonicalJson({ ...order, _id: undefined, writer: undefined });

/** Do two copies say the same? */
export const saysTheSame = (a: Order, b: Order): boolean => contentOf(a) === contentOf(b);

/** Of two copies of one order the one that counts: the later one; where both are of one moment, the one whose text is greater. */
export function laterOrder<Kind extends Order>(a: Kind, b: Kind): Kind {
  const [first, second] = [momentOf(a), momentOf(b)];
  if (first !== second) return first > second ? a : b;
  return contentOf(a) >= contentOf(b) ? a : b;
}

/** A moment for the next word on an order that stands already: now, or just after what was said last where the clock was set back. */
export const nextMoment = (now: number, before: Order | null): Instant =>
  instantOf(before === null ? now : Math.max(now, Date.parse(momentOf(before)) + 1));

export interface Revocation {
  /** The earliest that any order names. */
  readonly since: Instant;
  readonly reason: RevocationReason;
}

/** What all orders together say. */
export interface OrderStanding {
  readonly erased: ReadonlySet<PersonId>;
  readonly people: ReadonlyMap<PersonId, Revocation>;
  /** By `deviceKey`. */
  readonly devices: ReadonlyMap<string, Revocation>;
  readonly nodes: ReadonlyMap<NodeId, Revocation>;
  /** Every id of the same human, sorted, the asked one among them. Erased ids are left out, unless it is the asked one. */
  readonly sameAs: (person: PersonId) => readonly PersonId[];
}

export const deviceKey = (person: PersonId, device: DeviceId): string => `${person}:${device}`;

function addRevocation<Key>(map: Map<Key, Revocation>, key: Key, { since, reason }: RevocationOrder): void {
  const before = map.get(key);
  // The earliest counts; of one moment, the reason that comes first in the alphabet, so that nothing depends on who was read first.
  if (before === undefined || since < before.since || (since === before.since && reason < before.reason)) map.set(key, { since, reason });
}

/** Of every order that is said more than once (same origin, same subject) the copy that counts. */
function latestOf(orders: Iterable<Order>): readonly Order[] {
  const latest = new Map<string, Order>();
  for (const order of orders) {
    const key = [order.kind, order.origin, ...aboutOf(order)].join(':');
    const before = latest.get(key);
    latest.set(key, before === undefined ? order : laterOrder(before, order));
  }
  return [...latest.values()];
}

/** Who is connected with whom, directly or through others. */
function groupsOf(pairs: readonly (readonly [PersonId, PersonId])[]): ReadonlyMap<PersonId, readonly PersonId[]> {
  const groups = new Map<PersonId, Set<PersonId>>();
  for (const [a, b] of pairs) {
    const joined = new Set([a, b, ...(groups.get(a) ?? []), ...(groups.get(b) ?? [])]);
    for (const person of joined) groups.set(person, joined);
  }
  return new Map([...groups].map(([person, group]) => [person, [...group].sort()]));
}

/** What stands. The same for every order of `orders`, and with copies among them. */
export function standingOf(orders: Iterable<Order>): OrderStanding {
  const erased = new Set<PersonId>();
  const people = new Map<PersonId, Revocation>();
  const devices = new Map<string, Revocation>();
  const nodes = new Map<NodeId, Revocation>();
  const pairs: (readonly [PersonId, PersonId])[] = [];
  const latest = latestOf(orders);
  for (const order of latest) if (order.kind === 'erasure') erased.add(order.person);
  for (const order of latest) {
    if (order.kind === 'erasure' || order.withdrawn !== undefined) continue;
    if (order.kind === 'alias') {
      if (!order.people.some((person) => erased.has(person))) pairs.push(order.people);
      continue;
    }
    const { subject } = order;
    if (subject.type === 'person') addRevocation(people, subject.person, order);
    else if (subject.type === 'device') addRevocation(devices, deviceKey(subject.person, subject.device), order);
    else addRevocation(nodes, subject.node, order);
  }
  const groups = groupsOf(pairs);
  return { erased, people, devices, nodes, sameAs: (person) => groups.get(person) ?? [person] };
}

/** The people whom an order names; none for one about a node. */
export function peopleOf(order: Order): readonly PersonId[] {
  if (order.kind === 'erasure') return [order.person];
  if (order.kind === 'alias') return order.people;
  return order.subject.type === 'node' ? [] : [order.subject.person];
}

/** Is it about somebody who was erased since? Then only the erasure is kept and repeated. */
export const isOutlived = (order: Order, erased: ReadonlySet<PersonId>): boolean =>
  order.kind !== 'erasure' && peopleOf(order).some((person) => erased.has(person));

/**
 * What a parent does with an order that it found in a child's desk.
 *
 *   repeat   it is the child's own and concerns people whose work the child handed over; it binds every node from here on
 *   hold     it would reach further than the child: an erasure or an alias of somebody who has work at another node too. What cannot be taken back, or
 *            opens a range to somebody, is not done to other nodes' people on one child's word (it may be stolen): an administrator here decides
 *   refuse   it is not the child's own, about a node, or about people whom the child never handed over anything of
 *
 * Asked again at every round: what is refused or held today may be repeated tomorrow.
 */
export function judgeFromChild(
  order: Order,
  child: NodeId,
  /** `child`: has the child's database work of the person; `elsewhere`: has any other. */
  holds: (person: PersonId) => { readonly child: boolean; readonly elsewhere: boolean },
): 'repeat' | 'hold' | 'refuse' {
  const people = peopleOf(order);
  if (order.writer !== child || order.origin !== child || people.length === 0) return 'refuse';
  const found = people.map(holds);
  if (!found.every((person) => person.child)) return 'refuse';
  // A sign-in that was refused too widely is given back in a minute.
  return order.kind !== 'revocation' && found.some(({ elsewhere }) => elsewhere) ? 'hold' : 'repeat';
}
