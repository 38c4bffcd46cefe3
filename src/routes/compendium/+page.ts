import { compendiumDependency, loadList } from '#lib/app/compendium-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { list: await loadList(fetch, url.searchParams, language) };
};
