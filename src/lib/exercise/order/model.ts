import { err, ok, type Result } from '../../domain/result.ts';
import { isListOf, isObject, isString } from '../../domain/shape.ts';
import type { ResponseError } from '../response.ts';
import type { Html, ItemBase } from '../item.ts';

export interface OrderItem extends ItemBase {
  readonly kind: 'order';
  /** In the right order; keys are letters, `a` first. */
  readonly entries: readonly { readonly key: string; readonly text: Html }[];
}

/** Keys in the learner's order. */
export interface OrderResponse {
  readonly order: readonly string[];
}

const isKeys = isListOf(isString);

export const parseOrderResponse = (value: unknown): Result<OrderResponse, ResponseError> =>
  isObject(value) && isKeys(value['order']) ? ok({ order: value['order'] }) : err({ type: 'bad-response' });
