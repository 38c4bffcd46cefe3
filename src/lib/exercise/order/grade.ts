import type { Marking } from '../item.ts';
import type { OrderItem, OrderResponse } from './model.ts';

/** Score: the share of neighbouring pairs that stand together as in the right order. A part is right when it stands at its own place. */
export function gradeOrder(item: OrderItem, { order }: OrderResponse): Marking {
  const keys = item.entries.map(({ key }) => key);
  const placeByKey = new Map(order.map((key, place) => [key, place]));
  const follows = keys.slice(1).filter((key, i) => {
    const before = placeByKey.get(keys[i] ?? '');
    return before !== undefined && placeByKey.get(key) === before + 1;
  });
  return {
    score: keys.length < 2 ? 1 : follows.length / (keys.length - 1),
    feedback: [],
    parts: Object.fromEntries(keys.map((key, place) => [key, order[place] === key])),
  };
}

export const isOrderComplete = (item: OrderItem, { order }: OrderResponse): boolean =>
  order.length === item.entries.length && item.entries.every(({ key }) => order.includes(key));

/** Nothing ordered yet: the view starts from a shuffle of its own, and answers with what the learner made of it. */
export const emptyOrder = (): OrderResponse => ({ order: [] });
