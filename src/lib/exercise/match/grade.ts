import type { Marking } from '../item.ts';
import type { MatchItem, MatchResponse } from './model.ts';

/** Score: the share of left-hand entries that have their own partner. */
export function gradeMatch(item: MatchItem, { pairs }: MatchResponse): Marking {
  const parts = Object.fromEntries(item.left.map(({ key }) => [key, pairs[key] !== undefined && pairs[key] === item.pairs[key]]));
  const right = Object.values(parts).filter(Boolean).length;
  return { score: item.left.length === 0 ? 0 : right / item.left.length, feedback: [], parts };
}

export const isMatchComplete = (item: MatchItem, { pairs }: MatchResponse): boolean =>
  item.left.every(({ key }) => item.right.some((entry) => entry.key === pairs[key]));

export const emptyMatch = (): MatchResponse => ({ pairs: {} });
