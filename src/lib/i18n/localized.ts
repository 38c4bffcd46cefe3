/** Texts that a course brings in its own languages, which need not be the interface's. */
export type LocalizedText<Value = string> = Readonly<Record<string, Value>>;

/** The language to show a course in: the wanted one where the course has it, otherwise the one it was written in. */
export const availableLanguage = (languages: readonly string[], wanted: string): string =>
  languages.includes(wanted) ? wanted : (languages[0] ?? 'en');

/** The text in a language; where that is missing, the English one, which most read: the order of keys says nothing. Else any that there is. */
export const textIn = <Value>(texts: LocalizedText<Value>, language: string): Value | undefined =>
  texts[language] ?? texts['en'] ?? Object.values(texts)[0];

/** A language's name in itself, also for languages that the interface does not have; its tag where nobody knows a name. */
export function languageName(language: string): string {
  try {
    return new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
  } catch {
    // Not a tag that Intl reads: a course of another publisher may be named anyhow.
    return language;
  }
}
