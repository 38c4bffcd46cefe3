import { languageDependency, languageOfPage, loadCatalogue } from '#lib/app/language.ts';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ url, route, fetch, depends }) => {
  depends(languageDependency);
  const language = await languageOfPage(url, fetch);
  return { language, catalogue: await loadCatalogue(language, route.id) };
};
