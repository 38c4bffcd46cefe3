import { error } from '@sveltejs/kit';
import { browser } from '$app/environment';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadPeople, loadPlan } from '#lib/app/country-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadPlan(fetch, params.plan, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  // The page itself must not wait for a count that only the centre can make.
  return { plan: loaded.value.view, people: browser ? null : await loadPeople(fetch, params.plan) };
};
