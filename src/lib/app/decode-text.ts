import type { InterfaceLanguage } from '#lib/i18n/languages.ts';

/** What a spreadsheet on Windows writes for "CSV" where it does not write UTF-8, by the language of the person before it. */
const windowsEncodings: Readonly<Record<InterfaceLanguage, string>> = {
  en: 'windows-1252',
  fr: 'windows-1252',
  es: 'windows-1252',
  ar: 'windows-1256',
  zh: 'gb18030',
  ru: 'windows-1251',
};

/**
 * The text of a file that a person chose. UTF-16 is known by its mark; what is UTF-8 throughout is UTF-8; the rest is read
 * as the person's Windows would have written it, and the preview shows whether that was right.
 */
export function decodeText(bytes: Uint8Array<ArrayBuffer>, language: InterfaceLanguage): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(windowsEncodings[language]).decode(bytes);
  }
}
