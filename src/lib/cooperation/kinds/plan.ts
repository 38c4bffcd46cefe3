/** What a country means to reach in some years, usually five, and what is done for it. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Day } from '../day.ts';
import { isSlug } from '../../domain/ids.ts';
import type { Reader } from '../reader.ts';
import { costs } from './solution.ts';
import { readWritten } from './written.ts';

/** What a country can do, and what it can ask for. */
export const activityTypes = ['course', 'cohort', 'workshop', 'mission', 'equipment'] as const;
export type ActivityType = (typeof activityTypes)[number];
export const activityStates = ['planned', 'running', 'done', 'dropped'] as const;
export type Budget = (typeof costs)[number];

export interface Objective {
  /** Unique in its plan. */
  readonly id: string;
  readonly title: Text;
  readonly indicator: EntryId;
  /** The value from which it set out. */
  readonly start: number;
  readonly aim: number;
  readonly solutions: readonly EntryId[];
}

export interface Activity {
  readonly id: string;
  readonly title: Text;
  /** Id of an objective of the same plan. */
  readonly objective: string;
  readonly type: ActivityType;
  readonly from: number;
  readonly until: number;
  readonly responsible: Text;
  readonly budget: Budget;
  readonly state: (typeof activityStates)[number];
  readonly courses: readonly EntryId[];
}

export interface YearlyReview {
  readonly year: number;
  readonly day: Day;
  readonly text: Text;
}

export interface Plan extends Written {
  readonly kind: 'plan';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly country: EntryId;
  readonly from: number;
  /** The last year; included. */
  readonly until: number;
  readonly responsible: Text;
  readonly objectives: readonly Objective[];
  readonly activities: readonly Activity[];
  readonly reviews: readonly YearlyReview[];
}

function partId(part: Reader): string {
  const id = part.text('id');
  if (!isSlug(id)) part.fault('bad-id', 'id', { id });
  return id;
}

export function readPlan(id: EntryId, reader: Reader): Plan {
  const country = reader.link('country', ['country']) ?? ('' as EntryId);
  if (country === '') reader.fault('missing-field', 'country', { name: 'country' });
  const [from, until] = [reader.year('from'), reader.year('until')];
  if (until < from || until > from + 9) reader.fault('years-reversed', 'until', { from, until });
  const objectives = reader.parts('objectives', 1, (part): Objective => {
    const indicator = part.link('indicator', ['indicator']) ?? ('' as EntryId);
    if (indicator === '') part.fault('missing-field', 'indicator', { name: 'indicator' });
    return {
      id: partId(part),
      title: part.localized('title'),
      indicator,
      start: part.number('start'),
      aim: part.number('aim'),
      solutions: part.links('solutions', ['solution']),
    };
  });
  const activities = reader.parts('activities', 0, (part): Activity => {
    const own = { from: part.year('from'), until: part.year('until'), objective: part.text('objective') };
    if (own.from < from || own.until < own.from || own.until > until)
      part.fault('years-reversed', 'until', { from: own.from, until: own.until });
    if (!objectives.some((objective) => objective.id === own.objective))
      part.fault('no-such-objective', 'objective', { id: own.objective });
    return {
      id: partId(part),
      title: part.localized('title'),
      ...own,
      type: part.oneOf('type', activityTypes),
      responsible: part.localized('responsible'),
      budget: part.oneOf('budget', costs),
      state: part.oneOf('state', activityStates),
      courses: part.links('courses', ['listing']),
    };
  });
  const reviews = reader.parts('reviews', 0, (part): YearlyReview => ({
    year: part.year('year'),
    day: part.day('day'),
    text: part.localized('text'),
  }));
  for (const [key, parts] of [
    ['objectives', objectives],
    ['activities', activities],
  ] as const) {
    const ids = parts.map((part) => part.id);
    for (const twice of new Set(ids.filter((one, i) => ids.indexOf(one) !== i))) reader.fault('part-twice', key, { id: twice });
  }
  return {
    kind: 'plan',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    country,
    from,
    until,
    responsible: reader.localized('responsible'),
    objectives,
    activities,
    reviews,
    ...readWritten(reader, 0),
  };
}
