/** The courses that a page has open, with what was done in them: no part of what the page shows, so no reactive map. */
import type { CourseStructure } from '#lib/course/package.ts';
import type { CourseId } from '#lib/domain/ids.ts';
import type { CourseWork } from './work.ts';

/** A course whose work is on the page. */
export interface OpenCourse {
  readonly structure: CourseStructure;
  work: CourseWork;
}

export const openCourses = (): Map<CourseId, OpenCourse> => new Map();
