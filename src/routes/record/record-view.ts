/** How the entries of a record are laid out. */
import type { RecordEntry } from '#lib/app/contract.ts';
import type { CourseStructure } from '#lib/course/package.ts';
import type { Instant } from '#lib/domain/clock.ts';
import { textIn } from '#lib/i18n/localized.ts';
import type { ItemId, UnitId } from '#lib/domain/ids.ts';

export interface Day {
  readonly day: string;
  readonly entries: readonly RecordEntry[];
}

/** Entries, newest first, cut into the days on which they happened where the reader is; `dayOf` writes a day. */
export function byDay(entries: readonly RecordEntry[], dayOf: (at: Instant) => string): readonly Day[] {
  const days = new Map<string, RecordEntry[]>();
  for (const entry of entries) {
    const day = dayOf(entry.at);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, list]) => ({ day, entries: list }));
}

const unitsOf = (structure: CourseStructure | null) => structure?.modules.flatMap(({ units }) => units) ?? [];

/** The unit's title in a language, else in another; null where the course is not here to say. */
export function unitTitle(structure: CourseStructure | null, unit: UnitId, language: string): string | null {
  const title = unitsOf(structure).find(({ id }) => id === unit)?.title;
  return title === undefined ? null : (textIn(title, language) ?? null);
}

/** What a learner sees as "exercise 3": the item's place in its unit, from 1; null where it is no longer in the course. */
export function itemNumber(structure: CourseStructure | null, unit: UnitId | null, item: ItemId): number | null {
  const index =
    unitsOf(structure)
      .find(({ id }) => id === unit)
      ?.items.findIndex(({ id }) => id === item) ?? -1;
  return index === -1 ? null : index + 1;
}
