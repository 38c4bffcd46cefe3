import type { Marking } from '../item.ts';
import type { NumberAnswer, NumberItem, NumberResponse } from './model.ts';
import { readNumber } from './read-number.ts';

interface Reading {
  readonly values: readonly number[];
  readonly unit: string;
}

/** A learner may type the unit behind the number although it is chosen beside it: what they typed counts. */
function readingOf(item: NumberItem, { text, unit }: NumberResponse): Reading {
  const trimmed = text.normalize('NFC').replace(/٪/g, '%').trim();
  const only = item.units.length === 1 ? item.units[0] : undefined;
  const values = readNumber(trimmed);
  if (values.length > 0) return { values, unit: only ?? unit };
  const typed = [...item.units].sort((a, b) => b.length - a.length).find((name) => name !== '' && trimmed.endsWith(name));
  return typed === undefined ? { values: [], unit } : { values: readNumber(trimmed.slice(0, -typed.length)), unit: typed };
}

/** 11.92 lies within 11.97 ± 0.05, although binary fractions say 0.0500000000000007: hence the hair's breadth. */
const isWithin = (value: number, answer: NumberAnswer): boolean =>
  Math.abs(value - answer.value) <= answer.tolerance + 1e-9 * Math.abs(answer.value);

/** A right value in its unit scores 1; a known mistake brings its feedback; what is no number is `unreadable` and not marked. */
export function gradeNumber(item: NumberItem, response: NumberResponse): Marking {
  const { values, unit } = readingOf(item, response);
  if (values.length === 0) return { score: 0, feedback: [], parts: {}, unreadable: true };
  const fits = (answer: NumberAnswer): boolean => answer.unit === unit && values.some((value) => isWithin(value, answer));
  const right = item.answers.some(fits);
  const mistake = right ? undefined : item.wrong.find(fits);
  return { score: right ? 1 : 0, feedback: mistake === undefined ? [] : [mistake.feedback], parts: { number: right } };
}

/** Something is typed, and its unit is chosen where there is a choice. Whether it is a number, marking says. */
export const isNumberComplete = (item: NumberItem, response: NumberResponse): boolean =>
  response.text.trim() !== '' && (item.units.length < 2 || item.units.includes(readingOf(item, response).unit));

/** The unit stands where there is but one; where there are several, `''` is not chosen yet (unless a right value has none). */
export const emptyNumber = (item: NumberItem): NumberResponse => ({
  text: '',
  unit: item.units.length === 1 ? (item.units[0] ?? '') : '',
});
