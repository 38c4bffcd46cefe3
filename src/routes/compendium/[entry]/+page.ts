import { error } from '@sveltejs/kit';
import { compendiumDependency, loadEntry } from '#lib/app/compendium-source.ts';
import { pageFailures } from '#lib/app/course-facts.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadEntry(fetch, params.entry, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  return { shown: loaded.value.view };
};
