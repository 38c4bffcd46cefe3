/**
 * What every kind of exercise shares. A kind is a folder with the same file names in each:
 *
 *   model.ts    the item and the response, as data, with a parser for responses that cross a boundary
 *   parse.ts    the block of a course's source, to the item or to diagnostics
 *   grade.ts    (item, response) to a marking: pure, runs without a network
 *   View.svelte the item on a page: props in, the response out
 *
 * Adding a kind is adding a folder, its lines in `kinds.ts` and `parse-kinds.ts`.
 */
import type { ItemId } from '../domain/ids.ts';
import type { ChoiceItem } from './choice/model.ts';
import type { GapItem } from './gap/model.ts';
import type { MatchItem } from './match/model.ts';
import type { MultipleItem } from './multiple/model.ts';
import type { NumberItem } from './number/model.ts';
import type { OrderItem } from './order/model.ts';

/** HTML made by the course compiler from Markdown; never from anything else. */
export type Html = string;

export interface ItemBase {
  readonly id: ItemId;
  /** Version of the item's meaning. */
  readonly v: number;
  readonly points: number;
  readonly prompt: Html;
  readonly hint?: Html;
  /** Shown after marking. */
  readonly because?: Html;
}

export interface Marking {
  /** 0 to 1. */
  readonly score: number;
  /** Feedback that belongs to this response, in the order of the answers. */
  readonly feedback: readonly Html[];
  /** For each part of the response (option, row, gap, place), by its key: was it right? */
  readonly parts: Readonly<Record<string, boolean>>;
  /** What was typed is not a number (or the response is damaged): nothing was marked. Say so, and keep no attempt. */
  readonly unreadable?: true;
}

export type Item = ChoiceItem | MultipleItem | NumberItem | OrderItem | MatchItem | GapItem;
export type Kind = Item['kind'];
