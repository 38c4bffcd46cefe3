import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadCountries } from '#lib/app/country-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { countries: await loadCountries(fetch, url.searchParams, language) };
};
