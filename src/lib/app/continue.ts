/** Where the current person stopped last: the newest place among the installed courses, or else the newest work of all. */
import type { CourseStructure } from '#lib/course/package.ts';
import type { CourseId, UnitId } from '#lib/domain/ids.ts';
import { availableLanguage, textIn } from '#lib/i18n/localized.ts';
import { loadCourse } from './course-source.ts';
import { device } from './device.svelte.ts';

export interface Continuation {
  readonly course: CourseId;
  readonly unit: UnitId;
  readonly languages: readonly string[];
  readonly courseTitle: CourseStructure['title'];
  readonly unitTitle: CourseStructure['title'];
  /** Points earned over points possible in the course, 0 to 1. */
  readonly score: number;
}

/** Null where nobody is learning on this device, or nothing was begun. Reads the store; asks the node for a course that is not installed. */
export async function findContinuation(): Promise<Continuation | null> {
  await Promise.all([device.people.load(), device.library.load()]);
  if (device.people.current === null) return null;
  return (await newestOf(device.library.installed.map(({ course }) => course))) ?? newestOf((await lastWork()).slice(0, 1));
}

/** Somebody who reads at the centre's own network may have installed nothing. Newest first. */
const lastWork = async (): Promise<readonly CourseId[]> => (await device.learning.record()).map(({ course }) => course);

async function newestOf(courses: readonly CourseId[]): Promise<Continuation | null> {
  let newest: { readonly at: string; readonly found: Continuation } | null = null;
  for (const course of courses) {
    const loaded = await loadCourse(fetch, course);
    if (!loaded.ok) continue;
    const { structure } = loaded.value;
    const { place, score } = await device.learning.open(structure);
    const unit = structure.modules.flatMap(({ units }) => units).find(({ id }) => id === place?.unit);
    if (place === null || unit === undefined || (newest !== null && newest.at >= place.at)) continue;
    const found = { course, unit: unit.id, languages: structure.languages, courseTitle: structure.title, unitTitle: unit.title, score };
    newest = { at: place.at, found };
  }
  return newest?.found ?? null;
}

/** The titles of a continuation, as the reader sees them. */
export function continuationTitles({ languages, courseTitle, unitTitle }: Continuation, wanted: string) {
  const language = availableLanguage(languages, wanted);
  return { language, course: textIn(courseTitle, language) ?? '', unit: textIn(unitTitle, language) ?? '' };
}
