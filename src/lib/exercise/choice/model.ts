import { isObject, isString } from '../../domain/shape.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { ResponseError } from '../response.ts';
import type { Html, ItemBase } from '../item.ts';

export interface Option {
  /** Position in the source as a letter, `a` first: what a response names. */
  readonly key: string;
  readonly text: Html;
  readonly feedback?: Html;
}

export interface ChoiceItem extends ItemBase {
  readonly kind: 'choice';
  readonly options: readonly Option[];
  readonly right: string;
  /** The author's order means something and is kept. */
  readonly keepOrder?: true;
}

/** Key of the chosen option. */
export interface ChoiceResponse {
  readonly choice: string;
}

export const parseChoiceResponse = (value: unknown): Result<ChoiceResponse, ResponseError> =>
  isObject(value) && isString(value['choice']) ? ok({ choice: value['choice'] }) : err({ type: 'bad-response' });
