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
