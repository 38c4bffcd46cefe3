/**
 * The language of the interface. It travels as data of the page, from the layout's load down: nothing here remembers a
 * language between two requests, because one server answers people in six of them at the same time.
 */
import { goto } from '$app/navigation';
import { browser } from '$app/environment';
import { isInterfaceLanguage, languageCookie, negotiateLanguage, type InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { Catalogue } from '#lib/i18n/translate.ts';
import { readCookie, writeCookie } from './cookies.ts';

type Area =
  | 'learner'
  | 'self'
  | 'teach'
  | 'centre'
  | 'verify'
  | 'compendium'
  | 'evidence'
  | 'network'
  | 'trust'
  | 'exam'
  | 'country'
  | 'desk'
  | 'cascade';

/** What a load depends on that shows words. */
export const languageDependency = 'perigee:language';

/** The path under which the server's hook tells a page that it renders which language was negotiated. */
const languagePath = '/api/language';

/** The other areas' stand in further-words.ts. */
const files = import.meta.glob<Catalogue>('../i18n/messages/*/{learner,self}.json', { import: 'default' });

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

/** The areas whose words a route shows. Every page shows the learner's: the frame's words are among them. */
function areasOf(route: string | null): readonly Area[] {
  const first = route?.split('/')[1] ?? '';
  if (['people', 'settings', 'record'].includes(first)) return ['learner', 'self'];
  if (/^\/centre\/(cascade|evaluation)/.test(route ?? '')) return ['learner', 'teach', 'centre', 'cascade'];
  if (first === 'centre') return ['learner', 'teach', 'centre'];
  if (first === 'verify') return ['learner', 'verify'];
  if (first === 'certificates') return ['learner', 'verify', 'evidence'];
  if (first === 'exams') return ['learner', 'evidence', 'exam'];
  if (first === 'trust') return ['learner', 'trust'];
  if (first === 'network') return ['learner', 'compendium', 'network'];
  if (first === 'desk' || route?.endsWith('/values') === true) return ['learner', 'compendium', 'country', 'desk'];
  if (['profiles', 'plans', 'calls'].includes(first)) return ['learner', 'compendium', 'country'];
  if (first === 'compendium') return ['learner', 'compendium'];
  if (route?.startsWith('/teach/sessions') === true) return ['learner', 'teach', 'evidence'];
  if (route?.startsWith('/teach/cascade') === true) return ['learner', 'self', 'teach', 'cascade'];
  if (route?.startsWith('/teach/exams') === true) return ['learner', 'teach', 'evidence', 'exam'];
  return first === 'teach' ? ['learner', 'teach'] : ['learner'];
}

const merged = new Map<string, Catalogue>();

/** The messages that a route needs, in one language; only these are fetched. */
export async function loadCatalogue(language: InterfaceLanguage, route: string | null): Promise<Catalogue> {
  const areas = areasOf(route);
  const name = `${language} ${areas.join(' ')}`;
  const known = merged.get(name);
  if (known !== undefined) return known;
  const parts = await Promise.all(
    areas.map(async (area) => {
      const path = `../i18n/messages/${language}/${area}.json`;
      const load = files[path] ?? (await import('./further-words.ts')).furtherFiles[path];
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
