import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, isRecordOf, isString } from '../../domain/shape.ts';
import type { ResponseError } from '../response.ts';
import type { Html, ItemBase } from '../item.ts';

export interface MatchItem extends ItemBase {
  readonly kind: 'match';
  readonly headings: readonly [Html, Html];
  /** Keys are numbers from 1, `1` first. */
  readonly left: readonly { readonly key: string; readonly text: Html }[];
  /** Keys are letters, `a` first; distractors come last. */
  readonly right: readonly { readonly key: string; readonly text: Html }[];
  /** Left key to right key. */
  readonly pairs: Readonly<Record<string, string>>;
}

/** Left key to the chosen right key; a left key that is absent was left open. */
export interface MatchResponse {
  readonly pairs: Readonly<Record<string, string>>;
}

const isPairs = isRecordOf(isString);

export const parseMatchResponse = (value: unknown): Result<MatchResponse, ResponseError> =>
  isObject(value) && isPairs(value['pairs']) ? ok({ pairs: value['pairs'] }) : err({ type: 'bad-response' });
