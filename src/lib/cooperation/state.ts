/**
 * How far an entry can be relied on today. The rule is simple and is shown beside the mark:
 *
 *   a course    ended          its last day has passed
 *               to come        its first day has not come
 *               dead           a machine asked its address and nothing answered
 *               unchecked      no machine has asked its address, or none for half a year
 *   an opportunity  closed   its last day of applying has passed
 *               to come        applying has not begun
 *   any other   stale          nobody has reviewed or rewritten it for so many months
 */
import { monthsAfter, type Day } from './day.ts';
import type { Kind } from './entry.ts';
import type { Entry } from './kinds.ts';

export type StateName = 'good' | 'stale' | 'ended' | 'to-come' | 'dead' | 'unchecked' | 'closed';

export interface State {
  readonly name: StateName;
  /** The day that made it so: the last day of a course or of applying, the last review. Null where there is none. */
  readonly since: Day | null;
}

/** Months after which an entry is stale. Courses and prices move faster than laws of nature. */
export const monthsFresh: Readonly<Partial<Record<Kind, number>>> = {
  solution: 24,
  practice: 24,
  organisation: 24,
  listing: 12,
  indicator: 36,
  opportunity: 12,
  resource: 24,
  dataset: 24,
  material: 24,
};

/** Months for which a machine's look at an address counts. */
export const monthsChecked = 6;

const good: State = { name: 'good', since: null };

export function stateOf(entry: Entry, today: Day): State {
  if (entry.kind === 'term' || entry.kind === 'goal' || entry.kind === 'target') return good;
  if (entry.kind === 'listing') {
    if (entry.closes !== null && entry.closes < today) return { name: 'ended', since: entry.closes };
    if (entry.dead) return { name: 'dead', since: entry.lastChecked };
    if (entry.opens !== null && entry.opens > today) return { name: 'to-come', since: entry.opens };
  }
  if (entry.kind === 'opportunity') {
    if (entry.deadline !== null && entry.deadline < today) return { name: 'closed', since: entry.deadline };
    if (entry.opens !== null && entry.opens > today) return { name: 'to-come', since: entry.opens };
  }
  const seen = entry.reviewed !== null && entry.reviewed > entry.written ? entry.reviewed : entry.written;
  const months = monthsFresh[entry.kind];
  if (months !== undefined && monthsAfter(seen, months) < today) return { name: 'stale', since: seen };
  // A course of this platform is checked by being published here.
  if (
    entry.kind === 'listing' &&
    entry.course === null &&
    (entry.lastChecked === null || monthsAfter(entry.lastChecked, monthsChecked) < today)
  )
    return { name: 'unchecked', since: entry.lastChecked };
  return good;
}

/** Whether somebody can take the course now, as far as is known. */
export const isAvailable = (state: State): boolean => state.name === 'good' || state.name === 'unchecked' || state.name === 'stale';
