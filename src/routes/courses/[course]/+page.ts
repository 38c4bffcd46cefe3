import { error } from '@sveltejs/kit';
import { pageFailures } from '#lib/app/page-failures.ts';
import { loadCourse } from '#lib/app/course-source.ts';
import { isCourseId } from '#lib/domain/ids.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch }) => {
  const { course } = params;
  if (!isCourseId(course)) error(404, pageFailures.missing);
  const loaded = await loadCourse(fetch, course);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { structure: loaded.value.structure };
};
