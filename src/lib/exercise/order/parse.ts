import { cutAt, letterKey, maxAnswers, readAnswers, reportRepeated, writePrompt, type ParseItem } from '../block.ts';
import type { OrderItem } from './model.ts';

const entryPattern = /^ {0,3}\d{1,9}[.)](?:\s+(.*))?$/;
const isEntry = (text: string): boolean => entryPattern.test(text);

/** A numbered list in the right order. */
export const parseOrder: ParseItem<OrderItem> = ({ base, line, lines }, writing) => {
  const { prompt, answers } = cutAt(lines, isEntry);
  const entries = readAnswers(answers, isEntry, writing).map((answer) => {
    if (answer.feedback !== null) writing.fault('stray-line', answer.line + 1, { text: `> ${answer.feedback.slice(0, 40)}` });
    const text = answer.text.replace(/^\d+[.)]\s*/, '');
    if (text === '') writing.fault('empty-answer', answer.line);
    return { text, line: answer.line };
  });
  reportRepeated(entries, writing);
  if (entries.length < 2) writing.fault('too-few-answers', line, { least: 2, count: entries.length });
  if (entries.length > maxAnswers) writing.fault('too-many-answers', line, { most: maxAnswers });
  return {
    ...base,
    prompt: writePrompt(prompt, line, writing),
    kind: 'order',
    entries: entries.map(({ text, line: at }, index) => ({ key: letterKey(index), text: writing.phrase(text, at) })),
  };
};
