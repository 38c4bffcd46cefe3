import { compendiumDependency, loadEntry } from '#lib/app/compendium-source.ts';
import type { PageLoad } from './$types';

/** What somebody wants to apply for, where the address names it; one's own applications are read on the device alone. */
export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends(compendiumDependency);
  const { language } = await parent();
  const to = url.searchParams.get('to');
  return { wanted: to === null ? null : await loadEntry(fetch, to, language) };
};
