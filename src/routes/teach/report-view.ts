/** How a report is laid out: which columns, in which order the learners. */
import type { LocalizedText } from '#lib/i18n/localized.ts';
import type { CohortReport, LearnerFigures } from '#lib/app/teach-client.ts';

export const sorts = ['name', 'contact', 'score'] as const;
export type Sort = (typeof sorts)[number];

/** By name as the language sorts; longest unheard first; lowest score first: who needs a word comes on top. */
export function sortedBy(people: readonly LearnerFigures[], sort: Sort, language: string): readonly LearnerFigures[] {
  const names = new Intl.Collator(language, { numeric: true });
  const byName = (a: LearnerFigures, b: LearnerFigures): number => names.compare(a.name, b.name);
  const order = {
    name: byName,
    contact: (a: LearnerFigures, b: LearnerFigures) => (a.lastContact ?? '').localeCompare(b.lastContact ?? '', 'en') || byName(a, b),
    score: (a: LearnerFigures, b: LearnerFigures) => (a.score ?? -1) - (b.score ?? -1) || byName(a, b),
  } as const;
  return [...people].sort(order[sort]);
}

export interface UnitColumn {
  readonly course: string;
  readonly unit: string;
  readonly title: LocalizedText;
  /** The unit's place in its course, from 1. */
  readonly number: number;
  /** Learners who completed it. */
  readonly completed: number;
}

export const columnsOf = (report: CohortReport): readonly UnitColumn[] =>
  report.courses.flatMap(({ course, units }) =>
    units.map(({ id, title }, index) => ({
      course,
      unit: id,
      title,
      number: index + 1,
      completed: report.people.filter((person) => person.units[course]?.[id]?.status === 'completed').length,
    })),
  );
