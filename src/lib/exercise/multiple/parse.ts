import { cutAt, writePrompt, type ParseItem } from '../block.ts';
import { isTick, readOptions } from '../options.ts';
import type { MultipleItem } from './model.ts';

/** Options as `- [ ] text`, one or more of them `- [x]`. */
export const parseMultiple: ParseItem<MultipleItem> = ({ base, line, lines, keepOrder }, writing) => {
  const { prompt, answers } = cutAt(lines, isTick);
  const { options, ticked } = readOptions(answers, line, writing);
  if (ticked.length === 0) writing.fault('no-right-answer', line);
  return {
    ...base,
    prompt: writePrompt(prompt, line, writing),
    kind: 'multiple',
    options,
    right: ticked,
    ...(keepOrder ? { keepOrder } : {}),
  };
};
