import { browser } from '$app/environment';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadOpportunities, loadPairs } from '#lib/app/network/network-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const shown = await loadOpportunities(fetch, new URLSearchParams({ type: 'opportunity-mentoring' }), language);
  // The page itself must not wait for a count that only the centre can make.
  return { shown, pairs: browser ? null : await loadPairs(fetch) };
};
