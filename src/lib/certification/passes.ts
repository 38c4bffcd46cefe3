/**
 * A course as evidence: how far a person came in it, by what their devices counted and their trainers marked.
 *
 * The moment is that of the course's completion, or else the latest first answer. Neither moves when somebody answers the same items again, so nobody renews
 * a standing by repeating; and where a score rose later than that moment, the moment is too early rather than too late, which never counts as trained who had begun before.
 */
import type { Instant } from '../domain/clock.ts';
import type { CourseId, PersonId } from '../domain/ids.ts';
import { courseProgress, joinRecords, type ProgressShape } from '../domain/progress.ts';
import type { FeedbackRecord, RegisterRecord } from '../domain/records.ts';
import type { Evidence } from './standing.ts';

/**
 * @param records of this person and this course, of all their devices
 * @returns null where nothing was answered
 */
export function passIn(
  person: PersonId,
  course: CourseId,
  shape: ProgressShape,
  records: readonly (RegisterRecord | FeedbackRecord)[],
): (Evidence & { readonly type: 'pass' }) | null {
  const joined = joinRecords(records);
  const { score } = courseProgress(shape, joined);
  if (score === 0) return null;
  let answered: Instant | undefined;
  for (const record of records)
    if (record.kind === 'register')
      for (const { first } of Object.values(record.items)) if (answered === undefined || first > answered) answered = first;
  const at = joined.completed ?? answered;
  return at === undefined ? null : { type: 'pass', id: `${person}:pass:${course}`, at, person, course, score };
}
