import type { Report } from './diagnostics.ts';
import { readFits, sayFitsError } from './fits.ts';
import { escapeHtml } from './html.ts';

/** What a phone fetches for one picture of data. */
const maxBytes = 512 * 1024;

/** The header of a FITS file as an HTML table, which says what the image is where it cannot be drawn; null, and a fault, where the file is none. */
export function renderHeader(bytes: Uint8Array, file: string, report: Report): string | null {
  if (bytes.length > maxBytes) {
    report('too-large', { file, line: 1 }, { bytes: bytes.length, most: maxBytes });
    return null;
  }
  const image = readFits(bytes);
  if (!image.ok) {
    report('bad-fits', { file, line: 1 }, { reason: sayFitsError(image.error) });
    return null;
  }
  const rows = image.value.cards
    .filter(({ keyword }) => keyword !== '')
    .map(({ keyword, value, comment }) => {
      const shown = value === true ? 'T' : value === false ? 'F' : value === null ? '' : String(value);
      const cell = `<td${typeof value === 'number' ? ' class="num"' : ''}>${escapeHtml(shown)}</td>`;
      return `<tr><th>${escapeHtml(keyword)}</th>${cell}<td>${escapeHtml(comment)}</td></tr>`;
    });
  return `<table><tbody>${rows.join('\n')}</tbody></table>`;
}
