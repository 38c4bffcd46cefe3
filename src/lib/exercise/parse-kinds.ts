/** The parsers of all kinds, for the course compiler; what reaches a learner is in `kinds.ts`. */
import type { ParseItem } from './block.ts';
import { parseChoice } from './choice/parse.ts';
import { parseGap } from './gap/parse.ts';
import type { Item, Kind } from './item.ts';
import { parseMatch } from './match/parse.ts';
import { parseMultiple } from './multiple/parse.ts';
import { parseNumber } from './number/parse.ts';
import { parseOrder } from './order/parse.ts';

export const parserByKind: Readonly<Record<Kind, ParseItem<Item>>> = {
  choice: parseChoice,
  multiple: parseMultiple,
  number: parseNumber,
  order: parseOrder,
  match: parseMatch,
  gap: parseGap,
};
