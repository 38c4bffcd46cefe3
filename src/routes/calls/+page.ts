import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadCalls } from '#lib/app/country-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { calls: await loadCalls(fetch, language) };
};
