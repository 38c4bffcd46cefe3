/**
 * Markdown to HTML, with the formulas, citations, links and pictures of the course format, and the place of everything that is
 * wrong. One reader is made for each unit and language; whatever it finds it asks the `LessonPage` about.
 */
import MarkdownIt from 'markdown-it';
import type { StateBlock, StateInline, Token } from 'markdown-it';
import type { Line } from '../exercise/block.ts';
import type { FaultCode } from './diagnostics.ts';
import { renderFormula, maxFormulaLength } from './formula.ts';
import { escapeHtml, plainText } from './html.ts';

export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** What the text of a lesson asks of the lesson it stands in. */
export interface LessonPage {
  fault(code: FaultCode, spot: Spot, values?: Readonly<Record<string, string | number>>): void;
  /** Attributes of the link, already safe; null where there is no such place. */
  link(url: string, spot: Spot): string | null;
  /** HTML of a citation of these sources. */
  cite(ids: readonly string[], spot: Spot): string;
  /** HTML of a figure. `caption` is Markdown. */
  figure(path: string, alt: string, caption: string, spot: Spot): string;
  /** The `id` for a heading with these words. */
  anchor(words: string): string;
  /** Plain text of the lesson as it is set in its language. */
  typeset(text: string): string;
  readonly tableLabel: () => string;
  readonly formulaLabel: string;
}

/** Where Markdown stands: decides whether it may hold headings and pictures. */
export type Setting = 'unit' | 'box' | 'question' | 'phrase';

export interface MarkdownReader {
  blocks(lines: readonly Line[], setting: Setting): string;
  phrase(text: string, line: number): string;
}

const citation = /\[@[^\s[\];,@]+(?:\s*[;,]\s*@[^\s[\];,@]+)*\]/y;
const tag = /<(?:[A-Za-z][A-Za-z0-9:-]*(?:[\s/][^<>]*)?\/?|\/[A-Za-z][A-Za-z0-9:-]*\s*|!--[^]*?--|\?[^<>]*|![A-Za-z[][^<>]*)>/y;
const openTag =
  /<\/?(?:script|style|iframe|object|embed|img|svg|math|link|meta|base|form|input|button|video|audio|template|noscript)\b[^<>\n]*/iy;
/** Longer formulas may be wider than a phone. */
const wideFormula = 26;
const han = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** Offset of the `$` that closes the formula opened before `from`; -1 where none does. A price is no formula: `$5 and $6`. */
function closingDollar(text: string, from: number): number {
  if (/\s/.test(text.charAt(from)) || text.charAt(from) === '') return -1;
  for (let at = from; at < text.length && at - from <= maxFormulaLength; at++) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '\n' && /^\s*\n/.test(text.slice(at + 1, at + 80))) return -1;
    else if (character === '$') return at > from && !/\s/.test(text.charAt(at - 1)) && !/\d/.test(text.charAt(at + 1)) ? at : -1;
  }
  return -1;
}

