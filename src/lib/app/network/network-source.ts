/** Where the pages of the network have their views from: like the compendium's, from this device where it is installed, else from the node. */
import type { CoordinationView } from '#lib/cooperation/coordination.ts';
import type { HelpEntryView, HelpView } from '#lib/cooperation/help.ts';
import type { PeopleReach } from '#lib/cooperation/people-reach.ts';
import type { NetworkView, OpportunitiesView, ResourcesView } from '#lib/cooperation/network.ts';
import { isObject } from '#lib/domain/shape.ts';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import { finderOn, viewed, type Described, type Viewed } from '../compendium-source.ts';
import { now } from '../store.ts';

type Fetch = typeof globalThis.fetch;

const asked = (path: string, search: URLSearchParams, language: InterfaceLanguage): string => {
  const query = new URLSearchParams([...search].filter(([name]) => name !== 'lang'));
  query.set('lang', language);
  return `/content/compendium/${path}?${query.toString()}`;
};

export const loadNetwork = (fetch: Fetch, search: URLSearchParams, language: InterfaceLanguage): Promise<Viewed<NetworkView>> =>
  viewed(fetch, asked('network', search, language), language, async (commons, tools) => {
    const { networkView, networkQueryFrom } = await import('#lib/cooperation/network.ts');
    const { query, page } = networkQueryFrom((name) => search.get(name));
    return networkView(commons, finderOn(commons, tools, language), query, page, language, tools.dayOf(now()));
  });

export const loadOpportunities = (fetch: Fetch, search: URLSearchParams, language: InterfaceLanguage): Promise<Viewed<OpportunitiesView>> =>
  viewed(fetch, asked('opportunities', search, language), language, async (commons, tools) => {
    const { opportunitiesView, networkQueryFrom } = await import('#lib/cooperation/network.ts');
    const { query } = networkQueryFrom((name) => search.get(name));
    return opportunitiesView(commons, finderOn(commons, tools, language), query, language, tools.dayOf(now()));
  });

export const loadResources = (fetch: Fetch, search: URLSearchParams, language: InterfaceLanguage): Promise<Viewed<ResourcesView>> =>
  viewed(fetch, asked('resources', search, language), language, async (commons, tools) => {
    const { resourcesView, networkQueryFrom } = await import('#lib/cooperation/network.ts');
    const { query } = networkQueryFrom((name) => search.get(name));
    return resourcesView(commons, finderOn(commons, tools, language), query, language, tools.dayOf(now()));
  });

/** Asked of the node alone, where centres publish their figures; null where it cannot be reached. */
export async function loadPeopleReach(fetch: Fetch, language: InterfaceLanguage): Promise<PeopleReach | null> {
  try {
    const response = await fetch(`/content/compendium/coordination/people?lang=${language}`);
    const answer: unknown = response.ok ? await response.json() : null;
    // The node's own answer about its own figures.
    return isObject(answer) && Array.isArray(answer['centres']) ? (answer as unknown as PeopleReach) : null;
  } catch {
    return null;
  }
}

export const loadCoordination = (fetch: Fetch, language: InterfaceLanguage): Promise<Viewed<CoordinationView>> =>
  viewed(fetch, `/content/compendium/coordination?lang=${language}`, language, async (commons, tools) => {
    const { coordinationView } = await import('#lib/cooperation/coordination.ts');
    return coordinationView(commons, language, tools.dayOf(now()));
  });

export const loadHelp = (fetch: Fetch, language: InterfaceLanguage): Promise<Viewed<HelpView>> =>
  viewed(fetch, `/content/compendium/help?lang=${language}`, language, async (commons, tools) => {
    const { helpView } = await import('#lib/cooperation/help.ts');
    return helpView(commons, language, tools.dayOf(now()));
  });

export const loadHelpEntry = (fetch: Fetch, id: string, language: InterfaceLanguage): Promise<Viewed<Described<HelpEntryView>>> =>
  viewed(fetch, `/content/compendium/help/${encodeURIComponent(id)}?lang=${language}`, language, async (commons, tools) => {
    const { helpEntryView } = await import('#lib/cooperation/help.ts');
    return helpEntryView(commons, id, language, tools.dayOf(now()));
  });

/** What the node counts of pairs (src/lib/server/desk/pairs.ts); null is *fewer than five*. */
export interface Pairs {
  readonly running: number | null;
  readonly women: number | null;
  readonly ended: number | null;
}

/** Asked of the node alone, which has them; null where it cannot be reached. */
export async function loadPairs(fetch: Fetch): Promise<Pairs | null> {
  try {
    const response = await fetch('/content/compendium/pairs');
    const answer: unknown = response.ok ? await response.json() : null;
    // The node's own answer about its own desk.
    return isObject(answer) && 'running' in answer ? (answer as unknown as Pairs) : null;
  } catch {
    return null;
  }
}
