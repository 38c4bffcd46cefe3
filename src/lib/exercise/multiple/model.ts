import { err, ok, type Result } from '../../domain/result.ts';
import { isListOf, isObject, isString } from '../../domain/shape.ts';
import type { ResponseError } from '../response.ts';
import type { Option } from '../choice/model.ts';
import type { ItemBase } from '../item.ts';

export interface MultipleItem extends ItemBase {
  readonly kind: 'multiple';
  readonly options: readonly Option[];
  readonly right: readonly string[];
  readonly keepOrder?: true;
}

/** Keys of the ticked options, sorted, none twice. */
export interface MultipleResponse {
  readonly choices: readonly string[];
}

const isKeys = isListOf(isString);

export const parseMultipleResponse = (value: unknown): Result<MultipleResponse, ResponseError> =>
  isObject(value) && isKeys(value['choices']) ? ok({ choices: [...new Set(value['choices'])].sort() }) : err({ type: 'bad-response' });
