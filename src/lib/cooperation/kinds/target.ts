/** One of the 169 targets of the 2030 Agenda, by a short label of our own. Its goal and number stand in its id: `target-6-a` is 6.a. */
import type { EntryId, Text } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { inAllLanguages } from './written.ts';

export interface Target {
  readonly kind: 'target';
  readonly id: EntryId;
  readonly goal: EntryId;
  /** As the Agenda numbers it: `6.4`, `6.a`. */
  readonly number: string;
  readonly title: Text;
}

const pattern = /^target-([1-9]|1[0-7])-([1-9]\d?|[a-d])$/;

export function readTarget(id: EntryId, reader: Reader): Target {
  const [, goal = '0', part = '0'] = pattern.exec(id) ?? [];
  if (goal === '0') reader.fault('bad-field', 'id', { name: 'id', expected: 'target-1-1 to target-17-19' });
  return { kind: 'target', id, goal: `goal-${goal}` as EntryId, number: `${goal}.${part}`, title: inAllLanguages(reader, 'title') };
}

/** The order of the Agenda: goals by number, in each the numbered targets before the lettered ones. */
export function compareNumbers(a: string, b: string): number {
  const key = (number: string): readonly [number, number] => {
    const [goal = '0', part = '0'] = number.split('.');
    return [Number(goal), /\d/.test(part) ? Number(part) : 100 + part.charCodeAt(0)];
  };
  const [one, other] = [key(a), key(b)];
  return one[0] - other[0] || one[1] - other[1];
}
