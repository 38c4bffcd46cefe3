/** The figures of one month, for a page that is printed and filed: pure, from what the node reported. */
import type { CohortReport, ListedPerson } from '#lib/app/teach-client.ts';
import type { Instant } from '#lib/domain/clock.ts';
import type { LocalizedText } from '#lib/i18n/localized.ts';

/** A month in Universal Time, `2026-11`, so that two machines print the same figures. */
export type Month = string;

export const monthOf = (time: number): Month => new Date(time).toISOString().slice(0, 7);

/** The month and those before it, the newest first. */
export function monthsBefore(month: Month, count: number): readonly Month[] {
  const [year = 1970, number = 1] = month.split('-').map(Number);
  return Array.from({ length: count }, (_, back) => monthOf(Date.UTC(year, number - 1 - back, 1)));
}

/** Figures are written with the digits 0 to 9 in every language. */
export const monthName = (month: Month, language: string): string =>
  new Intl.DateTimeFormat(language === 'ar' ? 'ar-u-nu-latn' : language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    Date.parse(`${month}-01T00:00:00Z`),
  );

export interface CourseLine {
  readonly cohort: string;
  readonly course: string;
  readonly title: LocalizedText;
  readonly people: number;
  /** Who opened at least one unit. */
  readonly began: number;
  /** Who completed every unit. */
  readonly completed: number;
}

export interface MonthFigures {
  /** Who had joined by the end of the month. */
  readonly people: number;
  readonly joined: number;
  /** Whose devices were heard from last in this month or after it. */
  readonly heard: number;
  readonly lines: readonly CourseLine[];
  /** Devices of the cohorts: a figure is only as good as what was heard. */
  readonly expected: number;
  readonly devicesHeard: number;
  readonly oldest: Instant | null;
}

export function monthFigures(month: Month, people: readonly ListedPerson[], reports: readonly CohortReport[]): MonthFigures {
  const here = people.filter(({ since }) => since.slice(0, 7) <= month);
  const oldest = reports.flatMap(({ completeness }) => completeness.oldest ?? []).sort()[0] ?? null;
  return {
    people: here.length,
    joined: here.filter(({ since }) => since.slice(0, 7) === month).length,
    heard: here.filter(({ lastContact }) => lastContact !== null && lastContact.slice(0, 7) >= month).length,
    lines: reports.flatMap(({ cohort, courses, people: members }) =>
      courses.map(({ course, title, units }) => {
        const states = members.map((member) => units.map(({ id }) => member.units[course]?.[id]?.status ?? 'new'));
        return {
          cohort: cohort.title,
          course,
          title,
          people: members.length,
          began: states.filter((one) => one.some((status) => status !== 'new')).length,
          completed: states.filter((one) => one.length > 0 && one.every((status) => status === 'completed')).length,
        };
      }),
    ),
    expected: reports.reduce((sum, { completeness }) => sum + completeness.expected, 0),
    devicesHeard: reports.reduce((sum, { completeness }) => sum + completeness.heard, 0),
    oldest,
  };
}
