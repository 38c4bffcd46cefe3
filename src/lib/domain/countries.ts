/** Countries and genders as people write them in lists, in the six languages of the interface. What is not understood is left out, and nothing is guessed. */
import { isCountry, type Country, type Gender } from './about.ts';
import { fold } from './fold.ts';

const languages = ['en', 'fr', 'es', 'ar', 'zh', 'ru'];

/** Codes that are no country's, and stand among the regions all the same. */
const noCountry: ReadonlySet<string> = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Every country whose name the platform knows, by its code: ISO 3166-1 as Unicode's CLDR has it. */
export function countryCodes(): readonly Country[] {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  return letters.flatMap((first) =>
    letters.flatMap((second) => {
      const code = first + second;
      // CLDR names codes that were given up after what took their place, and those are canonicalised away.
      const isCurrent = new Intl.Locale('und', { region: code }).toString() === `und-${code}`;
      return isCountry(code) && isCurrent && !noCountry.has(code) && names.of(code) !== undefined ? [code] : [];
    }),
  );
}

let codesByName: ReadonlyMap<string, Country> | null = null;

function namesOfCountries(): ReadonlyMap<string, Country> {
  const codes = countryCodes();
  const known = new Map<string, Country>();
  for (const language of languages) {
    const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });
    for (const code of codes) {
      const name = names.of(code);
      if (name !== undefined) known.set(fold(name), code);
    }
  }
  for (const code of codes) known.set(code.toLowerCase(), code);
  return known;
}

/** The country that a cell names: by its code, or by its name in one of the languages; null where it names none. */
export function countryIn(text: string): Country | null {
  codesByName ??= namesOfCountries();
  return codesByName.get(fold(text)) ?? null;
}

const words: Readonly<Record<Gender, readonly string[]>> = {
  woman: ['woman', 'female', 'f', 'w', 'femme', 'féminin', 'mujer', 'femenino', 'امرأة', 'أنثى', '女', '女性', 'женщина', 'женский', 'ж'],
  man: ['man', 'male', 'homme', 'masculin', 'hombre', 'varón', 'masculino', 'رجل', 'ذكر', '男', '男性', 'мужчина', 'мужской', 'м', 'h'],
  other: ['other', 'non-binary', 'x', 'autre', 'otro', 'آخر', '其他', 'другой', 'иной'],
};
const genderByWord: ReadonlyMap<string, Gender> = new Map(
  (Object.entries(words) as [Gender, readonly string[]][]).flatMap(([gender, all]) =>
    all.map((word): [string, Gender] => [fold(word), gender]),
  ),
);

/** Reads a column of genders. A bare M is *male*, and *mujer* where the column also has an H: Spanish lists write both ways. */
export function gendersIn(cells: readonly string[]): readonly (Gender | null)[] {
  const folded = cells.map(fold);
  const isSpanish = folded.includes('h');
  return folded.map((cell) => (cell === 'm' ? (isSpanish ? 'woman' : 'man') : (genderByWord.get(cell) ?? null)));
}
