import type { Marking } from '../item.ts';
import type { MultipleItem, MultipleResponse } from './model.ts';

/**
 * Score: (right ticks − wrong ticks) / number of right answers, not below 0. A part is right when it is ticked and should
 * be, or is open and should be.
 */
export function gradeMultiple(item: MultipleItem, { choices }: MultipleResponse): Marking {
  const ticked = new Set(choices);
  const rightTicks = item.right.filter((key) => ticked.has(key)).length;
  const wrongTicks = ticked.size - rightTicks;
  return {
    score: item.right.length === 0 ? 0 : Math.max(0, (rightTicks - wrongTicks) / item.right.length),
    feedback: item.options.flatMap(({ key, feedback }) => (ticked.has(key) && feedback !== undefined ? [feedback] : [])),
    parts: Object.fromEntries(item.options.map(({ key }) => [key, ticked.has(key) === item.right.includes(key)])),
  };
}

export const isMultipleComplete = (item: MultipleItem, { choices }: MultipleResponse): boolean =>
  choices.length > 0 && choices.every((choice) => item.options.some(({ key }) => key === choice));

export const emptyMultiple = (): MultipleResponse => ({ choices: [] });
