/** Options with a box to tick, shared by `choice` and `multiple`. */
import { letterKey, maxAnswers, readAnswers, reportRepeated, type Line, type Writing } from './block.ts';
import type { Option } from './choice/model.ts';

const tickPattern = /^\s*[-*+]\s+\[([^\]]*)\]\s*(.*)$/;
export const isTick = (text: string): boolean => tickPattern.test(text);

/** Options with their keys, and the keys of those that are ticked. */
export function readOptions(
  lines: readonly Line[],
  line: number,
  writing: Writing,
): { readonly options: readonly Option[]; readonly ticked: readonly string[] } {
  const answers = readAnswers(lines, isTick, writing).map((answer) => {
    const [, tick = '', text = ''] = tickPattern.exec(answer.text) ?? [];
    if (!/^[ xX]$/.test(tick)) writing.fault('bad-tick', answer.line, { tick: `[${tick}]` });
    if (text.trim() === '') writing.fault('empty-answer', answer.line);
    return { ...answer, text, ticked: tick.toLowerCase() === 'x' };
  });
  reportRepeated(answers, writing);
  if (answers.length < 2) writing.fault('too-few-answers', line, { least: 2, count: answers.length });
  if (answers.length > maxAnswers) writing.fault('too-many-answers', line, { most: maxAnswers });
  return {
    options: answers.map(({ line: at, text, feedback }, index) => ({
      key: letterKey(index),
      text: writing.phrase(text, at),
      ...(feedback === null ? {} : { feedback: writing.phrase(feedback, at + 1) }),
    })),
    ticked: answers.flatMap(({ ticked }, index) => (ticked ? [letterKey(index)] : [])),
  };
}
