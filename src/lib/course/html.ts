/** Text to HTML and back. */
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Fit for text and for an attribute in double quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", '#x27': "'" };
const unescapeHtml = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos|#39|#x27);/g, (_, name: string) => characters[name] ?? '');

/** The words of a fragment: without tags and formulas, with a space where a block ends. */
export const plainText = (html: string): string =>
  unescapeHtml(
    html
      .replace(/<math[^]*?<\/math>/g, ' ')
      .replace(/<\/?(?:p|h[2-6]|li|ul|ol|div|table|tr|td|th|thead|tbody|figure|figcaption|blockquote|pre|section|br|hr|img)\b[^>]*>/g, ' ')
      .replace(/<[^>]*>/g, ''),
  )
    .replace(/\s+/g, ' ')
    .trim();
