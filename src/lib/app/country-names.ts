/** Countries that the centre's compendium knows, by their names in a language; none where neither the device nor the centre can tell. */
import type { Shown } from '#lib/cooperation/views.ts';
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import { loadCountries } from './country-source.ts';

export interface Named {
  readonly id: string;
  readonly title: Shown;
}

export async function loadCountryNames(language: InterfaceLanguage, send: typeof globalThis.fetch = fetch): Promise<readonly Named[]> {
  const loaded = await loadCountries(send, new URLSearchParams(), language);
  return loaded.ok ? loaded.value.view.countries.map(({ id, title }) => ({ id, title })) : [];
}
