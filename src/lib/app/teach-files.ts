/** Files that a trainer takes along: the slips with codes, and the figures of a cohort. Pure: text in, text out. */
import { rowsToCsv } from '#lib/domain/csv.ts';
import { textIn } from '#lib/i18n/localized.ts';
import type { CodeSlip, CohortReport } from './teach-client.ts';

export interface SlipHeadings {
  readonly name: string;
  readonly code: string;
  readonly expires: string;
}

/** Name, code and the day it ends, one slip a row. */
export const slipsToCsv = (slips: readonly CodeSlip[], headings: SlipHeadings): string =>
  rowsToCsv([
    [headings.name, headings.code, headings.expires],
    ...slips.map(({ name, code, expires }) => [name, code, expires.slice(0, 10)]),
  ]);

export interface ReportHeadings {
  readonly name: string;
  readonly joined: string;
  readonly lastContact: string;
  readonly minutes: string;
  readonly score: string;
  /** Moment of the report: a figure is only as good as the last time a device was heard from. */
  readonly asOf: string;
  readonly status: Readonly<Record<'new' | 'started' | 'completed', string>>;
  /** Heading of the two columns of a unit. */
  readonly unitStatus: (unit: string) => string;
  readonly unitScore: (unit: string) => string;
}

const percent = (score: number | null): number | string => (score === null ? '' : Math.round(score * 100));

/** A row for each learner, two columns for each unit; scores in per cent, empty where nothing was answered. */
export function reportToCsv(report: CohortReport, headings: ReportHeadings, language: string): string {
  const units = report.courses.flatMap(({ course, title, units }) =>
    units.map((unit) => ({
      course,
      unit: unit.id,
      label: `${textIn(title, language) ?? course} / ${textIn(unit.title, language) ?? unit.id}`,
    })),
  );
  return rowsToCsv([
    [
      headings.name,
      headings.joined,
      headings.lastContact,
      headings.minutes,
      headings.score,
      ...units.flatMap(({ label }) => [headings.unitStatus(label), headings.unitScore(label)]),
      headings.asOf,
    ],
    ...report.people.map((person) => [
      person.name,
      person.joined.slice(0, 10),
      person.lastContact ?? '',
      Math.round(person.seconds / 60),
      percent(person.score),
      ...units.flatMap(({ course, unit }) => {
        const figures = person.units[course]?.[unit];
        return [headings.status[figures?.status ?? 'new'], percent(figures?.score ?? null)];
      }),
      report.at,
    ]),
  ]);
}

/** A file name that every system takes: letters and digits of any script, hyphens between. */
export const fileNameOf = (title: string, day: string, ending: string): string =>
  `${title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'perigee'}-${day.slice(0, 10)}.${ending}`;
