import { catalogueDependency, loadCatalogue } from '#lib/app/course-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, depends }) => {
  depends(catalogueDependency);
  return { courses: await loadCatalogue(fetch) };
};
