/**
 * Where the compendium's pages have their views from: worked out on this device where the commons is installed, else asked of the node. The
 * page that takes over from the server reads what the server's own load was answered, which SvelteKit wrote into the page.
 */
import { browser } from '$app/environment';
import type { Commons, ShelfMemory } from '#lib/cooperation/commons.ts';
import type { Day } from '#lib/cooperation/day.ts';
import type { Card, CompareView, EntryView, GapsView, ListView } from '#lib/cooperation/views.ts';
import { err, ok, type Result } from '#lib/domain/result.ts';
import { isObject } from '#lib/domain/shape.ts';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { CommonsPort } from '#lib/sync/client/install-commons.ts';
import type { SourceFailure } from './contract.ts';
import { now, storage } from './store.ts';

type Fetch = typeof globalThis.fetch;
type Installed = NonNullable<Awaited<ReturnType<CommonsPort['installed']>>>;
type From = 'device' | 'node';
export type Viewed<View> = Result<{ readonly view: View; readonly from: From }, SourceFailure>;

/** What the loads depend on that show the compendium. */
export const compendiumDependency = 'perigee:compendium';

/** Bytes of one answer; the server wrote its own into the page, once. */
let delivered = browser && document.querySelector('script[data-sveltekit-fetched][data-url^="/content/compendium/"]') !== null;

/** Another version or language is another commons: the last one read is kept, also while it is being read. */
let kept: { readonly key: string; readonly reading: Promise<Commons | null> } | null = null;

/** So long, in milliseconds, entries are read in one go before the page may answer a finger again. */
const mostAtOnce = 50;

const aBreath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function readInstalled(installed: Installed, commonsPort: CommonsPort): Promise<Commons | null> {
  const [{ shelfTexts }, { readCommons }] = await Promise.all([
    import('#lib/sync/client/install-commons.ts'),
    import('#lib/cooperation/commons.ts'),
  ]);
  // Installed in another language: entries are all here, and are found by that language's words and by English titles.
  const texts = await shelfTexts(installed.signed, installed.language, commonsPort);
  // Shelf by shelf: two thousand entries are a second's work on a slow phone, and whoever types meanwhile sees the letters.
  const memory: ShelfMemory = new Map();
  let since = performance.now();
  for (const shelf of texts) {
    if (!readCommons([shelf], memory).ok) return null;
    if (performance.now() - since < mostAtOnce) continue;
    await aBreath();
    since = performance.now();
  }
  const read = readCommons(texts, memory);
  return read.ok ? read.value : null;
}

/** The commons on this device, with the index of a language; null where it is not installed. */
async function fromDevice(language: InterfaceLanguage): Promise<Commons | null> {
  const { store } = await storage();
  const installed = await store.commons.installed();
  if (installed === null) {
    kept = finder = null;
    return null;
  }
  const key = `${installed.digest} ${installed.language} ${language}`;
  if (kept?.key === key) return kept.reading;
  const mine = { key, reading: readInstalled(installed, store.commons) };
  kept = mine;
  const forget = (): void => {
    if (kept === mine) kept = null;
  };
  // What could not be read is tried again at the next question.
  mine.reading.then((commons) => {
    if (commons === null) forget();
  }, forget);
  return mine.reading;
}

async function ask<View>(fetch: Fetch, path: string): Promise<Viewed<View>> {
  try {
    const response = await fetch(path);
    if (response.status === 404) return err('missing');
    if (!response.ok) return err('unreachable');
    const answer: unknown = await response.json();
    // The node's own answer about its own entries: its form is the view's, which both sides share.
    return isObject(answer) ? ok({ view: answer as View, from: 'node' }) : err('nonsense');
  } catch {
    return err('unreachable');
  }
}

export type Tools = typeof import('#lib/cooperation/views.ts') &
  typeof import('#lib/cooperation/find.ts') &
  typeof import('#lib/cooperation/day.ts');

/** A view that needs more than the compendium's own functions brings them with it. */
export async function viewedBy<View>(
  fetch: Fetch,
  path: string,
  language: InterfaceLanguage,
  make: (commons: Commons) => Promise<View | null>,
): Promise<Viewed<View>> {
  if (!browser) return ask(fetch, path);
  if (delivered) {
    delivered = false;
    return ask(fetch, path);
  }
  const commons = await fromDevice(language);
  if (commons === null) return ask(fetch, path);
  const view = await make(commons);
  return view === null ? err('missing') : ok({ view, from: 'device' });
}

