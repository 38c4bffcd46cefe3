import { error } from '@sveltejs/kit';
import { compendiumDependency } from '#lib/app/compendium-source.ts';
import { loadPlan, loadWriting } from '#lib/app/country-source.ts';
import { pageFailures } from '#lib/app/page-failures.ts';
import { writtenKindOf } from '#lib/app/desk/kinds.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends(compendiumDependency);
  const written = writtenKindOf(params.kind);
  if (written === null) error(pageFailures.missing.status, pageFailures.missing);
  const { kind, pens } = written;
  const { language } = await parent();
  const entry = url.searchParams.get('entry');
  const loaded = await loadWriting(fetch, [kind], entry, language);
  const view = loaded.ok ? loaded.value.view : null;
  const plan = kind === 'plan' && view?.entry?.kind === 'plan' ? await loadPlan(fetch, view.entry.id, language) : null;
  return { kind, pens, entry, view, plan: plan?.ok === true ? plan.value.view : null };
};
