/** Every kind of exercise, by name. Responses come as they were stored or typed and are parsed here. */
import type { Result } from '../domain/result.ts';
import { emptyChoice, gradeChoice, isChoiceComplete } from './choice/grade.ts';
import { parseChoiceResponse, type ChoiceResponse } from './choice/model.ts';
import { emptyGap, gradeGap, isGapComplete } from './gap/grade.ts';
import { parseGapResponse, type GapResponse } from './gap/model.ts';
import type { Item, Kind, Marking } from './item.ts';
import { emptyMatch, gradeMatch, isMatchComplete } from './match/grade.ts';
import { parseMatchResponse, type MatchResponse } from './match/model.ts';
import { emptyMultiple, gradeMultiple, isMultipleComplete } from './multiple/grade.ts';
import { parseMultipleResponse, type MultipleResponse } from './multiple/model.ts';
import { emptyNumber, gradeNumber, isNumberComplete } from './number/grade.ts';
import { parseNumberResponse, type NumberResponse } from './number/model.ts';
import { emptyOrder, gradeOrder, isOrderComplete } from './order/grade.ts';
import { parseOrderResponse, type OrderResponse } from './order/model.ts';
import type { ResponseError } from './response.ts';

export type ItemOf<K extends Kind> = Extract<Item, { readonly kind: K }>;

interface ResponseByKind {
  readonly choice: ChoiceResponse;
  readonly multiple: MultipleResponse;
  readonly number: NumberResponse;
  readonly order: OrderResponse;
  readonly match: MatchResponse;
  readonly gap: GapResponse;
}
export type ResponseOf<K extends Kind> = ResponseByKind[K];
export type ItemResponse = ResponseByKind[Kind];

/** Method syntax on purpose: it lets the rules of one kind stand for the rules of any, and each only meets items of its own kind. */
interface Rules<I extends Item, R> {
  parse(value: unknown): Result<R, ResponseError>;
  grade(item: I, response: R): Marking;
  isComplete(item: I, response: R): boolean;
  empty(item: I): R;
}

const rulesByKind: { readonly [K in Kind]: Rules<ItemOf<K>, ResponseOf<K>> } = {
  choice: { parse: parseChoiceResponse, grade: gradeChoice, isComplete: isChoiceComplete, empty: emptyChoice },
  multiple: { parse: parseMultipleResponse, grade: gradeMultiple, isComplete: isMultipleComplete, empty: emptyMultiple },
  number: { parse: parseNumberResponse, grade: gradeNumber, isComplete: isNumberComplete, empty: emptyNumber },
  order: { parse: parseOrderResponse, grade: gradeOrder, isComplete: isOrderComplete, empty: emptyOrder },
  match: { parse: parseMatchResponse, grade: gradeMatch, isComplete: isMatchComplete, empty: emptyMatch },
  gap: { parse: parseGapResponse, grade: gradeGap, isComplete: isGapComplete, empty: emptyGap },
};

const rulesOf = (item: Item): Rules<Item, ItemResponse> => rulesByKind[item.kind];

export const isKind = (value: unknown): value is Kind => typeof value === 'string' && Object.hasOwn(rulesByKind, value);

/** A stored response, in the shape of the item's kind. */
export const parseResponse = (item: Item, response: unknown): Result<ItemResponse, ResponseError> => rulesOf(item).parse(response);

/** What the view starts with. */
export const emptyResponse = (item: Item): ItemResponse => rulesOf(item).empty(item);

/** May the response be marked: was every part of it answered? */
export function isComplete(item: Item, response: unknown): boolean {
  const parsed = parseResponse(item, response);
  return parsed.ok && rulesOf(item).isComplete(item, parsed.value);
}

/** Marks a response: pure, the same on the device and at the centre. A response of another shape is `unreadable`. */
export function gradeItem(item: Item, response: unknown): Marking {
  const parsed = parseResponse(item, response);
  return parsed.ok ? rulesOf(item).grade(item, parsed.value) : { score: 0, feedback: [], parts: {}, unreadable: true };
}
