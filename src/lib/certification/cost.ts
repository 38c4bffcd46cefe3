/** What a centre spent in a year, as an administrator enters it: a record that is taken back by a field, and never deleted. */
import { isInstant, type Instant } from '../domain/clock.ts';
import { isUlid, type Ulid } from '../domain/ids.ts';
import { isFiniteNumber, isObject, isString } from '../domain/shape.ts';

/** Of an interim centre in one room: what it is spent on. */
export const costSorts = ['staff', 'travel', 'rooms', 'equipment', 'connection', 'materials', 'other'] as const;
export type CostSort = (typeof costSorts)[number];
const isCostSort = (value: unknown): value is CostSort => costSorts.some((sort) => sort === value);

export interface NewCost {
  readonly year: number;
  readonly sort: CostSort;
  /** In the currency's main unit, with at most two decimals. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  /** What it was, in the words of who enters it; may be empty. */
  readonly note: string;
}

export interface Cost extends NewCost {
  readonly id: Ulid;
  readonly at: Instant;
  readonly withdrawn?: Instant;
}

const longestNote = 200;
const most = 1e12;

const isYear = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1971 && (value as number) <= 2200;
/** Whole cents, as far as a double holds them. */
const isAmount = (value: unknown): value is number =>
  isFiniteNumber(value) && value > 0 && value <= most && Math.abs(value * 100 - Math.round(value * 100)) < 1e-4;

/** Null where a field is missing or is not what it should be. */
export function parseNewCost(value: unknown): NewCost | null {
  if (!isObject(value)) return null;
  const { year, sort, amount, currency, note } = value;
  if (!isYear(year) || !isCostSort(sort) || !isAmount(amount) || !isString(currency) || !/^[A-Z]{3}$/.test(currency)) return null;
  if (!isString(note) || !note.isWellFormed() || note.length > longestNote) return null;
  return { year, sort, amount: Math.round(amount * 100) / 100, currency, note: note.normalize('NFC').trim() };
}

/** A cost as it stands in a database. */
export function parseCost(value: unknown): Cost | null {
  const cost = parseNewCost(value);
  if (cost === null || !isObject(value)) return null;
  const { id, at, withdrawn } = value;
  if (!isUlid(id) || !isInstant(at) || (withdrawn !== undefined && !isInstant(withdrawn))) return null;
  return { ...cost, id, at, ...(withdrawn === undefined ? {} : { withdrawn }) };
}
