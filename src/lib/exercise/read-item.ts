/** Items that come from outside, with the pieces of a package: hand-written and small, since it reaches learners' devices. */
import { isItemId } from '../domain/ids.ts';
import { isCount, isFiniteNumber, isListOf, isObject, isRecordOf, isString, type JsonObject } from '../domain/shape.ts';
import type { Html, Item, Kind } from './item.ts';

const isTexts = isListOf(isString);
const isOptional = (value: unknown): boolean => value === undefined || isString(value);
const isList = (value: unknown, is: (entry: JsonObject) => boolean): boolean =>
  Array.isArray(value) && value.every((entry: unknown) => isObject(entry) && is(entry));

const isEntry = (entry: JsonObject): boolean => isString(entry['key']) && isString(entry['text']);
const isOption = (option: JsonObject): boolean => isEntry(option) && isOptional(option['feedback']);
const isNumberAnswer = ({ value, tolerance, unit }: JsonObject): boolean =>
  isFiniteNumber(value) && isFiniteNumber(tolerance) && tolerance >= 0 && isString(unit);
const isGap = (gap: JsonObject): boolean =>
  isString(gap['key']) &&
  (gap['type'] === 'typed' ? isTexts(gap['answers']) : gap['type'] === 'chosen' && isTexts(gap['choices']) && isString(gap['right']));

const fits: Readonly<Record<Kind, (item: JsonObject) => boolean>> = {
  choice: ({ options, right }) => isList(options, isOption) && isString(right),
  multiple: ({ options, right }) => isList(options, isOption) && isTexts(right),
  number: ({ answers, wrong, units }) =>
    isList(answers, isNumberAnswer) && isList(wrong, (one) => isNumberAnswer(one) && isString(one['feedback'])) && isTexts(units),
  order: ({ entries }) => isList(entries, isEntry),
  match: ({ headings, left, right, pairs }) =>
    isTexts(headings) && headings.length === 2 && isList(left, isEntry) && isList(right, isEntry) && isRecordOf(isString)(pairs),
  gap: ({ pieces, gaps }) => isTexts(pieces) && Array.isArray(gaps) && pieces.length === gaps.length + 1 && isList(gaps, isGap),
};

const isKind = (value: unknown): value is Kind => isString(value) && Object.hasOwn(fits, value);

/** Is this an item as a kind's `model.ts` says? */
export const isItem = (value: unknown): value is Item =>
  isObject(value) &&
  isItemId(value['id']) &&
  isCount(value['v']) &&
  isFiniteNumber(value['points']) &&
  value['points'] > 0 &&
  isString(value['prompt']) &&
  isOptional(value['hint']) &&
  isOptional(value['because']) &&
  isKind(value['kind']) &&
  fits[value['kind']](value);

/** Every stretch of HTML in an item. Answers to be typed, choices of gaps, units and keys are plain text and are shown as such. */
export function htmlOf(item: Item): readonly Html[] {
  const own = [item.prompt, item.hint ?? '', item.because ?? ''];
  switch (item.kind) {
    case 'choice':
    case 'multiple':
      return [...own, ...item.options.flatMap(({ text, feedback }) => [text, feedback ?? ''])];
    case 'number':
      return [...own, ...item.wrong.map(({ feedback }) => feedback)];
    case 'order':
      return [...own, ...item.entries.map(({ text }) => text)];
    case 'match':
      return [...own, ...item.headings, ...[...item.left, ...item.right].map(({ text }) => text)];
    case 'gap':
      return [...own, ...item.pieces];
  }
}
