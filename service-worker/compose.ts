import type { CourseStructure } from '#lib/course/package.ts';
import { lessonBlocks } from '#lib/course/package.ts';
import { directionOf } from '#lib/i18n/languages.ts';
import { unitDataId, unitPageJson, type UnitContent } from '#lib/course/unit-page.ts';

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${String(character.charCodeAt(0))};`);

export interface Choices {
  /** Chosen theme, or null where the device decides. */
  readonly theme: string | null;
}

const firstPaint = '<div id="first-paint"></div>';

const titleOf = (structure: CourseStructure, language: string): string =>
  structure.title[language] ?? Object.values(structure.title)[0] ?? '';

/**
 * The shell with the lesson's text in it, readable before any script ran; the layout takes it away when the app stands. The shell's
 * policy stays in force: text is put in, and data that no browser runs.
 */
export function composeLesson(shell: string, content: UnitContent, styles: readonly string[], { theme }: Choices): string {
  const { structure, unit, language, fragment } = content;
  const about = structure.modules.flatMap(({ units }) => units).find(({ id }) => id === unit);
  const title = about?.title[language] ?? unit;
  const links = styles.map((href) => `<link href="${escape(href)}" rel="stylesheet">`).join('');
  const blocks = lessonBlocks(fragment)
    .map((block) => ('html' in block ? `<div class="prose" data-block>${block.html}</div>` : '<hr>'))
    .join('\n');
  const text =
    `<div id="first-paint"><main class="wrap page"><article lang="${escape(language)}" dir="${directionOf(language)}">` +
    `<p class="small"><a href="/courses/${escape(structure.course)}">${escape(titleOf(structure, language))}</a></p>` +
    `<h1>${escape(title)}</h1>\n${blocks}</article></main>` +
    `<script type="application/json" id="${unitDataId}">${unitPageJson(content)}</script></div>`;
  return shell
    .replace(/<html lang="[^"]*" dir="[^"]*"/, () => `<html lang="${escape(language)}" dir="${directionOf(language)}"`)
    .replace(/data-theme="[^"]*"/, (kept) => (theme === null ? kept : `data-theme="${escape(theme)}"`))
    .replace('</head>', () => `<title>${escape(title)}</title>${links}</head>`)
    .replace(firstPaint, () => text);
}
