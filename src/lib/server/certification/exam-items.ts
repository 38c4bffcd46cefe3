/** What an exam of a course that this node has asks: for marking again what a device marked. */
import type { CourseId, UnitId } from '../../domain/ids.ts';
import type { CourseStructure, LessonItems } from '../../course/package.ts';
import { parseItems } from '../../course/unit-page.ts';
import type { Pieces } from '../content/pieces.ts';

/** Null where the node does not have the course, the exam, or its text in this language. */
export async function examItems(
  from: { readonly structureOf: (course: CourseId) => Promise<CourseStructure | null>; readonly pieces: Pick<Pieces, 'read'> },
  course: CourseId,
  unit: UnitId,
  language: string,
): Promise<LessonItems | null> {
  const exam = (await from.structureOf(course))?.exams?.find(({ id }) => id === unit);
  const pieces = exam?.pieces[language];
  const bytes = pieces === undefined ? null : await from.pieces.read(pieces.items);
  return bytes === null ? null : parseItems(JSON.parse(new TextDecoder().decode(bytes)));
}
