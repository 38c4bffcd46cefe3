import { error } from '@sveltejs/kit';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadCall } from '#lib/app/country-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadCall(fetch, params.call, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { call: loaded.value.view };
};