export function createMarkdownReader(page: LessonPage): MarkdownReader {
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false });
  md.disable(['lheading', 'html_block', 'html_inline']);
  // Every link is judged below, with its place; markdown-it's own check would leave bad ones standing as text.
  md.validateLink = () => true;
  md.normalizeLink = (url) => url;
  md.normalizeLinkText = (text) => text;

  /** Lines of the text that is being read, the number of its first line, and where it stands. */
  let lines: readonly string[] = [];
  let firstLine = 1;
  let setting: Setting = 'unit';
  /** First line (counted from 0) of the block whose inline content is being read. */
  let blockLine = 0;
  let level = 1;
  const spotByToken = new WeakMap<Token, Spot>();

  const spotAt = (content: string, position: number): Spot => {
    const before = content.slice(0, position);
    const row = blockLine + before.split('\n').length - 1;
    const start = before.lastIndexOf('\n') + 1;
    const end = content.indexOf('\n', position);
    // Content is stripped of indents and marks; the source line tells how much went.
    const stripped = lines[row]?.indexOf(content.slice(start, end < 0 ? undefined : end)) ?? 0;
    return { line: firstLine + row, column: position - start + 1 + Math.max(0, stripped) };
  };
  const spotOfLine = (row: number): Spot => ({ line: firstLine + row, column: 1 });

  const made = (state: StateInline | StateBlock, html: string): Token => {
    const token = state.push('made', '', 0);
    token.content = html;
    return token;
  };
  md.renderer.rules['made'] = (tokens, index) => tokens[index]?.content ?? '';

  const formula = (tex: string, display: boolean, spot: Spot): string => {
    const rendered = renderFormula(tex.trim(), display);
    if (!rendered.ok) {
      if (rendered.error.type === 'too-long') page.fault('long-formula', spot, { count: tex.length, most: maxFormulaLength });
      else page.fault('bad-formula', spot, { reason: rendered.error.reason });
      return '';
    }
    const { html, length } = rendered.value;
    if (!display) return html;
    const wide = length > wideFormula ? ` scroll" role="group" tabindex="0" aria-label="${escapeHtml(page.formulaLabel)}` : '';
    return `<div class="formula${wide}">${html}</div>\n`;
  };

  class PlacedState extends md.inline.State {
    override push(...args: Parameters<StateInline['push']>): Token {
      const token = super.push(...args);
      if (token.type === 'link_open' || token.type === 'image') spotByToken.set(token, spotAt(this.src, this.pos));
      return token;
    }
  }
  md.inline.State = PlacedState;

  md.inline.ruler.before('escape', 'formula', (state, silent) => {
    if (state.src.charAt(state.pos) !== '$') return false;
    const width = state.src.startsWith('$$', state.pos) ? 2 : 1;
    const from = state.pos + width;
    const to = width === 2 ? state.src.indexOf('$$', from) : closingDollar(state.src, from);
    if (to <= from) return false;
    if (!silent) made(state, formula(state.src.slice(from, to), false, spotAt(state.src, state.pos)));
    state.pos = to + width;
    return true;
  });

  md.inline.ruler.before('link', 'citation', (state, silent) => {
    if (!state.src.startsWith('[@', state.pos)) return false;
    const found = matchAt(citation, state.src, state.pos);
    if (found === null) return false;
    if (!silent) {
      const ids = [...found.matchAll(/@([^\s[\];,@]+)/g)].map(([, id = '']) => id);
      made(state, page.cite(ids, spotAt(state.src, state.pos)));
    }
    state.pos += found.length;
    return true;
  });

  md.inline.ruler.after('autolink', 'raw_html', (state, silent) => {
    if (state.src.charAt(state.pos) !== '<') return false;
    const found = matchAt(tag, state.src, state.pos) ?? matchAt(openTag, state.src, state.pos);
    if (found === null) return false;
    if (!silent) {
      const code = /[\s/"']on[a-z]+\s*=/i.test(found) ? 'event-handler' : 'raw-html';
      page.fault(code, spotAt(state.src, state.pos), { text: found.slice(0, 60).replace(/\s+/g, ' ') });
    }
    state.pos += found.length;
    return true;
  });

  const isDollars = (state: StateBlock, line: number): boolean =>
    state.src.startsWith('$$', (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0));
  md.block.ruler.before(
    'fence',
    'formula_block',
    (state, start, end, silent) => {
      if ((state.sCount[start] ?? 0) - state.blkIndent >= 4 || !isDollars(state, start)) return false;
      const textOf = (line: number): string =>
        state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]).trim();
      const first = textOf(start).slice(2);
      let last = start;
      let tex = first;
      if (first.includes('$$')) {
        // A formula on one line is a block only if nothing follows it.
        if (first.indexOf('$$') !== first.length - 2) return false;
        tex = first.slice(0, -2);
      } else {
        do last += 1;
        while (last < end && !textOf(last).endsWith('$$'));
        if (last >= end) {
          if (!silent) page.fault('unclosed-formula', spotOfLine(start));
          return false;
        }
        const rest = Array.from({ length: last - start }, (_, i) => textOf(start + 1 + i));
        tex = [first, ...rest].join('\n').slice(0, -2);
      }
      if (silent) return true;
      const token = state.push('made', '', 0);
      token.content = formula(tex, true, spotOfLine(start));
      token.map = [start, last + 1];
      state.line = last + 1;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );

  // The core's own rule, which in addition remembers the line: cells of a table have none of their own.
  md.core.ruler.at('inline', ({ tokens, env }) => {
    blockLine = 0;
    for (const token of tokens) {
      if (token.map !== null) blockLine = token.map[0];
      if (token.type === 'inline') md.inline.parse(token.content, md, env, token.children ?? []);
    }
  });

  /** `![alt](path "caption")` alone in a paragraph is a figure; elsewhere a picture is a fault. */
  md.core.ruler.push('figures', (state) => {
    const { tokens } = state;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      const image = token?.children?.find(({ type }) => type === 'image');
      if (token?.type !== 'inline' || image === undefined) continue;
      const spot = spotByToken.get(image) ?? spotOfLine(0);
      const paragraph = tokens[i - 1];
      const alone = token.children?.length === 1 && paragraph?.type === 'paragraph_open' && !paragraph.hidden;
      if (setting === 'phrase') page.fault('picture-inside', spot);
      else if (!alone) page.fault('picture-not-alone', spot);
      const html = page.figure(String(image.attrGet('src') ?? ''), plainAlt(image), String(image.attrGet('title') ?? ''), spot);
      if (!alone || setting === 'phrase') {
        token.children = (token.children ?? []).filter(({ type }) => type !== 'image');
        continue;
      }
      const figure = new state.Token('made', '', 0);
      figure.content = html;
      tokens.splice(i - 1, 3, figure);
      i -= 1;
    }
  });
  const plainAlt = (image: Token): string =>
    image.content
      .replace(/\\([!-/:-@[-`{-~])/g, '$1')
      .replace(/\s+/g, ' ')
      .trim();

  md.core.ruler.push('judge', ({ tokens }) => {
    let depth = 0;
    tokens.forEach((token, i) => {
      if (token.map !== null) blockLine = token.map[0];
      if (/^(?:bullet_list|ordered_list|blockquote)_(?:open|close)$/.test(token.type)) depth += token.nesting;
      if (token.type === 'heading_open') {
        const next = Number(token.tag.slice(1));
        const spot = spotOfLine(blockLine);
        const words = plainText(md.renderer.render(tokens[i + 1]?.children ?? [], md.options, {}));
        const whole = words === '' ? (tokens[i + 1]?.content ?? '') : words;
        if (setting === 'question' || setting === 'phrase') page.fault('heading-inside', spot, { where: 'an exercise' });
        else if (depth > 0) page.fault('heading-inside', spot, { where: 'a list or a quotation' });
        else if (next === 1) page.fault('heading-one', spot);
        else if (next > level + 1) page.fault('heading-skips', spot, { before: level, level: next });
        if (whole.trim() === '') page.fault('empty-heading', spot);
        level = Math.max(2, next);
        token.attrSet('id', page.anchor(whole));
      }
      token.children?.forEach((child, at, children) => {
        if (child.type === 'text' && /\*\*\S/.test(child.content)) page.fault('stray-stars', spotOfLine(blockLine), { text: child.content.trim().slice(0, 40) }); // prettier-ignore
        if (child.type !== 'link_open') return;
        const spot = spotByToken.get(child) ?? spotOfLine(blockLine);
        const url = String(child.attrGet('href') ?? '');
        if (children[at + 1]?.type === 'link_close') page.fault('empty-link', spot, { url });
        child.meta = { attributes: page.link(url, spot) ?? '' };
      });
    });
  });

  md.renderer.rules['link_open'] = (tokens, index) => `<a${String(tokens[index]?.meta?.['attributes'] ?? '')}>`;
  md.renderer.rules['table_open'] = () =>
    `<div class="scroll" role="group" tabindex="0" aria-label="${escapeHtml(page.tableLabel())}"><table>\n`;
  md.renderer.rules['table_close'] = () => '</table></div>\n';
  for (const name of ['th', 'td'])
    md.renderer.rules[`${name}_open`] = (tokens, index) => {
      const side = /right|center/.exec(String(tokens[index]?.attrGet('style') ?? ''))?.[0];
      return side === undefined ? `<${name}>` : `<${name} class="${side}">`;
    };
  const code = (content: string): string => `<pre tabindex="0"><code>${escapeHtml(content)}</code></pre>\n`;
  md.renderer.rules['fence'] = (tokens, index) => code(tokens[index]?.content ?? '');
  md.renderer.rules['code_block'] = md.renderer.rules['fence'];
  md.renderer.rules['image'] = () => '';
  md.renderer.rules['text'] = (tokens, index) => escapeHtml(page.typeset(tokens[index]?.content ?? ''));
  // Chinese has no spaces between words, and a browser would show a line end as one.
  md.renderer.rules['softbreak'] = (tokens, index) =>
    han.test(tokens[index - 1]?.content.slice(-1) ?? '') && han.test(tokens[index + 1]?.content.slice(0, 1) ?? '') ? '' : '\n';

  /** Reads with the state set for this text, and puts back what was set before: captions are read while their figure is. */
  function within<Value>(text: readonly string[], first: number, place: Setting, read: () => Value): Value {
    const before = { lines, firstLine, setting, blockLine };
    lines = text;
    firstLine = first;
    setting = place;
    blockLine = 0;
    try {
      return read();
    } finally {
      ({ lines, firstLine, setting, blockLine } = before);
    }
  }

  return {
    blocks: (given, place) => {
      const text = given.map((line) => line.text);
      return within(text, given[0]?.number ?? 1, place, () => md.render(text.join('\n'), {}));
    },
    phrase: (text, line) => within(text.split('\n'), line, 'phrase', () => md.renderInline(text, {}).trim()),
  };
}
