import type { CourseStructure, SignedManifest } from '../src/lib/course/package.ts';

const course = 'satellite-navigation';
const unit = 'kepler-orbits';

export const coursePath = `/courses/${course}`;
/** The lesson that reading is measured with: formulas, a table, a picture, exercises. */
export const lessonPath = `${coursePath}/${unit}`;

/** The lesson's own fragment without its exercises, and the last words of it. */
export async function readLesson(
  origin: string,
): Promise<{ readonly html: string; readonly lastWords: string; readonly structure: CourseStructure }> {
  const piece = (sha256: string): Promise<Response> => fetch(`${origin}/content/pieces/${sha256}`);
  const { manifest } = (await (await fetch(`${origin}/content/manifests/${course}`)).json()) as SignedManifest;
  const structure = (await (await piece(manifest.structure)).json()) as CourseStructure;
  const found = structure.modules.flatMap(({ units }) => units).find(({ id }) => id === unit);
  const lesson = found?.pieces['en']?.lesson;
  if (lesson === undefined) throw new Error(`${lessonPath} is not there`);
  const html = await (await piece(lesson)).text();
  const paragraphs = [...html.matchAll(/<p>([^<]{40,})<\/p>/g)].map(([, text]) => text ?? '');
  return { html, lastWords: (paragraphs.at(-1) ?? '').slice(0, 60), structure };
}
