import type { Html } from './item.ts';

const characterByEntity: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };

/**
 * The words of a compiled stretch of HTML, for places that hold no markup: the options of a select, a spoken message. A
 * formula's TeX annotation is left out, since its characters already stand in the MathML before it.
 */
export const plainText = (html: Html): string =>
  html
    .replace(/<annotation[^>]*>[^]*?<\/annotation>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (entity, name: string) => characterByEntity[name] ?? entity)
    .replace(/\s+/g, ' ')
    .trim();
