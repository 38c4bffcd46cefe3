/** Where the pages of countries have their views from: as the compendium's, and out of the same commons. */
import type { WrittenKind } from '#lib/cooperation/fields.ts';
import type { WritingView } from '#lib/cooperation/writing.ts';
import type { CallsView, CallView, OfferView } from '#lib/cooperation/call-views.ts';
import type { CountriesView, PlanView, ProfileView } from '#lib/cooperation/country-views.ts';
import type { Instant } from '#lib/domain/clock.ts';
import { isObject } from '#lib/domain/shape.ts';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import { viewedBy, type Described, type Viewed } from './compendium-source.ts';
import { now } from './store.ts';

type Fetch = typeof globalThis.fetch;

const today = async () => (await import('#lib/cooperation/day.ts')).dayOf(now());
const views = () => import('#lib/cooperation/country-views.ts');
const callViews = () => import('#lib/cooperation/call-views.ts');

/** @param search `q`: words; `weak`: an indicator */
export function loadCountries(fetch: Fetch, search: URLSearchParams, language: InterfaceLanguage): Promise<Viewed<CountriesView>> {
  const [words, weak] = [search.get('q')?.slice(0, 200) ?? '', search.get('weak') ?? ''];
  const asked = new URLSearchParams({ q: words, weak, lang: language });
  return viewedBy(fetch, `/content/compendium/profiles?${asked.toString()}`, language, async (commons) =>
    (await views()).countriesView(commons, words, weak, language),
  );
}

/** @param beside ids of countries to be laid beside it */
export function loadProfile(
  fetch: Fetch,
  id: string,
  beside: readonly string[],
  language: InterfaceLanguage,
): Promise<Viewed<Described<ProfileView>>> {
  const asked = new URLSearchParams([...beside.map((one) => ['beside', one]), ['lang', language]]);
  return viewedBy(fetch, `/content/compendium/profiles/${encodeURIComponent(id)}?${asked.toString()}`, language, async (commons) =>
    (await views()).profileView(commons, id, beside, language, await today()),
  );
}

export const loadPlan = (fetch: Fetch, id: string, language: InterfaceLanguage): Promise<Viewed<Described<PlanView>>> =>
  viewedBy(fetch, `/content/compendium/plans/${encodeURIComponent(id)}?lang=${language}`, language, async (commons) =>
    (await views()).planView(commons, id, language, await today()),
  );

export const loadCalls = (fetch: Fetch, language: InterfaceLanguage): Promise<Viewed<CallsView>> =>
  viewedBy(fetch, `/content/compendium/calls?lang=${language}`, language, async (commons) =>
    (await callViews()).callsView(commons, language, await today()),
  );

export const loadCall = (fetch: Fetch, id: string, language: InterfaceLanguage): Promise<Viewed<Described<CallView>>> =>
  viewedBy(fetch, `/content/compendium/calls/${encodeURIComponent(id)}?lang=${language}`, language, async (commons) =>
    (await callViews()).callView(commons, id, language, await today()),
  );

export const loadOffer = (fetch: Fetch, id: string, language: InterfaceLanguage): Promise<Viewed<Described<OfferView>>> =>
  viewedBy(fetch, `/content/compendium/offers/${encodeURIComponent(id)}?lang=${language}`, language, async (commons) =>
    (await callViews()).offerView(commons, id, language, await today()),
  );

/**
 * What somebody needs who writes entries of these kinds.
 *
 * @param entry the id of one that is to be rewritten
 */
export function loadWriting(
  fetch: Fetch,
  kinds: readonly WrittenKind[],
  entry: string | null,
  language: InterfaceLanguage,
): Promise<Viewed<WritingView>> {
  const asked = new URLSearchParams({ kinds: kinds.join(','), ...(entry === null ? {} : { entry }), lang: language });
  return viewedBy(fetch, `/content/compendium/writing?${asked.toString()}`, language, async (commons) =>
    (await import('#lib/cooperation/writing.ts')).writingView(commons, kinds, entry, language),
  );
}

/** What the node counts for a plan (src/lib/server/cohorts/trained.ts); null is *fewer than five*. */
export interface PlanPeople {
  readonly activities: readonly { readonly id: string; readonly course: string; readonly finished: number | null }[];
  readonly certified: number | null;
  readonly people: number | null;
  readonly unplaced: number | null;
  readonly centre: 'here' | 'elsewhere' | 'unsaid';
  readonly completeness: { readonly expected: number; readonly heard: number; readonly oldest: Instant | null };
}

/** Asked of the node alone, which has the records; null where it cannot be reached. */
export async function loadPeople(fetch: Fetch, plan: string): Promise<PlanPeople | null> {
  try {
    const response = await fetch(`/content/compendium/plans/${encodeURIComponent(plan)}/people`);
    const answer: unknown = response.ok ? await response.json() : null;
    // The node's own answer about its own records.
    return isObject(answer) && Array.isArray(answer['activities']) ? (answer as unknown as PlanPeople) : null;
  } catch {
    return null;
  }
}
