import { error } from '@sveltejs/kit';
import { pageFailures } from '#lib/app/page-failures.ts';
import { loadUnit } from '#lib/app/course-source.ts';
import { isCourseId, isUnitId } from '#lib/domain/ids.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, parent }) => {
  const { course, unit } = params;
  if (!isCourseId(course) || !isUnitId(unit)) error(404, pageFailures.missing);
  const { language } = await parent();
  const loaded = await loadUnit(fetch, course, unit, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { lesson: loaded.value };
};
