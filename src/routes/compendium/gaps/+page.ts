import { compendiumDependency, loadGaps } from '#lib/app/compendium-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { report: await loadGaps(fetch, language) };
};
