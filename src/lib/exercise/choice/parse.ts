import { cutAt, writePrompt, type ParseItem } from '../block.ts';
import { isTick, readOptions } from '../options.ts';
import type { ChoiceItem } from './model.ts';

/** Options as `- [ ] text`, exactly one of them `- [x]`. */
export const parseChoice: ParseItem<ChoiceItem> = ({ base, line, lines, keepOrder }, writing) => {
  const { prompt, answers } = cutAt(lines, isTick);
  const { options, ticked } = readOptions(answers, line, writing);
  const [right] = ticked;
  if (right === undefined) writing.fault('no-right-answer', line);
  if (ticked.length > 1) writing.fault('several-right-answers', line, { count: ticked.length });
  const item = { ...base, prompt: writePrompt(prompt, line, writing), kind: 'choice' as const, options };
  return right === undefined ? null : { ...item, right, ...(keepOrder ? { keepOrder } : {}) };
};
