import { error } from '@sveltejs/kit';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import { loadHelpEntry } from '#lib/app/network/network-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadHelpEntry(fetch, params.entry, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { shown: loaded.value.view };
};
