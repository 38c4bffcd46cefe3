/** The sources that a lesson cites, numbered in the order of their first citation. */
import { escapeHtml } from './html.ts';
import type { ReferenceEntry } from './course-file.ts';

export interface Citations {
  /** The source's number in this lesson. */
  number(id: string): number;
  /** HTML of the list under the lesson; `''` where nothing is cited. */
  list(title: string): string;
}

export function createCitations(referenceById: ReadonlyMap<string, ReferenceEntry>): Citations {
  const cited: string[] = [];
  const entry = (id: string): string => {
    const reference = referenceById.get(id);
    const url =
      reference?.url === undefined ? '' : ` <a href="${escapeHtml(reference.url)}" rel="noopener">${escapeHtml(reference.url)}</a>`;
    return `<li id="ref-${id}">${escapeHtml(reference?.text ?? '')}${url}</li>`;
  };
  return {
    number: (id) => {
      const at = cited.indexOf(id);
      return at < 0 ? cited.push(id) : at + 1;
    },
    list: (title) =>
      cited.length === 0
        ? ''
        : `<section class="refs" aria-labelledby="s-refs"><h2 id="s-refs">${escapeHtml(title)}</h2>\n<ol>\n${cited.map(entry).join('\n')}\n</ol></section>\n`,
  };
}
