import { catalogueDependency, loadCatalogue } from '#lib/app/course-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, depends }) => {
  depends(catalogueDependency);
  return { courses: await loadCatalogue(fetch), query: url.searchParams.get('q') ?? '' };
};
