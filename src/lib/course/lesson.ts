/** One unit in one language: text to the HTML fragment, the items and the words for the search. */
import { fold } from '../domain/fold.ts';
import type { ItemId, Sha256 } from '../domain/ids.ts';
import type { Line } from '../exercise/block.ts';
import type { Item } from '../exercise/item.ts';
import { isKind } from '../exercise/kinds.ts';
import type { Assets, DataFile } from './assets.ts';
import { showTime } from './audio.ts';
import { isSafeUrl, type ReferenceEntry } from './course-file.ts';
import { suggestion, type Report } from './diagnostics.ts';
import { escapeHtml, plainText } from './html.ts';
import { parseItemBlock } from './item-block.ts';
import { createMarkdownReader, type LessonPage, type MarkdownReader } from './markdown.ts';
import type { Language, TextSection } from './package.ts';
import { createCitations } from './references.ts';
import { isBoxKind, segmentsOf, type Segment } from './segments.ts';
import { localizedPath, resolvePath } from './source.ts';
import type { UnitSource } from './unit-file.ts';
import { lessonWords, type LessonWords } from './words.ts';
import { typeset } from './typeset.ts';

export interface CourseContext {
  readonly course: string;
  readonly unitIds: ReadonlySet<string>;
  readonly termIds: ReadonlySet<string>;
  readonly referenceById: ReadonlyMap<string, ReferenceEntry>;
  readonly assets: Assets;
  readonly report: Report;
}

export interface Lesson {
  readonly html: string;
  readonly items: readonly { readonly item: Item; readonly line: number }[];
  /** Every exercise with an id, also those that have faults. */
  readonly itemLines: readonly { readonly id: ItemId; readonly line: number }[];
  readonly sections: readonly TextSection[];
  readonly pictures: readonly Sha256[];
  readonly data: readonly Sha256[];
}

const pieceUrl = (sha256: Sha256): string => `/content/pieces/${sha256}`;
const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):/;

/** Attributes of links and the faults of those that lead nowhere or where they must not. */
function createLinker({ course, unitIds, termIds, report }: CourseContext, file: string): LessonPage['link'] {
  return (url, spot) => {
    const place = { file, ...spot };
    // Browsers pass over tabs and line ends in a scheme; so does this.
    const scheme = schemePattern.exec(url.replace(/[\s\0-\x1f]/g, ''))?.[1]?.toLowerCase();
    const id = url.slice((scheme?.length ?? 0) + 1);
    if (scheme === 'unit') {
      if (!unitIds.has(id)) report('unknown-unit', place, { id, suggestion: suggestion(id, unitIds) });
      return ` href="/courses/${course}/${escapeHtml(id)}"`;
    }
    if (scheme === 'term') {
      if (!termIds.has(id)) report('unknown-term', place, { id, suggestion: suggestion(id, termIds) });
      return ` class="term" href="/courses/${course}#term-${escapeHtml(id)}"`;
    }
    if (scheme === 'https') {
      const encoded = url.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encodeURIComponent).replace(/'/g, '%27');
      if (!isSafeUrl(encoded)) report('unknown-link', place, { url });
      return ` href="${escapeHtml(encoded)}" rel="noopener"`;
    }
    if (scheme === 'http') report('insecure-link', place, { url });
    else if (scheme === undefined) report('unknown-link', place, { url });
    else report('unsafe-link', place, { scheme: `${scheme}:` });
    return null;
  };
}

/** Heading ids begin with `s-`, so that no lesson can take an id that the page around it uses. */
function createAnchors(): LessonPage['anchor'] {
  const taken = new Set(['s-refs']);
  return (words) => {
    const slug = fold(words).replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60) || 'section'; // prettier-ignore
    let id = `s-${slug}`;
    for (let n = 2; taken.has(id); n++) id = `s-${slug}-${String(n)}`;
    taken.add(id);
    return id;
  };
}

const bytesLabel = (bytes: number): string => `${String(Math.max(1, Math.round(bytes / 1000)))} kB`;