const bringTools = async (): Promise<Tools> => {
  const [views, find, day] = await Promise.all([
    import('#lib/cooperation/views.ts'),
    import('#lib/cooperation/find.ts'),
    import('#lib/cooperation/day.ts'),
  ]);
  return { ...views, ...find, ...day };
};

export const viewed = <View>(
  fetch: Fetch,
  path: string,
  language: InterfaceLanguage,
  make: (commons: Commons, tools: Tools) => View | null | Promise<View | null>,
): Promise<Viewed<View>> => viewedBy(fetch, path, language, async (commons) => make(commons, await bringTools()));

/** Searching many times in one commons: its finder is made once. */
let finder: {
  readonly commons: Commons;
  readonly language: InterfaceLanguage;
  readonly day: Day;
  readonly tools: Tools;
  readonly find: ReturnType<Tools['createFinder']>;
} | null = null;

/** The finder of a commons for today, made once. */
export function finderOn(commons: Commons, tools: Tools, language: InterfaceLanguage): ReturnType<Tools['createFinder']> {
  const day = tools.dayOf(now());
  if (finder?.commons !== commons || finder.day !== day || finder.language !== language)
    finder = { commons, language, day, tools, find: tools.createFinder(commons, day) };
  return finder.find;
}

export function loadList(fetch: Fetch, search: URLSearchParams, language: InterfaceLanguage): Promise<Viewed<ListView>> {
  const asked = new URLSearchParams([...search].filter(([name]) => name !== 'lang'));
  asked.set('lang', language);
  return viewed(fetch, `/content/compendium/list?${asked.toString()}`, language, (commons, tools) => {
    const { query, page } = tools.queryFrom((name) => search.get(name));
    return tools.listView(commons, finderOn(commons, tools, language), query, page, language, tools.dayOf(now()));
  });
}

/** So many results are shown while somebody types. */
const firstResults = 4;

export interface FirstResults {
  readonly total: number;
  readonly cards: readonly Card[];
}

/**
 * Reads what is searched on this device before somebody searches: a page that the node sent needed none of it yet. False where the compendium is not here.
 */
export async function readyOnDevice(language: InterfaceLanguage): Promise<boolean> {
  // Without a network the code may not be here either; then there is nothing to be quick about.
  const [commons, tools] = await Promise.all([fromDevice(language), bringTools().catch(() => null)]);
  if (commons === null || tools === null) return false;
  finderOn(commons, tools, language);
  return true;
}

/** The first results on this device, at once, for who is still typing; null where what is searched was not read (yet). */
export function firstOnDevice(search: URLSearchParams, language: InterfaceLanguage): FirstResults | null {
  if (finder?.language !== language) return null;
  const { commons, day, tools, find } = finder;
  const { found } = find(tools.queryFrom((name) => search.get(name)).query);
  return { total: found.length, cards: found.slice(0, firstResults).map((entry) => tools.cardOf(entry, commons, language, day)) };
}

/** The node writes beside a view what other programs read of the entry (schema.org); a page that the device made has no such reader. */
export type Described<View> = View & { readonly jsonLd?: unknown };

/** What is read elsewhere is answered with its path. */
export const loadEntry = (
  fetch: Fetch,
  id: string,
  language: InterfaceLanguage,
): Promise<Viewed<Described<EntryView> | { readonly elsewhere: string }>> =>
  viewed<Described<EntryView> | { readonly elsewhere: string }>(
    fetch,
    `/content/compendium/entries/${encodeURIComponent(id)}?lang=${language}`,
    language,
    (commons, tools) => tools.entryView(commons, id, language, tools.dayOf(now())) ?? tools.elsewhereOf(commons, id),
  );

export const loadComparison = (fetch: Fetch, ids: string, language: InterfaceLanguage): Promise<Viewed<CompareView>> =>
  viewed(fetch, `/content/compendium/compare?entries=${encodeURIComponent(ids)}&lang=${language}`, language, (commons, tools) =>
    tools.compareView(commons, ids.split(','), language, tools.dayOf(now())),
  );

export const loadGaps = (fetch: Fetch, language: InterfaceLanguage): Promise<Viewed<GapsView>> =>
  viewed(fetch, `/content/compendium/gaps?lang=${language}`, language, (commons, tools) =>
    tools.gapsView(commons, language, tools.dayOf(now())),
  );
