import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadNetwork } from '#lib/app/network/network-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { shown: await loadNetwork(fetch, url.searchParams, language) };
};
