import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, isRecordOf, isString } from '../../domain/shape.ts';
import type { ResponseError } from '../response.ts';
import type { Html, ItemBase } from '../item.ts';

export type Gap =
  | { readonly key: string; readonly type: 'typed'; readonly answers: readonly string[] }
  | { readonly key: string; readonly type: 'chosen'; readonly choices: readonly string[]; readonly right: string };

export interface GapItem extends ItemBase {
  readonly kind: 'gap';
  /** The text cut at its gaps: `pieces[0] gaps[0] pieces[1] gaps[1] … pieces[n]`; inline HTML. */
  readonly pieces: readonly Html[];
  /** Keys are numbers from 1. */
  readonly gaps: readonly Gap[];
}

/** Gap key to what stands in it. */
export interface GapResponse {
  readonly gaps: Readonly<Record<string, string>>;
}

const isTexts = isRecordOf(isString);

export const parseGapResponse = (value: unknown): Result<GapResponse, ResponseError> =>
  isObject(value) && isTexts(value['gaps']) ? ok({ gaps: value['gaps'] }) : err({ type: 'bad-response' });
