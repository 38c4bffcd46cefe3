import { letterKey, maxAnswers, reportRepeated, writePrompt, type ParseItem } from '../block.ts';
import type { MatchItem } from './model.ts';

const separatorPattern = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const isRow = (text: string): boolean => text.includes('|');

/** Cells of a row; `\|` is a bar that stands in a cell. */
function cellsOf(row: string): readonly string[] {
  const inner = row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, '|'));
}

/** The last table of the block: a left-hand text and its partner in each row; an empty first cell makes a distractor. */
export const parseMatch: ParseItem<MatchItem> = ({ base, line, lines }, writing) => {
  const separator = lines.findLastIndex(({ text }, i) => separatorPattern.test(text) && isRow(text) && isRow(lines[i - 1]?.text ?? ''));
  const headingLine = lines[separator - 1];
  const prompt = writePrompt(headingLine === undefined ? lines : lines.slice(0, separator - 1), line, writing);
  if (headingLine === undefined) {
    writing.fault('too-few-answers', line, { least: 2, count: 0 });
    return null;
  }
  const headings = cellsOf(headingLine.text);
  if (headings.length !== 2) writing.fault('match-columns', headingLine.number, { count: headings.length });

  const left: { text: string; line: number }[] = [];
  const partners: { text: string; line: number }[] = [];
  const distractors: { text: string; line: number }[] = [];
  for (const { text, number } of lines.slice(separator + 1)) {
    if (text.trim() === '') continue;
    if (!isRow(text)) {
      writing.fault('stray-line', number, { text: text.trim().slice(0, 40) });
      continue;
    }
    const cells = cellsOf(text);
    const [first = '', second = ''] = cells;
    if (cells.length !== 2) writing.fault('match-columns', number, { count: cells.length });
    else if (second === '') writing.fault('empty-answer', number);
    else if (first === '') distractors.push({ text: second, line: number });
    else {
      left.push({ text: first, line: number });
      partners.push({ text: second, line: number });
    }
  }
  reportRepeated(left, writing);
  reportRepeated([...partners, ...distractors], writing);
  if (left.length < 2) writing.fault('too-few-answers', line, { least: 2, count: left.length });
  if (partners.length + distractors.length > maxAnswers) writing.fault('too-many-answers', line, { most: maxAnswers });
  const heading = (index: number): string => writing.phrase(headings[index] ?? '', headingLine.number);
  return {
    ...base,
    prompt,
    kind: 'match',
    headings: [heading(0), heading(1)],
    left: left.map(({ text, line: at }, index) => ({ key: String(index + 1), text: writing.phrase(text, at) })),
    right: [...partners, ...distractors].map(({ text, line: at }, index) => ({ key: letterKey(index), text: writing.phrase(text, at) })),
    pairs: Object.fromEntries(left.map((_, index) => [String(index + 1), letterKey(index)])),
  };
};
