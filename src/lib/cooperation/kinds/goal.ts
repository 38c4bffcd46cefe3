/** One of the 17 Sustainable Development Goals, by a short label of our own. */
import type { EntryId, Source, Text } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { inAllLanguages, readSources } from './written.ts';

export interface Goal {
  readonly kind: 'goal';
  readonly id: EntryId;
  readonly number: number;
  readonly title: Text;
  readonly sources: readonly Source[];
}

const pattern = /^goal-([1-9]|1[0-7])$/;

export function readGoal(id: EntryId, reader: Reader): Goal {
  const number = Number(pattern.exec(id)?.[1] ?? 0);
  if (number === 0) reader.fault('bad-field', 'id', { name: 'id', expected: 'goal-1 to goal-17' });
  return { kind: 'goal', id, number, title: inAllLanguages(reader, 'title'), sources: readSources(reader) };
}
