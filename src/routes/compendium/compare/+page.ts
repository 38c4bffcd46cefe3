import { compendiumDependency, loadComparison } from '#lib/app/compendium-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { comparison: await loadComparison(fetch, url.searchParams.get('entries') ?? '', language) };
};
