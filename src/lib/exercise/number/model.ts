import { err, ok, type Result } from '../../domain/result.ts';
import { isObject, isString } from '../../domain/shape.ts';
import type { ResponseError } from '../response.ts';
import type { Html, ItemBase } from '../item.ts';

export interface NumberAnswer {
  readonly value: number;
  /** Absolute, in the same unit. */
  readonly tolerance: number;
  /** `''` for a number without a unit. */
  readonly unit: string;
}

export interface NumberItem extends ItemBase {
  readonly kind: 'number';
  readonly answers: readonly NumberAnswer[];
  readonly wrong: readonly (NumberAnswer & { readonly feedback: Html })[];
  /** Every unit that an answer or a known mistake uses, in the order of first use: what the learner chooses from. */
  readonly units: readonly string[];
}

/** What the learner typed, as typed (digits of their own script, comma or point), and the unit they chose. */
export interface NumberResponse {
  readonly text: string;
  readonly unit: string;
}

export const parseNumberResponse = (value: unknown): Result<NumberResponse, ResponseError> =>
  isObject(value) && isString(value['text']) && isString(value['unit'])
    ? ok({ text: value['text'], unit: value['unit'] })
    : err({ type: 'bad-response' });
