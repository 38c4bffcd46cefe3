import { error, redirect } from '@sveltejs/kit';
import { compendiumDependency, loadEntry } from '#lib/app/compendium-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, parent, depends, url }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadEntry(fetch, params.entry, language);
  if (!loaded.ok) error(pageFailures[loaded.error].status, pageFailures[loaded.error]);
  const { view } = loaded.value;
  // A plan, a call, a country: an id is a link that holds, whatever it names.
  if ('elsewhere' in view) redirect(307, `${view.elsewhere}${url.search}`);
  return { shown: view };
};
