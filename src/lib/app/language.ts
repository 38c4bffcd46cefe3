/**
 * The language of the interface. It travels as data of the page, from the layout's load down: nothing here remembers a
 * language between two requests, because one server answers people in six of them at the same time.
 */
import { goto } from '$app/navigation';
import { browser } from '$app/environment';
import { isInterfaceLanguage, languageCookie, negotiateLanguage, type InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { Catalogue } from '#lib/i18n/translate.ts';
import { readCookie, writeCookie } from './cookies.ts';
import type { FurtherArea } from './further-words.ts';

type Area = 'learner' | 'browse' | 'self' | FurtherArea;

/** What a load depends on that shows words. */
export const languageDependency = 'perigee:language';

/** The path under which the server's hook tells a page that it renders which language was negotiated. */
const languagePath = '/api/language';

/** The other areas' stand in further-words.ts. */
const files = import.meta.glob<Catalogue>('../i18n/messages/*/{learner,browse,self}.json', { import: 'default' });

/**
 * The language a page is to be in: `?lang=` for this visit, else the person's choice, else what the browser asks for. The
 * server's hook decides by the same order, so a page that it rendered is taken up in the language it was rendered in.
 */
export async function languageOfPage(url: URL, fetch: typeof globalThis.fetch): Promise<InterfaceLanguage> {
  const asked = url.searchParams.get('lang');
  if (isInterfaceLanguage(asked)) return asked;
  if (!browser) {
    const told = await (await fetch(languagePath)).text();
    return isInterfaceLanguage(told) ? told : 'en';
  }
  const chosen = readCookie(languageCookie);
  if (isInterfaceLanguage(chosen)) return chosen;
  const rendered = document.querySelector<HTMLElement>('[data-language]')?.dataset['language'];
  return isInterfaceLanguage(rendered) ? rendered : negotiateLanguage(navigator.languages.join());
}

/** The areas whose words a page shows to which a lesson leads; null for the others. Every page shows the learner's: the frame's words are among them. */
function ownAreasOf(route: string): readonly Area[] | null {
  const [, first = '', , unit] = route.split('/');
  if (['people', 'settings', 'record'].includes(first)) return ['learner', 'self'];
  if (first === 'courses') return unit === undefined ? ['learner', 'browse'] : ['learner'];
  return ['', 'catalogue'].includes(first) ? ['learner', 'browse'] : null;
}

const merged = new Map<string, Catalogue>();

/** The messages that a route needs, in one language; only these are fetched. */
export async function loadCatalogue(language: InterfaceLanguage, route: string | null): Promise<Catalogue> {
  const further = () => import('./further-words.ts');
  // A page that is not there has the frame's words alone.
  const areas = route === null ? (['learner'] as const) : (ownAreasOf(route) ?? (await further()).furtherAreasOf(route));
  const name = `${language} ${areas.join(' ')}`;
  const known = merged.get(name);
  if (known !== undefined) return known;
  const parts = await Promise.all(
    areas.map(async (area) => {
      const path = `../i18n/messages/${language}/${area}.json`;
      const load = files[path] ?? (await further()).furtherFiles[path];
      if (load === undefined) throw new Error(`There are no messages for ${language}/${area}.`);
      return load();
    }),
  );
  const catalogue: Catalogue = Object.assign({}, ...parts);
  merged.set(name, catalogue);
  return catalogue;
}

/** Keeps the person's choice of language for a year and shows the page in it, where it stands. */
export async function chooseLanguage(language: InterfaceLanguage): Promise<void> {
  writeCookie(languageCookie, language);
  const url = new URL(location.href);
  url.searchParams.delete('lang');
  await goto(url, { replaceState: true, keepFocus: true, noScroll: true, invalidate: [languageDependency] });
}
