/**
 * Taking another browser's register into one's own, once.
 *
 * Sums do not join: a second and a third reading of the same register must add nothing. So whoever takes one in keeps it, and adds of a later version only what it has more. Everything else of a
 * register is a maximum, a minimum or a union, and may be taken in any number of times.
 *
 *   absorb(absorb(own, a, null), b, a) = absorb(own, b, null)   where b is a later version of a
 *   absorb(absorb(own, a, null), a, a) = absorb(own, a, null)
 */
import type { Instant } from './clock.ts';
import type { ItemId, UnitId } from './ids.ts';
import type { ItemState, Place, RegisterRecord, UnitState } from './records.ts';

/** What becomes of a sum, given one's own, the other's, and the other's as it was taken in before. */
type Count = (own: number, theirs: number, seen: number) => number;

const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);

/** `constructor` is a fine name for a unit, so a lookup must not find what every object inherits. */
const own = <Key extends string, Value>(values: Readonly<Record<Key, Value>> | undefined, key: Key): Value | undefined =>
  values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;

function completed(a: Instant | undefined, b: Instant | undefined): { readonly completed?: Instant } {
  if (a === undefined) return b === undefined ? {} : { completed: b };
  return { completed: b === undefined ? a : earlier(a, b) };
}

function newerPlace(a: Place | undefined, b: Place | undefined): { readonly place?: Place } {
  if (a === undefined) return b === undefined ? {} : { place: b };
  if (b === undefined) return { place: a };
  const rank = ({ at, unit, offset }: Place): string => `${at} ${unit} ${String(offset)}`;
  return { place: rank(a) >= rank(b) ? a : b };
}

function mergeUnit(mine: UnitState | undefined, theirs: UnitState, seen: UnitState | undefined, count: Count): UnitState {
  return {
    first: mine === undefined ? theirs.first : earlier(mine.first, theirs.first),
    last: mine === undefined ? theirs.last : later(mine.last, theirs.last),
    seconds: count(mine?.seconds ?? 0, theirs.seconds, seen?.seconds ?? 0),
    ...completed(mine?.completed, theirs.completed),
  };
}

function mergeItem(mine: ItemState | undefined, theirs: ItemState, seen: ItemState | undefined, count: Count): ItemState {
  // The newest version of its meaning wins and drops what is older, as everywhere.
  if (mine !== undefined && mine.v > theirs.v) return mine;
  const same = mine?.v === theirs.v ? mine : undefined;
  const before = seen?.v === theirs.v ? seen.attempts : 0;
  return {
    v: theirs.v,
    best: Math.max(same?.best ?? 0, theirs.best),
    attempts: count(same?.attempts ?? 0, theirs.attempts, before),
    first: same === undefined ? theirs.first : earlier(same.first, theirs.first),
    last: same === undefined ? theirs.last : later(same.last, theirs.last),
  };
}

function merge(mine: RegisterRecord, theirs: RegisterRecord, seen: RegisterRecord | null, count: Count): RegisterRecord {
  const units = new Map<string, UnitState>(Object.entries(mine.units));
  for (const [key, state] of Object.entries(theirs.units))
    units.set(key, mergeUnit(units.get(key), state, own(seen?.units, key as UnitId), count));
  const items = new Map<string, ItemState>(Object.entries(mine.items));
  for (const [key, state] of Object.entries(theirs.items))
    items.set(key, mergeItem(items.get(key), state, own(seen?.items, key as ItemId), count));
  const { place: _place, completed: _completed, ...rest } = mine;
  return {
    ...rest,
    units: Object.fromEntries(units),
    items: Object.fromEntries(items),
    ...newerPlace(mine.place, theirs.place),
    ...completed(mine.completed, theirs.completed),
  };
}

/**
 * One's own register with what another one has done.
 *
 * @param seen the same register as far as it was taken in before; null for the first time
 */
export const absorb = (mine: RegisterRecord, theirs: RegisterRecord, seen: RegisterRecord | null): RegisterRecord =>
  merge(mine, theirs, seen, (own, other, before) => own + Math.max(0, other - before));

/** Of two versions of one register the later, in whatever order they come: its writer only ever raises it. */
export const laterRegister = (a: RegisterRecord, b: RegisterRecord): RegisterRecord => merge(a, b, null, (x, y) => Math.max(x, y));

/** One's own register without the sums that came from others: each of them travels on under its own name, so that whoever has it already does not add it again. */
export function withoutAbsorbed(mine: RegisterRecord, absorbed: readonly RegisterRecord[]): RegisterRecord {
  const less = (all: number, of: (register: RegisterRecord) => number): number =>
    Math.max(
      0,
      absorbed.reduce((rest, register) => rest - of(register), all),
    );
  const units = Object.entries(mine.units).map(([key, state]: [string, UnitState]): [string, UnitState] => [
    key,
    { ...state, seconds: less(state.seconds, (register) => own(register.units, key as UnitId)?.seconds ?? 0) },
  ]);
  const items = Object.entries(mine.items).map(([key, state]: [string, ItemState]): [string, ItemState] => {
    const attempts = less(state.attempts, (register) => {
      const theirs = own(register.items, key as ItemId);
      return theirs?.v === state.v ? theirs.attempts : 0;
    });
    return [key, { ...state, attempts }];
  });
  return { ...mine, units: Object.fromEntries(units), items: Object.fromEntries(items) };
}
