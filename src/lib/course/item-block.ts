/** An exercise block to an item: its header and its marks are read here, the rest by the kind's own parser. */
import { isItemId, type ItemId } from '../domain/ids.ts';
import type { Line } from '../exercise/block.ts';
import type { Item, Kind } from '../exercise/item.ts';
import { parserByKind } from '../exercise/parse-kinds.ts';
import type { Report } from './diagnostics.ts';
import type { MarkdownReader } from './markdown.ts';

interface Header {
  /** Null where it has none that can be used. */
  readonly id: ItemId | null;
  readonly points: number;
  readonly v: number;
  readonly keepOrder: boolean;
}

function readHeader(header: string, kind: Kind, file: string, line: number, report: Report): Header {
  let id: ItemId | null = null;
  let given = false;
  let points = 1;
  let v = 1;
  let keepOrder = false;
  for (const word of header.split(/\s+/).filter(Boolean)) {
    const [, name = '', value = ''] = /^([a-z]+)=(.*)$/.exec(word) ?? [];
    if (word.startsWith('#') && !given) {
      given = true;
      const name = word.slice(1);
      if (isItemId(name)) id = name;
      else report('bad-id', { file, line }, { id: name });
    } else if (name === 'points') {
      points = /^\d{1,3}(?:\.\d{1,2})?$/.test(value) ? Number(value) : 0;
      if (points <= 0 || points > 100) report('bad-points', { file, line }, { text: value });
    } else if (name === 'v') {
      v = /^\d{1,6}$/.test(value) ? Number(value) : 0;
      if (v < 1) report('bad-version', { file, line }, { text: value });
    } else if (word === 'order=kept' && (kind === 'choice' || kind === 'multiple')) keepOrder = true;
    else report('unknown-attribute', { file, line }, { text: word });
  }
  if (!given) report('missing-item-id', { file, line }, { kind });
  return { id, points, v, keepOrder };
}

const markPattern = /^(hint|because)\s*[:：]\s*(.*)$/;

/** Takes `hint:` and `because:` out of the lines; blank lines stay in their places, so that numbers hold. */
function takeMarks(lines: readonly Line[], file: string, report: Report) {
  const marks: { hint?: Line; because?: Line } = {};
  const rest = lines.map((line): Line => {
    const [, name, text = ''] = markPattern.exec(line.text) ?? [];
    if (name !== 'hint' && name !== 'because') return line;
    if (marks[name] !== undefined) report('repeated-mark', { file, line: line.number }, { name });
    if (text.trim() === '') report('empty-mark', { file, line: line.number }, { name });
    marks[name] = { text, number: line.number };
    return { text: '', number: line.number };
  });
  return { marks, rest };
}

/** The item of a block and its id; each is null where what is wrong with it, which was reported, leaves none. */
export function parseItemBlock(
  block: { readonly kind: Kind; readonly header: string; readonly line: number; readonly lines: readonly Line[] },
  file: string,
  reader: MarkdownReader,
  report: Report,
): { readonly id: ItemId | null; readonly item: Item | null } {
  const { id, points, v, keepOrder } = readHeader(block.header, block.kind, file, block.line, report);
  const { marks, rest } = takeMarks(block.lines, file, report);
  const phrase = ({ text, number }: Line): string => reader.phrase(text, number);
  const base = {
    // An item without an id is parsed all the same, for its other faults; it is never built.
    id: id ?? ('x' as ItemId),
    v,
    points,
    ...(marks.hint === undefined ? {} : { hint: phrase(marks.hint) }),
    ...(marks.because === undefined ? {} : { because: phrase(marks.because) }),
  };
  const item = parserByKind[block.kind](
    { base, line: block.line, lines: rest, keepOrder },
    {
      prose: (lines) => reader.blocks(lines, 'question').trim(),
      phrase: (text, line) => reader.phrase(text, line),
      fault: (code, line, values) => report(code, { file, line }, values),
    },
  );
  return { id, item: id === null ? null : item };
}
