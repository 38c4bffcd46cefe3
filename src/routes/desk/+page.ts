import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadChoices } from '#lib/app/country-source.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const loaded = await loadChoices(fetch, language);
  return { choices: loaded.ok ? loaded.value.view : null };
};
