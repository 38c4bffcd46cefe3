/** The languages of the interface: the six of the United Nations. */
export const languages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'] as const;
export type InterfaceLanguage = (typeof languages)[number];

/** Each language's name in itself: never translated. */
export const languageNames: Readonly<Record<InterfaceLanguage, string>> = {
  en: 'English',
  fr: 'Français',
  es: 'Español',
  ar: 'العربية',
  zh: '中文',
  ru: 'Русский',
};

export const isInterfaceLanguage = (value: unknown): value is InterfaceLanguage => languages.some((language) => language === value);

/** Right-to-left for Arabic; a course may bring languages that the interface does not have. */
export const directionOf = (language: string): 'ltr' | 'rtl' => (/^(ar|fa|he|ur|ps|ckb|sd|ug|yi)(-|$)/.test(language) ? 'rtl' : 'ltr');

/** Name of the cookie that carries the choice of a person (a year) or of one visit (`?lang=`, until the browser is closed). */
export const languageCookie = 'perigee-lang';

/**
 * The first of the wanted languages that there is: an `Accept-Language` value by its q, or a fallback.
 *
 * @param otherwise what the centre's people speak, for whoever's browser asks for none of ours
 */
export function negotiateLanguage(acceptLanguage: string | null, otherwise: readonly string[] = []): InterfaceLanguage {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const q = parameters.map((p) => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find((value) => value !== undefined);
      return { tag: tag.toLowerCase().split('-')[0] ?? '', q: q === undefined ? 1 : Number(q) };
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q);
  return wanted.map(({ tag }) => tag).find(isInterfaceLanguage) ?? otherwise.find(isInterfaceLanguage) ?? 'en';
}
