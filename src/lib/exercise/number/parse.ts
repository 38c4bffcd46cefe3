import { cutAt, readAnswers, writePrompt, type ParseItem, type Writing } from '../block.ts';
import type { NumberAnswer, NumberItem } from './model.ts';

const figure = '[-−+]?\\d+(?:\\.\\d+)?(?:[eE][-+−]?\\d+)?';
const answerPattern = new RegExp(`^(${figure})(?:\\s*(?:±|\\+/?-)\\s*(\\S+?)\\s*(%(?=\\s|$))?)?(?:\\s+(.*))?$`);
const markPattern = /^\s*(?:=|wrong\s*[:：])/;
const isWrong = (text: string): boolean => !text.startsWith('=');

const toNumber = (text: string): number => Number(text.replace(/−/g, '-'));

/** `11.97 ± 0.05 h`; null, and a fault, where it is not that. */
function readAnswer(text: string, line: number, writing: Writing): NumberAnswer | null {
  const match = answerPattern.exec(text);
  if (match === null) {
    writing.fault('bad-number', line, { text });
    return null;
  }
  const [, value = '', spread, percent, unit = ''] = match;
  const number = toNumber(value);
  const tolerance = spread === undefined ? 0 : new RegExp(`^${figure}$`).test(spread) ? toNumber(spread) : NaN;
  if (!Number.isFinite(number)) {
    writing.fault('bad-number', line, { text: value });
    return null;
  }
  if (!(tolerance >= 0) || tolerance === Infinity) {
    writing.fault('bad-tolerance', line, { text: spread ?? '' });
    return null;
  }
  if (/^[±=\d]|[$<>[\]`]/.test(unit) || unit.length > 32) writing.fault('bad-unit', line, { unit });
  return {
    value: number,
    tolerance: percent === undefined ? tolerance : (Math.abs(number) * tolerance) / 100,
    unit: unit.trim().replace(/\s+/g, ' ').normalize('NFC'),
  };
}

/** Right values as `= value ± tolerance unit`, known mistakes as `wrong: value ± tolerance unit` with their feedback below. */
export const parseNumber: ParseItem<NumberItem> = ({ base, line, lines }, writing) => {
  const isMark = (text: string): boolean => markPattern.test(text);
  const { prompt, answers: rest } = cutAt(lines, isMark);
  const answers: NumberAnswer[] = [];
  const wrong: NumberItem['wrong'][number][] = [];
  const lineByMistake = new Map<NumberAnswer, number>();
  for (const given of readAnswers(rest, isMark, writing)) {
    const answer = readAnswer(given.text.replace(markPattern, '').trim(), given.line, writing);
    if (isWrong(given.text)) {
      if (given.feedback === null) writing.fault('missing-feedback', given.line);
      if (answer === null) continue;
      const mistake = { ...answer, feedback: writing.phrase(given.feedback ?? '', given.line + 1) };
      wrong.push(mistake);
      lineByMistake.set(mistake, given.line);
    } else {
      if (given.feedback !== null) writing.fault('stray-line', given.line + 1, { text: `> ${given.feedback.slice(0, 40)}` });
      if (answer !== null) answers.push(answer);
    }
  }
  if (!rest.some(({ text }) => /^\s*=/.test(text))) writing.fault('no-right-answer', line);
  for (const mistake of wrong)
    if (answers.some(({ unit, value, tolerance }) => unit === mistake.unit && Math.abs(value - mistake.value) <= tolerance))
      writing.fault('mistake-is-right', lineByMistake.get(mistake) ?? line, { value: mistake.value });
  const units = [...new Set([...answers, ...wrong].map(({ unit }) => unit))];
  if (units.length > 1 && units.includes('')) writing.fault('mixed-units', line, { units: units.filter(Boolean).join(', ') });
  return {
    ...base,
    prompt: writePrompt(prompt, line, writing),
    kind: 'number',
    answers,
    wrong,
    units,
  };
};
