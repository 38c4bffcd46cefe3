import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadHelp } from '#lib/app/network/network-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { shown: await loadHelp(fetch, language) };
};
