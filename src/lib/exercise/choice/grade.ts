import type { Marking } from '../item.ts';
import type { ChoiceItem, ChoiceResponse } from './model.ts';

/** The right option scores 1, every other 0; the chosen option's feedback comes back. */
export function gradeChoice(item: ChoiceItem, { choice }: ChoiceResponse): Marking {
  const option = item.options.find(({ key }) => key === choice);
  const right = choice === item.right;
  return { score: right ? 1 : 0, feedback: option?.feedback === undefined ? [] : [option.feedback], parts: { [choice]: right } };
}

export const isChoiceComplete = (item: ChoiceItem, { choice }: ChoiceResponse): boolean => item.options.some(({ key }) => key === choice);

export const emptyChoice = (): ChoiceResponse => ({ choice: '' });
