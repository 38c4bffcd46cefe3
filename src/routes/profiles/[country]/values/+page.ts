import { error } from '@sveltejs/kit';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadProfile } from '#lib/app/country-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadProfile(fetch, params.country, [], language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { profile: loaded.value.view };
};
