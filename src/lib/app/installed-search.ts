/** Search inside the courses that are on this device: comes with the first search. */
import { isTextSections } from '#lib/course/parse-package.ts';
import type { TextSection } from '#lib/course/package.ts';
import { search } from '#lib/course/search.ts';
import type { CourseRow } from '#lib/storage/schema.ts';
import type { Store } from '#lib/storage/store.ts';
import type { SearchHit } from './contract.ts';

export async function searchInstalled({ library }: Store, query: string): Promise<readonly SearchHit[]> {
  const texts = await Promise.all((await library.courses()).map((row) => textsOf(library, row)));
  return search(texts.flat(), query).map(({ key, anchor, heading, excerpt }) => ({ ...key, anchor, heading, excerpt }));
}

async function textsOf(library: Store['library'], { course, structure, languages }: CourseRow) {
  const wanted = structure.modules
    .flatMap(({ units }) => units)
    .flatMap((unit) =>
      languages.flatMap((language) => {
        const pieces = unit.pieces[language];
        return pieces === undefined ? [] : [{ unit, language, sha256: pieces.text }];
      }),
    );
  const rows = await library.pieces(wanted.map(({ sha256 }) => sha256));
  return wanted.flatMap(({ unit, language }, i) => {
    const piece = rows[i];
    if (piece === undefined) return [];
    const unitTitle = unit.title[language] ?? unit.id;
    const courseTitle = structure.title[language] ?? course;
    return [{ key: { course, unit: unit.id, language, courseTitle, unitTitle }, title: unitTitle, sections: sectionsOf(piece.bytes) }];
  });
}

function sectionsOf(bytes: Uint8Array): readonly TextSection[] {
  try {
    const sections: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isTextSections(sections) ? sections : [];
  } catch {
    return [];
  }
}