export function renderLesson(unit: UnitSource, language: Language, context: CourseContext): Lesson {
  const { file } = unit;
  const { assets, report, referenceById } = context;
  const words: LessonWords = lessonWords(language);
  const folder = file.slice(0, file.lastIndexOf('/'));
  const citations = createCitations(referenceById);
  const pictures = new Set<Sha256>();
  const data = new Set<Sha256>();
  const items: { item: Item; line: number }[] = [];
  const itemLines: { id: ItemId; line: number }[] = [];
  let tables = 0;

  /** Path of the file that is shown in this language. */
  const inLanguage = (path: string, has: (path: string) => boolean): string | null => {
    const whole = resolvePath(folder, path);
    if (whole === null) return null;
    const localized = localizedPath(whole, language);
    return has(localized) ? localized : has(whole) ? whole : null;
  };

  const page: LessonPage = {
    fault: (code, spot, values) => report(code, { file, ...spot }, values),
    link: createLinker(context, file),
    anchor: createAnchors(),
    typeset: (text) => typeset(text, language),
    tableLabel: () => `${words.table} ${String(++tables)}`,
    formulaLabel: words.formula,
    cite: (ids, spot) =>
      ids
        .flatMap((id) => {
          if (referenceById.has(id)) return [`<a class="cite" href="#ref-${id}">[${String(citations.number(id))}]</a>`];
          report('unknown-reference', { file, ...spot }, { id, suggestion: suggestion(id, referenceById.keys()) });
          return [];
        })
        .join(' '),
    figure: (path, alt, caption, spot) => {
      if (alt === '') report('missing-alt', { file, ...spot }, { name: path });
      const shown = inLanguage(path, (name) => assets.pictureByPath.has(name));
      const picture = shown === null ? undefined : assets.pictureByPath.get(shown);
      if (shown === null || picture === undefined) {
        report('missing-picture', { file, ...spot }, { name: path });
        return '';
      }
      assets.use(shown);
      if (picture === 'faulty') return '';
      pictures.add(picture.sha256);
      const below = caption === '' ? '' : `<figcaption>${reader.phrase(caption, spot.line)}</figcaption>`;
      const size = `width="${String(picture.width)}" height="${String(picture.height)}"`;
      return `<figure class="figure"><img src="${pieceUrl(picture.sha256)}" alt="${escapeHtml(alt)}" ${size} loading="lazy" decoding="async">${below}</figure>\n`;
    },
  };
  const reader: MarkdownReader = createMarkdownReader(page);

  /** How the data can be looked into, as attributes of the figure; null, and a fault, where that is not understood. */
  function viewOf(options: string, { type, columns }: DataFile, line: number): string | null {
    if (type === 'application/fits' && options === '') return ' data-view="image"';
    if (type === 'audio/ogg' && options === '') return ' data-view="sound"';
    if (options === '') return '';
    const [, view, x = '', y = '', from, to] =
      /^(plot|fold)=(\d+),(\d+)(?: period=(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?))?$/.exec(options) ?? [];
    const known = [x, y].every((column) => Number(column) >= 1 && Number(column) <= columns);
    const periods = view === 'fold' ? Number(from) > 0 && Number(to) > Number(from) : from === undefined;
    if (view === undefined || !known || !periods) {
      report('data-view', { file, line }, { text: options });
      return null;
    }
    return ` data-view="${view}" data-columns="${x},${y}"${view === 'fold' ? ` data-period="${String(from)},${String(to)}"` : ''}`;
  }

  function renderData(header: string, line: number, body: readonly Line[]): string {
    const [, path = '', options = '', caption = ''] = /^(\S+)((?:\s+[a-z]+=\S+)*)\s+["“«](.+)["”»]$/.exec(header) ?? [];
    if (path === '') {
      report('data-header', { file, line });
      return '';
    }
    if (body.some(({ text }) => text.trim() !== '')) report('data-body', { file, line });
    const shown = inLanguage(path, (name) => assets.dataByPath.has(name));
    const found = shown === null ? undefined : assets.dataByPath.get(shown);
    if (shown === null || found === undefined) {
      report('missing-data', { file, line }, { name: path });
      return '';
    }
    assets.use(shown);
    if (found === 'faulty') return '';
    const view = viewOf(options.trim().replace(/\s+/g, ' '), found, line);
    if (view === null) return '';
    data.add(found.sha256);
    const captionHtml = reader.phrase(caption, line);
    const name = path.split('/').at(-1) ?? path;
    const format = { 'text/csv': 'CSV', 'application/fits': 'FITS', 'audio/ogg': `Opus, ${showTime(found.seconds ?? 0)}` }[found.type];
    const verb = found.type === 'audio/ogg' ? words.saveSound : words.save;
    const save = `<a class="save" href="${pieceUrl(found.sha256)}" download="${escapeHtml(name)}">${escapeHtml(verb)} (${format}, ${bytesLabel(found.bytes.length)})</a>`;
    if (found.type === 'audio/ogg')
      return `<figure class="data"${view}><figcaption>${captionHtml} ${save}</figcaption>\n<audio src="${pieceUrl(found.sha256)}" controls="" preload="none"></audio></figure>\n`;
    return `<figure class="data"${view}><figcaption>${captionHtml} ${save}</figcaption>\n<div class="scroll" role="group" tabindex="0" aria-label="${escapeHtml(page.tableLabel())}">${found.html}</div></figure>\n`;
  }

  function renderBox(kind: keyof LessonWords, header: string, line: number, content: readonly Segment[]): string {
    const title = header === '' ? '' : reader.phrase(header, line);
    // The author's title may say it already: «To remember», «Example: the period of GPS».
    const says = kind === 'key' ? title !== '' : fold(title).startsWith(fold(words[kind]));
    const heading = says ? title : `<span class="box-kind">${escapeHtml(words[kind])}</span>${title === '' ? '' : ` ${title}`}`;
    const inner = content.map((segment) => renderSegment(segment, true)).join('');
    return `<div class="box box-${kind}" role="note"><p class="box-title">${heading}</p>\n${inner}</div>\n`;
  }

  function renderSegment(segment: Segment, inBox: boolean): string {
    if (segment.type === 'prose') return reader.blocks(segment.lines, inBox ? 'box' : 'unit');
    const { kind, header, line, lines, content } = segment;
    if (isKind(kind)) {
      const { id, item } = parseItemBlock({ kind, header, line, lines }, file, reader, report);
      if (id !== null) itemLines.push({ id, line });
      if (item === null) return '';
      items.push({ item, line });
      return `<div data-item="${item.id}"></div>\n`;
    }
    if (kind === 'data') return renderData(header, line, lines);
    if (isBoxKind(kind)) return renderBox(kind as 'note' | 'example' | 'key' | 'warning', header, line, content);
    const known = ['choice', 'multiple', 'number', 'order', 'match', 'gap', 'note', 'example', 'key', 'warning', 'data'];
    report('unknown-block', { file, line }, { kind, suggestion: suggestion(kind, known) });
    for (const inner of content) renderSegment(inner, true);
    return '';
  }

  const body = segmentsOf(unit.body, file, report)
    .map((segment) => renderSegment(segment, false))
    .join('');
  return {
    html: body + citations.list(words.references),
    items,
    itemLines,
    sections: sectionsOf(body, items),
    pictures: [...pictures].sort(),
    data: [...data].sort(),
  };
}

/** The words of a unit by heading. Questions are searched too; their answers are not. */
function sectionsOf(body: string, items: Lesson['items']): readonly TextSection[] {
  const promptById = new Map<string, string>(
    items.map(({ item }) => [item.id, `${item.prompt} ${item.kind === 'gap' ? item.pieces.join(' … ') : ''}`]),
  );
  const html = body
    .replace(/<div data-item="([a-z0-9-]+)"><\/div>/g, (_, id: string) => `<p>${promptById.get(id) ?? ''}</p>`)
    .replace(/<a class="(?:cite|save)"[^>]*>[^<]*<\/a>/g, '')
    .replace(/<img [^>]*?alt="([^"]*)"[^>]*>/g, '<p>$1</p>');
  const parts = html.split(/<h[2-6] id="([^"]*)">([^]*?)<\/h[2-6]>/);
  const sections: TextSection[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const anchor = i === 0 ? '' : (parts[i - 2] ?? '');
    const heading = i === 0 ? '' : plainText(parts[i - 1] ?? '');
    const text = plainText(parts[i] ?? '');
    if (heading !== '' || text !== '') sections.push({ anchor, heading, text });
  }
  return sections;
}
