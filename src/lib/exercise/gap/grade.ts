import { fold } from '../../domain/fold.ts';
import type { Marking } from '../item.ts';
import type { Gap, GapItem, GapResponse } from './model.ts';

function isRight(gap: Gap, given: string): boolean {
  if (gap.type === 'chosen') return given === gap.right;
  const folded = fold(given);
  return folded !== '' && gap.answers.some((answer) => fold(answer) === folded);
}

/** Score: the share of gaps that are right. Typed gaps are compared folded: letter case, accents, vowel marks and spaces do not count. */
export function gradeGap(item: GapItem, { gaps }: GapResponse): Marking {
  const parts = Object.fromEntries(item.gaps.map((gap) => [gap.key, isRight(gap, gaps[gap.key] ?? '')]));
  const right = Object.values(parts).filter(Boolean).length;
  return { score: item.gaps.length === 0 ? 0 : right / item.gaps.length, feedback: [], parts };
}

export const isGapComplete = (item: GapItem, { gaps }: GapResponse): boolean =>
  item.gaps.every((gap) => {
    const given = gaps[gap.key] ?? '';
    return gap.type === 'chosen' ? gap.choices.includes(given) : fold(given) !== '';
  });

export const emptyGap = (): GapResponse => ({ gaps: {} });
