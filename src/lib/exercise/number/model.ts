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
