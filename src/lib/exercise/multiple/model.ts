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
