import { browser } from '$app/environment';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadCoordination, loadPeopleReach } from '#lib/app/network/network-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  // The page asks again once it stands: without a network the courses are shown all the same.
  return { shown: await loadCoordination(fetch, language), people: browser ? null : await loadPeopleReach(fetch, language) };
};
