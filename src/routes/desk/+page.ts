import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadCountryNames } from '#lib/app/country-names.ts';
import type { PageLoad } from './$types';

/** The countries by their names: of those for which somebody speaks only the ids are known. */
export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  return { countries: await loadCountryNames(language, fetch) };
};
